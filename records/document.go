package records

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Canonical is the document as the bytes that are hashed, signed and kept: JSON
// with the fields in the order of their declaration, times in UTC to the second
// (RFC 3339), no HTML escaping, no line feed at the end, text exactly as it is
// (not normalised). Equal documents give equal bytes, and decoding and encoding
// again changes nothing. Text that is not valid UTF-8 is an error, because JSON
// would replace it silently.
func (d Document) Canonical() ([]byte, error) {
	d.SignedAt, d.AuthoredAt = canonicalTime(d.SignedAt), canonicalTime(d.AuthoredAt)
	d.Examination.Date = canonicalTime(d.Examination.Date)
	d.Examination.LinkedAt = canonicalTime(d.Examination.LinkedAt)
	d.Examination.ImportedAt = canonicalTime(d.Examination.ImportedAt)
	d.Findings = slices.Clone(d.Findings)
	d.Withdrawn = slices.Clone(d.Withdrawn)
	d.Answered = slices.Clone(d.Answered)
	d.Annotations = slices.Clone(d.Annotations)
	for i := range d.Annotations {
		d.Annotations[i].At = canonicalTime(d.Annotations[i].At)
	}
	for i := range d.Answered {
		d.Answered[i].At = canonicalTime(d.Answered[i].At)
	}
	for _, list := range [][]Finding{d.Findings, d.Withdrawn} {
		for i := range list {
			list[i].At = canonicalTime(list[i].At)
		}
	}
	return canonical(d.ID, d)
}

func canonical(id string, v any) ([]byte, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("document %s has no canonical form: %w", id, err)
	}
	raw := bytes.TrimSuffix(out.Bytes(), []byte("\n"))
	if replaced(raw) {
		return nil, fmt.Errorf("document %s has no canonical form: a text in it is not valid UTF-8", id)
	}
	return raw, nil
}

// Content is what the author of a report that is reviewed puts the signature
// under, as bytes in the manner of Canonical: whose it is, what it says and what
// that rests on, without what the review adds.
func (d Document) Content() ([]byte, error) {
	whole, err := d.Canonical() // times as they will be read back
	if err != nil {
		return nil, err
	}
	var as Document
	if err := json.Unmarshal(whole, &as); err != nil {
		return nil, fmt.Errorf("document %s has no canonical form: %w", d.ID, err)
	}
	return canonical(d.ID, struct {
		ID          string          `json:"id"`
		Amends      string          `json:"amends,omitempty"`
		PatientID   string          `json:"patient_id"`
		StudyUID    string          `json:"study_uid"`
		Findings    []Finding       `json:"findings"`
		Annotations []Annotation    `json:"annotations,omitempty"`
		FindingText []Sentence      `json:"finding_text"`
		Impression  []Sentence      `json:"impression"`
		Structured  *Structured     `json:"structured,omitempty"`
		Answered    []Contradiction `json:"answered,omitempty"`
		Author      Person          `json:"author"`
		AuthoredAt  time.Time       `json:"authored_at,omitzero"`
	}{as.ID, as.Amends, as.Patient.ID, as.Examination.StudyUID, as.Findings, as.Annotations, as.FindingText, as.Impression, as.Structured, as.Answered, as.Author, as.AuthoredAt})
}

func canonicalTime(t time.Time) time.Time { return t.UTC().Truncate(time.Second) }

// replaced finds the escape that encoding/json writes for a byte that is not
// UTF-8; a U+FFFD of the text itself is not escaped.
func replaced(raw []byte) bool {
	for i := 0; i < len(raw); i++ {
		if raw[i] != '\\' {
			continue
		}
		if bytes.HasPrefix(raw[i:], []byte(`\ufffd`)) {
			return true
		}
		i++
	}
	return false
}

// Check refuses a document that may not be signed: something other than a
// verdict of a named doctor stated as a finding, a sentence about a finding
// that is not in the document or is at another version, a missing patient,
// author or organisation, or an examination that is not linked to this patient.
// The refusal is a *RefusedError.
func (d Document) Check() error {
	for _, check := range []func() error{d.checkIdentity, d.checkPatient, d.checkFindings, d.checkAnnotations, d.checkSentences, d.checkStructured, d.checkWords} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func (d Document) refuse(code, format string, args ...any) error {
	values := make([]string, len(args))
	for i, a := range args {
		values[i] = fmt.Sprint(a)
	}
	return &RefusedError{Code: code, Args: values, Reason: "the report cannot be signed: " + fmt.Sprintf(format, args...)}
}

func (d Document) checkIdentity() error {
	switch {
	case d.DocumentID == "":
		return d.refuse("document_id", "it has no document ID")
	case d.Version < 1:
		return d.refuse("document_version", "version %d is not 1 or more", d.Version)
	case d.ID != fmt.Sprintf("%s-%d", d.DocumentID, d.Version):
		return d.refuse("document_id", "its ID %q is not %s-%d", d.ID, d.DocumentID, d.Version)
	case d.Version == 1 && d.Replaces != "":
		return d.refuse("document_replaces", "the first version replaces nothing")
	case d.Version > 1 && d.Replaces != fmt.Sprintf("%s-%d", d.DocumentID, d.Version-1):
		return d.refuse("document_replaces", "version %d must replace version %d", d.Version, d.Version-1)
	case d.Version > 1 && blank(d.Amends):
		return d.refuse("amend_reason", "an amendment needs a reason")
	case blank(d.Author.Name):
		return d.refuse("author_missing", "it has no author")
	case blank(d.Reviewer.Name):
		return d.refuse("reviewer_missing", "it has no reviewer")
	case blank(d.Organization.Name):
		return d.refuse("organization_missing", "the hospital is not set; an administrator enters it in the settings")
	case d.SignedAt.IsZero():
		return d.refuse("signed_at", "it has no time of signature")
	}
	return nil
}

func (d Document) checkPatient() error {
	switch {
	case d.Patient.ID == "" || blank(d.Patient.Name):
		return d.refuse("patient_missing", "it has no patient")
	case d.Examination.StudyUID == "":
		return d.refuse("examination_missing", "it has no examination")
	case !d.Examination.Link.Linked():
		return d.refuse("not_linked", "study %s is not linked to a patient; decide on the review list whose it is", d.Examination.StudyUID)
	case d.Examination.PatientID != d.Patient.ID:
		return d.refuse("other_patient", "study %s is linked to another patient", d.Examination.StudyUID)
	case d.Visit != nil && d.Visit.PatientID != d.Patient.ID:
		return d.refuse("other_patient", "the visit belongs to another patient")
	}
	return nil
}

func (d Document) checkFindings() error {
	for _, f := range d.Withdrawn {
		if d.Retracts == "" || f.State != FindingWithdrawn || f.StudyUID != d.Examination.StudyUID || f.UID == "" {
			return d.refuse("retraction", "finding %s is listed as withdrawn and is not", f.UID)
		}
	}
	if d.Retracts != "" && (len(d.Findings) > 0 || d.Version < 2) {
		return d.refuse("retraction", "a retraction states no finding and follows a version that was signed")
	}
	seen := map[string]bool{}
	for _, f := range d.Findings {
		switch {
		case !f.State.Factual():
			return d.refuse("not_factual", "finding %s is %s; only what a named doctor confirmed or edited may be stated", f.UID, f.State)
		case f.By == "" || blank(f.ByName):
			return d.refuse("finding_unnamed", "finding %s names no doctor", f.UID)
		case f.StudyUID != d.Examination.StudyUID:
			return d.refuse("other_study", "finding %s is of another study", f.UID)
		case f.UID == "" || f.Version < 1 || seen[f.UID]:
			return d.refuse("finding_twice", "finding %q is listed twice or has no identity", f.UID)
		}
		for _, m := range f.Measurements() {
			if err := m.Check(); err != nil {
				return d.refuse("measurement", "finding %s: %v", f.UID, err)
			}
		}
		seen[f.UID] = true
	}
	if d.Abnormal && len(d.Findings) == 0 {
		return d.refuse("abnormal_without_finding", "it says abnormal without a confirmed finding")
	}
	return nil
}

// checkAnnotations: what was drawn by hand is stated as what its doctor says.
func (d Document) checkAnnotations() error {
	seen := map[string]bool{}
	for i := range d.Annotations {
		a := &d.Annotations[i]
		switch {
		case d.Retracts != "":
			return d.refuse("retraction", "a retraction states no measurement")
		case a.State != AnnotationDrawn || a.LeftOut || a.Version < 1 || a.UID == "" || a.TrackingUID == "" || seen[a.UID]:
			return d.refuse("annotation_stated", "the measurement %q was deleted or left out, is listed twice or has no identity", a.UID)
		case a.By == "" || blank(a.ByName):
			return d.refuse("annotation_stated", "the measurement %s names no doctor", a.UID)
		case a.Ref.StudyUID != d.Examination.StudyUID:
			return d.refuse("other_study", "the measurement %s is of another study", a.UID)
		}
		if err := a.Check(); err != nil {
			return err
		}
		seen[a.UID] = true
	}
	return nil
}

func (d Document) checkSentences() error {
	version := map[string]int{}
	for _, f := range d.Findings {
		version[f.UID] = f.Version
	}
	sentences := slices.Concat(d.FindingText, d.Impression)
	if blank(Join(sentences)) {
		return d.refuse("empty_report", "it says nothing")
	}
	for _, s := range sentences {
		if s.FindingUID == "" {
			continue
		}
		v, ok := version[s.FindingUID]
		if !ok {
			return d.refuse("sentence_without_finding", "the sentence %q rests on finding %s, which is not confirmed", s.Text, s.FindingUID)
		}
		if v != s.FindingVersion {
			return d.refuse("sentence_stale", "the sentence %q speaks of version %d of finding %s, which is now at version %d; draft it again", s.Text, s.FindingVersion, s.FindingUID, v)
		}
	}
	return nil
}

// checkWords holds the words against what the document itself knows; the images
// are held against them where it is made.
func (d Document) checkWords() error {
	if d.Retracts != "" {
		return nil
	}
	found := Contradictions(d.FindingText, d.Impression, Known{Findings: d.Findings, Annotations: d.Annotations, Sides: SidesIn(d.Examination.Description), Sex: d.Patient.Sex, Structured: d.Structured})
	// What denies a finding, or says another number than was measured, is refused
	// where the document is signed: a document that was signed before that was looked
	// for stays what it is.
	found = slices.DeleteFunc(found, func(c Contradiction) bool { return c.Code == ContradictsVerdict || c.Code == ContradictsValue })
	return RefuseContradictions(Unanswered(found, d.Answered))
}

func blank(s string) bool { return strings.TrimSpace(s) == "" }
