package dicomfile

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"longying/imaging/bounded"
	"longying/imaging/codec"
	"longying/imaging/codec/native"
)

func TestUnsupportedSyntaxesAreNamed(t *testing.T) {
	for name, want := range map[string]string{
		"dicom/wg04/JLSN/CT1_JLSN":                    "JPEG-LS",
		"dicom/wg04/J2KR/CT1_J2KR":                    "JPEG 2000",
		"dicom/pydicom-data/HTJ2KLossless_08_RGB.dcm": "High-Throughput JPEG 2000",
	} {
		f, err := Open(shared(t, name))
		if err != nil {
			t.Fatal(err)
		}
		_, err = f.Frame(context.Background(), codec.Local{}, 1)
		var u *codec.UnsupportedError
		if !errors.As(err, &u) || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), filepath.Base(name)) {
			t.Errorf("%s: %v", name, err)
		}
		f.Close()
	}
}

func TestPixelsThatAreCutShortGiveWhatIsThere(t *testing.T) {
	b := written(t, sample(1, nil))
	frame, err := opened(t, b[:len(b)-4]).Frame(context.Background(), codec.Local{}, 1)
	if err != nil {
		t.Fatal(err)
	}
	if frame.Missing != 2 || frame.Note == "" || frame.Uint16[3] != 4 || frame.Uint16[4] != 0 {
		t.Errorf("%+v", frame)
	}
}

// PS3.5 8.1.1: one-bit frames follow one another without padding.
func TestOneBitFramesNeedNotBeginAtAByte(t *testing.T) {
	ds := sample(1, func(d *Dataset) {
		d.Int(TagRows, "US", 3).Int(TagColumns, "US", 3).Int(TagNumberOfFrames, "IS", 2).
			Int(TagBitsAllocated, "US", 1).Int(TagBitsStored, "US", 1).Int(TagHighBit, "US", 0).
			Bytes(TagPixelData, "OB", []byte{0b01010101, 0b01100111, 0b11}) // 101010101 110011011, the lowest bit first
	})
	frame, err := opened(t, written(t, ds)).Frame(context.Background(), codec.Local{}, 2)
	if err != nil || !bytes.Equal(frame.Uint8, []uint8{1, 1, 0, 0, 1, 1, 0, 1, 1}) {
		t.Errorf("%v %v", frame, err)
	}
}

func TestAHeaderThatPromisesGigabytesAllocatesNone(t *testing.T) {
	b := written(t, sample(1, nil))
	b = bytes.Replace(b, []byte("\x28\x00\x10\x00US\x02\x00\x02\x00"), []byte("\x28\x00\x10\x00US\x02\x00\xff\xff"), 1)
	b = bytes.Replace(b, []byte("\x28\x00\x11\x00US\x02\x00\x03\x00"), []byte("\x28\x00\x11\x00US\x02\x00\xff\xff"), 1)
	f := opened(t, b)
	if allocated := testing.Benchmark(func(bm *testing.B) {
		for bm.Loop() {
			if _, err := f.Frame(context.Background(), codec.Local{}, 1); err == nil {
				t.Error("65,535 x 65,535 pixels came out of 12 bytes")
			}
		}
	}).AllocedBytesPerOp(); allocated > 1<<20 {
		t.Errorf("%d bytes allocated", allocated)
	}
}

// fragmented is an object of n frames whose pixel data is given as it lies in
// the file behind the element's header.
func fragmented(t testing.TB, frames int, table []uint32, fragments ...string) []byte {
	ds := sample(1, func(d *Dataset) {
		d.Delete(TagPixelData).Int(TagNumberOfFrames, "IS", frames)
		e := &element{tag: TagPixelData, vr: "OB", encaps: true}
		for _, o := range table {
			e.offsets = binary.LittleEndian.AppendUint32(e.offsets, o)
		}
		for _, f := range fragments {
			e.fragments = append(e.fragments, []byte(f))
		}
		d.put(e)
		d.transferSyntax = "1.2.840.10008.1.2.4.50"
	})
	return written(t, ds)
}

// whole is a JPEG stream as far as its markers go: a comment, a scan with a
// stuffed byte and a restart marker, the end.
func whole(comment string) string {
	return "\xff\xd8\xff\xfe\x00" + string(rune(2+len(comment))) + comment + "\xff\xda\x00\x02ab\xff\x00\xff\xd0c\xff\xd9"
}

func TestFragmentsAreSharedOutAmongFrames(t *testing.T) {
	soi := "\xff\xd8\xff"
	cases := []struct {
		name      string
		frames    int
		table     []uint32
		fragments []string
		want      []string
	}{
		{"one fragment a frame, no table", 2, nil, []string{"aa", "bb"}, []string{"aa", "bb"}},
		{"several fragments of one frame", 1, nil, []string{"aa", "bb", "cc"}, []string{"aabbcc"}},
		{"a basic offset table", 2, []uint32{0, 20}, []string{"aa", "bb", "cc"}, []string{"aabb", "cc"}},
		{"marks where the table is empty", 2, nil, []string{soi + "1", "22", soi + "3"}, []string{soi + "122", soi + "3"}},
		{"marks where the table is wrong", 2, []uint32{0, 7}, []string{soi + "1", "22", soi + "3"}, []string{soi + "122", soi + "3"}},
		{"fewer fragments than frames", 3, nil, []string{"aa", "bb"}, []string{"aa", "bb", ""}},
		{"a table of zeros", 2, []uint32{0, 0}, []string{soi + "1", "22", soi + "3"}, []string{soi + "122", soi + "3"}},
		{"a table that falls", 2, []uint32{24, 0}, []string{soi + "1", "22", soi + "3"}, []string{soi + "122", soi + "3"}},
		{"a table that points between marks", 2, []uint32{0, 12}, []string{soi + "1", "22", soi + "3"}, []string{soi + "122", soi + "3"}},
		{"a table of one entry", 2, []uint32{0}, []string{soi + "1", soi + "2"}, []string{soi + "1", soi + "2"}},
		{"more streams than frames", 1, nil, []string{soi + "1", "22", soi + "3"}, []string{soi + "122"}},
		{"more entries than frames", 1, []uint32{0, 22}, []string{soi + "1", "22", soi + "3"}, []string{soi + "122"}},
		{"an empty fragment", 2, nil, []string{soi + "1", "", soi + "2"}, []string{soi + "1", soi + "2"}},
		{"several frames in one fragment", 2, []uint32{0}, []string{whole("1") + "\x00" + whole("2")}, []string{whole("1"), whole("2")}},
		{"marks inside a segment are none", 2, nil, []string{whole("\xff\xd8\xff\xd9") + whole("2")}, []string{whole("\xff\xd8\xff\xd9"), whole("2")}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			f := opened(t, fragmented(t, c.frames, c.table, c.fragments...))
			for i, want := range c.want {
				got, err := f.RawFrame(i + 1)
				if want == "" {
					if err == nil {
						t.Errorf("frame %d is not in the file, but was given", i+1)
					}
				} else if strings.TrimRight(string(got), "\x00") != want { // fragments are padded to even lengths
					t.Errorf("frame %d: %q, %v", i+1, got, err)
				}
			}
		})
	}
	f := opened(t, fragmented(t, 2, nil, "aa", "bb", "cc"))
	if _, err := f.RawFrame(1); err == nil {
		t.Error("three fragments were shared out among two frames without a table")
	}
}

func TestAnExtendedOffsetTableIsUsed(t *testing.T) {
	b := fragmented(t, 2, nil, "aa", "bb", "cc")
	f := opened(t, b)
	f.head.put(&element{tag: TagExtendedOffsets, vr: "OV", value: binary.LittleEndian.AppendUint64(make([]byte, 8), 10)})
	one, err := f.RawFrame(1)
	two, _ := f.RawFrame(2)
	if string(one) != "aa" || string(two) != "bbcc" {
		t.Errorf("%q %q %v", one, two, err)
	}
}

// Every malformed file gives an error or an instance whose frames give an
// error or a valid frame, in bounded memory and time.
func TestMalformedFilesGiveAnErrorOrAValidFrame(t *testing.T) {
	dir := shared(t, "malformed")
	files, err := filepath.Glob(filepath.Join(dir, "*.dcm"))
	if err != nil || len(files) < 125 {
		t.Fatal(len(files), err)
	}
	takenIn := 0
	for _, name := range files {
		bounded.Run(t, mostMemory, func() {
			if exercise(t, name) {
				takenIn++
			}
		})
	}
	if takenIn < 100 {
		t.Errorf("only %d of %d were opened", takenIn, len(files))
	}
}

func exercise(t *testing.T, name string) bool {
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return exerciseBytes(t, b)
}

func exerciseBytes(t *testing.T, b []byte) bool {
	f, err := OpenReader(bytes.NewReader(b), int64(len(b)), "fuzz")
	if err != nil {
		var fe *FormatError
		if !errors.As(err, &fe) || fe.Code == "" {
			t.Errorf("an error without a reason: %v", err)
		}
		return false
	}
	for _, n := range []int{1, 2, f.Instance().Pixels.Frames} {
		frame, err := f.Frame(context.Background(), native.Decoder{}, n)
		if err != nil {
			continue
		}
		if err := frame.Check(); err != nil {
			t.Errorf("an invalid frame: %v", err)
		}
	}
	if ds, err := f.Dataset(); err == nil {
		var out bytes.Buffer
		if writeAs(&out, ds, ExplicitLittle) == nil {
			if _, err := OpenReader(bytes.NewReader(out.Bytes()), int64(out.Len()), "again"); err != nil && len(ds.elements) > 0 {
				t.Logf("what was written is not read: %v", err)
			}
		}
	}
	return true
}

func TestEveryTruncationGivesAnErrorOrAFrame(t *testing.T) {
	for _, b := range [][]byte{written(t, sample(1, nil)), fragmented(t, 2, []uint32{0, 20}, "aa", "bb", "cc")} {
		for n := range b {
			exerciseBytes(t, b[:n])
		}
	}
}

// What the header and the tables get wrong is said with every frame.
func TestContradictionsOfTheFragmentsAreSaid(t *testing.T) {
	soi := "\xff\xd8\xff"
	for name, c := range map[string]struct {
		frames    int
		table     []uint32
		fragments []string
		note      string
	}{
		"a wrong table":            {2, []uint32{0, 7}, []string{soi + "1", "22", soi + "3"}, "offset table contradicts"},
		"more streams than frames": {1, nil, []string{soi + "1", soi + "3"}, "holds 1 more frames than the 1 of the header"},
		"more entries than frames": {1, []uint32{0, 12}, []string{soi + "1", soi + "3"}, "holds 1 more frames"},
		"a right table":            {2, []uint32{0, 12}, []string{soi + "1", soi + "3"}, ""},
	} {
		f := opened(t, fragmented(t, c.frames, c.table, c.fragments...))
		if _, err := f.RawFrame(1); err != nil {
			t.Error(name, err)
		}
		if got := f.index.said(); c.note == "" && got != "" || !strings.Contains(got, c.note) {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// A tile of a slide must not cost a walk over all of them.
func TestAFrameIsFoundByItsTableAlone(t *testing.T) {
	var table []uint32
	var fragments []string
	for i := range 1000 {
		table, fragments = append(table, uint32(16*i)), append(fragments, "\xff\xd8\xff0"+fmt.Sprintf("%04d", i))
	}
	b := fragmented(t, 1000, table, fragments...)
	r := &countingReader{r: bytes.NewReader(b)}
	f, err := OpenReader(r, int64(len(b)), "test")
	if err != nil {
		t.Fatal(err)
	}
	r.calls = 0
	if got, err := f.RawFrame(500); string(got) != fragments[499] || r.calls > 10 {
		t.Errorf("%q in %d reads, %v", got, r.calls, err)
	}
}

// PS3.5 7.3 and 8.1.1: in big endian, bytes in words lie in pairs, which a
// frame of an odd length shares with the next.
func TestBytesInBigEndianWordsAreExchanged(t *testing.T) {
	object := func(bits, rows, columns, frames int, data []byte) *File {
		ds := sample(1, func(d *Dataset) {
			d.Int(TagRows, "US", rows).Int(TagColumns, "US", columns).Int(TagNumberOfFrames, "IS", frames).
				Int(TagBitsAllocated, "US", bits).Int(TagBitsStored, "US", bits).Int(TagHighBit, "US", bits-1).
				Bytes(TagPixelData, "OW", data)
		})
		var b bytes.Buffer
		if err := writeAs(&b, ds, ExplicitBig); err != nil {
			t.Fatal(err)
		}
		return opened(t, b.Bytes())
	}
	// writeAs exchanges the bytes of OW as 16-bit words: in the file 2 1 4 3 ...
	f := object(8, 1, 3, 3, []byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 0})
	for n, want := range [][]byte{{1, 2, 3}, {4, 5, 6}, {7, 8, 9}} {
		if got, err := f.RawFrame(n + 1); err != nil || !bytes.Equal(got, want) {
			t.Errorf("frame %d: %v %v", n+1, got, err)
		}
	}
	f = object(1, 3, 3, 2, []byte{0b01010101, 0b01100111, 0b11, 0})
	frame, err := f.Frame(context.Background(), codec.Local{}, 2)
	if err != nil || !bytes.Equal(frame.Uint8, []uint8{1, 1, 0, 0, 1, 1, 0, 1, 1}) {
		t.Errorf("%v %v", frame, err)
	}
}

func TestStreamsThatAreNotEncapsulatedAreRead(t *testing.T) {
	b := fragmented(t, 1, nil, whole("1"))
	i := bytes.Index(b, []byte("\xe0\x7f\x10\x00OB"))
	bare := append(bytes.Clone(b[:i+8]), byte(len(whole("1"))), 0, 0, 0)
	f := opened(t, append(bare, whole("1")...))
	if got, err := f.RawFrame(1); err != nil || string(got) != whole("1") {
		t.Errorf("%q %v", got, err)
	}
}

func TestMoreNativeFramesThanTheHeaderSaysAreSaid(t *testing.T) {
	ds := sample(1, func(d *Dataset) { d.Bytes(TagPixelData, "OW", make([]byte, 36)) })
	frame, err := opened(t, written(t, ds)).Frame(context.Background(), codec.Local{}, 1)
	if err != nil || !strings.Contains(frame.Note, "2 frames more") {
		t.Errorf("%+v %v", frame, err)
	}
}
