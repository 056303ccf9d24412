package seal

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
)

func content(size int) []byte {
	rng := rand.New(rand.NewPCG(7, uint64(size)))
	out := make([]byte, size)
	for i := range out {
		out[i] = byte(rng.Uint32())
	}
	return out
}

func writeSealed(t *testing.T, k *Key, path string, plain []byte) []byte {
	t.Helper()
	if err := k.WriteSealed(path, bytes.NewReader(plain)); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// readSealed reads a whole sealed file.
func readSealed(k *Key, path string) ([]byte, error) {
	f, err := k.OpenSealed(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.NewSectionReader(f, 0, f.Size()))
}

func TestASealedFileReadsBackAtAnyPosition(t *testing.T) {
	k := testKey(t, 1)
	for _, size := range []int{0, 1, chunkSize - 1, chunkSize, chunkSize + 1, 2 * chunkSize, 3*chunkSize + 17} {
		plain := content(size)
		path := filepath.Join(t.TempDir(), "f")
		writeSealed(t, k, path, plain)
		f, err := k.OpenSealed(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if f.Size() != int64(size) {
			t.Fatalf("size %d, want %d", f.Size(), size)
		}
		if got, err := readSealed(k, path); err != nil || !bytes.Equal(got, plain) {
			t.Fatalf("size %d: %v", size, err)
		}
		if n, err := f.ReadAt(make([]byte, 10), int64(size)); n != 0 || err != io.EOF {
			t.Errorf("size %d: behind the end: %d, %v", size, n, err)
		}
		if n, err := f.ReadAt(make([]byte, size+1), 0); n != size || err != io.EOF {
			t.Errorf("size %d: over the end: %d, %v", size, n, err)
		}
		if _, err := f.ReadAt(make([]byte, 1), -1); err == nil {
			t.Error("a negative position was read")
		}
		var wg sync.WaitGroup
		for g := range 4 {
			wg.Go(func() {
				rng := rand.New(rand.NewPCG(uint64(g), 1))
				for range 25 {
					if size == 0 {
						return
					}
					at := rng.IntN(size)
					part := make([]byte, rng.IntN(size-at)+1)
					if _, err := f.ReadAt(part, int64(at)); err != nil || !bytes.Equal(part, plain[at:at+len(part)]) {
						t.Errorf("size %d: %d bytes at %d: %v", size, len(part), at, err)
					}
				}
			})
		}
		wg.Wait()
	}
}

func TestASealedFileThatIsNotWhatWasWrittenIsRefused(t *testing.T) {
	k, folder := testKey(t, 1), t.TempDir()
	whole := writeSealed(t, k, filepath.Join(folder, "f"), content(2*chunkSize+100))
	other := writeSealed(t, k, filepath.Join(t.TempDir(), "f"), content(2*chunkSize+100))
	const sealedChunk = chunkSize + chunkOverhead
	part := func(raw []byte, i int) []byte {
		return raw[headerSize+i*sealedChunk : min(len(raw), headerSize+(i+1)*sealedChunk)]
	}
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	cutAtChunk := join(whole[:sizeOffset], []byte{0, 0, 0, 0, 0, 2, 0, 0}, part(whole, 0), part(whole, 1)) // with a matching size
	for name, raw := range map[string][]byte{
		"empty":                        {},
		"header only":                  whole[:headerSize],
		"cut by one byte":              whole[:len(whole)-1],
		"cut at a chunk":               whole[:headerSize+2*sealedChunk],
		"cut at a chunk, size changed": cutAtChunk,
		"longer":                       join(whole, []byte{0}),
		"two chunks swapped":           join(whole[:headerSize], part(whole, 1), part(whole, 0), part(whole, 2)),
		"a chunk doubled":              join(whole[:headerSize], part(whole, 0), part(whole, 0), part(whole, 2)),
		"a chunk of another file":      join(whole[:headerSize], part(other, 0), part(whole, 1), part(whole, 2)),
		"the header of another file":   join(other[:headerSize], whole[headerSize:]),
		"not sealed":                   content(1000),
	} {
		path := filepath.Join(folder, "changed", "f")
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		var de *DamagedError
		if _, err := readSealed(k, path); !errors.As(err, &de) || !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
	path := filepath.Join(folder, "changed", "f")
	if err := os.WriteFile(path, cutAtChunk, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := k.OpenSealed(path); !errors.Is(err, ErrDamaged) {
		t.Errorf("a cut file is noticed only when its end is read: %v", err)
	}
	for i := 0; i < len(whole); i += 1 + i/headerSize*977 {
		bad := bytes.Clone(whole)
		bad[i] ^= 0x10
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := readSealed(k, path); err == nil {
			t.Errorf("changed in byte %d: opened", i)
		}
	}
	if err := os.WriteFile(path, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := readSealed(k, path); err != nil {
		t.Errorf("the same bytes in another folder: %v", err)
	}
	if err := os.Rename(path, path+"2"); err != nil {
		t.Fatal(err)
	}
	if _, err := readSealed(k, path+"2"); !errors.Is(err, ErrDamaged) {
		t.Errorf("under another name: %v", err)
	}
	if _, err := readSealed(testKey(t, 2), filepath.Join(folder, "f")); !errors.Is(err, ErrDamaged) {
		t.Errorf("under another key: %v", err)
	}
}

type failing struct{ io.Reader }

func (f failing) Read(p []byte) (int, error) {
	n, err := f.Reader.Read(p)
	if err == io.EOF {
		err = errors.New("the cable was pulled")
	}
	return n, err
}

func TestAWriteThatFailsLeavesTheOldFileAndNothingElse(t *testing.T) {
	k, folder := testKey(t, 1), t.TempDir()
	path := filepath.Join(folder, "f")
	writeSealed(t, k, path, []byte("old"))
	if err := k.WriteSealed(path, failing{bytes.NewReader(content(3 * chunkSize))}); err == nil {
		t.Fatal("a failing source gave no error")
	}
	if got, err := readSealed(k, path); err != nil || string(got) != "old" {
		t.Fatalf("%q, %v", got, err)
	}
	if names, _ := os.ReadDir(folder); len(names) != 1 {
		t.Fatalf("left behind: %v", names)
	}
	if info, _ := os.Stat(path); info.Mode().Perm()&0o077 != 0 {
		t.Errorf("others may read it: %v", info.Mode())
	}
}

func TestNoEncodingOfANameIsInASealedFile(t *testing.T) {
	k := testKey(t, 1)
	raw := writeSealed(t, k, filepath.Join(t.TempDir(), "f"), []byte(strings.Repeat("刘小满 11010519491231002X ", 1000)))
	for what, enc := range map[string]interface{ String(string) (string, error) }{
		"UTF-8":     unicode.UTF8.NewEncoder(),
		"GB18030":   simplifiedchinese.GB18030.NewEncoder(),
		"UTF-16 LE": unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewEncoder(),
		"UTF-16 BE": unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM).NewEncoder(),
	} {
		for _, s := range []string{"刘小满", "小满", "11010519491231002X"} {
			needle, err := enc.String(s)
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Contains(raw, []byte(needle)) {
				t.Errorf("%s is readable as %s", s, what)
			}
		}
	}
}
