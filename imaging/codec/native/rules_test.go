package native_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"longying/imaging"
	"longying/imaging/codec"
	"longying/imaging/codec/native"
)

// A stream whose sign is not the header's: pydicom's rule, and that of the
// devices that write such files.
func TestTheSignIsTheHeadersAndTheBitsAreTheStreams(t *testing.T) {
	for _, name := range []string{"j2k-12u.j2k", "j2k-13u.j2k", "j2k-16u.j2k", "j2k-07u.j2k", "j2k-24u.j2k"} {
		s := named(t, name)
		plain := s.decode(t)
		s.pixels.Signed = true
		f := s.decode(t)
		up := 64 - s.pixels.BitsStored
		for i := range f.Len() {
			if want := int64(plain.At(i)) << up >> up; int64(f.At(i)) != want {
				t.Fatalf("%s: value %d is %g, want %d", name, i, f.At(i), want)
			}
		}
		if !f.Signed() || !strings.Contains(f.Note, "unsigned") {
			t.Errorf("%s: %q", name, f.Note)
		}
	}
	for _, name := range []string{"j2k-12s.j2k", "j2k-13s.j2k", "j2k-16s.j2k", "j2k-07s.j2k", "j2k-24s.j2k"} {
		s := named(t, name)
		plain := s.decode(t)
		s.pixels.Signed = false
		f := s.decode(t)
		mask := int64(1)<<s.pixels.BitsStored - 1
		for i := range f.Len() {
			if want := int64(plain.At(i)) & mask; int64(f.At(i)) != want {
				t.Fatalf("%s: value %d is %g, want %d", name, i, f.At(i), want)
			}
		}
		if f.Signed() || f.Note == "" {
			t.Errorf("%s: %q", name, f.Note)
		}
	}
}

func TestValuesBeyondBitsStoredAreKeptAndSaid(t *testing.T) {
	for _, name := range []string{"j2k-12u.j2k", "j2k-12s.j2k", "jls-12u.jls", "jls-12s.jls", "ht-12u.j2c"} {
		s := named(t, name)
		s.pixels.BitsStored, s.pixels.HighBit = 10, 9
		if f := s.decode(t); f.BitsStored != 12 || hash(f) != s.hash || !strings.Contains(f.Note, "10") || !strings.Contains(f.Note, "12") {
			t.Errorf("%s: %d bits stored, %q", name, f.BitsStored, f.Note)
		}
		s.pixels.BitsStored, s.pixels.HighBit = 16, 15
		if f := s.decode(t); f.BitsStored != 16 || hash(f) != s.hash || f.Note != "" {
			t.Errorf("%s: %d bits stored, %q", name, f.BitsStored, f.Note)
		}
	}
}

func TestAStreamThatIsNotAsItsHeaderSaysIsAnErrorThatSaysBoth(t *testing.T) {
	for _, name := range []string{"j2k-12u.j2k", "jls-12u.jls", "rgb-rct.j2k", "jls-rgb8-line.jls"} {
		for what, c := range map[string]struct {
			change func(*imaging.PixelDescription)
			says   []string
		}{
			"rows":    {func(p *imaging.PixelDescription) { p.Rows = 60000 }, []string{"60000", "components"}},
			"columns": {func(p *imaging.PixelDescription) { p.Columns++ }, []string{"columns"}},
			"samples": {func(p *imaging.PixelDescription) { p.Samples = 4 - p.Samples }, []string{"1", "3"}},
			"floats":  {func(p *imaging.PixelDescription) { p.BitsAllocated, p.BitsStored, p.Float = 32, 32, true }, []string{"floating"}},
		} {
			s := named(t, name)
			p := s.pixels
			c.change(&s.pixels)
			_, err := native.Decoder{}.Decode(context.Background(), s.encoded())
			var d *codec.DataError
			if !errors.As(err, &d) {
				t.Errorf("%s, other %s: %v", name, what, err)
				continue
			}
			for _, word := range append(c.says, strconv.Itoa(p.Rows)) {
				if what != "floats" && !strings.Contains(d.Detail, word) {
					t.Errorf("%s, other %s: %q does not say %s", name, what, d.Detail, word)
				}
			}
		}
	}
	for _, name := range []string{"j2k-12u.j2k", "jls-12u.jls", "ht-12u.j2c"} {
		s := named(t, name)
		s.pixels.BitsAllocated, s.pixels.BitsStored, s.pixels.HighBit = 8, 8, 7
		var d *codec.DataError
		if _, err := (native.Decoder{}).Decode(context.Background(), s.encoded()); !errors.As(err, &d) || !strings.Contains(d.Detail, "12 bits") || !strings.Contains(d.Detail, "allocates 8") {
			t.Errorf("%s in 8 bits: %v", name, err)
		}
	}
}

func TestFormsThatNoLibraryHasAreUnsupportedByName(t *testing.T) {
	s := named(t, "rgb-rct.j2k")
	i := bytes.Index(s.data, []byte{0xff, 0x52}) // COD: the transformation is its fifth byte
	s.data[i+8] = 2
	var u *codec.UnsupportedError
	if _, err := (native.Decoder{}).Decode(context.Background(), s.encoded()); !errors.As(err, &u) || !strings.Contains(err.Error(), "Part 2") {
		t.Errorf("an array-based transformation: %v", err)
	}
	s = named(t, "part2.j2k")
	s.pixels.Samples, s.pixels.Frames, s.pixels.Photometric = 1, 3, "MONOCHROME2"
	if _, err := (native.Decoder{}).Decode(context.Background(), s.encoded()); !errors.As(err, &u) || !strings.Contains(err.Error(), "several frames") {
		t.Errorf("three frames as components: %v", err)
	}
	for uid, name := range map[string]string{"1.2.840.10008.1.2.4.110": "JPEG XL", "1.2.840.10008.1.2.4.102": "H.264", "1.2.840.10008.1.2.4.94": "JPIP"} {
		s.syntax = uid
		if _, err := (native.Decoder{}).Decode(context.Background(), s.encoded()); !errors.As(err, &u) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", uid, err)
		}
	}
}

// Files exist whose transfer syntax is not that of their stream.
func TestAStreamIsTakenForWhatItIs(t *testing.T) {
	for _, name := range []string{"j2k-12u.j2k", "jls-12u.jls", "ht-12u.j2c", "wrapped.jp2"} {
		for _, uid := range []string{"1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.203"} {
			s := named(t, name)
			s.syntax = uid
			if f := s.decode(t); hash(f) != s.hash {
				t.Errorf("%s as %s: the values differ", name, uid)
			}
		}
	}
	for _, s := range jpegStreams(t) {
		s.syntax = "1.2.840.10008.1.2.4.90"
		if f := s.decode(t); hash(f) != s.hash {
			t.Errorf("%s as JPEG 2000: the values differ", s.name)
		}
	}
}

// jpegStreams are those of the decoder in Go, of all kinds that it has.
func jpegStreams(t testing.TB) []stream {
	t.Helper()
	b, err := os.ReadFile("../testdata/expected.tsv")
	if err != nil {
		t.Fatal(err)
	}
	var out []stream
	for line := range strings.Lines(string(b)) {
		v := strings.Fields(line)
		s := stream{name: v[0], syntax: "1.2.840.10008.1.2.4.50", hash: v[5]}
		number := func(s string) int {
			n, err := strconv.Atoi(s)
			if err != nil {
				t.Fatal(line, err)
			}
			return n
		}
		p := &s.pixels
		p.Rows, p.Columns, p.Samples, p.BitsAllocated = number(v[1]), number(v[2]), number(v[3]), number(v[4])
		p.BitsStored, p.HighBit, p.Frames, p.Compressed, p.Photometric = p.BitsAllocated, p.BitsAllocated-1, 1, true, "MONOCHROME2"
		if p.Samples == 3 {
			p.Photometric = "RGB"
		}
		if s.data, err = os.ReadFile(filepath.Join("../testdata/jpeg", s.name)); err != nil {
			t.Fatal(err)
		}
		out = append(out, s)
	}
	return out
}

// libjpeg-turbo and the decoder in Go give the same frame, whole or not.
func TestJPEGIsTheSameAsWithoutTheLibrary(t *testing.T) {
	all := jpegStreams(t)
	if len(all) < 80 {
		t.Fatal(len(all), "streams")
	}
	for _, s := range all {
		if f := s.decode(t); hash(f) != s.hash {
			t.Errorf("%s: the values differ", s.name)
		}
		whole := s.data
		for _, cut := range []int{len(whole), len(whole) - 3, len(whole) * 3 / 4} {
			s.data = whole[:cut]
			got, err := native.Decoder{}.Decode(context.Background(), s.encoded())
			want, wantErr := codec.Local{}.Decode(context.Background(), s.encoded())
			if !reflect.DeepEqual(got, want) || !reflect.DeepEqual(err, wantErr) {
				t.Errorf("%s, %d of %d bytes: %v, %v", s.name, cut, len(whole), err, wantErr)
			}
		}
	}
}

// The decoder in Go has every lossless form but that interleaved by sample.
func TestLosslessJPEGLSNeedsNoLibrary(t *testing.T) {
	seen := 0
	for _, s := range streams(t) {
		if s.syntax != "1.2.840.10008.1.2.4.80" {
			continue
		}
		f, err := codec.Local{}.Decode(context.Background(), s.encoded())
		if sampled := strings.HasSuffix(s.name, "-sample.jls"); sampled != (err != nil) {
			t.Errorf("%s: %v", s.name, err)
		}
		if err == nil && hash(f) != s.hash {
			t.Errorf("%s: other values", s.name)
		}
		seen++
	}
	if seen < 26 {
		t.Errorf("%d streams", seen)
	}
}
