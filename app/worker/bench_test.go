package worker

import (
	"context"
	"fmt"
	"math"
	"os"
	"slices"
	"testing"
	"time"

	"longying/imaging"
	"longying/imaging/codec"
	"longying/imaging/codec/native"
	"longying/imaging/dicomfile"
	"longying/imaging/slide"
	"longying/imaging/slide/openslide"
	"longying/inference"
	"longying/inference/ort"
	"longying/models"
)

// tap is a decoder that keeps what it was given.
type tap struct{ in codec.Encoded }

func (d *tap) Decode(_ context.Context, in codec.Encoded) (*imaging.Frame, error) {
	d.in = in
	return &imaging.Frame{}, nil
}

// encoded is the first frame of a file of the inputs, read.
func encoded(b *testing.B, path string) codec.Encoded {
	b.Helper()
	f, err := dicomfile.Open(shared(b, "data", path))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	var d tap
	if _, err := f.Frame(b.Context(), &d, 1); err != nil {
		b.Fatal(err)
	}
	return d.in
}

// timed is how long one call takes, in seconds.
func timed(b *testing.B, d codec.Decoder, in codec.Encoded) float64 {
	b.Helper()
	began := time.Now()
	if _, err := d.Decode(context.Background(), in); err != nil {
		b.Fatal(err)
	}
	return time.Since(began).Seconds()
}

// BenchmarkWorker decodes a frame through a Decoder of this package and in this
// process turn by turn, and reports the ratio of the best times: 1 is no loss,
// DESIGN.md wants 0.95.
func BenchmarkWorker(b *testing.B) {
	for _, c := range []struct{ name, path string }{
		{"CT512J2K", "dicom/wg04/J2KR/CT1_J2KR"},
		{"DX2000J2K", "dicom/dx/966.dcm"},
		{"CT512JPEGLS", "dicom/wg04/JLSL/CT1_JLSL"},
		{"US640JPEG", "dicom/fo-dicom/GH133.dcm"},
		{"CR440JPEG", "dicom/cr/Fake_MONOHR1.dcm"},
		{"Tile50JPEGLS", "dicom/highdicom/test_files/sm_image_jpegls.dcm"},
		{"CT512JPEGLossless", "dicom/wg04/JPLL/CT1_JPLL"},
		{"XA1024JPEG12", "dicom/wg04/JPLY/XA1_JPLY"},
		{"CT512Native", "dicom/wg04/REF/CT1_UNC"},
		{"CT512RLE", "dicom/wg04/RLE/CT1_RLE"},
	} {
		b.Run(c.name, func(b *testing.B) {
			in := encoded(b, c.path)
			d := newDecoder(b, options(false))
			timed(b, d, in)
			here, there := math.Inf(1), math.Inf(1)
			for b.Loop() {
				here = min(here, timed(b, native.Decoder{}, in))
				there = min(there, timed(b, d, in))
			}
			b.ReportMetric(here/there, "of-in-process")
			b.ReportMetric(here*1e6, "in-process-us")
			b.ReportMetric((there-here)*1e6, "cost-us")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// BenchmarkWorkerStart is a worker from nothing to its first answer.
func BenchmarkWorkerStart(b *testing.B) {
	in := codec.Encoded{TransferSyntaxUID: "1.2.840.10008.1.2.4.90", Pixels: demand("").Pixels}
	for b.Loop() {
		d := NewDecoder(options(false))
		// The stream is empty: it is refused by the worker.
		if _, err := d.Decode(context.Background(), in); err == nil {
			b.Fatal("nothing was decoded")
		}
		if err := d.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkWorkerModel runs each shipped model on one image and on a batch of 16
// in a worker and in this process turn by turn, and reports the ratio of the best
// times: 1 is no loss, DESIGN.md wants 0.95.
func BenchmarkWorkerModel(b *testing.B) {
	packages, broken := models.LoadShipped()
	if len(packages) == 0 || len(broken) > 0 {
		b.Fatal(len(packages), "packages,", broken)
	}
	path := os.Getenv("LONGYING_ORT_LIBRARY")
	env, err := ort.Open(path)
	if err != nil {
		b.Skip(err)
	}
	defer env.Close()
	m := NewModels(options(false), path, "")
	defer m.Close()
	for _, p := range packages {
		model, err := p.Model()
		if err != nil {
			b.Fatal(err)
		}
		here, err := env.Load(model, p.Card, ort.Options{})
		if err != nil {
			b.Fatal(err)
		}
		defer here.Close()
		there, err := m.Load(p)
		if err != nil {
			b.Fatal(err)
		}
		in, outputs := input(p)
		for _, batch := range []int{1, 16} {
			t := in[p.Card.Input.Tensor.Name]
			size := len(t.Data) / int(t.Shape[0])
			t = inference.Tensor{Shape: append([]int64{int64(batch)}, t.Shape[1:]...), Data: slices.Repeat(t.Data[:size], batch)}
			some := map[string]inference.Tensor{p.Card.Input.Tensor.Name: t}
			run := func(r inference.Runner) float64 {
				began := time.Now()
				if _, err := r.Run(context.Background(), some, outputs); err != nil {
					b.Fatal(err)
				}
				return time.Since(began).Seconds()
			}
			b.Run(fmt.Sprintf("%s/%d", p.Card.ID, batch), func(b *testing.B) {
				run(here)
				run(there)
				h, w := math.Inf(1), math.Inf(1)
				for b.Loop() {
					h = min(h, run(here))
					w = min(w, run(there))
				}
				b.ReportMetric(h/w, "of-in-process")
				b.ReportMetric(h*1e6, "in-process-us")
				b.ReportMetric((w-h)*1e6, "cost-us")
				b.ReportMetric(0, "ns/op")
			})
		}
	}
}

// BenchmarkSlideTile reads tiles of a slide through a Slides of this package and
// in this process turn by turn, and reports the ratio of the best times of a
// tile: 1 is no loss. Warm: OpenSlide has them decoded already.
func BenchmarkSlideTile(b *testing.B) {
	path := shared(b, "data", "slides", "cmu_small_region.svs")
	local, err := openslide.Local{}.OpenSlide(b.Context(), path)
	if err != nil {
		b.Skip(err)
	}
	defer local.Close()
	s := NewSlides(options(false))
	defer s.Close()
	apart, err := s.OpenSlide(b.Context(), path)
	if err != nil {
		b.Fatal(err)
	}
	read := func(source slide.Source) float64 {
		began := time.Now()
		if _, err := source.Tile(context.Background(), 0, 3, 3); err != nil {
			b.Fatal(err)
		}
		return time.Since(began).Seconds()
	}
	here, there := math.Inf(1), math.Inf(1)
	for b.Loop() {
		here, there = min(here, read(local)), min(there, read(apart))
	}
	b.ReportMetric(here/there, "of-in-process")
	b.ReportMetric(here*1e6, "in-process-us")
	b.ReportMetric((there-here)*1e6, "cost-us")
	b.ReportMetric(0, "ns/op")
}
