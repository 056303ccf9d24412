package records

import (
	"encoding/json"
	"time"
)

// Acceptance is one entry in the history of a model version at this site: it
// was measured on a local list, accepted by a named person, or its acceptance
// was withdrawn. Entries are never changed; the newest that is not a mere
// measurement counts.
type Acceptance struct {
	ID          string             `json:"id"`
	Act         AcceptanceAct      `json:"act"`
	Model       ModelRef           `json:"model"`
	Measurement string             `json:"measurement,omitempty"` // ID of the measurement that was accepted
	List        string             `json:"list,omitempty"`        // SHA-256 of the labelled list, hex
	Cases       int                `json:"cases,omitempty"`       // that the model judged
	Refused     int                `json:"refused,omitempty"`     // that it refused
	Report      json.RawMessage    `json:"report,omitempty"`      // the figures, as they were shown
	Thresholds  map[string]float64 `json:"thresholds,omitempty"`  // class key -> threshold of this site; classes left out keep the card's
	ReviewOn    string             `json:"review_on,omitempty"`   // day of the next review, YYYY-MM-DD
	Note        string             `json:"note,omitempty"`        // the person's words
	By          string             `json:"by"`
	ByName      string             `json:"by_name"`
	At          time.Time          `json:"at"`
}

// AcceptanceAct is what an entry records.
type AcceptanceAct string

// The acts.
const (
	ModelMeasured  AcceptanceAct = "measured"
	ModelAccepted  AcceptanceAct = "accepted"
	ModelWithdrawn AcceptanceAct = "withdrawn"
)

// ReviewDue reports that the day of the next review has come.
func (a *Acceptance) ReviewDue(now time.Time) bool {
	return a.ReviewOn != "" && now.Format(time.DateOnly) >= a.ReviewOn
}
