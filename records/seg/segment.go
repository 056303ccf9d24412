package seg

import (
	"fmt"

	"longying/imaging/dicomfile"
	"longying/records"
	"longying/records/composite"
)

// Attributes of the Segment Description macro, PS3.3 C.8.20.4, and of the
// Algorithm Identification macro, 10.16.
const (
	tagPropertyCategory    dicomfile.Tag = 0x00620003
	tagSegmentNumber       dicomfile.Tag = 0x00620004
	tagSegmentLabel        dicomfile.Tag = 0x00620005
	tagSegmentDescription  dicomfile.Tag = 0x00620006
	tagAlgorithmIdentified dicomfile.Tag = 0x00620007
	tagAlgorithmType       dicomfile.Tag = 0x00620008
	tagAlgorithmNameOf     dicomfile.Tag = 0x00620009
	tagRecommendedLab      dicomfile.Tag = 0x0062000D
	tagPropertyType        dicomfile.Tag = 0x0062000F
	tagTrackingID          dicomfile.Tag = 0x00620020
	tagTrackingUID         dicomfile.Tag = 0x00620021
	tagAnatomicRegion      dicomfile.Tag = 0x00082218
	tagAnatomicModifier    dicomfile.Tag = 0x00082220
	tagAlgorithmFamily     dicomfile.Tag = 0x0066002F
	tagAlgorithmVersion    dicomfile.Tag = 0x00660031
	tagAlgorithmParameters dicomfile.Tag = 0x00660032
	tagAlgorithmName       dicomfile.Tag = 0x00660036
	tagAlgorithmSource     dicomfile.Tag = 0x00240202
)

func (e *encoder) segments(ds *dicomfile.Dataset) {
	var items []*dicomfile.Dataset
	for i, s := range e.object.Segments {
		items = append(items, e.segment(s.Finding, i+1))
	}
	ds.Sequence(tagSegments, items...)
}

func (e *encoder) segment(f *records.Finding, number int) *dicomfile.Dataset {
	tracking := f.TrackingID
	if tracking == "" {
		tracking = fmt.Sprintf("finding %d", number)
	}
	d := dicomfile.NewDataset().
		Int(tagSegmentNumber, "US", number).
		String(tagSegmentLabel, "LO", f.Label.In("zh")).
		String(tagSegmentDescription, "ST", e.confirmed(f)).
		Sequence(tagPropertyCategory, composite.Coded(records.Code{Value: "49755003", Scheme: "SCT", Meaning: "Morphologically Abnormal Structure"})).
		Sequence(tagPropertyType, composite.Coded(composite.FindingCode(f))).
		String(tagTrackingID, "UT", tracking).
		String(tagTrackingUID, "UI", f.TrackingUID).
		Int(tagRecommendedLab, "US", lab(number)...)
	if s := f.Site; s != nil {
		region := composite.Coded(*s)
		if side, ok := composite.Side(f.Laterality); ok {
			region.Sequence(tagAnatomicModifier, composite.Coded(side))
		}
		d.Sequence(tagAnatomicRegion, region)
	}
	m := f.Model
	if m == nil {
		return d.String(tagAlgorithmType, "CS", "MANUAL")
	}
	return d.String(tagAlgorithmType, "CS", "SEMIAUTOMATIC").
		String(tagAlgorithmNameOf, "LO", m.ID).
		Sequence(tagAlgorithmIdentified, dicomfile.NewDataset().
			Sequence(tagAlgorithmFamily, composite.Coded(records.Code{Value: "123110", Scheme: "DCM", Meaning: "Artificial Intelligence"})).
			String(tagAlgorithmName, "LO", m.ID).
			String(tagAlgorithmVersion, "LO", m.Version).
			String(tagAlgorithmParameters, "LT", "model sha256="+m.SHA256).
			String(tagAlgorithmSource, "LO", e.cfg.Manufacturer))
}

// confirmed says who stands behind a segment: DICOM has no element for it.
func (e *encoder) confirmed(f *records.Finding) string {
	if f.Model == nil {
		return fmt.Sprintf("Drawn by %s, %s", f.ByName, e.cfg.Stamp(f.At))
	}
	return fmt.Sprintf("Proposed by %s %s, confirmed by %s, %s (模型提示,经医师确认)", f.Model.ID, f.Model.Version, f.ByName, e.cfg.Stamp(f.At))
}

// lab is a colour for showing a segment, CIELab scaled as PS3.3 C.10.7.1.1 says:
// yellow, cyan, magenta, orange, green in turn.
func lab(number int) []int {
	colours := [][]int{{57160, 33768, 55094}, {48089, 23296, 27133}, {38563, 50293, 24651}, {46013, 43122, 52448}, {47193, 19351, 45282}}
	return colours[(number-1)%len(colours)]
}
