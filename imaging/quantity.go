package imaging

import (
	"slices"
	"strings"
)

// QuantityKind is what the values of a frame measure.
type QuantityKind string

// The kinds.
const (
	QuantityNone     QuantityKind = ""         // colour: no value to measure
	QuantityHU       QuantityKind = "hu"       // attenuation of computed tomography
	QuantitySUV      QuantityKind = "suv"      // standardised uptake by body weight
	QuantityActivity QuantityKind = "activity" // concentration of activity
	QuantityNamed    QuantityKind = "named"    // as the Real World Value Mapping names it
	QuantityValue    QuantityKind = "value"    // output of the modality LUT, without a unit
)

// Quantity is what the stored values of one frame mean.
type Quantity struct {
	Kind QuantityKind
	Unit string // UCUM; "1" where there is none
	Name string // of QuantityNamed, as the object words it
	// NoSUV is why a PET object has none: the attribute that is missing, or what
	// in it cannot be used. Empty otherwise.
	NoSUV string
	of    func(stored float64) (float64, bool)
}

// Of is what a stored value means; false for padding, and where nothing is said
// of the value.
func (q Quantity) Of(stored float64) (float64, bool) {
	if q.of == nil {
		return 0, false
	}
	return q.of(stored)
}

// Quantity is what the values of frame n, counted from 1, mean: of PET the SUV
// by body weight where everything is there that it needs, of CT Hounsfield
// units, of others what their Real World Value Mapping says (PS3.3
// C.7.6.16.2.11), else the output of the modality LUT, of which nobody says a
// unit. Pixel padding (PS3.3 C.7.5.1.1.2) is no value. series are the images of
// its series, see PET.SUV.
func (in *Instance) Quantity(f *Frame, n int, series []Instance) Quantity {
	if f.Samples != 1 || strings.HasPrefix(f.Photometric, "PALETTE") {
		return Quantity{}
	}
	lut := func(stored float64) float64 { return in.ModalityLUT.Apply(stored, n) }
	q := Quantity{Kind: QuantityValue, Unit: "1"}
	value := func(stored float64) (float64, bool) { return lut(stored), true }
	suv := slices.IndexFunc(in.Frame(n).RealWorld, func(m RealWorldValue) bool { return slices.Contains(unitsOfSUV(), m.Units) })
	switch rescale := strings.TrimSpace(in.ModalityLUT.Type); {
	case suv >= 0: // the object says it itself
		q.Kind, q.Unit, value = QuantitySUV, unitsOfSUV()[0], in.Frame(n).RealWorld[suv].Apply
	case in.Modality == "PT" && in.PET != nil:
		factor, why := in.PET.SUV(in.Acquisition.Time, series)
		if why != "" {
			q.NoSUV = why
			if in.PET.Units == "BQML" {
				q.Kind, q.Unit = QuantityActivity, "Bq/ml"
			}
			break
		}
		q.Kind, q.Unit = QuantitySUV, unitsOfSUV()[0]
		value = func(stored float64) (float64, bool) { return lut(stored) * factor, true }
	case in.Modality == "CT" && !in.localizer() && (rescale == "HU" || rescale == "" && in.ModalityLUT.Slope != 0):
		// PS3.3 C.8.2.1.1.2: the output is HU where the type is absent.
		q.Kind, q.Unit = QuantityHU, "[hnsf'U]"
	default:
		for _, m := range in.Frame(n).RealWorld {
			if m.Units == "" || m.Units == "1" || m.Units == "{no units}" {
				continue
			}
			q.Kind, q.Unit, q.Name, value = QuantityNamed, m.Units, m.Label, m.Apply
			if q.Name == "" {
				q.Name = m.Explanation
			}
			break
		}
	}
	q.of = func(stored float64) (float64, bool) {
		if in.Pixels.padding(stored) {
			return 0, false
		}
		return value(stored)
	}
	return q
}

// unitsOfSUV are the UCUM codes of the SUV by body weight, CID 85 and an older
// spelling.
func unitsOfSUV() []string { return []string{"g/ml{SUVbw}", "{SUVbw}g/ml"} }

// localizer reports a scout view, whose values are sums along rays.
func (in *Instance) localizer() bool { return slices.Contains(in.ImageType, "LOCALIZER") }

// padding reports a stored value that is no picture.
func (p PixelDescription) padding(stored float64) bool {
	if p.PaddingValue == nil {
		return false
	}
	a := float64(*p.PaddingValue)
	if p.PaddingRange == nil {
		return stored == a
	}
	b := float64(*p.PaddingRange)
	return stored >= min(a, b) && stored <= max(a, b)
}
