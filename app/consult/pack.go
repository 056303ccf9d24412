package consult

import (
	"io"
	"io/fs"
	"time"

	"longying/imaging"
	"longying/imaging/deid"
	"longying/records"
)

// PackVersion is the format of a consult pack: a ZIP file sealed with age. Version
// 1, which held pictures alone, is still read.
const (
	PackVersion    = "longying-consult-pack/2"
	packVersionOne = "longying-consult-pack/1"
)

// The bounds of a pack.
const (
	maxPack     = 2 << 30  // of all that is in it, bytes
	maxManifest = 32 << 20 // of consult.json, bytes
	maxPicture  = 64 << 20 // of one picture, bytes
	maxPictures = 256 << 20
	maxPixels   = 64 << 20 // of one picture
	maxFiles    = 20000
)

const (
	manifestFile = "consult.json"
	minutesFile  = "minutes.txt"
)

// Pack is what a consult pack holds once it is open.
type Pack struct {
	Version      string                   `json:"version"`
	ID           string                   `json:"id"` // named by replies; empty in packs of before replies
	PackedAt     time.Time                `json:"packed_at"`
	PackedBy     string                   `json:"packed_by"`
	DeIdentified bool                     `json:"deidentified,omitempty"`
	Age          string                   `json:"age,omitempty"` // in years when the consult was opened, where there is no birth date
	Consult      records.Consult          `json:"consult"`
	Patient      records.Patient          `json:"patient"` // de-identified: a pseudonym, and the sex
	Visits       []records.Visit          `json:"visits"`
	Findings     []records.Finding        `json:"findings"`
	Documents    []records.SignedDocument `json:"documents"` // none where de-identified: a signature is of a name
	Reports      []PackedReport           `json:"reports,omitempty"`
	Images       []PackedImage            `json:"images"`
	Objects      []PackedObject           `json:"objects,omitempty"`
	Studies      []PackedStudy            `json:"studies,omitempty"`
	Left         []LeftOut                `json:"left,omitempty"`

	sealed fs.FS // the files of an open pack
}

// PackedImage is one picture inside the pack: a key frame as it is seen, with the
// marks of the confirmed findings, or a region of a slide.
type PackedImage struct {
	File   string      `json:"file"` // images/1.png inside the pack
	Title  string      `json:"title"`
	Ref    imaging.Ref `json:"ref"`
	SHA256 string      `json:"sha256"`
	PNG    []byte      `json:"-"`

	Slide       bool      `json:"slide,omitempty"`
	Micrometres float64   `json:"micrometres,omitempty"` // of one pixel of the picture of a slide; 0: unknown
	Edges       [4]string `json:"edges,omitzero"`        // orientation letters at left, right, top, bottom; empty where not known
	Said        []string  `json:"said,omitempty"`        // what doctors confirmed here

	View *records.KeyView `json:"view,omitempty"` // how it was wanted to be seen; nil: as it comes
}

// What a packed object is.
const (
	ObjectImage = "image"
	ObjectState = "presentation_state"
)

// PackedObject is one DICOM object inside the pack.
type PackedObject struct {
	File     string `json:"file"` // objects/1.dcm inside the pack
	Kind     string `json:"kind"`
	StudyUID string `json:"study_uid"`
	SOPUID   string `json:"sop_uid"`
	Size     int64  `json:"size"` // bytes
	SHA256   string `json:"sha256"`
}

// PackedStudy says how much of a study is in the pack.
type PackedStudy struct {
	UID    string `json:"study_uid"`
	Title  string `json:"title"`
	Has    int    `json:"has"`    // image objects in the pack
	Stored int    `json:"stored"` // objects that the study has
}

// Whole reports a study that is in the pack with everything it has.
func (s PackedStudy) Whole() bool { return s.Has > 0 && s.Has == s.Stored }

// LeftOut is what should have been packed and was not.
type LeftOut struct {
	What   string `json:"what"`
	Code   string `json:"code"` // why
	Reason string `json:"reason"`
}

// PackedReport is a signed report in a de-identified pack: what it says, under no
// name and no signature.
type PackedReport struct {
	Date       string `json:"date"` // YYYYMMDD, shifted
	Findings   string `json:"findings"`
	Impression string `json:"impression"`
}

// ObjectChoice says which DICOM objects go into a pack.
type ObjectChoice string

// The choices.
const (
	ObjectsKey  ObjectChoice = "key"  // those that items and findings lie on
	ObjectsAll  ObjectChoice = "all"  // the whole studies that were laid before the consult
	ObjectsNone ObjectChoice = "none" // pictures alone
)

// PackOptions say what goes into a pack, and how.
type PackOptions struct {
	Passphrase   string
	Objects      ObjectChoice // empty: ObjectsKey
	DeIdentified bool
	// Texts are the free texts of a de-identified pack as a person has confirmed
	// them, by PackText.Key: all of them, and none that names the patient.
	Texts map[string]string
	// Looked: a person has looked at the pictures that may have a name burned in, and
	// there is none. Without it they are left out of a de-identified pack. It never
	// speaks for pixels that this version cannot show: those are left out in any case.
	Looked bool
}

// PackText is one free text of a de-identified pack, for a person to look at.
type PackText struct {
	Key      string `json:"key"`
	Where    string `json:"where"` // TextTitle and so on
	Original string `json:"original"`
	Masked   string `json:"masked"`
}

// Where a free text of a consult stands.
const (
	TextTitle       = "title"
	TextQuestion    = "question"
	TextItem        = "item"
	TextMember      = "member"
	TextOpinion     = "opinion"
	TextCorrelation = "correlation"
	TextDecision    = "decision"
	TextFollow      = "follow"
	TextVisit       = "visit"
	TextFinding     = "finding"
	TextReport      = "report"
	TextSchedule    = "schedule" // place and reason
	TextExcuse      = "excuse"   // why something is not needed
	TextStage       = "stage"    // why it came into a state
	TextOutcome     = "outcome"
)

// PackPlan is what a pack would hold, before it is written.
type PackPlan struct {
	Images   []PackedImage
	Objects  int   // DICOM images
	States   int   // presentation states
	Bytes    int64 // at most, before sealing
	Left     []LeftOut
	Texts    []PackText // of a de-identified pack
	Warnings []PackWarning
}

// PackWarning is what a person should look at in the pictures of a de-identified
// pack.
type PackWarning struct {
	What    string
	Warning deid.Warning
	Objects []string // SOP Instance UIDs that it is about
}

// Object opens one of the DICOM objects of an open pack.
func (p *Pack) Object(o PackedObject) (io.ReadCloser, error) {
	if p.sealed == nil {
		return nil, fs.ErrClosed
	}
	return p.sealed.Open(o.File)
}
