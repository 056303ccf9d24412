package dicomfile

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"longying/imaging"
)

// GrayscaleStateClass is the SOP class that File.PresentationState reads.
const GrayscaleStateClass = "1.2.840.10008.5.1.4.1.1.11.1"

// StateName names a SOP class of presentation states, PS3.4 B.5; empty for any
// other class.
func StateName(sopClass string) string {
	switch sopClass {
	case GrayscaleStateClass:
		return "Grayscale Softcopy Presentation State"
	case "1.2.840.10008.5.1.4.1.1.11.2":
		return "Color Softcopy Presentation State"
	case "1.2.840.10008.5.1.4.1.1.11.3":
		return "Pseudo-Color Softcopy Presentation State"
	case "1.2.840.10008.5.1.4.1.1.11.4":
		return "Blending Softcopy Presentation State"
	case "1.2.840.10008.5.1.4.1.1.11.5":
		return "XA/XRF Grayscale Softcopy Presentation State"
	case "1.2.840.10008.5.1.4.1.1.11.6":
		return "Grayscale Planar MPR Volumetric Presentation State"
	case "1.2.840.10008.5.1.4.1.1.11.7":
		return "Compositing Planar MPR Volumetric Presentation State"
	case "1.2.840.10008.5.1.4.1.1.11.8":
		return "Advanced Blending Presentation State"
	case "1.2.840.10008.5.1.4.1.1.11.9":
		return "Volume Rendering Volumetric Presentation State"
	case "1.2.840.10008.5.1.4.1.1.11.10":
		return "Segmented Volume Rendering Volumetric Presentation State"
	case "1.2.840.10008.5.1.4.1.1.11.11":
		return "Multiple Volume Rendering Volumetric Presentation State"
	case "1.2.840.10008.5.1.4.1.1.11.12":
		return "Variable Modality LUT Softcopy Presentation State"
	}
	return ""
}

// StateError is an object that cannot be applied as a presentation state: it is
// of another kind, or it contradicts itself. Nothing of it is to be applied.
type StateError struct {
	Name   string // of the file
	Class  string // the kind of state, or what the object is instead
	Detail string // for people: the attribute and what is wrong with it; empty where this version does not have the kind
}

// Error names the file and the reason.
func (e *StateError) Error() string {
	if e.Detail == "" {
		return fmt.Sprintf("%s: a %s cannot be applied by this version", e.Name, e.Class)
	}
	return fmt.Sprintf("%s: the presentation state is not applied: %s", e.Name, e.Detail)
}

// PresentationState reads a Grayscale Softcopy Presentation State, PS3.3
// A.33.1. Every attribute that changes the picture is read or refused: one that
// contradicts itself or is missing gives a *StateError, as does an object of
// another kind. Text, line and fill styles are taken for their colour only; of
// compound graphics the equivalents are taken that C.10.5.1.3 asks for.
func (f *File) PresentationState() (*imaging.PresentationState, error) {
	class := f.instance.SOPClassUID
	if class != GrayscaleStateClass {
		name := StateName(class)
		if name == "" {
			return nil, &StateError{Name: f.name, Class: "no presentation state", Detail: "the object is of SOP class " + class}
		}
		return nil, &StateError{Name: f.name, Class: name}
	}
	ds, err := f.Dataset()
	if err != nil {
		return nil, err
	}
	r := stateReader{ds: ds, state: &imaging.PresentationState{Source: f.name, SOPClassUID: class, SOPInstanceUID: f.instance.SOPInstanceUID,
		StudyUID: f.instance.StudyUID, SeriesUID: f.instance.SeriesUID,
		Label: ds.Text(TagContentLabel), Description: ds.Text(TagContentDescription),
		Creator: imaging.ParsePersonName(ds.Text(TagContentCreator)), Created: when(ds, TagPresentationDate, TagPresentationTime)}}
	r.relationship()
	r.greyscale()
	r.overlays()
	r.shutter()
	r.layers()
	r.annotations()
	r.areas()
	r.transformation()
	if r.wrong != "" {
		return nil, &StateError{Name: f.name, Class: StateName(class), Detail: r.wrong}
	}
	return r.state, nil
}

// stateReader reads one module after the other; the first mistake is kept.
type stateReader struct {
	ds    *Dataset
	state *imaging.PresentationState
	wrong string
}

func (r *stateReader) refuse(format string, args ...any) {
	if r.wrong == "" {
		r.wrong = fmt.Sprintf(format, args...)
	}
}

// bad refuses an attribute that is missing or has a value that is not allowed.
func (r *stateReader) bad(ds *Dataset, t Tag) {
	if text := strings.Join(ds.Texts(t), `\`); text != "" {
		r.refuse("attribute %s is %q, which is not allowed", t.label(), text)
		return
	}
	r.refuse("attribute %s is missing or has no usable value", t.label())
}

// numbers are exactly n finite numbers.
func (r *stateReader) numbers(ds *Dataset, t Tag, n int) []float64 {
	v := ds.Floats(t)
	if len(v) != n || !finite(v, n) {
		r.bad(ds, t)
		return make([]float64, n)
	}
	return v
}

// word is one of a few defined terms.
func (r *stateReader) word(ds *Dataset, t Tag, allowed ...string) string {
	s := ds.Text(t)
	if !slices.Contains(allowed, s) {
		r.bad(ds, t)
	}
	return s
}

// relationship is Presentation State Relationship, PS3.3 C.11.11.
func (r *stateReader) relationship() {
	for _, series := range r.ds.Items(TagReferencedSeries) {
		for _, image := range r.images(series) {
			image.SeriesUID = series.Text(TagSeriesInstanceUID)
			r.state.Images = append(r.state.Images, image)
		}
	}
	if len(r.state.Images) == 0 {
		r.refuse("it names no image (attribute %s)", TagReferencedSeries.label())
	}
	if len(r.ds.Items(TagMaskSubtraction)) > 0 {
		r.refuse("it asks for the subtraction of a mask (attribute %s), which this version does not have", TagMaskSubtraction.label())
	}
}

// images are the items of a Referenced Image Sequence.
func (r *stateReader) images(ds *Dataset) []imaging.StateImage {
	var out []imaging.StateImage
	for _, item := range ds.Items(TagReferencedImage) {
		image := imaging.StateImage{SOPClassUID: item.Text(TagReferencedSOPClass), SOPInstanceUID: item.Text(TagReferencedSOPInstance)}
		if image.SOPInstanceUID == "" {
			r.bad(item, TagReferencedSOPInstance)
		}
		for _, v := range item.Floats(TagReferencedFrameNumber) {
			if !(v >= 1 && v <= math.MaxInt32) {
				r.bad(item, TagReferencedFrameNumber)
				break
			}
			image.Frames = append(image.Frames, int(v))
		}
		out = append(out, image)
	}
	return out
}

// some are the images that a part of the state is for: none means all. They
// must be among those of the state.
func (r *stateReader) some(ds *Dataset, what string) []imaging.StateImage {
	out := r.images(ds)
	for _, image := range out {
		if !slices.ContainsFunc(r.state.Images, func(of imaging.StateImage) bool { return of.SOPInstanceUID == image.SOPInstanceUID }) {
			r.refuse("%s is for the image %s, which the state is not about", what, image.SOPInstanceUID)
		}
	}
	return out
}

// overlap reports that two parts of a state are for the same image.
func overlap(a, b []imaging.StateImage) bool {
	if len(a) == 0 || len(b) == 0 {
		return true
	}
	for _, x := range a {
		for _, y := range b {
			if x.SOPInstanceUID == y.SOPInstanceUID && (len(x.Frames) == 0 || len(y.Frames) == 0 ||
				slices.ContainsFunc(x.Frames, func(n int) bool { return slices.Contains(y.Frames, n) })) {
				return true
			}
		}
	}
	return false
}

// table is the only item of a sequence of look-up tables.
func (r *stateReader) table(ds *Dataset, sequence Tag) *imaging.LUT {
	items := ds.Items(sequence)
	if len(items) != 1 {
		r.refuse("attribute %s has %d items; 1 is allowed", sequence.label(), len(items))
		return nil
	}
	t := lookupTable(items[0], TagLUTDescriptor, TagLUTData, items[0].VR(TagLUTDescriptor) == "SS")
	if t == nil {
		r.refuse("the look-up table of %s contradicts its descriptor", sequence.label())
	}
	return t
}

// greyscale are the Modality LUT, Softcopy VOI LUT and Softcopy Presentation
// LUT modules: PS3.3 C.11.1, C.11.8, C.11.6.
func (r *stateReader) greyscale() {
	ds := r.ds
	slope, intercept := ds.Has(TagRescaleSlope), ds.Has(TagRescaleIntercept)
	switch {
	case ds.Has(TagModalityLUTSequence) && (slope || intercept):
		r.refuse("it has a modality LUT and a rescale slope, of which one is allowed")
	case ds.Has(TagModalityLUTSequence):
		r.state.Modality.Table, r.state.Modality.Type = r.table(ds, TagModalityLUTSequence), ds.Item(TagModalityLUTSequence).Text(TagModalityLUTType)
	case slope || intercept:
		r.state.Modality = imaging.ModalityLUT{Slope: r.numbers(ds, TagRescaleSlope, 1)[0], Intercept: r.numbers(ds, TagRescaleIntercept, 1)[0], Type: ds.Text(TagRescaleType)}
		if r.state.Modality.Slope == 0 {
			r.bad(ds, TagRescaleSlope)
		}
	}
	for _, item := range ds.Items(TagSoftcopyVOILUT) {
		v := imaging.StateVOI{Images: r.some(item, "a VOI LUT")}
		window := item.Has(TagWindowCenter) || item.Has(TagWindowWidth)
		switch {
		case window && item.Has(TagVOILUTSequence):
			r.refuse("a VOI LUT has a window and a table, of which one is allowed")
		case window:
			v.VOI = imaging.VOILUT{Center: r.numbers(item, TagWindowCenter, 1)[0], Width: r.numbers(item, TagWindowWidth, 1)[0], Explanation: item.Text(TagWindowExplanation)}
			if item.Text(TagVOILUTFunction) != "" {
				v.VOI.Function = imaging.VOIFunction(r.word(item, TagVOILUTFunction, string(imaging.VOILinear), string(imaging.VOILinearExact), string(imaging.VOISigmoid)))
			}
			if !v.VOI.Valid() {
				r.bad(item, TagWindowWidth)
			}
		default:
			if t := r.table(item, TagVOILUTSequence); t != nil {
				v.VOI = imaging.VOILUT{Table: t, Explanation: t.Explanation}
			}
		}
		for _, other := range r.state.VOIs {
			if overlap(other.Images, v.Images) {
				r.refuse("two VOI LUTs are for the same image")
			}
		}
		r.state.VOIs = append(r.state.VOIs, v)
	}
	switch {
	case ds.Has(TagPresentationLUT) && ds.Has(TagPresentationLUTShape):
		r.refuse("it has a presentation LUT and a shape of one, of which one is allowed")
	case ds.Has(TagPresentationLUT):
		r.state.LUT.Table = r.table(ds, TagPresentationLUT)
		if t := r.state.LUT.Table; t != nil && t.First != 0 {
			r.refuse("its presentation LUT begins at %d instead of 0", t.First)
		}
	default: // without it nobody knows whether low values are dark
		r.state.LUT.Inverse = r.word(ds, TagPresentationLUTShape, "IDENTITY", "INVERSE") == "INVERSE"
	}
}

// overlays are Overlay Plane, C.9.2, and Overlay Activation, C.11.7.
func (r *stateReader) overlays() {
	for _, o := range overlays(r.ds) {
		switch {
		case o.Note != "":
			r.refuse("%s", o.Note)
		case o.Embedded || o.Frames > 1:
			r.refuse("overlay %04X is not a plane of one frame with data of its own", o.Group)
		default:
			if o.Bits = bitsOf(r.ds.Raw(NewTag(o.Group, overlayData)), 0, o.Rows*o.Columns); 8*len(o.Bits) < o.Rows*o.Columns {
				r.refuse("overlay %04X is cut short", o.Group)
			}
		}
		o.Frames = 0 // for every image of the state
		r.state.Overlays = append(r.state.Overlays, o)
	}
	for _, g := range overlayGroups(r.ds) {
		if layer := r.ds.Text(NewTag(g, overlayLayer)); layer != "" {
			r.state.Activations = append(r.state.Activations, imaging.OverlayActivation{Group: g, Layer: layer})
		}
	}
}

func (r *stateReader) shutter() {
	s, err := shutter(r.ds)
	if err != nil {
		r.refuse("%v", err)
		return
	}
	r.state.Shutter = s
	if s == nil {
		return
	}
	if p, ok := r.ds.IntValue(TagShutterPresentation); !ok || p < 0 || p > 65535 {
		r.bad(r.ds, TagShutterPresentation)
	}
	if s.Overlay != 0 && !slices.ContainsFunc(r.state.Overlays, func(o imaging.Overlay) bool { return o.Group == s.Overlay }) {
		r.refuse("its bitmap shutter is overlay %04X, which it does not have", s.Overlay)
	}
}

// layers is the Graphic Layer module, C.10.7.
func (r *stateReader) layers() {
	for _, item := range r.ds.Items(TagGraphicLayers) {
		l := imaging.GraphicLayer{Name: item.Text(TagGraphicLayer), Order: int(r.numbers(item, TagGraphicLayerOrder, 1)[0]), Description: item.Text(TagGraphicLayerDescription)}
		if l.Name == "" || r.state.Layer(l.Name) != nil {
			r.refuse("a graphic layer has no name, or two have the name %q", l.Name)
		}
		if item.Has(TagGraphicLayerGrey) {
			grey := int(r.numbers(item, TagGraphicLayerGrey, 1)[0])
			l.Grey = &grey
		}
		if c, ok := cielab(item, TagGraphicLayerCIELab); ok {
			l.Colour = &c
		} else if v := item.Floats(TagGraphicLayerRGB); len(v) == 3 {
			l.Colour = &[3]uint8{uint8(v[0] / 257), uint8(v[1] / 257), uint8(v[2] / 257)}
		}
		r.state.Layers = append(r.state.Layers, l)
	}
	slices.SortStableFunc(r.state.Layers, func(a, b imaging.GraphicLayer) int { return a.Order - b.Order })
	for _, a := range r.state.Activations {
		if r.state.Layer(a.Layer) == nil {
			r.refuse("overlay %04X is to be shown in the layer %q, which does not exist", a.Group, a.Layer)
		}
	}
}

// annotations is the Graphic Annotation module, C.10.5.
func (r *stateReader) annotations() {
	for _, item := range r.ds.Items(TagGraphicAnnotation) {
		a := imaging.Annotation{Images: r.some(item, "an annotation"), Layer: item.Text(TagGraphicLayer)}
		if r.state.Layer(a.Layer) == nil {
			r.refuse("an annotation lies in the layer %q, which does not exist", a.Layer)
		}
		for _, t := range item.Items(TagTextObjects) {
			a.Texts = append(a.Texts, r.text(t))
		}
		for _, g := range item.Items(TagGraphicObjects) {
			a.Graphics = append(a.Graphics, r.graphic(g))
		}
		if len(a.Texts) == 0 && len(a.Graphics) == 0 && len(item.Items(TagCompoundGraphics)) > 0 {
			r.refuse("an annotation has compound graphics without the simple ones in their place (attribute %s)", TagCompoundGraphics.label())
		}
		r.state.Annotations = append(r.state.Annotations, a)
	}
}

func (r *stateReader) units(ds *Dataset, t Tag) imaging.AnnotationUnits {
	return imaging.AnnotationUnits(r.word(ds, t, string(imaging.UnitsPixel), string(imaging.UnitsDisplay), string(imaging.UnitsMatrix)))
}

func (r *stateReader) point(ds *Dataset, t Tag) imaging.Point {
	v := r.numbers(ds, t, 2)
	return imaging.Point{X: v[0], Y: v[1]}
}

func (r *stateReader) text(ds *Dataset) imaging.TextObject {
	t := imaging.TextObject{Text: strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(ds.Text(TagUnformattedText))}
	if strings.TrimSpace(t.Text) == "" {
		r.bad(ds, TagUnformattedText)
	}
	if ds.Has(TagBoundingBoxTopLeft) || ds.Has(TagBoundingBoxBottomRight) {
		t.Box = &imaging.TextBox{TopLeft: r.point(ds, TagBoundingBoxTopLeft), BottomRight: r.point(ds, TagBoundingBoxBottomRight), Units: r.units(ds, TagBoundingBoxUnits), Justify: "LEFT"}
		if ds.Text(TagBoundingBoxJustification) != "" {
			t.Box.Justify = r.word(ds, TagBoundingBoxJustification, "LEFT", "RIGHT", "CENTER")
		}
	}
	if ds.Has(TagAnchorPoint) {
		p := r.point(ds, TagAnchorPoint)
		t.Anchor, t.AnchorUnits = &p, r.units(ds, TagAnchorPointUnits)
		t.AnchorVisible = r.word(ds, TagAnchorPointVisibility, "Y", "N") == "Y"
	}
	if t.Box == nil && t.Anchor == nil {
		r.refuse("the text %q has neither a box nor an anchor", t.Text)
	}
	if c, ok := cielab(ds.Item(TagTextStyle), TagTextColour); ok {
		t.Colour = &c
	}
	return t
}

func (r *stateReader) graphic(ds *Dataset) imaging.GraphicObject {
	g := imaging.GraphicObject{Units: r.units(ds, TagGraphicUnits), Type: imaging.GraphicType(r.word(ds, TagGraphicType, string(imaging.GraphicPoint),
		string(imaging.GraphicPolyline), string(imaging.GraphicInterpolated), string(imaging.GraphicCircle), string(imaging.GraphicEllipse)))}
	if d, _ := ds.IntValue(TagGraphicDimensions); d != 2 {
		r.bad(ds, TagGraphicDimensions)
	}
	n, _ := ds.IntValue(TagGraphicPoints)
	least, most := 2, math.MaxInt32
	switch g.Type {
	case imaging.GraphicPoint:
		least, most = 1, 1
	case imaging.GraphicCircle:
		most = 2
	case imaging.GraphicEllipse:
		least, most = 4, 4
	}
	v := ds.Floats(TagGraphicData)
	if n < least || n > most || len(v) != 2*n || !finite(v, len(v)) {
		r.refuse("a %s has %d points and %d coordinates, which do not go together", g.Type, n, len(v))
		return g
	}
	for i := 0; i < len(v); i += 2 {
		g.Points = append(g.Points, imaging.Point{X: v[i], Y: v[i+1]})
	}
	g.Filled = ds.Text(TagGraphicFilled) == "Y"
	if c, ok := cielab(ds.Item(TagLineStyle), TagPatternColour); ok {
		g.Colour = &c
	}
	return g
}

// areas is the Displayed Area module, C.10.4.
func (r *stateReader) areas() {
	items := r.ds.Items(TagDisplayedArea)
	if len(items) == 0 {
		r.bad(r.ds, TagDisplayedArea)
	}
	for _, item := range items {
		a := imaging.DisplayedArea{Images: r.some(item, "a displayed area"), Aspect: 1,
			Mode: imaging.SizeMode(r.word(item, TagPresentationSizeMode, string(imaging.ScaleToFit), string(imaging.TrueSize), string(imaging.Magnify)))}
		p, q := r.numbers(item, TagDisplayedAreaTopLeft, 2), r.numbers(item, TagDisplayedAreaBottomRight, 2)
		// The corners are those after rotation and flip, so either may be the
		// lower one in the image; both pixels are shown.
		a.Area = imaging.Region{X0: min(p[0], q[0]) - 1, Y0: min(p[1], q[1]) - 1, X1: max(p[0], q[0]), Y1: max(p[1], q[1])}
		switch {
		case item.Has(TagPresentationSpacing):
			s := r.numbers(item, TagPresentationSpacing, 2)
			if s[0] <= 0 || s[1] <= 0 {
				r.bad(item, TagPresentationSpacing)
				break
			}
			a.Spacing = imaging.Spacing{RowMM: s[0], ColumnMM: s[1], Source: imaging.SpacingCalibrated}
			a.Aspect = s[0] / s[1]
		case a.Mode == imaging.TrueSize:
			r.refuse("it asks for true size and does not say what a pixel measures (attribute %s)", TagPresentationSpacing.label())
		case item.Has(TagPresentationAspect):
			s := r.numbers(item, TagPresentationAspect, 2)
			if s[0] <= 0 || s[1] <= 0 {
				r.bad(item, TagPresentationAspect)
				break
			}
			a.Aspect = s[0] / s[1]
		default:
			r.refuse("a displayed area has neither the spacing nor the aspect ratio of a pixel")
		}
		if a.Mode == imaging.Magnify {
			if a.Ratio = r.numbers(item, TagPresentationMagnification, 1)[0]; a.Ratio <= 0 {
				r.bad(item, TagPresentationMagnification)
			}
		}
		if item.Text(TagPixelOriginInterpretation) == "VOLUME" {
			r.refuse("a displayed area counts in the whole matrix of a slide, which this version does not show so")
		}
		for _, other := range r.state.Areas {
			if overlap(other.Images, a.Images) {
				r.refuse("two displayed areas are for the same image")
			}
		}
		r.state.Areas = append(r.state.Areas, a)
	}
}

// transformation is Spatial Transformation, C.10.6.
func (r *stateReader) transformation() {
	if !r.ds.Has(TagImageRotation) && !r.ds.Has(TagImageHorizontalFlip) {
		return
	}
	v := r.numbers(r.ds, TagImageRotation, 1)[0]
	if !slices.Contains([]float64{0, 90, 180, 270}, v) {
		r.bad(r.ds, TagImageRotation)
	}
	r.state.Rotation = int(v)
	r.state.Flip = r.word(r.ds, TagImageHorizontalFlip, "Y", "N") == "Y"
}
