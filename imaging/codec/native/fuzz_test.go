package native

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"longying/imaging"
	"longying/imaging/bounded"
	"longying/imaging/codec"
)

// The frames of these targets take at most 8 MiB; a library may need several
// times as much beside them.
const mostMemory = 256 << 20

// fuzzFrame decodes one frame whose header is that of the stream, as far as it
// is small, so that the library behind the checks of the header is reached;
// form changes the header away from it.
func fuzzFrame(t *testing.T, syntax string, h header, form uint8, data []byte) {
	p := imaging.PixelDescription{Rows: h.rows, Columns: h.columns, Frames: 1, Samples: h.samples, BitsAllocated: 8, Photometric: "MONOCHROME2", Compressed: true}
	if h.precision > 8 || form&2 != 0 {
		p.BitsAllocated = 16
	}
	if h.precision > 16 || form&4 != 0 {
		p.BitsAllocated = 32
	}
	p.BitsStored = min(max(1, h.precision), p.BitsAllocated)
	if form&8 != 0 {
		p.BitsStored = max(1, p.BitsStored-1)
	}
	p.HighBit, p.Signed = p.BitsStored-1, form&1 != 0
	if h.samples == 3 {
		p.Photometric = "YBR_FULL_422"
	}
	if form&16 != 0 {
		p.Rows++
	}
	if int64(p.Rows)*int64(p.Columns)*int64(max(1, p.Samples)) > 2<<20 {
		return
	}
	bounded.Run(t, mostMemory, func() {
		f, err := Decoder{}.Decode(context.Background(), codec.Encoded{TransferSyntaxUID: syntax, Pixels: p, Data: data})
		if err != nil {
			return
		}
		if err := f.Check(); err != nil || f.Missing > p.Rows*p.Columns || f.Missing > 0 && f.Note == "" {
			t.Error(err, f.Missing, f.Note)
		}
		if f.Rows != p.Rows || f.Columns != p.Columns || f.Samples != p.Samples {
			t.Errorf("%d x %d x %d came out of %d x %d x %d", f.Rows, f.Columns, f.Samples, p.Rows, p.Columns, p.Samples)
		}
	})
}

func seeds(f *testing.F, folder string, extensions ...string) {
	names, err := os.ReadDir(folder)
	if err != nil || len(names) == 0 {
		f.Fatal(folder, err)
	}
	n := 0
	for _, name := range names {
		for _, e := range extensions {
			if strings.HasSuffix(name.Name(), e) {
				b, err := os.ReadFile(filepath.Join(folder, name.Name()))
				if err != nil {
					f.Fatal(err)
				}
				f.Add(uint8(0), b)
				n++
			}
		}
	}
	if n < 20 {
		f.Fatal(n, "seeds in", folder)
	}
}

func FuzzJPEG2000(f *testing.F) {
	seeds(f, "testdata/streams", ".j2k", ".jp2")
	f.Fuzz(func(t *testing.T, form uint8, data []byte) {
		if c, err := readCodestream(data); err == nil {
			fuzzFrame(t, "1.2.840.10008.1.2.4.91", c.header, form, data)
		}
	})
}

func FuzzHTJ2K(f *testing.F) {
	seeds(f, "testdata/streams", ".j2c")
	f.Fuzz(func(t *testing.T, form uint8, data []byte) {
		if c, err := readCodestream(data); err == nil {
			fuzzFrame(t, "1.2.840.10008.1.2.4.203", c.header, form, data)
		}
	})
}

func FuzzJPEGLS(f *testing.F) {
	seeds(f, "testdata/streams", ".jls")
	f.Fuzz(func(t *testing.T, form uint8, data []byte) {
		h, err := readJPEGLS(data)
		if err != nil {
			return
		}
		fuzzFrame(t, "1.2.840.10008.1.2.4.81", h, form, data)
		if h.rows*h.columns*h.samples > 1<<20 {
			return
		}
		// Where the decoder in Go and CharLS both decode, they agree.
		p := imaging.PixelDescription{Rows: h.rows, Columns: h.columns, Frames: 1, Samples: h.samples, BitsAllocated: 16, BitsStored: h.precision, HighBit: h.precision - 1, Photometric: "MONOCHROME2", Compressed: true}
		in := codec.Encoded{TransferSyntaxUID: "1.2.840.10008.1.2.4.80", Pixels: p, Data: data}
		own, err := codec.Local{}.Decode(context.Background(), in)
		if err != nil {
			return
		}
		if f, err := h.decode(in); err == nil && !f.Damaged && !bytes.Equal(f.Bytes(), own.Bytes()) {
			t.Error("CharLS gives other values")
		}
	})
}

// FuzzJPEG is libjpeg-turbo, and the decoder in Go for what it leaves.
func FuzzJPEG(f *testing.F) {
	seeds(f, "../testdata/jpeg", ".jpg")
	f.Fuzz(func(t *testing.T, form uint8, data []byte) {
		marker, body, err := frameHeader(data)
		if err != nil || len(body) < 6 || marker == markerSOF55 {
			return
		}
		h := header{rows: int(body[1])<<8 | int(body[2]), columns: int(body[3])<<8 | int(body[4]), samples: int(body[5]), precision: int(body[0])}
		fuzzFrame(t, "1.2.840.10008.1.2.4.51", h, form, data)
	})
}

// FuzzSyntax takes any stream under any transfer syntax and any header.
func FuzzSyntax(f *testing.F) {
	syntaxes := []string{"1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.8.1", "1.2.840.10008.1.2.4.50",
		"1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.93", "1.2.840.10008.1.2.4.201", "1.2.840.10008.1.2.4.110"}
	for i := range syntaxes {
		f.Add(uint8(i), uint8(2), uint8(3), uint8(1), uint8(16), uint8(0), []byte("123456789012"))
	}
	for i, name := range []string{"../testdata/jpeg/lossless8-1.jpg", "testdata/streams/jls-08u.jls", "testdata/streams/j2k-08u.j2k", "testdata/streams/ht-08u.j2c"} {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(uint8(5+i), uint8(35), uint8(33), uint8(1), uint8(8), uint8(0), b)
	}
	f.Fuzz(func(t *testing.T, syntax, rows, columns, samples, bits, form uint8, data []byte) {
		p := imaging.PixelDescription{Rows: int(rows), Columns: int(columns), Frames: 1, Samples: int(samples), BitsAllocated: int(bits), BitsStored: int(bits), HighBit: int(bits) - 1,
			Photometric: []string{"MONOCHROME2", "RGB", "YBR_FULL_422", "YBR_RCT"}[form&3], Planar: int(form >> 2 & 1), Signed: form&8 != 0, Compressed: form&16 != 0, Float: form&32 != 0}
		bounded.Run(t, mostMemory, func() {
			f, err := Decoder{}.Decode(context.Background(), codec.Encoded{TransferSyntaxUID: syntaxes[int(syntax)%len(syntaxes)], Pixels: p, Data: data})
			if err == nil {
				if err := f.Check(); err != nil {
					t.Error(fmt.Errorf("%+v: %w", p, err))
				}
			}
		})
	})
}
