package ui

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"longying/imaging"
	"longying/imaging/dicomfile"
)

func TestAnotherMakersSegmentIsMarkedOnItsPictureAsNobodysFindingHere(t *testing.T) {
	c := newCompared(t)
	dir := t.TempDir()
	mask := make([]byte, 16*16)
	for i := range 5 {
		mask[(3+i/3)*16+4+i%3] = 1
	}
	seg := func(uid, of string, px imaging.PixelDescription, raw []byte) {
		item := dicomfile.NewDataset().Sequence(0x0062000A, dicomfile.NewDataset().Int(0x0062000B, "US", 1)).
			Sequence(0x00089124, dicomfile.NewDataset().Sequence(0x00082112, dicomfile.NewDataset().String(0x00081155, "UI", of)))
		ds := dicomfile.NewDataset().
			String(dicomfile.TagSOPClassUID, "UI", "1.2.840.10008.5.1.4.1.1.66.4").
			String(dicomfile.TagSOPInstanceUID, "UI", uid).
			String(dicomfile.TagStudyInstanceUID, "UI", "2.25.91").
			String(dicomfile.TagSeriesInstanceUID, "UI", "2.25.91.9").
			String(dicomfile.TagModality, "CS", "SEG").
			String(dicomfile.TagManufacturer, "LO", "OtherCo").
			String(dicomfile.TagPatientName, "PN", "Made^Up").
			String(dicomfile.TagPatientID, "LO", "M1").
			String(0x00620001, "CS", "FRACTIONAL").Int(0x0062000E, "US", 1).
			Sequence(0x00620002, dicomfile.NewDataset().Int(0x00620004, "US", 1).String(0x00620005, "LO", "Nodule")).
			Sequence(dicomfile.TagPerFrameFunctional, item).
			SetPixels(px, raw)
		f, err := os.Create(filepath.Join(dir, uid))
		if err != nil {
			t.Fatal(err)
		}
		if err := dicomfile.Write(f, ds); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	px := imaging.PixelDescription{Rows: 16, Columns: 16, Samples: 1, BitsAllocated: 8, BitsStored: 8, Photometric: "MONOCHROME2"}
	seg("2.25.991", "2.25.91.1.5", px, mask)
	px.Rows = 8
	seg("2.25.992", "2.25.91.1.4", px, mask[:8*16]) // of another size than its picture
	if _, err := c.ws.Registry.Import(t.Context(), c.ws.User(), []string{dir}, nil); err != nil {
		t.Fatal(err)
	}
	c.ws.OpenStudy("2.25.91", func(err error) { t.Error(err) })
	c.ws.Settle()
	marks := c.ports()[0].Marks()
	if len(marks) != 1 || marks[0].UID != "" || marks[0].Item != "2.25.991 segment 1" || marks[0].SOPUID != "2.25.91.1.5" || marks[0].Label != "Nodule · OtherCo · 非本系统，未确认" {
		t.Fatalf("%+v", marks)
	}
	if g := marks[0].Region; g.X0 != 4 || g.Y0 != 3 || g.X1 != 7 || g.Y1 != 5 {
		t.Errorf("%+v", g)
	}
	if said := texts(c.front.Content); !strings.Contains(said, "“Nodule”有 1 处") {
		t.Errorf("%q does not say what is not shown", said)
	}
	list, err := c.ws.Reading.Findings(t.Context(), c.ws.User(), "2.25.91")
	if err != nil || len(list) != 0 {
		t.Errorf("%d findings of the record, %v", len(list), err)
	}
	// The same keys go on to it, and the picture goes there.
	c.ports()[0].SetState(c.ports()[0].State().ScrollTo(0))
	c.ws.Settle()
	c.key(fyne.KeyJ, 0)
	if now, ok := c.ports()[0].Shown(); !ok || now.Instance.SOPInstanceUID != "2.25.91.1.5" {
		t.Errorf("J does not lead to its picture, but to %+v", now.Instance)
	}
	if said := texts(c.tab.Content); !strings.Contains(said, "SOP 2.25.991 segment 1") {
		t.Errorf("it is not the chosen one of the list: %q", said)
	}
	// No verdict is given on it.
	c.key(fyne.KeyY, 0)
	if list, err := c.ws.Reading.Findings(t.Context(), c.ws.User(), "2.25.91"); err != nil || len(list) != 0 {
		t.Errorf("Y made %d findings of it, %v", len(list), err)
	}
	// A key opens the form, and sending that takes it over.
	c.key(fyne.KeyY, fyne.KeyModifierShift)
	if list, err := c.ws.Reading.Findings(t.Context(), c.ws.User(), "2.25.91"); err != nil || len(list) != 0 {
		t.Errorf("it was taken over before the form was sent: %d, %v", len(list), err)
	}
	c.key(fyne.KeyReturn, fyne.KeyModifierControl)
	list, err = c.ws.Reading.Findings(t.Context(), c.ws.User(), "2.25.91")
	if err != nil || len(list) != 1 || list[0].Origin == nil || list[0].Origin.Key() != "2.25.991 segment 1" || list[0].By != c.ws.User().ID {
		t.Fatalf("%+v, %v", list, err)
	}
	marks = c.ports()[0].Marks()
	if len(marks) != 1 || marks[0].UID != list[0].UID || marks[0].Item != "" || marks[0].Outline == nil {
		t.Errorf("%+v", marks)
	}
}
