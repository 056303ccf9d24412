package records

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// The items of the checklist of a consult.
const (
	CheckDiagnoses  = "diagnoses"        // of the record
	CheckAllergies  = "allergies"        // of the record
	CheckMedication = "medication"       // laid before the consult in somebody's words: the record holds none
	CheckStudies    = "images"           // at least one study of images is laid before it
	CheckReports    = "image_reports"    // each study laid has a signed report
	CheckProposals  = "image_proposals"  // no proposal in them waits for a verdict, and no answer of a model for the reader's first read
	CheckKeyImages  = "key_images"       // each study has a place in it that is shown
	CheckSlides     = "slides"           // at least one slide is laid before it
	CheckTyped      = "slides_typed"     // each slide has a type
	CheckConfirmed  = "slides_confirmed" // that a doctor confirmed
	CheckLaboratory = "laboratory"       // the record holds laboratory values
)

// CheckItems lists the items in the order in which they are shown.
func CheckItems() []string {
	return []string{CheckDiagnoses, CheckAllergies, CheckMedication, CheckStudies, CheckReports, CheckProposals, CheckKeyImages,
		CheckSlides, CheckTyped, CheckConfirmed, CheckLaboratory}
}

// The states of an item.
const (
	CheckThere     = "there"
	CheckMissing   = "missing"
	CheckNotNeeded = "not_needed" // a person said so, with a reason
)

// Check is one item of the checklist as the record has it at that time.
type Check struct {
	Item    string   `json:"item"`
	State   string   `json:"state"`
	Count   int      `json:"count,omitempty"`   // of what is there, of the proposals that wait, or of the studies that lack something
	Unread  int      `json:"unread,omitempty"`  // answers of models that are hidden until the reader's own first read: what they say is not told
	Studies []string `json:"studies,omitempty"` // study UIDs that lack it
	Room    string   `json:"room,omitempty"`    // where to mend it: record, consult, report, findings, slide
	Excuse  *Excuse  `json:"excuse,omitempty"`  // of CheckNotNeeded
}

// Excuse says that an item of the checklist is not needed, and why; Needed takes
// an earlier one back.
type Excuse struct {
	Item   string    `json:"item"`
	Needed bool      `json:"needed,omitempty"`
	Reason string    `json:"reason"`
	By     string    `json:"by"`
	ByName string    `json:"by_name"`
	At     time.Time `json:"at"`
}

// Preparation is what the record holds for a consult.
type Preparation struct {
	Diagnoses, Allergies, Laboratory int
	Studies                          []PreparedStudy // those laid before it
}

// PreparedStudy is a study laid before a consult.
type PreparedStudy struct {
	StudyUID string
	Slide    bool
	Signed   bool // has a report that stands
	Typed    bool // of a slide: a finding, proposed or by hand, says what it shows
	Proposed int  // findings that wait for a verdict, but for hidden ones
	Unread   int  // models whose answer is hidden until the reader's first read, whatever it is
	Factual  int  // findings that a doctor confirmed
	Place    bool // a place in it is laid before the consult
}

// Checklist computes the checklist of a consult. Nothing ticks itself: an item is
// there because the record holds it, missing, or not needed because a person said
// so with a reason.
func Checklist(c *Consult, p Preparation) []Check {
	var out []Check
	add := func(item, room string, count int, lacking []string, there bool) {
		x := Check{Item: item, State: CheckThere, Count: count}
		if !there {
			x.State, x.Studies, x.Room = CheckMissing, lacking, room
			if e := c.Excused(item); e != nil {
				x.State, x.Excuse, x.Room = CheckNotNeeded, e, ""
			}
		}
		out = append(out, x)
	}
	images, slides, waiting, unread, unreadSlides := 0, 0, 0, 0, 0
	var reports, proposals, places, typed, confirmed []string
	for _, s := range p.Studies {
		if s.Slide {
			slides++
			if !s.Typed {
				typed = append(typed, s.StudyUID)
			}
			unreadSlides += s.Unread
			if s.Factual == 0 || s.Proposed+s.Unread > 0 {
				confirmed = append(confirmed, s.StudyUID)
			}
			continue
		}
		images++
		if !s.Signed {
			reports = append(reports, s.StudyUID)
		}
		if s.Proposed+s.Unread > 0 {
			waiting, unread = waiting+s.Proposed, unread+s.Unread
			proposals = append(proposals, s.StudyUID)
		}
		if !s.Place {
			places = append(places, s.StudyUID)
		}
	}
	medication := 0
	for _, it := range c.Items {
		if it.Kind == "medication" && strings.TrimSpace(it.Note) != "" {
			medication++
		}
	}
	add(CheckDiagnoses, "record", p.Diagnoses, nil, p.Diagnoses > 0)
	add(CheckAllergies, "record", p.Allergies, nil, p.Allergies > 0)
	add(CheckMedication, "consult", medication, nil, medication > 0)
	add(CheckStudies, "consult", images, nil, images > 0)
	if images > 0 { // without one there is nothing else to ask of it
		add(CheckReports, "report", len(reports), reports, len(reports) == 0)
		add(CheckProposals, "findings", waiting, proposals, len(proposals) == 0)
		out[len(out)-1].Unread = unread
		add(CheckKeyImages, "consult", len(places), places, len(places) == 0)
	}
	add(CheckSlides, "consult", slides, nil, slides > 0)
	if slides > 0 {
		add(CheckTyped, "slide", len(typed), typed, len(typed) == 0)
		add(CheckConfirmed, "findings", len(confirmed), confirmed, len(confirmed) == 0)
		out[len(out)-1].Unread = unreadSlides
	}
	add(CheckLaboratory, "record", p.Laboratory, nil, p.Laboratory > 0)
	return out
}

// Missing are the items of a checklist that are neither there nor excused.
func Missing(list []Check) []Check {
	var out []Check
	for _, x := range list {
		if x.State == CheckMissing {
			out = append(out, x)
		}
	}
	return out
}

// Excused is the excuse of an item that holds, nil where there is none.
func (c *Consult) Excused(item string) *Excuse {
	for i := len(c.Excuses) - 1; i >= 0; i-- {
		if c.Excuses[i].Item == item {
			if c.Excuses[i].Needed {
				return nil
			}
			return &c.Excuses[i]
		}
	}
	return nil
}

// Named refuses to go on while something of the checklist is missing that was not
// named: whoever goes on without it has said so.
func Named(missing []Check, named []string) error {
	var unnamed []string
	for _, x := range missing {
		if !slices.Contains(named, x.Item) {
			unnamed = append(unnamed, x.Item)
		}
	}
	if len(unnamed) == 0 {
		return nil
	}
	return &RefusedError{Code: "consult_missing", Args: []string{fmt.Sprint(len(unnamed)), strings.Join(unnamed, ", ")},
		Reason: "the checklist lacks " + strings.Join(unnamed, ", ") + "; mend it, mark it as not needed with a reason, or name it as missing (--missing " + strings.Join(unnamed, ",") + ")"}
}
