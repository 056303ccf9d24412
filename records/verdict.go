package records

import (
	"fmt"
	"math"
	"reflect"
	"strings"
	"time"

	"longying/imaging"
)

// FindingChange is what a doctor changes about a finding; a nil field stays as
// it is.
type FindingChange struct {
	Label      *Text
	Code       *Code
	Site       *Code
	Topography *Code
	Morphology *Code
	Grade      *Code
	Laterality *string         // L, R, B, or empty: not stated
	Region     *imaging.Region // without a kind it is taken as drawn
	Value      *Measurement
	Note       *string
	Reason     string // why, in the doctor's words; optional
}

// Confirm is a named doctor's agreement with the finding as it stands. A
// rejected finding can be confirmed again: that is a new version, and the
// rejection stays in the history. The refusals are *RefusedError.
func (f Finding) Confirm(by User, at time.Time) (Finding, error) {
	if f.State.Factual() {
		return f, refuseVerdict("already_confirmed", "finding %s is confirmed already, by %s; edit it or reject it", f.UID, f.ByName)
	}
	next, err := f.decided(FindingConfirmed, by, RightVerdict, at)
	next.Reason = ""
	return next, err
}

// Edit is a named doctor's agreement with changes. Another label is another
// observation: the code, the value's probability and the language that the
// change does not state would speak of the old one, so they are dropped. So are
// what was measured of a model's mask where the region is another one, and the
// sizes measured together with a value that is another one.
func (f Finding) Edit(by User, change FindingChange, at time.Time) (Finding, error) {
	next, err := f.decided(FindingEdited, by, RightVerdict, at)
	if err != nil {
		return f, err
	}
	if change.Label != nil && *change.Label != f.Label {
		label := Text{Zh: strings.TrimSpace(change.Label.Zh), En: strings.TrimSpace(change.Label.En)}
		if label == (Text{}) {
			return f, refuseVerdict("empty_label", "finding %s needs a label; reject it if there is nothing", f.UID)
		}
		next.Label, next.Code, next.Morphology, next.Grade, next.Probability = label, nil, nil, nil, nil
	}
	for _, c := range []struct {
		from *Code
		to   **Code
	}{{change.Code, &next.Code}, {change.Site, &next.Site}, {change.Topography, &next.Topography}, {change.Morphology, &next.Morphology}, {change.Grade, &next.Grade}} {
		if c.from != nil {
			code := *c.from
			*c.to = &code
		}
	}
	if change.Laterality != nil {
		switch *change.Laterality {
		case "", "L", "R", "B":
			next.Laterality = *change.Laterality
		default:
			return f, refuseVerdict("laterality", "laterality %q is not L, R, B or empty", *change.Laterality)
		}
	}
	if change.Region != nil {
		region := *change.Region
		if region.Kind == "" {
			region.Kind = imaging.RegionDrawn
		}
		if err := region.Valid(math.MaxInt32, math.MaxInt32); err != nil {
			return f, &RefusedError{Code: "region", Reason: fmt.Sprintf("finding %s: %v", f.UID, err), Args: []string{f.UID}}
		}
		if old := f.Ref.Region; old != nil && old.Kind == imaging.RegionMask && *old != region {
			next.Value, next.Sizes = nil, nil
		}
		next.Ref.Region = &region
	}
	if change.Value != nil {
		if err := change.Value.Check(); err != nil {
			return f, &RefusedError{Code: "value", Reason: fmt.Sprintf("finding %s: %v", f.UID, err), Args: []string{f.UID}}
		}
		value := *change.Value
		if f.Value == nil || *f.Value != value {
			next.Sizes = nil
		}
		next.Value = &value
	}
	if change.Note != nil {
		next.Note = *change.Note
	}
	if sameContent(f, next) {
		return f, refuseVerdict("nothing_changed", "the edit of finding %s changes nothing; confirm it instead", f.UID)
	}
	next.Reason = strings.TrimSpace(change.Reason)
	return next, nil
}

// Reject is a named doctor's disagreement; it needs a reason. What is not there
// follows nothing.
func (f Finding) Reject(by User, reason string, at time.Time) (Finding, error) {
	if f.State == FindingRejected {
		return f, refuseVerdict("already_rejected", "finding %s is rejected already, by %s", f.UID, f.ByName)
	}
	next, err := f.withReason(FindingRejected, by, RightVerdict, reason, at)
	if err != nil {
		return f, err
	}
	return next.alone(), nil
}

// Withdraw takes the finding back for good, e.g. because its study was linked
// to the wrong patient. It needs a reason, and the right to decide whose a
// study is. It is then of nobody's lesion.
func (f Finding) Withdraw(by User, reason string, at time.Time) (Finding, error) {
	next, err := f.withReason(FindingWithdrawn, by, RightLink, reason, at)
	if err != nil {
		return f, err
	}
	return next.alone(), nil
}

// Mark is a named doctor's own finding: a fact of theirs from the start, which
// no model proposed. uid identifies the observation and tracking the lesion.
func Mark(uid, tracking string, ref imaging.Ref, change FindingChange, by User, at time.Time) (Finding, error) {
	f := Finding{UID: uid, TrackingUID: tracking, TrackingID: "mark-" + uid[max(0, len(uid)-6):], StudyUID: ref.StudyUID, State: FindingProposed, Ref: ref}
	if change.Label == nil {
		return f, refuseVerdict("empty_label", "a finding needs a label")
	}
	next, err := f.Edit(by, change, at)
	if err != nil {
		return f, err
	}
	next.State, next.Version = FindingConfirmed, 1
	return next, nil
}

// Undo takes the last act on the finding back: a new version that says what the
// one before said, by whoever undoes it. A link to a prior finding is undone by
// Unfollow, and a withdrawal is final.
func (f Finding) Undo(before Finding, by User, at time.Time) (Finding, error) {
	if before.UID != f.UID || before.Version != f.Version-1 {
		return f, refuseVerdict("undo_nothing", "nothing has been done to finding %s that could be undone; reject it if it is not there", f.UID)
	}
	if before.TrackingUID != f.TrackingUID || (before.FollowUp == nil) != (f.FollowUp == nil) {
		return f, refuseVerdict("undo_follow", "the last act on finding %s was about what it follows; undo that link, or link it anew", f.UID)
	}
	next, err := f.decided(before.State, by, RightVerdict, at)
	if err != nil {
		return f, err
	}
	version := next.Version
	next = before
	next.Version, next.By, next.ByName, next.At = version, by.ID, by.Name, at
	next.Reason = fmt.Sprintf("undo of version %d", f.Version)
	return next, nil
}

func (f Finding) withReason(to FindingState, by User, right Right, reason string, at time.Time) (Finding, error) {
	next, err := f.decided(to, by, right, at)
	if err != nil {
		return f, err
	}
	next.Reason = strings.TrimSpace(reason)
	if next.Reason == "" {
		return f, refuseVerdict("reason_missing", "finding %s: a reason is needed", f.UID)
	}
	return next, nil
}

// decided is the next version in a state, by someone with the right and a name.
func (f Finding) decided(to FindingState, by User, right Right, at time.Time) (Finding, error) {
	if err := Require(by, right); err != nil {
		return f, err
	}
	if strings.TrimSpace(by.Name) == "" {
		return f, refuseVerdict("unnamed", "the account %s has no name, and a verdict needs a named doctor", by.Login)
	}
	if at.IsZero() {
		return f, fmt.Errorf("finding %s: a verdict needs a time", f.UID)
	}
	switch f.State {
	case FindingProposed, FindingConfirmed, FindingEdited, FindingRejected:
	case FindingWithdrawn:
		return f, refuseVerdict("withdrawn", "finding %s was withdrawn, which is final; mark it anew where it is seen", f.UID)
	default:
		return f, refuseVerdict("state", "finding %s is in the unknown state %q", f.UID, string(f.State))
	}
	next := f
	next.Version++
	next.State, next.By, next.ByName, next.At = to, by.ID, by.Name, at
	return next, nil
}

// sameContent compares what a doctor can change.
func sameContent(a, b Finding) bool {
	a.Version, a.State, a.By, a.ByName, a.At, a.Reason = b.Version, b.State, b.By, b.ByName, b.At, b.Reason
	return reflect.DeepEqual(a, b)
}

func refuseVerdict(code, format string, args ...string) error {
	values := make([]any, len(args))
	for i, a := range args {
		values[i] = a
	}
	return &RefusedError{Code: code, Reason: fmt.Sprintf(format, values...), Args: args}
}
