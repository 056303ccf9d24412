package hanging

import (
	"cmp"
	"slices"
	"strings"

	"longying/app/ui/canvas/view"
	"longying/imaging"
	"longying/imaging/volume"
)

// Protocol is one way to hang studies of a kind.
type Protocol struct {
	ID        string // of a shipped one; empty: a hospital's own
	Name      string // of a hospital's own
	Match     Match
	Layout    view.Layout
	Viewports []Viewport // row by row; those that are missing stay empty
	Scroll    view.Scrolling
	Link      bool // zoom, centre and window
	Fill      bool // viewports in which nothing stands take what is left
}

// Match says for which studies a protocol is. An empty condition holds for all.
type Match struct {
	Modality []string // any of them
	Part     []string // any of them, as view.PartOf names it
	Views    []string // all of them are there: "R CC", "L MLO", or a projection alone
	Words    []string // any of them is in the description of the study or of a series
	Least    int      // series with pictures
	Most     int      // 0: any number
}

// Viewport says which series stands in a viewport, and how.
type Viewport struct {
	Show    Show
	Preset  string          // a window of view.Presets
	Window  *imaging.VOILUT // nil, without a preset: the file's own
	Rotate  int
	Flip    bool
	Invert  bool
	Chest   string // "left", "right": that edge of the picture is posterior; it is mirrored where it is not, and stands against that edge
	Colours string // of a colour map; empty: grey
}

// Show chooses a series. Every condition that is given must hold, but for Prefer,
// which comes first among those that fit.
type Show struct {
	Modality   string
	Projection []string // View Position, any of them: PA, LL, CC, MLO
	Laterality string
	Plane      string // axial, coronal, sagittal
	Words      []string
	Prefer     string // in the description
	Same       bool   // may stand in another viewport already
	Prior      int    // 0: of the study that is open; 1: of the first prior
}

// Series is what is known of a series before its pictures are read.
type Series struct {
	Modality, Projection, Laterality, Plane, Description, Part string
	Slices                                                     int
	Localizer                                                  bool
	Prior                                                      int
}

// Study is what a protocol is matched with.
type Study struct {
	Modality    string
	Part        string
	Description string
	Series      []Series // those with pictures
}

// SeriesOf describes a stack of a series.
func SeriesOf(s *imaging.Series, stack *volume.Stack) Series {
	out := Series{Modality: s.Modality, Description: s.Description, Slices: len(stack.Slices), Localizer: stack.Localizer}
	if len(stack.Slices) == 0 {
		return out
	}
	middle := stack.Slices[len(stack.Slices)/2]
	in := middle.Instance
	out.Projection, out.Laterality = strings.ToUpper(in.ViewPosition), in.Laterality
	out.Part = view.PartOf(cmp.Or(s.BodyPart, in.BodyPart), s.Description)
	if p := middle.Plane(); p != nil {
		out.Plane = view.PlaneName(p)
	}
	return out
}

// Fits reports whether a protocol is for a study: its conditions hold, and the
// viewports that are asked for by a condition of their own are not all empty.
func (p Protocol) Fits(s Study) bool {
	m := p.Match
	n := 0
	for _, one := range s.Series {
		if one.Prior == 0 && !one.Localizer {
			n++
		}
	}
	switch {
	case len(m.Modality) > 0 && !slices.ContainsFunc(m.Modality, func(x string) bool { return view.Modality(x) == view.Modality(s.Modality) }):
		return false
	case len(m.Part) > 0 && !slices.Contains(m.Part, s.Part):
		return false
	case n < m.Least || m.Most > 0 && n > m.Most:
		return false
	case len(m.Words) > 0 && !s.says(m.Words):
		return false
	}
	for _, v := range m.Views {
		if !slices.ContainsFunc(s.Series, func(one Series) bool { return one.Prior == 0 && one.is(v) }) {
			return false
		}
	}
	return slices.ContainsFunc(Hang(p, s), func(at int) bool { return at >= 0 })
}

func (s Study) says(words []string) bool {
	return contains(s.Description, words) || slices.ContainsFunc(s.Series, func(one Series) bool { return one.Prior == 0 && contains(one.Description, words) })
}

func contains(text string, words []string) bool {
	text = strings.ToUpper(text)
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(text, strings.ToUpper(w)) })
}

// is reports that a series has a projection, "R CC" or "CC".
func (s Series) is(v string) bool {
	side, projection, both := strings.Cut(strings.ToUpper(v), " ")
	if !both {
		return s.Projection == side
	}
	return s.Laterality == side && s.Projection == projection
}

// Order gives the protocols that fit a study, as indexes of list: a hospital's
// own before the shipped, the more particular first, then as they stand.
func Order(list []Protocol, s Study) []int {
	var out []int
	for k, p := range list {
		if p.Fits(s) {
			out = append(out, k)
		}
	}
	slices.SortStableFunc(out, func(a, b int) int {
		p, q := list[a], list[b]
		if own, other := p.ID == "", q.ID == ""; own != other {
			if own {
				return -1
			}
			return 1
		}
		return q.particular() - p.particular()
	})
	return out
}

// particular counts the conditions.
func (p Protocol) particular() int {
	m := p.Match
	n := min(len(m.Modality), 1) + min(len(m.Part), 1) + len(m.Views) + min(len(m.Words), 1)
	if m.Least > 1 {
		n++
	}
	if m.Most > 0 {
		n++
	}
	return n
}

// Hang says which series of a study stands in each viewport of a protocol, -1
// where none does. Viewports are filled in their order, each with what is left;
// localizers come last.
func Hang(p Protocol, s Study) []int {
	out := make([]int, len(p.Viewports))
	used := make([]bool, len(s.Series))
	for k, v := range p.Viewports {
		out[k] = -1
		best := -1
		for at, one := range s.Series {
			if !v.Show.takes(one) || used[at] && !v.Show.Same {
				continue
			}
			if n := v.Show.wish(one); n > best {
				best, out[k] = n, at
			}
		}
		if out[k] >= 0 {
			used[out[k]] = true
		}
	}
	for k := range out {
		if p.Fill && out[k] < 0 {
			for at, one := range s.Series {
				if !used[at] && !one.Localizer && one.Prior == 0 {
					out[k], used[at] = at, true
					break
				}
			}
		}
	}
	return out
}

func (c Show) takes(s Series) bool {
	return s.Prior == c.Prior &&
		(c.Modality == "" || view.Modality(c.Modality) == view.Modality(s.Modality)) &&
		(len(c.Projection) == 0 || slices.ContainsFunc(c.Projection, func(x string) bool { return strings.EqualFold(x, s.Projection) })) &&
		(c.Laterality == "" || c.Laterality == s.Laterality) &&
		(c.Plane == "" || c.Plane == s.Plane) &&
		(len(c.Words) == 0 || contains(s.Description, c.Words))
}

// wish ranks what a viewport takes.
func (c Show) wish(s Series) int {
	n := 1
	if c.Prefer != "" && contains(s.Description, []string{c.Prefer}) {
		n += 2
	}
	if !s.Localizer {
		n++
	}
	return n
}
