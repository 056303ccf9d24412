package records

import (
	"strconv"
	"time"
)

// Intake is what one row, message or resource of an imported file says about
// one person. Every entry in it is as the file states it: IDs and patient IDs of
// the store are empty.
type Intake struct {
	Row       int    // line, message or entry in the file, from 1
	Part      string // what of it, e.g. "ADT^A08" or "Observation/f001"; empty for a row
	Message   string // names an event that is taken once, e.g. sender and control ID; empty for a statement that may be repeated
	Patient   Patient
	Health    HealthRecord
	Visits    []Visit
	Orders    []Order
	Diagnoses []DiagnosisEntry
	Allergies []Allergy
	Labs      []LabValue
	Reports   []PastReport
	Merge     *Patient // the entry that the file says is the same person as Patient (HL7 A40): for a person to decide
}

// RowError is one row of an imported file that was not taken, and why.
type RowError struct {
	File   string   `json:"file,omitempty"`
	Row    int      `json:"row"`    // line, message or entry, from 1
	Field  string   `json:"column"` // column, segment or element
	Code   string   `json:"code"`   // names the reason, for a translation
	Args   []string `json:"args,omitempty"`
	Reason string   `json:"reason"` // what is wrong and what to do
}

func (e RowError) Error() string {
	if e.File != "" {
		return e.File + " " + RowError{Row: e.Row, Field: e.Field, Reason: e.Reason}.Error()
	}
	return "row " + strconv.Itoa(e.Row) + ", " + e.Field + ": " + e.Reason
}

// The kinds of entries that an import changes.
const (
	EntryPatient   = "patient"
	EntryHealth    = "health_record"
	EntryVisit     = "visit"
	EntryOrder     = "order"
	EntryDiagnosis = "diagnosis"
	EntryAllergy   = "allergy"
	EntryLab       = "laboratory_value"
	EntryReport    = "past_report"
)

// The states of a batch.
const (
	BatchStored       = "stored"
	BatchUndone       = "undone"
	BatchUndoneInPart = "undone_in_part"
)

// Batch is one import of one file.
type Batch struct {
	ID      string    `json:"id"`
	File    string    `json:"file"` // its name, without the folder
	Format  string    `json:"format"`
	Mapping string    `json:"mapping,omitempty"`
	SHA256  string    `json:"sha256"`
	State   string    `json:"state"`
	Rows    int       `json:"rows"`
	New     int       `json:"new"`
	Changed int       `json:"changed"`
	Same    int       `json:"same"`
	Review  int       `json:"review"`
	Refused int       `json:"refused"`
	Changes int       `json:"changes"` // entries written
	By      string    `json:"by"`
	ByName  string    `json:"by_name"`
	At      time.Time `json:"at"`
}

// EntryChange is one entry that a batch wrote; an empty Before made it.
type EntryChange struct {
	Seq       int    `json:"seq"`
	Kind      string `json:"kind"`
	ID        string `json:"id"`
	PatientID string `json:"patient_id"`
	Row       int    `json:"row"`
	Before    []byte `json:"before,omitempty"` // JSON
	After     []byte `json:"after"`
	Undone    bool   `json:"-"`
}

// The states of a row that waits for a person.
const (
	ReviewOpen    = "open"
	ReviewUsed    = "used"
	ReviewDropped = "dropped"
)

// IntakeReview is a row that contradicts a person of the register, or says that
// two of its entries are one person: somebody decides.
type IntakeReview struct {
	ID        string     `json:"id"`
	BatchID   string     `json:"batch_id"`
	File      string     `json:"file"`
	Intake    Intake     `json:"intake"`
	PatientID string     `json:"patient_id"`         // of the register, that a key points at
	OtherID   string     `json:"other_id,omitempty"` // of the second entry, where the row is about two
	Differing []Conflict `json:"differing"`          // Header is the row, Register the person
	Code      string     `json:"code"`               // why: contradicts, id_number_alone, two_people, merge
	State     string     `json:"state"`
	At        time.Time  `json:"at"`
	DecidedBy string     `json:"decided_by,omitempty"`
	DecidedAt time.Time  `json:"decided_at,omitzero"`
	Reason    string     `json:"reason,omitempty"`
}

// Mapping says which column of a source's files holds what.
type Mapping struct {
	Name    string         `json:"name"`
	Issuer  string         `json:"issuer,omitempty"` // of the patient numbers and entry IDs in it; empty: Name
	Columns []MappedColumn `json:"columns"`
	SavedBy string         `json:"saved_by,omitempty"`
	SavedAt time.Time      `json:"saved_at,omitzero"`
}

// MappedColumn is one column; an empty Field is not taken.
type MappedColumn struct {
	Heading string `json:"heading"`
	Field   string `json:"field"`
}
