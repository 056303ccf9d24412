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

// palette reads the three tables of PALETTE COLOR; nil when one is missing.
func palette(ds *Dataset) *imaging.Palette {
	r := paletteTable(ds, TagRedDescriptor, TagRedData, TagSegmentedRedData)
	g := paletteTable(ds, TagGreenDescriptor, TagGreenData, TagSegmentedGreenData)
	b := paletteTable(ds, TagBlueDescriptor, TagBlueData, TagSegmentedBlueData)
	if r == nil || g == nil || b == nil {
		return nil
	}
	return &imaging.Palette{Red: *r, Green: *g, Blue: *b}
}

// paletteTable is one table, from its data or its segments.
func paletteTable(ds *Dataset, descriptor, data, segments Tag) *imaging.LUT {
	if ds.Has(data) || !ds.Has(segments) {
		return lookupTable(ds, descriptor, data, false)
	}
	d := ds.Raw(descriptor)
	if len(d) < 6 {
		return nil
	}
	le := binary.LittleEndian
	n, first, bits := int(le.Uint16(d)), int(le.Uint16(d[2:])), int(le.Uint16(d[4:]))
	if n == 0 {
		n = 65536
	}
	var words []uint16
	raw := ds.Raw(segments)
	switch bits {
	case 8:
		for _, b := range raw {
			words = append(words, uint16(b))
		}
	case 16:
		for ; len(raw) >= 2; raw = raw[2:] {
			words = append(words, le.Uint16(raw))
		}
	default:
		return nil
	}
	entries, ok := expandSegments(words, bits, n)
	if !ok {
		return nil
	}
	return &imaging.LUT{First: first, Entries: entries, Bits: bits}
}

// expandSegments makes n entries of a segmented table: PS3.3 C.7.9.2. false
// where the segments contradict themselves or give fewer entries.
func expandSegments(words []uint16, bits, n int) ([]uint16, bool) {
	out := make([]uint16, 0, n)
	// one expands the segment at i and gives the place behind it.
	var one func(i int, inside bool) (int, bool)
	one = func(i int, inside bool) (int, bool) {
		if i < 0 || i+2 > len(words) {
			return 0, false
		}
		length := int(words[i+1])
		if length == 0 {
			return 0, false
		}
		switch words[i] {
		case 0: // discrete: the values themselves
			if i+2+length > len(words) {
				return 0, false
			}
			out = append(out, words[i+2:i+2+length]...)
			return i + 2 + length, true
		case 1: // linear: from the last value, which is not repeated, to this
			if len(out) == 0 || i+3 > len(words) {
				return 0, false
			}
			y0, y1 := float64(out[len(out)-1]), float64(words[i+2])
			for k := 1; k <= length; k++ {
				out = append(out, uint16(math.Round(y0+(y1-y0)*float64(k)/float64(length))))
			}
			return i + 3, true
		case 2: // indirect: other segments once more, by their byte offset
			if inside {
				return 0, false
			}
			words, size := words[i+2:], 2
			at := 0
			if bits == 8 {
				if size = 1; len(words) < 4 {
					return 0, false
				}
				at = int(words[0]) | int(words[1])<<8 | int(words[2])<<16 | int(words[3])<<24
			} else {
				if len(words) < 2 {
					return 0, false
				}
				at = int(words[0]) | int(words[1])<<16
			}
			for k, ok := at/size, true; length > 0 && len(out) <= 65536; length-- {
				if k, ok = one(k, true); !ok {
					return 0, false
				}
			}
			return i + 2 + 4/size, true
		}
		return 0, false
	}
	for i, ok := 0, true; len(out) < n; {
		if i, ok = one(i, false); !ok {
			return nil, false
		}
	}
	return out[:n], true
}
