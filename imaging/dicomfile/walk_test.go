package dicomfile

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"longying/imaging"
)

// A reader that notes each read.
type noted struct {
	r     io.ReaderAt
	reads []int64 // end of each
}

func (n *noted) ReadAt(p []byte, off int64) (int, error) {
	n.reads = append(n.reads, off+int64(len(p)))
	return n.r.ReadAt(p, off)
}

func TestANonDICOMFileIsRefusedAfterOneReadOfAKilobyte(t *testing.T) {
	for name, b := range map[string][]byte{
		"text":        bytes.Repeat([]byte("no dicom "), 100_000),
		"nulls":       make([]byte, 1<<20),
		"a picture":   append([]byte("\xff\xd8\xff\xe0"), make([]byte, 1<<20)...),
		"an archive":  append([]byte("PK\x03\x04"), make([]byte, 1<<20)...),
		"high bytes":  bytes.Repeat([]byte{0xfe, 0xff, 0x00, 0xe0}, 1<<18),
		"looks alike": append([]byte("\x08\x00\x05\x00CS\x0a\x00ISO_IR 192\x07\x00"), make([]byte, 1<<20)...),
		"short":       []byte("x"),
	} {
		n := &noted{r: bytes.NewReader(b)}
		if _, err := OpenReader(n, int64(len(b)), "x"); err == nil || len(n.reads) != 1 || n.reads[0] > 1024 {
			t.Errorf("%s: reads up to %v, %v", name, n.reads, err)
		}
	}
}

func TestAHeaderTakesFewReads(t *testing.T) {
	for _, size := range []int{100, 8_000_000} {
		b := written(t, sample(1, func(d *Dataset) {
			d.SetPixels(imaging.PixelDescription{Rows: 1, Columns: size / 2, Samples: 1, BitsAllocated: 16, Photometric: "MONOCHROME2"}, make([]byte, size/2*2)).err = nil
			d.Bytes(TagPixelData, "OW", make([]byte, size))
			d.String(TagImageComments, "LT", strings.Repeat("x", 9000))
		}))
		n := &noted{r: bytes.NewReader(b)}
		if _, err := OpenReader(n, int64(len(b)), "x"); err != nil || len(n.reads) > 2 {
			t.Errorf("%d bytes: reads up to %v, %v", len(b), n.reads, err)
		}
	}
}

func TestPipesAreNotOpened(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Skip(err)
	}
	c := scan(t, dir) // would wait for ever
	if len(c.Skipped) != 1 || c.Skipped[0].Code != imaging.SkipUnreadable {
		t.Errorf("%+v", c.Skipped)
	}
	if _, err := Open(pipe); err == nil {
		t.Error("a pipe was opened")
	}
	if c := scan(t, pipe); len(c.Skipped) != 1 {
		t.Errorf("%+v", c.Skipped)
	}
}

func TestChineseAndVeryLongPathsAreRead(t *testing.T) {
	dir := t.TempDir()
	long := dir
	for len(long) < 3800 {
		long = filepath.Join(long, strings.Repeat("影像科备份", 16)) // 240 bytes each
	}
	name := filepath.Join(long, "第一张")
	save(t, dir, strings.TrimPrefix(filepath.ToSlash(name), filepath.ToSlash(dir)+"/"), written(t, sample(1, nil)))
	c := scan(t, dir)
	if c.Instances() != 1 || c.Studies[0].Series[0].Instances[0].Source != name {
		t.Errorf("%d instances, skipped %v", c.Instances(), c.Skipped)
	}
}

func TestAFolderThatCannotBeListedIsNamed(t *testing.T) {
	dir := t.TempDir()
	closed := filepath.Join(dir, "closed")
	os.Mkdir(closed, 0)
	defer os.Chmod(closed, 0o700)
	if _, err := os.ReadDir(closed); err == nil {
		t.Skip("this user may list every folder")
	}
	if c := scan(t, dir); len(c.Skipped) != 1 || c.Skipped[0].Path != closed {
		t.Errorf("%+v", c.Skipped)
	}
}
