package keyimage

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"longying/imaging"
	"longying/imaging/dicomfile"
	"longying/records"
	"longying/records/composite"
)

// Attributes that dicomfile does not name.
const (
	tagSoftcopyVOI dicomfile.Tag = 0x00283110
)

const layer = "FINDINGS"

// Image is one key image: one frame of an object, as it was seen, with the
// findings that lie on it.
type Image struct {
	Ref           imaging.Ref // series, SOP instance and class, frame from 1
	Columns, Rows int
	MultiFrame    bool                // the object has several frames, so that the frame is named
	Modality      imaging.ModalityLUT // of the object
	Window        imaging.VOILUT
	Inverted      bool   // low values are shown bright, as of MONOCHROME1
	Aspect        [2]int // height and width of a pixel as whole numbers; 0: square
	Findings      []records.Finding
	Annotations   []records.Annotation // what doctors measured and drew on it by hand
	Source        Source               // for a capture
	View          *records.KeyView     // how somebody wants it to be seen, in place of Window and Inverted; nil: as it comes. Not of a capture
	Purpose       string               // Content Description, up to 64 characters; empty: of the signed report
}

// State writes a presentation state of one image. It refuses what Document.Check
// refuses, and an image with a finding that the document does not state. A state
// is about grey images; the caller leaves out those in colour. number tells the
// states of a document apart, from 1.
func State(doc *records.Document, im Image, number int, cfg composite.Equipment, w io.Writer) error {
	if err := check(doc, &im); err != nil {
		return fmt.Errorf("presentation state: %w", err)
	}
	cfg = cfg.In()
	ds := dicomfile.NewDataset()
	cfg.PatientAndStudy(ds, doc)
	cfg.Describe(ds, doc)
	cfg.Instance(ds, doc, dicomfile.GrayscaleStateClass, uid(doc, "state", &im))
	description := "Key images 关键图像"
	if doc.Sample {
		description += " SAMPLE 样本"
	}
	purpose := im.Purpose
	if purpose == "" {
		purpose = fmt.Sprintf("Key image %d of the signed report", number)
	}
	ds.Delete(dicomfile.TagContentDate, dicomfile.TagContentTime) // it has a date of its own
	ds.String(dicomfile.TagModality, "CS", "PR").
		String(dicomfile.TagLaterality, "CS", ""). // type 2C
		String(dicomfile.TagSeriesInstanceUID, "UI", composite.UID("presentation series", doc.DocumentID, 0)).
		Int(dicomfile.TagSeriesNumber, "IS", 9004).
		String(dicomfile.TagSeriesDescription, "LO", description).
		Int(dicomfile.TagInstanceNumber, "IS", (doc.Version-1)*1000+number).
		String(dicomfile.TagContentLabel, "CS", "KEY_IMAGE").
		String(dicomfile.TagContentDescription, "LO", purpose).
		String(dicomfile.TagContentCreator, "PN", doc.Author.Name).
		String(dicomfile.TagPresentationDate, "DA", cfg.Date(doc.SignedAt)).
		String(dicomfile.TagPresentationTime, "TM", cfg.Clock(doc.SignedAt)).
		Sequence(dicomfile.TagReferencedSeries, dicomfile.NewDataset().
			String(dicomfile.TagSeriesInstanceUID, "UI", im.Ref.SeriesUID).
			Sequence(dicomfile.TagReferencedImage, im.reference()))
	im.transformations(ds)
	part := im.seen()
	part.transformation(ds)
	topLeft, bottomRight := part.corners()
	area := dicomfile.NewDataset().
		Sequence(dicomfile.TagReferencedImage, im.reference()).
		Int(dicomfile.TagDisplayedAreaTopLeft, "SL", topLeft[:]...).
		Int(dicomfile.TagDisplayedAreaBottomRight, "SL", bottomRight[:]...).
		String(dicomfile.TagPresentationSizeMode, "CS", "SCALE TO FIT")
	aspect := im.Aspect
	if aspect[0] < 1 || aspect[1] < 1 {
		aspect = [2]int{1, 1}
	}
	area.Int(dicomfile.TagPresentationAspect, "IS", aspect[0], aspect[1])
	ds.Sequence(dicomfile.TagDisplayedArea, area)
	im.annotate(ds)
	if err := dicomfile.Write(w, ds); err != nil {
		return fmt.Errorf("presentation state: %w", err)
	}
	return nil
}

func check(doc *records.Document, im *Image) error {
	if err := doc.Check(); err != nil {
		return err
	}
	if im.Ref.SOPUID == "" || im.Ref.SOPClass == "" || im.Ref.SeriesUID == "" || im.Columns < 1 || im.Rows < 1 {
		return fmt.Errorf("document %s: a key image is no DICOM image", doc.ID)
	}
	stated := map[string]int{}
	for _, f := range doc.Findings {
		stated[f.UID] = f.Version
	}
	for _, f := range im.Findings {
		if stated[f.UID] == 0 || stated[f.UID] != f.Version {
			return fmt.Errorf("document %s: finding %s is not among those that the report states", doc.ID, f.UID)
		}
	}
	for _, a := range doc.Annotations {
		stated[a.UID] = a.Version
	}
	for _, a := range im.Annotations {
		if stated[a.UID] == 0 || stated[a.UID] != a.Version {
			return fmt.Errorf("document %s: measurement %s is not among those that the report states", doc.ID, a.UID)
		}
	}
	return nil
}

func uid(doc *records.Document, kind string, im *Image) string {
	return composite.UID(fmt.Sprintf("key image %s %s %d", kind, im.Ref.SOPUID, im.Ref.Frame)+as(im.View), doc.DocumentID, doc.Version)
}

func (im *Image) reference() *dicomfile.Dataset {
	d := composite.SOP(im.Ref.SOPClass, im.Ref.SOPUID)
	if im.MultiFrame {
		d.Int(dicomfile.TagReferencedFrameNumber, "IS", max(1, im.Ref.Frame))
	}
	return d
}

// transformations are all of the image's: what a state does not have is the
// identity and not the image's own (PS3.4 N.2).
func (im *Image) transformations(ds *dicomfile.Dataset) {
	m := im.Modality
	slope, intercept := m.Slope, m.Intercept
	if n := im.Ref.Frame; n >= 1 && n <= len(m.PerFrame) {
		slope, intercept = m.PerFrame[n-1].Slope, m.PerFrame[n-1].Intercept
	}
	kind := m.Type
	if kind == "" {
		kind = "US" // unspecified
	}
	switch {
	case m.Table != nil:
		wide := *m.Table
		if wide.Bits != 8 {
			wide.Bits = 16 // the only other width of C.11.1; the entries are what they are
		}
		ds.Sequence(dicomfile.TagModalityLUTSequence, table(&wide).String(dicomfile.TagModalityLUTType, "LO", kind))
	case slope != 0:
		ds.Float(dicomfile.TagRescaleIntercept, "DS", intercept).
			Float(dicomfile.TagRescaleSlope, "DS", slope).
			String(dicomfile.TagRescaleType, "LO", kind)
	}
	voi := dicomfile.NewDataset()
	v, inverted := im.voi()
	if v.Table != nil {
		voi.Sequence(dicomfile.TagVOILUTSequence, table(v.Table))
	} else {
		voi.Float(dicomfile.TagWindowCenter, "DS", v.Center).Float(dicomfile.TagWindowWidth, "DS", v.Width)
		if v.Function != "" {
			voi.String(dicomfile.TagVOILUTFunction, "CS", string(v.Function))
		}
	}
	ds.Sequence(tagSoftcopyVOI, voi)
	shape := "IDENTITY"
	if inverted {
		shape = "INVERSE"
	}
	ds.String(dicomfile.TagPresentationLUTShape, "CS", shape)
}

// table is a LUT, PS3.3 C.11.1: a first value below 0 is of signed pixels.
func table(l *imaging.LUT) *dicomfile.Dataset {
	raw := make([]byte, 0, 2*len(l.Entries))
	for _, e := range l.Entries {
		raw = append(raw, byte(e), byte(e>>8))
	}
	d := dicomfile.NewDataset().Bytes(dicomfile.TagLUTData, "OW", raw)
	vr := "US"
	if l.First < 0 {
		vr = "SS"
	}
	entries := len(l.Entries)
	if entries == 1<<16 {
		entries = 0
	}
	if vr == "SS" && entries > 1<<15-1 {
		entries -= 1 << 16 // the same bits
	}
	return d.Int(dicomfile.TagLUTDescriptor, vr, entries, l.First, l.Bits)
}

// annotate marks each finding with its outline and its name.
func (im *Image) annotate(ds *dicomfile.Dataset) {
	var graphics, texts []*dicomfile.Dataset
	for i := range im.Findings {
		f := &im.Findings[i]
		g := f.Ref.Region
		if g == nil {
			continue
		}
		graphics = append(graphics, dicomfile.NewDataset().
			String(dicomfile.TagGraphicUnits, "CS", "PIXEL").
			Int(dicomfile.TagGraphicDimensions, "US", 2).
			Int(dicomfile.TagGraphicPoints, "US", 5).
			Float(dicomfile.TagGraphicData, "FL", g.X0, g.Y0, g.X1, g.Y0, g.X1, g.Y1, g.X0, g.Y1, g.X0, g.Y0).
			String(dicomfile.TagGraphicType, "CS", "POLYLINE").
			String(dicomfile.TagGraphicFilled, "CS", "N"))
		texts = append(texts, im.text(f, *g))
	}
	var annotations, layers []*dicomfile.Dataset
	add := func(name string, colour []int, description string, texts, graphics []*dicomfile.Dataset) {
		one := dicomfile.NewDataset().
			Sequence(dicomfile.TagReferencedImage, im.reference()).
			String(dicomfile.TagGraphicLayer, "CS", name)
		if len(texts) > 0 {
			one.Sequence(dicomfile.TagTextObjects, texts...)
		}
		if len(graphics) > 0 {
			one.Sequence(dicomfile.TagGraphicObjects, graphics...)
		}
		annotations = append(annotations, one)
		layers = append(layers, dicomfile.NewDataset().
			String(dicomfile.TagGraphicLayer, "CS", name).
			Int(dicomfile.TagGraphicLayerOrder, "IS", len(layers)+1).
			Int(dicomfile.TagGraphicLayerCIELab, "US", colour...).
			String(dicomfile.TagGraphicLayerDescription, "LO", description))
	}
	if len(graphics) > 0 {
		add(layer, yellow(), provenance(im.Findings, 64), texts, graphics)
	}
	if len(im.Annotations) > 0 {
		texts, graphics := im.drawn()
		add(drawnLayer, green(), measuredBy(im.Annotations), texts, graphics)
	}
	if len(annotations) > 0 {
		ds.Sequence(dicomfile.TagGraphicAnnotation, annotations...).Sequence(dicomfile.TagGraphicLayers, layers...)
	}
}

// yellow is sRGB (255, 214, 0) in CIELab, scaled as PS3.3 C.10.7.1.1 says.
func yellow() []int { return []int{57160, 33768, 55094} }

// text stands over the region, or under it where the picture ends, upright as it
// is displayed.
func (im *Image) text(f *records.Finding, g imaging.Region) *dicomfile.Dataset {
	part := im.seen()
	w, h := part.size()
	g = part.box(g)
	height := min(max(h/24, 8), h)
	top := g.Y0 - height
	if top < 0 {
		top = g.Y1
	}
	top = max(0, min(top, h-height))
	width := min(max(g.X1-g.X0, w/3), w)
	left := max(0, min(g.X0, w-width))
	return part.textBox(said(f), left, top, left+width, top+height)
}

// said is a finding in a few words: what, how large, and what its region is where
// that is not its outline.
func said(f *records.Finding) string {
	s := f.Label.In("zh")
	if v := f.Value; v != nil {
		s += " " + strconv.FormatFloat(v.Value, 'f', -1, 64)
		if v.Unit != "1" {
			s += " " + v.Unit
		}
	}
	if g := f.Ref.Region; g != nil && (g.Kind == imaging.RegionActivation || g.Kind == imaging.RegionOcclusion) {
		s += "（模型关注区，非轮廓）"
	}
	return s
}

// provenance says which models proposed the findings and who confirmed them, in
// at most so many characters; what does not fit is left to the report, whole
// statements only.
func provenance(findings []records.Finding, most int) string {
	out := ""
	seen := map[string]bool{}
	for _, f := range findings {
		s := f.ByName
		if f.Model != nil {
			s = f.Model.ID + " " + f.Model.Version + ", confirmed by " + f.ByName
		}
		if f.Origin != nil {
			s = f.Origin.Said("en") + ", confirmed by " + f.ByName
		}
		if seen[s] {
			continue
		}
		seen[s] = true
		next := strings.TrimPrefix(out+"; "+s, "; ")
		if len([]rune(next)) > most {
			break
		}
		out = next
	}
	if out == "" {
		return "Confirmed findings, see the report"
	}
	return out
}
