package records

import "time"

// Report is the working report of one study: a draft until it is signed, after
// which the frozen Document is what counts and the draft of the next version
// may only be an amendment with a reason.
type Report struct {
	StudyUID   string          `json:"study_uid"`
	DocumentID string          `json:"document_id"`          // stable over all versions: the CDA setId
	Version    int             `json:"version"`              // of the document that signing will make, from 1
	State      string          `json:"state"`                // ReportDraft or ReportSigned
	Findings   []Sentence      `json:"findings"`             // 所见
	Impression []Sentence      `json:"impression"`           // 印象 (诊断意见)
	Amends     string          `json:"amends,omitempty"`     // why a signed version is being replaced
	Structured *Structured     `json:"structured,omitempty"` // what stands in the coded fields of a template
	Lacking    []Text          `json:"lacking,omitempty"`    // fields that the template requires and that have no answer
	Answers    []Contradiction `json:"answers,omitempty"`    // why sentences stand that contradict what is known
	Submitted  *Submission     `json:"submitted,omitempty"`  // the first of two signatures
	Returned   *Return         `json:"returned,omitempty"`   // why the reviewer sent it back, until it is submitted again
	UpdatedBy  string          `json:"updated_by"`
	UpdatedAt  time.Time       `json:"updated_at"`
}

// The states of a Report.
const (
	ReportDraft     = "draft"
	ReportSubmitted = "submitted" // signed by its author, waits for the reviewer
	ReportSigned    = "signed"
)

// SettingTwoSignatures is the key of the department's setting that a report is
// signed by its author (报告医师) and then by a reviewer (审核医师): "true" or
// "false".
const SettingTwoSignatures = "two_signatures"

// Submission is the author's signature, under what the reviewer will see.
type Submission struct {
	Author    Person    `json:"author"`
	Signature Signature `json:"signature"`
}

// Return is a reviewer's or the author's word that a submitted report is a
// draft again.
type Return struct {
	By     string    `json:"by"`
	ByName string    `json:"by_name"`
	Reason string    `json:"reason"`
	At     time.Time `json:"at"`
}

// What a signature is under.
const (
	OverContent  = "content"  // Document.Content: what the author signs before the review
	OverDocument = "document" // Document.Canonical
)

// Signature is one SM2 signature (GB/T 32918) under a document, by the signer's
// own key. It is not a legal e-signature: no authority vouches for the key.
type Signature struct {
	Over   string    `json:"over"` // OverContent or OverDocument
	By     string    `json:"by"`   // user ID
	ByName string    `json:"by_name"`
	At     time.Time `json:"at"`
	KeyID  string    `json:"key_id"`
	Public string    `json:"public"` // hex, of the key
	Value  string    `json:"value"`  // hex, ASN.1 DER
}

// Sentence is one sentence with the finding that it came from, if any.
type Sentence struct {
	Text           string `json:"text"`
	FindingUID     string `json:"finding_uid,omitempty"`     // empty: the doctor's own words
	FindingVersion int    `json:"finding_version,omitempty"` // of which it speaks
	Field          string `json:"field,omitempty"`           // of the template, where it says what was entered there
	AnnotationUID  string `json:"annotation_uid,omitempty"`  // of the measurement that it states
	Measured       string `json:"measured,omitempty"`        // Annotation.Stated when it was written
}

// Join puts the sentences together as one text.
func Join(s []Sentence) string {
	out := ""
	for _, x := range s {
		out += x.Text
	}
	return out
}

// Person is a named professional in a document.
type Person struct {
	ID   string `json:"id"` // staff number
	Name string `json:"name"`
}

// Organization is the hospital, as configured in the settings.
type Organization struct {
	Code           string `json:"code"` // organisation code, root 2.16.156.10011.1.5
	Name           string `json:"name"`
	DepartmentCode string `json:"department_code"` // root 2.16.156.10011.1.26
	Department     string `json:"department"`
}

// Document is the canonical frozen version of a signed report: everything an
// encoder needs, and nothing that may change afterwards. Its hash is taken over
// Canonical().
type Document struct {
	DocumentID   string          `json:"document_id"` // stable, the CDA setId
	Version      int             `json:"version"`
	ID           string          `json:"id"` // of this version: DocumentID-Version
	Amends       string          `json:"amends,omitempty"`
	Replaces     string          `json:"replaces,omitempty"` // ID of the version before
	Organization Organization    `json:"organization"`
	Patient      Patient         `json:"patient"`
	Visit        *Visit          `json:"visit,omitempty"`
	Examination  Examination     `json:"examination"`
	Series       []SeriesRef     `json:"series"`
	Findings     []Finding       `json:"findings"`              // confirmed or edited only
	Annotations  []Annotation    `json:"annotations,omitempty"` // what doctors measured and drew by hand
	FindingText  []Sentence      `json:"finding_text"`
	Impression   []Sentence      `json:"impression"`
	Structured   *Structured     `json:"structured,omitempty"`
	Remarks      string          `json:"remarks"`  // AI provenance and limits, in words
	Author       Person          `json:"author"`   // reporting radiologist, 报告医师
	Reviewer     Person          `json:"reviewer"` // reviewing radiologist, 审核医师; the author where the department asks for one signature
	Technician   *Person         `json:"technician,omitempty"`
	AuthoredAt   time.Time       `json:"authored_at,omitzero"` // when the author signed, where a reviewer signed after
	SignedAt     time.Time       `json:"signed_at"`
	Retracts     string          `json:"retracts,omitempty"`  // why the report is void: it says of the versions before that they are not of this patient
	Answered     []Contradiction `json:"answered,omitempty"`  // sentences that contradict what is known, with why they stand
	Withdrawn    []Finding       `json:"withdrawn,omitempty"` // of a retraction: what the versions before stated
	Abnormal     bool            `json:"abnormal"`            // DE04.30.017.00: true = 2 异常; a document without confirmed findings states no result code
	Sample       bool            `json:"sample,omitempty"`
}

// SeriesRef lists the instances a document is about.
type SeriesRef struct {
	UID       string        `json:"uid"`
	Modality  string        `json:"modality"`
	Instances []InstanceRef `json:"instances"`
}

// InstanceRef is one SOP instance.
type InstanceRef struct {
	SOPClass string `json:"sop_class"`
	SOPUID   string `json:"sop_uid"`
}

// Standing are the documents that have not been retracted, without the
// retractions.
func Standing(docs []SignedDocument) []SignedDocument {
	void := map[string]bool{}
	for i := range docs {
		void[docs[i].Document.DocumentID] = void[docs[i].Document.DocumentID] || docs[i].Document.Retracts != ""
	}
	var out []SignedDocument
	for _, d := range docs {
		if !void[d.Document.DocumentID] {
			out = append(out, d)
		}
	}
	return out
}

// SignedDocument is a frozen document with its hash and signature facts.
type SignedDocument struct {
	Document   Document    `json:"document"`
	Canonical  []byte      `json:"-"`      // the exact bytes that were hashed
	SHA256     string      `json:"sha256"` // hex, of Canonical
	SM3        string      `json:"sm3"`    // hex, of Canonical
	SignedBy   string      `json:"signed_by"`
	SignedAt   time.Time   `json:"signed_at"`
	Signatures []Signature `json:"signatures,omitempty"` // none under documents of before there were keys
}
