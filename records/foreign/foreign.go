package foreign

import (
	"fmt"
	"strings"

	"longying/imaging"
	"longying/imaging/dicomfile"
)

// Finding is one thing that an object points at.
type Finding struct {
	Object string // SOP Instance UID of the report or segmentation
	Maker  string // who made it: manufacturer, model, algorithm
	Label  string // what it is called there
	Values []string
	Places []Place
}

// Place is where it lies in one picture: a mask of Columns × Rows, or lines in
// pixels of the picture whose (0, 0) is the corner of the first pixel.
type Place struct {
	SOPUID        string
	Frame         int // 0: the whole object
	Columns, Rows int
	In            []bool
	Line          [][2]float64
}

// The classes of objects that Read knows.
const (
	segmentation = "1.2.840.10008.5.1.4.1.1.66.4"
	reports      = "1.2.840.10008.5.1.4.1.1.88."
)

// Known reports an object that Read knows by its class.
func Known(sopClass string) bool {
	return sopClass == segmentation || strings.HasPrefix(sopClass, reports)
}

const (
	tagAlgorithmName    dicomfile.Tag = 0x00620009
	tagSegments         dicomfile.Tag = 0x00620002
	tagSegmentNumber    dicomfile.Tag = 0x00620004
	tagSegmentLabel     dicomfile.Tag = 0x00620005
	tagSegmentation     dicomfile.Tag = 0x00620001
	tagMostFractional   dicomfile.Tag = 0x0062000E
	tagSegmentOf        dicomfile.Tag = 0x0062000A
	tagSegmentOfNumber  dicomfile.Tag = 0x0062000B
	tagDerivationImages dicomfile.Tag = 0x00089124
	tagSourceImages     dicomfile.Tag = 0x00082112
	tagReferencedUID    dicomfile.Tag = 0x00081155
	tagReferencedFrame  dicomfile.Tag = 0x00081160
	tagContent          dicomfile.Tag = 0x0040A730
	tagValueType        dicomfile.Tag = 0x0040A040
	tagConceptName      dicomfile.Tag = 0x0040A043
	tagConcept          dicomfile.Tag = 0x0040A168
	tagTextValue        dicomfile.Tag = 0x0040A160
	tagMeasured         dicomfile.Tag = 0x0040A300
	tagNumber           dicomfile.Tag = 0x0040A30A
	tagUnits            dicomfile.Tag = 0x004008EA
	tagGraphicData      dicomfile.Tag = 0x00700022
	tagGraphicType      dicomfile.Tag = 0x00700023
	tagReferencedSOP    dicomfile.Tag = 0x00081199
	tagCodeMeaning      dicomfile.Tag = 0x00080104
	tagCodeValue        dicomfile.Tag = 0x00080100
)

// Read reads an object. frame decodes its frames, from 1. Refused says, for each
// part that cannot be shown, why; what can be is there all the same.
func Read(f *dicomfile.File, frame func(n int) (*imaging.Frame, error)) (found []Finding, refused []string, err error) {
	ds, err := f.Dataset()
	if err != nil {
		return nil, nil, err
	}
	in := f.Instance()
	maker := strings.TrimSpace(in.Manufacturer + " " + in.ModelName)
	if in.SOPClassUID == segmentation {
		return segments(ds, in, maker, frame)
	}
	r := reader{object: in.SOPInstanceUID, maker: maker}
	r.group(ds, "", 0)
	return r.found, r.refused, nil
}

// segments are those of a segmentation (PS3.3 C.8.20), binary or fractional: of
// the latter what is at least half.
func segments(ds *dicomfile.Dataset, in *imaging.Instance, maker string, frame func(int) (*imaging.Frame, error)) (found []Finding, refused []string, err error) {
	at := map[int]int{}
	for _, s := range ds.Items(tagSegments) {
		n, _ := s.IntValue(tagSegmentNumber)
		f := Finding{Object: in.SOPInstanceUID, Maker: maker, Label: s.Text(tagSegmentLabel)}
		if a := s.Text(tagAlgorithmName); a != "" && !strings.Contains(maker, a) {
			f.Maker = strings.TrimSpace(maker + " · " + a)
		}
		at[n] = len(found)
		found = append(found, f)
	}
	limit := 1.0
	if ds.Text(tagSegmentation) == "FRACTIONAL" {
		most, ok := ds.IntValue(tagMostFractional)
		if !ok || most < 1 {
			most = 255
		}
		limit = float64(most) / 2
	}
	shared := ds.Item(dicomfile.TagSharedFunctional)
	lost := map[string]int{}
	for k, g := range ds.Items(dicomfile.TagPerFrameFunctional) {
		number, ok := g.Item(tagSegmentOf).IntValue(tagSegmentOfNumber)
		if !ok {
			number, ok = shared.Item(tagSegmentOf).IntValue(tagSegmentOfNumber)
		}
		i, known := at[number]
		source := g.Item(tagDerivationImages).Item(tagSourceImages)
		uid := source.Text(tagReferencedUID)
		switch {
		case !ok || !known:
			lost["is of no segment"]++
			continue
		case uid == "":
			lost["names no picture"]++
			continue
		}
		p, err := frame(k + 1)
		if err != nil {
			lost[err.Error()]++
			continue
		}
		place := Place{SOPUID: uid, Columns: p.Columns, Rows: p.Rows, In: make([]bool, p.Columns*p.Rows)}
		place.Frame, _ = source.IntValue(tagReferencedFrame)
		some := false
		for n := range place.In {
			place.In[n] = p.At(n) >= limit
			some = some || place.In[n]
		}
		if some {
			found[i].Places = append(found[i].Places, place)
		}
	}
	for why, n := range lost {
		refused = append(refused, fmt.Sprintf("%d frames: %s", n, why))
	}
	var out []Finding
	for _, f := range found {
		if len(f.Places) > 0 {
			out = append(out, f)
		}
	}
	return out, refused, nil
}

// reader walks the content of a structured report.
type reader struct {
	object, maker string
	found         []Finding
	refused       []string
}

// mostDeep is how deep containers may be nested.
const mostDeep = 32

// group takes a container: its regions are one finding, called what its finding
// says, else what it or the container above is called.
func (r *reader) group(c *dicomfile.Dataset, above string, deep int) {
	if deep > mostDeep {
		return
	}
	name := c.Item(tagConceptName).Text(tagCodeMeaning)
	label, tracked := "", ""
	f := Finding{Object: r.object, Maker: r.maker}
	for _, x := range c.Items(tagContent) {
		code := x.Item(tagConceptName).Text(tagCodeValue)
		switch x.Text(tagValueType) {
		case "CONTAINER":
			r.group(x, name, deep+1)
		case "CODE":
			if code == "121071" { // Finding, DCM
				label = x.Item(tagConcept).Text(tagCodeMeaning)
			}
		case "TEXT":
			switch code {
			case "112039": // Tracking Identifier
				tracked = x.Text(tagTextValue)
			case "111001": // Algorithm Name
				if a := x.Text(tagTextValue); a != "" && !strings.Contains(f.Maker, a) {
					f.Maker = strings.TrimSpace(f.Maker + " · " + a)
				}
			}
		case "NUM":
			f.Values = append(f.Values, number(x)...)
			for _, y := range x.Items(tagContent) {
				if y.Text(tagValueType) == "SCOORD" {
					f.Places = append(f.Places, r.region(y)...)
				}
			}
		case "SCOORD":
			f.Places = append(f.Places, r.region(x)...)
		case "SCOORD3D":
			r.refused = append(r.refused, "a region in patient space")
		}
	}
	if len(f.Places) == 0 {
		return
	}
	for _, s := range []string{label, tracked, name, above} {
		if f.Label = s; s != "" {
			break
		}
	}
	r.found = append(r.found, f)
}

// number is a measurement in words: "Diameter 12.5 mm".
func number(x *dicomfile.Dataset) []string {
	m := x.Item(tagMeasured)
	v := m.Text(tagNumber)
	if v == "" {
		return nil
	}
	unit := m.Item(tagUnits).Text(tagCodeValue)
	if unit == "1" {
		unit = ""
	}
	return []string{strings.Join(strings.Fields(x.Item(tagConceptName).Text(tagCodeMeaning)+" "+v+" "+unit), " ")}
}
