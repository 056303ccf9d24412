package native_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"longying/imaging"
	"longying/imaging/codec"
	"longying/imaging/codec/native"
	"longying/imaging/dicomfile"
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

// shared finds the reference data beside the repository; the test is skipped
// where it is not there.
func shared(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		p := filepath.Join(dir, "shared", "data")
		if _, err := os.Stat(p); err == nil {
			return p
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Skip("no shared/data here")
		}
		dir = up
	}
}

func file(t testing.TB, path string, n int) (*imaging.Frame, imaging.PixelDescription) {
	t.Helper()
	d, err := dicomfile.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	f, err := d.Frame(context.Background(), native.Decoder{}, n)
	if err != nil {
		t.Fatal(err)
	}
	return f, d.Instance().Pixels
}

func TestRealFilesAreReadAsByPylibjpegAndGDCM(t *testing.T) {
	root := shared(t)
	b, err := os.ReadFile("testdata/shared.tsv")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		var name, want string
		var n int
		if k, err := fmt.Sscan(line, &name, &n, &want); k != 3 {
			t.Fatal(line, err)
		}
		f, _ := file(t, filepath.Join(root, filepath.FromSlash(name)), n)
		if hash(f) != want || f.Missing != 0 || f.Damaged {
			t.Errorf("%s, frame %d: the values differ", name, n)
		}
	}
}

// The working group's uncompressed files are the truth for its compressed
// ones: exact where lossless; within NEAR, which its scan header states, for
// near-lossless JPEG-LS; and for lossy JPEG 2000, which has no bound, within 3 %
// of the range in root mean square.
func TestWorkingGroup4FilesAgainstTheirOriginals(t *testing.T) {
	root := shared(t)
	for _, kind := range []string{"J2KR", "JLSL", "JLSN", "J2KI"} {
		names, err := filepath.Glob(filepath.Join(root, "dicom/wg04", kind, "*_"+kind))
		if err != nil || len(names) < 5 {
			t.Fatal(kind, names, err)
		}
		for _, name := range names {
			base := strings.TrimSuffix(filepath.Base(name), "_"+kind)
			got, p := file(t, name, 1)
			want, _ := file(t, filepath.Join(root, "dicom/wg04/REF", base+"_UNC"), 1)
			if colour := p.Samples == 3; colour != (got.Photometric == "RGB") {
				t.Errorf("%s is %s", filepath.Base(name), got.Photometric)
			}
			worst, squares, low, high := 0.0, 0.0, want.At(0), want.At(0)
			for i := range want.Len() {
				v := want.At(i)
				off := math.Abs(v - got.At(i))
				worst, squares = max(worst, off), squares+off*off
				low, high = min(low, v), max(high, v)
			}
			limit := 0.0
			switch kind {
			case "JLSN":
				limit = near(t, name)
			case "J2KI":
				worst, limit = math.Sqrt(squares/float64(want.Len())), (high-low)*0.03
			}
			if worst > limit {
				t.Errorf("%s: off by %g, at most %g is allowed", filepath.Base(name), worst, limit)
			}
		}
	}
}

// near is NEAR of the first scan header: ISO/IEC 14495-1 C.2.3.
func near(t *testing.T, path string) float64 {
	t.Helper()
	d, err := dicomfile.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	b, err := d.RawFrame(1)
	if err != nil {
		t.Fatal(err)
	}
	i := strings.Index(string(b), "\xff\xda")
	n := int(b[i+3])
	if v := float64(b[i+2+n-3]); v > 0 {
		return v
	}
	t.Fatal(path, "is lossless")
	return 0
}
