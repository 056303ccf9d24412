package canvas

import (
	"image"
	"math"

	"longying/app/ui/canvas/view"
	"longying/imaging"
	"longying/records/foreign"
)

// ForeignMarks are the marks of what another maker's object points at, under the
// words given. They are of no finding here: nothing can be confirmed on them.
func ForeignMarks(f foreign.Finding, words string) []Mark {
	var out []Mark
	for _, p := range f.Places {
		m := Mark{SOPUID: p.SOPUID, Frame: p.Frame, Style: Foreign, Label: words}
		if p.In != nil {
			m.Outline = view.Rings(p.In, p.Columns, p.Rows)
		} else {
			ring := make([]image.Point, len(p.Line))
			for k, q := range p.Line {
				ring[k] = image.Pt(int(math.Round(q[0])), int(math.Round(q[1])))
			}
			m.Outline = [][]image.Point{ring}
		}
		if len(m.Outline) == 0 {
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

// Marks are those of the pictures, of all slices.
func (i *Image) Marks() []Mark { return i.marks }
