package dicomfile

import (
	"errors"
	"fmt"
	"io"
	"math"
	"strings"

	"longying/imaging"
)

// Attributes of whole-slide images.
const (
	TagPyramidUID                Tag = 0x00080019
	TagConcatenationUID          Tag = 0x00209161
	TagInConcatenationNumber     Tag = 0x00209162
	TagInConcatenationTotal      Tag = 0x00209163
	TagConcatenationFrameOffset  Tag = 0x00209228
	TagIlluminationType          Tag = 0x00220016
	TagICCProfile                Tag = 0x00282000
	TagColorSpace                Tag = 0x00282002
	TagXOffsetInSlide            Tag = 0x0040072A
	TagYOffsetInSlide            Tag = 0x0040073A
	TagZOffsetInSlide            Tag = 0x0040074A
	TagTotalPixelMatrixOrigin    Tag = 0x00480008
	TagImageOrientationSlide     Tag = 0x00480102
	TagOpticalPaths              Tag = 0x00480105
	TagOpticalPathIdentifier     Tag = 0x00480106
	TagOpticalPathDescription    Tag = 0x00480107
	TagObjectiveLensPower        Tag = 0x00480112
	TagOpticalPathIdentification Tag = 0x00480207
	TagPlanePositionSlide        Tag = 0x0048021A
	TagColumnPositionInMatrix    Tag = 0x0048021E
	TagRowPositionInMatrix       Tag = 0x0048021F
	TagNumberOfOpticalPaths      Tag = 0x00480302
	TagFocalPlanes               Tag = 0x00480303
)

const slideMicroscopyClass = "1.2.840.10008.5.1.4.1.1.77.1.6"

// slide is the Whole Slide Microscopy Image module, PS3.3 C.8.12.4.
func slide(ds *Dataset, g groups, inst *imaging.Instance) *imaging.Slide {
	columns, _ := ds.IntValue(TagTotalPixelColumns)
	rows, _ := ds.IntValue(TagTotalPixelRows)
	if inst.SOPClassUID != slideMicroscopyClass || columns <= 0 || rows <= 0 {
		return nil
	}
	s := &imaging.Slide{
		TotalColumns: columns, TotalRows: rows,
		TileColumns: inst.Pixels.Columns, TileRows: inst.Pixels.Rows,
		TiledFull: ds.Text(TagDimensionOrganization) == "TILED_FULL",
		Flavor:    imaging.SlideVolume, FrameOfReference: ds.Text(TagFrameOfReference),
		Container: ds.Text(TagContainerIdentifier), PyramidUID: ds.Text(TagPyramidUID),
		FocalPlanes: 1, ConcatenationUID: ds.Text(TagConcatenationUID),
	}
	for i, path := range ds.Items(TagOpticalPaths) {
		if i > 0 {
			s.OpticalPaths += `\`
		}
		s.OpticalPaths += path.Text(TagOpticalPathIdentifier)
	}
	if len(inst.ImageType) > 2 {
		switch f := imaging.SlideFlavor(strings.ToUpper(inst.ImageType[2])); f {
		case imaging.SlideLabel, imaging.SlideOverview, imaging.SlideThumbnail:
			s.Flavor = f
		}
	}
	if n, ok := ds.IntValue(TagFocalPlanes); ok && n > 1 {
		s.FocalPlanes = n
	}
	if s.ConcatenationUID != "" {
		s.Part, _ = ds.IntValue(TagInConcatenationNumber)
		s.Parts, _ = ds.IntValue(TagInConcatenationTotal)
		s.FirstFrame, _ = ds.IntValue(TagConcatenationFrameOffset)
	}
	if sp := g.first(TagPixelMeasures).Floats(TagPixelSpacing); finite(sp, 2) && sp[0] > 0 && sp[1] > 0 {
		s.MicrometresY, s.MicrometresX = sp[0]*1000, sp[1]*1000
		if math.Abs(s.MicrometresX-s.MicrometresY) <= squareTolerance*s.MicrometresY {
			s.MicrometresPerPixel = s.MicrometresY
		}
	}
	specimen := ds.Item(TagSpecimenDescription)
	if s.Specimen = specimen.Text(TagSpecimenIdentifier); s.Specimen == "" {
		s.Specimen = s.Container
	}
	if s.Organ = specimen.Item(TagPrimaryAnatomy).Text(TagCodeMeaning); s.Organ == "" {
		s.Organ = ds.Item(TagPrimaryAnatomy).Text(TagCodeMeaning)
	}
	for _, step := range specimen.Items(TagSpecimenPreparation) {
		for _, item := range step.Items(TagSpecimenPreparationStp) {
			if v := item.Item(TagConceptName).Text(TagCodeValue); v == "424361007" || v == "G-C350" { // Using substance
				s.Stain = join(s.Stain, item.Item(TagConceptCode).Text(TagCodeMeaning))
			}
		}
	}
	return s
}

// squareTolerance is how far the two sides of a pixel may differ, as a share,
// for one number to stand for both.
const squareTolerance = 0.02

func join(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + ", " + b
}

// TilePosition is where a frame of a tiled image lies: Plane Position (Slide),
// PS3.3 C.8.12.6.1.
type TilePosition struct {
	Column, Row int     // of its top left pixel in the total pixel matrix, counted from 0; may be negative
	Z           float64 // µm, Z Offset in Slide Coordinate System, 0 when absent
	OpticalPath string  // identifier, empty when the frame names none
	Placed      bool    // false: the frame does not say where it lies
}

// TilePositions are the positions of the frames, in their order, from the
// functional groups (PS3.3 C.7.6.16); nil when the object has none per frame.
// Frames are read one after another and not kept, because a slide may have
// 100,000s of them. Errors are a *FormatError.
func (f *File) TilePositions() ([]TilePosition, error) {
	h := f.perFrame
	if h.tag == 0 {
		return nil, nil
	}
	shared := f.head.Item(TagSharedFunctional)
	path := shared.Item(TagOpticalPathIdentification).Text(TagOpticalPathIdentifier)
	var out []TilePosition
	p := &parser{window: window{src: f.src, size: f.size}, big: f.bigEndian(), implicit: f.implicit || h.vr == "UN",
		each: TagPerFrameFunctional, item: func(frame *Dataset) { out = append(out, tilePosition(frame, shared, path)) }}
	end, open := h.value+int64(h.length), h.length == undefinedLength
	if open {
		end = f.size
	}
	if _, _, err := p.sequence(h, end, open, 0); err != nil {
		var fe *FormatError
		if errors.As(err, &fe) {
			fe.Name = f.name
		}
		return nil, err
	}
	return out, nil
}

func tilePosition(frame, shared *Dataset, path string) TilePosition {
	at := frame.Item(TagPlanePositionSlide)
	if len(at.elements) == 0 {
		at = shared.Item(TagPlanePositionSlide)
	}
	t := TilePosition{OpticalPath: frame.Item(TagOpticalPathIdentification).Text(TagOpticalPathIdentifier)}
	if t.OpticalPath == "" {
		t.OpticalPath = path
	}
	column, ok1 := at.FloatValue(TagColumnPositionInMatrix)
	row, ok2 := at.FloatValue(TagRowPositionInMatrix)
	if ok1 && ok2 && math.Abs(column) < 1<<31 && math.Abs(row) < 1<<31 {
		t.Column, t.Row, t.Placed = int(column)-1, int(row)-1, true
	}
	t.Z, _ = at.FloatValue(TagZOffsetInSlide)
	return t
}

// Value is a value of the header, or of an item in it, that was too long to be
// loaded with it; nil when absent. More than most bytes are an error.
func (f *File) Value(d *Dataset, t Tag, most int) ([]byte, error) {
	e := d.get(t)
	if e == nil {
		return nil, nil
	}
	if max(e.length, int64(len(e.value))) > int64(most) {
		return nil, f.refuse("attribute %s is %d bytes long; the limit is %d", t.label(), e.length, most)
	}
	if e.value != nil || e.length == 0 {
		return e.value, nil
	}
	out := make([]byte, e.length)
	if _, err := f.src.ReadAt(out, e.at); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: read attribute %s: %w", f.name, t.label(), err)
	}
	return out, nil
}
