package records

import (
	"fmt"
	"math"
	"strings"
	"time"

	"longying/imaging"
)

// FindingState is the state of one observation.
type FindingState string

// The states. Only Confirmed and Edited may leave the machine as fact.
const (
	FindingProposed  FindingState = "proposed"  // a model said so; nobody has looked
	FindingConfirmed FindingState = "confirmed" // a named doctor agrees
	FindingEdited    FindingState = "edited"    // a named doctor agrees with changes
	FindingRejected  FindingState = "rejected"  // a named doctor disagrees
	FindingWithdrawn FindingState = "withdrawn" // taken back, e.g. made under the wrong patient
)

// Factual reports whether a finding in this state may be stated in a report.
func (s FindingState) Factual() bool { return s == FindingConfirmed || s == FindingEdited }

// Finding is one version of one observation in one study. FindingUID stays the
// same over all versions; TrackingUID identifies the lesion and is shared with
// another study's finding only when a doctor links them.
type Finding struct {
	UID         string        `json:"finding_uid"`
	TrackingUID string        `json:"tracking_uid"`
	TrackingID  string        `json:"tracking_id"` // human-readable, unique within the patient
	Version     int           `json:"version"`     // from 1
	StudyUID    string        `json:"study_uid"`
	State       FindingState  `json:"state"`
	Label       Text          `json:"label"`
	Code        *Code         `json:"code,omitempty"`
	Site        *Code         `json:"site,omitempty"`       // anatomic site
	Topography  *Code         `json:"topography,omitempty"` // ICD-O-3
	Morphology  *Code         `json:"morphology,omitempty"` // ICD-O-3
	Grade       *Code         `json:"grade,omitempty"`      // ICD-O-3 histological grade, the 6th digit
	Laterality  string        `json:"laterality,omitempty"` // L, R, B or empty: not stated
	Ref         imaging.Ref   `json:"ref"`
	Value       *Measurement  `json:"value,omitempty"`
	Sizes       []Measurement `json:"sizes,omitempty"`       // measured together with Value: of a mask its diameters
	Probability *float64      `json:"probability,omitempty"` // as proposed, calibrated, 0..1
	Model       *ModelRef     `json:"model,omitempty"`       // nil for a manual finding
	Origin      *Origin       `json:"origin,omitempty"`      // of another maker's object, where a doctor took it over from one
	RunID       string        `json:"run_id,omitempty"`
	ProposalKey string        `json:"proposal_key,omitempty"` // model, class and place: the same proposal made again is not a second finding
	FollowUp    *PriorFinding `json:"follow_up,omitempty"`    // the prior finding of the same lesion, where a doctor linked one
	Amber       []string      `json:"amber,omitempty"`        // why care is needed, for people
	Note        string        `json:"note,omitempty"`         // the doctor's words
	Reason      string        `json:"reason,omitempty"`
	By          string        `json:"by"`      // user ID; the operator of the run for a proposal
	ByName      string        `json:"by_name"` // as at that time
	At          time.Time     `json:"at"`
}

// Measurement is a number with a UCUM unit.
type Measurement struct {
	Concept Code    `json:"concept"`
	Value   float64 `json:"value"`
	Unit    string  `json:"unit"` // UCUM, "1" where it has none
	// Derivation is which statistic of many values it is, as the mean; zero: none.
	Derivation Code `json:"derivation,omitzero"`
}

// Check reports a measurement that must not be written: a number without its
// unit, without what was measured, or that is none.
func (m Measurement) Check() error {
	switch {
	case math.IsNaN(m.Value) || math.IsInf(m.Value, 0):
		return fmt.Errorf("the measurement %q is %g, not a number", m.Concept.Meaning, m.Value)
	case strings.TrimSpace(m.Unit) == "":
		return fmt.Errorf("the measurement %q of %g has no unit", m.Concept.Meaning, m.Value)
	case m.Concept.Value == "" || m.Concept.Scheme == "" || m.Concept.Meaning == "":
		return fmt.Errorf("the measurement of %g %s does not say what was measured", m.Value, m.Unit)
	}
	return nil
}

// Measurements are all measurements of a finding, Value first.
func (f *Finding) Measurements() []Measurement {
	if f.Value == nil {
		return f.Sizes
	}
	return append([]Measurement{*f.Value}, f.Sizes...)
}

// ModelRef names the model behind a proposal, to the byte.
type ModelRef struct {
	ID      string `json:"id"`
	Version string `json:"version"`
	SHA256  string `json:"sha256"`
	Name    Text   `json:"name"`
}

// Run is one model asked about one study, with its outcome; kept also when the
// model refused, found nothing above its threshold, or was unsure.
type Run struct {
	ID          string      `json:"id"`
	StudyUID    string      `json:"study_uid"`
	Model       ModelRef    `json:"model"`
	Outcome     string      `json:"outcome"` // refused, below_threshold, unsure, proposed
	Reason      string      `json:"reason,omitempty"`
	ReasonCode  string      `json:"reason_code,omitempty"`
	ReasonArgs  []string    `json:"reason_args,omitempty"`
	Label       Text        `json:"label"`
	Probability *float64    `json:"probability,omitempty"`
	Amber       []string    `json:"amber,omitempty"`
	Ref         imaging.Ref `json:"ref"`
	Device      string      `json:"device,omitempty"`      // maker, model and station of the image, as its header says
	FindingUID  string      `json:"finding_uid,omitempty"` // of the proposal it made, or would have made again
	Result      []byte      `json:"result,omitempty"`      // JSON: trace, all probabilities, type map
	By          string      `json:"by"`
	At          time.Time   `json:"at"`
}
