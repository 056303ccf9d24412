package dicomfile

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"longying/imaging/peer"
)

// BenchmarkHeaders2000 reads the headers of a folder of 2,000 CT slices of 519
// KiB, copies of one shared slice with their own SOP Instance UIDs, in the
// file system's memory: into a catalogue of ours, by pydicom up to the pixel
// data, by dcmdump as text. The budget is x-fastest 3 or more on all cores; our
// one core beside it is for knowledge.
func BenchmarkHeaders2000(b *testing.B) {
	dir := manySlices(b, 2000)
	read := func() {
		c, err := Scan(context.Background(), []string{dir}, nil)
		if err != nil || c.Instances() != 2000 || len(c.Skipped) > 0 {
			b.Fatal(c.Instances(), len(c.Skipped), err)
		}
	}
	p := peer.Start(b, "testdata/peers.py")
	for _, cores := range []int{runtime.GOMAXPROCS(0), 1} {
		b.Run(fmt.Sprintf("cores=%d", cores), func(b *testing.B) {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(cores))
			peer.Compare(b, p, read, peer.Call{Function: "pydicom_headers", Args: []any{dir}}, peer.Call{Function: "dcmdump", Args: []any{dir}})
		})
	}
}

func manySlices(b *testing.B, n int) string {
	b.Helper()
	source := shared(b, "series/ct-philips-59/I10")
	dir := b.TempDir()
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
