package icc

import (
	"encoding/binary"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
)

func read(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func open(t testing.TB, name string) *Transform {
	t.Helper()
	tr, err := New(read(t, name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tr.Close)
	return tr
}

// The expected colours are testdata/make.py's: by formula for the matrix
// profile, by Pillow for the table.
func TestColoursBecomeTheOnesThatTheStandardsGive(t *testing.T) {
	var expected struct{ Colours, Matrix, Table [][3]int }
	if err := json.Unmarshal(read(t, "expected.json"), &expected); err != nil {
		t.Fatal(err)
	}
	var pixels []byte
	for _, c := range expected.Colours {
		pixels = append(pixels, byte(c[0]), byte(c[1]), byte(c[2]))
	}
	for name, want := range map[string][][3]int{"matrix.icc": expected.Matrix, "table.icc": expected.Table} {
		out := slices.Clone(pixels)
		open(t, name).Apply(out, out)
		for i, w := range want {
			for c := range 3 {
				// One step for the 15-bit arithmetic of Little CMS.
				if d := int(out[3*i+c]) - w[c]; d < -1 || d > 1 {
					t.Fatalf("%s: %v becomes %v, wanted %v", name, expected.Colours[i], out[3*i:3*i+3], w)
				}
			}
		}
	}
}

func TestAProfileGivesItsName(t *testing.T) {
	if name := open(t, "matrix.icc").Name(); name != "Longying test matrix" {
		t.Errorf("%q", name)
	}
}

func TestWhatIsNoRGBProfileIsRefused(t *testing.T) {
	good := read(t, "matrix.icc")
	change := func(f func(b []byte) []byte) []byte { return f(slices.Clone(good)) }
	for name, b := range map[string][]byte{
		"nothing":      nil,
		"a few bytes":  good[:100],
		"cut short":    good[:len(good)-20],
		"another mark": change(func(b []byte) []byte { copy(b[36:], "ascp"); return b }),
		"grey":         change(func(b []byte) []byte { copy(b[16:], "GRAY"); return b }),
		"no tags":      change(func(b []byte) []byte { b = b[:132]; binary.BigEndian.PutUint32(b, 132); clear(b[128:]); return b }),
		"many tags":    change(func(b []byte) []byte { binary.BigEndian.PutUint32(b[128:], 1<<30); return b }),
	} {
		if tr, err := New(b); err == nil {
			tr.Close()
			t.Errorf("%s was taken for a profile", name)
		}
	}
}

func TestATransformServesSeveralGoroutinesAndItsClosing(t *testing.T) {
	tr := open(t, "table.icc")
	want := make([]byte, 3*1000)
	for i := range want {
		want[i] = byte(i * 7)
	}
	in := slices.Clone(want)
	tr.Apply(want, want)
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for range 50 {
				out := make([]byte, len(in))
				tr.Apply(out, in)
				if !slices.Equal(out, want) {
					t.Error("the colours differ")
					return
				}
			}
		})
	}
	wait.Wait()
	tr.Close()
	tr.Close()
	out := make([]byte, len(in))
	if tr.Apply(out, in); !slices.Equal(out, in) {
		t.Error("after closing the pixels are not copied as they are")
	}
}

func FuzzProfile(f *testing.F) {
	f.Add(read(f, "matrix.icc"))
	f.Add(read(f, "table.icc"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if tr, err := New(b); err == nil {
			px := []byte{1, 2, 3, 200, 100, 0}
			tr.Apply(px, px)
			tr.Close()
		}
	})
}
