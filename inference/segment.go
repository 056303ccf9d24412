package inference

import (
	"context"
	"math"

	"longying/imaging"
	"longying/models"
)

// Measured is a number with its concept and its UCUM unit.
type Measured struct {
	Key   string      `json:"key"`
	Label models.Text `json:"label"`
	Code  models.Code `json:"code"`
	Value float64     `json:"value"`
	Unit  string      `json:"unit"`
}

// What is measured of a mask. The concepts are those of PS3.16 CID 7470 and 7472.
const (
	MeasuredVolume        = "volume"  // mL, of all slices together
	MeasuredArea          = "area"    // mm2, of an image
	MeasuredLongest       = "longest" // mm, inside one slice, between outer corners of pixels
	MeasuredPerpendicular = "across"  // mm, the longest at right angles to it
)

func measured(key string, value float64) Measured {
	m := Measured{Key: key, Value: value, Unit: "mm"}
	switch key {
	case MeasuredVolume:
		m.Label, m.Code, m.Unit = models.Text{Zh: "体积", En: "Volume"}, models.Code{Value: "118565006", Scheme: "SCT", Meaning: "Volume"}, "mL"
	case MeasuredArea:
		m.Label, m.Code, m.Unit = models.Text{Zh: "面积", En: "Area"}, models.Code{Value: "42798000", Scheme: "SCT", Meaning: "Area"}, "mm2"
	case MeasuredLongest:
		m.Label, m.Code = models.Text{Zh: "最长径", En: "Longest diameter"}, models.Code{Value: "103339001", Scheme: "SCT", Meaning: "Long Axis"}
	case MeasuredPerpendicular:
		m.Label, m.Code = models.Text{Zh: "垂直径", En: "Perpendicular diameter"}, models.Code{Value: "103340004", Scheme: "SCT", Meaning: "Short Axis"}
	}
	return m
}

// readMasks reads a segmentation output: a mask for each class that proposes, in
// the pixels of the source, where all that follows is done to it. A class of which
// something is left is proposed, or unsure where its largest probability lies in
// its unsure band; one of which nothing is left is below threshold, or unsure where
// its largest probability reaches the band. There is no probability that a class is
// there at all: it is not a number.
func (a *analysis) readMasks(ctx context.Context, o *models.Output, masks map[string]*tensorMask) error {
	m := masks[o.Name]
	if m == nil {
		var err error
		if m, err = a.whole(o); err != nil {
			return &unsoundError{err}
		}
	}
	for c := range o.Classes {
		k := &o.Classes[c]
		if !k.Proposes {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		one := a.prediction(o, BelowThreshold)
		one.Class, one.Threshold = k, k.Threshold
		mask, at := m.source(c, &a.place)
		if mask != nil {
			if err := a.clean(mask, k.After); err != nil {
				return err
			}
			if mask.Count() > 0 {
				one.Outcome = Proposed
				a.measure(&one, mask, at)
			}
		}
		if k.Unsure != nil {
			if p := m.most[c]; p >= k.Unsure[0] && p < k.Unsure[1] {
				one.Outcome = Unsure
			}
		}
		a.said = append(a.said, one)
	}
	return nil
}

// spacing is mm between columns, rows and slices of the source; 0 where it is not
// known.
func (a *analysis) spacing() [3]float64 {
	if v := a.subject.Volume; v != nil {
		return v.Spacing
	}
	s := a.subject.Image.Spacing
	return [3]float64{s[0], s[1], 1}
}

func known(mm [3]float64) bool {
	for _, v := range mm {
		if !(v > 0) || math.IsInf(v, 0) {
			return false
		}
	}
	return true
}

// clean does to a mask what the card asks for, in its order.
func (a *analysis) clean(mask *Mask, after *models.After) error {
	if after == nil {
		return nil
	}
	if after.LargestComponent {
		mask.LargestComponent()
	}
	if after.FillHoles {
		mask.FillHoles()
	}
	least := after.MinimumMM2
	if after.MinimumML > 0 {
		least = after.MinimumML * 1000
	}
	if least <= 0 {
		return nil
	}
	mm := a.spacing()
	if !known(mm) {
		return &refusedError{Reason{Code: ReasonSpacingUnknown}}
	}
	mask.DropSmall(int(math.Ceil(least/(mm[0]*mm[1]*mm[2]) - 1e-9)))
	return nil
}

// measure gives a prediction its mask, the box around it in the slice of its
// longest diameter, and its sizes where the spacing is known.
func (a *analysis) measure(one *Prediction, mask *Mask, at [3]int) {
	mm := a.spacing()
	inMM := known(mm)
	if !inMM {
		mm = [3]float64{1, 1, 1}
	}
	d, _ := mask.Diameters(mm[0], mm[1])
	region := mask.box(d.Slice)
	region.X0, region.X1 = region.X0+float64(at[0]), region.X1+float64(at[0])
	region.Y0, region.Y1 = region.Y0+float64(at[1]), region.Y1+float64(at[1])
	slice := d.Slice + at[2]
	if a.subject.Volume != nil {
		if slice < len(a.subject.Slices) {
			one.Ref = a.subject.Slices[slice]
		}
	}
	one.Mask = pack(mask, at, a.place.from)
	one.Ref.Region = &region
	if !inMM {
		one.Amber = append(one.Amber[:len(one.Amber):len(one.Amber)], Reason{Code: ReasonSizeUnknown})
		return
	}
	if a.subject.Scale == imaging.SpacingDetector {
		one.Amber = append(one.Amber[:len(one.Amber):len(one.Amber)], Reason{Code: ReasonDetectorScale})
	}
	n := float64(mask.Count())
	if a.subject.Volume != nil {
		one.Measurements = append(one.Measurements, measured(MeasuredVolume, n*mm[0]*mm[1]*mm[2]/1000))
	} else {
		one.Measurements = append(one.Measurements, measured(MeasuredArea, n*mm[0]*mm[1]))
	}
	one.Measurements = append(one.Measurements, measured(MeasuredLongest, d.Longest), measured(MeasuredPerpendicular, d.Perpendicular))
}

// box is the box around what is in a slice of the mask.
func (m *Mask) box(slice int) imaging.Region {
	x0, y0, x1, y1 := m.Columns, m.Rows, 0, 0
	for i, in := range m.In[slice*m.Columns*m.Rows : (slice+1)*m.Columns*m.Rows] {
		if in {
			x, y := i%m.Columns, i/m.Columns
			x0, y0, x1, y1 = min(x0, x), min(y0, y), max(x1, x+1), max(y1, y+1)
		}
	}
	return imaging.Region{X0: float64(x0), Y0: float64(y0), X1: float64(x1), Y1: float64(y1), Kind: imaging.RegionMask}
}
