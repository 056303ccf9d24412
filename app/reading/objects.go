package reading

import (
	"context"
	"fmt"
	"image"
	"image/draw"
	"math"
	"slices"
	"strings"

	"longying/imaging"
	"longying/imaging/render"
	"longying/inference"
	"longying/records"
	"longying/records/keyimage"
	"longying/records/seg"
	"longying/records/sqlite"
)

// Segments are the masks that the findings of a document rest on. A finding
// without one, or whose region a doctor has drawn anew, is no segment. left says
// why a mask that there should be cannot be had.
func (r *Reading) Segments(ctx context.Context, doc *records.Document) (segments []seg.Segment, left []string, err error) {
	runs := map[string]records.Run{}
	err = r.store.View(ctx, func(tx *sqlite.Tx) error {
		list, err := tx.RunsOf(doc.Examination.StudyUID)
		for _, run := range list {
			runs[run.ID] = run
		}
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	var study *imaging.Study
	for i := range doc.Findings {
		f := &doc.Findings[i]
		if g := f.Ref.Region; g == nil || g.Kind != imaging.RegionMask {
			continue
		}
		if study == nil {
			if study, err = r.archive.Study(ctx, doc.Examination.StudyUID); err != nil {
				return nil, nil, err
			}
		}
		frames, err := framesOf(runs[f.RunID], study)
		if err != nil {
			left = append(left, fmt.Sprintf("finding %s (%s): %v", f.UID, f.Label.In("zh"), err))
			continue
		}
		segments = append(segments, seg.Segment{Finding: f, Frames: frames})
	}
	return segments, left, nil
}

// framesOf are the images on which something of a run's mask lies.
func framesOf(run records.Run, study *imaging.Study) ([]seg.Frame, error) {
	packed, inputs, err := MaskOf(run)
	switch {
	case err != nil:
		return nil, err
	case packed == nil:
		return nil, fmt.Errorf("its mask is not in the record")
	case packed.Slices == 1 && run.Ref.SOPUID != "":
		inputs = []imaging.Ref{run.Ref}
	case packed.Slices != len(inputs):
		return nil, fmt.Errorf("a mask of %d slices was made of %d pictures", packed.Slices, len(inputs))
	}
	mask, err := packed.Mask()
	if err != nil {
		return nil, err
	}
	var out []seg.Frame
	for z := range mask.Slices {
		in := sliceOf(packed, mask, z)
		if in == nil {
			continue
		}
		ref := inputs[packed.At[2]+z]
		inst, series := find(study, ref.SOPUID)
		if inst == nil || inst.SOPClassUID == "" {
			return nil, fmt.Errorf("image %s is not in the study, or is no DICOM object", ref.SOPUID)
		}
		if inst.Pixels.Columns != packed.Columns || inst.Pixels.Rows != packed.Rows {
			return nil, fmt.Errorf("its mask of %d x %d does not fit image %s of %d x %d", packed.Columns, packed.Rows, ref.SOPUID, inst.Pixels.Columns, inst.Pixels.Rows)
		}
		groups := inst.Frame(max(1, ref.Frame))
		out = append(out, seg.Frame{Ref: imaging.Ref{StudyUID: study.UID, SeriesUID: series, SOPUID: ref.SOPUID, SOPClass: inst.SOPClassUID, Frame: ref.Frame},
			Columns: packed.Columns, Rows: packed.Rows, In: in, MultiFrame: inst.Pixels.Frames > 1,
			Plane: groups.Plane, Space: groups.Space, Thickness: groups.SliceThickness})
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("its mask is empty")
	}
	return out, nil
}

// sliceOf spreads one slice of an unpacked box over the whole image; nil where
// nothing of it is there.
func sliceOf(packed *inference.PackedMask, mask *inference.Mask, z int) []bool {
	area := mask.Columns * mask.Rows
	box := mask.In[z*area : (z+1)*area]
	if !slices.Contains(box, true) {
		return nil
	}
	out := make([]bool, packed.Columns*packed.Rows)
	for y := range mask.Rows {
		copy(out[(packed.At[1]+y)*packed.Columns+packed.At[0]:], box[y*mask.Columns:(y+1)*mask.Columns])
	}
	return out
}

func find(study *imaging.Study, sopUID string) (*imaging.Instance, string) {
	for i := range study.Series {
		for k := range study.Series[i].Instances {
			if in := &study.Series[i].Instances[k]; in.SOPInstanceUID == sopUID {
				return in, study.Series[i].UID
			}
		}
	}
	return nil, ""
}

// KeyObject is a key image of a document as what DICOM objects of it are made of.
type KeyObject struct {
	Image   keyimage.Image
	Grey    bool        // a presentation state can say how it was seen
	Picture image.Image // as seen, without marks
	// Mark draws it with the marks of a state made of Image; v is the Image's view.
	Mark  func(v *records.KeyView, s *imaging.PresentationState, face *render.Typeface) (image.Image, error)
	Edges [4]string // orientation letters: left, right, top, bottom; empty where not known
}

// Left is a finding that could not be written in a form, and why.
type Left struct {
	Code    string // "no_dicom", "slide", "colour", "plane"
	Finding records.Finding
	Reason  string
}

func (l Left) String() string {
	return fmt.Sprintf("finding %s (%s): %s", l.Finding.UID, l.Finding.Label.In("zh"), l.Reason)
}

// AsLeft words a measurement that could not be written as a finding is worded.
func AsLeft(a records.Annotation) records.Finding {
	return records.Finding{UID: a.UID, StudyUID: a.Ref.StudyUID, Label: records.Text{Zh: "手工测量", En: "Measurement"}, Ref: a.Ref}
}

// KeyObjects are the images on which findings and measurements of a document lie,
// each once, in their order. Slides are left out: left says so.
func (r *Reading) KeyObjects(ctx context.Context, doc *records.Document) (objects []KeyObject, left []Left, err error) {
	at := map[string]int{}
	for _, f := range doc.Findings {
		if f.Ref.SOPUID == "" {
			continue
		}
		key := fmt.Sprint(f.Ref.SOPUID, " ", max(1, f.Ref.Frame))
		if i, ok := at[key]; ok {
			objects[i].Image.Findings = append(objects[i].Image.Findings, f)
			continue
		}
		o, why, err := r.KeyObject(ctx, f.Ref)
		if err != nil {
			return nil, nil, fmt.Errorf("the key image of finding %s: %w", f.UID, err)
		}
		if why != nil {
			why.Finding = f
			left = append(left, *why)
			continue
		}
		o.Image.Findings = []records.Finding{f}
		at[key] = len(objects)
		objects = append(objects, *o)
	}
	for _, a := range doc.Annotations {
		if a.Cut != nil {
			left = append(left, Left{Code: "plane", Finding: AsLeft(a), Reason: "it was measured on a reconstructed plane, which is no image of the study; the structured report has it"})
			continue
		}
		key := fmt.Sprint(a.Ref.SOPUID, " ", max(1, a.Ref.Frame))
		if i, ok := at[key]; ok {
			objects[i].Image.Annotations = append(objects[i].Image.Annotations, a)
			continue
		}
		o, why, err := r.KeyObject(ctx, a.Ref)
		if err != nil {
			return nil, nil, fmt.Errorf("the image of measurement %s: %w", a.UID, err)
		}
		if why != nil { // worded as a finding is
			why.Finding = AsLeft(a)
			left = append(left, *why)
			continue
		}
		o.Image.Annotations = []records.Annotation{a}
		at[key] = len(objects)
		objects = append(objects, *o)
	}
	return objects, left, nil
}

// KeyObject is one frame as a key image, without findings; the reason says why a
// place is none that DICOM objects can be made of.
func (r *Reading) KeyObject(ctx context.Context, ref imaging.Ref) (*KeyObject, *Left, error) {
	if ref.SOPClass == "" {
		return nil, &Left{Code: "no_dicom", Reason: "it lies on an image that is no DICOM object"}, nil
	}
	f, err := r.archive.Open(ctx, ref.SOPUID)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	inst := *f.Instance()
	if inst.Slide != nil {
		return nil, &Left{Code: "slide", Reason: "it lies on a slide, whose regions have no presentation state or capture"}, nil
	}
	n := max(1, ref.Frame)
	frame, err := f.Frame(ctx, r.decoder, n)
	if err != nil {
		return nil, nil, err
	}
	ds, err := f.Dataset()
	if err != nil {
		return nil, nil, err
	}
	shown, err := render.New(frame, &inst, n, render.Presentation{})
	if err != nil {
		return nil, nil, err
	}
	picture, err := render.Image(frame, &inst, n, render.Presentation{})
	if err != nil {
		return nil, nil, err
	}
	o := &KeyObject{Grey: frame.Samples == 1 && !strings.HasPrefix(frame.Photometric, "PALETTE"), Picture: picture}
	o.Image = keyimage.Image{Ref: imaging.Ref{StudyUID: inst.StudyUID, SeriesUID: inst.SeriesUID, SOPUID: inst.SOPInstanceUID, SOPClass: inst.SOPClassUID, Frame: n},
		Columns: frame.Columns, Rows: frame.Rows, MultiFrame: inst.Pixels.Frames > 1, Modality: inst.ModalityLUT, Window: shown.Window(),
		Inverted: render.Inverted(&inst, frame.Photometric), Aspect: aspect(&inst, n),
		Source: keyimage.Source{Identified: identified(ds.Text(0x00280301), &inst), LossyCompression: inst.LossyCompression, LossyRatio: inst.LossyRatio, Orientation: inst.PatientOrient}}
	o.Edges[0], o.Edges[1], o.Edges[2], o.Edges[3] = inst.EdgeLetters(n)
	o.Mark = func(v *records.KeyView, s *imaging.PresentationState, face *render.Typeface) (image.Image, error) {
		if o.Grey {
			return render.Present(frame, &inst, n, render.Presentation{State: s}, face)
		}
		if v == nil {
			out := image.NewRGBA(picture.Bounds())
			draw.Draw(out, out.Bounds(), picture, picture.Bounds().Min, draw.Src)
			render.Annotate(out, render.FitView(frame.Columns, frame.Rows, out.Bounds().Dx(), out.Bounds().Dy()), s, &inst, n, face)
			return out, nil
		}
		r, err := render.New(frame, &inst, n, render.Presentation{Invert: v.Invert})
		if err != nil {
			return nil, err
		}
		return r.PresentAs(s, face)
	}
	return o, nil, nil
}

// aspect is the height and width of a pixel as whole numbers; square is 0, 0.
func aspect(inst *imaging.Instance, n int) [2]int {
	ratio := inst.Pixels.AspectRatio
	if s := inst.Frame(n).Space; s.Known() {
		ratio = s.RowMM / s.ColumnMM
	}
	if ratio <= 0 || math.Abs(ratio-1) < 1e-4 {
		return [2]int{}
	}
	return [2]int{int(math.Round(ratio * 10000)), 10000}
}

// identified reports an image that may have a name burned in (0028,0301). Where
// the header does not say, those of scanners of the body have none, and those that
// are captured screens may.
func identified(burned string, inst *imaging.Instance) bool {
	switch burned {
	case "YES":
		return true
	case "NO":
		return false
	}
	return !slices.Contains([]string{"CR", "DX", "CT", "MR", "PT", "NM", "MG"}, inst.Modality) || strings.HasPrefix(inst.SOPClassUID, "1.2.840.10008.5.1.4.1.1.7")
}
