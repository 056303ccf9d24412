package dicomfile

import (
	"slices"

	"longying/imaging"
)

// modalityLUT is PS3.3 C.11.1, or Pixel Value Transformation (C.7.6.16.2.9).
func modalityLUT(ds *Dataset, g groups, inst *imaging.Instance) imaging.ModalityLUT {
	var m imaging.ModalityLUT
	if item := ds.Item(TagModalityLUTSequence); item.Has(TagLUTDescriptor) {
		m.Table, m.Type = lookupTable(item, TagLUTDescriptor, TagLUTData, inst.Pixels.Signed), item.Text(TagModalityLUTType)
		if m.Table != nil {
			return m
		}
	}
	from := ds
	if !ds.Has(TagRescaleSlope) {
		from = g.first(TagPixelValueTransform)
		if !g.shared.Has(TagPixelValueTransform) {
			m.PerFrame = perFrameRescale(g.frames)
		}
	}
	if r, ok := rescale(from); ok {
		m.Slope, m.Intercept = r.Slope, r.Intercept
	}
	m.Type = from.Text(TagRescaleType)
	switch {
	case m.Type == "" && m.Slope != 0 && inst.Modality == "CT":
		m.Type = "HU" // C.8.2.1.1.2: the type may be left out only for Hounsfield units
	case m.Type == "" && inst.Modality == "PT":
		m.Type = ds.Text(TagUnits) // C.8.9.1.1.3
	}
	return m
}

func rescale(ds *Dataset) (r imaging.Rescale, ok bool) {
	slope, ok1 := ds.FloatValue(TagRescaleSlope)
	intercept, ok2 := ds.FloatValue(TagRescaleIntercept)
	return imaging.Rescale{Slope: slope, Intercept: intercept}, ok1 && ok2 && slope != 0
}

// perFrameRescale is one transformation for each frame, the identity for a
// frame that states none; nil when no frame states one.
func perFrameRescale(frames []*Dataset) []imaging.Rescale {
	var out []imaging.Rescale
	for i, frame := range frames {
		r, ok := rescale(frame.Item(TagPixelValueTransform))
		if !ok {
			r = imaging.Rescale{Slope: 1}
		} else if out == nil {
			out = make([]imaging.Rescale, i, len(frames))
			for k := range out {
				out[k].Slope = 1
			}
		}
		if out != nil {
			out = append(out, r)
		}
	}
	return out
}

// negative reports that values behind the modality transformation may be below
// zero, by which a VOI LUT's first value mapped is signed: PS3.3 C.11.2.1.1.
func negative(m imaging.ModalityLUT, p imaging.PixelDescription) bool {
	if m.Table != nil {
		return false
	}
	bits := min(max(p.BitsStored, 1), 32)
	lo, hi := 0.0, float64(uint64(1)<<bits-1)
	if p.Signed {
		lo, hi = -float64(uint64(1)<<(bits-1)), float64(uint64(1)<<(bits-1)-1)
	}
	return min(m.Apply(lo, 1), m.Apply(hi, 1)) < 0
}

// voiLUTs are the windows, then the tables: PS3.3 C.11.2, or Frame VOI LUT
// (C.7.6.16.2.10). Windows whose width no function allows are left out. signed
// says how the tables' first values mapped are to be read.
func voiLUTs(from *Dataset, signed bool) (out []imaging.VOILUT, windows int) {
	centers, widths, why := from.Floats(TagWindowCenter), from.Floats(TagWindowWidth), from.Texts(TagWindowExplanation)
	function := imaging.VOIFunction(from.Text(TagVOILUTFunction))
	for i := range min(len(centers), len(widths)) {
		v := imaging.VOILUT{Center: centers[i], Width: widths[i], Function: function}
		if !v.Valid() {
			continue
		}
		if i < len(why) {
			v.Explanation = why[i]
		}
		out = append(out, v)
	}
	windows = len(out)
	for _, item := range from.Items(TagVOILUTSequence) {
		if t := lookupTable(item, TagLUTDescriptor, TagLUTData, signed); t != nil {
			out = append(out, imaging.VOILUT{Table: t, Explanation: t.Explanation})
		}
	}
	return out, windows
}

// realWorldValues are the mappings of a data set: PS3.3 C.7.6.16.2.11. One
// that contradicts itself is left out.
func realWorldValues(ds *Dataset, signed bool) []imaging.RealWorldValue {
	var out []imaging.RealWorldValue
	for _, item := range ds.Items(TagRealWorldValueMapping) {
		units := item.Item(TagMeasurementUnits)
		r := imaging.RealWorldValue{
			Units: units.Text(TagCodeValue), UnitsMeaning: units.Text(TagCodeMeaning),
			Label: item.Text(TagRealWorldLabel), Explanation: item.Text(TagLUTExplanation),
			Values: item.Floats(TagRealWorldLUTData),
		}
		limit := func(whole, double Tag) (float64, bool) {
			if v, ok := item.FloatValue(double); ok {
				return v, true
			}
			v, ok := item.FloatValue(whole)
			if ok && signed && v > 0x7fff && item.VR(whole) == "US" {
				v -= 0x10000
			}
			return v, ok
		}
		var ok [4]bool
		r.First, ok[0] = limit(TagRealWorldFirst, TagRealWorldFirstDouble)
		r.Last, ok[1] = limit(TagRealWorldLast, TagRealWorldLastDouble)
		r.Slope, ok[2] = item.FloatValue(TagRealWorldSlope)
		r.Intercept, ok[3] = item.FloatValue(TagRealWorldIntercept)
		if !ok[0] || !ok[1] || r.Last < r.First || r.Values == nil && (!ok[2] || !ok[3]) {
			continue
		}
		if n := len(r.Values); n > 0 && (!finite(r.Values, n) || r.Last-r.First+1 != float64(n)) {
			continue
		}
		out = append(out, r)
	}
	return out
}

// perFrame are the functional groups of each frame where they differ from one
// frame to the next; nil where all frames are as the instance says.
func perFrame(ds *Dataset, g groups, inst *imaging.Instance) []imaging.FunctionalGroups {
	macros := []Tag{TagPlanePositionSeq, TagPlaneOrientationSeq, TagPixelMeasures, TagFrameVOILUT, TagRealWorldValueMapping,
		TagFrameContent, TagMRDiffusion, TagMREcho, TagCardiacSynchronization}
	if len(g.frames) < 2 || !slices.ContainsFunc(g.frames, func(f *Dataset) bool {
		return slices.ContainsFunc(macros, f.Has)
	}) {
		return nil
	}
	own := len(inst.VOI) > 0 && (ds.Has(TagWindowCenter) || ds.Has(TagVOILUTSequence))
	frameOfReference := ds.Text(TagFrameOfReference)
	out := make([]imaging.FunctionalGroups, 0, min(len(g.frames), inst.Pixels.Frames))
	for i, frame := range g.frames {
		if i == inst.Pixels.Frames {
			break // more items than frames: what they describe is not there
		}
		one := groups{shared: g.shared, frames: []*Dataset{frame}}
		measures := one.first(TagPixelMeasures)
		f := imaging.FunctionalGroups{Space: inst.Space, SliceThickness: inst.SliceThickness, VOI: inst.VOI, Windows: inst.Windows,
			Plane: newPlane(one.first(TagPlanePositionSeq).Floats(TagImagePosition), one.first(TagPlaneOrientationSeq).Floats(TagImageOrientation), frameOfReference)}
		if s := measures.Floats(TagPixelSpacing); finite(s, 2) && s[0] > 0 && s[1] > 0 {
			f.Space = imaging.Spacing{RowMM: s[0], ColumnMM: s[1], Source: imaging.SpacingPatient}
		}
		if t, ok := measures.FloatValue(TagSliceThickness); ok {
			f.SliceThickness = t
		}
		if !own {
			f.VOI, f.Windows = voiLUTs(one.first(TagFrameVOILUT), negative(atFrame(inst.ModalityLUT, i+1), inst.Pixels))
			if i > 0 && slices.Equal(f.VOI, out[i-1].VOI) {
				f.VOI = out[i-1].VOI // thousands of frames share one window
			}
		}
		if f.RealWorld = realWorldValues(one.firstHaving(TagRealWorldValueMapping), inst.Pixels.Signed); len(f.RealWorld) == 0 {
			f.RealWorld = inst.RealWorld
		}
		frameContent(&f, ds, g.frame(i), inst)
		out = append(out, f)
	}
	return out
}

// atFrame is the linear modality transformation of one frame, counted from 1.
func atFrame(m imaging.ModalityLUT, n int) imaging.ModalityLUT {
	if n <= len(m.PerFrame) {
		m.Slope, m.Intercept, m.PerFrame = m.PerFrame[n-1].Slope, m.PerFrame[n-1].Intercept, nil
	}
	return m
}
