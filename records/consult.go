package records

import (
	"time"

	"longying/imaging"
)

// Consult is a multidisciplinary consult (多学科会诊).
type Consult struct {
	ID        string        `json:"id"`
	PatientID string        `json:"patient_id"`
	Title     string        `json:"title"`
	Question  string        `json:"question"` // 会诊目的
	State     string        `json:"state"`    // ConsultPreparing, ConsultDecided, ConsultFollowing, ConsultClosed
	Items     []ConsultItem `json:"items"`
	Members   []Member      `json:"members"`
	Opinions  []Opinion     `json:"opinions"`
	Decision  *Decision     `json:"decision,omitempty"`
	FollowUps []FollowUp    `json:"follow_ups"`

	Correlations []Correlation `json:"correlations,omitempty"`
	Packs        []SentPack    `json:"packs,omitempty"`
	CreatedBy    string        `json:"created_by"`
	CreatedAt    time.Time     `json:"created_at"`
	UpdatedAt    time.Time     `json:"updated_at"`
}

// The states of a consult.
const (
	ConsultPreparing = "preparing"
	ConsultDecided   = "decided"
	ConsultFollowing = "following"
	ConsultClosed    = "closed"
)

// ConsultItem is something laid before the consult.
type ConsultItem struct {
	Kind       string       `json:"kind"` // study, slide, finding, visit, document
	Title      string       `json:"title"`
	Ref        *imaging.Ref `json:"ref,omitempty"`
	FindingUID string       `json:"finding_uid,omitempty"`
	VisitID    string       `json:"visit_id,omitempty"`
	DocumentID string       `json:"document_id,omitempty"`
	Note       string       `json:"note,omitempty"`
	View       *KeyView     `json:"view,omitempty"` // of a place in an image
}

// Member takes part in a consult.
type Member struct {
	UserID     string `json:"user_id,omitempty"` // empty for a guest
	Name       string `json:"name"`
	Discipline string `json:"discipline"`
}

// Opinion is what one member said; a dissent is kept beside the decision.
type Opinion struct {
	ID         string    `json:"id"`
	Member     Member    `json:"member"`
	Text       string    `json:"text"`
	Dissent    bool      `json:"dissent"`
	FindingUID string    `json:"finding_uid,omitempty"`
	EnteredBy  string    `json:"entered_by"` // who typed it, not always the member
	At         time.Time `json:"at"`
	Replaces   string    `json:"replaces,omitempty"` // ID of the version before, which stays
	PackID     string    `json:"pack_id,omitempty"`  // the pack that it answers, where it came in a reply
	Received   time.Time `json:"received,omitzero"`  // when a reply brought it here; At is the other station's clock
}

// SentPack is one sealed file that left with this consult; a reply names it.
type SentPack struct {
	ID string    `json:"id"`
	By string    `json:"by"`
	At time.Time `json:"at"`
}

// Standing lists the opinions that no later version replaces, in the order they
// came. Two versions of the same opinion made apart both stand.
func (c *Consult) Standing() []Opinion {
	replaced := map[string]bool{}
	for _, o := range c.Opinions {
		if o.Replaces != "" {
			replaced[o.Replaces] = true
		}
	}
	var out []Opinion
	for _, o := range c.Opinions {
		if !replaced[o.ID] {
			out = append(out, o)
		}
	}
	return out
}

// Decision is what the consult agreed on.
type Decision struct {
	Text     string    `json:"text"`
	Findings []string  `json:"findings,omitempty"` // FindingUIDs that it rests on
	By       string    `json:"by"`
	ByName   string    `json:"by_name"`
	At       time.Time `json:"at"`
}

// FollowUp is a date that must come back as a reminder.
type FollowUp struct {
	ID      string    `json:"id"`
	Date    string    `json:"date"` // YYYYMMDD
	Task    string    `json:"task"`
	Done    bool      `json:"done"`
	Outcome string    `json:"outcome,omitempty"`
	By      string    `json:"by"`
	At      time.Time `json:"at"`
	// Postponed lists the later dates in the order they were set; Date stays the first.
	Postponed []Postponement `json:"postponed,omitempty"`
	DoneBy    string         `json:"done_by,omitempty"`
	DoneAt    time.Time      `json:"done_at,omitzero"`
}

// Postponement is a follow-up moved to a later date, with its reason.
type Postponement struct {
	Date   string    `json:"date"` // YYYYMMDD
	Reason string    `json:"reason"`
	By     string    `json:"by"`
	At     time.Time `json:"at"`
}

// Due is the date that holds, YYYYMMDD.
func (f *FollowUp) Due() string {
	if n := len(f.Postponed); n > 0 {
		return f.Postponed[n-1].Date
	}
	return f.Date
}

// Reminder is an open follow-up of a consult.
type Reminder struct {
	ConsultID  string `json:"consult_id"`
	PatientID  string `json:"patient_id"`
	Title      string `json:"title"`
	FollowUpID string `json:"follow_up_id"`
	Date       string `json:"date"` // YYYYMMDD
	Task       string `json:"task"`
	Overdue    bool   `json:"overdue"`
}

// Correlation states whether a lesion of the images and the type of the slide
// agree. A later one of the same pair is kept beside the one before.
type Correlation struct {
	ID         string    `json:"id"`
	Radiology  string    `json:"radiology"` // FindingUID
	Pathology  string    `json:"pathology"` // FindingUID
	Concordant bool      `json:"concordant"`
	Comment    string    `json:"comment,omitempty"` // never empty of a discordance
	By         string    `json:"by"`
	ByName     string    `json:"by_name"`
	At         time.Time `json:"at"`
}
