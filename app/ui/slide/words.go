package slide

import (
	"slices"
	"strconv"

	"longying/app/ui/canvas/view"
	"longying/app/ui/lang"
	slides "longying/imaging/slide"
)

// colours words which colours the screen shows.
func colours(l *lang.Strings, s *slides.Slide) string {
	if d := s.Description(); len(d.OpticalPaths) > 0 && d.OpticalPaths[d.OpticalPath].Grey {
		return l.T("slide.grey", d.OpticalPaths[d.OpticalPath].Name())
	}
	if name, ok := s.Colour(); ok {
		if name == "" {
			name = l.T("slide.icc_unnamed")
		}
		return l.T("slide.icc", name)
	}
	if len(s.Description().ICCProfile) > 0 {
		return l.T("slide.icc_bad")
	}
	return l.T("slide.no_icc")
}

// magnified words at which level and magnification a slide is shown, at so many
// screen pixels for a pixel of level 0. The magnification is the objective's
// where the slide names it, so that a pixel of level 0 on one of the screen is
// that of the objective.
func magnified(l *lang.Strings, s *slides.Slide, scale float64) string {
	level := s.LevelFor(float64(int(1) << newPyramid(s.Columns(), s.Rows()).levelFor(scale)))
	text := l.T("slide.level", level+1, len(s.Levels()))
	if power := s.Description().ObjectivePower; power > 0 {
		return text + " · " + l.T("slide.power", view.Figures(power*scale))
	}
	return text + " · " + l.T("slide.zoom", view.Figures(100*scale))
}

// chosen words which optical path and focal plane of several are shown; empty
// where there is one of each.
func chosen(l *lang.Strings, d *slides.Description) string {
	text := ""
	if n := len(d.OpticalPaths); n > 1 {
		text = l.T("slide.path", d.OpticalPaths[d.OpticalPath].Name(), d.OpticalPath+1, n)
	}
	if d.FocalPlanes > 1 {
		if text != "" {
			text += " · "
		}
		text += l.T("slide.plane", d.FocalPlane, d.FocalPlanes)
	}
	return text
}

// notes words what a reader should know of a slide.
func notes(l *lang.Strings, s *slides.Slide) []string {
	var out []string
	for _, n := range s.Notes() {
		args := make([]any, len(n.Args))
		for i, a := range n.Args {
			args[i] = a
		}
		out = append(out, l.Or(lang.Key("slide.note_"+string(n.Code)), n.String(), args...))
	}
	return out
}

// percentages are whole percents of the counts that add up to 100: what
// rounding down leaves goes to the largest remainders (Hamilton's method).
func percentages(counts []int) []int {
	total := 0
	for _, n := range counts {
		total += n
	}
	out := make([]int, len(counts))
	if total == 0 {
		return out
	}
	order := make([]int, len(counts))
	left := 100
	for i, n := range counts {
		order[i], out[i] = i, 100*n/total
		left -= out[i]
	}
	slices.SortStableFunc(order, func(a, b int) int { return 100*counts[b]%total - 100*counts[a]%total })
	for _, i := range order[:left] {
		out[i]++
	}
	return out
}

// percent never rounds what is there down to nothing.
func percent(share int) string {
	if share == 0 {
		return "<1"
	}
	return strconv.Itoa(share)
}
