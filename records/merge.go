package records

import (
	"strings"
	"time"
)

// The acts on two entries of the register.
const (
	ActMerge   = "merge"
	ActUnmerge = "unmerge"
)

// Merge is somebody's word that two entries of the register are one person, or
// that they are not after all. Both entries stay as they are; what was moved is
// named, so that it can be moved back.
type Merge struct {
	ID        string     `json:"id"`
	Act       string     `json:"act"`
	Kept      string     `json:"kept"` // patient ID under which the person goes on
	Gone      string     `json:"gone"` // patient ID that stands for the kept one
	Differing []Conflict `json:"differing,omitempty"`
	Despite   bool       `json:"despite,omitempty"` // they contradict each other, and it was said all the same
	Studies   []string   `json:"studies,omitempty"` // moved
	Consults  []string   `json:"consults,omitempty"`
	Reason    string     `json:"reason"`
	By        string     `json:"by"`
	ByName    string     `json:"by_name"`
	At        time.Time  `json:"at"`
}

// ComparePatients lists on what two entries differ; Header is the one that
// would go and Register the one that would be kept. What one of them does not
// state is no difference. contradict reports a difference that one person
// cannot have: two valid resident ID numbers, two birth dates, or both sexes.
func ComparePatients(gone, kept Patient) (differing []Conflict, contradict bool) {
	for _, c := range []struct {
		field, a, b string
		same        bool
		hard        bool
	}{
		{"name", gone.Name, kept.Name, FoldName(gone.Name) == FoldName(kept.Name), false},
		{"sex", gone.Sex.DICOM(), kept.Sex.DICOM(), gone.Sex == kept.Sex, true},
		{"birth_date", gone.BirthDate, kept.BirthDate, gone.BirthDate == kept.BirthDate, true},
		{"id_number", gone.IDNumber, kept.IDNumber, gone.IDType == kept.IDType && FoldNumber(gone.IDNumber) == FoldNumber(kept.IDNumber),
			validResident(gone) && validResident(kept)},
		{"health_record_number", gone.HealthRecordNumber, kept.HealthRecordNumber, FoldNumber(gone.HealthRecordNumber) == FoldNumber(kept.HealthRecordNumber), false},
	} {
		if c.same || strings.TrimSpace(c.a) == "" || strings.TrimSpace(c.b) == "" {
			continue
		}
		differing = append(differing, Conflict{Field: c.field, Header: c.a, Register: c.b})
		contradict = contradict || c.hard
	}
	return differing, contradict
}

func validResident(p Patient) bool {
	return p.IDType == IDTypeResident && CheckResidentID(FoldNumber(p.IDNumber)) == nil
}
