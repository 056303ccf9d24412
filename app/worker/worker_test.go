package worker

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"longying/imaging"
	"longying/imaging/codec"
	"longying/imaging/codec/native"
	"longying/inference"
)

// faulty, in the environment of a worker, makes it one of this file's.
const faulty = "WORKER_TEST_FAULTY"

// TestMain lets this test binary stand in for the program as a worker: as it is,
// or with a decoder and a runner that fail on demand.
func TestMain(m *testing.M) {
	if len(os.Args) < 2 || os.Args[1] != "worker" {
		os.Exit(m.Run())
	}
	if os.Getenv(faulty) == "" {
		os.Exit(Main(os.Args[2:]))
	}
	os.Exit(child{decoder: faultyDecoder{}, load: loadFaulty, slides: faultySlides{}}.main(os.Args[2:]))
}

// The demands: the bytes of a frame, or the only output asked for.
const (
	demandSegv   = "segmentation violation"
	demandAbort  = "abort"
	demandPanic  = "panic"
	demandExit   = "exit"
	demandHang   = "hang"
	demandEat    = "eat memory"
	demandTalk   = "talk rubbish"
	demandHuge   = "say a frame larger than the memory"
	demandSmall  = "say a frame that is too small"
	demandType   = "say a frame of another type"
	demandBits   = "say more bits stored than there are"
	demandLong   = "say a message that is too long"
	demandBack   = "say a frame that ends before it begins"
	demandAmong  = "say a frame among the encoded bytes"
	demandWorse  = "a pixel too many missing"
	demandDamage = "damaged data"
	demandPID    = "the process"
	demandWait   = "wait in " // behind it a folder: it makes "begun" there and waits for "end"
)

// obey fails as demanded; it returns for what the caller has to do.
func obey(demand string) {
	switch demand {
	case demandSegv:
		fmt.Println(*(*int)(unsafe.Add(unsafe.Pointer(nil), 0xdead))) //nolint:govet // the fault is wanted
	case demandAbort:
		syscall.Kill(os.Getpid(), syscall.SIGABRT)
		select {}
	case demandPanic:
		panic("on demand")
	case demandExit:
		os.Exit(7)
	case demandHang:
		select {}
	case demandEat:
		var all [][]byte
		for {
			b := make([]byte, 16<<20)
			for i := 0; i < len(b); i += 4096 {
				b[i] = 1
			}
			all = append(all, b)
			runtime.KeepAlive(all)
		}
	}
}

// faultyDecoder does what the bytes of a frame say.
type faultyDecoder struct{}

func (faultyDecoder) Decode(ctx context.Context, in codec.Encoded) (*imaging.Frame, error) {
	demand := string(in.Data)
	obey(demand)
	say := func(text string, from, to uint64, length int) {
		var b bytes.Buffer
		w := &wire{w: &b, shared: true}
		if err := w.send(struct{}{}, int64(from), int64(to)); err != nil {
			return
		}
		out := b.Bytes()[:wireHead]
		out[0], out[1], out[2], out[3] = byte(length), byte(length>>8), byte(length>>16), byte(length>>24)
		out = append(out, text...)
		if os.Args[len(os.Args)-1] != "shared" && to-from < 100 {
			out = append(out, make([]byte, to-from)...)
		}
		os.NewFile(3, "worker").Write(out)
		select {}
	}
	const good = `{"rows":2,"columns":2,"samples":1,"bits":8,"stored":8%s}`
	frame := func(more string, from, to uint64) {
		text := fmt.Sprintf(good, more)
		say(text, from, to, len(text))
	}
	if folder, ok := strings.CutPrefix(demand, demandWait); ok {
		if err := os.WriteFile(filepath.Join(folder, "begun"), nil, 0o600); err != nil {
			return nil, err
		}
		await(filepath.Join(folder, "end"))
		demand = demandPID
	}
	switch demand {
	case demandTalk:
		os.NewFile(3, "worker").Write([]byte(strings.Repeat("rubbish ", 100)))
		select {}
	case demandHuge:
		frame("", 4096, 1<<50)
	case demandSmall:
		frame("", 4096, 4098)
	case demandType:
		frame(`,"bits":16`, 4096, 4100)
	case demandBits:
		frame(`,"stored":9`, 4096, 4100)
	case demandWorse:
		frame(`,"missing":5`, 4096, 4100)
	case demandLong:
		say("", 0, 0, longestText+1)
	case demandBack:
		frame("", 4100, 4096)
	case demandAmong:
		frame("", 0, 4)
	case demandDamage:
		return nil, &codec.DataError{Detail: "it is damaged"}
	case demandPID:
		f := imaging.NewFrame(in.Pixels)
		f.Note = fmt.Sprint(os.Getpid())
		copy(f.Uint8, []byte{1, 2, 3, 4})
		return f, nil
	}
	return native.Decoder{}.Decode(ctx, in)
}

// faultyRunner does what the only output asked for says.
type faultyRunner struct{ provider string }

// loadFaulty has every provider but OpenVINO, and CoreML crashes.
func loadFaulty(q runQuestion, _ []byte) (inference.Runner, string, error) {
	switch {
	case q.Instead != "":
		return faultyRunner{"CPU; " + q.Instead}, "0", nil
	case q.Provider == "OpenVINO":
		return faultyRunner{"CPU; no OpenVINO"}, "0", nil
	case q.Provider == "CoreML":
		obey(demandSegv)
	}
	return faultyRunner{q.Provider}, "0", nil
}

func (r faultyRunner) Provider() string     { return r.provider }
func (faultyRunner) RuntimeVersion() string { return "faulty" }
func (faultyRunner) Close() error           { return nil }

func (faultyRunner) Run(_ context.Context, _ map[string]inference.Tensor, outputs []string) (map[string]inference.Tensor, error) {
	obey(outputs[0])
	if folder, ok := strings.CutPrefix(outputs[0], demandWait); ok {
		if err := os.WriteFile(filepath.Join(folder, "begun"), nil, 0o600); err != nil {
			return nil, err
		}
		select {}
	}
	switch outputs[0] {
	case demandPID:
		return map[string]inference.Tensor{demandPID: {Shape: []int64{1}, Data: []float32{float32(os.Getpid())}}}, nil
	case demandSmall:
		return map[string]inference.Tensor{demandSmall: {Shape: []int64{1 << 40}, Data: []float32{1}}}, nil
	case demandType:
		return map[string]inference.Tensor{"another": {Shape: []int64{1}, Data: []float32{1}}}, nil
	case demandBack:
		return map[string]inference.Tensor{demandBack: {Shape: []int64{-1, -1}, Data: []float32{1}}}, nil
	}
	return nil, errors.New("no such demand")
}

// options start this test binary; with it a worker that fails on demand.
func options(failing bool) Options {
	o := Options{Executable: os.Args[0], Processes: 2, Memory: 1 << 30}
	if failing {
		o.env = []string{faulty + "=1"}
	}
	return o
}

func newDecoder(t testing.TB, o Options) *Decoder {
	t.Helper()
	d := NewDecoder(o)
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
		if left := d.pids(); len(left) > 0 {
			t.Errorf("processes %v outlive Close", left)
		}
	})
	return d
}

// demand is a frame of 2 x 2 bytes, of a syntax that a worker decodes.
func demand(what string) codec.Encoded {
	return codec.Encoded{TransferSyntaxUID: "1.2.840.10008.1.2.4.90", Data: []byte(what),
		Pixels: imaging.PixelDescription{Rows: 2, Columns: 2, Frames: 1, Samples: 1, BitsAllocated: 8, BitsStored: 8, HighBit: 7, Photometric: "MONOCHROME2", Compressed: true}}
}

// transports are both ways in which pixels pass: all tests of failures run over each.
func transports(t *testing.T, test func(t *testing.T, o Options)) {
	for _, piped := range []bool{false, true} {
		name := "shared memory"
		if piped {
			name = "pipe"
		}
		t.Run(name, func(t *testing.T) {
			o := options(true)
			o.piped = piped
			test(t, o)
		})
	}
}

// pidOf decodes a frame and gives the process that did it.
func pidOf(t *testing.T, d *Decoder) string {
	t.Helper()
	f, err := d.Decode(t.Context(), demand(demandPID))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(f.Uint8, []byte{1, 2, 3, 4}) {
		t.Fatalf("decoded %v", f.Uint8)
	}
	return f.Note
}

func TestACrashCostsOneFrameAndIsNamed(t *testing.T) {
	transports(t, func(t *testing.T, o Options) {
		o.Processes = 1
		d := newDecoder(t, o)
		for what, want := range map[string]string{demandSegv: "SIG", demandAbort: "SIGABRT", demandPanic: "panic: on demand", demandExit: "exit status 7"} {
			before := pidOf(t, d)
			_, err := d.Decode(t.Context(), demand(what))
			var f *Failure
			if !errors.As(err, &f) || f.Kind != Crashed || !strings.Contains(f.Detail, want) || !strings.Contains(err.Error(), "JPEG 2000") {
				t.Errorf("%s: %v", what, err)
			}
			if after := pidOf(t, d); after == before {
				t.Errorf("%s: process %s goes on", what, after)
			}
		}
	})
}

func TestAnAnswerThatCannotBeEndsTheProcessAndCostsOneFrame(t *testing.T) {
	transports(t, func(t *testing.T, o Options) {
		o.Processes = 1
		d := newDecoder(t, o)
		for _, what := range []string{demandTalk, demandHuge, demandSmall, demandType, demandBits, demandLong, demandBack, demandAmong, demandWorse} {
			before := pidOf(t, d)
			_, err := d.Decode(t.Context(), demand(what))
			var f *Failure
			if !errors.As(err, &f) || f.Kind != Answer {
				t.Errorf("%s: %v", what, err)
			}
			if after := pidOf(t, d); after == before {
				t.Errorf("%s: the process goes on", what)
			}
		}
	})
}

func TestAFrameThatNeedsTooMuchMemoryFailsAlone(t *testing.T) {
	transports(t, func(t *testing.T, o Options) {
		o.Memory = 512 << 20
		d := newDecoder(t, o)
		_, err := d.Decode(t.Context(), demand(demandEat))
		var f *Failure
		if !errors.As(err, &f) || f.Kind != Memory {
			t.Errorf("%v", err)
		}
		pidOf(t, d)
	})
}

func TestAFrameThatHangsIsGivenUpInTime(t *testing.T) {
	transports(t, func(t *testing.T, o Options) {
		o.Timeout = 100 * time.Millisecond
		d := newDecoder(t, o)
		_, err := d.Decode(t.Context(), demand(demandHang))
		var f *Failure
		if !errors.As(err, &f) || f.Kind != TimedOut {
			t.Errorf("%v", err)
		}
		d.waitFor(t, 0)
	})
}

// waitFor waits until so many processes live; the test's own limit ends it.
func (l *launcher) waitFor(t *testing.T, n int) {
	t.Helper()
	for len(l.pids()) > n {
		if t.Context().Err() != nil {
			t.Fatal("a process does not end")
		}
		runtime.Gosched()
	}
}

func TestACancelledFrameReturnsAndItsHangingProcessIsEnded(t *testing.T) {
	transports(t, func(t *testing.T, o Options) {
		o.Processes = 1
		d := newDecoder(t, o)
		before := pidOf(t, d)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(20*time.Millisecond, cancel)
		if _, err := d.Decode(ctx, demand(demandHang)); !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
		if after := pidOf(t, d); after == before {
			t.Error("the process that hangs goes on")
		}
	})
}

func TestACancelledFrameThatEndsSoonLeavesItsProcessAlive(t *testing.T) {
	transports(t, func(t *testing.T, o Options) {
		o.Processes, o.grace = 1, time.Minute
		d := newDecoder(t, o)
		before := pidOf(t, d)
		folder := t.TempDir()
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			await(filepath.Join(folder, "begun"))
			cancel()
		}()
		if _, err := d.Decode(ctx, demand(demandWait+folder)); !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
		if err := os.WriteFile(filepath.Join(folder, "end"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if after := pidOf(t, d); after != before {
			t.Error("the process was ended")
		}
	})
}

// await waits for a file.
func await(path string) {
	for {
		if _, err := os.Stat(path); err == nil {
			return
		}
		runtime.Gosched()
	}
}

func TestErrorsOfTheDecoderKeepTheirType(t *testing.T) {
	transports(t, func(t *testing.T, o Options) {
		d := newDecoder(t, o)
		_, err := d.Decode(t.Context(), demand(demandDamage))
		var damaged *codec.DataError
		if !errors.As(err, &damaged) || damaged.Detail != "it is damaged" {
			t.Errorf("%v", err)
		}
		in := demand("x")
		in.TransferSyntaxUID = "1.2.840.10008.1.2.4.110"
		var unsupported *codec.UnsupportedError
		if _, err := d.Decode(t.Context(), in); !errors.As(err, &unsupported) || unsupported.Name != "JPEG XL" {
			t.Errorf("%v", err)
		}
	})
}

func TestAProgramThatCannotBeStartedIsNamed(t *testing.T) {
	if thisProgram != "" {
		t.Skip("the running program is started here, whatever its file is called")
	}
	o := options(false)
	o.Executable = "no such program"
	_, err := newDecoder(t, o).Decode(t.Context(), demand("x"))
	var f *Failure
	if !errors.As(err, &f) || f.Kind != Start {
		t.Errorf("%v", err)
	}
}

func TestAClosedDecoderDecodesNothingAndLeavesNoProcess(t *testing.T) {
	d := newDecoder(t, options(true))
	pidOf(t, d)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error)
	go func() {
		_, err := d.Decode(ctx, demand(demandHang))
		ended <- err
	}()
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	var f *Failure
	if err := <-ended; !errors.As(err, &f) {
		t.Errorf("what was decoded: %v", err)
	}
	if _, err := d.Decode(t.Context(), demand(demandPID)); !errors.As(err, &f) || f.Kind != Start {
		t.Errorf("%v", err)
	}
}

func TestByHandTheCommandSaysWhatItIs(t *testing.T) {
	for _, args := range [][]string{nil, {"help"}, {"decode"}, {"decode", "x"}} {
		if code := Main(args); code != exitUsage {
			t.Errorf("%v: exit code %d", args, code)
		}
	}
}

func TestAWireRefusesWhatCannotBe(t *testing.T) {
	w := newWire(strings.NewReader(""), io.Discard, nil)
	if _, _, err := w.receive(&struct{}{}, 0); err != io.EOF {
		t.Errorf("%v", err)
	}
	if _, err := w.reserve(0, memorySize+1); err == nil {
		t.Error("more than the memory was given")
	}
	if _, err := w.reserve(5, 4); err == nil {
		t.Error("a negative length was given")
	}
}
