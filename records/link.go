package records

// LinkRule names the rule by which a study was linked.
type LinkRule string

// The rules by which a study is linked without a person deciding. An ID number
// alone never links: sex and birth date are inside it, so they add nothing, and
// one mistyped digit is another person.
const (
	RuleIDAndName     LinkRule = "id_number_and_name"
	RuleAccession     LinkRule = "accession_number"
	RulePatientNumber LinkRule = "patient_number_name_birth_date"
	RuleByHand        LinkRule = "by_hand"
)

// Conflict is one fact on which header and register differ or are silent.
type Conflict struct {
	Field    string `json:"field"` // name, sex, birth_date, id_number, accession_number
	Header   string `json:"header"`
	Register string `json:"register"`
}

// Candidate is a patient that one key of a header points at.
type Candidate struct {
	Patient     Patient
	Pinyin      []string // readings of the name, "zhang san" or "zhang san feng", where a library knows them; Patient.NamePinyin besides
	ByIDNumber  bool     // the header's ID number is the patient's
	ByAccession bool     // the accession number matches an order of the patient
	ByNumber    bool     // the header's patient number, with its issuer mapped, is the patient's
}
