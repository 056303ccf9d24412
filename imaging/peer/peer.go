// Package peer measures this code against other programs in the same run, and
// turn by turn, so that whatever else the machine does disturbs both alike.
// Only benchmarks and tests import it.
//
// The peers are Python packages; LONGYING_PEERS names the interpreter that has
// them (`make bench` sets it, and .ci/peers.txt pins them). Without it there is
// no comparison: the benchmark measures what is ours, and says so. A benchmark
// keeps its script in testdata. The script offers functions by name with
//
//	from peer import serve
//
//	def decode(path):        # what is not to be timed: reading, imports
//	    data = ...
//	    return lambda: plugin.decode(data)   # what is timed
//
//	serve(decode)
//
// and runs in one process for the whole benchmark, so that no start of a
// process and no import flatters us. A tool that is a program of its own is
// called with enough work for its start not to count, or is left out.
package peer

import (
	"bufio"
	_ "embed" // the script side
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

//go:embed peer.py
var served []byte

// Process is a script that runs beside a benchmark.
type Process struct {
	b   testing.TB
	in  io.Writer
	out *bufio.Scanner
}

// Start runs a script, a path from the test's folder, until the benchmark
// ends. It gives nil where there are no peers, which Compare takes.
func Start(b testing.TB, script string, args ...string) *Process {
	b.Helper()
	python := os.Getenv("LONGYING_PEERS")
	if python == "" {
		b.Log("no comparison: LONGYING_PEERS names no Python with the peers (make bench does)")
		return nil
	}
	dir := b.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "peer.py"), served, 0o600); err != nil {
		b.Fatal(err)
	}
	cmd := exec.Command(python, append([]string{script}, args...)...)
	// One thread: numpy and others would otherwise take all.
	cmd.Env = append(os.Environ(), "PYTHONPATH="+dir, "PYTHONDONTWRITEBYTECODE=1", "PYTHONUNBUFFERED=1",
		"OMP_NUM_THREADS=1", "OPENBLAS_NUM_THREADS=1", "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS=1")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatalf("%s (LONGYING_PEERS): %v", python, err)
	}
	b.Cleanup(func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			b.Errorf("%s: %v", script, err)
		}
	})
	p := &Process{b: b, in: in, out: bufio.NewScanner(out)}
	p.out.Buffer(nil, 1<<26)
	return p
}

// Seconds is the best time of one call of what a function of the script
// returns for args, of as many calls as 20 ms allow, and at least one. The
// error is the peer's own: it cannot do this.
func (p *Process) Seconds(function string, args ...any) (float64, error) {
	var answer struct {
		Seconds float64
		Error   string
	}
	request, err := json.Marshal(append([]any{function}, args...))
	if err != nil {
		p.b.Fatal(err)
	}
	if _, err := fmt.Fprintf(p.in, "%s\n", request); err != nil {
		p.b.Fatalf("the peer's script has ended: %v", err)
	}
	if !p.out.Scan() {
		p.b.Fatalf("the peer's script has ended: %v", p.out.Err())
	}
	if err := json.Unmarshal(p.out.Bytes(), &answer); err != nil {
		p.b.Fatalf("the peer's script wrote %q: %v", p.out.Text(), err)
	}
	if answer.Error != "" {
		return 0, fmt.Errorf("%s: %s", function, answer.Error)
	}
	return answer.Seconds, nil
}

// Call is one call of a function of a script.
type Call struct {
	Function string
	Args     []any
}

// leastTurns is how often each is timed where one turn takes longer than the
// whole benchmark should: the best of one is chance.
const leastTurns = 5

// Compare times ours and each peer turn by turn for as long as the benchmark
// runs, and reports the best time of ours and, for each peer, the ratio of its
// best time to ours: above 1 we are the faster. "fastest" is the ratio to the
// fastest of them. A peer that cannot do it is logged and left out. p may be
// nil.
func Compare(b *testing.B, p *Process, ours func(), peers ...Call) {
	b.Helper()
	ours() // what is done once is not counted, for us as for them
	best := math.Inf(1)
	theirs := map[string]float64{}
	refused := map[string]bool{}
	turns := 0
	turn := func() {
		turns++
		best = min(best, Best(ours))
		if p == nil {
			return
		}
		for _, c := range peers {
			if refused[c.Function] {
				continue
			}
			s, err := p.Seconds(c.Function, c.Args...)
			if err != nil {
				b.Log(err)
				refused[c.Function] = true
				continue
			}
			if was, ok := theirs[c.Function]; !ok || s < was {
				theirs[c.Function] = s
			}
		}
	}
	for b.Loop() {
		turn()
	}
	for turns < leastTurns {
		turn()
	}
	b.ReportMetric(0, "ns/op") // of the whole turn: says nothing
	b.ReportMetric(best*1e6, "µs")
	fastest := math.Inf(1)
	for name, s := range theirs {
		b.ReportMetric(s/best, "x-"+name)
		fastest = min(fastest, s)
	}
	if len(theirs) > 0 {
		b.ReportMetric(fastest/best, "x-fastest")
	}
}

// Best is the best time of one call in seconds, of as many as 20 ms allow, and
// at least one: as the script measures its own.
func Best(call func()) float64 {
	best := math.Inf(1)
	for begin := time.Now(); best == math.Inf(1) || time.Since(begin) < 20*time.Millisecond; {
		start := time.Now()
		call()
		best = min(best, time.Since(start).Seconds())
	}
	return best
}
