package worklist

import (
	"maps"
	"slices"
	"strings"
	"time"

	"longying/app/screen"
	"longying/app/ui/canvas/view"
	"longying/app/ui/lang"
	"longying/imaging"
	"longying/records"
)

// narrowing is which studies of the list are shown, besides the text that is
// searched for; a zero field narrows nothing.
type narrowing struct {
	review   bool // linked to nobody
	modality string
	part     string // of the body, as view.PartOf gives it
	mine     bool   // the work of who is signed in
	stage    records.StudyStage
	days     int // of the study: today and as many days before it; 0: all
	critical bool
	overdue  bool
}

// daysChosen are the spans of days that the filter offers.
func daysChosen() []int { return []int{0, 1, 3, 7, 30} }

// any reports whether it leaves anything out.
func (n narrowing) any() bool { return n != narrowing{} }

// asksStanding reports whether it depends on how far a study has come.
func (n narrowing) asksStanding() bool { return n.critical || n.overdue || n.stage != "" }

// besides is what is known of studies beside their rows, by their UID.
type besides struct {
	standings map[string]records.Progress
	mine      map[string]bool   // the work of who is signed in
	parts     map[string]string // of the body, as view.PartOf gives them: to be found once, not with every filter
}

// partsOf finds the parts of the body.
func partsOf(all []records.Examination) map[string]string {
	out := make(map[string]string, len(all))
	for i := range all {
		if p := view.PartOf(all[i].BodyPart, all[i].Description); p != "" {
			out[all[i].StudyUID] = p
		}
	}
	return out
}

// offered are the parts that a list has, in their order.
func offered(parts map[string]string) []string {
	has := map[string]bool{}
	for _, p := range parts {
		has[p] = true
	}
	return slices.DeleteFunc(view.Parts(), func(p string) bool { return !has[p] })
}

// shows reports whether a study is in the list.
func (n narrowing) shows(ex *records.Examination, b besides, now time.Time) bool {
	return n.at(b, now)(ex, b.standings[ex.StudyUID])
}

// at is shows at one time, for many studies.
func (n narrowing) at(b besides, now time.Time) func(ex *records.Examination, s records.Progress) bool {
	var from time.Time
	if n.days > 0 {
		y, m, d := now.In(imaging.Zone()).Date()
		from = time.Date(y, m, d-n.days+1, 0, 0, 0, 0, imaging.Zone())
	}
	return func(ex *records.Examination, s records.Progress) bool {
		if n.mine && !b.mine[ex.StudyUID] || n.part != "" && b.parts[ex.StudyUID] != n.part {
			return false
		}
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

// words name what is left out by, in the order of the buttons.
func (n narrowing) words(l *lang.Strings) string {
	var out []string
	add := func(on bool, text string) {
		if on {
			out = append(out, text)
		}
	}
	add(n.review, l.T("worklist.review"))
	add(n.modality != "", n.modality)
	add(n.part != "", l.Or(lang.Key("bodypart."+n.part), n.part))
	add(n.days > 0, n.dayWords(l))
	add(n.stage != "", l.Or(lang.Key("worklist.stage_"+string(n.stage)), string(n.stage)))
	add(n.critical, l.T("worklist.only_critical"))
	add(n.overdue, l.T("worklist.only_overdue"))
	add(n.mine, l.T("worklist.only_mine"))
	return strings.Join(out, l.T("worklist.filter_and"))
}

// dayWords is the span of days.
func (n narrowing) dayWords(l *lang.Strings) string {
	if n.days == 1 {
		return l.T("worklist.today")
	}
	return l.T("worklist.last_days", n.days)
}

// kept is what of it is there again at the next start: what a person reads, and
// not what was asked for at a moment. A day or a state that was chosen yesterday
// would hide what came overnight.
func (n narrowing) kept(user string) screen.Filter {
	f := screen.Filter{Modality: n.modality, Part: n.part, Mine: n.mine}
	if f != (screen.Filter{}) {
		f.User = user
	}
	return f
}

// keptOf is the narrowing that a person left; of another's nothing stays.
func keptOf(f screen.Filter, user string) narrowing {
	if f.User != user || user == "" {
		return narrowing{}
	}
	n := narrowing{modality: f.Modality, mine: f.Mine}
	if slices.Contains(view.Parts(), f.Part) {
		n.part = f.Part
	}
	return n
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
