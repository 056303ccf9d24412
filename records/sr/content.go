package sr

import (
	"crypto/sha1"
	"fmt"
	"math/big"

	"longying/imaging/dicomfile"
	"longying/records"
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

// coded is an item of a code sequence, PS3.3 8.8. A value over 16 characters
// is a Long Code Value.
func coded(c code) *dicomfile.Dataset {
	d := dicomfile.NewDataset()
	if len(c.Value) > 16 {
		d.String(dicomfile.TagLongCodeValue, "UC", c.Value)
	} else {
		d.String(dicomfile.TagCodeValue, "SH", c.Value)
	}
	d.String(dicomfile.TagCodingSchemeDesignator, "SH", c.Scheme)
	if c.Version != "" {
		d.String(dicomfile.TagCodingSchemeVersion, "SH", c.Version)
	}
	return d.String(dicomfile.TagCodeMeaning, "LO", c.Meaning)
}

// item is a content item, PS3.3 C.17.3.
func item(relationship, valueType string, name code, children ...*dicomfile.Dataset) *dicomfile.Dataset {
	d := dicomfile.NewDataset().
		String(dicomfile.TagRelationshipType, "CS", relationship).
		String(dicomfile.TagValueType, "CS", valueType).
		Sequence(dicomfile.TagConceptName, coded(name))
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
	return item(relationship, "CODE", name, children...).Sequence(dicomfile.TagConceptCode, coded(value))
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
	if unit == "1" {
		u.Meaning = "no units"
	}
	return item(contains, "NUM", name).Sequence(dicomfile.TagMeasuredValue, dicomfile.NewDataset().
		Sequence(dicomfile.TagMeasurementUnits, coded(u)).
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
		Sequence(dicomfile.TagConceptName, coded(name))
	if template != "" {
		d.Sequence(dicomfile.TagContentTemplate, dicomfile.NewDataset().
			String(dicomfile.TagMappingResource, "CS", "DCMR").
			String(dicomfile.TagTemplateIdentifier, "CS", template))
	}
}

// deriveUID is a UID of PS3.5 B.2: 2.25. and a version 5 UUID (RFC 9562, 5.5)
// of what it names.
func deriveUID(kind, name string, version int) string {
	namespace := [16]byte{0x6c, 0x6f, 0x6e, 0x67, 0x79, 0x69, 0x4e, 0x67, 0x8f, 0x73, 0x72, 0x00, 0x00, 0x00, 0x00, 0x01}
	h := sha1.New()
	h.Write(namespace[:])
	fmt.Fprintf(h, "%s\x00%s\x00%d", kind, name, version)
	u := h.Sum(nil)[:16]
	u[6] = u[6]&0x0f | 0x50
	u[8] = u[8]&0x3f | 0x80
	return "2.25." + new(big.Int).SetBytes(u).String()
}
