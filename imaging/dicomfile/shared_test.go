package dicomfile

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"longying/imaging"
)

// shared finds a path of the reference data beside the repository; the test is
// skipped where the data is not there.
func shared(t testing.TB, name string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		p := filepath.Join(dir, "shared", "data", filepath.FromSlash(name))
		if _, err := os.Stat(p); err == nil {
			return p
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Skipf("no shared/data/%s here", name)
		}
		dir = up
	}
}

// sample is a small object with an image; change may alter it.
func sample(number int, change func(*Dataset)) *Dataset {
	ds := NewDataset().
		String(TagSOPClassUID, "UI", "1.2.840.10008.5.1.4.1.1.2").
		String(TagSOPInstanceUID, "UI", "2.25.1000"+string(rune('0'+number))).
		String(TagStudyInstanceUID, "UI", "2.25.77").
		String(TagSeriesInstanceUID, "UI", "2.25.78").
		String(TagModality, "CS", "CT").
		String(TagPatientName, "PN", "Wang^XiaoDong=王^小东").
		String(TagPatientID, "LO", "甘肃0001").
		String(TagPatientBirthDate, "DA", "20210102").
		String(TagStudyDate, "DA", "20240506").
		String(TagStudyTime, "TM", "070809.5").
		Int(TagInstanceNumber, "IS", number).
		Float(TagRescaleSlope, "DS", 1).
		Float(TagRescaleIntercept, "DS", -1024).
		SetPixels(imaging.PixelDescription{Rows: 2, Columns: 3, Samples: 1, BitsAllocated: 16, BitsStored: 12, Photometric: "MONOCHROME2"},
			[]byte{1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 1})
	if change != nil {
		change(ds)
	}
	return ds
}

func written(t testing.TB, ds *Dataset) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, ds); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func opened(t testing.TB, b []byte) *File {
	t.Helper()
	f, err := OpenReader(bytes.NewReader(b), int64(len(b)), "test")
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func save(t testing.TB, dir, name string, b []byte) string {
	t.Helper()
	p := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(p, b, 0o644); err != nil {
		t.Fatal(err)
	}
	return p
}
