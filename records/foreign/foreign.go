package foreign

import (
	"strings"

	"longying/imaging"
	"longying/imaging/dicomfile"
	"longying/records"
)

// Finding is one thing that an object points at.
type Finding struct {
	Origin   records.Origin // which part of which object says so, and who made it
	Code     *records.Code  // of what it is called, where it is coded
	Site     *records.Code  // anatomic
	Side     string         // L, R, B or empty: not stated
	Values   []string       // what was measured, in words
	Measured []records.Measurement
	Colour   *[3]uint8 // recommended for its display, sRGB
	Half     bool      // of a fractional segmentation: where it is at least half
	Places   []Place
}

// Place is where it lies in one picture: a mask, or lines in pixels of the picture
// whose (0, 0) is the corner of the first pixel.
type Place struct {
	SOPUID        string
	Frame         int // 0: the whole object
	Columns, Rows int // of the picture that a mask was made of
	Mask          *Mask
	Line          [][2]float64
}

// Mask is the part of a picture in which something is set.
type Mask struct {
	X, Y          int // of its corner in the picture
	Columns, Rows int
	In            []bool // Columns × Rows, row by row
}

// Count is how many pixels are set.
func (m *Mask) Count() int {
	n := 0
	for _, in := range m.In {
		if in {
			n++
		}
	}
	return n
}

// The classes of objects that Read knows.
const (
	segmentation = "1.2.840.10008.5.1.4.1.1.66.4"
	labelmap     = "1.2.840.10008.5.1.4.1.1.66.7"
	reports      = "1.2.840.10008.5.1.4.1.1.88."
)

// Known reports an object that Read knows by its class.
func Known(sopClass string) bool {
	return sopClass == segmentation || sopClass == labelmap || strings.HasPrefix(sopClass, reports)
}

const (
	tagAlgorithmName    dicomfile.Tag = 0x00620009
	tagAlgorithmID      dicomfile.Tag = 0x00620007
	tagAlgorithmNameOf  dicomfile.Tag = 0x00660036
	tagAlgorithmVersion dicomfile.Tag = 0x00660031
	tagSegments         dicomfile.Tag = 0x00620002
	tagSegmentNumber    dicomfile.Tag = 0x00620004
	tagSegmentLabel     dicomfile.Tag = 0x00620005
	tagSegmentation     dicomfile.Tag = 0x00620001
	tagSegmentColour    dicomfile.Tag = 0x0062000D
	tagMostFractional   dicomfile.Tag = 0x0062000E
	tagSegmentType      dicomfile.Tag = 0x0062000F
	tagAnatomicRegion   dicomfile.Tag = 0x00082218
	tagRegionModifier   dicomfile.Tag = 0x00082220
	tagTrackingUID      dicomfile.Tag = 0x00620021
	tagSegmentOf        dicomfile.Tag = 0x0062000A
	tagSegmentOfNumber  dicomfile.Tag = 0x0062000B
	tagPadding          dicomfile.Tag = 0x00280120
	tagDerivationImages dicomfile.Tag = 0x00089124
	tagSourceImages     dicomfile.Tag = 0x00082112
	tagReferencedUID    dicomfile.Tag = 0x00081155
	tagReferencedFrame  dicomfile.Tag = 0x00081160
	tagContent          dicomfile.Tag = 0x0040A730
	tagValueType        dicomfile.Tag = 0x0040A040
	tagConceptName      dicomfile.Tag = 0x0040A043
	tagConcept          dicomfile.Tag = 0x0040A168
	tagTextValue        dicomfile.Tag = 0x0040A160
	tagUID              dicomfile.Tag = 0x0040A124
	tagMeasured         dicomfile.Tag = 0x0040A300
	tagNumber           dicomfile.Tag = 0x0040A30A
	tagUnits            dicomfile.Tag = 0x004008EA
	tagGraphicData      dicomfile.Tag = 0x00700022
	tagGraphicType      dicomfile.Tag = 0x00700023
	tagReferencedSOP    dicomfile.Tag = 0x00081199
	tagCodeMeaning      dicomfile.Tag = 0x00080104
	tagCodeValue        dicomfile.Tag = 0x00080100
	tagCodeScheme       dicomfile.Tag = 0x00080102
)

// Read reads an object. frame decodes its frames, from 1. Refused says, for each
// part that cannot be shown, why; what can be is there all the same.
func Read(f *dicomfile.File, frame func(n int) (*imaging.Frame, error)) (found []Finding, refused []string, err error) {
	ds, err := f.Dataset()
	if err != nil {
		return nil, nil, err
	}
	in := f.Instance()
	origin := records.Origin{SOPUID: in.SOPInstanceUID, SOPClass: in.SOPClassUID, Maker: strings.TrimSpace(in.Manufacturer + " " + in.ModelName)}
	if in.SOPClassUID == segmentation || in.SOPClassUID == labelmap {
		return segments(ds, in, origin, frame)
	}
	r := reader{origin: origin}
	r.group(ds, "", "1", 0)
	return r.found, r.refused, nil
}

// coded is a code sequence's item; nil where it has no value or no scheme.
func coded(ds *dicomfile.Dataset) *records.Code {
	c := records.Code{Value: ds.Text(tagCodeValue), Scheme: ds.Text(tagCodeScheme), Meaning: ds.Text(tagCodeMeaning)}
	if c.Value == "" || c.Scheme == "" {
		return nil
	}
	return &c
}

// sideOf is a laterality in SNOMED CT or SRT.
func sideOf(c *records.Code) string {
	if c == nil {
		return ""
	}
	switch c.Value {
	case "7771000", "G-A101":
		return "L"
	case "24028007", "G-A100":
		return "R"
	case "51440002", "G-A102":
		return "B"
	}
	return ""
}
