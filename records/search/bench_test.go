package search

import (
	"database/sql"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	_ "github.com/mattn/go-sqlite3"
)

// BenchmarkSearch is an index of 1,000,000 invented people, each with six
// numbers and names, on one core: the 99th percentile over queries of every
// kind, each single letter and digit and the commonest surnames among them (of
// which DESIGN.md allows 20 ms), the time to build it, and the memory that it
// holds. The peer is what a program without it would do: LIKE over a table in
// the memory of SQLite, with name, pinyin, initials and numbers in columns.
func BenchmarkSearch(b *testing.B) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	const many = 1_000_000
	v := newInvented(1)
	var sample []Person
	like := openLike(b)
	defer like.Close()
	x := New()
	var build time.Duration
	held := heap()
	insert, err := like.Prepare(`INSERT INTO people VALUES (?, ?, ?, ?, ?, ?, ?, ?)`)
	if err != nil {
		b.Fatal(err)
	}
	for i := 0; i < many; i += maxSegment {
		var people []Person
		for k := i; k < min(i+maxSegment, many); k++ {
			people = append(people, v.person(k))
		}
		for i := range people {
			p := &people[i]
			n := x.reader.read(p.Name, "")
			r := n.primary()
			if _, err := insert.Exec(p.Name, strings.ToLower(r), strings.ToLower(initials(r)), p.Phone, p.Numbers[0], p.Numbers[1], p.Numbers[2], p.Numbers[3]); err != nil {
				b.Fatal(err)
			}
		}
		sample = append(sample, people[:40]...)
		began := time.Now()
		x.Add(people)
		build += time.Since(began)
	}
	held = heap() - held

	var queries []string
	for range 2000 {
		queries = append(queries, texts(v, &sample[v.rand.IntN(len(sample))]))
	}
	for c := 'a'; c <= 'z'; c++ {
		queries = append(queries, string(c))
	}
	for d := '0'; d <= '9'; d++ {
		queries = append(queries, string(d))
	}
	queries = append(queries, v.surnames[:20]...)
	short := queries[2000:]
	var took, letters []time.Duration
	for b.Loop() {
		for i, q := range queries {
			began := time.Now()
			x.Search(q, 100)
			took = append(took, time.Since(began))
			if i >= len(queries)-len(short) {
				letters = append(letters, took[len(took)-1])
			}
		}
	}
	var peer []time.Duration
	for _, q := range queries[:21] {
		began := time.Now()
		rows, err := like.Query(`SELECT name, phone FROM people WHERE name LIKE '%'||?1||'%' OR pinyin LIKE '%'||?1||'%' OR initials LIKE '%'||?1||'%'
			OR phone LIKE ?1||'%' OR id LIKE ?1||'%' OR health LIKE ?1||'%' OR number LIKE ?1||'%' OR accession LIKE ?1||'%' ORDER BY name LIMIT 100`, q)
		if err != nil {
			b.Fatal(err)
		}
		for rows.Next() {
		}
		rows.Close()
		peer = append(peer, time.Since(began))
	}
	slices.Sort(took)
	slices.Sort(letters)
	slices.Sort(peer)
	median := took[len(took)/2]
	b.ReportMetric(0, "ns/op") // of all queries: says nothing
	b.ReportMetric(took[len(took)*99/100].Seconds()*1e3, "p99-ms")
	b.ReportMetric(median.Seconds()*1e3, "median-ms")
	b.ReportMetric(letters[len(letters)*99/100].Seconds()*1e3, "p99-ms-one-letter-or-surname")
	b.ReportMetric(build.Seconds(), "build-s")
	b.ReportMetric(held/(1<<20), "MiB")
	b.ReportMetric(peer[len(peer)/2].Seconds()/median.Seconds(), "x-SQLite-LIKE")
}

func openLike(b *testing.B) *sql.DB {
	db, err := sql.Open("sqlite3", ":memory:")
	if err != nil {
		b.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	if _, err := db.Exec(`CREATE TABLE people (name TEXT, pinyin TEXT, initials TEXT, phone TEXT, id TEXT, health TEXT, number TEXT, accession TEXT)`); err != nil {
		b.Fatal(err)
	}
	return db
}

func initials(reading string) string {
	return strings.Map(func(r rune) rune {
		if r < 'A' || r > 'Z' {
			return -1
		}
		return r
	}, reading)
}

// heap is the memory in use, in bytes.
func heap() float64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}
