package ort

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"runtime/debug"
	"testing"

	"longying/inference"
	"longying/models"
)

// eight are eight images of random values for a package, always the same, as one
// batch, with the names of the outputs.
func eight(p *models.Package) (inference.Tensor, []string) {
	def := p.Card.Input.Tensor
	t := inference.Tensor{Shape: append([]int64{8}, def.Shape[1:]...)}
	t.Data = make([]float32, t.Size())
	r := rand.New(rand.NewPCG(1, 2))
	for i := range t.Data {
		t.Data[i] = r.Float32()
	}
	var outputs []string
	for _, o := range p.Card.Outputs {
		outputs = append(outputs, o.Name)
	}
	return t, outputs
}

func loadShipped(t *testing.T, env *Environment, p *models.Package, threads int) *Session {
	t.Helper()
	model, err := p.Model()
	if err != nil {
		t.Fatal(err)
	}
	s, err := env.Load(model, p.Card, Options{Threads: threads})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func shippedPackages(t *testing.T) []*models.Package {
	t.Helper()
	packages, errs := models.LoadShipped()
	if len(packages) == 0 || len(errs) > 0 {
		t.Fatal(packages, errs)
	}
	return packages
}

func TestResultsDependOnNeitherBatchSizeNorThreadsBeyondTheTolerance(t *testing.T) {
	env := open(t)
	for _, p := range shippedPackages(t) {
		batch, outputs := eight(p)
		one, two := loadShipped(t, env, p, 1), loadShipped(t, env, p, 2)
		run := func(s *Session, in inference.Tensor) map[string]inference.Tensor {
			got, err := s.Run(context.Background(), map[string]inference.Tensor{p.Card.Input.Tensor.Name: in}, outputs)
			if err != nil {
				t.Fatal(err)
			}
			return got
		}
		together := map[string]map[string]inference.Tensor{"8 on 1 thread": run(one, batch), "8 on 2 threads": run(two, batch)}
		largest := 0.0
		size := len(batch.Data) / 8
		for i := range 8 {
			single := inference.Tensor{Shape: append([]int64{1}, batch.Shape[1:]...), Data: batch.Data[i*size : (i+1)*size]}
			want := run(one, single)
			together["1 on 2 threads"] = run(two, single)
			for how, all := range together {
				for name, w := range want {
					at := 0
					if len(all[name].Data) > len(w.Data) {
						at = i * len(w.Data)
					}
					for k, v := range w.Data {
						d := math.Abs(float64(all[name].Data[at+k]-v)) / math.Max(1, math.Abs(float64(v)))
						largest = math.Max(largest, d)
						if !(d <= Tolerance) {
							t.Fatalf("%s: %s: output %s of image %d at %d is %g, alone on one thread %g", p.Card.ID, how, name, i, k, all[name].Data[at+k], v)
						}
					}
				}
			}
		}
		t.Logf("%s: largest difference %.2g", p.Card.ID, largest)
	}
}

func TestMemoryIsFlatOver1000Runs(t *testing.T) {
	env := open(t)
	for _, p := range shippedPackages(t) {
		s := loadShipped(t, env, p, 1)
		batch, outputs := eight(p)
		size := len(batch.Data) / 8
		in := map[string]inference.Tensor{p.Card.Input.Tensor.Name: {Shape: append([]int64{1}, batch.Shape[1:]...), Data: batch.Data[:size]}}
		run := func(n int) int64 {
			for i := range n {
				ctx, cancel := context.WithCancel(context.Background())
				if i%100 == 99 { // a cancelled run gives back what it had too
					go cancel()
				}
				_, err := s.Run(ctx, in, outputs)
				if cancel(); err != nil && !errors.Is(err, context.Canceled) {
					t.Fatal(err)
				}
			}
			debug.FreeOSMemory()
			return residentSize(t)
		}
		before := run(200)
		after := run(1000)
		t.Logf("%s: %d KiB more, of %d KiB", p.Card.ID, (after-before)>>10, before>>10)
		if after-before > 8<<20 {
			t.Errorf("%s: 1000 runs took %d bytes", p.Card.ID, after-before)
		}
	}
}

func TestMemoryIsFlatOverLoadingAndClosing(t *testing.T) {
	env, p := open(t), shippedPackages(t)[0]
	model, err := p.Model()
	if err != nil {
		t.Fatal(err)
	}
	cycle := func(n int) int64 {
		for range n {
			s, err := env.Load(model, p.Card, Options{Threads: 2})
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}
		debug.FreeOSMemory()
		return residentSize(t)
	}
	before := cycle(20)
	after := cycle(60)
	t.Logf("%d KiB more, of %d KiB", (after-before)>>10, before>>10)
	if after-before > 16<<20 {
		t.Errorf("60 sessions took %d bytes", after-before)
	}
}

// residentSize is the memory of this process, in bytes.
func residentSize(t *testing.T) int64 {
	t.Helper()
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Skip("the memory of a process is not told here: ", err)
	}
	var size, resident int64
	if _, err := fmt.Sscan(string(text), &size, &resident); err != nil {
		t.Fatal(err)
	}
	return resident * int64(os.Getpagesize())
}
