package canvas

import (
	"image"
	"image/color"
	"math"

	"longying/app/ui/theme"
	"longying/imaging"
	"longying/records"
)

// Style is how a mark is stroked. Colour never stands alone: each style has its
// own stroke or sign.
type Style int

// The styles.
const (
	Proposed  Style = iota // amber, dashed
	Unsure                 // amber, dotted, "?"
	Confirmed              // cyan, solid
	Edited                 // cyan, solid, with a mark
	Rejected               // grey, struck through; hidden unless asked for
	Foreign                // amber, dash and gap of one length: another maker's word, confirmed by nobody here
	Drawing                // accent, solid: what the doctor is marking now
)

// Mark is a region on one picture.
type Mark struct {
	UID    string // of the finding; empty for a region without one
	Item   string // of another maker's object; empty for a finding, and for a region that cannot be chosen
	SOPUID string
	Frame  int // 0: every frame of the instance
	Region imaging.Region
	// Outline is the border of a mask in this picture, as closed lines along the
	// edges of its pixels; nil: the region is stroked.
	Outline [][]image.Point
	Style   Style
	Label   string
	Brief   string      // instead of Label where the mark is not the chosen one; empty: Label
	Fill    *color.RGBA // recommended by its maker; nil: the colour of the style
}

// chosenBy is what a click on the mark chooses; empty: nothing.
func (m *Mark) chosenBy() string { return m.UID + m.Item }

// ink is the colour with which what it encloses is filled.
func (m *Mark) ink() color.RGBA {
	if m.Fill != nil {
		return *m.Fill
	}
	r, g, b, _ := m.Style.Colour().RGBA()
	return color.RGBA{uint8(r >> 8), uint8(g >> 8), uint8(b >> 8), 255}
}

// MarkOf is the mark of a finding, or false where it points at no region, or
// was withdrawn.
func MarkOf(f records.Finding, label string) (Mark, bool) {
	if f.Ref.Region == nil || f.State == records.FindingWithdrawn {
		return Mark{}, false
	}
	m := Mark{UID: f.UID, SOPUID: f.Ref.SOPUID, Frame: f.Ref.Frame, Region: *f.Ref.Region, Label: label}
	switch f.State {
	case records.FindingConfirmed:
		m.Style = Confirmed
	case records.FindingEdited:
		m.Style = Edited
	case records.FindingRejected:
		m.Style = Rejected
	}
	return m, true
}

// Colour is the colour of a style.
func (s Style) Colour() color.Color {
	switch s {
	case Confirmed, Edited:
		return theme.Cyan()
	case Rejected:
		return theme.Grey()
	case Drawing:
		return theme.Accent()
	}
	return theme.Amber()
}

// Sign stands before a mark's label.
func (s Style) Sign() string {
	switch s {
	case Unsure:
		return "? "
	case Edited:
		return "✎ "
	case Rejected:
		return "✗ "
	}
	return ""
}

// pattern is the length of stroke and gap in pixels; a gap of 0 is solid.
func (s Style) pattern() (on, off int) {
	switch s {
	case Proposed:
		return 10, 6
	case Unsure:
		return 2, 5
	case Rejected:
		return 4, 4
	case Foreign:
		return 5, 5
	}
	return 1, 0
}

// strokeRect strokes the edge of a rectangle given in pixels of dst: a dark
// edge below, then the style's stroke, 2 pixels wide (3 when strong).
func strokeRect(dst *image.RGBA, x0, y0, x1, y1 int, s Style, strong bool) {
	if x0 > x1 {
		x0, x1 = x1, x0
	}
	if y0 > y1 {
		y0, y1 = y1, y0
	}
	wide := 2
	if strong {
		wide = 3
	}
	on, off := s.pattern()
	dark := color.RGBA{0, 0, 0, 255}
	r, g, b, _ := s.Colour().RGBA()
	ink := color.RGBA{uint8(r >> 8), uint8(g >> 8), uint8(b >> 8), 255}
	sides := func(c color.RGBA, grow int, on, off int) {
		horizontal(dst, x0, x1, y0, wide, grow, on, off, c)
		horizontal(dst, x0, x1, y1, wide, grow, on, off, c)
		vertical(dst, y0, y1, x0, wide, grow, on, off, c)
		vertical(dst, y0, y1, x1, wide, grow, on, off, c)
	}
	sides(dark, 1, on, off)
	sides(ink, 0, on, off)
	if s == Rejected { // struck through
		strike(dst, x0, y0, x1, y1, dark, ink)
	}
}

// strokeOutline strokes closed lines, given in pixels of dst, as strokeRect does
// an edge; x0 to y1 is what a rejection strikes through.
func strokeOutline(dst *image.RGBA, lines [][][2]float64, x0, y0, x1, y1 int, s Style, strong bool) {
	wide := 2
	if strong {
		wide = 3
	}
	on, off := s.pattern()
	dark := color.RGBA{0, 0, 0, 255}
	r, g, b, _ := s.Colour().RGBA()
	ink := color.RGBA{uint8(r >> 8), uint8(g >> 8), uint8(b >> 8), 255}
	for _, line := range lines {
		dashes(dst, line, wide+2, on+1, off-1, dark)
	}
	for _, line := range lines {
		dashes(dst, line, wide, on, off, ink)
	}
	if s == Rejected {
		strike(dst, x0, y0, x1, y1, dark, ink)
	}
}

// dashes dabs squares along a closed line: on pixels of its length, then off
// pixels without.
func dashes(dst *image.RGBA, points [][2]float64, wide, on, off int, c color.RGBA) {
	const step = 0.5
	length, period := 0.0, float64(on+max(off, 0))
	half := wide / 2
	for i, p := range points {
		q := points[(i+1)%len(points)]
		d := math.Hypot(q[0]-p[0], q[1]-p[1])
		seen := image.Rect(int(min(p[0], q[0]))-wide, int(min(p[1], q[1]))-wide, int(max(p[0], q[0]))+wide+1, int(max(p[1], q[1]))+wide+1)
		for t := 0.0; t < d && seen.Overlaps(dst.Rect); t += step {
			if off > 0 && math.Mod(length+t, period) >= float64(on) {
				continue
			}
			x, y := int(math.Round(p[0]+(q[0]-p[0])*t/d))-half, int(math.Round(p[1]+(q[1]-p[1])*t/d))-half
			for yy := max(y, dst.Rect.Min.Y); yy < min(y+wide, dst.Rect.Max.Y); yy++ {
				for xx := max(x, dst.Rect.Min.X); xx < min(x+wide, dst.Rect.Max.X); xx++ {
					dst.SetRGBA(xx, yy, c)
				}
			}
		}
		length += d
	}
}

// strike crosses out.
func strike(dst *image.RGBA, x0, y0, x1, y1 int, dark, ink color.RGBA) {
	line(dst, x0, y1, x1, y0, dark, 2)
	line(dst, x0, y1, x1, y0, ink, 1)
}

func horizontal(dst *image.RGBA, x0, x1, y, wide, grow, on, off int, c color.RGBA) {
	for x := max(x0-grow, dst.Rect.Min.X); x <= min(x1+wide-1+grow, dst.Rect.Max.X-1); x++ {
		if off > 0 && mod(x-x0, on+off) >= on+grow {
			continue
		}
		for k := -grow; k < wide+grow; k++ {
			if yy := y + k; yy >= dst.Rect.Min.Y && yy < dst.Rect.Max.Y {
				dst.SetRGBA(x, yy, c)
			}
		}
	}
}

func vertical(dst *image.RGBA, y0, y1, x, wide, grow, on, off int, c color.RGBA) {
	for y := max(y0-grow, dst.Rect.Min.Y); y <= min(y1+wide-1+grow, dst.Rect.Max.Y-1); y++ {
		if off > 0 && mod(y-y0, on+off) >= on+grow {
			continue
		}
		for k := -grow; k < wide+grow; k++ {
			if xx := x + k; xx >= dst.Rect.Min.X && xx < dst.Rect.Max.X {
				dst.SetRGBA(xx, y, c)
			}
		}
	}
}

func mod(a, n int) int { return (a%n + n) % n }

// line strokes a straight line; points outside dst are left out.
func line(dst *image.RGBA, x0, y0, x1, y1 int, c color.RGBA, wide int) {
	steps := max(abs(x1-x0), abs(y1-y0), 1)
	if steps > 1<<14 {
		return // far outside: nothing of it could be read
	}
	for i := range steps + 1 {
		x, y := x0+(x1-x0)*i/steps, y0+(y1-y0)*i/steps
		for k := range wide {
			if p := (image.Point{X: x, Y: y + k}); p.In(dst.Rect) {
				dst.SetRGBA(p.X, p.Y, c)
			}
		}
	}
}

func abs(x int) int { return max(x, -x) }
