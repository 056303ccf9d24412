package slide

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"longying/imaging"
)

// Group is the instances of one slide: what Open takes together.
type Group struct {
	Volume     []*imaging.Instance // levels, parts of concatenations, optical paths; finest level first
	Associated []*imaging.Instance // label, overview, thumbnail
}

// Base is the first instance of the finest level, by which the slide is
// referred to.
func (g Group) Base() *imaging.Instance { return g.Volume[0] }

// Instances are all of them, those of the volume first.
func (g Group) Instances() []*imaging.Instance { return slices.Concat(g.Volume, g.Associated) }

// Has reports whether an instance belongs to the slide.
func (g Group) Has(sopUID string) bool {
	return slices.ContainsFunc(g.Instances(), func(in *imaging.Instance) bool { return in.SOPInstanceUID == sopUID })
}

// Groups finds the slides of a study, in the order of their first instances.
// Levels of one pyramid may lie in one series or in several: they share the
// Pyramid UID, else frame of reference and container, else the series, and
// show the same area. Two pictures of one level are two slides (a glass scanned
// twice), unless their optical paths differ or they are parts of one
// concatenation (PS3.3 C.7.6.16.2.2.4). Instances that are no whole-slide
// images are left out, and a study with labels alone has no slide.
func Groups(study *imaging.Study) []Group {
	var units []unit
	concatenations := map[string]int{}
	var associated []*imaging.Instance
	for i := range study.Series {
		for j := range study.Series[i].Instances {
			in := &study.Series[i].Instances[j]
			switch {
			case in.Slide == nil:
				continue
			case in.Slide.Flavor != imaging.SlideVolume && in.Slide.Flavor != "":
				associated = append(associated, in)
				continue
			}
			n, part := concatenations[in.Slide.ConcatenationUID]
			if in.Slide.ConcatenationUID != "" && part {
				units[n].parts = append(units[n].parts, in)
				continue
			}
			concatenations[in.Slide.ConcatenationUID] = len(units)
			units = append(units, unit{place: len(units), parts: []*imaging.Instance{in}})
		}
	}
	for _, u := range units {
		slices.SortStableFunc(u.parts, func(a, b *imaging.Instance) int {
			return cmp.Or(cmp.Compare(a.Slide.FirstFrame, b.Slide.FirstFrame), cmp.Compare(a.Slide.Part, b.Slide.Part))
		})
	}
	slices.SortStableFunc(units, func(a, b unit) int { // the finest level of each slide first
		return cmp.Compare(b.slide().TotalColumns, a.slide().TotalColumns)
	})
	var stacks []stack
	for _, u := range units {
		if i := slices.IndexFunc(stacks, func(s stack) bool { return s.takes(u) }); i >= 0 {
			stacks[i] = append(stacks[i], u)
			continue
		}
		stacks = append(stacks, stack{u})
	}
	slices.SortStableFunc(stacks, func(a, b stack) int { return cmp.Compare(a.place(), b.place()) })
	var groups []Group
	for _, s := range stacks {
		var g Group
		for _, u := range s {
			g.Volume = append(g.Volume, u.parts...)
		}
		groups = append(groups, g)
	}
	for _, in := range associated {
		for i := range groups {
			if sameGlass(groups[i].Base(), in, len(groups)) {
				groups[i].Associated = append(groups[i].Associated, in)
			}
		}
	}
	return groups
}

// Parts are the instances that hold the same level as in: in alone, or the parts
// of its concatenation, in their order.
func Parts(study *imaging.Study, in *imaging.Instance) []*imaging.Instance {
	for _, g := range Groups(study) {
		if !g.Has(in.SOPInstanceUID) || in.Slide.ConcatenationUID == "" {
			continue
		}
		return slices.DeleteFunc(slices.Clone(g.Volume), func(o *imaging.Instance) bool {
			return o.Slide.ConcatenationUID != in.Slide.ConcatenationUID
		})
	}
	return []*imaging.Instance{in}
}

// unit is one image: an instance, or the parts of a concatenation.
type unit struct {
	place int // in the study
	parts []*imaging.Instance
}

func (u unit) slide() *imaging.Slide { return u.parts[0].Slide }

// pyramid names what the levels of one pyramid have in common.
func (u unit) pyramid() string {
	s := u.slide()
	switch {
	case s.PyramidUID != "":
		return "pyramid " + s.PyramidUID
	case s.FrameOfReference != "":
		return "frame " + s.FrameOfReference + " " + s.Container
	}
	return "series " + u.parts[0].SeriesUID
}

// stack is the images of one slide, finest first.
type stack []unit

func (s stack) place() int {
	n := s[0].place
	for _, u := range s {
		n = min(n, u.place)
	}
	return n
}

// takes reports whether an image is another level of the slide, or another
// optical path of one of its levels.
func (s stack) takes(u unit) bool {
	if u.pyramid() != s[0].pyramid() || !sameArea(s[0].slide(), u.slide()) {
		return false
	}
	for _, have := range s {
		a, b := have.slide(), u.slide()
		if a.TotalColumns == b.TotalColumns && a.TotalRows == b.TotalRows && shareAPath(a.OpticalPaths, b.OpticalPaths) {
			return false
		}
	}
	return true
}

func shareAPath(a, b string) bool {
	for _, p := range strings.Split(a, `\`) {
		if slices.Contains(strings.Split(b, `\`), p) {
			return true
		}
	}
	return false
}

// sameArea reports that a coarser image shows what the finest one shows: both
// sides are reduced alike, and by as much as the pixels have grown.
func sameArea(base, s *imaging.Slide) bool {
	across := float64(base.TotalColumns) / float64(s.TotalColumns)
	down := float64(base.TotalRows) / float64(s.TotalRows)
	// Two pixels of the coarser image: sizes are rounded, one way or the other.
	slack := func(n int, ratio float64) float64 { return max(0.02*ratio, 2*ratio/float64(n)) }
	if math.Abs(across-down) > max(slack(s.TotalColumns, across), slack(s.TotalRows, down)) {
		return false
	}
	grown := func(fine, coarse, ratio float64, n int) bool {
		return fine <= 0 || coarse <= 0 || math.Abs(coarse/fine-ratio) <= slack(n, ratio)
	}
	return grown(base.MicrometresX, s.MicrometresX, across, s.TotalColumns) && grown(base.MicrometresY, s.MicrometresY, down, s.TotalRows)
}

// sameGlass reports that a label, overview or thumbnail belongs to a slide. A
// label of another glass beside a slide would name another person: where
// nothing but the study ties them, only a study of one slide has it.
func sameGlass(base, in *imaging.Instance, slides int) bool {
	a, b := base.Slide, in.Slide
	switch {
	case a.Container != "" && b.Container != "":
		return a.Container == b.Container
	case a.FrameOfReference != "" && a.FrameOfReference == b.FrameOfReference:
		return true
	case base.SeriesUID == in.SeriesUID:
		return true
	}
	return slides == 1
}
