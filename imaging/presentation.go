package imaging

import (
	"slices"
	"time"
)

// PresentationState is a Grayscale Softcopy Presentation State, PS3.3 A.33.1:
// how somebody saw, or wants to be seen, the images that it names. Its
// transformations replace those of the image; one that it does not have is the
// identity, not the image's (PS3.4 N.2). It never says what a model may see.
type PresentationState struct {
	Source         string // where it was read
	SOPClassUID    string
	SOPInstanceUID string
	StudyUID       string
	SeriesUID      string

	Label       string // Content Label (0070,0080)
	Description string // Content Description (0070,0081)
	Creator     PersonName
	Created     time.Time // zero when absent

	Images      []StateImage // Presentation State Relationship, C.11.11
	Modality    ModalityLUT  // C.11.1; the zero value is the identity
	VOIs        []StateVOI   // Softcopy VOI LUT, C.11.8
	LUT         PresentationLUT
	Shutter     *Shutter // C.7.6.11, C.7.6.15; nil when absent
	Overlays    []Overlay
	Activations []OverlayActivation // of overlays in the image, C.11.7
	Annotations []Annotation        // C.10.5
	Layers      []GraphicLayer      // C.10.7, the lowest first
	Areas       []DisplayedArea     // C.10.4
	Rotation    int                 // clockwise, 0, 90, 180 or 270 degrees: C.10.6
	Flip        bool                // left and right exchanged, after the rotation
}

// StateImage is an image, or some of its frames, that a state is about.
type StateImage struct {
	SOPClassUID    string
	SOPInstanceUID string
	SeriesUID      string // empty where the reference does not name it
	Frames         []int  // from 1; nil means all
}

// Has reports that the reference is to frame n, counted from 1, of an object.
func (r StateImage) Has(sopUID string, n int) bool {
	return r.SOPInstanceUID == sopUID && (len(r.Frames) == 0 || slices.Contains(r.Frames, n))
}

// applies reports a part of a state that is for an image: one without
// references is for all images of the state.
func applies(to []StateImage, sopUID string, n int) bool {
	return len(to) == 0 || slices.ContainsFunc(to, func(r StateImage) bool { return r.Has(sopUID, n) })
}

// Has reports that the state is about frame n, counted from 1, of an object.
func (s *PresentationState) Has(sopUID string, n int) bool {
	return slices.ContainsFunc(s.Images, func(r StateImage) bool { return r.Has(sopUID, n) })
}

// StateVOI is a VOI transformation and the images it is for; none means all.
type StateVOI struct {
	Images []StateImage
	VOI    VOILUT
}

// VOI is the transformation for a frame; nil is the identity.
func (s *PresentationState) VOI(sopUID string, n int) *VOILUT {
	for i := range s.VOIs {
		if applies(s.VOIs[i].Images, sopUID, n) {
			return &s.VOIs[i].VOI
		}
	}
	return nil
}

// Area is the displayed area for a frame; nil where the state has none.
func (s *PresentationState) Area(sopUID string, n int) *DisplayedArea {
	for i := range s.Areas {
		if applies(s.Areas[i].Images, sopUID, n) {
			return &s.Areas[i]
		}
	}
	return nil
}

// Layer is a layer by its name, nil when there is none.
func (s *PresentationState) Layer(name string) *GraphicLayer {
	for i := range s.Layers {
		if s.Layers[i].Name == name {
			return &s.Layers[i]
		}
	}
	return nil
}

// PresentationLUT turns the output of the VOI stage into P-Values: PS3.3
// C.11.6 of a state, C.11.4 of an image. The zero value is the identity.
type PresentationLUT struct {
	Inverse bool // Presentation LUT Shape INVERSE
	Table   *LUT // non-nil: used instead of the shape; its input range is its number of entries
}

// Apply maps 0..1 into 0..1. A table's input is the VOI output scaled to the
// entries of the table.
func (p PresentationLUT) Apply(x float64) float64 {
	switch {
	case p.Table != nil && len(p.Table.Entries) > 0:
		i := int(x*float64(len(p.Table.Entries)-1) + 0.5)
		return float64(p.Table.At(p.Table.First+i)) / float64(uint32(1)<<p.Table.Bits-1)
	case p.Inverse:
		return 1 - x
	}
	return x
}

// OverlayActivation shows an overlay of the image, or of the state, in a layer.
type OverlayActivation struct {
	Group uint16
	Layer string
}

// GraphicLayer is one layer of annotation: PS3.3 C.10.7.
type GraphicLayer struct {
	Name        string
	Order       int
	Description string
	Grey        *int      // Recommended Display Grayscale Value (0070,0066), a P-Value of 0..65,535
	Colour      *[3]uint8 // sRGB, from Recommended Display CIELab Value (0070,0401) or the retired RGB Value (0070,0067); nil when absent
}

// Annotation is an item of the Graphic Annotation Sequence: PS3.3 C.10.5.
type Annotation struct {
	Images   []StateImage // none means all of the state
	Layer    string
	Texts    []TextObject
	Graphics []GraphicObject
}

// AnnotationUnits say what the coordinates of an annotation count.
type AnnotationUnits string

// The units of PS3.3 C.10.5.1.1: pixels of the image from its top left corner;
// fractions of the displayed area after rotation and flip; pixels of the total
// pixel matrix of a slide.
const (
	UnitsPixel   AnnotationUnits = "PIXEL"
	UnitsDisplay AnnotationUnits = "DISPLAY"
	UnitsMatrix  AnnotationUnits = "MATRIX"
)

// Point is a position, x along a row, y down a column. In PIXEL units (0,0) is
// the top left corner of the top left pixel, as in Region.
type Point struct {
	X float64 `json:"x"`
	Y float64 `json:"y"`
}

// TextObject is text in a box, or at an anchor, or both.
type TextObject struct {
	Text          string
	Box           *TextBox
	Anchor        *Point
	AnchorUnits   AnnotationUnits
	AnchorVisible bool      // a line from the text to the anchor is wanted
	Colour        *[3]uint8 // sRGB, from the Text Style; nil: the layer's
}

// TextBox is where text goes. TopLeft and BottomRight are so after rotation
// and flip.
type TextBox struct {
	TopLeft, BottomRight Point
	Units                AnnotationUnits
	Justify              string // LEFT, RIGHT or CENTER
}

// GraphicType is the shape of a GraphicObject.
type GraphicType string

// The shapes of PS3.3 C.10.5.1.2.
const (
	GraphicPoint        GraphicType = "POINT"
	GraphicPolyline     GraphicType = "POLYLINE"
	GraphicInterpolated GraphicType = "INTERPOLATED" // a smooth curve through the points
	GraphicCircle       GraphicType = "CIRCLE"       // the centre and a point on the circle
	GraphicEllipse      GraphicType = "ELLIPSE"      // the ends of the major, then of the minor axis
)

// GraphicObject is a shape.
type GraphicObject struct {
	Type   GraphicType
	Units  AnnotationUnits
	Points []Point
	Filled bool
	Colour *[3]uint8 // sRGB, from the Line Style; nil: the layer's
}

// SizeMode is the Presentation Size Mode (0070,0100).
type SizeMode string

// The size modes of PS3.3 C.10.4.
const (
	ScaleToFit SizeMode = "SCALE TO FIT"
	TrueSize   SizeMode = "TRUE SIZE"
	Magnify    SizeMode = "MAGNIFY"
)

// DisplayedArea is what part of an image is shown, and how large: PS3.3 C.10.4.
type DisplayedArea struct {
	Images  []StateImage // none means all of the state
	Area    Region       // in pixels of the unturned image; it may reach beyond the image
	Mode    SizeMode
	Spacing Spacing // Presentation Pixel Spacing, zero when absent
	Aspect  float64 // height of a pixel over its width, from the spacing or (0070,0102)
	Ratio   float64 // screen pixels for one of the image, MAGNIFY only
}
