package worker

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"longying/inference"
	"longying/inference/ort"
	"longying/models"
)

// library is ONNX Runtime, which LONGYING_ORT_LIBRARY or `make setup` brought.
// On a build machine (CI is set) its absence fails the test.
func library(t *testing.T) string {
	t.Helper()
	cache, _ := os.UserCacheDir()
	path, err := ort.FindLibrary(ort.LibraryPaths(os.Getenv("LONGYING_ORT_LIBRARY"), "", cache)...)
	if err != nil && os.Getenv("CI") == "" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func newModels(t *testing.T, o Options, library string) *Models {
	t.Helper()
	o.Memory = 4 << 30
	m := NewModels(o, library, "")
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
		if left := m.pids(); len(left) > 0 {
			t.Errorf("processes %v outlive Close", left)
		}
	})
	return m
}

// shipped are the packages that come with the program.
func shipped(t *testing.T) []*models.Package {
	t.Helper()
	packages, broken := models.LoadShipped()
	if len(packages) == 0 || len(broken) > 0 {
		t.Fatal(len(packages), "packages,", broken)
	}
	return packages
}

// input is a tensor of random values for a package, always the same.
func input(p *models.Package) (map[string]inference.Tensor, []string) {
	shape := slices.Clone(p.Card.Input.Tensor.Shape)
	for i, d := range shape {
		if d < 0 {
			shape[i] = 2
		}
	}
	t := inference.Tensor{Shape: shape}
	t.Data = make([]float32, t.Size())
	r := rand.New(rand.NewPCG(1, 2))
	for i := range t.Data {
		t.Data[i] = r.Float32()
	}
	var outputs []string
	for _, o := range p.Card.Outputs {
		outputs = append(outputs, o.Name)
	}
	return map[string]inference.Tensor{p.Card.Input.Tensor.Name: t}, outputs
}

// bits are tensors to the bit.
func bits(t *testing.T, tensors map[string]inference.Tensor, names []string) []byte {
	t.Helper()
	var b bytes.Buffer
	for _, name := range names {
		v, ok := tensors[name]
		if !ok {
			t.Fatalf("output %q is missing", name)
		}
		for _, d := range v.Shape {
			b.Write(binary.LittleEndian.AppendUint64(nil, uint64(d)))
		}
		for _, x := range v.Data {
			b.Write(binary.LittleEndian.AppendUint32(nil, math.Float32bits(x)))
		}
	}
	return b.Bytes()
}

func TestAModelInAWorkerGivesTheSameBitsAsInThisProcess(t *testing.T) {
	path := library(t)
	env, err := ort.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer env.Close()
	for _, piped := range []bool{false, true} {
		o := options(false)
		o.piped = piped
		m := newModels(t, o, path)
		for _, p := range shipped(t) {
			model, err := p.Model()
			if err != nil {
				t.Fatal(err)
			}
			here, err := env.Load(model, p.Card, ort.Options{})
			if err != nil {
				t.Fatal(err)
			}
			there, err := m.Load(p)
			if err != nil {
				t.Fatal(err)
			}
			in, outputs := input(p)
			want, err := here.Run(t.Context(), in, outputs)
			if err != nil {
				t.Fatal(err)
			}
			got, err := there.Run(t.Context(), in, outputs)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(bits(t, got, outputs), bits(t, want, outputs)) {
				t.Errorf("%s: the outputs differ", p.Card.ID)
			}
			if there.Provider() != here.Provider() || there.RuntimeVersion() != here.RuntimeVersion() {
				t.Errorf("%s, %s", there.Provider(), there.RuntimeVersion())
			}
			// Mistakes of the caller are said in the same words.
			for _, names := range [][]string{{"no such output"}, nil} {
				_, want := here.Run(t.Context(), in, names)
				_, got := there.Run(t.Context(), in, names)
				if (want == nil) != (got == nil) || want != nil && want.Error() != got.Error() {
					t.Errorf("%v: %v, here %v", names, got, want)
				}
			}
			_, want2 := here.Run(t.Context(), map[string]inference.Tensor{}, outputs)
			_, got2 := there.Run(t.Context(), map[string]inference.Tensor{}, outputs)
			if want2 == nil || got2 == nil || want2.Error() != got2.Error() {
				t.Errorf("no input: %v, here %v", got2, want2)
			}
			here.Close()
		}
	}
}

func TestThePackagesOwnTestsAreMetInAWorker(t *testing.T) {
	m := newModels(t, options(false), library(t))
	for _, p := range shipped(t) {
		r, err := m.Load(p)
		if err != nil {
			t.Fatal(err)
		}
		if err := inference.Verify(t.Context(), p, r); err != nil {
			t.Error(err)
		}
	}
}

func TestTheRuntimeIsNamedOrSaidToBeMissing(t *testing.T) {
	path := library(t)
	if v, err := newModels(t, options(false), path).Runtime(); err != nil || v == "" {
		t.Errorf("%q, %v", v, err)
	}
	m := newModels(t, options(false), filepath.Join(t.TempDir(), "nothing"))
	var missing *ort.MissingError
	if _, err := m.Runtime(); !errors.As(err, &missing) || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
	if _, err := m.Load(shipped(t)[0]); !errors.As(err, &missing) {
		t.Errorf("%v", err)
	}
}

func TestADamagedModelIsAnErrorAndNoProcessIsKept(t *testing.T) {
	m := newModels(t, options(false), library(t))
	p := shipped(t)[0]
	card, err := p.ReadFile(models.CardFile, cardLimit)
	if err != nil {
		t.Fatal(err)
	}
	damaged := &models.Package{Card: p.Card, Files: fstest.MapFS{models.CardFile: {Data: card}, models.ModelFile: {Data: []byte("no model")}}}
	var hash *models.HashError
	if _, err := m.Load(damaged); !errors.As(err, &hash) {
		t.Errorf("%v", err)
	}
	m.waitFor(t, 0)
}

// loadFaultily loads a package whose worker obeys.
func loadFaultily(t *testing.T, o Options) (*Models, inference.Runner) {
	t.Helper()
	m := newModels(t, o, "")
	r, err := m.Load(shipped(t)[0])
	if err != nil {
		t.Fatal(err)
	}
	return m, r
}

var one = map[string]inference.Tensor{"x": {Shape: []int64{1}, Data: []float32{1}}}

// runner gives the process that runs.
func runner(t *testing.T, r inference.Runner) float32 {
	t.Helper()
	out, err := r.Run(t.Context(), one, []string{demandPID})
	if err != nil {
		t.Fatal(err)
	}
	return out[demandPID].Data[0]
}

func TestACrashCostsOneRunAndIsNamed(t *testing.T) {
	transports(t, func(t *testing.T, o Options) {
		_, r := loadFaultily(t, o)
		for what, kind := range map[string]Kind{demandSegv: Crashed, demandAbort: Crashed, demandSmall: Answer, demandType: Answer, demandBack: Answer} {
			before := runner(t, r)
			_, err := r.Run(t.Context(), one, []string{what})
			var f *Failure
			if !errors.As(err, &f) || f.Kind != kind || f.Subject != shipped(t)[0].Card.ID {
				t.Errorf("%s: %v", what, err)
			}
			if after := runner(t, r); after == before {
				t.Errorf("%s: the process goes on", what)
			}
		}
	})
}

func TestACancelledRunIsKilledAndTheNextHasAFreshProcess(t *testing.T) {
	transports(t, func(t *testing.T, o Options) {
		m, r := loadFaultily(t, o)
		before := runner(t, r)
		ctx, cancel := context.WithCancel(t.Context())
		folder := t.TempDir()
		go func() {
			await(filepath.Join(folder, "begun"))
			cancel()
		}()
		if _, err := r.Run(ctx, one, []string{demandWait + folder}); !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
		m.waitFor(t, 0)
		if after := runner(t, r); after == before {
			t.Error("the process goes on")
		}
	})
}

// A real run of a real model that is cancelled, and then repeated.
func TestACancelledRunOfARealModelLeavesTheNextItsResult(t *testing.T) {
	m := newModels(t, options(false), library(t))
	p := shipped(t)[0]
	r, err := m.Load(p)
	if err != nil {
		t.Fatal(err)
	}
	in, outputs := input(p)
	want, err := r.Run(t.Context(), in, outputs)
	if err != nil {
		t.Fatal(err)
	}
	for name, v := range in { // long enough to be cancelled
		v.Shape = slices.Clone(v.Shape)
		v.Shape[0] = 64
		v.Data = slices.Repeat(v.Data, 32)
		many := map[string]inference.Tensor{name: v}
		ctx, cancel := context.WithCancel(t.Context())
		go cancel()
		if _, err := r.Run(ctx, many, outputs); err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
	got, err := r.Run(t.Context(), in, outputs)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(bits(t, got, outputs), bits(t, want, outputs)) {
		t.Error("the run after a cancelled one differs")
	}
}

func TestTheModelUnusedForLongestMakesRoom(t *testing.T) {
	o := options(true)
	o.Processes = 1
	m := newModels(t, o, "")
	p := shipped(t)[0]
	first, err := m.Load(p)
	if err != nil {
		t.Fatal(err)
	}
	runner(t, first)
	other := *p.Card
	other.ID = "another"
	second, err := m.Load(&models.Package{Card: &other, Files: p.Files})
	if err != nil {
		t.Fatal(err)
	}
	runner(t, second)
	m.waitFor(t, 1)
	runner(t, first)
	m.waitFor(t, 1)
}

func TestTheModelUnusedForLongestMakesRoomWhereTheyTakeTooMuchMemory(t *testing.T) {
	o := options(true)
	o.Warm = 2*(processMemory+100<<20) + 50<<20 // two of 100 MiB
	m := newModels(t, o, "")
	p := shipped(t)[0]
	use := func(id string) float32 {
		t.Helper()
		card := *p.Card
		card.ID, card.Resources.MemoryMiB = id, 100
		r, err := m.Load(&models.Package{Card: &card, Files: p.Files})
		if err != nil {
			t.Fatal(err)
		}
		return runner(t, r)
	}
	a, b := use("a"), use("b")
	if use("a") != a || use("b") != b {
		t.Error("a model that fits was loaded again")
	}
	use("a")
	use("c") // b goes
	m.waitFor(t, 2)
	if use("a") != a {
		t.Error("the model used last was ended")
	}
	if use("b") == b {
		t.Error("the model unused for longest was kept")
	}
	m.waitFor(t, 2)
}

// The faulty runner never gives what the package's test wants, so no provider
// but the CPU can pass.
func TestAProviderOnWhichThePackagesTestFailsOrThatCrashesIsReplacedByTheCPUAndSaid(t *testing.T) {
	for provider, want := range map[string]string{
		"":         "CPU",
		"cuda":     "CPU; CUDA was asked for and is not used: model package ",
		"CoreML":   "CPU; CoreML was asked for and is not used: model ",
		"OpenVINO": "CPU; no OpenVINO",
	} {
		o := options(true)
		o.Provider = provider
		m := newModels(t, o, "")
		for range 2 {
			r, err := m.Load(shipped(t)[0])
			if err != nil {
				t.Fatal(err)
			}
			if got := r.Provider(); got != want && (!strings.HasSuffix(want, " ") || !strings.HasPrefix(got, want)) {
				t.Errorf("%s: %q", provider, got)
			}
			runner(t, r)
		}
		m.waitFor(t, 1)
	}
}

func TestTheMemoryOfAWorkerIsFlatOver1000Runs(t *testing.T) {
	m := newModels(t, options(false), library(t))
	p := shipped(t)[0]
	r, err := m.Load(p)
	if err != nil {
		t.Fatal(err)
	}
	in, outputs := input(p)
	run := func(n int) (here, there int64) {
		for range n {
			if _, err := r.Run(t.Context(), in, outputs); err != nil {
				t.Fatal(err)
			}
		}
		debug.FreeOSMemory()
		return residentSize(t, os.Getpid()), residentSize(t, m.pids()[0])
	}
	here, there := run(200)
	after, afterThere := run(1000)
	t.Logf("this process %d KiB more, the worker %d KiB of %d", (after-here)>>10, (afterThere-there)>>10, there>>10)
	if after-here > 8<<20 || afterThere-there > 16<<20 {
		t.Errorf("1000 runs took %d bytes here and %d in the worker", after-here, afterThere-there)
	}
}

// residentSize is the memory that a process has, in bytes.
func residentSize(t *testing.T, pid int) int64 {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		t.Skip("the memory of a process is not told here: ", err)
	}
	var size, resident int64
	if _, err := fmt.Sscan(string(text), &size, &resident); err != nil {
		t.Fatal(err)
	}
	return resident * int64(os.Getpagesize())
}
