package dicomfile

import (
	"bytes"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"longying/imaging"
)

func TestWriterRefusesWhatTheStandardForbids(t *testing.T) {
	cases := map[string]func(*Dataset){
		"a VR that does not exist":          func(d *Dataset) { d.String(TagModality, "XX", "CT") },
		"a VR the dictionary does not give": func(d *Dataset) { d.String(TagModality, "LO", "CT") },
		"lower case in CS":                  func(d *Dataset) { d.String(TagModality, "CS", "ct") },
		"a date that is not eight digits":   func(d *Dataset) { d.String(TagStudyDate, "DA", "2024-01-01") },
		"an age without a unit":             func(d *Dataset) { d.String(TagPatientAge, "AS", "4") },
		"a text that is too long":           func(d *Dataset) { d.String(TagCodeValue, "SH", strings.Repeat("x", 17)) },
		"a number outside US":               func(d *Dataset) { d.Int(TagRows, "US", 65536) },
		"a negative number in UL":           func(d *Dataset) { d.Int(TagTotalPixelRows, "UL", -1) },
		"a UID with a leading zero":         func(d *Dataset) { d.String(TagStudyInstanceUID, "UI", "1.02.3") },
		"a backslash inside a value":        func(d *Dataset) { d.String(TagPatientName, "PN", `a\b`) },
		"Chinese outside text VRs":          func(d *Dataset) { d.String(TagModality, "CS", "中") },
		"text that is not UTF-8":            func(d *Dataset) { d.String(TagPatientName, "PN", "\xff\xfe") },
		"two values where one is allowed":   func(d *Dataset) { d.String(TagImageComments, "LT", "a", "b") },
		"an element of the file meta group": func(d *Dataset) { d.String(TagTransferSyntax, "UI", "1.2") },
		"an item that has an error":         func(d *Dataset) { d.Sequence(TagConceptName, NewDataset().String(TagCodeMeaning, "SH", "x")) },
		"pixels of the wrong length": func(d *Dataset) {
			d.SetPixels(imaging.PixelDescription{Rows: 2, Columns: 2, Samples: 1, BitsAllocated: 8}, []byte{1})
		},
		"no SOP Instance UID":                   func(d *Dataset) { d.Delete(TagSOPInstanceUID) },
		"a name of more than five components":   func(d *Dataset) { d.String(TagPatientName, "PN", "a^b^c^d^e^f") },
		"a decimal string that is not a number": func(d *Dataset) { d.String(TagRescaleSlope, "DS", "one") },
	}
	for name, change := range cases {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			if err := Write(&b, sample(1, change)); err == nil {
				t.Error("it was written")
			} else if b.Len() > 0 {
				t.Error("bytes were written before the error")
			} else if !strings.Contains(err.Error(), "(") {
				t.Errorf("the error does not name the attribute: %v", err)
			}
		})
	}
}

// The element encodings of PS3.5 7.1.2, written by hand.
func TestWriterEncodesElementsAsTheStandardSays(t *testing.T) {
	ds := NewDataset().
		Sequence(TagConceptName, NewDataset().String(TagCodeMeaning, "LO", "abc")).
		String(TagModality, "CS", "SR").
		Int(TagRows, "US", 513).
		Float(NewTag(0x18, 0x602C), "FD", 1)
	got, err := encoder{}.elements(nil, ds, ds.elements, 0)
	if err != nil {
		t.Fatal(err)
	}
	want := "08006000" + "4353" + "0200" + "5352" +
		"18002c60" + "4644" + "0800" + "000000000000f03f" +
		"28001000" + "5553" + "0200" + "0102" +
		"400043a0" + "5351" + "0000" + "14000000" + "feff00e0" + "0c000000" + "08000401" + "4c4f" + "0400" + "61626320"
	if hex.EncodeToString(got) != want {
		t.Errorf("\n got %x\nwant %s", got, want)
	}
}

func TestWhatIsWrittenIsReadBack(t *testing.T) {
	f := opened(t, written(t, sample(3, func(d *Dataset) {
		d.String(TagImageType, "CS", "DERIVED", "SECONDARY").String(TagReferringPhysician, "PN")
	})))
	in := f.Instance()
	if in.Patient.Name.Characters() != "王小东" || in.Patient.ID != "甘肃0001" || in.CharacterSet != "ISO_IR 192" {
		t.Errorf("patient %+v in %s", in.Patient, in.CharacterSet)
	}
	if in.Number != 3 || len(in.ImageType) != 2 || in.ModalityLUT.Intercept != -1024 || in.TransferSyntaxUID != ExplicitLittle {
		t.Errorf("instance %+v", in)
	}
	if got := in.Study.Date.Format("2006-01-02 15:04:05"); got != "2024-05-06 07:08:09" {
		t.Errorf("study date %s", got)
	}
	raw, err := f.RawFrame(1)
	if err != nil || !bytes.Equal(raw, []byte{1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 1}) {
		t.Errorf("frame %v, %v", raw, err)
	}
	for _, n := range []int{0, 2, -1} {
		if _, err := f.RawFrame(n); err == nil {
			t.Errorf("frame %d was given", n)
		}
	}
}

func TestRewriteChangesTheHeaderAndKeepsThePixels(t *testing.T) {
	src := opened(t, written(t, sample(1, nil)))
	var out bytes.Buffer
	uid := NewUID()
	err := Rewrite(src, &out, func(d *Dataset) error {
		d.String(TagSOPInstanceUID, "UI", uid).String(TagPatientAge, "AS", "034Y")
		return d.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	f := opened(t, out.Bytes())
	if f.Instance().Patient.Age != "034Y" || f.Instance().SOPInstanceUID != uid || f.Instance().Patient.Name != src.Instance().Patient.Name {
		t.Errorf("%+v", f.Instance().Patient)
	}
	a, _ := src.RawFrame(1)
	b, _ := f.RawFrame(1)
	if !bytes.Equal(a, b) {
		t.Error("the pixels changed")
	}
	boom := errors.New("boom")
	if err := Rewrite(src, &out, func(*Dataset) error { return boom }); !errors.Is(err, boom) {
		t.Errorf("the caller's error was lost: %v", err)
	}
}

func TestRewriteKeepsEncapsulatedPixelsAndTurnsTextIntoUTF8(t *testing.T) {
	for _, name := range []string{"dicom/wg04/JPLL/CT1_JPLL", "dicom/fo-dicom/HasFragmentSequence.dcm", "dicom/charset/pydicom/chrH31.dcm", "dicom/pydicom-data/emri_small_big_endian.dcm", "series/mr-united-imaging-17/00000009.dcm"} {
		t.Run(name, func(t *testing.T) {
			src, err := Open(shared(t, name))
			if err != nil {
				t.Fatal(err)
			}
			defer src.Close()
			var out bytes.Buffer
			if err := Rewrite(src, &out, nil); err != nil {
				t.Fatal(err)
			}
			f := opened(t, out.Bytes())
			a, b := src.Instance(), f.Instance()
			if a.Patient.Name != b.Patient.Name || b.CharacterSet != "ISO_IR 192" || a.Pixels.Frames != b.Pixels.Frames {
				t.Errorf("%+v became %+v", a.Patient, b.Patient)
			}
			for _, n := range []int{1, a.Pixels.Frames} {
				x, errX := src.RawFrame(n)
				y, errY := f.RawFrame(n)
				if errX != nil || errY != nil {
					t.Fatal(errX, errY)
				}
				if a.TransferSyntaxUID == ExplicitBig {
					y = swapped(y, "OW")
				} else if a.TransferSyntaxUID != b.TransferSyntaxUID {
					t.Errorf("transfer syntax %s became %s", a.TransferSyntaxUID, b.TransferSyntaxUID)
				}
				if !bytes.Equal(x, y) {
					t.Errorf("frame %d changed", n)
				}
			}
		})
	}
}

func TestNewUIDsAreValidAndDiffer(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		u := NewUID()
		if err := CheckUID(u); err != nil || !strings.HasPrefix(u, "2.25.") || seen[u] {
			t.Fatal(u, err)
		}
		seen[u] = true
	}
}

func TestDecimalStringsFitSixteenCharacters(t *testing.T) {
	for _, x := range []float64{0, 1, -1.0 / 3, 1e300 / 3, -1.23456789012345e-200, 123456789012345678} {
		s, err := decimalString(x)
		if err != nil || len(s) > 16 {
			t.Errorf("%g: %q %v", x, s, err)
		}
	}
}
