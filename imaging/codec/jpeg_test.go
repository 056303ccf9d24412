package codec

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image"
	"image/jpeg"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"longying/imaging"
	"longying/imaging/bounded"
)

// jpegFixture is one line of testdata/expected.tsv, which testdata/make.py
// writes: what DCMTK, GDCM and libjpeg-turbo read out of a stream.
type jpegFixture struct {
	name                         string
	rows, columns, samples, bits int
	hash                         string
}

func jpegFixtures(t testing.TB) []jpegFixture {
	t.Helper()
	b, err := os.ReadFile("testdata/expected.tsv")
	if err != nil {
		t.Fatal(err)
	}
	var out []jpegFixture
	for line := range strings.Lines(string(b)) {
		var f jpegFixture
		if n, err := fmt.Sscan(line, &f.name, &f.rows, &f.columns, &f.samples, &f.bits, &f.hash); n != 6 {
			t.Fatal(line, err)
		}
		out = append(out, f)
	}
	return out
}

func (f jpegFixture) encoded(t testing.TB) Encoded {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata/jpeg", f.name))
	if err != nil {
		t.Fatal(err)
	}
	p := pixels(f.rows, f.columns, f.samples, f.bits, f.bits)
	p.Compressed = true
	return Encoded{"1.2.840.10008.1.2.4.50", p, b}
}

func decodeJPEG(in Encoded) (*imaging.Frame, error) { return Local{}.jpeg(in) }

func TestJPEGSamplesAreThoseOfDCMTKAndGDCMAndLibjpegToTheLastBit(t *testing.T) {
	fixtures := jpegFixtures(t)
	if len(fixtures) < 80 {
		t.Fatal(len(fixtures), "streams")
	}
	for _, x := range fixtures {
		f, err := decodeJPEG(x.encoded(t))
		if err != nil {
			t.Errorf("%s: %v", x.name, err)
			continue
		}
		if sum := sha256.Sum256(f.Bytes()); hex.EncodeToString(sum[:]) != x.hash || f.Check() != nil || f.Missing != 0 {
			t.Errorf("%s: the samples differ", x.name)
		}
	}
}

func fixture(t testing.TB, name string) Encoded {
	t.Helper()
	for _, x := range jpegFixtures(t) {
		if x.name == name {
			return x.encoded(t)
		}
	}
	t.Fatal("no", name)
	return Encoded{}
}

// What is there is given as the whole stream gives it; the rest is 0, counted
// and said.
func TestAJPEGThatIsCutShortGivesWhatIsThere(t *testing.T) {
	for _, name := range []string{"grey12-ee.jpg", "turbo-restart-3.jpg", "lossless16-6.jpg", "restart16-4.jpg", "ybr8-eb-s2.jpg", "lossless-rgb8-5.jpg"} {
		in := fixture(t, name)
		want, err := decodeJPEG(in)
		if err != nil {
			t.Fatal(err)
		}
		whole, values := len(in.Data), want.Bytes()
		size := len(values) / (in.Pixels.Rows * in.Pixels.Columns)
		sos := bytes.Index(in.Data, []byte{0xff, 0xda})
		in.Data = in.Data[:sos+(whole-sos)*3/4]
		got, err := decodeJPEG(in)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		zero, same := 0, 0
		b := got.Bytes()
		for i := 0; i < len(b); i += size {
			switch {
			case bytes.Equal(b[i:i+size], make([]byte, size)):
				zero++
			case bytes.Equal(b[i:i+size], values[i:i+size]):
				same++
			}
		}
		pixels := in.Pixels.Rows * in.Pixels.Columns
		if got.Missing < pixels/8 || got.Missing > pixels/2 || zero < got.Missing || !strings.Contains(got.Note, fmt.Sprint(got.Missing)) {
			t.Errorf("%s: %d of %d missing, %d zero, %q", name, got.Missing, pixels, zero, got.Note)
		}
		// Beside what is missing the chrominance has other neighbours.
		if same < (pixels-got.Missing)*9/10 {
			t.Errorf("%s: only %d of %d are as they were", name, same, pixels-got.Missing)
		}
	}
}

func TestDamageIsConfinedByRestartMarkers(t *testing.T) {
	in := fixture(t, "restart16-7.jpg") // four rows an interval
	want, _ := decodeJPEG(in)
	rst := bytes.Index(in.Data, []byte{0xff, 0xd2})
	damage := func(change func(b []byte) []byte) *imaging.Frame {
		t.Helper()
		bad := in
		bad.Data = change(bytes.Clone(in.Data))
		f, err := decodeJPEG(bad)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	check := func(name string, f *imaging.Frame, first, last int) {
		t.Helper()
		w := in.Pixels.Columns
		if f.Missing != (last-first)*w || f.Note == "" {
			t.Errorf("%s: %d missing, want %d: %s", name, f.Missing, (last-first)*w, f.Note)
		}
		for i, v := range f.Uint16 {
			if lost := i/w >= first && i/w < last; lost && v != 0 || !lost && v != want.Uint16[i] {
				t.Fatalf("%s: row %d is %d, was %d", name, i/w, v, want.Uint16[i])
			}
		}
	}
	// The interval in front of RST2 is rows 8 to 11; the damage begins in row 10.
	check("no code", damage(func(b []byte) []byte { copy(b[rst-120:], bytes.Repeat([]byte{0xfe}, 110)); return b }), 10, 12)
	check("an interval lost with its marker", damage(func(b []byte) []byte {
		i := bytes.Index(b, []byte{0xff, 0xd1})
		return append(b[:i:i], b[rst:]...)
	}), 8, 12)
}

func TestAProgressiveJPEGWithoutItsLastScansIsSaidToBeCoarse(t *testing.T) {
	in := fixture(t, "grey12-ep.jpg")
	in.Data = in.Data[:len(in.Data)*2/3]
	f, err := decodeJPEG(in)
	if err != nil || f.Missing == 0 || !strings.Contains(f.Note, "coarser") || f.Uint16[800] == 0 {
		t.Errorf("%+v %v", f, err)
	}
}

func TestJPEGOfOtherProcessesIsRefusedByName(t *testing.T) {
	in := fixture(t, "grey8-ee.jpg")
	sof := bytes.Index(in.Data, []byte{0xff, 0xc1})
	if sof < 0 {
		sof = bytes.Index(in.Data, []byte{0xff, 0xc0})
	}
	for marker, why := range map[byte]string{0xc9: "arithmetic", 0xca: "arithmetic", 0xcb: "arithmetic", 0xc5: "hierarchical", 0xcf: "hierarchical"} {
		b := bytes.Clone(in.Data)
		b[sof+1] = marker
		_, err := decodeJPEG(Encoded{"1.2.840.10008.1.2.4.51", in.Pixels, b})
		if _, ok := err.(*UnsupportedError); !ok || !strings.Contains(err.Error(), why) || !strings.Contains(err.Error(), "JPEG Extended") {
			t.Errorf("%x: %v", marker, err)
		}
	}
	for _, uid := range []string{"1.2.840.10008.1.2.4.52", "1.2.840.10008.1.2.4.56"} {
		if err := Supported(uid); err == nil || !strings.Contains(err.Error(), "arithmetic") {
			t.Error(uid, err)
		}
	}
}

func TestAJPEGOfAnotherSizeThanItsHeaderIsRefused(t *testing.T) {
	in := fixture(t, "grey12-ee.jpg")
	in.Pixels.Rows++
	if _, err := decodeJPEG(in); err == nil || !strings.Contains(err.Error(), "45 x 37") {
		t.Error(err)
	}
}

// B.2.5: the number of lines may be 0 and come behind the first scan.
func TestTheNumberOfLinesMayComeBehindTheScan(t *testing.T) {
	in := fixture(t, "lossless12-1.jpg")
	want, _ := decodeJPEG(in)
	sof := bytes.Index(in.Data, []byte{0xff, 0xc3})
	b := bytes.Clone(in.Data)
	copy(b[sof+5:], []byte{0, 0})
	b = append(b[:len(b)-2:len(b)-2], 0xff, 0xdc, 0, 4, 0, 45, 0xff, 0xd9)
	in.Data = b
	if f, err := decodeJPEG(in); err != nil || !bytes.Equal(f.Bytes(), want.Bytes()) {
		t.Error(err)
	}
}

// What writers leave around the markers: bytes in front, fill bytes (B.1.1.2),
// stray zeros behind segments and at the end, no end marker.
func TestPaddingOfJPEGStreamsIsSteppedOver(t *testing.T) {
	for _, name := range []string{"grey12-ee.jpg", "lossless12-6.jpg"} {
		in := fixture(t, name)
		want, _ := decodeJPEG(in)
		whole := in.Data
		sos := bytes.Index(whole, []byte{0xff, 0xda})
		for what, b := range map[string][]byte{
			"in front":      append([]byte{0, 0}, whole...),
			"fill bytes":    append(append(bytes.Clone(whole[:sos]), 0xff, 0xff), whole[sos:]...),
			"stray zeros":   append(append(bytes.Clone(whole[:sos]), 0, 0), whole[sos:]...),
			"at the end":    append(bytes.Clone(whole), 0, 0, 0),
			"no end marker": whole[:len(whole)-2],
		} {
			in.Data = b
			if f, err := decodeJPEG(in); err != nil || !bytes.Equal(f.Bytes(), want.Bytes()) || f.Missing > 0 {
				t.Errorf("%s, %s: %v", name, what, err)
			}
		}
	}
}

func TestSignedJPEGValuesAreExtendedFromBitsStored(t *testing.T) {
	in := fixture(t, "grey12-ee.jpg")
	want, _ := decodeJPEG(in)
	in.Pixels.BitsStored, in.Pixels.HighBit, in.Pixels.Signed = 12, 11, true
	f, err := decodeJPEG(in)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range f.Int16 {
		if v != int16(want.Uint16[i]<<4)>>4 {
			t.Fatal(v, want.Uint16[i])
		}
	}
	in.Pixels.HighBit = 15 // says where native values would lie, not these
	if g, err := decodeJPEG(in); err != nil || !bytes.Equal(g.Bytes(), f.Bytes()) {
		t.Error(err)
	}
}

// ISO/IEC 10918-1 leaves the colour space open; what decides it is listed at
// jpegHeader.colour.
func TestTheColourSpaceOfAJPEGIsFoundInTheStream(t *testing.T) {
	plain, letters, other := "\x01\x02\x03", "RGB", "\x00\x01\x02"
	cases := []struct {
		why, header, ids string
		adobe, transform int
		jfif, lossless   bool
		subsampled       bool
		want             string
	}{
		{why: "the header, where the stream says nothing", header: "YBR_FULL_422", ids: plain, want: "YBR_FULL_422"},
		{why: "the header, where the stream says nothing", header: "RGB", ids: other, want: "RGB"},
		{why: "the letters", header: "YBR_FULL_422", ids: letters, want: "RGB"},
		{why: "Adobe without transform", header: "YBR_FULL", ids: plain, adobe: 1, want: "RGB"},
		{why: "Adobe with transform", header: "RGB", ids: plain, adobe: 1, transform: 1, want: "YBR_FULL"},
		{why: "JFIF is YCbCr", header: "RGB", ids: plain, jfif: true, want: "YBR_FULL"},
		{why: "only chrominance is subsampled", header: "RGB", ids: plain, subsampled: true, want: "YBR_FULL"},
		{why: "lossless streams are not transformed", header: "RGB", ids: plain, jfif: true, lossless: true, want: "RGB"},
		{why: "lossless letters", header: "YBR_FULL", ids: letters, lossless: true, want: "RGB"},
		{why: "a header that cannot be", header: "MONOCHROME2", ids: plain, want: "YBR_FULL"},
		{why: "a header of JPEG 2000", header: "YBR_ICT", ids: plain, want: "YBR_FULL"},
	}
	for _, c := range cases {
		h := jpegHeader{process: sofBaseline, jfif: c.jfif, adobe: c.adobe == 1, transform: byte(c.transform)}
		if c.lossless {
			h.process = sofLossless
		}
		for i := range 3 {
			h.components = append(h.components, jpegComponent{id: c.ids[i], h: 1, v: 1})
		}
		if c.subsampled {
			h.components[0].h = 2
		}
		got, note := h.colour(c.header)
		if got != c.want || (note != "") != (got != c.header) {
			t.Errorf("%s: %s out of %s, %q", c.why, got, c.header, note)
		}
	}
}

// Blocks that fill a frame of 16 bits are made in its memory, those of 8 bits are
// copied there: the values are the same, also of a stream that is cut short.
func TestBlocksMadeInTheFrameAreThoseCopiedThere(t *testing.T) {
	img := image.NewGray(image.Rect(0, 0, 64, 48))
	for i := range img.Pix {
		img.Pix[i] = uint8(i*i/64 + i%64*3)
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{b.Len(), b.Len() * 3 / 4} {
		narrow, err := decodeJPEG(Encoded{"1.2.840.10008.1.2.4.50", pixels(48, 64, 1, 8, 8), b.Bytes()[:n]})
		if err != nil {
			t.Fatal(err)
		}
		wide, err := decodeJPEG(Encoded{"1.2.840.10008.1.2.4.50", pixels(48, 64, 1, 16, 8), b.Bytes()[:n]})
		if err != nil || wide.Missing != narrow.Missing || (n < b.Len()) != (wide.Missing > 0) {
			t.Fatal(wide, err)
		}
		for i, v := range narrow.Uint8 {
			if wide.Uint16[i] != uint16(v) {
				t.Fatalf("%d bytes: value %d is %d and %d", n, i, v, wide.Uint16[i])
			}
		}
	}
}

func FuzzJPEG(f *testing.F) {
	for _, x := range jpegFixtures(f) {
		in := x.encoded(f)
		f.Add(uint16(x.rows), uint16(x.columns), uint8(x.bits), uint8(x.samples), in.Data)
	}
	f.Fuzz(func(t *testing.T, rows, columns uint16, bits, samples uint8, data []byte) {
		p := pixels(int(rows%512), int(columns%512), int(samples%4), int(bits), int(bits))
		if CheckPixels(p) != nil {
			return
		}
		bounded.Run(t, mostMemory, func() {
			if f, err := decodeJPEG(Encoded{"1.2.840.10008.1.2.4.51", p, data}); err == nil {
				if err := f.Check(); err != nil || f.Missing > p.Rows*p.Columns {
					t.Error(err, f.Missing)
				}
			}
		})
	})
}
