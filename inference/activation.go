package inference

import (
	"fmt"
	"math"

	"longying/imaging"
)

// activationBox is the smallest box around every cell of a map [1, 1, h, w] that
// holds at least fraction of the map's maximum, in the pixels of the image: the
// map lies over the whole tensor. It is where a model looked, not the outline of
// anything. A map without a positive value has no box.
func activationBox(t Tensor, fraction float64, place *Placement) (*imaging.Region, error) {
	if len(t.Shape) != 4 || t.Shape[0] != 1 || t.Shape[1] != 1 || t.Shape[2] < 1 || t.Shape[3] < 1 || int64(len(t.Data)) != t.Size() {
		return nil, fmt.Errorf("an activation map has shape %v; wanted [1 1 h w]", t.Shape)
	}
	for _, v := range t.Data {
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
			return nil, fmt.Errorf("an activation map holds %g", v)
		}
	}
	h, w := int(t.Shape[2]), int(t.Shape[3])
	return boxOfMap(t.Data, w, h, fraction, place, imaging.RegionActivation), nil
}

// boxOfMap is the box around what is at least a share of the largest value of a
// map that lies over the whole tensor; nil where that is not above 0.
func boxOfMap(values []float32, w, h int, fraction float64, place *Placement, kind imaging.RegionKind) *imaging.Region {
	most := float32(0)
	for _, v := range values {
		most = max(most, v)
	}
	if most <= 0 {
		return nil
	}
	x0, y0, x1, y1 := w, h, 0, 0
	for i, v := range values {
		if float64(v) >= fraction*float64(most) {
			x, y := i%w, i/w
			x0, y0, x1, y1 = min(x0, x), min(y0, y), max(x1, x+1), max(y1, y+1)
		}
	}
	sx, sy := float64(place.size[0])/float64(w), float64(place.size[1])/float64(h)
	box, ok := place.box(float64(x0)*sx, float64(y0)*sy, float64(x1)*sx, float64(y1)*sy)
	if !ok {
		return nil
	}
	box.Kind = kind
	return &box
}
