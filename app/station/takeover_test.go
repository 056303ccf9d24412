package station

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"longying/app/delivery"
	"longying/app/reading"
	"longying/imaging"
	"longying/imaging/dicomfile"
	"longying/records"
)

// others puts a segmentation of another maker's into the film's study, of two
// segments on its first picture; who is the patient that its header names.
func (b *bench) others(uid, who string) string {
	b.t.Helper()
	study, err := b.Archive.Study(b.ctx, b.film.StudyUID)
	b.must(err)
	in := &study.Series[0].Instances[0]
	px := imaging.PixelDescription{Rows: in.Pixels.Rows, Columns: in.Pixels.Columns, Samples: 1, BitsAllocated: 8, BitsStored: 8, Photometric: "MONOCHROME2"}
	item := func(n int) *dicomfile.Dataset {
		return dicomfile.NewDataset().Sequence(0x0062000A, dicomfile.NewDataset().Int(0x0062000B, "US", n)).
			Sequence(0x00089124, dicomfile.NewDataset().Sequence(0x00082112, dicomfile.NewDataset().String(0x00081155, "UI", in.SOPInstanceUID)))
	}
	segment := func(n int, label string) *dicomfile.Dataset {
		return dicomfile.NewDataset().Int(0x00620004, "US", n).String(0x00620005, "LO", label).String(0x00620009, "LO", "LungFinder 3.1")
	}
	mask := func(at int) []byte {
		m := make([]byte, px.Rows*px.Columns)
		for y := 20; y < 30; y++ {
			for x := at; x < at+15; x++ {
				m[y*px.Columns+x] = 255
			}
		}
		return m
	}
	ds := dicomfile.NewDataset().
		String(dicomfile.TagSOPClassUID, "UI", "1.2.840.10008.5.1.4.1.1.66.4").
		String(dicomfile.TagSOPInstanceUID, "UI", uid).
		String(dicomfile.TagStudyInstanceUID, "UI", b.film.StudyUID).
		String(dicomfile.TagSeriesInstanceUID, "UI", uid+".1").
		String(dicomfile.TagModality, "CS", "SEG").
		String(dicomfile.TagManufacturer, "LO", "OtherCo").
		String(dicomfile.TagPatientName, "PN", b.film.Header.Name).
		String(dicomfile.TagPatientID, "LO", who).
		String(0x00620001, "CS", "FRACTIONAL").Int(0x0062000E, "US", 255).
		Sequence(0x00620002, segment(1, "Nodule"), segment(2, "Effusion")).
		Sequence(dicomfile.TagPerFrameFunctional, item(1), item(2)).
		SetPixels(px, mask(10), mask(40))
	dir := b.t.TempDir()
	var raw bytes.Buffer
	b.must(dicomfile.Write(&raw, ds))
	b.must(os.WriteFile(filepath.Join(dir, "seg.dcm"), raw.Bytes(), 0o600))
	_, err = b.Registry.Import(b.ctx, b.radiologist, []string{dir}, nil)
	b.must(err)
	return uid
}

func TestAnotherMakersItemBecomesADoctorsOwnFindingByTheirActAloneAndKeepsWhereItIsFrom(t *testing.T) {
	b := newBench(t)
	object := b.others("2.25.9901", b.film.Header.PatientID)
	study := b.film.StudyUID
	said, err := b.Reading.Foreign(b.ctx, b.radiologist, study)
	b.must(err)
	if len(said.Findings) != 2 || len(said.Lost) > 0 || said.Findings[0].Origin.Key() != object+" segment 1" {
		t.Fatalf("%+v", said)
	}
	none, err := b.Reading.Findings(b.ctx, b.radiologist, study)
	b.must(err)
	if len(none) != 0 {
		t.Fatal("something was taken over by itself")
	}
	_, err = b.Reading.TakeOver(b.ctx, b.auditor, study, object, "segment 1", records.FindingChange{})
	b.refused("right", err)
	side := "R"
	f, err := b.Reading.TakeOver(b.ctx, b.radiologist, study, object, "segment 1", records.FindingChange{Laterality: &side})
	b.must(err)
	want := records.Origin{SOPUID: object, SOPClass: "1.2.840.10008.5.1.4.1.1.66.4", Item: "segment 1", Maker: "OtherCo", Algorithm: "LungFinder 3.1", Label: "Nodule"}
	if f.State != records.FindingConfirmed || f.Version != 1 || f.ByName != b.radiologist.Name || f.Laterality != "R" || f.Model != nil || f.Origin == nil || *f.Origin != want {
		t.Errorf("%+v of %+v", f, f.Origin)
	}
	if g := f.Ref.Region; f.Ref.SOPUID == "" || g == nil || *g != (imaging.Region{X0: 10, Y0: 20, X1: 25, Y1: 30, Kind: imaging.RegionTaken}) {
		t.Errorf("it lies at %+v", f.Ref)
	}
	_, err = b.Reading.TakeOver(b.ctx, b.pathologist, study, object, "segment 1", records.FindingChange{})
	b.refused("taken_already", err)
	_, err = b.Reading.TakeOver(b.ctx, b.radiologist, study, object, "segment 7", records.FindingChange{})
	b.refused("taken_gone", err)
	_, err = b.Reading.TakeOver(b.ctx, b.radiologist, b.slide.StudyUID, object, "segment 2", records.FindingChange{})
	b.refused("other_study", err)
	// It is theirs as any other is, and says to the end where it is from.
	label := records.Text{Zh: "右肺结节"}
	_, err = b.Reading.Edit(b.ctx, b.radiologist, f.UID, records.FindingChange{Label: &label})
	b.must(err)
	doc := b.signed("随访。")
	if o := doc.Document.Findings[0].Origin; o == nil || *o != want {
		t.Errorf("the signed finding is from %+v", o)
	}
	for _, format := range []string{"cda", "fhir", "sr"} {
		raw, err := delivery.DefaultForms().Encode(&doc, format)
		b.must(err)
		if !strings.Contains(string(raw), "OtherCo") || !strings.Contains(string(raw), "LungFinder 3.1") {
			t.Errorf("%s does not say where the finding is from", format)
		}
		if format != "cda" && !strings.Contains(string(raw), object) {
			t.Errorf("%s does not name the object", format)
		}
	}
	// Under another patient it is withdrawn as every finding is, and can be taken anew.
	_, err = b.Registry.Unlink(b.ctx, b.radiologist, study, "误关联", b.password("radiologist"))
	b.must(err)
	_, err = b.Reading.TakeOver(b.ctx, b.radiologist, study, object, "segment 1", records.FindingChange{})
	b.refused("not_linked", err)
	ps, err := b.Registry.Search(b.ctx, b.radiologist, "马志远")
	b.must(err)
	_, err = b.Registry.Link(b.ctx, b.radiologist, study, ps[0].ID)
	b.must(err)
	again, err := b.Reading.TakeOver(b.ctx, b.radiologist, study, object, "segment 1", records.FindingChange{})
	b.must(err)
	if again.UID == f.UID || again.TrackingUID == f.TrackingUID {
		t.Error("the identity went along to another person")
	}
	b.auditCount()
}

func TestAnObjectThatNamesAnotherPatientIsNeitherShownNorTakenOver(t *testing.T) {
	b := newBench(t)
	object := b.others("2.25.9902", "SOMEBODY-ELSE")
	said, err := b.Reading.Foreign(b.ctx, b.radiologist, b.film.StudyUID)
	b.must(err)
	if len(said.Findings) != 0 || len(said.Lost) != 1 || said.Lost[0].Code != "patient" {
		t.Errorf("%+v", said)
	}
	_, err = b.Reading.TakeOver(b.ctx, b.radiologist, b.film.StudyUID, object, "segment 1", records.FindingChange{})
	b.refused("other_patient", err)
}

func TestNoMakersWordIsShownToADoctorWhoOwesAFirstRead(t *testing.T) {
	b := newBench(t)
	object := b.others("2.25.9903", b.film.Header.PatientID)
	b.must(b.Reading.LockModel(b.ctx, b.admin, filmModel, true))
	study := b.film.StudyUID
	_, err := b.Reading.Analyze(b.ctx, b.radiologist, study, reading.Request{ModelIDs: []string{filmModel}})
	b.must(err)
	said, err := b.Reading.Foreign(b.ctx, b.radiologist, study)
	b.must(err)
	if len(said.Findings)+len(said.Lost) != 0 || len(said.Hidden) != 1 {
		t.Errorf("%+v", said)
	}
	_, err = b.Reading.TakeOver(b.ctx, b.radiologist, study, object, "segment 1", records.FindingChange{})
	b.refused("first_read", err)
	_, err = b.Reading.SaveFirstRead(b.ctx, b.radiologist, study, filmModel, records.AnswerNo, "双肺未见异常")
	b.must(err)
	said, err = b.Reading.Foreign(b.ctx, b.radiologist, study)
	b.must(err)
	if len(said.Findings) != 2 || len(said.Hidden) != 0 {
		t.Errorf("after the first read: %+v", said)
	}
}
