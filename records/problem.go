package records

import (
	"fmt"
	"strings"
)

// Problem is one reason for which a document cannot be written in a format.
type Problem struct {
	Field string `json:"field"`        // of the Document, e.g. patient.name
	DE    string `json:"de,omitempty"` // its data element (WS 363), where it has one
	What  string `json:"what"`         // ProblemMissing, ProblemTooLong, ProblemMalformed or ProblemUnlisted
	Limit int    `json:"limit,omitempty"`
	Got   int    `json:"got,omitempty"`
	Value string `json:"value,omitempty"` // of a malformed field; may name a person
	Table string `json:"table,omitempty"` // that does not list the code
}

// PreflightError refuses to write a document in a format that its fields do not
// allow. It is a *RefusedError of the code preflight, with each problem to be said
// in a reader's language.
type PreflightError struct {
	Format   string
	Problems []Problem
	Reason   string
}

// Error names every problem.
func (e *PreflightError) Error() string { return e.Reason }

// Unwrap is the refusal.
func (e *PreflightError) Unwrap() error {
	return &RefusedError{Code: "preflight", Args: []string{e.Reason}, Reason: e.Reason}
}

// What may be wrong with a field.
const (
	ProblemMissing   = "missing"
	ProblemTooLong   = "too_long"
	ProblemMalformed = "malformed"
	ProblemUnlisted  = "unlisted" // a code that the hospital's table does not have
)

// String is the problem for people: the field, what is wrong, where to mend it.
func (p Problem) String() string {
	name := p.Field
	if p.DE != "" {
		name += " (" + p.DE + ")"
	}
	switch p.What {
	case ProblemTooLong:
		name += fmt.Sprintf(" has %d characters, %d are allowed: shorten it or raise the limit", p.Got, p.Limit)
	case ProblemMalformed:
		name += fmt.Sprintf(" is %q, which cannot be sent", p.Value)
	case ProblemUnlisted:
		name += fmt.Sprintf(" is %q, which the imported code table %s does not have", p.Value, p.Table)
	default:
		name += " is missing"
	}
	if at := p.Where(); at != "" {
		name += " [" + at + "]"
	}
	return name
}

// Where says in which part of the program the field is filled in; empty where
// the program makes it.
func (p Problem) Where() string {
	return map[string]string{
		"patient": "population register: longying patients import", "visit": "the visit in the record: longying patients import",
		"organization": "hospital in the settings", "user": "the doctor's user account", "order": "the order, or the header of the images",
		"header": "the header of the images", "report": "text of the report", "finding": "the finding in the viewer", "consult": "the consult",
	}[p.Place()]
}

// Place is where the field is filled in, as one word: patient, visit,
// organization, user, order, header, report, finding or consult; empty where the
// program makes it.
func (p Problem) Place() string {
	for _, x := range []struct{ prefix, place string }{
		{"patient.", "patient"}, {"visit.", "visit"}, {"organization.", "organization"},
		{"author.", "user"}, {"reviewer.", "user"}, {"technician.", "user"}, {"chair.", "user"},
		{"examination.accession_number", "order"}, {"examination.", "header"}, {"series[", "header"},
		{"finding_text", "report"}, {"impression", "report"}, {"remarks", "report"}, {"findings", "finding"}, {"consult.", "consult"},
	} {
		if strings.HasPrefix(p.Field, x.prefix) {
			return x.place
		}
	}
	return ""
}

// Problems is the error of a document that a format cannot hold.
type Problems struct {
	As   string // the format, for people
	List []Problem
}

func (p *Problems) Error() string {
	s := make([]string, len(p.List))
	for i, x := range p.List {
		s[i] = x.String()
	}
	return p.As + " not written: " + strings.Join(s, "; ")
}
