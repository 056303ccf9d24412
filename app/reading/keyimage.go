package reading

import (
	"bytes"
	"context"
	"fmt"
	"image"

	"longying/imaging"
	"longying/imaging/dicomfile"
	"longying/imaging/render"
	"longying/records"
	"longying/records/composite"
	"longying/records/keyimage"
	"longying/records/report"
)

// mostPrinted is how many pictures stand on paper.
const mostPrinted = 4

// KeyImages renders one picture for each finding of a document and then for each
// measurement that has a number (at most four in all), at native size: of a slide
// the marked region, of a film the whole picture. What was measured on a picture
// is drawn on it, with its number. Where the document has neither, the middle
// image of its first series. What was measured on a slide or on a reconstructed
// plane has no picture.
func (r *Reading) KeyImages(ctx context.Context, doc *records.Document) ([]image.Image, error) {
	var refs []imaging.Ref
	seen := map[string]bool{}
	add := func(ref imaging.Ref) {
		key := placeOf(ref)
		if ref.SOPUID != "" && !seen[key] && len(refs) < mostPrinted {
			seen[key] = true
			refs = append(refs, ref)
		}
	}
	for _, f := range doc.Findings {
		add(f.Ref)
	}
	drawn := map[string][]records.Annotation{}
	for _, a := range doc.Annotations {
		if a.Cut != nil || a.Matrix {
			continue
		}
		drawn[placeOf(a.Ref)] = append(drawn[placeOf(a.Ref)], a)
		if len(a.Values) > 0 {
			add(a.Ref)
		}
	}
	if len(refs) == 0 && len(doc.Series) > 0 && len(doc.Series[0].Instances) > 0 {
		s := doc.Series[0]
		refs = append(refs, imaging.Ref{SOPUID: s.Instances[len(s.Instances)/2].SOPUID})
	}
	var out []image.Image
	for _, ref := range refs {
		img, err := r.printed(ctx, doc, ref, drawn[placeOf(ref)])
		if err != nil {
			return nil, fmt.Errorf("the key image %s: %w", ref.SOPUID, err)
		}
		out = append(out, img)
	}
	return out, nil
}

// placeOf tells frames apart.
func placeOf(ref imaging.Ref) string { return fmt.Sprint(ref.SOPUID, " ", max(1, ref.Frame)) }

// printed is a frame as it stands on paper, with what was measured on it.
func (r *Reading) printed(ctx context.Context, doc *records.Document, ref imaging.Ref, drawn []records.Annotation) (image.Image, error) {
	if len(drawn) > 0 {
		o, left, err := r.KeyObject(ctx, ref)
		if err != nil {
			return nil, err
		}
		if left == nil {
			o.Image.Annotations = drawn
			face, err := render.NewTypeface(report.Font())
			if err != nil {
				return nil, err
			}
			return o.Marked(doc, face)
		}
	}
	return r.archive.Picture(ctx, ref)
}

// Marked is the picture with what lies on it burned in: the state that says it is
// read back, so that what is burned in is what it says.
func (o *KeyObject) Marked(doc *records.Document, face *render.Typeface) (image.Image, error) {
	var state bytes.Buffer
	if err := keyimage.State(doc, o.Image, 1, composite.Default(), &state); err != nil {
		return nil, err
	}
	f, err := dicomfile.OpenReader(bytes.NewReader(state.Bytes()), int64(state.Len()), "the presentation state")
	if err != nil {
		return nil, err
	}
	s, err := f.PresentationState()
	f.Close()
	if err != nil {
		return nil, err
	}
	return o.Mark(nil, s, face)
}
