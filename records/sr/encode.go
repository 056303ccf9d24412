package sr

import (
	"fmt"
	"io"

	"longying/imaging"
	"longying/imaging/dicomfile"
	"longying/records"
	"longying/records/composite"
)

const comprehensive3D = "1.2.840.10008.5.1.4.1.1.88.34"

// Attributes that dicomfile does not name.
const (
	tagObservationUID        dicomfile.Tag = 0x0040A171
	tagReferencedStudy       dicomfile.Tag = 0x00081110
	tagRequestedProcedure    dicomfile.Tag = 0x00321060
	tagRequestedProcedures   dicomfile.Tag = 0x00321064
	tagRequestedProcedureID  dicomfile.Tag = 0x00401001
	tagPlacerOrderNumber     dicomfile.Tag = 0x00402016
	tagFillerOrderNumber     dicomfile.Tag = 0x00402017
	tagPixelOriginInterprete dicomfile.Tag = 0x00480301
	tagReferencedFrame       dicomfile.Tag = 0x30060024 // Referenced Frame of Reference UID
)

// Config is the equipment that wrote the object, and the time zone.
type Config = composite.Equipment

// Default names this program.
func Default() Config { return composite.Default() }

// Encode writes a document as a Part 10 file. It refuses what Document.Check
// refuses, and what the format cannot hold: a value over its VR's limit is an
// error that names the attribute, never cut.
func Encode(doc *records.Document, cfg Config, w io.Writer) error {
	if err := doc.Check(); err != nil {
		return fmt.Errorf("structured report: %w", err)
	}
	cfg = cfg.In()
	e := &encoder{doc: doc, cfg: cfg}
	if err := e.index(); err != nil {
		return fmt.Errorf("structured report: %w", err)
	}
	ds := dicomfile.NewDataset()
	cfg.PatientAndStudy(ds, doc)
	e.seriesAndEquipment(ds)
	e.general(ds)
	asContainer(ds, "1500", dcm("126000", "Imaging Measurement Report"))
	content, err := e.content()
	if err != nil {
		return fmt.Errorf("structured report: %w", err)
	}
	with(ds, content...)
	if err := dicomfile.Write(w, ds); err != nil {
		return fmt.Errorf("structured report: %w", err)
	}
	return nil
}

type encoder struct {
	doc    *records.Document
	cfg    Config
	series []records.SeriesRef // all images, those that findings name included
	class  map[string]string   // SOP class by SOP instance UID
}

// index collects the evidence: the document's images, and any other image that
// a finding or a measurement lies on.
func (e *encoder) index() error {
	e.class = map[string]string{}
	for _, s := range e.doc.Series {
		for _, o := range s.Instances {
			e.class[o.SOPUID] = o.SOPClass
		}
		if len(s.Instances) > 0 {
			e.series = append(e.series, s)
		}
	}
	for _, f := range e.doc.Findings {
		if err := e.also("finding "+f.UID, f.Ref); err != nil {
			return err
		}
	}
	for _, a := range e.doc.Annotations {
		if err := e.also("measurement "+a.UID, a.Ref); err != nil {
			return err
		}
	}
	return nil
}

// also takes the image of what lies on one into the evidence.
func (e *encoder) also(what string, r imaging.Ref) error {
	if r.SOPUID == "" || e.class[r.SOPUID] != "" {
		return nil
	}
	if r.SOPClass == "" || r.SeriesUID == "" {
		return fmt.Errorf("%s lies on image %s, which is not in the document and whose series or SOP class is not known", what, r.SOPUID)
	}
	e.class[r.SOPUID] = r.SOPClass
	e.series = append(e.series, records.SeriesRef{UID: r.SeriesUID, Instances: []records.InstanceRef{{SOPClass: r.SOPClass, SOPUID: r.SOPUID}}})
	return nil
}

func (e *encoder) uid(kind string) string {
	return composite.UID(kind, e.doc.DocumentID, e.doc.Version)
}

func (e *encoder) seriesAndEquipment(ds *dicomfile.Dataset) {
	d := e.doc
	description := "Report 检查报告"
	if d.Sample {
		description += " SAMPLE 样本"
	}
	ds.String(dicomfile.TagModality, "CS", "SR").
		String(dicomfile.TagSeriesInstanceUID, "UI", composite.UID("series", d.DocumentID, 0)).
		Int(dicomfile.TagSeriesNumber, "IS", 9001).
		String(dicomfile.TagSeriesDescription, "LO", description).
		Sequence(dicomfile.TagReferencedPPSSequence)
	e.cfg.Describe(ds, d)
}

// general is the SR Document General module, PS3.3 C.17.2, and SOP Common.
func (e *encoder) general(ds *dicomfile.Dataset) {
	d := e.doc
	e.cfg.Instance(ds, d, comprehensive3D, e.uid("instance"))
	ds.Int(dicomfile.TagInstanceNumber, "IS", d.Version).
		String(dicomfile.TagCompletionFlag, "CS", "COMPLETE").
		String(dicomfile.TagVerificationFlag, "CS", "VERIFIED").
		Sequence(dicomfile.TagVerifyingObserver, dicomfile.NewDataset().
			String(dicomfile.TagVerifyingOrganization, "LO", d.Organization.Name).
			String(dicomfile.TagVerificationDateTime, "DT", e.cfg.Stamp(d.SignedAt)).
			String(dicomfile.TagVerifyingObserverName, "PN", d.Reviewer.Name).
			Sequence(dicomfile.TagVerifyingObserverCode)).
		Sequence(dicomfile.TagPerformedProcedure)
	if a := d.Examination.AccessionNumber; a != "" {
		ds.Sequence(dicomfile.TagReferencedRequest, dicomfile.NewDataset().
			String(dicomfile.TagAccessionNumber, "SH", a).
			Sequence(tagReferencedStudy).
			String(dicomfile.TagStudyInstanceUID, "UI", d.Examination.StudyUID).
			String(tagRequestedProcedure, "LO", "").
			Sequence(tagRequestedProcedures).
			String(tagRequestedProcedureID, "SH", "").
			String(tagPlacerOrderNumber, "LO", "").
			String(tagFillerOrderNumber, "LO", ""))
	}
	if len(e.series) > 0 {
		ds.Sequence(dicomfile.TagCurrentEvidence, e.evidence())
	}
	if d.Replaces != "" {
		before := records.SeriesRef{
			UID:       composite.UID("series", d.DocumentID, 0),
			Instances: []records.InstanceRef{{SOPClass: comprehensive3D, SOPUID: composite.UID("instance", d.DocumentID, d.Version-1)}},
		}
		ds.Sequence(dicomfile.TagPredecessorDocuments, dicomfile.NewDataset().
			String(dicomfile.TagStudyInstanceUID, "UI", d.Examination.StudyUID).
			Sequence(dicomfile.TagReferencedSeries, seriesItem(before)))
	}
}

// evidence is every image of the study that the report is about, and every one
// that its content names: PS3.3 C.17.2.3.
func (e *encoder) evidence() *dicomfile.Dataset {
	var items []*dicomfile.Dataset
	for _, s := range e.series {
		items = append(items, seriesItem(s))
	}
	return dicomfile.NewDataset().
		String(dicomfile.TagStudyInstanceUID, "UI", e.doc.Examination.StudyUID).
		Sequence(dicomfile.TagReferencedSeries, items...)
}

func seriesItem(s records.SeriesRef) *dicomfile.Dataset {
	var items []*dicomfile.Dataset
	for _, o := range s.Instances {
		items = append(items, composite.SOP(o.SOPClass, o.SOPUID))
	}
	return dicomfile.NewDataset().
		String(dicomfile.TagSeriesInstanceUID, "UI", s.UID).
		Sequence(dicomfile.TagReferencedSOPSequence, items...)
}
