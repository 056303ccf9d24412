package worker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"

	"longying/imaging/codec"
	"longying/imaging/codec/native"
	"longying/imaging/slide"
	"longying/imaging/slide/openslide"
)

// The kinds of worker, the first argument of `longying worker`.
const (
	kindDecode = "decode"
	kindRun    = "run"
	kindSlide  = "slide"
)

// Main is `longying worker KIND BYTES [shared]`: the child's side. It returns the
// exit code of the process; args are those behind "worker". The program starts
// it by itself: by hand it says so and ends.
func Main(args []string) int {
	c := child{decoder: native.Decoder{}, load: (&runtimeChild{}).load, slides: openslide.Local{}}
	return c.main(args)
}

// child is the worker's side.
type child struct {
	decoder codec.Decoder
	load    loader
	slides  slide.Opener
}

// The exit codes of a worker; nobody but its parent sees them.
const (
	exitDone  = 0
	exitUsage = 2
	exitTorn  = 3 // the connection broke
)

func (c child) main(args []string) int {
	if len(args) < 2 || !slices.Contains([]string{kindDecode, kindRun, kindSlide}, args[0]) {
		fmt.Fprintln(os.Stderr, "longying worker is started by the program itself; it is no command for people. longying help lists those.")
		return exitUsage
	}
	limit, err := strconv.ParseInt(args[1], 10, 64)
	if err != nil || limit <= 0 {
		fmt.Fprintln(os.Stderr, "longying worker: no limit of memory is named")
		return exitUsage
	}
	w, err := accept(len(args) > 2 && args[2] == "shared")
	if err != nil {
		fmt.Fprintln(os.Stderr, "longying worker is started by the program itself; it is no command for people:", err)
		return exitUsage
	}
	if err := confine(limit); err != nil {
		fmt.Fprintln(os.Stderr, "longying worker:", err)
		return exitTorn
	}
	// The collector works harder before the limit ends the process.
	debug.SetMemoryLimit(limit / 4 * 3)
	answer := c.frame
	switch args[0] {
	case kindRun:
		answer = (&runs{load: c.load}).answer
	case kindSlide:
		answer = (&glass{opener: c.slides}).answer
	}
	if args[0] != kindRun {
		runtime.GOMAXPROCS(min(runtime.GOMAXPROCS(0), 2)) // one decodes, one waits and collects
		debug.SetGCPercent(400)                           // what lives is one frame or one tile
	}
	if err := w.send(greeting{protocol(args[0])}, 0, 0); err != nil {
		return exitTorn
	}
	end := make(chan error)
	go serve(w, answer, end)
	if err := <-end; err != nil && !errors.Is(err, io.EOF) {
		fmt.Fprintln(os.Stderr, "longying worker:", err)
		return exitTorn
	}
	return exitDone
}

// serve answers the next question. While it does so another goroutine waits
// for the one behind: when the parent ends instead, the process ends at once,
// whatever native code is at. The goroutine that waits is the one that answers,
// so that no question is handed from thread to thread.
func serve(w *wire, answer func(w *wire) (func() error, error), end chan<- error) {
	reply, err := answer(w)
	if err != nil {
		end <- err
		return
	}
	go serve(w, answer, end)
	if err := reply(); err != nil {
		end <- err
	}
}

// frame receives a question and gives the function that answers it.
func (c child) frame(w *wire) (func() error, error) {
	var q frameQuestion
	from, to, err := w.receive(&q, w.most())
	if err != nil {
		return nil, err
	}
	in := codec.Encoded{TransferSyntaxUID: q.TransferSyntaxUID, Pixels: q.Pixels, Data: w.memory[from:to:to]}
	return func() error {
		f, err := c.decoder.Decode(context.Background(), in)
		if err != nil {
			return w.send(frameAnswer{Error: mistakenOf(err)}, 0, 0)
		}
		values := valueBytes(f)
		start := behind(to)
		end := start + int64(len(values))
		out, err := w.reserve(start, end)
		if err != nil {
			return w.send(frameAnswer{Error: mistakenOf(err)}, 0, 0)
		}
		copy(out, values)
		if err := w.send(answerOf(in, f), start, end); err != nil {
			return err
		}
		if end > memoryKept {
			debug.FreeOSMemory()
		}
		return nil
	}, nil
}
