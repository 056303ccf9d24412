package foreign

import (
	"fmt"
	"strings"

	"longying/imaging/dicomfile"
	"longying/records"
)

// reader walks the content of a structured report.
type reader struct {
	origin  records.Origin
	found   []Finding
	refused []string
}

// mostDeep is how deep containers may be nested.
const mostDeep = 32

// group takes a container: its regions are one finding, called what its finding
// says, else what it or the container above is called. at is its Referenced
// Content Item Identifier.
func (r *reader) group(c *dicomfile.Dataset, above, at string, deep int) {
	if deep > mostDeep {
		return
	}
	name := c.Item(tagConceptName).Text(tagCodeMeaning)
	label, tracked, version := "", "", ""
	f := Finding{Origin: r.origin}
	f.Origin.Item = "item " + at
	for i, x := range c.Items(tagContent) {
		code := x.Item(tagConceptName).Text(tagCodeValue)
		switch x.Text(tagValueType) {
		case "CONTAINER":
			r.group(x, name, fmt.Sprintf("%s.%d", at, i+1), deep+1)
		case "CODE":
			is := coded(x.Item(tagConcept))
			switch code {
			case "121071": // Finding, DCM
				label, f.Code = x.Item(tagConcept).Text(tagCodeMeaning), is
			case "363698007", "G-C0E3": // Finding Site
				f.Site = is
				for _, y := range x.Items(tagContent) {
					if s := sideOf(coded(y.Item(tagConcept))); s != "" {
						f.Side = s
					}
				}
			case "272741003", "G-C171": // Laterality
				f.Side = sideOf(is)
			}
		case "TEXT":
			switch code {
			case "112039": // Tracking Identifier
				tracked = x.Text(tagTextValue)
			case "111001": // Algorithm Name
				f.Origin.Algorithm = x.Text(tagTextValue)
			case "111003": // Algorithm Version
				version = x.Text(tagTextValue)
			}
		case "UIDREF":
			if code == "112040" { // Tracking Unique Identifier
				f.Origin.Tracking = x.Text(tagUID)
			}
		case "NUM":
			f.Values = append(f.Values, number(x)...)
			f.Measured = append(f.Measured, measured(x)...)
			for _, y := range x.Items(tagContent) {
				if y.Text(tagValueType) == "SCOORD" {
					f.Places = append(f.Places, r.region(y)...)
				}
			}
		case "SCOORD":
			f.Places = append(f.Places, r.region(x)...)
		case "SCOORD3D":
			r.refused = append(r.refused, "a region in patient space")
		}
	}
	if len(f.Places) == 0 {
		return
	}
	if f.Origin.Algorithm != "" {
		f.Origin.Algorithm = strings.TrimSpace(f.Origin.Algorithm + " " + version)
	}
	for _, s := range []string{label, tracked, name, above} {
		if f.Origin.Label = s; s != "" {
			break
		}
	}
	r.found = append(r.found, f)
}

// measured is a number with its concept and its unit in UCUM.
func measured(x *dicomfile.Dataset) []records.Measurement {
	m := x.Item(tagMeasured)
	v, ok := m.FloatValue(tagNumber)
	concept, unit := coded(x.Item(tagConceptName)), coded(m.Item(tagUnits))
	if !ok || concept == nil || unit == nil || unit.Scheme != "UCUM" {
		return nil
	}
	out := records.Measurement{Concept: *concept, Value: v, Unit: unit.Value}
	for _, y := range x.Items(tagContent) {
		if y.Item(tagConceptName).Text(tagCodeValue) == "121401" { // Derivation
			if d := coded(y.Item(tagConcept)); d != nil {
				out.Derivation = *d
			}
		}
	}
	if out.Check() != nil {
		return nil
	}
	return []records.Measurement{out}
}

// number is a measurement in words: "Diameter 12.5 mm".
func number(x *dicomfile.Dataset) []string {
	m := x.Item(tagMeasured)
	v := m.Text(tagNumber)
	if v == "" {
		return nil
	}
	unit := m.Item(tagUnits).Text(tagCodeValue)
	if unit == "1" {
		unit = ""
	}
	return []string{strings.Join(strings.Fields(x.Item(tagConceptName).Text(tagCodeMeaning)+" "+v+" "+unit), " ")}
}
