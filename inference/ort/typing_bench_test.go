//go:build unix

package ort

import (
	"context"
	"syscall"
	"testing"
	"time"

	"longying/imaging"
	"longying/imaging/codec/native"
	"longying/imaging/dicomfile"
	"longying/imaging/slide"
	"longying/inference"
	"longying/models"
)

// spent is the processor time of this process, all threads.
func spent(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkSlideTyping compares the processor time of typing the sample slide
// with the shipped model with that of its parts alone: reading the same patches,
// and running the session on the same batches. The three take turns, so that what
// else the machine does falls on all. cpu/parts is the budget's ratio.
func BenchmarkSlideTyping(b *testing.B) {
	env := open(b)
	var pkg *models.Package
	packages, _ := models.LoadShipped()
	for _, p := range packages {
		if p.Card.ID == "lung-colon-tissue" {
			pkg = p
		}
	}
	model, err := pkg.Model()
	if err != nil {
		b.Fatal(err)
	}
	session, err := env.Load(model, pkg.Card, Options{Threads: 1})
	if err != nil {
		b.Fatal(err)
	}
	defer session.Close()
	openSlide := func() *slide.Slide {
		f, err := dicomfile.Open("../../app/samples/data/slide/slide.dcm")
		if err != nil {
			b.Fatal(err)
		}
		s, err := slide.Open([]*dicomfile.File{f}, native.Decoder{}, slide.Options{})
		if err != nil {
			b.Fatal(err)
		}
		return s
	}
	ctx, side := context.Background(), pkg.Card.Slide.PatchPixels
	columns, rows := 8*224/side, 5*224/side
	region := &imaging.Region{X1: 8 * 224, Y1: 5 * 224}
	batch := inference.Tensor{Shape: []int64{int64(pkg.Card.Slide.Batch), 3, 224, 224}, Data: make([]float32, pkg.Card.Slide.Batch*3*224*224)}
	names := []string{pkg.Card.Outputs[0].Name}
	run := func(n int) {
		in := inference.Tensor{Shape: []int64{int64(n), 3, 224, 224}, Data: batch.Data[:n*3*224*224]}
		if _, err := session.Run(ctx, map[string]inference.Tensor{pkg.Card.Input.Tensor.Name: in}, names); err != nil {
			b.Fatal(err)
		}
	}
	run(1)
	patches := 0
	var whole, decoding, running time.Duration
	for b.Loop() {
		at := spent(b)
		s := openSlide()
		q := inference.Request{Package: pkg, Runner: session, Given: inference.Given{Region: region, Organ: "lung", Stated: inference.Stated{Stain: "HE"}}}
		got, err := inference.TypeRegion(ctx, q, s, nil)
		if err != nil || got[0].Reason != nil {
			b.Fatal(err, got)
		}
		s.Close()
		whole += spent(b) - at
		patches = got[0].Map.TissuePatches

		at = spent(b)
		s = openSlide()
		for i := range columns * rows {
			if _, err := s.Patch(ctx, float64(i%columns*side), float64(i/columns*side), side, 1); err != nil {
				b.Fatal(err)
			}
		}
		s.Close()
		decoding += spent(b) - at

		at = spent(b)
		for n := patches; n > 0; n -= min(n, pkg.Card.Slide.Batch) {
			run(min(n, pkg.Card.Slide.Batch))
		}
		running += spent(b) - at
	}
	b.ReportMetric(float64(whole)/float64(decoding+running), "cpu/parts")
	b.ReportMetric(float64(decoding.Milliseconds())/float64(b.N), "decode-ms/op")
	b.ReportMetric(float64(running.Milliseconds())/float64(b.N), "session-ms/op")
	b.ReportMetric(float64(whole.Milliseconds())/float64(b.N), "typing-ms/op")
}
