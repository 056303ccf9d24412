package view

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"longying/app/ui/lang"
	"longying/imaging"
	"longying/imaging/volume"
	"longying/records"
)

// OrderPriors puts earlier studies in the order in which a reader wants them:
// those of the same modality and part of the body, then of the same modality,
// then of the same part, then the others; the newest first in each. Studies
// without a date come last. Slides are left out: they have a room of their own.
func OrderPriors(of records.Examination, priors []records.Examination) []records.Examination {
	out := slices.DeleteFunc(slices.Clone(priors), func(ex records.Examination) bool {
		return !slices.ContainsFunc(ex.Modalities, pictured)
	})
	rank := func(ex records.Examination) int {
		n := 3
		if kin(of, ex) {
			n -= 2
		}
		if p := PartOf(of.BodyPart, of.Description); p != "" && p == PartOf(ex.BodyPart, ex.Description) {
			n--
		}
		return n
	}
	slices.SortStableFunc(out, func(a, b records.Examination) int {
		return cmp.Or(rank(a)-rank(b), b.Date.Compare(a.Date))
	})
	return out
}

// pictured reports a modality with pictures for this room.
func pictured(modality string) bool {
	switch modality {
	case "SM", "SR", "PR", "KO", "SEG", "DOC", "RTSTRUCT", "REG", "RWV":
		return false
	}
	return true
}

// kin reports that two studies have a modality in common.
func kin(a, b records.Examination) bool {
	return slices.ContainsFunc(a.Modalities, func(x string) bool {
		return pictured(x) && slices.ContainsFunc(b.Modalities, func(y string) bool { return Modality(x) == Modality(y) })
	})
}

// Modality is what a modality counts as where pictures are compared: every film
// is one, however it was made.
func Modality(m string) string {
	switch m {
	case "CR", "DX", "RG", "DR":
		return "DX"
	}
	return m
}

// Shelved is a series that can stand in a viewport.
type Shelved struct {
	Series *imaging.Series
	Stack  *volume.Stack // nil: no pictures
}

// picture is its middle one.
func (s Shelved) picture() *imaging.Instance {
	if one, ok := s.middle(); ok {
		return one.Instance
	}
	return nil
}

func (s Shelved) middle() (volume.Slice, bool) {
	if s.Stack == nil || len(s.Stack.Slices) == 0 {
		return volume.Slice{}, false
	}
	return s.Stack.Slices[len(s.Stack.Slices)/2], true
}

// MostAlike is which of another study's series is most like one: of the same
// modality, cut or projected the same way, of the same side, as thick, called the
// same. -1: none has pictures.
func MostAlike(to Shelved, among []Shelved) int {
	best, most := -1, 0.0
	for k, c := range among {
		if c.picture() == nil {
			continue
		}
		if n := alikeness(to, c); best < 0 || n > most {
			best, most = k, n
		}
	}
	return best
}

func alikeness(a, b Shelved) float64 {
	n := 0.0
	if b.Stack.Localizer {
		n -= 60
	}
	pa, oka := a.middle()
	pb, _ := b.middle()
	if !oka {
		return n
	}
	x, y := pa.Instance, pb.Instance
	if Modality(x.Modality) == Modality(y.Modality) {
		n += 100
	}
	if p := PartOf(x.BodyPart, a.Series.Description); p != "" && p == PartOf(y.BodyPart, b.Series.Description) {
		n += 12
	}
	if p, q := pa.Plane(), pb.Plane(); p != nil && q != nil {
		if Alike(p, q) {
			n += 40
		}
		if s, t := x.Frame(pa.Frame).SliceThickness, y.Frame(pb.Frame).SliceThickness; s > 0 && t > 0 {
			n += 10 * min(s, t) / max(s, t)
		}
	}
	if x.ViewPosition != "" && x.ViewPosition == y.ViewPosition {
		n += 30
	}
	switch {
	case x.Laterality == "" || y.Laterality == "":
	case x.Laterality == y.Laterality:
		n += 30
	default:
		n -= 80
	}
	if d := strings.TrimSpace(a.Series.Description); d != "" && strings.EqualFold(d, strings.TrimSpace(b.Series.Description)) {
		n += 20
	}
	if (x.ContrastAgent != "") == (y.ContrastAgent != "") {
		n += 5
	}
	if i, j := len(a.Stack.Slices), len(b.Stack.Slices); i > 1 && j > 1 {
		n += 5
	}
	return n
}

// Beside is the slice of another stack with which a comparison begins: the one
// at the same place where the frame of reference says so, else as far through
// the stack. The latter is a beginning, not a registration.
func Beside(leader Seen, stack []volume.Slice) int {
	if one, ok := leader.Slice(); ok && len(stack) > 0 {
		if p := one.Plane(); Shared(p, stack[0].Plane()) {
			if k, _, ok := Nearest(stack, p.Position); ok {
				return k
			}
		}
	}
	if n := len(leader.Stack); n > 1 {
		return (leader.State.Slice*(len(stack)-1) + (n-1)/2) / (n - 1)
	}
	return len(stack) / 2
}

// PriorWords is what stands over an earlier study: that it is one, of when, and
// how long before the study that is open.
func PriorWords(l *lang.Strings, prior, open time.Time) string {
	if prior.IsZero() {
		return l.T("canvas.prior_undated")
	}
	day := prior.In(imaging.Zone()).Format("2006-01-02")
	if open.IsZero() {
		return l.T("canvas.prior", day)
	}
	return l.T("canvas.prior_ago", day, AgoWords(l, prior.In(imaging.Zone()), open.In(imaging.Zone())))
}

// AgoWords is how long one day lies before another: in days up to a month, in
// months up to two years, then in years and months.
func AgoWords(l *lang.Strings, then, now time.Time) string {
	a := time.Date(then.Year(), then.Month(), then.Day(), 0, 0, 0, 0, time.UTC)
	b := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC)
	days := int(b.Sub(a).Hours()/24 + 0.5)
	months := (b.Year()-a.Year())*12 + int(b.Month()) - int(a.Month())
	if b.Day() < a.Day() {
		months--
	}
	switch {
	case days <= 0:
		return l.T("canvas.ago_same_day", then.Format("15:04"))
	case days == 1:
		return l.T("canvas.ago_day")
	case months < 1:
		return l.T("canvas.ago_days", days)
	case months == 1:
		return l.T("canvas.ago_month")
	case months < 24:
		return l.T("canvas.ago_months", months)
	case months%12 == 0:
		return l.T("canvas.ago_years", months/12)
	}
	return l.T("canvas.ago_years_months", months/12, months%12)
}
