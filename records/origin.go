package records

import (
	"fmt"
	"strings"
	"time"
	"unicode"
)

// Origin is where a doctor took a finding over from: what another maker's object
// in the same study says. It stays with every version of the finding.
type Origin struct {
	SOPUID    string `json:"sop_uid"` // of the structured report or the segmentation
	SOPClass  string `json:"sop_class"`
	Item      string `json:"item"`                // "segment 3" (PS3.3 C.8.20) or "item 1.5.2", a Referenced Content Item Identifier (PS3.3 C.17.3)
	Maker     string `json:"maker"`               // manufacturer and model, as the object says
	Algorithm string `json:"algorithm,omitempty"` // name and version of what made it; empty: none is stated
	Label     string `json:"label"`               // what it is called there
	Tracking  string `json:"tracking,omitempty"`  // its Tracking Unique Identifier there
}

// Key tells the part of the object from any other.
func (s *Origin) Key() string { return s.SOPUID + " " + s.Item }

// By is who made it: the maker, and the algorithm where one is stated.
func (s *Origin) By() string {
	if s.Algorithm == "" || strings.Contains(s.Maker, s.Algorithm) {
		return s.Maker
	}
	if s.Maker == "" {
		return s.Algorithm
	}
	return s.Maker + " · " + s.Algorithm
}

// Said words where a finding is from, in "zh" or "en".
func (s *Origin) Said(language string) string {
	maker := s.By()
	if maker == "" {
		maker = (Text{Zh: "厂家不明", En: "unnamed maker"}).In(language)
	}
	return (Text{Zh: "接管自 " + maker + " 的标注“" + s.Label + "”", En: "taken over from “" + s.Label + "” of " + maker}).In(language)
}

// At names the object and its part.
func (s *Origin) At() string { return "SOP " + s.SOPUID + " " + s.Item }

// Same reports whether two name one part of one object.
func (s *Origin) Same(t *Origin) bool {
	return s != nil && t != nil && s.SOPUID == t.SOPUID && s.Item == t.Item
}

func (s *Origin) check() error {
	if s == nil || s.SOPUID == "" || s.Item == "" || blank(s.Label) {
		return &RefusedError{Code: "origin", Reason: "what is taken over has no name, or does not say which part of which object it is"}
	}
	return nil
}

// TakeOver makes what another maker's object says a named doctor's own finding: a
// fact of theirs from the start, as with Mark, that keeps its Origin. said is what
// the object says, as a finding without identity, and change what the doctor says
// otherwise.
func TakeOver(uid, tracking string, said Finding, change FindingChange, by User, at time.Time) (Finding, error) {
	if err := said.Origin.check(); err != nil {
		return said, err
	}
	origin := *said.Origin
	f := said
	f.UID, f.TrackingUID, f.TrackingID = uid, tracking, "taken-"+uid[max(0, len(uid)-6):]
	f.StudyUID, f.State, f.Version = f.Ref.StudyUID, FindingProposed, 0
	f.Origin, f.Model, f.RunID, f.ProposalKey, f.Probability, f.FollowUp = &origin, nil, "", "", nil, nil
	next, err := f.Edit(by, change, at)
	if refused, ok := err.(*RefusedError); ok && refused.Code == "nothing_changed" {
		next, err = f.Confirm(by, at)
	}
	if err != nil {
		return f, err
	}
	next.State, next.Version = FindingConfirmed, 1
	return next, nil
}

// Taken is the finding that was taken over of a part of an object and stands,
// confirmed or rejected; nil: none was, or it was withdrawn.
func Taken(findings []Finding, s *Origin) *Finding {
	for i := range findings {
		if f := &findings[i]; f.State != FindingWithdrawn && f.Origin.Same(s) {
			return f
		}
	}
	return nil
}

// RefuseTaken refuses to take over what stands already.
func RefuseTaken(f *Finding) error {
	if f == nil {
		return nil
	}
	return &RefusedError{Code: "taken_already", Args: []string{f.Label.In("zh"), f.ByName}, Reason: fmt.Sprintf(
		"%s took this over already, as finding %s, which is %s; confirm, edit or reject that", f.ByName, f.UID, f.State)}
}

// OriginsSaid words, once each, where the findings that were taken over are from
// and who confirmed them; in "zh" or "en".
func OriginsSaid(findings []Finding, language string) []string {
	var out []string
	seen := map[string]bool{}
	for i := range findings {
		f := &findings[i]
		if f.Origin == nil {
			continue
		}
		s := f.Origin.Said(language) + (Text{Zh: "，经" + f.ByName + "确认", En: ", confirmed by " + f.ByName}).In(language)
		if !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	return out
}

// InItsLetters is a text in the language whose letters it is written in.
func InItsLetters(s string) Text {
	if strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
		return Text{Zh: s}
	}
	return Text{En: s}
}
