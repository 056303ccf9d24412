package volume

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"longying/imaging/codec"
	"longying/imaging/dicomfile"
)

// seriesFrames is how many frames BenchmarkDecodeSeries decodes: those of a
// lossless JPEG CT slice, again and again.
const seriesFrames = 64

func decodeSome(path string, frames, workers int) error {
	f, err := dicomfile.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	errs := make([]error, workers)
	var group sync.WaitGroup
	for w := range workers {
		group.Go(func() {
			for i := w; i < frames; i += workers {
				if _, err := f.Frame(context.Background(), codec.Local{}, 1); err != nil {
					errs[w] = err
				}
			}
		})
	}
	group.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// shareVariable tells the test binary that it is one of the processes of
// BenchmarkDecodeSeries: how many frames are its share.
const shareVariable = "LONGYING_BENCH_SHARE"

// TestOneOfTheProcessesOfTheBenchmark is no test: it is what
// BenchmarkDecodeSeries runs beside itself. For every line it reads it decodes
// its share and answers with the seconds that took.
func TestOneOfTheProcessesOfTheBenchmark(t *testing.T) {
	frames, err := strconv.Atoi(os.Getenv(shareVariable))
	if err != nil {
		t.Skip("for BenchmarkDecodeSeries alone")
	}
	runtime.GOMAXPROCS(1)
	path := shared(t, "dicom/wg04/JPLL/CT1_JPLL")
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		start := time.Now()
		if err := decodeSome(path, frames, 1); err != nil {
			t.Fatal(err)
		}
		fmt.Printf("seconds %g\n", time.Since(start).Seconds())
	}
}

// BenchmarkDecodeSeries decodes a series on all cores of one process, and in as
// many processes of one core each: x-processes is their time over ours, 1 where
// sharing a process costs nothing.
func BenchmarkDecodeSeries(b *testing.B) {
	path := shared(b, "dicom/wg04/JPLL/CT1_JPLL")
	cores := runtime.GOMAXPROCS(0)
	type process struct {
		in  io.WriteCloser
		out *bufio.Scanner
	}
	var beside []process
	for range cores {
		cmd := exec.Command(os.Args[0], "-test.run=^TestOneOfTheProcessesOfTheBenchmark$")
		cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d", shareVariable, seriesFrames/cores))
		in, err := cmd.StdinPipe()
		if err != nil {
			b.Fatal(err)
		}
		out, err := cmd.StdoutPipe()
		if err != nil {
			b.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() {
			in.Close()
			if err := cmd.Wait(); err != nil {
				b.Error(err)
			}
		})
		beside = append(beside, process{in, bufio.NewScanner(out)})
	}
	ours, theirs := math.Inf(1), math.Inf(1)
	for b.Loop() {
		start := time.Now()
		if err := decodeSome(path, seriesFrames/cores*cores, cores); err != nil {
			b.Fatal(err)
		}
		ours = min(ours, time.Since(start).Seconds())
		for _, p := range beside {
			if _, err := io.WriteString(p.in, "\n"); err != nil {
				b.Fatal(err)
			}
		}
		slowest := 0.0
		for _, p := range beside {
			if !p.out.Scan() {
				b.Fatal("a process has ended")
			}
			s, err := strconv.ParseFloat(strings.TrimPrefix(p.out.Text(), "seconds "), 64)
			if err != nil {
				b.Fatal(err)
			}
			slowest = max(slowest, s)
		}
		theirs = min(theirs, slowest)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(ours*1e3, "ms")
	b.ReportMetric(theirs/ours, "x-processes")
}
