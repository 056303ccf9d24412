package dicomfile

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// BenchmarkHeaders2000 reads the headers of a folder of 2,000 CT slices of 519
// KiB, copies of one shared slice with their own SOP Instance UIDs. Peers are
// to be run on the same folder: LONGYING_BENCH_HEADERS, where it is set, names
// it and keeps it.
func BenchmarkHeaders2000(b *testing.B) {
	dir := manySlices(b, 2000)
	b.ReportAllocs()
	for b.Loop() {
		c, err := Scan(context.Background(), []string{dir}, nil)
		if err != nil || c.Instances() != 2000 || len(c.Skipped) > 0 {
			b.Fatal(c.Instances(), len(c.Skipped), err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/2000, "µs/file")
}

// BenchmarkHeaders300 is the folder of one CT series.
func BenchmarkHeaders300(b *testing.B) {
	dir := manySlices(b, 300)
	b.ReportAllocs()
	for b.Loop() {
		if c, err := Scan(context.Background(), []string{dir}, nil); err != nil || c.Instances() != 300 {
			b.Fatal(c.Instances(), err)
		}
	}
}

func manySlices(b *testing.B, n int) string {
	b.Helper()
	source := shared(b, "series/ct-philips-59/I10")
	dir := os.Getenv("LONGYING_BENCH_HEADERS")
	if dir == "" {
		dir = b.TempDir()
	}
	dir = filepath.Join(dir, fmt.Sprint(n))
	if names, err := os.ReadDir(dir); err == nil && len(names) == n {
		return dir
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		b.Fatal(err)
	}
	f, err := Open(source)
	if err != nil {
		b.Fatal(err)
	}
	f.Close()
	uid := []byte(f.Instance().SOPInstanceUID)
	data, err := os.ReadFile(source)
	if err != nil {
		b.Fatal(err)
	}
	for i := range n {
		own := bytes.Clone(uid)
		copy(own[len(own)-6:], fmt.Sprintf("%06d", 100_000+i))
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("IM%05d", i)), bytes.ReplaceAll(data, uid, own), 0o644); err != nil {
			b.Fatal(err)
		}
	}
	return dir
}
