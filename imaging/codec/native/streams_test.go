package native_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"longying/imaging"
	"longying/imaging/codec"
	"longying/imaging/codec/native"
)

// stream is one line of testdata/expected.tsv, which testdata/make.py writes.
type stream struct {
	name, syntax, hash, after string
	pixels                    imaging.PixelDescription
	data                      []byte
}

func streams(t testing.TB) []stream {
	t.Helper()
	b, err := os.ReadFile("testdata/expected.tsv")
	if err != nil {
		t.Fatal(err)
	}
	var out []stream
	for line := range strings.Lines(string(b)) {
		var s stream
		p, signed := &s.pixels, 0
		if n, err := fmt.Sscan(line, &s.name, &s.syntax, &p.Rows, &p.Columns, &p.Samples, &p.BitsAllocated, &p.BitsStored, &signed, &p.Photometric, &s.hash, &s.after); n != 11 {
			t.Fatal(line, err)
		}
		p.Frames, p.HighBit, p.Signed, p.Compressed = 1, p.BitsStored-1, signed != 0, true
		if s.data, err = os.ReadFile(filepath.Join("testdata/streams", s.name)); err != nil {
			t.Fatal(err)
		}
		out = append(out, s)
	}
	return out
}

func named(t testing.TB, name string) stream {
	t.Helper()
	for _, s := range streams(t) {
		if s.name == name {
			return s
		}
	}
	t.Fatal("no", name)
	return stream{}
}

func (s stream) encoded() codec.Encoded {
	return codec.Encoded{TransferSyntaxUID: s.syntax, Pixels: s.pixels, Data: s.data}
}

func (s stream) decode(t testing.TB) *imaging.Frame {
	t.Helper()
	f, err := native.Decoder{}.Decode(context.Background(), s.encoded())
	if err != nil {
		t.Fatalf("%s: %v", s.name, err)
	}
	if err := f.Check(); err != nil {
		t.Fatalf("%s: %v", s.name, err)
	}
	return f
}

func hash(f *imaging.Frame) string {
	sum := sha256.Sum256(f.Bytes())
	return hex.EncodeToString(sum[:])
}

func TestEveryFormOfStreamGivesTheExpectedValues(t *testing.T) {
	all := streams(t)
	if len(all) < 120 {
		t.Fatal(len(all), "streams")
	}
	for _, s := range all {
		f := s.decode(t)
		if got := hash(f); got != s.hash {
			t.Errorf("%s: the values differ", s.name)
		}
		if f.Photometric != s.after || f.BitsStored != s.pixels.BitsStored || f.Signed() != s.pixels.Signed || f.BitsAllocated() != s.pixels.BitsAllocated {
			t.Errorf("%s: %s, %d bits stored of %d, signed %v", s.name, f.Photometric, f.BitsStored, f.BitsAllocated(), f.Signed())
		}
		if f.Missing != 0 || f.Damaged || f.Note != "" {
			t.Errorf("%s: %d missing, damaged %v, %q", s.name, f.Missing, f.Damaged, f.Note)
		}
	}
}

func TestFramesAreDecodedSideBySide(t *testing.T) {
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for _, s := range streams(t) {
				f, err := native.Decoder{}.Decode(context.Background(), s.encoded())
				if err != nil || hash(f) != s.hash {
					t.Errorf("%s: %v", s.name, err)
				}
			}
		})
	}
	wg.Wait()
}

func TestAnEndedContextDecodesNothing(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, name := range []string{"j2k-12u.j2k", "jls-12u.jls"} {
		if f, err := (native.Decoder{}).Decode(ctx, named(t, name).encoded()); f != nil || err != context.Canceled {
			t.Errorf("%s: %v", name, err)
		}
	}
}
