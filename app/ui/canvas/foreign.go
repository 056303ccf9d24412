package canvas

import (
	"image"
	"image/color"
	"math"
	"slices"

	"longying/app/ui/canvas/view"
	"longying/imaging"
	"longying/records/foreign"
)

// ForeignMarks are the marks of what another maker's object points at, under the
// words given. item is what a click on one chooses; they are of no finding here,
// and nothing can be confirmed on them.
func ForeignMarks(f *foreign.Finding, item, words string) []Mark {
	var out []Mark
	for i := range f.Places {
		p := &f.Places[i]
		m := Mark{Item: item, SOPUID: p.SOPUID, Frame: p.Frame, Style: Foreign, Label: words}
		if f.Colour != nil {
			m.Fill = &color.RGBA{f.Colour[0], f.Colour[1], f.Colour[2], 255}
		}
		if c := p.Mask; c != nil {
			m.Outline = view.Rings(c.In, c.Columns, c.Rows)
			for _, ring := range m.Outline {
				for k := range ring {
					ring[k] = ring[k].Add(image.Pt(c.X, c.Y))
				}
			}
		} else {
			ring := make([]image.Point, len(p.Line))
			for k, q := range p.Line {
				ring[k] = image.Pt(int(math.Round(q[0])), int(math.Round(q[1])))
			}
			m.Outline = [][]image.Point{ring}
		}
		if len(m.Outline) == 0 || len(m.Outline[0]) == 0 {
			continue
		}
		low, high := m.Outline[0][0], m.Outline[0][0]
		for _, ring := range m.Outline {
			for _, q := range ring {
				low.X, low.Y = min(low.X, q.X), min(low.Y, q.Y)
				high.X, high.Y = max(high.X, q.X), max(high.Y, q.Y)
			}
		}
		m.Region = imaging.Region{X0: float64(low.X), Y0: float64(low.Y), X1: float64(high.X), Y1: float64(high.Y)}
		out = append(out, m)
	}
	return out
}

// TakenMarks are the marks of a finding that was taken over, where its object
// outlines it, as said has it: in place of the box that MarksOf made. Where a
// doctor has drawn another region since, or the object is not there, the box stays.
func TakenMarks(of Mark, said []Mark) []Mark {
	if of.Region.Kind != imaging.RegionTaken || len(said) == 0 {
		return []Mark{of}
	}
	out := slices.Clone(said)
	for i := range out {
		out[i].UID, out[i].Item, out[i].Style, out[i].Label, out[i].Region.Kind = of.UID, "", of.Style, of.Label, imaging.RegionTaken
	}
	return out
}

// Marks are those of the pictures, of all slices.
func (i *Image) Marks() []Mark { return i.marks }

// Fills are how strongly what an outline encloses is coloured, in percent: 0, the
// outline alone, at start. Nothing is tinted unless it was asked for, and the words
// over the picture say that it is. alone leaves of other makers' marks the chosen
// one, where they would cover the picture.
func fills() []int { return []int{0, 20, 40, 60, alone} }

const alone = -1

// nextFill goes on to the next strength, after the last to the outlines alone.
func (i *Image) nextFill() {
	all := fills()
	at := 0
	for k, v := range all {
		if v == i.filled {
			at = (k + 1) % len(all)
		}
	}
	i.filled = all[at]
	i.Refresh()
}

// fillOutline colours what closed lines enclose, in pixels of dst; a line within
// another leaves a hole.
func fillOutline(dst *image.RGBA, lines [][][2]float64, ink color.RGBA, percent int) {
	top, bottom := dst.Rect.Min.Y, dst.Rect.Max.Y
	crossings := make(map[int][]float64)
	for _, line := range lines {
		for k, p := range line {
			q := line[(k+1)%len(line)]
			if p[1] > q[1] {
				p, q = q, p
			}
			// Rows whose middle the edge crosses, its upper end counted.
			first, last := int(math.Ceil(max(p[1], float64(top))-0.5)), int(math.Ceil(min(q[1], float64(bottom))-0.5))
			for y := max(first, top); y < min(last, bottom); y++ {
				crossings[y] = append(crossings[y], p[0]+(q[0]-p[0])*(float64(y)+0.5-p[1])/(q[1]-p[1]))
			}
		}
	}
	a := uint32(percent * 256 / 100)
	blend := func(under, over uint8) uint8 { return uint8((uint32(under)*(256-a) + uint32(over)*a) >> 8) }
	for y, xs := range crossings {
		slices.Sort(xs)
		for k := 0; k+1 < len(xs); k += 2 {
			x0, x1 := max(int(math.Ceil(xs[k]-0.5)), dst.Rect.Min.X), min(int(math.Ceil(xs[k+1]-0.5)), dst.Rect.Max.X)
			for x := x0; x < x1; x++ {
				pix := dst.Pix[dst.PixOffset(x, y):]
				pix[0], pix[1], pix[2] = blend(pix[0], ink.R), blend(pix[1], ink.G), blend(pix[2], ink.B)
			}
		}
	}
}
