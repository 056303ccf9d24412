package imaging

import "math"

// LUT is a table of PS3.3 C.11: the first input value mapped, the entries, and
// the bits of an entry.
type LUT struct {
	First       int
	Entries     []uint16
	Bits        int
	Explanation string
}

// At maps one input value; inputs below First take the first entry, above the
// table the last (C.11.1.1, C.11.2.1.1).
func (l *LUT) At(v int) uint16 {
	i := min(max(v-l.First, 0), len(l.Entries)-1)
	return l.Entries[i]
}

// Palette is a Palette Color Lookup Table, PS3.3 C.7.6.3.1.5 and .6: one table
// for each colour, entries of 8 or 16 bits.
type Palette struct{ Red, Green, Blue LUT }

// ModalityLUT turns stored values into modality values, e.g. HU: PS3.3 C.11.1.
// The zero value is the identity.
type ModalityLUT struct {
	Slope, Intercept float64 // applied when Table is nil and Slope is not 0
	Table            *LUT
	Type             string // (0028,1054) or (0028,3004): HU, OD, US, ...
	PerFrame         []Rescale
}

// Rescale is one frame's linear modality transformation.
type Rescale struct{ Slope, Intercept float64 }

// Apply maps one stored value of a frame counted from 1.
func (m ModalityLUT) Apply(stored float64, frame int) float64 {
	if m.Table != nil && len(m.Table.Entries) > 0 {
		return float64(m.Table.At(int(stored)))
	}
	if frame >= 1 && frame <= len(m.PerFrame) {
		return stored*m.PerFrame[frame-1].Slope + m.PerFrame[frame-1].Intercept
	}
	if m.Slope == 0 {
		return stored
	}
	return stored*m.Slope + m.Intercept
}

// VOIFunction is the VOI LUT Function (0028,1056).
type VOIFunction string

// The functions of PS3.3 C.11.2.1.2 and C.11.2.1.3.
const (
	VOILinear      VOIFunction = "LINEAR"
	VOILinearExact VOIFunction = "LINEAR_EXACT"
	VOISigmoid     VOIFunction = "SIGMOID"
)

// VOILUT is a value-of-interest transformation: a window or a table.
type VOILUT struct {
	Center, Width float64
	Function      VOIFunction // empty means LINEAR
	Table         *LUT        // non-nil: the table is used instead of the window
	Explanation   string
}

// Valid reports a table with entries, or a window that its function allows:
// finite, at least 1 wide for LINEAR, wider than 0 for the others (C.11.2.1.2.1,
// C.11.2.1.3). An unknown function is LINEAR, the default.
func (v VOILUT) Valid() bool {
	if v.Table != nil {
		return len(v.Table.Entries) > 0
	}
	if math.IsNaN(v.Center) || math.IsInf(v.Center, 0) || math.IsInf(v.Width, 0) {
		return false
	}
	if v.Function == VOILinearExact || v.Function == VOISigmoid {
		return v.Width > 0
	}
	return v.Width >= 1
}

// Apply maps a modality value into 0..1.
//
// LINEAR is C.11.2.1.2.1: for w >= 1, below c-0.5-(w-1)/2 the minimum, above
// c-0.5+(w-1)/2 the maximum, between ((x-(c-0.5))/(w-1)+0.5). LINEAR_EXACT is
// C.11.2.1.3.2, SIGMOID C.11.2.1.3.1. A width that the function does not allow
// is a step at the centre.
func (v VOILUT) Apply(x float64) float64 {
	if v.Table != nil && len(v.Table.Entries) > 0 {
		top := float64(uint32(1)<<v.Table.Bits - 1)
		return float64(v.Table.At(int(math.Round(x)))) / top
	}
	c, w := v.Center, v.Width
	switch {
	case v.Function == VOISigmoid && w > 0:
		return 1 / (1 + math.Exp(-4*(x-c)/w))
	case v.Function == VOILinearExact && w > 0:
		return clamp01((x-c)/w + 0.5)
	case v.Function == VOILinearExact || v.Function == VOISigmoid:
		c += 0.5 // a step at c itself
	}
	if w <= 1 {
		if x <= c-0.5 {
			return 0
		}
		return 1
	}
	return clamp01((x-(c-0.5))/(w-1) + 0.5)
}

func clamp01(x float64) float64 { return min(max(x, 0), 1) }
