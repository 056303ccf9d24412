package deid

import (
	"slices"

	"longying/imaging/dicomfile"
)

// Attributes that say how an object was de-identified: PS3.3 C.7.1.1, C.7.6.1.
const (
	tagIdentityRemoved  dicomfile.Tag = 0x00120062
	tagMethod           dicomfile.Tag = 0x00120063
	tagMethodCodes      dicomfile.Tag = 0x00120064
	tagLongitudinal     dicomfile.Tag = 0x00280303
	tagBurnedIn         dicomfile.Tag = 0x00280301
	tagRecognizableFace dicomfile.Tag = 0x00280302
)

// method is what (0012,0063) says.
const method = "Longying, DICOM PS3.15 Annex E"

// code is one of CID 7050 De-identification Method, PS3.16.
type code struct{ value, meaning string }

// The codes of CID 7050 whose work this package does, by option.
func methodCodes() []struct {
	option string
	code   code
} {
	return []struct {
		option string
		code   code
	}{
		{"", code{"113100", "Basic Application Confidentiality Profile"}},
		{optionDescriptors, code{"113105", "Clean Descriptors Option"}},
		{optionDates, code{"113107", "Retain Longitudinal Temporal Information Modified Dates Option"}},
		{optionPatient, code{"113108", "Retain Patient Characteristics Option"}},
		{optionDevice, code{"113109", "Retain Device Identity Option"}},
		{optionUIDs, code{"113110", "Retain UIDs Option"}},
	}
}

// Others of CID 7050: done to the pixels before, and still true.
func pixelCodes() []code {
	return []code{{"113101", "Clean Pixel Data Option"}, {"113102", "Clean Recognizable Visual Features Option"}}
}

// mark says in the object what was done.
func (w *walk) mark(ds *dicomfile.Dataset, before []string) {
	var items []*dicomfile.Dataset
	add := func(c code) {
		items = append(items, dicomfile.NewDataset().
			String(dicomfile.TagCodeValue, "SH", c.value).
			String(dicomfile.TagCodingSchemeDesignator, "SH", "DCM").
			String(dicomfile.TagCodeMeaning, "LO", c.meaning))
	}
	for _, m := range methodCodes() {
		if m.option == "" || slices.Contains(w.options, m.option) {
			add(m.code)
		}
	}
	for _, c := range pixelCodes() {
		if slices.Contains(before, c.value) {
			add(c)
		}
	}
	longitudinal := "REMOVED"
	if slices.Contains(w.options, optionDates) {
		longitudinal = "MODIFIED"
	}
	ds.String(tagIdentityRemoved, "CS", "YES").
		String(tagMethod, "LO", method).
		Sequence(tagMethodCodes, items...).
		String(tagLongitudinal, "CS", longitudinal)
}

// markedBefore are the codes that an object came with.
func markedBefore(ds *dicomfile.Dataset) []string {
	var out []string
	for _, item := range ds.Items(tagMethodCodes) {
		if item.Text(dicomfile.TagCodingSchemeDesignator) == "DCM" {
			out = append(out, item.Text(dicomfile.TagCodeValue))
		}
	}
	return out
}
