package dicomfile

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"longying/imaging"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// zipped packs members with raw headers, as foreign packers write them.
func zipped(t testing.TB, change func(*zip.FileHeader), members ...zipMember) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, m := range members {
		h := &zip.FileHeader{Name: m.name, Method: zip.Store, CRC32: crc32.ChecksumIEEE(m.data), NonUTF8: m.flag == 0,
			CompressedSize64: uint64(len(m.data)), UncompressedSize64: uint64(len(m.data)), Flags: m.flag, Extra: m.extra}
		if change != nil {
			change(h)
		}
		w, err := z.CreateRaw(h)
		if err != nil {
			t.Fatal(err)
		}
		w.Write(m.data)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

type zipMember struct {
	name  string
	data  []byte
	flag  uint16
	extra []byte
}

func gb(t testing.TB, s string) string {
	t.Helper()
	out, err := simplifiedchinese.GB18030.NewEncoder().String(s)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestMemberNamesAreReadInTheEncodingOfTheirPacker(t *testing.T) {
	unicodePath := func(raw, name string) []byte { // Info-ZIP Unicode Path Extra Field, 0x7075
		body := binary.LittleEndian.AppendUint32([]byte{1}, crc32.ChecksumIEEE([]byte(raw)))
		body = append(body, name...)
		return append(binary.LittleEndian.AppendUint16([]byte{0x75, 0x70}, uint16(len(body))), body...)
	}
	for _, c := range []struct {
		what, raw, want string
		flag            uint16
		extra           []byte
	}{
		{"GBK without the flag", gb(t, `片子/头颅平扫/一`), "片子/头颅平扫/一", 0, nil},
		{"GB18030 of four bytes without the flag", gb(t, `㐂㐄/一`), "㐂㐄/一", 0, nil},
		{"GBK that is valid UTF-8 too", gb(t, "一些影/小"), "一些影/小", 0, nil},
		{"Cyrillic in UTF-8 without the flag", "Снимок/1", "Снимок/1", 0, nil},
		{"code page 437", "Aufnahme/gr\x81n\xe1", "Aufnahme/grünß", 0, nil},
		{"backslashes of an old packer", gb(t, `片子\一`), "片子/一", 0, nil},
		{"UTF-8 with the flag", "片子/一", "片子/一", 0x800, nil},
		{"UTF-8 without the flag", "片子/一", "片子/一", 0, nil},
		{"the Unicode path of Info-ZIP", gb(t, "片子/一"), "片子/二", 0, unicodePath(gb(t, "片子/一"), "片子/二")},
		{"a Unicode path of another name", gb(t, "片子/一"), "片子/一", 0, unicodePath("other", "片子/二")},
		{"a way out of the archive", "../../etc/一", "etc/一", 0x800, nil},
		{"an absolute path", "/etc/一", "etc/一", 0x800, nil},
	} {
		name := save(t, t.TempDir(), "a.zip", zipped(t, nil, zipMember{c.raw, written(t, sample(1, nil)), c.flag, c.extra}))
		cat := scan(t, name)
		if cat.Instances() != 1 {
			t.Errorf("%s: %v", c.what, cat.Skipped)
			continue
		}
		source := cat.Studies[0].Series[0].Instances[0].Source
		if got := strings.TrimPrefix(source, name+"!"); got != c.want {
			t.Errorf("%s: %q, want %q", c.what, got, c.want)
		}
		if f, err := Open(source); err != nil {
			t.Errorf("%s: %v", c.what, err)
		} else {
			f.Close()
		}
	}
}

func TestMembersThatAreNotTakenHaveTheirReason(t *testing.T) {
	one, two := written(t, sample(1, nil)), written(t, sample(2, nil))
	nested := zipped(t, nil, zipMember{"inner", two, 0, nil})
	name := save(t, t.TempDir(), "a.zip", zipped(t, func(h *zip.FileHeader) {
		if h.Name == "locked" {
			h.Flags |= 1
		}
		if h.Name == "wrong sum" {
			h.CRC32++
			h.Method = zip.Deflate
		}
	}, zipMember{"sub/", nil, 0, nil}, zipMember{"sub/deep/er/one", one, 0, nil}, zipMember{"locked", two, 0, nil}, zipMember{"nested.zip", nested, 0, nil},
		zipMember{"twice", two, 0, nil}, zipMember{"./twice", written(t, sample(3, nil)), 0, nil}, zipMember{"notes.txt", []byte("hello"), 0, nil}))
	c := scan(t, name)
	got := map[string]imaging.SkipCode{}
	for _, s := range c.Skipped {
		got[strings.TrimPrefix(s.Path, name+"!")] = s.Code
		if strings.HasSuffix(s.Path, "nested.zip") && s.Detail != nestedArchiveNote {
			t.Errorf("nested: %s", s.Detail)
		}
	}
	want := map[string]imaging.SkipCode{"locked": imaging.SkipEncrypted, "nested.zip": imaging.SkipNotDICOM, "twice": imaging.SkipConflict, "notes.txt": imaging.SkipNotDICOM}
	if !reflect.DeepEqual(got, want) || c.Instances() != 2 {
		t.Errorf("%d instances, skipped %v", c.Instances(), got)
	}
}

// An archive whose members share their bytes keeps the ratio of each and
// breaks that of all.
func TestAnArchiveThatWouldUnpackToFarTooMuchIsRefused(t *testing.T) {
	b := zipped(t, nil, zipMember{"a", make([]byte, 100), 0, nil})
	// 60 directory entries for the one member, each of 1 GiB from 6 MiB.
	at := bytes.Index(b, []byte("PK\x01\x02"))
	end := bytes.Index(b, []byte("PK\x05\x06"))
	entry := bytes.Clone(b[at:end])
	binary.LittleEndian.PutUint32(entry[20:], 6<<20)
	binary.LittleEndian.PutUint32(entry[24:], 1<<30)
	out := bytes.Clone(b[:at])
	for range 60 {
		out = append(out, entry...)
	}
	tail := bytes.Clone(b[end:])
	binary.LittleEndian.PutUint16(tail[8:], 60)
	binary.LittleEndian.PutUint16(tail[10:], 60)
	binary.LittleEndian.PutUint32(tail[12:], uint32(60*len(entry)))
	c := scan(t, save(t, t.TempDir(), "bomb.zip", append(out, tail...)))
	if len(c.Skipped) != 1 || c.Skipped[0].Code != imaging.SkipTooLarge {
		t.Errorf("%+v", c.Skipped)
	}
}

func TestADamagedMemberIsFoundOnReadingItsPixels(t *testing.T) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, _ := z.Create("one")
	w.Write(written(t, sample(1, nil)))
	z.Close()
	raw := b.Bytes()
	i := bytes.Index(raw, []byte("PK\x01\x02"))
	raw[i+16] ^= 0xff // the checksum in the directory
	c := scan(t, save(t, t.TempDir(), "a.zip", raw))
	if c.Instances() == 1 {
		f, err := Open(c.Studies[0].Series[0].Instances[0].Source)
		if err == nil {
			_, err = f.RawFrame(1)
		}
		if err == nil || !strings.Contains(err.Error(), "checksum") {
			t.Errorf("a frame of a damaged member was given: %v", err)
		}
		return
	}
	if len(c.Skipped) != 1 || !strings.Contains(c.Skipped[0].Detail, "checksum") {
		t.Errorf("%+v", c.Skipped)
	}
}

func TestABrokenArchiveSaysSo(t *testing.T) {
	b := zipped(t, nil, zipMember{"a", written(t, sample(1, nil)), 0, nil})
	c := scan(t, save(t, t.TempDir(), "half.zip", b[:len(b)/2]))
	if len(c.Skipped) != 1 || c.Skipped[0].Code != imaging.SkipMalformed || filepath.Base(c.Skipped[0].Path) != "half.zip" {
		t.Errorf("%+v", c.Skipped)
	}
}
