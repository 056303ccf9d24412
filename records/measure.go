package records

import (
	"context"

	"longying/imaging"
)

// Picture is the frame that is measured on. Without its values (Frame nil) only
// geometry is measured.
type Picture struct {
	Instance *imaging.Instance
	Number   int // of the frame, from 1
	Frame    *imaging.Frame
	Series   []imaging.Instance // its series, for the time that PET was corrected to
	// Micrometres says that lengths are written in µm and µm², as of a slide.
	Micrometres bool
}

// Units of UCUM.
const (
	UnitPixels = "{pixels}" // of a length or an area where no millimetres are known
	UnitDegree = "deg"
	UnitNone   = "1"
	UnitMicro  = "um"
	UnitMicro2 = "um2"
)

// What is measured, with the codes of PS3.16 where it has one.
func conceptLength() Code { return Code{Value: "410668003", Scheme: "SCT", Meaning: "Length"} }
func conceptAngle() Code  { return Code{Value: "1483009", Scheme: "SCT", Meaning: "Angle"} }
func conceptCobb() Code   { return Code{Value: "285285000", Scheme: "SCT", Meaning: "Cobb angle"} }
func conceptArea() Code   { return Code{Value: "42798000", Scheme: "SCT", Meaning: "Area"} }

func own(value, meaning string) Code {
	return Code{Value: value, Scheme: "99LONGYING", Meaning: meaning}
}

func conceptRatio() Code { return own("CTR", "Cardiothoracic ratio") }
func conceptHeart() Code { return own("CTR_HEART", "Transverse diameter of heart") }
func conceptChest() Code { return own("CTR_CHEST", "Inner transverse diameter of chest") }

// conceptOf is what the values of pixels measure.
func conceptOf(q imaging.Quantity) Code {
	switch q.Kind {
	case imaging.QuantityHU:
		return Code{Value: "112031", Scheme: "DCM", Meaning: "Attenuation Coefficient"}
	case imaging.QuantitySUV:
		return Code{Value: "126401", Scheme: "DCM", Meaning: "SUVbw"}
	case imaging.QuantityActivity:
		return own("ACTIVITY", "Activity concentration")
	case imaging.QuantityNamed:
		if q.Name != "" && len([]rune(q.Name)) <= 64 {
			return own("VALUE", q.Name)
		}
	}
	return own("PIXEL", "Pixel value")
}

// Mean is a derivation of CID 7464, as are those that follow.
func Mean() Code { return Code{Value: "373098007", Scheme: "SCT", Meaning: "Mean"} }

// StandardDeviation divides by the number of pixels.
func StandardDeviation() Code {
	return Code{Value: "386136009", Scheme: "SCT", Meaning: "Standard Deviation"}
}

// Minimum is the least value.
func Minimum() Code { return Code{Value: "255605001", Scheme: "SCT", Meaning: "Minimum"} }

// Maximum is the greatest value.
func Maximum() Code { return Code{Value: "56851009", Scheme: "SCT", Meaning: "Maximum"} }

// Measured are the values of an annotation by its tool and points, and how they
// were obtained. Where nothing can be measured of the points, as of a length
// without one, the values are none. It ends early with the context's error.
func Measured(ctx context.Context, tool Tool, points []imaging.Point, pic Picture) ([]Measurement, Basis, error) {
	least, most := tool.Points()
	if len(points) < least || len(points) > most {
		return nil, Basis{}, nil
	}
	r := pic.Instance.Ruler(pic.Number, points...)
	basis := Basis{Spacing: r.Space.Source, Magnification: r.Magnification, Why: r.Why}
	length, area, fine := "mm", "mm2", 1.0
	switch {
	case !r.Known():
		length, area = UnitPixels, UnitPixels
	case pic.Micrometres:
		length, area, fine = UnitMicro, UnitMicro2, 1000
	}
	p := points
	switch tool {
	case ToolLength:
		if v := r.Length(p[0], p[1]) * fine; v > 0 {
			return []Measurement{{Concept: conceptLength(), Value: v, Unit: length}}, basis, nil
		}
	case ToolAngle, ToolCobb:
		v, ok, concept := 0.0, false, conceptAngle()
		if tool == ToolAngle {
			v, ok = r.Angle(p[0], p[1], p[2])
		} else {
			v, ok = r.Cobb(p[0], p[1], p[2], p[3])
			concept = conceptCobb()
		}
		if ok {
			return []Measurement{{Concept: concept, Value: v, Unit: UnitDegree}}, Basis{}, nil
		}
	case ToolThorax:
		if t, ok := r.Thorax([2]imaging.Point{p[0], p[1]}, [2]imaging.Point{p[2], p[3]}); ok && t.Heart > 0 {
			return []Measurement{{Concept: conceptRatio(), Value: t.Ratio, Unit: UnitNone},
				{Concept: conceptHeart(), Value: t.Heart, Unit: length}, {Concept: conceptChest(), Value: t.Chest, Unit: length}}, basis, nil
		}
	case ToolEllipse, ToolPolygon, ToolProbe:
		return region(ctx, tool, p, pic, r, area, fine*fine, basis)
	}
	return nil, Basis{}, nil
}

// region measures the area of a region and the values of its pixels.
func region(ctx context.Context, tool Tool, p []imaging.Point, pic Picture, r imaging.Ruler, unit string, fine float64, basis Basis) ([]Measurement, Basis, error) {
	columns, rows := pic.Instance.Pixels.Columns, pic.Instance.Pixels.Rows
	if f := pic.Frame; f != nil {
		columns, rows = f.Columns, f.Rows
	}
	var spans []imaging.Span
	var out []Measurement
	switch tool {
	case ToolProbe:
		basis = Basis{}
		x, y := int(p[0].X), int(p[0].Y)
		if p[0].X >= 0 && p[0].Y >= 0 && x < columns && y < rows {
			spans = []imaging.Span{{Y: y, X0: x, X1: x + 1}}
		}
	case ToolEllipse:
		if pic.Frame != nil {
			spans = imaging.EllipseSpans(p[0], p[1], columns, rows)
		}
		if v := imaging.EllipseArea(p[0], p[1]); v > 0 {
			out = append(out, Measurement{Concept: conceptArea(), Value: r.Area(v) * fine, Unit: unit})
		}
	case ToolPolygon:
		v, simple := imaging.PolygonArea(p)
		if pic.Frame != nil || !simple {
			spans = imaging.PolygonSpans(p, columns, rows)
		}
		if !simple {
			v, basis.Crossed = float64(imaging.Pixels(spans)), true
		}
		if v > 0 {
			out = append(out, Measurement{Concept: conceptArea(), Value: r.Area(v) * fine, Unit: unit})
		}
	}
	if pic.Frame == nil {
		return out, basis, nil
	}
	q := pic.Instance.Quantity(pic.Frame, pic.Number, pic.Series)
	basis.Quantity, basis.NoSUV = q.Kind, q.NoSUV
	if q.Kind == imaging.QuantityNone {
		return out, basis, nil
	}
	s, err := pic.Frame.Statistics(ctx, spans, q.Of)
	if err != nil {
		return nil, Basis{}, err
	}
	basis.Pixels, basis.Left = s.Pixels, s.Left
	if s.Pixels == 0 {
		return out, basis, nil
	}
	what := conceptOf(q)
	if tool == ToolProbe {
		return append(out, Measurement{Concept: what, Value: s.Mean, Unit: q.Unit}), basis, nil
	}
	for _, d := range []struct {
		of    Code
		value float64
	}{{Mean(), s.Mean}, {StandardDeviation(), s.SD}, {Minimum(), s.Min}, {Maximum(), s.Max}} {
		out = append(out, Measurement{Concept: what, Derivation: d.of, Value: d.value, Unit: q.Unit})
	}
	return out, basis, nil
}
