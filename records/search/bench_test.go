package search

import (
	"database/sql"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// BenchmarkSearch is an index of 1,000,000 invented people on one core: the
// 99th percentile of queries of every kind, one letter and the commonest
// surname among them, of which DESIGN.md allows 20 ms; the time to build it and
// the memory that it holds. The peer looks at every name and number with
// strings.Contains, turn by turn in the same run.
func BenchmarkSearch(b *testing.B) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	v := newInvented(1)
	people := v.people(1_000_000)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	began := time.Now()
	x := New()
	for i := 0; i < len(people); i += maxSegment {
		x.Add(people[i:min(i+maxSegment, len(people))])
	}
	build := time.Since(began)
	runtime.GC()
	runtime.ReadMemStats(&after)
	held := float64(after.HeapAlloc) - float64(before.HeapAlloc)

	var queries []string
	for range 2000 {
		queries = append(queries, texts(v, &people[v.rand.IntN(len(people))]))
	}
	for c := 'a'; c <= 'z'; c++ {
		queries = append(queries, string(c))
	}
	for d := '0'; d <= '9'; d++ {
		queries = append(queries, string(d))
	}
	queries = append(queries, v.surnames[:20]...)
	queries = append(queries, "wang", "zh", "zhang", "lw", "wl", "zhw", "王w", "李x", "w伟", "l w")
	var took []time.Duration
	for _, q := range queries {
		began := time.Now()
		x.Search(q, 100)
		took = append(took, time.Since(began))
		if took[len(took)-1] > 20*time.Millisecond {
			b.Logf("%q %v", q, took[len(took)-1])
		}
	}
	slices.Sort(took)
	scan := time.Duration(0)
	for _, q := range queries[:5] {
		began := time.Now()
		n := 0
		for i := range people {
			if strings.Contains(people[i].Name, q) || slices.ContainsFunc(people[i].Numbers, func(s string) bool { return strings.HasPrefix(s, q) }) {
				n++
			}
		}
		scan += time.Since(began)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(took[len(took)*99/100].Seconds()*1e3, "p99-ms")
	b.ReportMetric(took[len(took)-1].Seconds()*1e3, "worst-ms")
	b.ReportMetric(took[len(took)/2].Seconds()*1e3, "median-ms")
	b.ReportMetric(build.Seconds(), "build-s")
	b.ReportMetric(held/(1<<20), "MiB")
	b.ReportMetric(float64(x.Bytes())/(1<<20), "counted-MiB")
	b.ReportMetric(scan.Seconds()/5*1e3, "scan-ms")
	runtime.KeepAlive(people)
}

var _ *sql.DB
