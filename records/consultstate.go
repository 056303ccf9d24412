package records

import (
	"fmt"
	"time"
)

// The states of a consult, in the order of its flow.
const (
	ConsultRequested = "requested" // asked for; nobody has taken it on
	ConsultPreparing = "preparing" // somebody leads it and collects what it needs
	ConsultScheduled = "scheduled" // date, place, chair and members stand
	ConsultMeeting   = "meeting"   // the members sit together
	ConsultDecided   = "decided"   // the chair has recorded the decision
	ConsultFollowing = "following" // tasks and dates come back as reminders
	ConsultClosed    = "closed"    // the outcome was compared with the decision
	ConsultWithdrawn = "withdrawn" // taken back before its decision, with a reason
)

// ConsultStates lists every state in the order of the flow.
func ConsultStates() []string {
	return []string{ConsultRequested, ConsultPreparing, ConsultScheduled, ConsultMeeting, ConsultDecided, ConsultFollowing, ConsultClosed, ConsultWithdrawn}
}

// ConsultStep is something that is done to a consult.
type ConsultStep string

// The steps.
const (
	StepAccept    ConsultStep = "accept"    // take a request on
	StepAdd       ConsultStep = "add"       // lay an item before it
	StepExcuse    ConsultStep = "excuse"    // mark an item of the checklist as not needed, or as needed after all
	StepSchedule  ConsultStep = "schedule"  // date, place, chair, members; again: move it
	StepBegin     ConsultStep = "begin"     // the meeting
	StepOpine     ConsultStep = "opinion"   //
	StepCorrelate ConsultStep = "correlate" // state whether lesion and slide agree
	StepDecide    ConsultStep = "decide"    //
	StepFollow    ConsultStep = "follow"    // a task with its date
	StepRemind    ConsultStep = "remind"    // postpone or complete a task
	StepOutcome   ConsultStep = "outcome"   // what was done and what happened
	StepClose     ConsultStep = "close"     //
	StepWithdraw  ConsultStep = "withdraw"  //
	StepPack      ConsultStep = "pack"      //
	StepMerge     ConsultStep = "merge"     // opinions of a reply
)

// ConsultSteps lists every step.
func ConsultSteps() []ConsultStep {
	return []ConsultStep{StepAccept, StepAdd, StepExcuse, StepSchedule, StepBegin, StepOpine, StepCorrelate, StepDecide, StepFollow, StepRemind,
		StepOutcome, StepClose, StepWithdraw, StepPack, StepMerge}
}

// After is the one table of what is allowed in which state: the state that a
// step leads to, and false where the step is not allowed. A consult that was
// only prepared may be decided in writing, without a meeting; one that was
// scheduled has to meet first. A reply that comes late is kept also by a closed
// consult.
func After(state string, step ConsultStep) (next string, ok bool) {
	switch step {
	case StepAccept:
		return ConsultPreparing, state == ConsultRequested
	case StepAdd:
		switch state {
		case ConsultRequested:
			return ConsultPreparing, true
		case ConsultPreparing, ConsultScheduled, ConsultMeeting:
			return state, true
		}
	case StepExcuse:
		return state, state == ConsultPreparing || state == ConsultScheduled
	case StepSchedule:
		return ConsultScheduled, state == ConsultPreparing || state == ConsultScheduled
	case StepBegin:
		return ConsultMeeting, state == ConsultScheduled
	case StepOpine, StepCorrelate:
		switch state {
		case ConsultPreparing, ConsultScheduled, ConsultMeeting, ConsultDecided, ConsultFollowing:
			return state, true
		}
	case StepDecide:
		return ConsultDecided, state == ConsultPreparing || state == ConsultMeeting
	case StepFollow:
		return ConsultFollowing, state == ConsultDecided || state == ConsultFollowing
	case StepRemind:
		return state, state == ConsultFollowing
	case StepOutcome:
		return state, state == ConsultDecided || state == ConsultFollowing
	case StepClose:
		return ConsultClosed, state == ConsultDecided || state == ConsultFollowing
	case StepWithdraw:
		switch state {
		case ConsultRequested, ConsultPreparing, ConsultScheduled, ConsultMeeting:
			return ConsultWithdrawn, true
		}
	case StepPack, StepMerge:
		switch state {
		case ConsultPreparing, ConsultScheduled, ConsultMeeting, ConsultDecided, ConsultFollowing, ConsultClosed:
			return state, true
		}
	}
	return state, false
}

// Stage is a state that a consult came into: who brought it there, when, and why
// where a reason was asked for.
type Stage struct {
	State  string    `json:"state"`
	By     string    `json:"by"`
	ByName string    `json:"by_name"`
	At     time.Time `json:"at"`
	Reason string    `json:"reason,omitempty"`
}

// Allows refuses a step that the state does not allow.
func (c *Consult) Allows(step ConsultStep) error {
	if _, ok := After(c.State, step); ok {
		return nil
	}
	return &RefusedError{Code: "consult_state_" + c.State, Args: []string{c.ID, string(step)},
		Reason: fmt.Sprintf("consult %s is %s: %q is not allowed now; %s", c.ID, c.State, step, map[string]string{
			ConsultRequested: "take the request on first (longying consult accept)",
			ConsultPreparing: "schedule it first (longying consult schedule), or decide it in writing",
			ConsultScheduled: "begin the meeting first (longying consult begin)",
			ConsultMeeting:   "the meeting has begun; record its decision first (longying consult decide)",
			ConsultDecided:   "its decision stands; open a new consult to revise it",
			ConsultFollowing: "its decision stands and is being followed; open a new consult to revise it",
			ConsultClosed:    "it is closed; open a new consult",
			ConsultWithdrawn: "it was withdrawn; open a new consult",
		}[c.State])}
}

// Enter takes the consult to the state that a step leads to, and keeps who did
// so and when; a state that stays is no new stage.
func (c *Consult) Enter(step ConsultStep, by User, at time.Time, reason string) {
	next, ok := After(c.State, step)
	if !ok || next == c.State {
		return
	}
	c.State = next
	c.History = append(c.History, Stage{State: next, By: by.ID, ByName: by.Name, At: at, Reason: reason})
}

// Entered is the last stage of a state, nil where the consult was never in it.
func (c *Consult) Entered(state string) *Stage {
	for i := len(c.History) - 1; i >= 0; i-- {
		if c.History[i].State == state {
			return &c.History[i]
		}
	}
	return nil
}

// ChairID is the user who alone decides and closes: the chair of the schedule,
// before there is one who took the consult on.
func (c *Consult) ChairID() string {
	if s := c.Scheduled(); s != nil {
		return s.Chair.UserID
	}
	for _, s := range c.History {
		if s.State == ConsultPreparing {
			return s.By
		}
	}
	return c.CreatedBy
}
