package canvas

import (
	"cmp"
	"fmt"
	"image"
	"slices"

	"longying/app/ui/canvas/view"
	"longying/imaging"
	"longying/inference"
)

// Masked gives the marks of a mask in place of the mark of its box: one for each
// slice in which something of it is, with its border. inputs are the slices of the
// volume that the model looked at, in their order; of one image they are not
// asked. Where mask and inputs do not belong together that is an error: an outline
// on the wrong slice would be worse than none.
func Masked(box Mark, mask *inference.PackedMask, inputs []imaging.Ref) ([]Mark, error) {
	if mask.Slices != 1 && mask.Slices != len(inputs) {
		return nil, fmt.Errorf("a mask of %d slices was made of %d pictures", mask.Slices, len(inputs))
	}
	m, err := mask.Mask()
	if err != nil {
		return nil, err
	}
	var out []Mark
	for z := range m.Slices {
		rings := view.Rings(m.In[z*m.Columns*m.Rows:(z+1)*m.Columns*m.Rows], m.Columns, m.Rows)
		if len(rings) == 0 {
			continue
		}
		one := box
		if mask.Slices > 1 {
			of := inputs[mask.At[2]+z]
			one.SOPUID, one.Frame = of.SOPUID, of.Frame
		}
		at := image.Point{X: mask.At[0], Y: mask.At[1]}
		low, high := rings[0][0], rings[0][0]
		for _, ring := range rings {
			for _, p := range ring {
				low.X, low.Y = min(low.X, p.X), min(low.Y, p.Y)
				high.X, high.Y = max(high.X, p.X), max(high.Y, p.Y)
			}
			for i := range ring {
				ring[i] = ring[i].Add(at)
			}
		}
		low, high = low.Add(at), high.Add(at)
		one.Region = imaging.Region{X0: float64(low.X), Y0: float64(low.Y), X1: float64(high.X), Y1: float64(high.Y), Kind: imaging.RegionMask}
		one.Outline = rings
		out = append(out, one)
	}
	return out, nil
}

// hit is the mark under a point of the image: of several the smallest, and of
// those with the selected one among them the one after it, so that each can be
// had by clicking again. A mark of no finding and of no other maker's object cannot
// be chosen.
func hit(marks []Mark, x, y float64, selected string) (uid string, ok bool) {
	var under []Mark
	for _, m := range marks {
		if m.chosenBy() != "" && m.holds(x, y) {
			under = append(under, m)
		}
	}
	if len(under) == 0 {
		return "", false
	}
	area := func(m Mark) float64 { return (m.Region.X1 - m.Region.X0) * (m.Region.Y1 - m.Region.Y0) }
	slices.SortStableFunc(under, func(a, b Mark) int { return cmp.Compare(area(a), area(b)) })
	at := slices.IndexFunc(under, func(m Mark) bool { return m.chosenBy() == selected })
	return under[(at+1)%len(under)].chosenBy(), true
}

// holds reports a point inside a mark: of a mask, inside its border.
func (m *Mark) holds(x, y float64) bool {
	if x < m.Region.X0 || x > m.Region.X1 || y < m.Region.Y0 || y > m.Region.Y1 {
		return false
	}
	return m.Outline == nil || view.Within(m.Outline, x, y)
}
