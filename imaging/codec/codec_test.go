package codec

import (
	"bytes"
	"compress/flate"
	"context"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"longying/imaging"
	"longying/imaging/bounded"
)

const (
	little = "1.2.840.10008.1.2.1"
	big    = "1.2.840.10008.1.2.2"
	rle    = "1.2.840.10008.1.2.5"
)

func pixels(rows, columns, samples, bits, stored int) imaging.PixelDescription {
	p := imaging.PixelDescription{Rows: rows, Columns: columns, Frames: 1, Samples: samples, BitsAllocated: bits, BitsStored: stored, HighBit: stored - 1, Photometric: "MONOCHROME2"}
	if samples == 3 {
		p.Photometric = "RGB"
	}
	return p
}

func decode(t *testing.T, ts string, p imaging.PixelDescription, data []byte) *imaging.Frame {
	t.Helper()
	f, err := Local{}.Decode(context.Background(), Encoded{ts, p, data})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Check(); err != nil {
		t.Fatal(err)
	}
	return f
}

func TestBitsAboveBitsStoredAreNotPartOfTheValue(t *testing.T) {
	p := pixels(1, 2, 1, 16, 12)
	if f := decode(t, little, p, []byte{0x34, 0xf2, 0xff, 0x0f}); !reflect.DeepEqual(f.Uint16, []uint16{0x234, 0xfff}) {
		t.Errorf("unsigned %x", f.Uint16)
	}
	p.Signed = true
	if f := decode(t, little, p, []byte{0x34, 0xf2, 0xff, 0x0f}); !reflect.DeepEqual(f.Int16, []int16{0x234, -1}) {
		t.Errorf("signed %d", f.Int16)
	}
	p.Signed, p.HighBit = false, 15 // the value in the upper bits
	if f := decode(t, little, p, []byte{0x30, 0x12, 0xf0, 0xff}); !reflect.DeepEqual(f.Uint16, []uint16{0x123, 0xfff}) {
		t.Errorf("high bit 15: %x", f.Uint16)
	}
}

// Values are worked on several at a time: every place of a run is as one alone.
func TestBitsAboveBitsStoredAreTakenOutInLongRunsToo(t *testing.T) {
	for _, bits := range []int{8, 16, 32} {
		for _, signed := range []bool{false, true} {
			p := pixels(1, 75, 1, bits, bits-3)
			p.Signed = signed
			data := make([]byte, 75*bits/8)
			for i := range data {
				data[i] = byte(i*37 + i*i)
			}
			all := decode(t, little, p, data)
			p.Columns = 1
			for i := range 75 {
				one := decode(t, little, p, data[i*bits/8:][:bits/8])
				if all.At(i) != one.At(0) {
					t.Fatalf("%d bits, signed %v, value %d is %g, alone %g", bits, signed, i, all.At(i), one.At(0))
				}
			}
		}
	}
}

func TestNativeValuesOfEveryKind(t *testing.T) {
	if f := decode(t, big, pixels(1, 2, 1, 16, 16), []byte{1, 2, 3, 4}); !reflect.DeepEqual(f.Uint16, []uint16{0x102, 0x304}) {
		t.Error("16 bits, big endian", f.Uint16)
	}
	if f := decode(t, little, pixels(1, 1, 1, 32, 32), []byte{1, 2, 3, 0x84}); f.Uint32[0] != 0x84030201 {
		t.Error("32 bits", f.Uint32)
	}
	p := pixels(1, 1, 1, 32, 32)
	p.Float = true
	if f := decode(t, little, p, binary.LittleEndian.AppendUint32(nil, math.Float32bits(-1.5))); f.Float32[0] != -1.5 {
		t.Error("float", f.Float32)
	}
	p.BitsAllocated, p.BitsStored, p.HighBit = 64, 64, 63
	if f := decode(t, little, p, binary.LittleEndian.AppendUint64(nil, math.Float64bits(math.Pi))); f.Float64[0] != math.Pi {
		t.Error("double", f.Float64)
	}
	if f := decode(t, little, pixels(3, 3, 1, 1, 1), []byte{0b10110001, 1}); !reflect.DeepEqual(f.Uint8, []uint8{1, 0, 0, 0, 1, 1, 0, 1, 1}) {
		t.Error("one bit, the lowest first", f.Uint8)
	}
	p = pixels(1, 2, 1, 8, 8)
	p.Signed = true
	if f := decode(t, little, p, []byte{0xff, 1}); !reflect.DeepEqual(f.Int8, []int8{-1, 1}) {
		t.Error("signed 8 bits", f.Int8)
	}
}

func TestPlanarColourIsInterleaved(t *testing.T) {
	p := pixels(1, 2, 3, 8, 8)
	p.Planar = 1
	if f := decode(t, little, p, []byte{1, 2, 3, 4, 5, 6}); !reflect.DeepEqual(f.Uint8, []uint8{1, 3, 5, 2, 4, 6}) {
		t.Error(f.Uint8)
	}
}

func TestNativeYBR422RepeatsTheChrominance(t *testing.T) {
	p := pixels(1, 4, 3, 8, 8)
	p.Photometric = "YBR_FULL_422"
	f := decode(t, little, p, []byte{10, 11, 50, 60, 12, 13, 51, 61})
	if !reflect.DeepEqual(f.Uint8, []uint8{10, 50, 60, 11, 50, 60, 12, 51, 61, 13, 51, 61}) {
		t.Error(f.Uint8)
	}
}

func TestADeflatedFrameIsInflated(t *testing.T) {
	var b bytes.Buffer
	w, _ := flate.NewWriter(&b, 9)
	w.Write([]byte{1, 2, 3, 4})
	w.Close()
	if f := decode(t, "1.2.840.10008.1.2.8.1", pixels(2, 2, 1, 8, 8), append(b.Bytes(), 0)); !reflect.DeepEqual(f.Uint8, []uint8{1, 2, 3, 4}) {
		t.Error(f.Uint8)
	}
}

// The example of the PackBits algorithm in Apple TN1023, which PS3.5 annex G
// takes over.
func TestPackBitsExample(t *testing.T) {
	packed := []byte{0xFE, 0xAA, 0x02, 0x80, 0x00, 0x2A, 0xFD, 0xAA, 0x03, 0x80, 0x00, 0x2A, 0x22, 0xF7, 0xAA}
	want := []byte{0xAA, 0xAA, 0xAA, 0x80, 0x00, 0x2A, 0xAA, 0xAA, 0xAA, 0xAA, 0x80, 0x00, 0x2A, 0x22,
		0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA}
	s := packBits{b: packed, out: make([]byte, 256)}
	if n := s.unpack(len(want)); n != len(want) || !bytes.Equal(s.out[:n], want) {
		t.Errorf("%d: % x", n, s.out)
	}
}

func rleFrame(segments ...[]byte) []byte {
	out := make([]byte, 64)
	binary.LittleEndian.PutUint32(out, uint32(len(segments)))
	for i, s := range segments {
		binary.LittleEndian.PutUint32(out[4+4*i:], uint32(len(out)))
		out = append(out, s...)
	}
	return out
}

func TestRLESegmentsAreMostSignificantByteFirst(t *testing.T) {
	f := decode(t, rle, pixels(1, 2, 1, 16, 16), rleFrame([]byte{1, 0x12, 0x56, 0}, []byte{1, 0x34, 0x78, 0}))
	if !reflect.DeepEqual(f.Uint16, []uint16{0x1234, 0x5678}) {
		t.Errorf("%x", f.Uint16)
	}
	f = decode(t, rle, pixels(1, 2, 1, 8, 8), rleFrame([]byte{0x80, 0x80, 1, 7, 9, 0})) // -128 does nothing: G.3.2
	if !reflect.DeepEqual(f.Uint8, []uint8{7, 9}) {
		t.Error(f.Uint8)
	}
	f = decode(t, rle, pixels(1, 2, 3, 8, 8), rleFrame([]byte{1, 1, 2, 0}, []byte{0xff, 3}, []byte{1, 5, 6, 0}))
	if !reflect.DeepEqual(f.Uint8, []uint8{1, 3, 5, 2, 3, 6}) {
		t.Error(f.Uint8)
	}
}

// losslessStream codes one component of 3 x 2 samples of 8 bits by hand: every
// category has the five-bit code that is its number.
func losslessStream(predictor byte, transform byte, restart byte, intervals ...[]int) []byte {
	b := []byte{0xff, 0xd8, 0xff, 0xc4, 0, 2 + 17 + 9, 0}
	b = append(b, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	b = append(b, 0, 1, 2, 3, 4, 5, 6, 7, 8)
	b = append(b, 0xff, 0xc3, 0, 11, 8, 0, 2, 0, 3, 1, 1, 0x11, 0)
	if restart > 0 {
		b = append(b, 0xff, 0xdd, 0, 4, 0, restart)
	}
	b = append(b, 0xff, 0xda, 0, 8, 1, 1, 0, predictor, 0, transform)
	for i, diffs := range intervals {
		if i > 0 {
			b = append(b, 0xff, 0xd0+byte(i-1))
		}
		var acc uint64
		n := 0
		put := func(v, bits int) {
			acc, n = acc<<bits|uint64(v), n+bits
		}
		for _, d := range diffs {
			category, magnitude := 0, max(d, -d)
			for magnitude>>category > 0 {
				category++
			}
			put(category, 5)
			if d < 0 {
				d += 1<<category - 1
			}
			put(d, category)
		}
		for n%8 != 0 {
			put(1, 1)
		}
		for n -= 8; n >= 0; n -= 8 {
			b = append(b, byte(acc>>n))
			if byte(acc>>n) == 0xff {
				b = append(b, 0)
			}
		}
	}
	return append(b, 0xff, 0xd9)
}

// Predictors of ISO/IEC 10918-1 table H.1 on the samples 130 135 140 / 120 126
// 135: the differences are worked out by hand.
func TestEveryLosslessPredictorGivesTheSamplesBack(t *testing.T) {
	want := []uint8{130, 135, 140, 120, 126, 135}
	first := []int{2, 5, 5, -10} // 128, left, left, above
	for predictor, rest := range map[byte][]int{
		1: {126 - 120, 135 - 126}, 2: {126 - 135, 135 - 140}, 3: {126 - 130, 0},
		4: {126 - (120 + 135 - 130), 135 - (126 + 140 - 135)},
		5: {126 - (120 + (135-130)>>1), 135 - (126 + (140-135)>>1)},
		6: {126 - (135 + (120-130)>>1), 135 - (140 + (126-135)>>1)},
		7: {126 - (120+135)>>1, 135 - (126+140)>>1},
	} {
		stream := losslessStream(predictor, 0, 0, append(append([]int{}, first...), rest...))
		if f := decode(t, "1.2.840.10008.1.2.4.57", pixels(2, 3, 1, 8, 8), stream); !reflect.DeepEqual(f.Uint8, want) {
			t.Errorf("predictor %d: %v", predictor, f.Uint8)
		}
	}
}

func TestALosslessRestartBeginsAFreshLine(t *testing.T) {
	stream := losslessStream(7, 0, 3, []int{2, 5, 5}, []int{-8, 6, 9})
	if f := decode(t, "1.2.840.10008.1.2.4.57", pixels(2, 3, 1, 8, 8), stream); !reflect.DeepEqual(f.Uint8, []uint8{130, 135, 140, 120, 126, 135}) {
		t.Error(f.Uint8)
	}
}

func TestALosslessPointTransformShiftsTheSamples(t *testing.T) {
	stream := losslessStream(1, 1, 0, []int{1, 2, 3, -4, 0, 0}) // initial 2^(8-1-1) = 64
	if f := decode(t, "1.2.840.10008.1.2.4.57", pixels(2, 3, 1, 8, 8), stream); !reflect.DeepEqual(f.Uint8, []uint8{130, 134, 140, 122, 122, 122}) {
		t.Error(f.Uint8)
	}
}

func TestJPEGBaselineKeepsItsComponents(t *testing.T) {
	img := image.NewRGBA(image.Rect(0, 0, 16, 16))
	for i := range 256 {
		img.Set(i%16, i/16, color.RGBA{200, 100, 50, 255})
	}
	var b bytes.Buffer
	jpeg.Encode(&b, img, &jpeg.Options{Quality: 100})
	p := pixels(16, 16, 3, 8, 8)
	p.Photometric, p.Compressed = "YBR_FULL_422", true
	f := decode(t, "1.2.840.10008.1.2.4.50", p, b.Bytes())
	y, cb, cr := color.RGBToYCbCr(200, 100, 50)
	for i, want := range []uint8{y, cb, cr} {
		if got := f.Uint8[300+i]; max(got, want)-min(got, want) > 2 {
			t.Errorf("component %d is %d, want %d", i, got, want)
		}
	}
	p.Rows = 17
	if _, err := (Local{}).Decode(context.Background(), Encoded{"1.2.840.10008.1.2.4.50", p, b.Bytes()}); err == nil {
		t.Error("a stream of another size than its header was decoded")
	}
}

func TestDamagedFramesAreErrors(t *testing.T) {
	p := pixels(4, 4, 1, 16, 16)
	for name, in := range map[string]Encoded{
		"RLE of no bytes":           {rle, p, nil},
		"RLE with too few segments": {rle, p, rleFrame([]byte{1, 2, 3, 0})},
		"RLE of an empty segment":   {rle, p, rleFrame([]byte{1, 2, 3, 0}, nil)},
		"RLE that points outside":   {rle, p, append(binary.LittleEndian.AppendUint32(nil, 2), bytes.Repeat([]byte{0xee}, 80)...)},
		"JPEG that is none":         {"1.2.840.10008.1.2.4.50", pixels(4, 4, 1, 8, 8), []byte("no jpeg")},
		"lossless cut short":        {"1.2.840.10008.1.2.4.70", pixels(2, 3, 1, 8, 8), losslessStream(1, 0, 0, []int{1})[:48]},
		"no rows":                   {little, pixels(0, 4, 1, 16, 16), make([]byte, 32)},
		"two samples":               {little, pixels(4, 4, 2, 16, 16), make([]byte, 64)},
		"12 bits allocated":         {little, pixels(4, 4, 1, 12, 12), make([]byte, 64)},
		"a float of 16 bits":        {little, imaging.PixelDescription{Rows: 4, Columns: 4, Samples: 1, BitsAllocated: 16, BitsStored: 16, HighBit: 15, Float: true}, make([]byte, 64)},
		"a frame of gigabytes":      {little, pixels(65535, 65535, 3, 16, 16), make([]byte, 64)},
	} {
		var d *DataError
		if f, err := (Local{}).Decode(context.Background(), in); !errors.As(err, &d) {
			t.Errorf("%s: %v %v", name, f, err)
		}
	}
}

func TestUnsupportedSyntaxesSayTheirName(t *testing.T) {
	for uid, name := range map[string]string{
		"1.2.840.10008.1.2.4.110": "JPEG XL", "1.2.840.10008.1.2.4.100": "MPEG-2", "1.2.840.10008.1.2.4.94": "JPIP",
		"1.2.840.10008.1.2.4.107": "HEVC", "1.2.840.10008.1.2.4.54": "arithmetic", "1.2.3": "1.2.3",
	} {
		var u *UnsupportedError
		if err := Supported(uid); !errors.As(err, &u) || u.UID != uid || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", uid, err)
		}
		if _, err := (Local{}).Decode(context.Background(), Encoded{uid, pixels(1, 1, 1, 8, 8), []byte{1}}); !errors.As(err, &u) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s was decoded: %v", uid, err)
		}
	}
}

func TestWhatOnlyTheNativeLibrariesHaveIsUnsupportedWithoutThem(t *testing.T) {
	for _, uid := range []string{"1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.201"} {
		var u *UnsupportedError
		if _, err := (Local{}).Decode(context.Background(), Encoded{uid, pixels(1, 1, 1, 8, 8), []byte{1}}); !errors.As(err, &u) || !strings.Contains(err.Error(), "native libraries") {
			t.Errorf("%s: %v", uid, err)
		}
		if err := Supported(uid); err != nil {
			t.Error(err)
		}
	}
	if err := Supported(rle); err != nil {
		t.Error(err)
	}
}

func fuzzDecode(t *testing.T, ts string, rows, columns uint16, bits, samples uint8, data []byte) {
	p := pixels(int(rows%512), int(columns%512), int(samples%4), int(bits), int(bits))
	bounded.Run(t, mostMemory, func() {
		if f, err := (Local{}).Decode(context.Background(), Encoded{ts, p, data}); err == nil {
			if err := f.Check(); err != nil || f.Missing > p.Rows*p.Columns {
				t.Error(err, f.Missing)
			}
		}
	})
}

// mostMemory is many times a frame of a fuzz target, which has at most 4 MiB.
const mostMemory = 128 << 20

func FuzzRLE(f *testing.F) {
	f.Add(uint16(1), uint16(2), uint8(16), uint8(1), rleFrame([]byte{1, 0x12, 0x56, 0}, []byte{1, 0x34, 0x78, 0}))
	f.Add(uint16(2), uint16(12), uint8(8), uint8(1), rleFrame([]byte{0xFE, 0xAA, 0x02, 0x80, 0x00, 0x2A, 0xF7, 0xAA}))
	f.Fuzz(func(t *testing.T, rows, columns uint16, bits, samples uint8, data []byte) {
		fuzzDecode(t, rle, rows, columns, bits, samples, data)
	})
}

func FuzzLossless(f *testing.F) {
	f.Add(uint16(2), uint16(3), uint8(8), uint8(1), losslessStream(7, 0, 3, []int{2, 5, 5}, []int{-8, 6, 9}))
	f.Add(uint16(2), uint16(3), uint8(16), uint8(1), losslessStream(4, 1, 0, []int{2, 5, 5, -10, 1, 2}))
	f.Fuzz(func(t *testing.T, rows, columns uint16, bits, samples uint8, data []byte) {
		fuzzDecode(t, "1.2.840.10008.1.2.4.70", rows, columns, bits, samples, data)
	})
}

func TestAnRLEFrameThatIsCutShortGivesWhatIsThere(t *testing.T) {
	f := decode(t, rle, pixels(2, 2, 1, 16, 16), rleFrame([]byte{3, 1, 2, 3, 4}, []byte{1, 5, 6, 0xff}))
	if !reflect.DeepEqual(f.Uint16, []uint16{0x105, 0x206, 0, 0}) || f.Missing != 2 || !strings.Contains(f.Note, "2 of 4") {
		t.Errorf("%x %d %q", f.Uint16, f.Missing, f.Note)
	}
}

func TestRLERunsMayCrossAnyBoundary(t *testing.T) {
	// 10,000 pixels: literal runs of every length, repeats of every length.
	var plain [2][]byte
	var packed [2][]byte
	for s := range plain {
		for k := 1; len(plain[s]) < 10000; k = k%128 + 1 {
			k := min(k, 10000-len(plain[s]))
			packed[s] = append(packed[s], byte(k-1))
			for i := range k {
				plain[s], packed[s] = append(plain[s], byte(i*7+k+s)), append(packed[s], byte(i*7+k+s))
			}
			if k = min(k, 10000-len(plain[s])); k > 1 {
				packed[s] = append(packed[s], byte(257-k), byte(k*3))
				plain[s] = append(plain[s], bytes.Repeat([]byte{byte(k * 3)}, k)...)
			}
		}
	}
	f := decode(t, rle, pixels(100, 100, 1, 16, 16), rleFrame(packed[0], packed[1]))
	for i, v := range f.Uint16 {
		if want := uint16(plain[0][i])<<8 | uint16(plain[1][i]); v != want {
			t.Fatalf("pixel %d is %x, want %x", i, v, want)
		}
	}
}

// The offsets say where a segment begins; their order in the file is free.
func TestRLESegmentsMayLieInAnyOrder(t *testing.T) {
	b := make([]byte, 64, 80)
	b[0] = 2
	binary.LittleEndian.PutUint32(b[4:], 68)
	binary.LittleEndian.PutUint32(b[8:], 64)
	b = append(b, 1, 0x34, 0x78, 0, 1, 0x12, 0x56, 0)
	if f := decode(t, rle, pixels(1, 2, 1, 16, 16), b); !reflect.DeepEqual(f.Uint16, []uint16{0x1234, 0x5678}) {
		t.Errorf("%x", f.Uint16)
	}
}

func TestRLEOfReversedBytesIsKnownByItsUnusedBits(t *testing.T) {
	low, high := []byte{1, 0x34, 0x78, 0}, []byte{1, 0x02, 0x06, 0}
	f := decode(t, rle, pixels(1, 2, 1, 16, 12), rleFrame(low, high))
	if !reflect.DeepEqual(f.Uint16, []uint16{0x234, 0x678}) || f.Note == "" {
		t.Errorf("%x %q", f.Uint16, f.Note)
	}
	// Overlay bits above the value are no reason to think so.
	f = decode(t, rle, pixels(1, 2, 1, 16, 12), rleFrame([]byte{1, 0x82, 0x06, 0}, low))
	if !reflect.DeepEqual(f.Uint16, []uint16{0x234, 0x678}) || f.Note != "" {
		t.Errorf("%x %q", f.Uint16, f.Note)
	}
}

func TestRLEOfEveryWidth(t *testing.T) {
	one := func(v byte) []byte { return []byte{0, v} }
	if f := decode(t, rle, pixels(1, 1, 1, 32, 32), rleFrame(one(1), one(2), one(3), one(4))); f.Uint32[0] != 0x01020304 {
		t.Errorf("%x", f.Uint32)
	}
	f := decode(t, rle, pixels(1, 1, 3, 16, 16), rleFrame(one(1), one(2), one(3), one(4), one(5), one(6)))
	if !reflect.DeepEqual(f.Uint16, []uint16{0x0102, 0x0304, 0x0506}) {
		t.Errorf("%x", f.Uint16)
	}
	p := pixels(1, 1, 1, 16, 12)
	p.Signed = true
	if f := decode(t, rle, p, rleFrame(one(0x0f), one(0xfe))); f.Int16[0] != -2 {
		t.Error(f.Int16)
	}
}

// Every kind of native value against the rule of PS3.5 8.1.1 written out for
// one value at a time.
func TestNativeValuesAreTakenOutOfTheirContainer(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, bits := range []int{8, 16, 32} {
		for stored := 1; stored <= bits; stored++ {
			for high := stored - 1; high < bits; high += max(1, (bits-stored)/3) {
				for _, signed := range []bool{false, true} {
					for _, syntax := range []string{little, big} {
						p := pixels(3, 7, 1, bits, stored)
						p.HighBit, p.Signed = high, signed
						data := make([]byte, 21*bits/8)
						for i := range data {
							data[i] = byte(rng.Uint32())
						}
						f := decode(t, syntax, p, data)
						for i := range 21 {
							var v uint64
							for k := range bits / 8 {
								b := uint64(data[i*bits/8+k])
								if syntax == little {
									v |= b << (8 * k)
								} else {
									v = v<<8 | b
								}
							}
							v = v >> (high + 1 - stored) & (1<<stored - 1)
							want := float64(v)
							if signed && v>>(stored-1) == 1 {
								want -= float64(uint64(1) << stored)
							}
							if f.At(i) != want {
								t.Fatalf("%d bits, %d stored, high bit %d, signed %v: %v, want %v", bits, stored, high, signed, f.At(i), want)
							}
						}
					}
				}
			}
		}
	}
}

func TestOneBitPixelsOfAnyNumber(t *testing.T) {
	for n := 1; n < 40; n++ {
		data := []byte{0xa5, 0x0f, 0x80, 0x01, 0xff}[:(n+7)/8]
		for i, v := range decode(t, little, pixels(1, n, 1, 1, 1), data).Uint8 {
			if v != data[i/8]>>(i%8)&1 {
				t.Fatalf("bit %d of %d is %d", i, n, v)
			}
		}
	}
}

func TestPlanarDataThatIsCutShortShowsWholePixelsAlone(t *testing.T) {
	p := pixels(1, 4, 3, 8, 8)
	p.Planar = 1
	f := decode(t, little, p, []byte{1, 2, 3, 4, 11, 12, 13, 14, 21, 22})
	if !reflect.DeepEqual(f.Uint8, []uint8{1, 11, 21, 2, 12, 22, 0, 0, 0, 0, 0, 0}) || f.Missing != 2 {
		t.Error(f.Uint8, f.Missing)
	}
	p.BitsAllocated, p.BitsStored, p.HighBit = 16, 16, 15
	f = decode(t, big, p, []byte{0, 1, 0, 2, 0, 3, 0, 4, 0, 11, 0, 12, 0, 13, 0, 14, 0, 21, 0, 22, 0, 23, 1, 24})
	if !reflect.DeepEqual(f.Uint16, []uint16{1, 11, 21, 2, 12, 22, 3, 13, 23, 4, 14, 280}) {
		t.Error(f.Uint16)
	}
	if _, err := (Local{}).Decode(context.Background(), Encoded{little, p, make([]byte, 16)}); err == nil {
		t.Error("two planes of three gave a picture")
	}
}

// PS3.3 C.7.6.3.1.2: YBR_PARTIAL_422 is packed as YBR_FULL_422 is.
func TestNativeYBRPartial422AndSixteenBits(t *testing.T) {
	p := pixels(1, 2, 3, 16, 16)
	p.Photometric = "YBR_PARTIAL_422"
	f := decode(t, little, p, []byte{1, 0, 2, 0, 3, 1, 4, 1})
	if !reflect.DeepEqual(f.Uint16, []uint16{1, 0x103, 0x104, 2, 0x103, 0x104}) {
		t.Error(f.Uint16)
	}
}

// pydicom and GDCM do not look at such a High Bit either.
func TestAHighBitThatCannotBeIsReplacedAndSaid(t *testing.T) {
	p := pixels(1, 2, 1, 16, 12)
	for _, high := range []int{16, 20, 3} {
		p.HighBit = high
		if f := decode(t, little, p, []byte{0x34, 0xf2, 0xff, 0x0f}); !reflect.DeepEqual(f.Uint16, []uint16{0x234, 0xfff}) || !strings.Contains(f.Note, "high bit") {
			t.Errorf("%x %q", f.Uint16, f.Note)
		}
	}
}

// GDCM takes the bits allocated then.
func TestBitsStoredThatCannotBeAreReplacedAndSaid(t *testing.T) {
	p := pixels(1, 2, 1, 16, 16)
	for _, stored := range []int{0, 17} {
		p.BitsStored, p.HighBit = stored, stored-1
		f := decode(t, little, p, []byte{0x34, 0xf2, 0xff, 0x0f})
		if !reflect.DeepEqual(f.Uint16, []uint16{0xf234, 0xfff}) || f.BitsStored != 16 || !strings.Contains(f.Note, "bits stored") {
			t.Errorf("%x, %d bits stored, %q", f.Uint16, f.BitsStored, f.Note)
		}
	}
}

func FuzzNative(f *testing.F) {
	f.Add(uint16(2), uint16(3), uint8(16), uint8(12), uint8(1), uint8(0), []byte("123456789012"))
	f.Add(uint16(3), uint16(3), uint8(1), uint8(1), uint8(1), uint8(0), []byte("12"))
	f.Add(uint16(2), uint16(2), uint8(8), uint8(8), uint8(3), uint8(1), []byte("123456789012"))
	f.Add(uint16(2), uint16(2), uint8(8), uint8(8), uint8(3), uint8(2), []byte("12345678"))
	f.Fuzz(func(t *testing.T, rows, columns uint16, bits, stored, samples, form uint8, data []byte) {
		p := pixels(int(rows%512), int(columns%512), int(samples%4), int(bits), int(stored))
		p.Planar, p.Signed = int(form&1), form&4 > 0
		if form&2 > 0 {
			p.Photometric = "YBR_FULL_422"
		}
		syntax := []string{little, big, "1.2.840.10008.1.2.8.1"}[form>>4%3]
		bounded.Run(t, mostMemory, func() {
			if f, err := (Local{}).Decode(context.Background(), Encoded{syntax, p, data}); err == nil {
				if err := f.Check(); err != nil || f.Missing >= p.Rows*p.Columns {
					t.Error(err, f.Missing)
				}
			}
		})
	})
}
