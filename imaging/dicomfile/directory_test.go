package dicomfile

import (
	"archive/zip"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"longying/imaging"
)

// mediaDirectory makes a DICOMDIR of one flat chain of IMAGE records.
func mediaDirectory(t testing.TB, ids ...string) []byte {
	t.Helper()
	var records []*Dataset
	for i, id := range ids {
		r := NewDataset()
		r.put(&element{tag: TagReferencedFileID, vr: "CS", value: []byte(strings.TrimPrefix(id, "inactive:"))})
		use := 0xFFFF
		if strings.HasPrefix(id, "inactive:") {
			use = 0
		}
		r.put(&element{tag: TagRecordInUse, vr: "US", value: []byte{byte(use), byte(use >> 8)}})
		r.put(&element{tag: TagReferencedInFile, vr: "UI", value: []byte(fmt.Sprintf("2.25.1000%d\x00", i+1))})
		records = append(records, r)
	}
	ds := NewDataset().String(TagSOPClassUID, "UI", mediaDirectoryClass).String(TagSOPInstanceUID, "UI", "2.25.5").
		put(&element{tag: TagDirectoryRecords, vr: "SQ", items: records})
	return written(t, ds)
}

func relative(t *testing.T, dir string, skipped []imaging.Skipped) map[string]imaging.SkipCode {
	t.Helper()
	out := map[string]imaging.SkipCode{}
	for _, s := range skipped {
		rel, err := filepath.Rel(dir, s.Path)
		if err != nil {
			t.Fatal(err)
		}
		out[filepath.ToSlash(rel)] = s.Code
		if s.Detail == "" {
			t.Errorf("%s: no detail", s.Path)
		}
	}
	return out
}

// The same file set under seven DICOMDIRs: explicit, implicit and big endian,
// with offsets wrong, absent and reordered, and without its patient record.
func TestEveryDICOMDIRGivesTheFilesItLists(t *testing.T) {
	for name, want := range map[string]int{"DICOMDIR": 31, "DICOMDIR-bigEnd": 31, "DICOMDIR-implicit": 31, "DICOMDIR-nooffset": 31,
		"DICOMDIR-nopatient": 31, "DICOMDIR-reordered": 31, "DICOMDIR-empty.dcm": 0, "TINY_ALPHA/DICOMDIR": 50} {
		c := scan(t, shared(t, "dicom/dicomdir/"+name))
		if c.Instances() != want {
			t.Errorf("%s: %d instances, want %d", name, c.Instances(), want)
		}
		for _, s := range c.Skipped {
			if filepath.Base(s.Path) != filepath.Base(name) {
				t.Errorf("%s: skipped %s: %s", name, s.Path, s.Detail)
			}
		}
	}
}

func TestADICOMDIRStandsForItsFilesAndEveryOtherHasItsReason(t *testing.T) {
	above := t.TempDir()
	dir := filepath.Join(above, "disc")
	save(t, dir, "images/im1", written(t, sample(1, nil)))     // listed in capitals
	save(t, dir, "IMAGES2/IM2.;1", written(t, sample(2, nil))) // as an ISO 9660 driver shows it
	save(t, dir, "IMAGES2/UNLISTED", written(t, sample(3, nil)))
	save(t, dir, "IMAGES2/README.TXT", []byte("not an image, so nothing to say about it"))
	save(t, dir, "AUTORUN.INF", []byte("[autorun]"))
	save(t, above, "secret", written(t, sample(9, nil)))
	os.Symlink(filepath.Join(above, "secret"), filepath.Join(dir, "LINK"))
	os.Mkdir(filepath.Join(dir, "FOLDER"), 0o755)
	index := save(t, dir, "DICOMDIR", mediaDirectory(t, `IMAGES\IM1`, `IMAGES2\IM2`, `IMAGES\GONE`, `..\SECRET`, `/etc/passwd`, `C:\WINDOWS`, `LINK`, `FOLDER`,
		`inactive:OLD`, `IMAGES\IM1`))
	c := scan(t, index)
	if c.Instances() != 2 {
		t.Errorf("%d instances", c.Instances())
	}
	want := map[string]imaging.SkipCode{"DICOMDIR": imaging.SkipDirectory, "IMAGES/GONE": imaging.SkipMissing, "../SECRET": imaging.SkipOutside,
		"etc/passwd": imaging.SkipOutside, "C:/WINDOWS": imaging.SkipOutside, "LINK": imaging.SkipOutside, "FOLDER": imaging.SkipUnreadable, "IMAGES2/UNLISTED": imaging.SkipNotListed}
	if got := relative(t, dir, c.Skipped); !reflect.DeepEqual(got, want) {
		t.Errorf("\n got %v\nwant %v", got, want)
	}
}

func TestACDIsReadWholeWhateverItsDICOMDIRLists(t *testing.T) {
	dir := t.TempDir()
	save(t, dir, "DICOM/A0001", written(t, sample(1, nil)))
	save(t, dir, "DICOM/A0002", written(t, sample(2, nil))) // not listed
	save(t, dir, "VIEWER/VIEWER.EXE", []byte("MZ\x90\x00 and so on"))
	save(t, dir, "AUTORUN.INF", []byte("[autorun]\r\nopen=VIEWER\\VIEWER.EXE\r\n"))
	save(t, dir, "报告.PDF", []byte("%PDF-1.4\n"))
	save(t, dir, "moved/A0004", written(t, sample(4, nil)))
	save(t, dir, "DICOMDIR", mediaDirectory(t, `DICOM\A0001`, `DICOM\A0003`, `DICOM\A0003`, `ELSEWHERE\A0004`))
	c := scan(t, dir)
	if c.Instances() != 3 {
		t.Errorf("%d instances", c.Instances())
	}
	want := map[string]imaging.SkipCode{"DICOMDIR": imaging.SkipDirectory, "DICOM/A0003": imaging.SkipMissing,
		"VIEWER/VIEWER.EXE": imaging.SkipNotDICOM, "AUTORUN.INF": imaging.SkipNotDICOM, "报告.PDF": imaging.SkipNotDICOM}
	if got := relative(t, dir, c.Skipped); !reflect.DeepEqual(got, want) {
		t.Errorf("\n got %v\nwant %v", got, want)
	}
	for _, s := range c.Skipped {
		if s.Path == filepath.Join(dir, "报告.PDF") && !strings.Contains(s.Detail, "PDF") {
			t.Errorf("the reason does not name the format: %s", s.Detail)
		}
	}
}

func TestADICOMDIRInAnArchiveNamesWhatIsMissing(t *testing.T) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, content := range map[string][]byte{"disc/DICOMDIR": mediaDirectory(t, `IMG\ONE`, `IMG\TWO`), "disc/img/one": written(t, sample(1, nil))} {
		w, _ := z.Create(name)
		w.Write(content)
	}
	z.Close()
	name := save(t, t.TempDir(), "disc.zip", b.Bytes())
	c := scan(t, name)
	var got []string
	for _, s := range c.Skipped {
		got = append(got, string(s.Code)+" "+strings.TrimPrefix(s.Path, name))
	}
	slices.Sort(got)
	if c.Instances() != 1 || !reflect.DeepEqual(got, []string{"dicomdir !disc/DICOMDIR", "missing !disc/IMG/TWO"}) {
		t.Errorf("%d instances, %v", c.Instances(), got)
	}
}

func TestADamagedDICOMDIRGivesTheFilesBeforeTheDamage(t *testing.T) {
	dir := t.TempDir()
	save(t, dir, "ONE", written(t, sample(1, nil)))
	index := mediaDirectory(t, "ONE", "TWO")
	name := save(t, dir, "DICOMDIR", index[:len(index)-20])
	c := scan(t, name)
	if c.Instances() != 1 {
		t.Errorf("%d instances", c.Instances())
	}
	got := relative(t, dir, c.Skipped)
	if got["DICOMDIR"] != imaging.SkipTruncated {
		t.Errorf("%v", got)
	}
}
