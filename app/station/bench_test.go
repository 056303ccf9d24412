package station

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"longying/app/reading"
	"longying/app/samples"
	"longying/imaging"
	"longying/imaging/codec/native"
	"longying/imaging/dicomfile"
	"longying/inference"
	"longying/models"
	"longying/records"
)

// BenchmarkAnalyze is the film model on the sample film, from the file to the
// predictions, against the session alone plus the decoder alone, turn by turn in
// this process. DESIGN.md allows 10 ms on top.
func BenchmarkAnalyze(b *testing.B) {
	folder := b.TempDir()
	if err := samples.Extract(folder); err != nil {
		b.Fatal(err)
	}
	sessions := NewSessions(SessionOptions{Library: os.Getenv("LONGYING_ORT_LIBRARY")})
	defer sessions.Close()
	r := Predictor(b.TempDir(), sessions, native.Decoder{}, nil)
	cat, err := dicomfile.Reader{}.Scan(b.Context(), []string{filepath.Join(folder, "film")}, nil)
	if err != nil || len(cat.Studies) != 1 {
		b.Fatal(err)
	}
	study := &cat.Studies[0]
	request := reading.Request{ModelIDs: []string{filmModel}}
	in := study.Series[0].Instances[0]
	var runner inference.Runner
	var card *models.Card
	for _, p := range r.Models() {
		if p.Card.ID == filmModel {
			card = p.Card
			if runner, err = sessions.Load(p); err != nil {
				b.Skip(err)
			}
			defer runner.Close()
		}
	}
	decode := func() *imaging.Frame {
		f, err := dicomfile.Open(in.Source)
		if err != nil {
			b.Fatal(err)
		}
		defer f.Close()
		frame, err := f.Frame(context.Background(), native.Decoder{}, 1)
		if err != nil {
			b.Fatal(err)
		}
		return frame
	}
	tensor, _, err := inference.Preprocess(context.Background(), inference.Image{Frame: decode(), Number: 1, ModalityLUT: in.ModalityLUT}, card.Input.Preprocess)
	if err != nil {
		b.Fatal(err)
	}
	var names []string
	for _, o := range card.Outputs {
		names = append(names, o.Name)
	}
	timed := func(best *float64, f func()) {
		began := time.Now()
		f()
		*best = min(*best, time.Since(began).Seconds())
	}
	whole, session, decoder := math.Inf(1), math.Inf(1), math.Inf(1)
	for b.Loop() {
		timed(&whole, func() {
			ps, err := r.Predict(context.Background(), records.User{ID: "bench"}, study, request)
			if err != nil || len(ps) == 0 || ps[0].Outcome == inference.Refused {
				b.Fatal(ps, err)
			}
		})
		timed(&session, func() {
			if _, err := runner.Run(context.Background(), map[string]inference.Tensor{card.Input.Tensor.Name: tensor}, names); err != nil {
				b.Fatal(err)
			}
		})
		timed(&decoder, func() { decode() })
	}
	b.ReportMetric(0, "ns/op") // of the whole turn: says nothing
	b.ReportMetric(whole*1e3, "ms")
	b.ReportMetric(session*1e3, "session-ms")
	b.ReportMetric(decoder*1e3, "decode-ms")
	b.ReportMetric((whole-session-decoder)*1e3, "on-top-ms")
}
