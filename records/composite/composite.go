package composite

import (
	"crypto/sha1"
	"fmt"
	"math/big"
	"time"

	"longying/imaging"
	"longying/imaging/dicomfile"
	"longying/records"
)

// Attributes that dicomfile does not name.
const (
	tagDeviceSerialNumber      dicomfile.Tag = 0x00181000
	tagContributingEquipment   dicomfile.Tag = 0x0018A001
	tagContributionDescription dicomfile.Tag = 0x0018A003
	tagPurposeOfReference      dicomfile.Tag = 0x0040A170
)

// Equipment is what wrote the object (Enhanced General Equipment,
// PS3.3 C.7.5.2: all are required) and the time zone.
type Equipment struct {
	Manufacturer    string         `json:"manufacturer"`
	ModelName       string         `json:"model_name"`
	SerialNumber    string         `json:"serial_number"` // of this installation
	SoftwareVersion string         `json:"software_version"`
	Zone            *time.Location `json:"-"` // nil is China's, UTC+8
}

// Default names this program; a caller that knows its own version or serial
// number sets them.
func Default() Equipment {
	return Equipment{Manufacturer: "Longying", ModelName: "Longying", SerialNumber: "1", SoftwareVersion: "1"}
}

// In gives the equipment with its time zone set.
func (q Equipment) In() Equipment {
	if q.Zone == nil {
		q.Zone = imaging.Zone()
	}
	return q
}

// Date is a DA.
func (q Equipment) Date(t time.Time) string { return t.In(q.Zone).Format("20060102") }

// Clock is a TM to the second.
func (q Equipment) Clock(t time.Time) string { return t.In(q.Zone).Format("150405") }

// Stamp is a DT to the second, with its offset from UTC.
func (q Equipment) Stamp(t time.Time) string { return t.In(q.Zone).Format("20060102150405-0700") }

// Describe sets the General and Enhanced General Equipment modules.
func (q Equipment) Describe(ds *dicomfile.Dataset, d *records.Document) {
	ds.String(dicomfile.TagManufacturer, "LO", q.Manufacturer).
		String(dicomfile.TagModelName, "LO", q.ModelName).
		String(tagDeviceSerialNumber, "LO", q.SerialNumber).
		String(dicomfile.TagSoftwareVersions, "LO", q.SoftwareVersion).
		String(dicomfile.TagInstitutionName, "LO", d.Organization.Name)
}

// Instance sets SOP Common and the time of the content, which is that of the
// signature.
func (q Equipment) Instance(ds *dicomfile.Dataset, d *records.Document, class, uid string) {
	ds.String(dicomfile.TagSOPClassUID, "UI", class).
		String(dicomfile.TagSOPInstanceUID, "UI", uid).
		String(dicomfile.TagInstanceCreationDate, "DA", q.Date(d.SignedAt)).
		String(dicomfile.TagInstanceCreationTime, "TM", q.Clock(d.SignedAt)).
		String(dicomfile.TagTimezoneOffset, "SH", d.SignedAt.In(q.Zone).Format("-0700")).
		String(dicomfile.TagContentDate, "DA", q.Date(d.SignedAt)).
		String(dicomfile.TagContentTime, "TM", q.Clock(d.SignedAt))
	if models := q.contributors(d); len(models) > 0 {
		ds.Sequence(tagContributingEquipment, models...)
	}
}

// contributors are the models that proposed findings of a document, each with who
// confirmed it: the Contributing Equipment Sequence of SOP Common (PS3.3 C.12.1),
// which every object has a place for. Where two doctors confirmed, two stand.
func (q Equipment) contributors(d *records.Document) []*dicomfile.Dataset {
	var out []*dicomfile.Dataset
	seen := map[string]bool{}
	for _, f := range d.Findings {
		m := f.Model
		if m == nil || seen[m.ID+"\n"+m.Version+"\n"+m.SHA256+"\n"+f.ByName] {
			continue
		}
		seen[m.ID+"\n"+m.Version+"\n"+m.SHA256+"\n"+f.ByName] = true
		out = append(out, dicomfile.NewDataset().
			String(dicomfile.TagManufacturer, "LO", q.Manufacturer).
			String(dicomfile.TagModelName, "LO", m.ID).
			String(dicomfile.TagSoftwareVersions, "LO", m.Version).
			String(tagContributionDescription, "ST", fmt.Sprintf("AI model proposed, confirmed by %s (模型提示,经医师确认); model sha256=%s", f.ByName, m.SHA256)).
			Sequence(tagPurposeOfReference, Coded(records.Code{Value: "109102", Scheme: "DCM", Meaning: "Processing Equipment"})))
	}
	return out
}

// PatientName keeps the study's own PN where it holds the registered name, so
// that an archive files the report with its images. Where the header has
// letters only, the registered name is added as the ideographic group; where it
// contradicts the register, the register counts.
func PatientName(d *records.Document) string {
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

// PatientAndStudy sets the Patient and General Study modules.
func (q Equipment) PatientAndStudy(ds *dicomfile.Dataset, d *records.Document) {
	x, p := d.Examination, d.Patient
	ds.String(dicomfile.TagPatientName, "PN", PatientName(d)).
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
		date, clock = q.Date(x.Date), q.Clock(x.Date)
	}
	ds.String(dicomfile.TagStudyDate, "DA", date).String(dicomfile.TagStudyTime, "TM", clock)
}

// Coded is an item of a code sequence, PS3.3 8.8. A value over 16 characters
// is a Long Code Value.
func Coded(c records.Code) *dicomfile.Dataset {
	d := dicomfile.NewDataset()
	if len(c.Value) > 16 {
		d.String(dicomfile.TagLongCodeValue, "UC", c.Value)
	} else {
		d.String(dicomfile.TagCodeValue, "SH", c.Value)
	}
	d.String(dicomfile.TagCodingSchemeDesignator, "SH", c.Scheme)
	if c.Version != "" {
		d.String(dicomfile.TagCodingSchemeVersion, "SH", c.Version)
	}
	return d.String(dicomfile.TagCodeMeaning, "LO", c.Meaning)
}

// SOP is a reference to a SOP instance, PS3.3 table 10-11.
func SOP(class, uid string) *dicomfile.Dataset {
	return dicomfile.NewDataset().
		String(dicomfile.TagReferencedSOPClass, "UI", class).
		String(dicomfile.TagReferencedSOPInstance, "UI", uid)
}

// UID is a UID of PS3.5 B.2: 2.25. and a version 5 UUID (RFC 9562, 5.5)
// of what it names.
func UID(kind, name string, version int) string {
	namespace := [16]byte{0x6c, 0x6f, 0x6e, 0x67, 0x79, 0x69, 0x4e, 0x67, 0x8f, 0x73, 0x72, 0x00, 0x00, 0x00, 0x00, 0x01}
	h := sha1.New()
	h.Write(namespace[:])
	fmt.Fprintf(h, "%s\x00%s\x00%d", kind, name, version)
	u := h.Sum(nil)[:16]
	u[6] = u[6]&0x0f | 0x50
	u[8] = u[8]&0x3f | 0x80
	return "2.25." + new(big.Int).SetBytes(u).String()
}

// FindingCode is the finding's code, or one of our own made of its label.
func FindingCode(f *records.Finding) records.Code {
	c := records.Code{Scheme: "99LONGYING"}
	if f.Code != nil {
		c = *f.Code
	} else {
		c.Value = fmt.Sprintf("F%x", sha1.Sum([]byte(f.Label.Zh+"\x00"+f.Label.En)))[:13]
	}
	if c.Meaning == "" {
		c.Meaning = f.Label.In("zh")
	}
	return c
}

// Side is the code of a laterality of the record, CID 244.
func Side(laterality string) (c records.Code, ok bool) {
	c, ok = map[string]records.Code{
		"L": {Value: "7771000", Scheme: "SCT", Meaning: "Left"},
		"R": {Value: "24028007", Scheme: "SCT", Meaning: "Right"},
		"B": {Value: "51440002", Scheme: "SCT", Meaning: "Right and left"},
	}[laterality]
	return c, ok
}
