package sr

import (
	"fmt"
	"strings"

	"longying/imaging"
	"longying/imaging/dicomfile"
	"longying/records"
)

const inferred = "INFERRED FROM"

// measured is what a doctor measured by hand: a region as TID 1410, whose
// numbers are of its pixels; a line, an angle or a point as TID 1501, each number
// inferred from its coordinates (TID 300, TID 320). An arrow and a text measure
// nothing and are in the presentation state alone: nil.
func (e *encoder) measured(a *records.Annotation) (*dicomfile.Dataset, error) {
	if len(a.Values) == 0 {
		return nil, nil
	}
	if a.TrackingUID == "" {
		return nil, fmt.Errorf("measurement %s has no tracking UID", a.UID)
	}
	items := []*dicomfile.Dataset{
		textItem(hasContext, dcm("112039", "Tracking Identifier"), a.TrackingID),
		uidItem(hasContext, dcm("112040", "Tracking Unique Identifier"), a.TrackingUID),
	}
	if a.ByName != e.doc.Author.Name { // another doctor measured it
		items = append(items, codeItem(hasContext, dcm("121005", "Observer Type"), dcm("121006", "Person")),
			nameItem(hasContext, dcm("121008", "Person Observer Name"), a.ByName))
	}
	shapes := shapesOf(a)
	template := "1501"
	whole := a.Tool == records.ToolEllipse || a.Tool == records.ToolPolygon
	if whole {
		template = "1410"
		items = append(items, e.drawnAs(contains, dcm("111030", "Image Region"), a, shapes[0]))
	}
	for _, m := range a.Values {
		var below []*dicomfile.Dataset
		if m.Derivation != (records.Code{}) {
			below = append(below, codeItem(hasMod, dcm("121401", "Derivation"), m.Derivation))
		}
		if !whole {
			for _, s := range shapes {
				below = append(below, e.drawnAs(inferred, sct("260753009", "Source"), a, s))
			}
		}
		items = append(items, with(numItem(m.Concept, m.Value, m.Unit), below...))
	}
	comment := a.Basis.Said(a.Values, "zh")
	if a.Label != "" {
		comment = append([]string{a.Label}, comment...)
	}
	if a.Cut != nil {
		comment = append(comment, a.Cut.Said("zh")+" ("+a.Cut.Said("en")+")")
	}
	comment = append(comment, "手工测量 (measured by hand)")
	items = append(items, textItem(contains, dcm("121106", "Comment"), strings.Join(comment, "\n")))
	return container(contains, template, dcm("125007", "Measurement Group"), items...).
		String(tagObservationUID, "UI", a.UID).
		String(dicomfile.TagObservationDateTime, "DT", e.cfg.Stamp(a.At)), nil
}

// shape is one SCOORD of PS3.3 C.18.6.
type shape struct {
	kind   string
	points []imaging.Point
}

// shapesOf are the lines, the region or the point that an annotation consists
// of.
func shapesOf(a *records.Annotation) []shape {
	p := a.Points
	switch a.Tool {
	case records.ToolCobb, records.ToolThorax:
		return []shape{{"POLYLINE", p[:2]}, {"POLYLINE", p[2:4]}}
	case records.ToolEllipse:
		return []shape{{"ELLIPSE", a.Axes()}}
	case records.ToolPolygon:
		return []shape{{"POLYLINE", append(append([]imaging.Point(nil), p...), p[0])}}
	case records.ToolProbe, records.ToolText:
		return []shape{{"POINT", p}}
	}
	return []shape{{"POLYLINE", p}}
}

// drawnAs is a shape on its image, or in the patient where it was drawn on a
// plane that is no image.
func (e *encoder) drawnAs(relationship string, name code, a *records.Annotation, s shape) *dicomfile.Dataset {
	if a.Cut == nil {
		d := e.shape(relationship, name, a.Ref, s)
		if a.Matrix {
			d.String(tagPixelOriginInterprete, "CS", "VOLUME")
		}
		return d
	}
	kind := s.kind
	if n := len(s.points); kind == "POLYLINE" && n > 3 && s.points[0] == s.points[n-1] {
		kind = "POLYGON" // PS3.3 C.18.9.1.2: closed, in one plane
	}
	var data []float64
	for _, p := range s.points {
		q := a.Cut.Place(p)
		data = append(data, q[0], q[1], q[2])
	}
	return item(relationship, "SCOORD3D", name).
		String(tagReferencedFrame, "UI", a.Cut.Plane.Frame).
		String(dicomfile.TagGraphicType, "CS", kind).
		Float(dicomfile.TagGraphicData, "FL", data...)
}

func (e *encoder) shape(relationship string, name code, r imaging.Ref, s shape) *dicomfile.Dataset {
	var data []float64
	for _, p := range s.points {
		data = append(data, p.X, p.Y)
	}
	return item(relationship, "SCOORD", name,
		item(selected, "IMAGE", sct("260753009", "Source")).Sequence(dicomfile.TagReferencedSOPSequence, e.image(r))).
		String(dicomfile.TagGraphicType, "CS", s.kind).
		Float(dicomfile.TagGraphicData, "FL", data...)
}
