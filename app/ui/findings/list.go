package findings

import (
	"slices"

	"longying/records"
)

// List is the findings of one study as the tab shows them. It is a value: each
// step returns the next one.
type List struct {
	findings     []records.Finding
	selected     string
	left         string // the finding that was let go, from which one goes on
	showRejected bool
}

// With takes the findings as they stand now. A finding that was there keeps its
// place, so that nothing moves under the pointer; new ones come after.
func (l List) With(now []records.Finding) List {
	place := map[string]int{}
	for i, f := range l.findings {
		place[f.UID] = i + 1
	}
	next := slices.Clone(now)
	slices.SortStableFunc(next, func(a, b records.Finding) int {
		pa, pb := place[a.UID], place[b.UID]
		switch {
		case pa == 0 && pb == 0:
			return 0
		case pa == 0:
			return 1
		case pb == 0:
			return -1
		}
		return pa - pb
	})
	l.findings = next
	return l.settle()
}

// settle keeps the selection on a row that is shown.
func (l List) settle() List {
	rows := l.Shown()
	for _, f := range rows {
		if f.UID == l.selected {
			return l
		}
	}
	l.selected = ""
	return l
}

// Shown are the rows: everything but withdrawn findings, and rejected ones only
// when asked for.
func (l List) Shown() []records.Finding {
	var out []records.Finding
	for _, f := range l.findings {
		if f.State == records.FindingWithdrawn || f.State == records.FindingRejected && !l.showRejected {
			continue
		}
		out = append(out, f)
	}
	return out
}

// Rejected counts the findings that a doctor has rejected.
func (l List) Rejected() int { return l.count(records.FindingRejected) }

// Open counts the proposals without a verdict.
func (l List) Open() int { return l.count(records.FindingProposed) }

// Factual counts what may stand in a report.
func (l List) Factual() int {
	return l.count(records.FindingConfirmed) + l.count(records.FindingEdited)
}

func (l List) count(s records.FindingState) int {
	n := 0
	for _, f := range l.findings {
		if f.State == s {
			n++
		}
	}
	return n
}

// ShowRejected shows or hides the rejected findings.
func (l List) ShowRejected(show bool) List {
	l.showRejected = show
	return l.settle()
}

// RejectedShown says whether they are shown.
func (l List) RejectedShown() bool { return l.showRejected }

// Select puts the selection on one finding; an unknown one clears it. A
// rejected finding that is asked for by name is shown.
func (l List) Select(uid string) List {
	for _, f := range l.findings {
		if f.UID == uid && f.State == records.FindingRejected {
			l.showRejected = true
		}
	}
	l.selected, l.left = uid, ""
	return l.settle()
}

// LetGo selects nothing, because something else was chosen; going on begins at the
// finding that was selected.
func (l List) LetGo() List {
	if l.selected != "" {
		l.selected, l.left = "", l.selected
	}
	return l
}

// Left is the place among the rows of the finding that was let go; -1: none was.
func (l List) Left() int {
	return slices.IndexFunc(l.Shown(), func(f records.Finding) bool { return l.selected == "" && f.UID == l.left })
}

// Selected is the finding under the selection.
func (l List) Selected() (records.Finding, bool) {
	for _, f := range l.Shown() {
		if f.UID == l.selected {
			return f, true
		}
	}
	return records.Finding{}, false
}

// Step moves the selection by n rows and stays at the ends; with nothing
// selected it takes the first row going down, the last going up.
func (l List) Step(n int) List {
	rows := l.Shown()
	if len(rows) == 0 {
		return l
	}
	at := slices.IndexFunc(rows, func(f records.Finding) bool { return f.UID == l.selected })
	switch left := l.Left(); {
	case left >= 0:
		at = left
	case at < 0 && n > 0:
		at = 0
	case at < 0:
		at = len(rows) - 1
	default:
		at = min(max(0, at+n), len(rows)-1)
	}
	l.selected = rows[at].UID
	return l
}

// NextOpen moves to the next proposal without a verdict, from the selection on
// and around, or from one that was let go, itself first; it stays where none is left.
func (l List) NextOpen() List {
	rows := l.Shown()
	at := slices.IndexFunc(rows, func(f records.Finding) bool { return f.UID == l.selected })
	if left := l.Left(); left >= 0 {
		at = left - 1
	}
	for i := range rows {
		f := rows[(at+1+i)%len(rows)]
		if f.State == records.FindingProposed {
			l.selected = f.UID
			return l
		}
	}
	return l
}

// replace puts a new version of one finding in place of the old one.
func (l List) replace(f records.Finding) List {
	l.findings = slices.Clone(l.findings)
	for i := range l.findings {
		if l.findings[i].UID == f.UID {
			l.findings[i] = f
		}
	}
	return l.settle()
}
