package sr

import (
	"fmt"
	"io"
	"time"

	"longying/imaging"
	"longying/imaging/dicomfile"
	"longying/records"
)

const comprehensive3D = "1.2.840.10008.5.1.4.1.1.88.34"

// Attributes that dicomfile does not name.
const (
	tagObservationUID        dicomfile.Tag = 0x0040A171
	tagDeviceSerialNumber    dicomfile.Tag = 0x00181000
	tagReferencedStudy       dicomfile.Tag = 0x00081110
	tagRequestedProcedure    dicomfile.Tag = 0x00321060
	tagRequestedProcedures   dicomfile.Tag = 0x00321064
	tagRequestedProcedureID  dicomfile.Tag = 0x00401001
	tagPlacerOrderNumber     dicomfile.Tag = 0x00402016
	tagFillerOrderNumber     dicomfile.Tag = 0x00402017
	tagPixelOriginInterprete dicomfile.Tag = 0x00480301
)

// Config is the equipment that wrote the object (Enhanced General Equipment,
// PS3.3 C.7.5.2: all are required) and the time zone.
type Config struct {
	Manufacturer    string         `json:"manufacturer"`
	ModelName       string         `json:"model_name"`
	SerialNumber    string         `json:"serial_number"` // of this installation
	SoftwareVersion string         `json:"software_version"`
	Zone            *time.Location `json:"-"` // nil is China's, UTC+8
}

// Default names this program; a caller that knows its own version or serial
// number sets them.
func Default() Config {
	return Config{Manufacturer: "Longying", ModelName: "Longying", SerialNumber: "1", SoftwareVersion: "1"}
}

// Encode writes a document as a Part 10 file. It refuses what Document.Check
// refuses, and what the format cannot hold: a value over its VR's limit is an
// error that names the attribute, never cut.
func Encode(doc *records.Document, cfg Config, w io.Writer) error {
	if err := doc.Check(); err != nil {
		return fmt.Errorf("structured report: %w", err)
	}
	if cfg.Zone == nil {
		cfg.Zone = imaging.Zone()
	}
	e := &encoder{doc: doc, cfg: cfg}
	if err := e.index(); err != nil {
		return fmt.Errorf("structured report: %w", err)
	}
	ds := dicomfile.NewDataset()
	e.patientAndStudy(ds)
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
// a finding lies on.
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
		r := f.Ref
		if r.SOPUID == "" || e.class[r.SOPUID] != "" {
			continue
		}
		if r.SOPClass == "" || r.SeriesUID == "" {
			return fmt.Errorf("finding %s lies on image %s, which is not in the document and whose series or SOP class is not known", f.UID, r.SOPUID)
		}
		e.class[r.SOPUID] = r.SOPClass
		e.series = append(e.series, records.SeriesRef{UID: r.SeriesUID, Instances: []records.InstanceRef{{SOPClass: r.SOPClass, SOPUID: r.SOPUID}}})
	}
	return nil
}

func (e *encoder) uid(kind string) string { return deriveUID(kind, e.doc.DocumentID, e.doc.Version) }

func (e *encoder) date(t time.Time) string  { return t.In(e.cfg.Zone).Format("20060102") }
func (e *encoder) clock(t time.Time) string { return t.In(e.cfg.Zone).Format("150405") }
func (e *encoder) stamp(t time.Time) string { return t.In(e.cfg.Zone).Format("20060102150405-0700") }

// patientName keeps the study's own PN where it holds the registered name, so
// that an archive files the report with its images. Where the header has
// letters only, the registered name is added as the ideographic group; where it
// contradicts the register, the register counts.
func patientName(d *records.Document) string {
	header := imaging.ParsePersonName(d.Examination.Header.Name)
	registered := imaging.PersonName{Alphabetic: d.Patient.Name}
	han := registered.Characters()
	switch {
	case han != "" && header.Characters() == han:
		return header.String()
	case han != "" && header.Characters() == "" && header.Alphabetic != "":
		return imaging.PersonName{Alphabetic: header.Alphabetic, Ideographic: d.Patient.Name}.String()
	}
	return d.Patient.Name
}

func (e *encoder) patientAndStudy(ds *dicomfile.Dataset) {
	d := e.doc
	x, p := d.Examination, d.Patient
	ds.String(dicomfile.TagPatientName, "PN", patientName(d)).
		String(dicomfile.TagPatientID, "LO", x.Header.PatientID).
		String(dicomfile.TagPatientBirthDate, "DA", p.BirthDate).
		String(dicomfile.TagPatientSex, "CS", p.Sex.DICOM()).
		String(dicomfile.TagStudyInstanceUID, "UI", x.StudyUID).
		String(dicomfile.TagReferringPhysician, "PN", "").
		String(dicomfile.TagStudyID, "SH", "").
		String(dicomfile.TagAccessionNumber, "SH", x.AccessionNumber)
	if x.Header.Issuer != "" {
		ds.String(dicomfile.TagIssuerOfPatientID, "LO", x.Header.Issuer)
	}
	if x.Description != "" {
		ds.String(dicomfile.TagStudyDescription, "LO", x.Description)
	}
	date, clock := "", ""
	if !x.Date.IsZero() {
		date, clock = e.date(x.Date), e.clock(x.Date)
	}
	ds.String(dicomfile.TagStudyDate, "DA", date).String(dicomfile.TagStudyTime, "TM", clock)
}

func (e *encoder) seriesAndEquipment(ds *dicomfile.Dataset) {
	d, c := e.doc, e.cfg
	description := "Report 检查报告"
	if d.Sample {
		description += " SAMPLE 样本"
	}
	ds.String(dicomfile.TagModality, "CS", "SR").
		String(dicomfile.TagSeriesInstanceUID, "UI", deriveUID("series", d.DocumentID, 0)).
		Int(dicomfile.TagSeriesNumber, "IS", 9001).
		String(dicomfile.TagSeriesDescription, "LO", description).
		Sequence(dicomfile.TagReferencedPPSSequence).
		String(dicomfile.TagManufacturer, "LO", c.Manufacturer).
		String(dicomfile.TagModelName, "LO", c.ModelName).
		String(tagDeviceSerialNumber, "LO", c.SerialNumber).
		String(dicomfile.TagSoftwareVersions, "LO", c.SoftwareVersion).
		String(dicomfile.TagInstitutionName, "LO", d.Organization.Name)
}

// general is the SR Document General module, PS3.3 C.17.2, and SOP Common.
func (e *encoder) general(ds *dicomfile.Dataset) {
	d := e.doc
	ds.String(dicomfile.TagSOPClassUID, "UI", comprehensive3D).
		String(dicomfile.TagSOPInstanceUID, "UI", e.uid("instance")).
		String(dicomfile.TagInstanceCreationDate, "DA", e.date(d.SignedAt)).
		String(dicomfile.TagInstanceCreationTime, "TM", e.clock(d.SignedAt)).
		String(dicomfile.TagTimezoneOffset, "SH", d.SignedAt.In(e.cfg.Zone).Format("-0700")).
		Int(dicomfile.TagInstanceNumber, "IS", d.Version).
		String(dicomfile.TagContentDate, "DA", e.date(d.SignedAt)).
		String(dicomfile.TagContentTime, "TM", e.clock(d.SignedAt)).
		String(dicomfile.TagCompletionFlag, "CS", "COMPLETE").
		String(dicomfile.TagVerificationFlag, "CS", "VERIFIED").
		Sequence(dicomfile.TagVerifyingObserver, dicomfile.NewDataset().
			String(dicomfile.TagVerifyingOrganization, "LO", d.Organization.Name).
			String(dicomfile.TagVerificationDateTime, "DT", e.stamp(d.SignedAt)).
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
			UID:       deriveUID("series", d.DocumentID, 0),
			Instances: []records.InstanceRef{{SOPClass: comprehensive3D, SOPUID: deriveUID("instance", d.DocumentID, d.Version-1)}},
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
		items = append(items, sop(o.SOPClass, o.SOPUID))
	}
	return dicomfile.NewDataset().
		String(dicomfile.TagSeriesInstanceUID, "UI", s.UID).
		Sequence(dicomfile.TagReferencedSOPSequence, items...)
}

func sop(class, uid string) *dicomfile.Dataset {
	return dicomfile.NewDataset().
		String(dicomfile.TagReferencedSOPClass, "UI", class).
		String(dicomfile.TagReferencedSOPInstance, "UI", uid)
}
