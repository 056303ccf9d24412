package imaging

import (
	"math"
	"slices"
	"time"
)

// PET is what a PET object says of the tracer and of its correction: PS3.3
// C.8.9.1, C.8.9.2 and C.8.9.4. A field that is absent is zero.
type PET struct {
	Units           string    // (0054,1001): BQML, GML, CNTS, ...
	SUVType         string    // (0054,1006): BW, LBM, BSA, ...; of GML, absent is BW
	DecayCorrection string    // (0054,1102): START, ADMIN, NONE
	Corrected       []string  // (0028,0051)
	Weight          float64   // kg, (0010,1030)
	Dose            float64   // Bq, Radionuclide Total Dose (0018,1074)
	HalfLife        float64   // s, (0018,1075)
	Injected        time.Time // (0018,1078), else (0018,1072) on the day of the series
	Series          time.Time // (0008,0021) with (0008,0031)
}

// SUV is the factor from the output of the modality LUT to the standardised
// uptake value by body weight in g/ml, or which attribute is missing or cannot
// be used. QIBA, "SUV vendor-neutral pseudo-code" (happy path, 2012): activity
// over the dose per gram of weight, the dose decayed to the time that the
// activity is corrected to. That time is the start of the series where no image
// of it was acquired before; otherwise the series is a later copy with a time of
// its own, and the first acquisition counts. acquired is of this image, series
// are its images.
func (p *PET) SUV(acquired time.Time, series []Instance) (factor float64, why string) {
	switch p.Units {
	case "GML":
		if p.SUVType != "" && p.SUVType != "BW" {
			return 0, "SUV Type (0054,1006) " + p.SUVType
		}
		return 1, ""
	case "BQML":
	case "":
		return 0, "Units (0054,1001)"
	default:
		return 0, "Units (0054,1001) " + p.Units
	}
	for _, c := range []string{"ATTN", "DECY"} {
		if !slices.Contains(p.Corrected, c) {
			return 0, "Corrected Image (0028,0051) " + c
		}
	}
	switch {
	case !(p.Weight > 0 && p.Weight < 1000):
		return 0, "Patient's Weight (0010,1030)"
	case !(p.Dose > 0) || math.IsInf(p.Dose, 0):
		return 0, "Radionuclide Total Dose (0018,1074)"
	}
	dose := p.Dose
	switch p.DecayCorrection {
	case "ADMIN":
	case "START":
		if !(p.HalfLife > 0) || math.IsInf(p.HalfLife, 0) {
			return 0, "Radionuclide Half Life (0018,1075)"
		}
		if p.Injected.IsZero() {
			return 0, "Radiopharmaceutical Start DateTime (0018,1078)"
		}
		first := acquired
		for i := range series {
			if at := series[i].Acquisition.Time; !at.IsZero() && (first.IsZero() || at.Before(first)) {
				first = at
			}
		}
		start := p.Series
		if start.IsZero() || !first.IsZero() && start.After(first) {
			start = first
		}
		if start.IsZero() {
			return 0, "Series Time (0008,0031)"
		}
		decay := start.Sub(p.Injected).Seconds()
		if decay < 0 || decay > 24*3600 { // of the wrong day, or after the scan
			return 0, "Radiopharmaceutical Start DateTime (0018,1078) " + p.Injected.Format("2006-01-02 15:04:05")
		}
		dose *= math.Exp2(-decay / p.HalfLife)
	default:
		return 0, "Decay Correction (0054,1102) " + p.DecayCorrection
	}
	return p.Weight * 1000 / dose, ""
}
