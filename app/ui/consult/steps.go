package consult

import (
	"longying/imaging"
	"longying/records"
)

// StepKind is what a step of the presentation shows.
type StepKind string

// The kinds, in the order in which they follow each other.
const (
	StepSummary  StepKind = "summary"  // who, and what is asked
	StepImage    StepKind = "image"    // a place in an image, live
	StepSlide    StepKind = "slide"    // a region of a slide with its type
	StepRecord   StepKind = "record"   // what the record holds
	StepOpinions StepKind = "opinions" // of the members, dissent kept
	StepDecision StepKind = "decision"
)

// Step is one page of the presentation.
type Step struct {
	Kind  StepKind
	Title string            // of the item shown
	Ref   imaging.Ref       // of an image or a slide
	View  *records.KeyView  // how somebody wanted it to be seen; nil: as it comes
	Said  []records.Finding // what doctors confirmed at this place
	Left  int               // proposals at this place on which nobody decided: counted, not shown
}

// Steps lists the pages of a consult's presentation: what is asked, then what was
// laid before it in the order in which it was laid, one page for each place, then
// the record, the opinions and the decision. findings are those of the patient's
// studies; of them only what a doctor confirmed is shown. slides are the studies
// of slide microscopy.
func Steps(m records.Consult, findings []records.Finding, slides map[string]bool) []Step {
	out := []Step{{Kind: StepSummary}}
	byUID := map[string]records.Finding{}
	for _, f := range findings {
		byUID[f.UID] = f
	}
	type place struct {
		study, sop string
		frame      int
		slide      bool
	}
	seen := map[place]int{} // index into out
	of := map[string]bool{} // studies with a place of their own
	for _, it := range m.Items {
		if it.Ref != nil && (it.Kind == "finding" || it.Ref.SOPUID != "") {
			of[it.Ref.StudyUID] = true
		}
	}
	for _, it := range m.Items {
		if it.Ref == nil || it.Ref.StudyUID == "" {
			continue
		}
		f, found := byUID[it.FindingUID]
		switch {
		case it.FindingUID != "" && (!found || !f.State.Factual()):
			continue // taken back since it was laid: nothing is shown of it
		case it.FindingUID == "" && it.Ref.SOPUID == "" && of[it.Ref.StudyUID]:
			continue // its places have pages
		}
		ref := *it.Ref
		if found {
			ref = f.Ref
		}
		slide := it.Kind == "slide" || slides[ref.StudyUID]
		at := place{ref.StudyUID, ref.SOPUID, ref.Frame, slide}
		if i, ok := seen[at]; ok && !slide && it.View == nil {
			if found {
				out[i].Said = append(out[i].Said, f)
			}
			continue
		}
		s := Step{Kind: StepImage, Title: it.Title, Ref: ref, View: it.View}
		if slide {
			s.Kind = StepSlide
		}
		if found {
			s.Said = []records.Finding{f}
		}
		seen[at] = len(out)
		out = append(out, s)
	}
	for i := range out {
		for _, f := range findings {
			if out[i].Ref.StudyUID != "" && f.StudyUID == out[i].Ref.StudyUID && f.State == records.FindingProposed &&
				(out[i].Ref.SOPUID == "" || f.Ref.SOPUID == out[i].Ref.SOPUID) {
				out[i].Left++
			}
		}
	}
	return append(out, Step{Kind: StepRecord}, Step{Kind: StepOpinions}, Step{Kind: StepDecision})
}
