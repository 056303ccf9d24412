package station

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"

	"longying/imaging"
	"longying/imaging/dicomfile"
	"longying/records"
)

// fromDevice writes an object whose header declares ISO_IR 100, whatever its
// name is written in.
func fromDevice(t *testing.T, study, station, name string) string {
	t.Helper()
	placeholder := strings.Repeat("x", len(name))
	ds := dicomfile.NewDataset().
		String(dicomfile.TagSOPClassUID, "UI", "1.2.840.10008.5.1.4.1.1.2").
		String(dicomfile.TagSOPInstanceUID, "UI", study+".1.1").
		String(dicomfile.TagStudyInstanceUID, "UI", study).
		String(dicomfile.TagSeriesInstanceUID, "UI", study+".1").
		String(dicomfile.TagModality, "CS", "CT").
		String(dicomfile.TagManufacturer, "LO", "Neusoft").
		String(dicomfile.TagStationName, "SH", station).
		String(dicomfile.TagPatientName, "PN", placeholder).
		String(dicomfile.TagPatientID, "LO", "11010519491231002X").
		SetPixels(imaging.PixelDescription{Rows: 1, Columns: 2, Samples: 1, BitsAllocated: 8, Photometric: "MONOCHROME2"}, []byte{1, 2})
	var b bytes.Buffer
	if err := dicomfile.Write(&b, ds); err != nil {
		t.Fatal(err)
	}
	raw := bytes.Replace(b.Bytes(), []byte("CS\x0a\x00ISO_IR 192"), []byte("CS\x0a\x00ISO_IR 100"), 1)
	raw = bytes.Replace(raw, []byte(placeholder), []byte(name), 1)
	path := filepath.Join(t.TempDir(), "object")
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// A name that two character sets can read is shown as declared and marked; what
// a person chooses holds for the device: for what it sent before, for what it
// sends next, on import and on opening.
func TestTheReadingOfANameThatAPersonChoseIsRememberedForItsDevice(t *testing.T) {
	b := newBench(t)
	gb := func(s string) string {
		out, err := simplifiedchinese.GBK.NewEncoder().String(s)
		b.must(err)
		return out
	}
	register := filepath.Join(t.TempDir(), "people.csv")
	b.must(os.WriteFile(register, []byte("姓名,身份证件类别代码,身份证件号码,性别代码,出生日期\n傅鑫,01,11010519491231002X,2,19491231\n"), 0o600))
	_, err := b.Registry.ImportPeople(b.ctx, b.radiologist, register)
	b.must(err)

	add := func(study, station, name string) records.Examination {
		t.Helper()
		res, err := b.Registry.Import(b.ctx, b.radiologist, []string{fromDevice(t, study, station, name)}, nil)
		b.must(err)
		if len(res.Studies) != 1 {
			t.Fatalf("%d studies, skipped %v", len(res.Studies), res.Skipped)
		}
		return res.Studies[0]
	}
	first := add("2.25.901", "CT01", gb("傅鑫"))
	before := add("2.25.902", "CT01", gb("宣璐"))
	other := add("2.25.903", "CT02", gb("傅鑫"))
	for _, ex := range []records.Examination{first, before, other} {
		if !ex.Text.Doubtful || !ex.Text.Choosable() || ex.Text.Used != "ISO_IR 100" || ex.Link.Linked() {
			t.Fatalf("%s: %+v, %q, %s", ex.StudyUID, ex.Text, ex.Header.Name, ex.Link)
		}
	}
	if first.Header.Name == "傅鑫" {
		t.Fatal("a doubtful name was changed without asking")
	}

	_, err = b.Registry.RememberCharacterSet(b.ctx, b.auditor, first.StudyUID, "GB18030")
	if err == nil {
		t.Error("an auditor chose the reading of a name")
	}
	_, err = b.Registry.RememberCharacterSet(b.ctx, b.radiologist, first.StudyUID, "ISO_IR 13")
	b.refused("character_set", err)
	count := b.auditCount()
	chosen, err := b.Registry.RememberCharacterSet(b.ctx, b.radiologist, first.StudyUID, "GB18030")
	b.must(err)
	if chosen.Header.Name != "傅鑫" || chosen.Text.Doubtful || !chosen.Text.ByHand || chosen.LinkRule != records.RuleIDAndName {
		t.Errorf("chosen: %q, %+v, linked by %q", chosen.Header.Name, chosen.Text, chosen.LinkRule)
	}
	if n := b.auditCount() - count; n < 2 {
		t.Errorf("%d audit events", n)
	}
	old, err := b.Registry.Examination(b.ctx, b.radiologist, before.StudyUID)
	b.must(err)
	if old.Header.Name != "宣璐" || old.Text.Doubtful {
		t.Errorf("imported before: %q, %+v", old.Header.Name, old.Text)
	}
	next := add("2.25.904", "CT01", gb("韦倩"))
	if next.Header.Name != "韦倩" || next.Text.Doubtful || next.Text.Used != "GB18030" {
		t.Errorf("imported after: %q, %+v", next.Header.Name, next.Text)
	}
	still, err := b.Registry.Examination(b.ctx, b.radiologist, other.StudyUID)
	b.must(err)
	if still.Header.Name != other.Header.Name || !still.Text.Doubtful {
		t.Errorf("another device: %q, %+v", still.Header.Name, still.Text)
	}
	study, err := b.Archive.Study(b.ctx, next.StudyUID)
	b.must(err)
	if got := study.Patient.Name.Display(); got != "韦倩" {
		t.Errorf("opened as %q", got)
	}
	f, err := b.Archive.Open(b.ctx, "2.25.902.1.1")
	b.must(err)
	defer f.Close()
	if got := f.Instance().Patient.Name.Display(); got != "宣璐" {
		t.Errorf("one object opened as %q", got)
	}

	// A choice can be taken back.
	back, err := b.Registry.RememberCharacterSet(b.ctx, b.radiologist, before.StudyUID, "ISO_IR 100")
	b.must(err)
	if back.Header.Name != before.Header.Name || back.Text.Doubtful {
		t.Errorf("taken back: %q, %+v", back.Header.Name, back.Text)
	}
}
