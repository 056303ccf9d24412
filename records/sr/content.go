package sr

import (
	"longying/imaging/dicomfile"
	"longying/records"
	"longying/records/composite"
)

// code is one coded concept: value, scheme, meaning.
type code = records.Code

func dcm(value, meaning string) code { return code{Value: value, Scheme: "DCM", Meaning: meaning} }
func sct(value, meaning string) code { return code{Value: value, Scheme: "SCT", Meaning: meaning} }

// The relationships of PS3.3 table C.17.3-8 that this package uses.
const (
	contains   = "CONTAINS"
	hasContext = "HAS OBS CONTEXT"
	hasMod     = "HAS CONCEPT MOD"
	selected   = "SELECTED FROM"
)

// item is a content item, PS3.3 C.17.3.
func item(relationship, valueType string, name code, children ...*dicomfile.Dataset) *dicomfile.Dataset {
	d := dicomfile.NewDataset().
		String(dicomfile.TagRelationshipType, "CS", relationship).
		String(dicomfile.TagValueType, "CS", valueType).
		Sequence(dicomfile.TagConceptName, composite.Coded(name))
	return with(d, children...)
}

// with sets the children of a content item.
func with(d *dicomfile.Dataset, children ...*dicomfile.Dataset) *dicomfile.Dataset {
	if len(children) > 0 {
		d.Sequence(dicomfile.TagContentSequence, children...)
	}
	return d
}

func codeItem(relationship string, name, value code, children ...*dicomfile.Dataset) *dicomfile.Dataset {
	return item(relationship, "CODE", name, children...).Sequence(dicomfile.TagConceptCode, composite.Coded(value))
}

func textItem(relationship string, name code, value string) *dicomfile.Dataset {
	return item(relationship, "TEXT", name).String(dicomfile.TagTextValue, "UT", value)
}

func uidItem(relationship string, name code, uid string) *dicomfile.Dataset {
	return item(relationship, "UIDREF", name).String(dicomfile.TagUID, "UI", uid)
}

// nameItem holds a doctor's name, which the record has in characters only. It
// stands in the first group, which readers show; an empty first group is the
// retired form.
func nameItem(relationship string, name code, person string) *dicomfile.Dataset {
	return item(relationship, "PNAME", name).String(dicomfile.TagPersonNameValue, "PN", person)
}

// numItem is a measurement with a UCUM unit, TID 300.
func numItem(name code, value float64, unit string) *dicomfile.Dataset {
	u := code{Value: unit, Scheme: "UCUM", Meaning: unit}
	switch unit {
	case "1":
		u.Meaning = "no units"
	case records.UnitPixels:
		u.Meaning = "pixels"
	case records.UnitDegree:
		u.Meaning = "degrees"
	case "[hnsf'U]":
		u.Meaning = "Hounsfield unit"
	}
	return item(contains, "NUM", name).Sequence(dicomfile.TagMeasuredValue, dicomfile.NewDataset().
		Sequence(dicomfile.TagMeasurementUnits, composite.Coded(u)).
		Float(dicomfile.TagNumericValue, "DS", value))
}

// container is a CONTAINER, its parts independent of one another; template is
// its identifier in PS3.16, or empty.
func container(relationship, template string, name code, children ...*dicomfile.Dataset) *dicomfile.Dataset {
	d := dicomfile.NewDataset()
	if relationship != "" { // the root has none
		d.String(dicomfile.TagRelationshipType, "CS", relationship)
	}
	asContainer(d, template, name)
	return with(d, children...)
}

func asContainer(d *dicomfile.Dataset, template string, name code) {
	d.String(dicomfile.TagValueType, "CS", "CONTAINER").
		String(dicomfile.TagContinuityOfContent, "CS", "SEPARATE").
		Sequence(dicomfile.TagConceptName, composite.Coded(name))
	if template != "" {
		d.Sequence(dicomfile.TagContentTemplate, dicomfile.NewDataset().
			String(dicomfile.TagMappingResource, "CS", "DCMR").
			String(dicomfile.TagTemplateIdentifier, "CS", template))
	}
}
