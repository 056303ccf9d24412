package consult

import (
	"slices"

	"longying/imaging"
	"longying/records"
)

// Offer is something of the patient that can still be laid before a consult.
type Offer struct {
	Item records.ConsultItem
	Date string // for people, may be empty
}

// Naming gives the words of an offer in the reader's language.
type Naming struct {
	Study   func(records.Examination) string
	Finding func(records.Finding) string
	Visit   func(records.Visit) string
}

// Offers lists what of a patient's record is not before the consult yet: each
// study, each confirmed finding in one of them, each visit. A finding that no
// doctor has confirmed is never offered, nor one of another patient's study.
func Offers(m records.Consult, studies []records.Examination, findings []records.Finding, visits []records.Visit, name Naming) []Offer {
	var out []Offer
	for _, ex := range studies {
		if ex.PatientID != m.PatientID || !ex.Link.Linked() || has(m, func(it records.ConsultItem) bool {
			return it.FindingUID == "" && it.Ref != nil && it.Ref.StudyUID == ex.StudyUID
		}) {
			continue
		}
		kind := "study"
		if slices.Contains(ex.Modalities, "SM") {
			kind = "slide"
		}
		date := ""
		if !ex.Date.IsZero() {
			date = ex.Date.In(imaging.Zone()).Format("2006-01-02")
		}
		out = append(out, Offer{Date: date, Item: records.ConsultItem{Kind: kind, Title: name.Study(ex), Ref: &imaging.Ref{StudyUID: ex.StudyUID}}})
	}
	for _, f := range findings {
		if !f.State.Factual() || !slices.ContainsFunc(studies, func(ex records.Examination) bool {
			return ex.StudyUID == f.StudyUID && ex.PatientID == m.PatientID && ex.Link.Linked()
		}) || has(m, func(it records.ConsultItem) bool { return it.FindingUID == f.UID }) {
			continue
		}
		ref := f.Ref
		out = append(out, Offer{Item: records.ConsultItem{Kind: "finding", Title: name.Finding(f), FindingUID: f.UID, Ref: &ref}})
	}
	for _, v := range visits {
		if v.PatientID != m.PatientID || has(m, func(it records.ConsultItem) bool { return it.VisitID == v.ID }) {
			continue
		}
		out = append(out, Offer{Item: records.ConsultItem{Kind: "visit", Title: name.Visit(v), VisitID: v.ID}})
	}
	return out
}

func has(m records.Consult, is func(records.ConsultItem) bool) bool {
	return slices.ContainsFunc(m.Items, is)
}

// FindingsBefore are the findings laid before the consult: what a decision may
// rest on.
func FindingsBefore(m records.Consult) []records.ConsultItem {
	var out []records.ConsultItem
	for _, it := range m.Items {
		if it.FindingUID != "" {
			out = append(out, it)
		}
	}
	return out
}

// Dissents counts the opinions that differ.
func Dissents(m records.Consult) int {
	n := 0
	for _, o := range m.Opinions {
		if o.Dissent {
			n++
		}
	}
	return n
}
