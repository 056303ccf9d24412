package inference

import (
	"fmt"
	"math"

	"longying/imaging"
)

// activationBox is the smallest box around every cell of a map [1, 1, h, w] that
// holds at least fraction of the map's maximum, in the pixels of an image of
// columns x rows that was resized as a whole onto the map's grid. It is where a
// model looked, not the outline of anything. A map without a positive value has
// no box.
func activationBox(t Tensor, fraction float64, columns, rows int) (*imaging.Region, error) {
	if len(t.Shape) != 4 || t.Shape[0] != 1 || t.Shape[1] != 1 || t.Shape[2] < 1 || t.Shape[3] < 1 || int64(len(t.Data)) != t.Size() {
		return nil, fmt.Errorf("an activation map has shape %v; wanted [1 1 h w]", t.Shape)
	}
	most := float32(math.Inf(-1))
	for _, v := range t.Data {
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
			return nil, fmt.Errorf("an activation map holds %g", v)
		}
		most = max(most, v)
	}
	if most <= 0 {
		return nil, nil
	}
	h, w := int(t.Shape[2]), int(t.Shape[3])
	x0, y0, x1, y1 := w, h, 0, 0
	for i, v := range t.Data {
		if float64(v) >= fraction*float64(most) {
			x, y := i%w, i/w
			x0, y0, x1, y1 = min(x0, x), min(y0, y), max(x1, x+1), max(y1, y+1)
		}
	}
	sx, sy := float64(columns)/float64(w), float64(rows)/float64(h)
	return &imaging.Region{
		X0: float64(x0) * sx, Y0: float64(y0) * sy, X1: float64(x1) * sx, Y1: float64(y1) * sy,
		Kind: imaging.RegionActivation,
	}, nil
}
