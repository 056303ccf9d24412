package worklist

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"longying/app/ui/lang"
	"longying/imaging"
	"longying/records"
)

// order is the column by which the list stands.
type order struct {
	column int
	down   bool
}

// by is the order after a tap on a column's head: that column, or the other way
// round.
func (o order) by(column int) order {
	if o.column == column {
		return order{column, !o.down}
	}
	return order{column: column, down: column == 3}
}

func (o order) sign(column int) string {
	switch {
	case o.column != column:
		return ""
	case o.down:
		return " ▼"
	}
	return " ▲"
}

// The columns beside those of value: what the standing of a study says.
const (
	columnStage      = 7
	columnTurnaround = 8
	columnEarlier    = 9
)

// sorted is what a narrowing shows of the list, in order. The rows point into
// the list: an examination is large, and 10,000 of them are not copied for a
// change of the filter.
func (o order) sorted(l *lang.Strings, all []records.Examination, n narrowing, b besides, now time.Time) []*records.Examination {
	type placed struct {
		size int64
		text string
		at   int // in all
	}
	rows := make([]placed, 0, len(all))
	asked := n.asksStanding() || o.column >= columnStage
	shows := n.at(b, now)
	for i := range all {
		ex := &all[i]
		var s records.Progress
		if asked {
			s = b.standings[ex.StudyUID]
		}
		if !shows(ex, s) {
			continue
		}
		p := placed{at: i}
		switch o.column {
		case 3:
			p.size = ex.Date.Unix()
		case columnStage:
			p.size = int64(slices.Index(records.StudyStages(), s.Stage))
		case columnTurnaround:
			took, _, _ := s.Turnaround(ex.ImportedAt, now)
			p.size = int64(took)
		case columnEarlier:
			p.size = int64(s.Earlier)
		default:
			p.text = value(l, ex, o.column)
		}
		rows = append(rows, p)
	}
	slices.SortFunc(rows, func(a, b placed) int {
		c := cmp.Compare(a.size, b.size)
		if c == 0 && a.text != b.text {
			c = strings.Compare(a.text, b.text)
		}
		switch {
		case c == 0:
			return cmp.Compare(a.at, b.at) // as they came
		case o.down:
			return -c
		}
		return c
	})
	out := make([]*records.Examination, len(rows))
	for i, p := range rows {
		out[i] = &all[p.at]
	}
	return out
}

// value is the text of one cell.
func value(l *lang.Strings, ex *records.Examination, column int) string {
	switch column {
	case 0:
		name := ex.Header.Display
		if ex.Text.Doubtful {
			name = shown(name) + "  " + l.T("worklist.doubtful")
		}
		if ex.Sample {
			name += "  " + l.T("worklist.sample")
		}
		return name
	case 1:
		return l.Or(lang.Key("sex."+string(records.SexFromDICOM(ex.Header.Sex))), ex.Header.Sex)
	case 2:
		return strings.Join(ex.Modalities, ", ")
	case 3:
		if ex.Date.IsZero() {
			return ""
		}
		return ex.Date.In(imaging.Zone()).Format("2006-01-02 15:04")
	case 4:
		if ex.Description != "" {
			return ex.Description
		}
		return ex.BodyPart
	case 5:
		return ex.AccessionNumber
	case 6:
		if ex.Link.Linked() {
			how := l.Or(lang.Key("link."+string(ex.LinkRule)), string(ex.LinkRule))
			if len(ex.LinkConflicts) > 0 {
				how = l.T("worklist.mismatch", how)
			}
			return how
		}
		return l.T("worklist.unlinked", l.Or(lang.Key("linkreason."+ex.LinkReason), ex.LinkReason))
	}
	return ""
}

// day writes a DICOM date, YYYYMMDD, as people read it; anything else stays as
// it is.
func day(date string) string {
	if t, err := time.Parse("20060102", date); err == nil {
		return t.Format("2006-01-02")
	}
	return date
}
