package dicomfile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"longying/imaging"
)

// bytesOf joins elements written by hand: strings as they are, numbers as
// 32-bit little endian.
func bytesOf(parts ...any) []byte {
	var out []byte
	for _, p := range parts {
		switch v := p.(type) {
		case string:
			out = append(out, v...)
		case int:
			out = binary.LittleEndian.AppendUint32(out, uint32(v))
		case []byte:
			out = append(out, v...)
		}
	}
	return out
}

const (
	item      = "\xfe\xff\x00\xe0"
	itemEnd   = "\xfe\xff\x0d\xe0\x00\x00\x00\x00"
	seqEnd    = "\xfe\xff\xdd\xe0\x00\x00\x00\x00"
	undefined = "\xff\xff\xff\xff"
)

// inserted puts elements before an attribute of an explicit little endian file.
func inserted(t *testing.T, file []byte, before Tag, elements []byte) []byte {
	t.Helper()
	mark := appendTag(nil, before)
	i := bytes.LastIndex(file, mark)
	if i < 0 {
		t.Fatalf("no %s", before)
	}
	return bytes.Join([][]byte{file[:i], elements, file[i:]}, nil)
}

// What stands between the head and the pixels must not hide the pixels, and the
// whole object must be readable and writable again.
func TestOddElementsAreReadOver(t *testing.T) {
	plain := written(t, sample(1, nil))
	want := opened(t, plain).Instance()
	cases := map[string]struct {
		before   Tag
		elements []byte
	}{
		"an icon with encapsulated pixels in a sequence of undefined length": {TagSamplesPerPixel, bytesOf(
			"\x09\x00\x10\x00SQ\x00\x00", undefined, item, undefined,
			"\x28\x00\x10\x00US\x02\x00\x40\x00", "\xe0\x7f\x10\x00OB\x00\x00", undefined, item, 0, item, 6, "\xff\xd8\xfe\xff\x0d\xe0", seqEnd, itemEnd, seqEnd)},
		"the same in an Icon Image Sequence": {TagSamplesPerPixel, bytesOf(
			"\x88\x00\x00\x02SQ\x00\x00", undefined, item, undefined,
			"\xe0\x7f\x10\x00OB\x00\x00", undefined, item, 0, item, 4, "\xff\xd8\xff\xe0", seqEnd, itemEnd, seqEnd)},
		"UN of undefined length, implicit VR inside": {TagSamplesPerPixel, bytesOf(
			"\x09\x00\x10\x00UN\x00\x00", undefined, item, undefined, "\x10\x00\x10\x00", 4, "A^B ", itemEnd, seqEnd)},
		"UN of undefined length, explicit VR inside": {TagSamplesPerPixel, bytesOf(
			"\x09\x00\x10\x00UN\x00\x00", undefined, item, undefined, "\x10\x00\x10\x00PN\x04\x00A^B ", itemEnd, seqEnd)},
		"UN of undefined length with items that are no data sets": {TagSamplesPerPixel, bytesOf(
			"\x09\x00\x10\x00UN\x00\x00", undefined, item, 6, "\xff\xff\xff\xff\xff\xff", seqEnd)},
		"a private creator and its values": {TagSamplesPerPixel, bytesOf(
			"\x09\x00\x10\x00LO\x06\x00VENDOR", "\x09\x00\x01\x10OB\x00\x00", 4, "abcd", "\x09\x00\x02\x10XY\x00\x00", 2, "ab")},
		"an implicit element in an explicit data set": {TagSamplesPerPixel, bytesOf("\x09\x00\x10\x00", 4, "ab\x00\x00")},
		"a VR that does not exist":                    {TagSamplesPerPixel, bytesOf("\x09\x00\x10\x00ZZ\x02\x00ab")},
		"a stray item delimiter":                      {TagSamplesPerPixel, bytesOf(itemEnd)},
		"a group length":                              {TagSamplesPerPixel, bytesOf("\x28\x00\x00\x00UL\x04\x00", 4)},
		"tags out of order":                           {TagSamplesPerPixel, bytesOf("\x18\x00\x00\x10LO\x02\x00ab", "\x09\x00\x10\x00LO\x02\x00ab")},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			f := opened(t, inserted(t, plain, c.before, c.elements))
			got := *f.Instance()
			if got.Pixels != want.Pixels || got.Patient.Name != want.Patient.Name || got.Truncated != "" {
				t.Errorf("%+v", got)
			}
			if raw, err := f.RawFrame(1); err != nil || !bytes.Equal(raw[:4], []byte{1, 0, 2, 0}) {
				t.Errorf("frame %v, %v", raw, err)
			}
			if _, err := f.Dataset(); err != nil {
				t.Errorf("whole object: %v", err)
			}
			var out bytes.Buffer
			if err := Rewrite(f, &out, nil); err != nil {
				t.Fatalf("rewritten: %v", err)
			}
			again := opened(t, out.Bytes())
			if again.Instance().Patient.Name != want.Patient.Name || again.Instance().Pixels != want.Pixels {
				t.Errorf("rewritten: %+v", again.Instance())
			}
		})
	}
}

// PS3.5 6.2.2 note: the value of UN with undefined length is implicit VR little
// endian, in a big endian data set too.
func TestUNOfUndefinedLengthIsLittleEndianInABigEndianFile(t *testing.T) {
	big := func(group, element uint16, vr string, value string) []byte {
		b := binary.BigEndian.AppendUint16(nil, group)
		b = binary.BigEndian.AppendUint16(b, element)
		return append(binary.BigEndian.AppendUint16(append(b, vr...), uint16(len(value))), value...)
	}
	body := bytesOf(big(8, 0x16, "UI", "1.2\x00"), big(8, 0x18, "UI", "1.3\x00"),
		"\x00\x09\x00\x10UN\x00\x00", undefined, item, undefined, "\x10\x00\x10\x00", 4, "A^B ", itemEnd, seqEnd,
		big(0x10, 0x10, "PN", "Li^Si "), big(0x28, 0x10, "US", "\x01\x02"))
	f := opened(t, body)
	if got := f.Instance().Patient.Name.String(); got != "Li^Si" || f.Instance().TransferSyntaxUID != ExplicitBig {
		t.Errorf("%q in %s", got, f.Instance().TransferSyntaxUID)
	}
	ds, err := f.Dataset()
	if err != nil || ds.Item(NewTag(9, 0x10)).Text(TagPatientName) != "A^B" {
		t.Errorf("inside: %q, %v", ds.Item(NewTag(9, 0x10)).Text(TagPatientName), err)
	}
}

func TestPaddingBehindTheDataSetIsNoDamage(t *testing.T) {
	report := func() []byte { // without pixels, so that nothing else ends the data set
		ds := sample(1, nil)
		ds.Delete(TagPixelData, TagRows, TagColumns)
		return written(t, ds)
	}()
	for name, tail := range map[string]string{
		"nulls": strings.Repeat("\x00", 999), "spaces": strings.Repeat(" ", 700), "0xFF": strings.Repeat("\xff", 70_001), "Ctrl-Z": strings.Repeat("\x1a", 128),
		"Data Set Trailing Padding": "\xfc\xff\xfc\xffOB\x00\x00\x04\x00\x00\x00abcd", "a line end": "\r\n",
	} {
		if _, err := OpenReader(bytes.NewReader(append(bytes.Clone(report), tail...)), int64(len(report)+len(tail)), "x"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := OpenReader(bytes.NewReader(report[:len(report)-3]), int64(len(report)-3), "x"); err == nil {
		t.Error("a report that is cut short was taken")
	}
}

func TestACutFileShowsItsHeaderAndSaysWhatIsMissing(t *testing.T) {
	dir := t.TempDir()
	whole := written(t, sample(1, nil))
	save(t, dir, "pixels", whole[:len(whole)-5])
	encapsulated := written(t, sample(2, func(d *Dataset) {
		p := opened(t, whole).Instance().Pixels
		d.SetEncapsulatedPixels("1.2.840.10008.1.2.5", p, []byte("12345678"))
	}))
	save(t, dir, "fragment", encapsulated[:len(encapsulated)-10])
	third := written(t, sample(3, nil))
	save(t, dir, "head", third[:bytes.Index(third, []byte("\x28\x00\x02\x00US"))+9])
	save(t, dir, "whole", written(t, sample(4, nil)))
	c := scan(t, dir)
	var cut []string
	for _, st := range c.Studies {
		for _, se := range st.Series {
			for _, in := range se.Instances {
				if in.Truncated != "" {
					cut = append(cut, filepath.Base(in.Source))
				}
			}
		}
	}
	if strings.Join(cut, " ") != "pixels fragment" {
		t.Errorf("said to be cut short: %v", cut)
	}
	if len(c.Skipped) != 1 || c.Skipped[0].Code != imaging.SkipTruncated || c.Skipped[0].Header == nil || c.Skipped[0].Header.Patient.ID != "甘肃0001" {
		t.Errorf("%+v", c.Skipped)
	}
}

// Nothing in the corpus of malformed files may panic, hang or take more memory
// than the file justifies, and every refusal names the file.
func TestMalformedFilesOpenOrSayWhy(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join(shared(t, "malformed"), "*.dcm"))
	if len(files) < 100 {
		t.Fatalf("%d files", len(files))
	}
	for _, name := range files {
		st, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		f, err := Open(name)
		if err == nil {
			_, derr := f.Dataset()
			var fe *FormatError
			if derr != nil && (!errors.As(derr, &fe) || fe.Name != name) {
				t.Errorf("whole object: %v", derr)
			}
			f.Close()
		}
		runtime.ReadMemStats(&after)
		if used := after.TotalAlloc - before.TotalAlloc; used > uint64(40*st.Size()+1<<20) {
			t.Errorf("%s: %d bytes of memory for %d of file", filepath.Base(name), used, st.Size())
		}
		var fe *FormatError
		if err != nil && (!errors.As(err, &fe) || fe.Name != name || fe.Code == "") {
			t.Errorf("the refusal does not name %s: %v", name, err)
		}
	}
}

func TestNestingHasALimit(t *testing.T) {
	for _, c := range []struct {
		name string
		deep int
		ok   bool
	}{{"300 levels", 300, true}, {"5,000 levels", 5000, false}} {
		body := bytesOf("\x08\x00\x16\x00UI\x04\x001.2\x00", "\x08\x00\x18\x00UI\x04\x001.3\x00")
		for range c.deep {
			body = append(body, bytesOf("\x40\x00\x30\xa7SQ\x00\x00", undefined, item, undefined)...)
		}
		for range c.deep {
			body = append(body, itemEnd+seqEnd...)
		}
		f, err := OpenReader(bytes.NewReader(body), int64(len(body)), "deep")
		if err == nil {
			_, err = f.Dataset()
		}
		if (err == nil) != c.ok || err != nil && !strings.Contains(err.Error(), "nested") {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// A quarter of a million attributes in descending order would take hours if
// each were inserted in its place.
func TestManyAttributesInDescendingOrderAreSortedOnce(t *testing.T) {
	meta, err := fileMeta(sample(1, nil), ExplicitLittle)
	if err != nil {
		t.Fatal(err)
	}
	body := bytesOf(make([]byte, 128), "DICM", meta, "\x08\x00\x16\x00UI\x04\x001.2\x00", "\x08\x00\x18\x00UI\x04\x001.3\x00")
	for n := 250_000; n > 0; n-- {
		body = append(appendTag(body, NewTag(0x4000+uint16(n>>16)*2, uint16(n))), "US\x00\x00"...)
	}
	f := opened(t, body)
	tags := f.Header().Tags()
	for i := 1; i < len(tags); i++ {
		if tags[i] <= tags[i-1] {
			t.Fatalf("%s stands before %s", tags[i-1], tags[i])
		}
	}
	if len(tags) < 249_000 {
		t.Errorf("%d attributes", len(tags))
	}
}

// As in DCMTK and GDCM. One of the malformed files has an empty name behind its
// pixel data.
func TestOfAnAttributeThatComesTwiceTheFirstCounts(t *testing.T) {
	b := inserted(t, written(t, sample(1, nil)), TagSamplesPerPixel, bytesOf("\x20\x00\x13\x00IS\x02\x0042", "\x10\x00\x40\x00CS\x02\x00F "))
	if in := opened(t, b).Instance(); in.Number != 1 || in.Patient.Sex != "F" {
		t.Errorf("%d %s", in.Number, in.Patient.Sex)
	}
}
