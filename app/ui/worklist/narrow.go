package worklist

import (
	"maps"
	"slices"
	"time"

	"longying/app/ui/lang"
	"longying/imaging"
	"longying/records"
)

// narrowing is which studies of the list are shown, besides the text that is
// searched for; a zero field narrows nothing.
type narrowing struct {
	review   bool // linked to nobody
	modality string
	stage    records.StudyStage
	days     int // of the study: today and as many days before it; 0: all
	critical bool
	overdue  bool
}

// daysChosen are the spans of days that the filter offers.
func daysChosen() []int { return []int{0, 1, 3, 7, 30} }

// any reports whether it leaves anything out.
func (n narrowing) any() bool { return n != narrowing{review: n.review} }

// asksStanding reports whether it depends on how far a study has come.
func (n narrowing) asksStanding() bool { return n.critical || n.overdue || n.stage != "" }

// shows reports whether a study is in the list.
func (n narrowing) shows(ex *records.Examination, s records.Progress, now time.Time) bool {
	return n.at(now)(ex, s)
}

// at is shows at one time, for many studies.
func (n narrowing) at(now time.Time) func(ex *records.Examination, s records.Progress) bool {
	var from time.Time
	if n.days > 0 {
		y, m, d := now.In(imaging.Zone()).Date()
		from = time.Date(y, m, d-n.days+1, 0, 0, 0, 0, imaging.Zone())
	}
	return func(ex *records.Examination, s records.Progress) bool {
		if n.review && ex.Link.Linked() || n.critical && !s.Critical {
			return false
		}
		if n.modality != "" && !slices.Contains(ex.Modalities, n.modality) || n.stage != "" && s.Stage != n.stage {
			return false
		}
		if n.overdue {
			if _, signed, late := s.Turnaround(ex.ImportedAt, now); signed || !late {
				return false
			}
		}
		return n.days <= 0 || !ex.Date.Before(from)
	}
}

// modalitiesOf lists those of a list.
func modalitiesOf(all []records.Examination) []string {
	seen := map[string]bool{}
	for i := range all {
		for _, m := range all[i].Modalities {
			seen[m] = true
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

// stageWords is a study's stage, and that a critical value of it is open.
func stageWords(l *lang.Strings, s records.Progress) string {
	text := ""
	if s.Stage != "" {
		text = l.T(lang.Key("worklist.stage_" + string(s.Stage)))
	}
	if s.Critical {
		text = l.T("worklist.critical_mark") + " " + text
	}
	return text
}

// turnaroundWords is the time from import to signature, or how long a study has
// waited for one; an overdue one says so.
func turnaroundWords(l *lang.Strings, ex *records.Examination, s records.Progress, now time.Time) string {
	took, signed, late := s.Turnaround(ex.ImportedAt, now)
	span := l.T("worklist.minutes", int(took.Minutes()))
	switch {
	case took >= 48*time.Hour:
		span = l.T("worklist.days", int(took.Hours()/24))
	case took >= time.Hour:
		span = l.T("worklist.hours", int(took.Hours()))
	}
	switch {
	case late && !signed:
		return l.T("worklist.overdue", span)
	case signed:
		return span
	}
	return l.T("worklist.waits", span)
}
