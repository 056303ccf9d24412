package volume

import (
	"fmt"
	"math"
	"slices"

	"longying/imaging"
)

// Geometry is how the slices of a placed stack lie to one another.
type Geometry struct {
	Normal  imaging.Vec // unit vector, Row x Column of the first slice
	Spacing float64     // mm between neighbours along the normal: the lower median, those at one position left out; 0 for fewer than two positions
	Step    imaging.Vec // mm from one slice to the next, not along the normal where the gantry is tilted
	Tilt    float64     // degrees between Step and the normal, 0 to 90, as the positions say
	Nominal float64     // degrees, Gantry/Detector Tilt (0018,1120) of the first slice; 0 when absent

	Irregular []Irregularity // in the order of slices, those of the whole stack first
}

// Irregularity is something in a stack that a reader has to know.
type Irregularity struct {
	Kind        Kind
	First, Last int     // slices concerned, counted from 1 in the order of the stack
	Count       int     // of missing slices, of pictures at one position, of orientations
	MM          float64 // what was found, mm along the normal (Shifted: across it); degrees for the tilts
	Expected    float64 // what was expected in its place
}

// Kind names an irregularity.
type Kind string

// What Check finds. A step is even when it differs from the spacing by at most
// 0.02 mm or 2 % of it. A step of n spacings, to that times n, is n-1 missing
// slices; three and more equal ones in a row are another spacing.
const (
	MissingSlices   Kind = "missing"        // Count slices between First and Last: MM apart instead of Expected
	UnevenSpacing   Kind = "uneven"         // First and Last are MM apart instead of Expected
	SpacingChange   Kind = "spacing_change" // from First to Last neighbours are MM apart instead of Expected
	SamePosition    Kind = "same_position"  // First to Last lie at one position, and nothing tells them apart
	Shifted         Kind = "shifted"        // from Last on, slices lie MM aside of where those up to First lead
	GantryTilt      Kind = "tilt"           // the slices are sheared: MM degrees, the header says Expected
	TiltOnlyInWords Kind = "tilt_header"    // the header says Expected degrees of tilt, the positions MM
	Orientations    Kind = "orientations"   // Count orientations: the pictures turn, and lie in no row
	Overlapping     Kind = "overlapping"    // slices Expected mm thick overlap by MM
	Gaps            Kind = "gaps"           // between slices Expected mm thick MM are not imaged
	Mosaics         Kind = "mosaic"         // each picture is a mosaic of Count slices
	HeaderSpacing   Kind = "header_spacing" // the header says Expected mm between slices (0018,0088), the positions MM: a whole multiple
)

// Warning reports a kind that a reader must not overlook: distances, places or
// slices are not what a stack of slices leads one to expect. The others are
// facts of how the scan was planned.
func (k Kind) Warning() bool { return k != Overlapping && k != Gaps && k != Mosaics }

// Tolerances; those of Kind besides.
const (
	leastTilt    = 0.1 // degrees; shears 300 mm by half a millimetre
	tiltsDiffer  = 0.5 // degrees between positions and header; (0018,1120) is nominal
	shifts       = 0.1 // mm across the normal from one slice to the next, beyond the tilt
	equalStepRun = 3
)

// evenly is how far a step may differ from a spacing, in mm.
func evenly(spacing float64) float64 { return max(0.02, 0.02*spacing) }

// Check looks at how slices lie, in the order in which they are given: that of
// Split. The zero Geometry with at most Orientations and Mosaics where they
// have no order of position.
func Check(stack []Slice) Geometry {
	var g Geometry
	if len(stack) == 0 {
		return g
	}
	if m := stack[0].Instance.Mosaic; m != nil && stack[0].Tile == 0 {
		g.note(Irregularity{Kind: Mosaics, First: 1, Last: len(stack), Count: m.Tiles})
		return g
	}
	planes := make([]imaging.Plane, len(stack))
	var turned []imaging.Plane
	for i, s := range stack {
		p := s.Plane()
		if p == nil {
			return g
		}
		planes[i] = *p
		if !slices.ContainsFunc(turned, func(t imaging.Plane) bool { return aligned(&t, p) }) {
			turned = append(turned, *p)
		}
	}
	if len(turned) > 1 {
		g.note(Irregularity{Kind: Orientations, First: 1, Last: len(planes), Count: len(turned)})
		return g
	}
	head := stack[0].Instance.Frame(stack[0].Frame)
	g.Normal = unit(planes[0].Normal())
	g.Nominal = head.Acquisition.GantryTilt
	steps := stepsOf(planes, g.Normal)
	g.Spacing = lowerMedian(steps)
	if g.Spacing == 0 {
		if len(planes) > 1 {
			g.note(Irregularity{Kind: SamePosition, First: 1, Last: len(planes), Count: len(planes)})
		}
		return g
	}
	g.tilt(steps)
	g.spacing(steps)
	g.shifts(steps)
	g.thickness(stack, steps)
	g.headerSpacing(head)
	return g
}

func (g *Geometry) note(i Irregularity) { g.Irregular = append(g.Irregular, i) }

// Warnings are the irregularities that a reader must not overlook.
func (g *Geometry) Warnings() []Irregularity {
	var out []Irregularity
	for _, i := range g.Irregular {
		if i.Kind.Warning() {
			out = append(out, i)
		}
	}
	return out
}

func unit(v imaging.Vec) imaging.Vec {
	n := v.Len()
	return imaging.Vec{v[0] / n, v[1] / n, v[2] / n}
}

// step is the way from one slice to the next.
type step struct {
	depth  float64     // mm along the normal
	across imaging.Vec // the rest
}

func stepsOf(planes []imaging.Plane, normal imaging.Vec) []step {
	out := make([]step, len(planes)-1)
	for i := range out {
		var d imaging.Vec
		for k := range d {
			d[k] = planes[i+1].Position[k] - planes[i].Position[k]
		}
		out[i].depth = d.Dot(normal)
		for k := range d {
			out[i].across[k] = d[k] - out[i].depth*normal[k]
		}
	}
	return out
}

func lowerMedian(steps []step) float64 {
	var d []float64
	for _, s := range steps {
		if s.depth > onePosition {
			d = append(d, s.depth)
		}
	}
	if len(d) == 0 {
		return 0
	}
	slices.Sort(d)
	return d[(len(d)-1)/2]
}

// tilt finds the shear: the median way across for each millimetre along, then
// the mean of the steps that agree with it, because positions have few digits.
func (g *Geometry) tilt(steps []step) {
	var slope imaging.Vec
	for k := range slope {
		var d []float64
		for _, s := range steps {
			if s.depth > onePosition {
				d = append(d, s.across[k]/s.depth)
			}
		}
		slices.Sort(d)
		slope[k] = d[len(d)/2]
	}
	var sum imaging.Vec
	depth := 0.0
	for _, s := range steps {
		if s.depth > onePosition && aside(s, slope) <= shifts {
			depth += s.depth
			for k := range sum {
				sum[k] += s.across[k]
			}
		}
	}
	if depth > 0 {
		for k := range sum {
			slope[k] = sum[k] / depth
		}
	}
	g.Tilt = math.Atan(slope.Len()) * 180 / math.Pi
	for k := range g.Step {
		g.Step[k] = g.Spacing * (g.Normal[k] + slope[k])
	}
	nominal := math.Abs(g.Nominal)
	whole := Irregularity{Kind: GantryTilt, First: 1, Last: len(steps) + 1, MM: g.Tilt, Expected: nominal}
	switch {
	case g.Tilt >= leastTilt:
		g.note(whole)
	case nominal > tiltsDiffer:
		whole.Kind = TiltOnlyInWords
		g.note(whole)
	}
}

// aside is how far a step leads from the line of a slope, in mm.
func aside(s step, slope imaging.Vec) float64 {
	var d imaging.Vec
	for k := range d {
		d[k] = s.across[k] - s.depth*slope[k]
	}
	return d.Len()
}

// spacing names every step along the normal that is not the spacing.
func (g *Geometry) spacing(steps []step) {
	base := g.Spacing
	even := func(a, b float64) bool { return math.Abs(a-b) <= evenly(b) }
	for i := 0; i < len(steps); {
		d := steps[i].depth
		run := i + 1
		switch {
		case d <= onePosition:
			for run < len(steps) && steps[run].depth <= onePosition {
				run++
			}
			g.note(Irregularity{Kind: SamePosition, First: i + 1, Last: run + 1, Count: run - i + 1})
		case even(d, base):
		default:
			for run < len(steps) && even(steps[run].depth, d) {
				run++
			}
			if run-i >= equalStepRun {
				g.note(Irregularity{Kind: SpacingChange, First: i + 1, Last: run + 1, MM: d, Expected: base})
				break
			}
			run = i + 1
			if n := math.Round(d / base); n >= 2 && math.Abs(d-n*base) <= n*evenly(base) {
				g.note(Irregularity{Kind: MissingSlices, First: i + 1, Last: i + 2, Count: int(n) - 1, MM: d, Expected: base})
			} else {
				g.note(Irregularity{Kind: UnevenSpacing, First: i + 1, Last: i + 2, MM: d, Expected: base})
			}
		}
		i = run
	}
}

// shifts names slices that lie aside of the line that the others make.
func (g *Geometry) shifts(steps []step) {
	var slope imaging.Vec
	for k := range slope {
		slope[k] = g.Step[k]/g.Spacing - g.Normal[k]
	}
	for i, s := range steps {
		if d := aside(s, slope); d > shifts {
			g.note(Irregularity{Kind: Shifted, First: i + 1, Last: i + 2, MM: d})
		}
	}
}

// thickness compares each step with the thickness of the slices at its ends,
// and names runs of equal findings once.
func (g *Geometry) thickness(in []Slice, steps []step) {
	at := func(i int) float64 { return in[i].Instance.Frame(in[i].Frame).SliceThickness }
	for i, s := range steps {
		a, b := at(i), at(i+1)
		thick := (a + b) / 2
		if a <= 0 || b <= 0 || s.depth <= onePosition || math.Abs(s.depth-thick) <= evenly(thick) {
			continue
		}
		if s.depth > thick && math.Abs(s.depth-g.Spacing) > evenly(g.Spacing) {
			continue // a wide step is named already
		}
		found := Irregularity{Kind: Gaps, First: i + 1, Last: i + 2, MM: math.Abs(s.depth - thick), Expected: thick}
		if s.depth < thick {
			found.Kind = Overlapping
		}
		if n := len(g.Irregular); n > 0 {
			l := &g.Irregular[n-1]
			if l.Kind == found.Kind && l.Last == i+1 && math.Abs(l.MM-found.MM) <= evenly(thick) && l.Expected == found.Expected {
				l.Last = found.Last
				continue
			}
		}
		g.note(found)
	}
}

// headerSpacing names a spacing that is a whole multiple of what the header
// says: every second slice may not be there. A header that gives the gap
// instead of the spacing, as some do, is not taken for one.
func (g *Geometry) headerSpacing(head imaging.FunctionalGroups) {
	said := math.Abs(head.Acquisition.SpacingBetweenSlices)
	n := math.Round(g.Spacing / max(said, 1e-9))
	if said <= onePosition || n < 2 || math.Abs(g.Spacing-n*said) > n*evenly(said) || math.Abs(head.SliceThickness+said-g.Spacing) <= evenly(g.Spacing) {
		return
	}
	g.note(Irregularity{Kind: HeaderSpacing, First: 1, MM: g.Spacing, Expected: said})
}

// String is the irregularity in English, for logs and the command line.
func (i Irregularity) String() string {
	switch i.Kind {
	case MissingSlices:
		return fmt.Sprintf("%d missing between slices %d and %d: %.3g mm apart, not %.3g", i.Count, i.First, i.Last, i.MM, i.Expected)
	case UnevenSpacing:
		return fmt.Sprintf("slices %d and %d are %.3g mm apart, not %.3g", i.First, i.Last, i.MM, i.Expected)
	case SpacingChange:
		return fmt.Sprintf("slices %d to %d are %.3g mm apart, not %.3g", i.First, i.Last, i.MM, i.Expected)
	case SamePosition:
		return fmt.Sprintf("slices %d to %d lie at one position", i.First, i.Last)
	case Shifted:
		return fmt.Sprintf("slice %d lies %.3g mm aside of where slice %d leads", i.Last, i.MM, i.First)
	case GantryTilt:
		return fmt.Sprintf("the slices are tilted by %.1f° (the header says %.1f°)", i.MM, i.Expected)
	case TiltOnlyInWords:
		return fmt.Sprintf("the header says %.1f° of tilt, the positions %.1f°", i.Expected, i.MM)
	case Orientations:
		return fmt.Sprintf("the pictures have %d orientations", i.Count)
	case Overlapping:
		return fmt.Sprintf("slices %d to %d, %.3g mm thick, overlap by %.3g mm", i.First, i.Last, i.Expected, i.MM)
	case Gaps:
		return fmt.Sprintf("between slices %d to %d, %.3g mm thick, %.3g mm are not imaged", i.First, i.Last, i.Expected, i.MM)
	case Mosaics:
		return fmt.Sprintf("each picture is a mosaic of %d slices", i.Count)
	case HeaderSpacing:
		return fmt.Sprintf("the header says %.3g mm between slices, the positions %.3g: slices may be missing", i.Expected, i.MM)
	}
	return string(i.Kind)
}
