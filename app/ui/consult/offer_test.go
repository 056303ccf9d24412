package consult

import (
	"slices"
	"testing"

	"longying/imaging"
	"longying/records"
)

func TestOnlyWhatIsConfirmedAndNotThereYetIsOffered(t *testing.T) {
	name := Naming{
		Study:   func(e records.Examination) string { return e.StudyUID },
		Finding: func(f records.Finding) string { return f.UID },
		Visit:   func(v records.Visit) string { return v.ID },
	}
	m := records.Consult{PatientID: "p", Items: []records.ConsultItem{
		{Kind: "study", Ref: &imaging.Ref{StudyUID: "s1"}}, {Kind: "finding", FindingUID: "f1", Ref: &imaging.Ref{StudyUID: "s2"}}, {Kind: "visit", VisitID: "v1"}}}
	study := func(uid, patient string, link records.LinkState, modality string) records.Examination {
		return records.Examination{StudyUID: uid, PatientID: patient, Link: link, Modalities: []string{modality}}
	}
	got := ""
	for _, o := range Offers(m,
		[]records.Examination{study("s1", "p", records.LinkedByRule, "CT"), study("s2", "p", records.LinkedByHand, "SM"),
			study("s3", "other", records.LinkedByHand, "CT"), study("s4", "p", records.LinkReview, "CT")},
		[]records.Finding{{UID: "f1", StudyUID: "s2", State: records.FindingConfirmed}, {UID: "f2", StudyUID: "s2", State: records.FindingEdited},
			{UID: "f3", StudyUID: "s2", State: records.FindingProposed}, {UID: "f4", StudyUID: "s2", State: records.FindingRejected},
			{UID: "f5", StudyUID: "s3", State: records.FindingConfirmed}, {UID: "f6", StudyUID: "s4", State: records.FindingConfirmed}},
		[]records.Visit{{ID: "v1", PatientID: "p"}, {ID: "v2", PatientID: "p"}, {ID: "v3", PatientID: "other"}}, name) {
		got += o.Item.Kind + ":" + o.Item.Title + " "
	}
	if got != "slide:s2 finding:f2 visit:v2 " {
		t.Errorf("offered %q", got)
	}
}

func TestAMembersNameMayHoldASpaceWhereACommaFollows(t *testing.T) {
	got := Members("Zhang Lin, respiratory medicine\n马慧 外科\n王理，病理科\n李影\n")
	want := []records.Member{{Name: "Zhang Lin", Discipline: "respiratory medicine"}, {Name: "马慧", Discipline: "外科"},
		{Name: "王理", Discipline: "病理科"}, {Name: "李影"}}
	if !slices.Equal(got, want) {
		t.Errorf("%+v", got)
	}
}
