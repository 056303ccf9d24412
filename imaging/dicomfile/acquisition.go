package dicomfile

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"longying/imaging"
)

// Attributes of the acquisition.
const (
	TagAcquisitionDateTime          Tag = 0x0008002A
	TagFrameType                    Tag = 0x00089007
	TagEchoTime                     Tag = 0x00180081
	TagEchoNumbers                  Tag = 0x00180086
	TagSpacingBetweenSlices         Tag = 0x00180088
	TagTriggerTime                  Tag = 0x00181060
	TagGantryTilt                   Tag = 0x00181120
	TagFrameAcquisitionDateTime     Tag = 0x00189074
	TagDiffusionGradientDirection   Tag = 0x00189076
	TagEffectiveEchoTime            Tag = 0x00189082
	TagDiffusionBValue              Tag = 0x00189087
	TagDiffusionGradientOrientation Tag = 0x00189089
	TagMREcho                       Tag = 0x00189114
	TagMRDiffusion                  Tag = 0x00189117
	TagCardiacSynchronization       Tag = 0x00189118
	TagMRFrameType                  Tag = 0x00189226
	TagCTAcquisitionDetails         Tag = 0x00189304
	TagCTFrameType                  Tag = 0x00189329
	TagXAFrameType                  Tag = 0x00189412
	TagPETFrameType                 Tag = 0x00189751
	TagAcquisitionNumber            Tag = 0x00200012
	TagTemporalPosition             Tag = 0x00200100
	TagStackID                      Tag = 0x00209056
	TagInStackPosition              Tag = 0x00209057
	TagFrameContent                 Tag = 0x00209111
	TagTemporalPositionIndex        Tag = 0x00209128
	TagNominalCardiacTriggerDelay   Tag = 0x00209153
	TagFrameAcquisitionNumber       Tag = 0x00209156
	TagDimensionIndexValues         Tag = 0x00209157

	// tagUnitedImagingTiles is the MR VFrame Sequence, in the block that its
	// creator is known to take.
	tagUnitedImagingTiles Tag = 0x00651051
)

// acquisition is what the top level says of how a picture came about; frame,
// which may be nil, are the functional groups of one frame over it.
func acquisition(ds *Dataset, frame *frameGroups) imaging.Acquisition {
	a := imaging.Acquisition{Time: acquired(ds), Diffusion: diffusion(ds)}
	number := func(d *Dataset, t Tag, to *int) {
		if v, ok := d.IntValue(t); ok {
			*to = v
		}
	}
	real := func(d *Dataset, t Tag, to *float64) {
		if v, ok := d.FloatValue(t); ok {
			*to = v
		}
	}
	delay := func(d *Dataset, t Tag) {
		if v, ok := d.FloatValue(t); ok {
			a.Trigger = &v
		}
	}
	number(ds, TagAcquisitionNumber, &a.Number)
	number(ds, TagEchoNumbers, &a.EchoNumber)
	number(ds, TagTemporalPosition, &a.Phase)
	real(ds, TagEchoTime, &a.EchoTime)
	real(ds, TagGantryTilt, &a.GantryTilt)
	real(ds, TagSpacingBetweenSlices, &a.SpacingBetweenSlices)
	delay(ds, TagTriggerTime)
	if frame == nil {
		return a
	}
	content := frame.macro(TagFrameContent)
	number(content, TagFrameAcquisitionNumber, &a.Number)
	number(content, TagTemporalPositionIndex, &a.Phase)
	if t, ok := dateTime(content.Text(TagFrameAcquisitionDateTime), imaging.Zone()); ok {
		a.Time = t
	}
	real(frame.macro(TagMREcho), TagEffectiveEchoTime, &a.EchoTime)
	real(frame.macro(TagPixelMeasures), TagSpacingBetweenSlices, &a.SpacingBetweenSlices)
	real(frame.macro(TagCTAcquisitionDetails), TagGantryTilt, &a.GantryTilt)
	delay(frame.macro(TagCardiacSynchronization), TagNominalCardiacTriggerDelay)
	if d := diffusion(frame.macro(TagMRDiffusion)); d != nil {
		a.Diffusion = d
	}
	return a
}

// acquired is the acquisition's time; zero when the header does not give it.
func acquired(ds *Dataset) time.Time {
	zone, ok := imaging.ParseTimezoneOffset(ds.Text(TagTimezoneOffset))
	if !ok {
		zone = imaging.Zone()
	}
	if t, ok := dateTime(ds.Text(TagAcquisitionDateTime), zone); ok {
		return t
	}
	clock := strings.ReplaceAll(ds.Text(TagAcquisitionTime), ":", "")
	t, _ := dateTime(strings.ReplaceAll(ds.Text(TagAcquisitionDate), ".", "")+clock, zone)
	return t
}

// dateTime reads a DT of at least a day and an hour (PS3.5 6.2).
func dateTime(s string, zone *time.Location) (time.Time, bool) {
	if i := strings.LastIndexAny(s, "+-"); i >= 8 {
		if z, ok := imaging.ParseTimezoneOffset(s[i:]); ok {
			zone = z
		}
		s = s[:i]
	}
	digits, fraction, _ := strings.Cut(s, ".")
	const layout = "20060102150405"
	if len(digits) < 10 || len(digits) > len(layout) || len(digits)%2 != 0 {
		return time.Time{}, false
	}
	t, err := time.ParseInLocation(layout[:len(digits)], digits, zone)
	if err != nil {
		return time.Time{}, false
	}
	if f, err := strconv.ParseUint(fraction, 10, 32); err == nil && len(fraction) <= 6 {
		for range 6 - len(fraction) {
			f *= 10
		}
		t = t.Add(time.Duration(f) * time.Microsecond)
	}
	return t, true
}

// diffusion reads the b-value of a data set or of an item of the MR Diffusion
// Sequence: the standard attribute, else the vendor's. nil when there is none.
//
// Siemens, GE, Philips and United Imaging write what NA-MIC's "DICOM for DWI
// and DTI" and the vendors' conformance statements list; GE's bias is that of
// dcm2niix issue 602.
func diffusion(ds *Dataset) *imaging.Diffusion {
	if b, ok := ds.FloatValue(TagDiffusionBValue); ok && b >= 0 {
		direction := ds.Floats(TagDiffusionGradientOrientation)
		if direction == nil {
			direction = ds.Item(TagDiffusionGradientDirection).Floats(TagDiffusionGradientOrientation)
		}
		return &imaging.Diffusion{BValue: b, Direction: vector(direction), Source: imaging.DiffusionStandard}
	}
	for _, v := range []struct {
		source    imaging.DiffusionSource
		group     uint16
		creator   string
		element   uint8
		vr        string
		direction []privateElement
	}{
		{imaging.DiffusionSiemens, 0x0019, "SIEMENS MR HEADER", 0x0C, "IS",
			[]privateElement{{0x0019, "SIEMENS MR HEADER", 0x0E, "FD"}}},
		{imaging.DiffusionGE, 0x0043, "GEMS_PARM_01", 0x39, "IS",
			[]privateElement{{0x0019, "GEMS_ACQU_01", 0xBB, "DS"}, {0x0019, "GEMS_ACQU_01", 0xBC, "DS"}, {0x0019, "GEMS_ACQU_01", 0xBD, "DS"}}},
		{imaging.DiffusionPhilips, 0x2001, "Philips Imaging DD 001", 0x03, "FL",
			[]privateElement{{0x2005, "Philips MR Imaging DD 001", 0xB0, "FL"}, {0x2005, "Philips MR Imaging DD 001", 0xB1, "FL"}, {0x2005, "Philips MR Imaging DD 001", 0xB2, "FL"}}},
		{imaging.DiffusionUnitedImaging, 0x0065, "Image Private Header", 0x09, "FD",
			[]privateElement{{0x0065, "Image Private Header", 0x37, "FD"}}},
	} {
		b := ds.private(privateElement{v.group, v.creator, v.element, v.vr})
		if len(b) == 0 || math.IsNaN(b[0]) || b[0] < 0 {
			continue
		}
		d := &imaging.Diffusion{BValue: b[0], Source: v.source}
		if v.source == imaging.DiffusionGE {
			d.BValue = math.Mod(d.BValue, 1e9)
		}
		var direction []float64
		for _, e := range v.direction {
			direction = append(direction, ds.private(e)...)
		}
		d.Direction = vector(direction)
		return d
	}
	return nil
}

// vector is a gradient direction, zero where there is none.
func vector(v []float64) imaging.Vec {
	if len(v) != 3 || !finite(v, 3) {
		return imaging.Vec{}
	}
	return imaging.Vec(v)
}

// privateElement names a private attribute: PS3.5 7.8.1.
type privateElement struct {
	group   uint16
	creator string
	element uint8
	vr      string // where the file does not say
}

// private are the numbers of a private attribute, in the block that its creator
// has reserved; nil when absent.
func (d *Dataset) private(p privateElement) []float64 {
	i, _ := d.find(NewTag(p.group, 0x10))
	for ; i < len(d.elements) && d.elements[i].tag <= NewTag(p.group, 0xFF); i++ {
		creator := d.elements[i]
		if strings.Trim(string(creator.value), " \x00") != p.creator {
			continue
		}
		t := NewTag(p.group, creator.tag.Element()<<8|uint16(p.element))
		if e := d.get(t); e != nil && e.vr == "UN" {
			as := *e
			as.vr = p.vr
			return (&Dataset{elements: []*element{&as}}).Floats(t)
		}
		return d.Floats(t)
	}
	return nil
}

// frameGroups are the functional groups of one frame: its own before those of
// all frames.
type frameGroups struct{ own, shared *Dataset }

func (g *frameGroups) macro(t Tag) *Dataset {
	if g.own.Has(t) {
		return g.own.Item(t)
	}
	return g.shared.Item(t)
}

// frame is one frame, counted from 0; nil when the object has no functional
// groups.
func (g groups) frame(i int) *frameGroups {
	f := frameGroups{own: &Dataset{}, shared: g.shared}
	if i < len(g.frames) {
		f.own = g.frames[i]
	}
	if len(f.own.elements)+len(g.shared.elements) == 0 {
		return nil
	}
	return &f
}

// frameContent fills in what tells a frame from the others of its object.
func frameContent(f *imaging.FunctionalGroups, ds *Dataset, frame *frameGroups, inst *imaging.Instance) {
	f.ImageType = inst.ImageType
	for _, t := range []Tag{TagMRFrameType, TagCTFrameType, TagPETFrameType, TagXAFrameType} {
		if v := frame.macro(t).Texts(TagFrameType); len(v) > 0 {
			f.ImageType = v
		}
	}
	f.Acquisition = acquisition(ds, frame)
	content := frame.macro(TagFrameContent)
	f.StackID = content.Text(TagStackID)
	f.InStack, _ = content.IntValue(TagInStackPosition)
	for _, v := range content.Floats(TagDimensionIndexValues) {
		f.DimensionIndex = append(f.DimensionIndex, int(v))
	}
}

// mosaic recognises one picture of many slices. Siemens gives the number of
// slices, but their direction only inside its binary header, so no positions;
// United Imaging lists a position for each tile.
func mosaic(ds *Dataset, inst *imaging.Instance) *imaging.Mosaic {
	p := &inst.Pixels
	var m imaging.Mosaic
	switch {
	case p.Frames != 1 || p.Rows < 1 || p.Columns < 1:
		return nil
	case slices.Contains(inst.ImageType, "MOSAIC"):
		if v := ds.private(privateElement{0x0019, "SIEMENS MR HEADER", 0x0A, "US"}); len(v) > 0 {
			m.Tiles = int(v[0])
		}
	case slices.Contains(inst.ImageType, "VFRAME"):
		items, at := ds.unitedImagingTiles()
		if v := ds.private(privateElement{0x0065, "Image Private Header", 0x50, "DS"}); len(v) > 0 {
			m.Tiles = int(v[0])
		}
		if m.Tiles != len(items) {
			return nil
		}
		m.Planes = at
	}
	for m.Columns*m.Columns < m.Tiles { // both fill as square a grid as there is
		m.Columns++
	}
	if m.Tiles < 2 || m.Columns < 1 || p.Columns%m.Columns != 0 || p.Rows%m.Down() != 0 {
		return nil
	}
	return &m
}

// unitedImagingTiles are the items of the MR VFrame Sequence (0065,xx51) and
// the planes that they give; no planes unless each item has one.
func (d *Dataset) unitedImagingTiles() (items []*Dataset, planes []imaging.Plane) {
	items = d.Items(tagUnitedImagingTiles)
	for _, item := range items {
		g := groups{shared: NewDataset().put(&element{tag: TagPlanePositionSeq, vr: "SQ", items: []*Dataset{item}})}
		p := plane(d, g)
		if p == nil {
			return items, nil
		}
		planes = append(planes, *p)
	}
	return items, planes
}
