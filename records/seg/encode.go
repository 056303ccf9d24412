package seg

import (
	"fmt"
	"io"

	"longying/imaging"
	"longying/imaging/dicomfile"
	"longying/records"
	"longying/records/composite"
)

const segmentation = "1.2.840.10008.5.1.4.1.1.66.4"

// Attributes that dicomfile does not name.
const (
	tagPositionReference      dicomfile.Tag = 0x00201040
	tagContentLabel           dicomfile.Tag = 0x00700080
	tagContentDescription     dicomfile.Tag = 0x00700081
	tagContentCreator         dicomfile.Tag = 0x00700084
	tagSegmentationType       dicomfile.Tag = 0x00620001
	tagSegments               dicomfile.Tag = 0x00620002
	tagSegmentsOverlap        dicomfile.Tag = 0x00620013
	tagSharedGroups           dicomfile.Tag = 0x52009229
	tagFrameGroups            dicomfile.Tag = 0x52009230
	tagFrameContent           dicomfile.Tag = 0x00209111
	tagStackID                dicomfile.Tag = 0x00209056
	tagInStackPosition        dicomfile.Tag = 0x00209057
	tagDimensionIndexValues   dicomfile.Tag = 0x00209157
	tagDimensionUID           dicomfile.Tag = 0x00209164
	tagDimensionPointer       dicomfile.Tag = 0x00209165
	tagFunctionalGroupPointer dicomfile.Tag = 0x00209167
	tagDimensions             dicomfile.Tag = 0x00209221
	tagDimensionIndices       dicomfile.Tag = 0x00209222
	tagDimensionLabel         dicomfile.Tag = 0x00209421
	tagSegmentIdentification  dicomfile.Tag = 0x0062000A
	tagReferencedSegment      dicomfile.Tag = 0x0062000B
	tagDerivationImage        dicomfile.Tag = 0x00089124
	tagDerivationCode         dicomfile.Tag = 0x00089215
	tagSourceImage            dicomfile.Tag = 0x00082112
	tagPurposeOfReference     dicomfile.Tag = 0x0040A170
	tagLocationsPreserved     dicomfile.Tag = 0x0028135A
	tagReferencedInstances    dicomfile.Tag = 0x0008114A
	tagPixelData              dicomfile.Tag = 0x7FE00010
)

// Segment is one finding with its mask.
type Segment struct {
	Finding *records.Finding
	Frames  []Frame // those on which something of it lies, in the order of the images
}

// Frame is the mask of a segment in one image, or in one frame of one.
type Frame struct {
	Ref           imaging.Ref // the source: series, SOP instance and class, frame from 1
	Columns, Rows int         // of the source
	In            []bool      // row by row, Columns*Rows long
	MultiFrame    bool        // the source may have several frames, so that the frame is named
	Plane         *imaging.Plane
	Space         imaging.Spacing
	Thickness     float64 // mm, 0 when unknown
}

// Object is what one Segmentation object holds: segments of images of one
// series, one size and one orientation.
type Object struct {
	SeriesUID string
	Segments  []Segment
}

// Split sorts segments into objects, because the frames of an object share size,
// frame of reference, orientation and spacing. The order of segments is kept.
func Split(segments []Segment) []Object {
	var out []Object
	var like []Frame
next:
	for _, s := range segments {
		if len(s.Frames) == 0 {
			continue
		}
		for i, o := range like {
			if s.Frames[0].fits(&o) {
				out[i].Segments = append(out[i].Segments, s)
				continue next
			}
		}
		like = append(like, s.Frames[0])
		out = append(out, Object{SeriesUID: s.Frames[0].Ref.SeriesUID, Segments: []Segment{s}})
	}
	return out
}

// fits reports frames that may lie in one object.
func (f *Frame) fits(o *Frame) bool {
	if f.Ref.SeriesUID != o.Ref.SeriesUID || f.Columns != o.Columns || f.Rows != o.Rows || f.Space != o.Space || (f.Plane == nil) != (o.Plane == nil) {
		return false
	}
	return f.Plane == nil || f.Plane.Frame == o.Plane.Frame && near(f.Plane.Row, o.Plane.Row) && near(f.Plane.Column, o.Plane.Column)
}

// near allows what rounding leaves of one direction written twice.
func near(a, b imaging.Vec) bool { return a.Dot(b) > 1-1e-6 }

// Encode writes one object. It refuses what Document.Check refuses, a segment
// whose finding is not among the document's, and frames that Split would not
// have put together. number tells the objects of a document apart, from 1.
func Encode(doc *records.Document, o Object, number int, cfg composite.Equipment, w io.Writer) error {
	if err := doc.Check(); err != nil {
		return fmt.Errorf("segmentation: %w", err)
	}
	e := &encoder{doc: doc, object: o, number: number, cfg: cfg.In()}
	if err := e.check(); err != nil {
		return fmt.Errorf("segmentation: %w", err)
	}
	ds := dicomfile.NewDataset()
	e.header(ds)
	e.segments(ds)
	e.frames(ds)
	if err := dicomfile.Write(w, ds); err != nil {
		return fmt.Errorf("segmentation: %w", err)
	}
	return nil
}

type encoder struct {
	doc    *records.Document
	object Object
	number int
	cfg    composite.Equipment
}

func (e *encoder) check() error {
	if len(e.object.Segments) == 0 || e.number < 1 {
		return fmt.Errorf("document %s: there is no segment to write", e.doc.ID)
	}
	stated := map[string]int{}
	for _, f := range e.doc.Findings {
		stated[f.UID] = f.Version
	}
	for _, s := range e.object.Segments {
		if s.Finding == nil || stated[s.Finding.UID] == 0 || stated[s.Finding.UID] != s.Finding.Version {
			return fmt.Errorf("document %s: a segment is of no finding that the report states", e.doc.ID)
		}
		if s.Finding.TrackingUID == "" {
			return fmt.Errorf("finding %s has no tracking UID", s.Finding.UID)
		}
		if len(s.Frames) == 0 {
			return fmt.Errorf("the mask of finding %s is on no image", s.Finding.UID)
		}
		for i := range s.Frames {
			f := &s.Frames[i]
			switch {
			case f.Columns < 1 || f.Rows < 1 || len(f.In) != f.Columns*f.Rows:
				return fmt.Errorf("the mask of finding %s does not fill image %s of %d x %d", s.Finding.UID, f.Ref.SOPUID, f.Columns, f.Rows)
			case f.Ref.SOPUID == "" || f.Ref.SOPClass == "" || f.Ref.SeriesUID == "":
				return fmt.Errorf("the mask of finding %s lies on an image that is no DICOM object", s.Finding.UID)
			case !f.fits(&e.object.Segments[0].Frames[0]):
				return fmt.Errorf("the mask of finding %s lies on images of several sizes, series or orientations", s.Finding.UID)
			}
		}
	}
	return nil
}

func (e *encoder) uid(kind string) string {
	return composite.UID(fmt.Sprintf("segmentation %s %s %d", kind, e.object.SeriesUID, e.number), e.doc.DocumentID, e.doc.Version)
}

func (e *encoder) first() *Frame { return &e.object.Segments[0].Frames[0] }

// header is everything but segments, frames and pixels.
func (e *encoder) header(ds *dicomfile.Dataset) {
	d := e.doc
	e.cfg.PatientAndStudy(ds, d)
	e.cfg.Describe(ds, d)
	e.cfg.Instance(ds, d, segmentation, e.uid("instance"))
	description := "Segmentation 分割"
	if d.Sample {
		description += " SAMPLE 样本"
	}
	ds.String(dicomfile.TagModality, "CS", "SEG").
		String(dicomfile.TagSeriesInstanceUID, "UI", composite.UID("segmentation series", d.DocumentID, 0)).
		Int(dicomfile.TagSeriesNumber, "IS", 9003).
		String(dicomfile.TagSeriesDescription, "LO", description).
		Int(dicomfile.TagInstanceNumber, "IS", (d.Version-1)*1000+e.number).
		String(dicomfile.TagImageType, "CS", "DERIVED", "PRIMARY").
		String(tagContentLabel, "CS", "SEGMENTATION").
		String(tagContentDescription, "LO", "Confirmed findings 已确认所见").
		String(tagContentCreator, "PN", d.Author.Name).
		String(tagSegmentationType, "CS", "BINARY").
		String(dicomfile.TagLossyCompression, "CS", "00").
		String(tagSegmentsOverlap, "CS", e.overlap()).
		Sequence(dicomfile.TagReferencedSeries, e.sources())
	if p := e.first().Plane; p != nil {
		ds.String(dicomfile.TagFrameOfReference, "UI", p.Frame).String(tagPositionReference, "LO", "")
	} else {
		ds.String(dicomfile.TagPatientOrientation, "CS", "") // type 2C where there is no orientation, C.7.6.1
	}
}

// overlap says whether a pixel lies in several segments.
func (e *encoder) overlap() string {
	seen := map[string][]bool{}
	for _, s := range e.object.Segments {
		for _, f := range s.Frames {
			key := fmt.Sprint(f.Ref.SOPUID, " ", f.Ref.Frame)
			all := seen[key]
			if all == nil {
				all = make([]bool, len(f.In))
			}
			for i, in := range f.In {
				if in && all[i] {
					return "YES"
				}
				all[i] = all[i] || in
			}
			seen[key] = all
		}
	}
	return "NO"
}

// sources are the images that the masks lie on: PS3.3 C.12.2.
func (e *encoder) sources() *dicomfile.Dataset {
	var items []*dicomfile.Dataset
	seen := map[string]bool{}
	for _, s := range e.object.Segments {
		for _, f := range s.Frames {
			if !seen[f.Ref.SOPUID] {
				seen[f.Ref.SOPUID] = true
				items = append(items, composite.SOP(f.Ref.SOPClass, f.Ref.SOPUID))
			}
		}
	}
	return dicomfile.NewDataset().
		String(dicomfile.TagSeriesInstanceUID, "UI", e.object.SeriesUID).
		Sequence(tagReferencedInstances, items...)
}
