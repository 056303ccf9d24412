package dicomfile

import (
	"encoding/binary"
	"math"
	"slices"

	"longying/imaging"
)

// groups are the functional groups of an enhanced object, PS3.3 C.7.6.16.
type groups struct {
	shared *Dataset
	frames []*Dataset
}

// first is a macro of all frames, or else of the first frame; empty when there
// is none.
func (g groups) first(macro Tag) *Dataset {
	if g.shared.Has(macro) {
		return g.shared.Item(macro)
	}
	if len(g.frames) > 0 {
		return g.frames[0].Item(macro)
	}
	return &Dataset{}
}

// finite reports n numbers, all finite.
func finite(v []float64, n int) bool {
	return len(v) >= n && !slices.ContainsFunc(v, func(x float64) bool { return math.IsNaN(x) || math.IsInf(x, 0) })
}

// firstHaving is the group that holds a macro in which a sequence is the whole,
// of all frames or else of the first frame.
func (g groups) firstHaving(macro Tag) *Dataset {
	if !g.shared.Has(macro) && len(g.frames) > 0 {
		return g.frames[0]
	}
	return g.shared
}

// plane is the Image Plane module, PS3.3 C.7.6.2, or its functional groups.
func plane(ds *Dataset, g groups) *imaging.Plane {
	position, orientation := ds.Floats(TagImagePosition), ds.Floats(TagImageOrientation)
	if len(position) == 0 {
		position = g.first(TagPlanePositionSeq).Floats(TagImagePosition)
	}
	if len(orientation) == 0 {
		orientation = g.first(TagPlaneOrientationSeq).Floats(TagImageOrientation)
	}
	return newPlane(position, orientation, ds.Text(TagFrameOfReference))
}

// newPlane is nil when there is no position or no orientation, or when the
// directions are not perpendicular unit vectors.
func newPlane(position, orientation []float64, frameOfReference string) *imaging.Plane {
	if !finite(position, 3) || !finite(orientation, 6) {
		return nil
	}
	p := &imaging.Plane{
		Position: imaging.Vec(position[:3]),
		Row:      imaging.Vec(orientation[:3]),
		Column:   imaging.Vec(orientation[3:6]),
		Frame:    frameOfReference,
	}
	const slack = 0.01 // devices write few digits
	if math.Abs(p.Row.Len()-1) > slack || math.Abs(p.Column.Len()-1) > slack || math.Abs(p.Row.Dot(p.Column)) > slack {
		return nil
	}
	return p
}

// spacing says what a pixel measures and where that comes from: PS3.3
// 10.7.1.3. Nominal spacings are named, never used as if calibrated.
func spacing(ds *Dataset, g groups, modality string) imaging.Spacing {
	pair := func(v []float64, source imaging.SpacingSource) (imaging.Spacing, bool) {
		if !finite(v, 2) || v[0] <= 0 || v[1] <= 0 {
			return imaging.Spacing{}, false
		}
		return imaging.Spacing{RowMM: v[0], ColumnMM: v[1], Source: source}, true
	}
	own, hasOwn := pair(ds.Floats(TagPixelSpacing), imaging.SpacingPatient)
	imager, hasImager := pair(ds.Floats(TagImagerPixelSpacing), imaging.SpacingDetector)
	projection := hasImager || slices.Contains([]string{"CR", "DX", "MG", "RG", "RF", "XA", "IO", "PX"}, modality)
	switch {
	case hasOwn && projection:
		// Equal to the detector's and no calibration stated: it is the detector's.
		if ds.Text(TagCalibrationType) != "" || hasImager && (own.RowMM != imager.RowMM || own.ColumnMM != imager.ColumnMM) {
			own.Source = imaging.SpacingCalibrated
		} else {
			own.Source = imaging.SpacingDetector
		}
		return own
	case hasOwn:
		return own
	case hasImager:
		return imager
	}
	if s, ok := pair(g.first(TagPixelMeasures).Floats(TagPixelSpacing), imaging.SpacingPatient); ok {
		return s
	}
	// Ultrasound region calibration, PS3.3 C.8.5.5: units 3 are cm.
	for _, region := range ds.Items(TagUltrasoundRegions) {
		xu, _ := region.IntValue(NewTag(0x18, 0x6024))
		yu, _ := region.IntValue(NewTag(0x18, 0x6026))
		dx, _ := region.FloatValue(NewTag(0x18, 0x602C))
		dy, _ := region.FloatValue(NewTag(0x18, 0x602E))
		if xu == 3 && yu == 3 && dx != 0 && dy != 0 {
			return imaging.Spacing{RowMM: math.Abs(dy) * 10, ColumnMM: math.Abs(dx) * 10, Source: imaging.SpacingRegion}
		}
	}
	return imaging.Spacing{}
}

// lookupTable reads a descriptor of three values (entries, 0 meaning 65,536;
// first value mapped; bits) and its data: PS3.3 C.11.1.1. nil when it
// contradicts itself.
func lookupTable(ds *Dataset, descriptor, data Tag, signed bool) *imaging.LUT {
	d, raw := ds.Raw(descriptor), ds.Raw(data)
	if len(d) < 6 || len(raw) == 0 {
		return nil
	}
	le := binary.LittleEndian
	n, first, bits := int(le.Uint16(d)), int(le.Uint16(d[2:])), int(le.Uint16(d[4:]))
	if n == 0 {
		n = 65536
	}
	if signed {
		first = int(int16(first))
	}
	t := &imaging.LUT{First: first, Bits: bits, Explanation: ds.Text(TagLUTExplanation)}
	switch {
	case bits < 1 || bits > 16:
		return nil
	case len(raw) >= 2*n:
		for i := range n {
			t.Entries = append(t.Entries, le.Uint16(raw[2*i:]))
		}
	case len(raw) >= n && bits <= 8: // two entries a word
		for i := range n {
			t.Entries = append(t.Entries, uint16(raw[i]))
		}
	default:
		return nil
	}
	// Some devices write more bits than they declare.
	if top := slices.Max(t.Entries); bits < 16 && int(top)>>bits > 0 {
		for t.Bits < 16 && int(top)>>t.Bits > 0 {
			t.Bits++
		}
	}
	return t
}

// palette reads the three tables of PALETTE COLOR; nil when one is missing or
// segmented.
func palette(ds *Dataset) *imaging.Palette {
	r := lookupTable(ds, TagRedDescriptor, TagRedData, false)
	g := lookupTable(ds, TagGreenDescriptor, TagGreenData, false)
	b := lookupTable(ds, TagBlueDescriptor, TagBlueData, false)
	if r == nil || g == nil || b == nil {
		return nil
	}
	return &imaging.Palette{Red: *r, Green: *g, Blue: *b}
}
