package station

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"longying/app/delivery"
	"longying/app/reading"
	"longying/app/trail"
	"longying/app/transfer"
	"longying/imaging/render"
	"longying/records"
	"longying/records/cda"
	"longying/records/composite"
	"longying/records/keyimage"
	"longying/records/report"
	"longying/records/seg"
	"longying/records/sr"
)

// ExportObjects writes the newest signed report of a study into a folder in one
// of delivery.ObjectFormats, and returns the files. left says what could not be written and
// why, while the rest was.
func (s *Station) ExportObjects(ctx context.Context, actor records.User, studyUID, as, folder string) (paths, left []string, err error) {
	defer trail.Outcome(ctx, s.store, actor, "export", studyUID, &err)
	if err := trail.Require(ctx, s.store, actor, records.RightExport, "export", studyUID); err != nil {
		return nil, nil, err
	}
	doc, err := s.Reading.Signed(ctx, actor, studyUID)
	if err != nil {
		return nil, nil, err
	}
	objects, left, err := s.objects(ctx, &doc, as)
	if err != nil {
		return nil, nil, err
	}
	for i, raw := range objects {
		name := doc.Document.ID + delivery.Extension(as)
		if len(objects) > 1 {
			name = fmt.Sprintf("%s-%d%s", doc.Document.ID, i+1, delivery.Extension(as))
		}
		path, err := s.Delivery.Write(ctx, actor, &doc.Document, as, folder, name, raw)
		if err != nil {
			return paths, left, err
		}
		paths = append(paths, path)
	}
	return paths, left, nil
}

// objects is a signed report in one of delivery.ObjectFormats: at least one, or a refusal.
func (s *Station) objects(ctx context.Context, doc *records.SignedDocument, as string) (out [][]byte, left []string, err error) {
	switch as {
	case delivery.AsSegmentation:
		return s.segmentations(ctx, doc)
	case delivery.AsStates, delivery.AsCaptures:
		return s.keyImages(ctx, doc, as)
	case delivery.AsEncapsulated:
		raw, err := s.encapsulated(ctx, doc)
		return [][]byte{raw}, nil, err
	}
	return nil, nil, fmt.Errorf("form %q is not known; one of %v", as, delivery.ObjectFormats())
}

func (s *Station) segmentations(ctx context.Context, doc *records.SignedDocument) (out [][]byte, left []string, err error) {
	segments, left, err := s.Reading.Segments(ctx, &doc.Document)
	if err != nil {
		return nil, nil, err
	}
	if len(segments) == 0 {
		return nil, nil, &records.RefusedError{Code: "no_masks",
			Reason: because("no finding of report "+doc.Document.ID+" rests on a mask, so that there is nothing to write as a segmentation", left)}
	}
	for i, o := range seg.Split(segments) {
		var b bytes.Buffer
		if err := seg.Encode(&doc.Document, o, i+1, composite.Default(), &b); err != nil {
			return nil, nil, err
		}
		out = append(out, b.Bytes())
	}
	return out, left, nil
}

func because(reason string, left []string) string {
	return strings.Join(append([]string{reason}, left...), "; ")
}

func (s *Station) keyImages(ctx context.Context, doc *records.SignedDocument, as string) (out [][]byte, left []string, err error) {
	d := &doc.Document
	images, not, err := s.Reading.KeyObjects(ctx, d)
	if err != nil {
		return nil, nil, err
	}
	face, err := render.NewTypeface(report.Font())
	if err != nil {
		return nil, nil, err
	}
	for i, o := range images {
		if as == delivery.AsStates && !o.Grey {
			here := slices.Clone(o.Image.Findings)
			for _, a := range o.Image.Annotations {
				here = append(here, reading.AsLeft(a))
			}
			for _, f := range here {
				not = append(not, reading.Left{Code: "colour", Finding: f, Reason: "image " + o.Image.Ref.SOPUID + " is in colour, and a greyscale presentation state is of grey images"})
			}
			continue
		}
		var b bytes.Buffer
		if as == delivery.AsStates {
			if err := keyimage.State(d, o.Image, i+1, composite.Default(), &b); err != nil {
				return nil, nil, err
			}
			out = append(out, b.Bytes())
			continue
		}
		marked, err := o.Marked(d, face)
		if err != nil {
			return nil, nil, err
		}
		if err := keyimage.Capture(d, o.Image, marked, i+1, composite.Default(), &b); err != nil {
			return nil, nil, err
		}
		out = append(out, b.Bytes())
	}
	for _, l := range not {
		left = append(left, l.String())
	}
	if len(out) == 0 {
		return nil, nil, &records.RefusedError{Code: noKeyImages(not),
			Reason: because("no finding of report "+d.ID+" lies on an image that can be written so", left)}
	}
	return out, left, nil
}

// noKeyImages is the code of the refusal: where one reason holds for all findings,
// of that reason.
func noKeyImages(left []reading.Left) string {
	codes := map[string]string{"no_dicom": "no_key_images_no_dicom", "slide": "no_key_images_slide", "colour": "no_key_images_colour", "plane": "no_key_images_plane"}
	for _, l := range left {
		if l.Code != left[0].Code {
			return "no_key_images"
		}
	}
	if len(left) == 0 || codes[left[0].Code] == "" {
		return "no_key_images"
	}
	return codes[left[0].Code]
}

// stored is a signed report as the DICOM objects that a PACS is given of it.
func (s *Station) stored(ctx context.Context, doc *records.SignedDocument, as string) (out [][]byte, left []string, err error) {
	switch as {
	case transfer.AsSR:
		raw, err := delivery.DefaultForms().Encode(doc, "sr")
		return [][]byte{raw}, nil, err
	case transfer.AsPDF:
		as = delivery.AsEncapsulated
	}
	return s.objects(ctx, doc, as)
}

func (s *Station) encapsulated(ctx context.Context, doc *records.SignedDocument) ([]byte, error) {
	images, err := s.Reading.KeyImages(ctx, &doc.Document)
	if err != nil {
		return nil, err
	}
	pdf, err := printed(doc, images)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = sr.EncodePDF(&doc.Document, sr.Default(), pdf, &b)
	return b.Bytes(), err
}

// ExportConsult writes a decided consult as a CDA document into a folder.
func (s *Station) ExportConsult(ctx context.Context, actor records.User, id string, form cda.ConsultForm, folder string) (string, error) {
	org, err := s.Admin.Organization(ctx)
	if err != nil {
		return "", err
	}
	raw, name, err := s.Consult.Document(ctx, actor, id, form, org)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", err
	}
	path := filepath.Join(folder, name)
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		return "", fmt.Errorf("the consult was not written: %w", err)
	}
	return path, nil
}
