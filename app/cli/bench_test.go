package cli

import (
	"context"
	"encoding/json"
	"io/fs"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"longying/app/reading"
	"longying/app/samples"
	"longying/app/station"
	"longying/imaging/codec/native"
	"longying/imaging/dicomfile"
	"longying/imaging/peer"
	"longying/inference"
	"longying/models"
	"longying/records"
)

// BenchmarkAnalyzeCold is `longying analyze` on the sample film as a whole
// process, from its start to its end, against the same in Python, turn by turn:
// DESIGN.md wants 3 times as fast. Both must say the same probability.
func BenchmarkAnalyzeCold(b *testing.B) {
	dir, film, model := benchFilm(b)
	binary := filepath.Join(dir, "longying")
	if out, err := exec.Command("go", "build", "-trimpath", "-o", binary, "longying/app").CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	run := func(best *float64, name string, args ...string) string {
		cmd := exec.Command(name, args...)
		cmd.Env = append(os.Environ(), "LONGYING_HOME="+filepath.Join(dir, "home"), "PYTHONDONTWRITEBYTECODE=1", "LANG=zh_CN.UTF-8")
		cmd.Stderr = os.Stderr
		began := time.Now()
		out, err := cmd.Output()
		if err != nil {
			b.Fatalf("%s: %v", name, err)
		}
		*best = min(*best, time.Since(began).Seconds())
		return strings.TrimSpace(string(out))
	}
	python := os.Getenv("LONGYING_PEERS")
	ours, theirs := math.Inf(1), math.Inf(1)
	for b.Loop() {
		var row struct{ Probability float64 }
		if err := json.NewDecoder(strings.NewReader(run(&ours, binary, "analyze", film, "--model", filmModel, "--json"))).Decode(&row); err != nil {
			b.Fatal(err)
		}
		if python == "" {
			continue
		}
		p, err := strconv.ParseFloat(run(&theirs, python, "testdata/analyze.py", film, model), 64)
		if err != nil || math.Abs(p-row.Probability) > 1e-4 {
			b.Fatalf("ours says %v, Python %v (%v)", row.Probability, p, err)
		}
	}
	b.ReportMetric(0, "ns/op") // of the whole turn: says nothing
	b.ReportMetric(ours*1e3, "ms")
	if python == "" {
		b.Log("no comparison: LONGYING_PEERS names no Python with the peers (make bench does)")
		return
	}
	b.ReportMetric(theirs/ours, "x-python")
}

// BenchmarkAnalyzeWarm is the same for each further film in a process that
// stays, model and libraries loaded: never slower than Python's.
func BenchmarkAnalyzeWarm(b *testing.B) {
	dir, film, model := benchFilm(b)
	sessions := station.NewSessions(station.SessionOptions{Library: os.Getenv("LONGYING_ORT_LIBRARY")})
	defer sessions.Close()
	r := station.Predictor(filepath.Join(dir, "home"), sessions, native.Decoder{}, nil)
	peer.Compare(b, peer.Start(b, "testdata/analyze.py"), func() {
		cat, err := dicomfile.Reader{}.Scan(b.Context(), []string{film}, nil)
		if err != nil || len(cat.Studies) != 1 {
			b.Fatal(err)
		}
		ps, err := r.Predict(context.Background(), records.User{ID: "bench"}, &cat.Studies[0], reading.Request{ModelIDs: []string{filmModel}})
		if err != nil || len(ps) == 0 || ps[0].Outcome == inference.Refused {
			b.Fatal(ps, err)
		}
	}, peer.Call{Function: "warm", Args: []any{film, model}})
}

// benchFilm is a folder, the sample film and the film model's graph in it.
func benchFilm(b *testing.B) (dir, film, model string) {
	b.Helper()
	dir = b.TempDir()
	if err := samples.Extract(dir); err != nil {
		b.Fatal(err)
	}
	graph, err := fs.ReadFile(models.Shipped(), filmModel+"/"+models.ModelFile)
	if err != nil {
		b.Fatal(err)
	}
	model = filepath.Join(dir, models.ModelFile)
	if err := os.WriteFile(model, graph, 0o600); err != nil {
		b.Fatal(err)
	}
	return dir, filepath.Join(dir, "film", "film.dcm"), model
}
