package native_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"

	"longying/imaging/codec"
	"longying/imaging/codec/native"
)

// A tile is there or it is not: the pixels of the tiles in front of the cut
// are those of the whole stream.
func TestJPEG2000ThatIsCutShortGivesItsTiles(t *testing.T) {
	for _, name := range []string{"layout-tiles.j2k", "ht-tiles.j2c"} {
		s := named(t, name)
		whole := s.decode(t)
		s.data = s.data[:len(s.data)*6/10]
		f := s.decode(t)
		// Tiles of 8 x 8 in 19 rows of 23 columns; count those that are whole.
		good := 0
		for ty := 0; ty < f.Rows; ty += 8 {
			for tx := 0; tx < f.Columns; tx += 8 {
				same, n := true, 0
				for y := ty; y < min(ty+8, f.Rows); y++ {
					for x := tx; x < min(tx+8, f.Columns); x++ {
						same = same && f.At(y*f.Columns+x) == whole.At(y*f.Columns+x)
						n++
					}
				}
				if same {
					good += n
				}
			}
		}
		if !f.Damaged || f.Missing != f.Rows*f.Columns-good || good < 64 || !strings.Contains(f.Note, fmt.Sprint(f.Missing)) {
			t.Errorf("%s: %d missing, %d good of %d, %q", name, f.Missing, good, f.Rows*f.Columns, f.Note)
		}
	}
}

// Of one tile, cut anywhere, what is there comes near to the picture: coarse
// resolutions come first.
func TestJPEG2000OfOneTileThatIsCutShortIsShownCoarser(t *testing.T) {
	s := named(t, "layout-layers.j2k")
	whole := s.decode(t)
	s.data = s.data[:len(s.data)/2]
	f := s.decode(t)
	off := 0.0
	for i := range f.Len() {
		off += max(f.At(i)-whole.At(i), whole.At(i)-f.At(i))
	}
	if off /= float64(f.Len()); f.Missing != f.Len() || !f.Damaged || off == 0 || off > 100 {
		t.Errorf("%d missing, off by %g of 4095 in the mean, %q", f.Missing, off, f.Note)
	}
}

func TestJPEG2000ThatEndsOtherwiseThanItShouldIsWholeAndSaysSo(t *testing.T) {
	comment := []byte{0xff, 0x64, 0, 6, 0, 1, 'P', 'A'}
	for _, name := range []string{"j2k-12u.j2k", "rgb-rct.j2k", "layout-tile-parts.j2k"} {
		s := named(t, name)
		body := s.data[:len(s.data)-2]
		for what, data := range map[string][]byte{"no end marker": body, "a comment in front of it": append(append(bytes.Clone(body), comment...), 0xff, 0xd9)} {
			s.data = data
			if f := s.decode(t); hash(f) != s.hash || !f.Damaged || f.Missing != 0 || f.Note == "" {
				t.Errorf("%s with %s: %d missing, %q", name, what, f.Missing, f.Note)
			}
		}
		s.data = append(append(bytes.Clone(body), 0xff, 0xd9), 0) // the padding of DICOM
		if f := s.decode(t); hash(f) != s.hash || f.Damaged || f.Note != "" {
			t.Errorf("%s padded: %q", name, f.Note)
		}
	}
	// Psot 0: the tile-part goes on to the end marker.
	s := named(t, "j2k-12u.j2k")
	i := bytes.Index(s.data, []byte{0xff, 0x90})
	binary.BigEndian.PutUint32(s.data[i+6:], 0)
	if f := s.decode(t); hash(f) != s.hash || f.Damaged {
		t.Errorf("a tile-part without a length: %q", f.Note)
	}
	s.data = append(s.data, 0)
	if f := s.decode(t); hash(f) != s.hash || f.Damaged {
		t.Errorf("a tile-part without a length, padded: %q", f.Note)
	}
	s.data = s.data[:len(s.data)*9/10]
	if f := s.decode(t); f.Missing != f.Len() {
		t.Errorf("a tile-part without a length, cut: %d missing", f.Missing)
	}
}

func TestJPEGLSThatIsCutShortGivesItsRows(t *testing.T) {
	for _, name := range []string{"jls-12u.jls", "jls-12s.jls", "jls-08u.jls", "jls-07s-in-16.jls", "jls-rgb8-line.jls", "jls-rgb12-sample.jls", "jls-near1-16.jls"} {
		s := named(t, name)
		whole := s.decode(t)
		s.data = s.data[:len(s.data)*6/10]
		f := s.decode(t)
		values := f.Columns * f.Samples
		rows := f.Rows - f.Missing/f.Columns
		if f.Missing%f.Columns != 0 || rows < 5 || rows > 15 || !f.Damaged || !strings.Contains(f.Note, fmt.Sprint(f.Missing)) {
			t.Errorf("%s: %d missing, %q", name, f.Missing, f.Note)
			continue
		}
		for i := range f.Len() {
			want := 0.0
			if i < rows*values {
				want = whole.At(i)
			}
			if f.At(i) != want {
				t.Errorf("%s: value %d is %g, want %g", name, i, f.At(i), want)
				break
			}
		}
	}
}

// Files of the working group have it in front of the end, or 255 behind.
func TestPaddingAtTheEndOfJPEGLS(t *testing.T) {
	for _, name := range []string{"jls-12u.jls", "jls-rgb8-line.jls", "jls-near3-08.jls"} {
		s := named(t, name)
		body, ok := bytes.CutSuffix(s.data, []byte{0xff, 0xd9})
		if !ok {
			body, ok = bytes.CutSuffix(s.data, []byte{0xff, 0xd9, 0})
		}
		if !ok {
			t.Fatal(name)
		}
		for _, end := range [][]byte{{0, 0xff, 0xd9}, {0xff, 0xd9, 0}, {0xff, 0xd9, 0xff}, {0, 0xff, 0xd9, 0xff}} {
			s.data = append(bytes.Clone(body), end...)
			if f := s.decode(t); hash(f) != s.hash || f.Damaged {
				t.Errorf("%s with % x at its end: %q", name, end, f.Note)
			}
		}
	}
}

func TestDamagedStreamsAreErrors(t *testing.T) {
	for name, size := range map[string]int{"j2k-12u.j2k": 40, "jls-12u.jls": 20, "wrapped.jp2": 60, "ht-12u.j2c": 0} {
		s := named(t, name)
		s.data = s.data[:size]
		var d *codec.DataError
		if f, err := (native.Decoder{}).Decode(context.Background(), s.encoded()); !errors.As(err, &d) {
			t.Errorf("%d bytes of %s: %v %v", size, name, f, err)
		}
	}
	// As many tiles as the norm allows, and no data for them.
	s := named(t, "j2k-12u.j2k")
	at := bytes.Index(s.data, []byte{0xff, 0x51}) + 4
	s.pixels.Rows, s.pixels.Columns = 255, 255
	for i, v := range []uint32{255, 255, 0, 0, 1, 1} {
		binary.BigEndian.PutUint32(s.data[at+2+4*i:], v)
	}
	var d *codec.DataError
	if f, err := (native.Decoder{}).Decode(context.Background(), s.encoded()); !errors.As(err, &d) || !strings.Contains(err.Error(), "tiles") {
		t.Errorf("65025 tiles: %v %v", f, err)
	}
}

// Whatever becomes of a frame, the libraries' memory is given back.
func TestNothingIsLeftBehind(t *testing.T) {
	resident := func() int {
		b, err := os.ReadFile("/proc/self/statm")
		var size, resident int
		if _, scan := fmt.Sscan(string(b), &size, &resident); err != nil || scan != nil {
			t.Skip("no /proc/self/statm here")
		}
		return resident * os.Getpagesize()
	}
	all := append(streams(t), jpegStreams(t)...)
	round := func() {
		for _, s := range all {
			for _, cut := range []int{1, 2, 3, 4} {
				part := s
				part.data = s.data[:len(s.data)*cut/4]
				// Only what is left behind counts here.
				_, _ = native.Decoder{}.Decode(context.Background(), part.encoded())
			}
		}
		runtime.GC()
	}
	for range 5 {
		round()
	}
	before := resident()
	const rounds = 40
	for range rounds {
		round()
	}
	// A leak of one kilobyte a frame would come to more than this.
	if grown := resident() - before; grown > rounds*len(all)*4*1024/2 {
		t.Errorf("%d KiB more after %d frames", grown>>10, rounds*len(all)*4)
	}
}
