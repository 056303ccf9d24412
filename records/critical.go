package records

import (
	"strings"
	"time"
)

// The acts on a critical value (危急值).
const (
	CriticalFlagged   = "flagged"   // somebody saw it
	CriticalTold      = "told"      // somebody was told, with or without reading it back
	CriticalWithdrawn = "withdrawn" // it was none, with a reason
)

// CriticalEvent is one act on one critical value of one study. Events stay; a
// value is open until somebody was told who read it back, or it was withdrawn.
type CriticalEvent struct {
	ID         string    `json:"id"`
	ValueID    string    `json:"value_id"` // ID of the event that flagged it
	StudyUID   string    `json:"study_uid"`
	Act        string    `json:"act"`
	FindingUID string    `json:"finding_uid,omitempty"`
	What       string    `json:"what,omitempty"`      // flagged: what was seen, in the doctor's words
	To         string    `json:"to,omitempty"`        // told: who, with department or telephone
	Means      string    `json:"means,omitempty"`     // told: by telephone, in person, ...
	ReadBack   bool      `json:"read_back,omitempty"` // told: repeated by the person told, and right
	Reason     string    `json:"reason,omitempty"`    // withdrawn
	By         string    `json:"by"`
	ByName     string    `json:"by_name"`
	At         time.Time `json:"at"`
}

// Check refuses an event that leaves out what somebody will ask for later.
func (e CriticalEvent) Check() error {
	switch {
	case e.Act == CriticalFlagged && strings.TrimSpace(e.What) == "":
		return &RefusedError{Code: "critical_what", Reason: "a critical value needs words for what was seen"}
	case e.Act == CriticalTold && strings.TrimSpace(e.To) == "":
		return &RefusedError{Code: "critical_to", Reason: "say who was told of the critical value"}
	case e.Act == CriticalWithdrawn && strings.TrimSpace(e.Reason) == "":
		return &RefusedError{Code: "critical_reason", Reason: "say why it is no critical value"}
	}
	return nil
}

// CriticalValue is what became of one critical value, by its events.
type CriticalValue struct {
	Flagged CriticalEvent   `json:"flagged"`
	Events  []CriticalEvent `json:"events,omitempty"` // after it, oldest first
}

// Open reports a value of which nobody has read back what they were told.
func (v CriticalValue) Open() bool {
	for _, e := range v.Events {
		if e.Act == CriticalWithdrawn || e.Act == CriticalTold && e.ReadBack {
			return false
		}
	}
	return true
}

// Told reports whether anybody was told.
func (v CriticalValue) Told() bool {
	for _, e := range v.Events {
		if e.Act == CriticalTold {
			return true
		}
	}
	return false
}

// Withdrawn reports a value that was none.
func (v CriticalValue) Withdrawn() bool {
	for _, e := range v.Events {
		if e.Act == CriticalWithdrawn {
			return true
		}
	}
	return false
}

// CriticalValues puts events, oldest first, together to values, oldest first.
func CriticalValues(events []CriticalEvent) []CriticalValue {
	var out []CriticalValue
	at := map[string]int{}
	for _, e := range events {
		if e.Act == CriticalFlagged {
			at[e.ValueID] = len(out)
			out = append(out, CriticalValue{Flagged: e})
		} else if i, ok := at[e.ValueID]; ok {
			out[i].Events = append(out[i].Events, e)
		}
	}
	return out
}
