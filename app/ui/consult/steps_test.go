package consult

import (
	"fmt"
	"strings"
	"testing"

	"longying/imaging"
	"longying/records"
)

func laidFinding(uid, study, sop string, frame int, state records.FindingState) records.Finding {
	return records.Finding{UID: uid, StudyUID: study, State: state, Ref: imaging.Ref{StudyUID: study, SOPUID: sop, Frame: frame}}
}

func outline(steps []Step) string {
	var out []string
	for _, s := range steps {
		text := string(s.Kind)
		if s.Ref.StudyUID != "" {
			text += " " + s.Ref.StudyUID + "/" + s.Ref.SOPUID
		}
		for _, f := range s.Said {
			text += " " + f.UID
		}
		if s.Left > 0 {
			text += fmt.Sprintf(" %d undecided", s.Left)
		}
		out = append(out, text)
	}
	return strings.Join(out, "; ")
}

func TestThePresentationHasOnePageForEachPlaceAndShowsOnlyWhatADoctorConfirmed(t *testing.T) {
	findings := []records.Finding{
		laidFinding("a", "ct", "slice7", 0, records.FindingConfirmed),
		laidFinding("b", "ct", "slice7", 0, records.FindingEdited),
		laidFinding("c", "ct", "slice9", 0, records.FindingConfirmed),
		laidFinding("taken-back", "ct", "slice3", 0, records.FindingWithdrawn),
		laidFinding("waits", "ct", "slice7", 0, records.FindingProposed),
		laidFinding("waits-elsewhere", "ct", "slice4", 0, records.FindingProposed),
		laidFinding("type1", "slide", "s", 0, records.FindingConfirmed),
		laidFinding("type2", "slide", "s", 0, records.FindingConfirmed),
	}
	item := func(kind, uid, study string) records.ConsultItem {
		return records.ConsultItem{Kind: kind, FindingUID: uid, Ref: &imaging.Ref{StudyUID: study}}
	}
	m := records.Consult{Items: []records.ConsultItem{
		item("study", "", "ct"), // its places have pages of their own
		item("finding", "a", "ct"),
		item("finding", "taken-back", "ct"),
		item("finding", "unknown", "ct"),
		item("finding", "b", "ct"), // of the same place as a
		item("finding", "c", "ct"),
		item("study", "", "film"), // has none
		{Kind: "visit", VisitID: "v"},
		item("finding", "type1", "slide"),
		item("finding", "type2", "slide"), // of another region
	}}
	got := outline(Steps(m, findings, map[string]bool{"slide": true}))
	want := "summary; image ct/slice7 a b 1 undecided; image ct/slice9 c; image film/; slide slide/s type1; slide slide/s type2; record; opinions; decision"
	if got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}

func TestAPictureThatWasLaidAsItWasSeenHasAPageOfItsOwn(t *testing.T) {
	findings := []records.Finding{laidFinding("a", "ct", "slice7", 0, records.FindingConfirmed)}
	bone := &records.KeyView{Window: &imaging.VOILUT{Center: 400, Width: 2000}, Invert: true}
	m := records.Consult{Items: []records.ConsultItem{
		{Kind: "finding", FindingUID: "a", Ref: &imaging.Ref{StudyUID: "ct"}},
		{Kind: "study", Title: "bone", View: bone, Ref: &imaging.Ref{StudyUID: "ct", SOPUID: "slice7"}},
	}}
	steps := Steps(m, findings, nil)
	if got := outline(steps); got != "summary; image ct/slice7 a; image ct/slice7; record; opinions; decision" {
		t.Fatal(got)
	}
	if steps[1].View != nil || steps[2].View != bone {
		t.Error("the view belongs to the page that was laid with it")
	}
}
