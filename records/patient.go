package records

import "time"

// Text is a label in the two languages of the program.
type Text struct {
	Zh string `json:"zh"`
	En string `json:"en"`
}

// In returns the text in "zh" or "en"; Chinese is the default, and what is
// missing in one language is taken from the other.
func (t Text) In(lang string) string {
	if lang == "en" && t.En != "" || t.Zh == "" {
		return t.En
	}
	return t.Zh
}

// Code is a coded concept: value, coding scheme designator, meaning (PS3.3 8).
type Code struct {
	Value   string `json:"value"`
	Scheme  string `json:"scheme"`
	Version string `json:"version,omitempty"`
	Meaning string `json:"meaning"`
}

// Sex is DE02.01.040.00, code table GB/T 2261.1.
type Sex string

// The sexes of GB/T 2261.1.
const (
	SexUnknown     Sex = "0"
	SexMale        Sex = "1"
	SexFemale      Sex = "2"
	SexUnspecified Sex = "9"
)

// SexFromDICOM maps (0010,0040); O and empty map to SexUnknown, because they
// neither agree with nor contradict a register.
func SexFromDICOM(s string) Sex {
	switch s {
	case "M":
		return SexMale
	case "F":
		return SexFemale
	}
	return SexUnknown
}

// DICOM is the value for (0010,0040), empty when unknown.
func (s Sex) DICOM() string {
	switch s {
	case SexMale:
		return "M"
	case SexFemale:
		return "F"
	}
	return ""
}

// IDTypeResident is DE02.01.031.00 value 01 of CV02.01.101: resident ID card.
const IDTypeResident = "01"

// Patient is a person of the population register (全员人口) with the number of
// the resident health record (电子健康档案).
type Patient struct {
	ID                 string          `json:"id"`                    // ours, a UUID, never shown as an identity
	Name               string          `json:"name"`                  // DE02.01.039.00
	NamePinyin         string          `json:"name_pinyin,omitempty"` // as the person writes it, e.g. Ouyang Nana; empty where not stated
	IDType             string          `json:"id_type"`               // DE02.01.031.00
	IDNumber           string          `json:"id_number"`             // DE02.01.030.00
	Sex                Sex             `json:"sex"`                   // DE02.01.040.00
	BirthDate          string          `json:"birth_date"`            // DE02.01.005.01, YYYYMMDD
	HealthRecordNumber string          `json:"health_record_number"`  // 健康档案编号, 17 digits
	Phone              string          `json:"phone,omitempty"`       // DE02.01.010.00
	Numbers            []PatientNumber `json:"numbers,omitempty"`     // numbers given by other issuers
	Sample             bool            `json:"sample,omitempty"`      // an invented person of the shipped sample
	Note               string          `json:"note,omitempty"`
}

// PatientNumber is a number that an issuer (a hospital, a device) gave.
type PatientNumber struct {
	Issuer string `json:"issuer"`
	Number string `json:"number"`
}

// VisitClass is the patient type, code system 2.16.156.10011.2.3.1.271.
type VisitClass string

// The visit classes.
const (
	VisitOutpatient VisitClass = "1"
	VisitEmergency  VisitClass = "2"
	VisitInpatient  VisitClass = "3"
	VisitOther      VisitClass = "9"
)

// Visit is one encounter of the medical record (电子病历).
type Visit struct {
	ID         string      `json:"id"`
	PatientID  string      `json:"patient_id"`
	Number     string      `json:"number"` // 就诊流水号: outpatient or inpatient number
	Class      VisitClass  `json:"class"`
	Date       string      `json:"date"` // YYYYMMDD
	Department string      `json:"department"`
	Diagnoses  []Diagnosis `json:"diagnoses,omitempty"`
	Note       string      `json:"note,omitempty"`
}

// Diagnosis is an ICD-10 code (DE05.01.024.00) with its name (DE05.01.025.00).
type Diagnosis struct {
	Code string `json:"code"`
	Name string `json:"name"`
}

// Order is a request for an examination (检查申请单).
type Order struct {
	AccessionNumber string `json:"accession_number"`
	PatientID       string `json:"patient_id"`
	VisitID         string `json:"visit_id,omitempty"`
	Category        string `json:"category"` // 检查类别, DE04.30.018.00
}

// LinkState says whose a study is taken to be, and why.
type LinkState string

// The states of a link. Only LinkedByRule and LinkedByHand name a patient.
const (
	LinkPending  LinkState = "pending" // not looked at
	LinkReview   LinkState = "review"  // on the review list
	LinkedByRule LinkState = "linked_by_rule"
	LinkedByHand LinkState = "linked_by_hand"
)

// Linked reports whether the state names a patient.
func (s LinkState) Linked() bool { return s == LinkedByRule || s == LinkedByHand }

// Examination is one study in the record.
type Examination struct {
	StudyUID        string     `json:"study_uid"`
	PatientID       string     `json:"patient_id,omitempty"` // empty until linked
	Link            LinkState  `json:"link"`
	LinkRule        LinkRule   `json:"link_rule,omitempty"`
	LinkReason      string     `json:"link_reason,omitempty"`    // why no rule linked it: a LinkDecision.ReasonCode
	LinkConflicts   []Conflict `json:"link_conflicts,omitempty"` // what differs between header and register; shown as a warning bar
	LinkedBy        string     `json:"linked_by,omitempty"`      // user ID
	LinkedAt        time.Time  `json:"linked_at,omitzero"`
	AccessionNumber string     `json:"accession_number,omitempty"`
	Modality        string     `json:"modality"` // the first series'
	Modalities      []string   `json:"modalities"`
	BodyPart        string     `json:"body_part,omitempty"`
	Description     string     `json:"description,omitempty"`
	Date            time.Time  `json:"date,omitzero"`
	Institution     string     `json:"institution,omitempty"`
	Header          Header     `json:"header"`
	Text            HeaderText `json:"text,omitzero"` // how the header's text was read
	Instances       int        `json:"instances"`
	ImportedAt      time.Time  `json:"imported_at"`
	Sample          bool       `json:"sample,omitempty"`
}

// ExaminationFilter narrows a list of examinations; a zero field narrows
// nothing.
type ExaminationFilter struct {
	Text      string                  // part of a header's name or description, beginning of an accession or patient number, a whole number or study UID
	Person    func(*Examination) bool // whether a text finds whose the study is; nil: by whole numbers alone
	PatientID string
	Link      LinkState
	Limit     int // 0: all
	Offset    int
}

// Header is the patient as the DICOM header states it, for comparison.
type Header struct {
	Name      string   `json:"name"` // PN value
	Display   string   `json:"display"`
	PatientID string   `json:"patient_id"`
	Issuer    string   `json:"issuer,omitempty"`
	OtherIDs  []string `json:"other_ids,omitempty"`
	BirthDate string   `json:"birth_date,omitempty"`
	Sex       string   `json:"sex,omitempty"`
	Age       string   `json:"age,omitempty"`
}

// Object is one stored SOP instance.
type Object struct {
	SOPUID    string `json:"sop_uid"`
	StudyUID  string `json:"study_uid"`
	SeriesUID string `json:"series_uid"`
	SOPClass  string `json:"sop_class"`
	Modality  string `json:"modality"`
	SHA256    string `json:"sha256"` // of the file as imported
	Size      int64  `json:"size"`
	File      string `json:"file"` // name inside the objects folder
}
