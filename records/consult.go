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
	State     string        `json:"state"`    // of ConsultStates
	Items     []ConsultItem `json:"items"`
	Members   []Member      `json:"members"`
	Opinions  []Opinion     `json:"opinions"`
	Decision  *Decision     `json:"decision,omitempty"`
	FollowUps []FollowUp    `json:"follow_ups"`

	Correlations []Correlation `json:"correlations,omitempty"`
	Packs        []SentPack    `json:"packs,omitempty"`
	History      []Stage       `json:"history,omitempty"`   // every state it came into, oldest first
	Excuses      []Excuse      `json:"excuses,omitempty"`   // the last one of an item holds
	Schedules    []Schedule    `json:"schedules,omitempty"` // the last one holds
	Meeting      *Meeting      `json:"meeting,omitempty"`
	Outcomes     []Outcome     `json:"outcomes,omitempty"` // the last one holds
	CreatedBy    string        `json:"created_by"`
	CreatedAt    time.Time     `json:"created_at"`
	UpdatedAt    time.Time     `json:"updated_at"`
}

// ConsultItem is something laid before the consult.
type ConsultItem struct {
	Kind       string       `json:"kind"` // study, slide, finding, visit, document, medication
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
	Hospital   string `json:"hospital,omitempty"` // of an outside doctor
}

// Schedule is when and where a consult meets, under whom and with whom.
type Schedule struct {
	At      time.Time `json:"at"`
	Place   string    `json:"place"`
	Chair   Member    `json:"chair"` // a user: decides and closes under their own name
	Members []Member  `json:"members"`
	Reason  string    `json:"reason,omitempty"` // why it replaces the schedule before
	By      string    `json:"by"`
	ByName  string    `json:"by_name"`
	Set     time.Time `json:"set"`
}

// Scheduled is the schedule that holds, nil where there is none yet.
func (c *Consult) Scheduled() *Schedule {
	if n := len(c.Schedules); n > 0 {
		return &c.Schedules[n-1]
	}
	return nil
}

// Meeting is the beginning of the meeting: who was there, and what of the
// checklist was missing when it began all the same, named by who began it.
type Meeting struct {
	Present []string  `json:"present,omitempty"` // names of members; empty: not taken down
	Missing []Check   `json:"missing,omitempty"`
	By      string    `json:"by"`
	ByName  string    `json:"by_name"`
	At      time.Time `json:"at"`
}

// Outcome sets what was done and what happened beside what was decided. A later
// one is kept beside the one before.
type Outcome struct {
	ID         string    `json:"id"`
	Done       string    `json:"done"`              // what was done
	Happened   string    `json:"happened"`          // what came of it
	Concordant bool      `json:"concordant"`        // with the decision
	Comment    string    `json:"comment,omitempty"` // never empty of a discordance
	By         string    `json:"by"`
	ByName     string    `json:"by_name"`
	At         time.Time `json:"at"`
}

// Outcome is the outcome that holds, nil where none is recorded yet.
func (c *Consult) Outcome() *Outcome {
	if n := len(c.Outcomes); n > 0 {
		return &c.Outcomes[n-1]
	}
	return nil
}

// Open lists the follow-ups that are not done.
func (c *Consult) Open() []FollowUp {
	var out []FollowUp
	for _, f := range c.FollowUps {
		if !f.Done {
			out = append(out, f)
		}
	}
	return out
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
	// EnteredByName is who typed it, as at that time; of one that came in a reply
	// who was signed in at the other station, as the file says.
	EnteredByName string `json:"entered_by_name,omitempty"`
	// MergedBy is the user who took it out of a reply: whoever has the passphrase of
	// a pack can reply under any name, and nobody here has verified it.
	MergedBy     string `json:"merged_by,omitempty"`
	MergedByName string `json:"merged_by_name,omitempty"`
}

// Outside reports an opinion of another hospital (外院意见): it came in a reply,
// or was typed here for an outside doctor.
func (o *Opinion) Outside() bool { return !o.Received.IsZero() || o.Member.Hospital != "" }

// Unverified reports an opinion under a name that nothing here proves: it came in a
// reply, which whoever had the pack's passphrase could write.
func (o *Opinion) Unverified() bool { return !o.Received.IsZero() }

// Own reports an opinion that a user gave under their own password.
func (o *Opinion) Own() bool {
	return o.Received.IsZero() && o.Member.UserID != "" && o.Member.UserID == o.EnteredBy
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
	// Written says that it was made in writing, without a meeting; Missing is then
	// what of the checklist was missing.
	Written bool    `json:"written,omitempty"`
	Missing []Check `json:"missing,omitempty"`
}

// FollowUp is a task of the decision, or a date after it, that must come back as
// a reminder until it is done.
type FollowUp struct {
	ID      string    `json:"id"`
	Date    string    `json:"date"` // YYYYMMDD
	Task    string    `json:"task"`
	Owner   *Member   `json:"owner,omitempty"` // who answers for it; nil in consults of before owners
	Done    bool      `json:"done"`
	Outcome string    `json:"outcome,omitempty"`
	By      string    `json:"by"`
	At      time.Time `json:"at"`
	// Postponed lists the later dates in the order they were set; Date stays the first.
	Postponed  []Postponement `json:"postponed,omitempty"`
	DoneBy     string         `json:"done_by,omitempty"`
	DoneByName string         `json:"done_by_name,omitempty"`
	DoneAt     time.Time      `json:"done_at,omitzero"`
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
	OwnerID    string `json:"owner_id,omitempty"` // user, where the owner is one
	Owner      string `json:"owner,omitempty"`    // name
	Overdue    bool   `json:"overdue"`
	Today      bool   `json:"today"`
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
