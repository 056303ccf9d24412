package inference

import (
	"context"
	"fmt"
	"strings"
	"time"

	"longying/imaging"
	"longying/models"
)

// Tensor is a dense float32 array in row-major order.
type Tensor struct {
	Shape []int64
	Data  []float32
}

// Size is the product of the shape.
func (t Tensor) Size() int64 {
	n := int64(1)
	for _, d := range t.Shape {
		n *= d
	}
	return n
}

// Runner runs one loaded model. Implementations: inference/ort in this process,
// a worker process for the desktop.
type Runner interface {
	// Run evaluates the graph. It returns ctx.Err() soon after ctx is done.
	Run(ctx context.Context, inputs map[string]Tensor, outputs []string) (map[string]Tensor, error)
	// Provider names the execution provider, e.g. "CPU".
	Provider() string
	// RuntimeVersion is the version of the runtime library.
	RuntimeVersion() string
	Close() error
}

// Outcome is how a model on a study ended. The states are never mixed, none of
// them is worded as normal, and only Proposed makes a proposal.
type Outcome string

// The outcomes. NotRun is the state before anything was asked.
const (
	NotRun         Outcome = "not_run"
	Refused        Outcome = "refused"
	BelowThreshold Outcome = "below_threshold"
	Unsure         Outcome = "unsure"
	Proposed       Outcome = "proposed"
)

// ReasonCode names a reason in a form that can be translated: the desktop's
// language files hold a sentence for each, with {0}, {1} for the arguments.
type ReasonCode string

// Reasons for a refusal, and for an amber result.
const (
	ReasonModality         ReasonCode = "modality"                // 0 found, 1 allowed
	ReasonBodyPart         ReasonCode = "body_part"               // 0 found, 1 allowed
	ReasonBodyPartMissing  ReasonCode = "body_part_missing"       // 0 allowed
	ReasonView             ReasonCode = "view"                    // 0 found, 1 allowed
	ReasonViewMissing      ReasonCode = "view_missing"            // 0 allowed
	ReasonPhotometric      ReasonCode = "photometric"             // 0 found, 1 allowed
	ReasonAgeMissing       ReasonCode = "age_missing"             // 0 min, 1 max
	ReasonAgeMalformed     ReasonCode = "age_malformed"           // 0 value, 1 min, 2 max
	ReasonAgeRange         ReasonCode = "age_range"               // 0 years, 1 min, 2 max
	ReasonAgeContradiction ReasonCode = "age_contradiction"       // 0 age in header, 1 age by birth date
	ReasonSex              ReasonCode = "sex"                     // 0 found, 1 allowed
	ReasonSexMissing       ReasonCode = "sex_missing"             // 0 allowed
	ReasonContrastMissing  ReasonCode = "contrast_missing"        // the header does not say whether contrast medium was given
	ReasonContrastNone     ReasonCode = "contrast_none"           // none was given, the model needs it
	ReasonContrastGiven    ReasonCode = "contrast_given"          // 0 which; the model must not have it
	ReasonSpacing          ReasonCode = "spacing"                 // 0 found mm, 1 allowed
	ReasonSpacingMissing   ReasonCode = "spacing_missing"         // 0 allowed
	ReasonThickness        ReasonCode = "slice_thickness"         // 0 found mm, 1 allowed
	ReasonThicknessMissing ReasonCode = "slice_thickness_missing" // 0 allowed
	ReasonSize             ReasonCode = "size"                    // 0 found, 1 least
	ReasonAspect           ReasonCode = "aspect"                  // 0 found, 1 most
	ReasonFrames           ReasonCode = "frames"                  // 0 found, 1 allowed
	ReasonPixels           ReasonCode = "pixels"                  // 0 what is wrong with them
	ReasonRegionMissing    ReasonCode = "region_missing"          // the doctor has marked none
	ReasonRegionInvalid    ReasonCode = "region_invalid"          // 0 why
	ReasonRegionSmall      ReasonCode = "region_small"            // 0 pixels of the region, 1 pixels of one patch
	ReasonRegionLarge      ReasonCode = "region_large"            // 0 patches, 1 most
	ReasonScaleUnknown     ReasonCode = "scale_unknown"           // slide without micrometres per pixel
	ReasonScale            ReasonCode = "scale"                   // 0 found, 1 wanted
	ReasonNoTissue         ReasonCode = "no_tissue"               // 0 patches looked at, 1 least share of tissue
	ReasonTiles            ReasonCode = "tiles"                   // the slide does not say how its tiles lie
	ReasonStain            ReasonCode = "stain"                   // 0 found, 1 wanted
	ReasonStainMissing     ReasonCode = "stain_missing"           // 0 wanted
	ReasonOrganMissing     ReasonCode = "organ_missing"           // 0 organs known
	ReasonOrgan            ReasonCode = "organ"                   // 0 found, 1 organs known
	ReasonNotSlide         ReasonCode = "not_slide"
	ReasonSlideOnly        ReasonCode = "slide_only"
	ReasonPackage          ReasonCode = "package"         // 0 what does not match: hash, test, card
	ReasonModelScale       ReasonCode = "model_scale"     // the model's own scale is unknown (amber)
	ReasonAlwaysAmber      ReasonCode = "always_amber"    // 0 the card's reason in English, 1 in Chinese (amber)
	ReasonNotAccepted      ReasonCode = "not_accepted"    // no local acceptance of this version (amber)
	ReasonReviewDue        ReasonCode = "review_due"      // 0 the day on which the acceptance was to be reviewed (amber)
	ReasonSeveralImages    ReasonCode = "several_images"  // 0 found
	ReasonPreprocess       ReasonCode = "preprocess"      // 0 step, 1 why
	ReasonUnsupported      ReasonCode = "unsupported"     // 0 what the card asks for and this version does not do
	ReasonStatistics       ReasonCode = "statistics"      // 0 which, 1 found, 2 and 3 the band of the training images (amber)
	ReasonValues           ReasonCode = "values"          // 0 found, 1 least, 2 most that the model takes
	ReasonImplausible      ReasonCode = "implausible"     // 0 which, 1 found, 2 least, 3 most
	ReasonRegionCrop       ReasonCode = "region_crop"     // 0 pixels of the region, 1 pixels that the model looks at
	ReasonRegionEdge       ReasonCode = "region_edge"     // 0 pixels that the model looks at, 1 pixels of the image
	ReasonSpacingUnknown   ReasonCode = "spacing_unknown" // and the card asks for a size in mm
	ReasonSizeUnknown      ReasonCode = "size_unknown"    // the same, where it does not: no size is given (amber)
	ReasonDetectorScale    ReasonCode = "detector_scale"  // sizes are those on the detector (amber)
	ReasonSlices           ReasonCode = "slices"          // 0 found, 1 least, 2 most
	ReasonSeveralStacks    ReasonCode = "several_stacks"  // 0 found
	ReasonVolume           ReasonCode = "volume"          // 0 why none can be made
	ReasonPatientHeaders   ReasonCode = "patient_headers" // 0 what disagrees inside the study
)

// Reason is why a model refused, or why its result is amber.
type Reason struct {
	Code ReasonCode `json:"code"`
	Args []string   `json:"args,omitempty"`
}

// String is the English sentence; see reason.go for the wording.
func (r Reason) String() string {
	s, ok := reasonSentences()[r.Code]
	if !ok {
		return string(r.Code) + " " + strings.Join(r.Args, ", ")
	}
	for i, a := range r.Args {
		s = strings.ReplaceAll(s, fmt.Sprintf("{%d}", i), a)
	}
	return s
}

// ModelIdentity says which model, to the byte.
type ModelIdentity struct {
	ID      string       `json:"id"`
	Version string       `json:"version"`
	SHA256  string       `json:"sha256"`
	Name    models.Text  `json:"name"`
	DICOM   models.DICOM `json:"dicom"`
}

// Identity is the identity of a card's model.
func Identity(c *models.Card) ModelIdentity {
	return ModelIdentity{ID: c.ID, Version: c.Version, SHA256: c.File.SHA256, Name: c.Name, DICOM: c.DICOM}
}

// Prediction is what one model says about one place: one for each class above
// its threshold or unsure, or exactly one that says why there is none.
type Prediction struct {
	Model       ModelIdentity
	Outcome     Outcome
	Reason      *Reason       // why refused; nil otherwise
	Amber       []Reason      // why the result must be taken with care; empty when it need not be
	Class       *models.Class // nil when refused
	Probability float64       // calibrated, 0..1; NaN when refused, for a mask and for a measurement
	Threshold   float64       // that it was compared with
	All         []ClassProbability
	Head        string // the output that it was read from; empty where none was

	Measurements []Measured  // of a mask, or the value of a measurement
	Mask         *PackedMask // segmentation only

	Ref   imaging.Ref // with region: where the model looked, or what it was given
	Map   *TypeMap    // slide typing only
	Trace Trace
}

// ClassProbability is one class's share.
type ClassProbability struct {
	Key         string      `json:"key"`
	Label       models.Text `json:"label"`
	Probability float64     `json:"probability"`
}

// TypeMap is the tissue type of each patch of a region.
type TypeMap struct {
	Columns, Rows int            // patches
	PatchPixels   float64        // side of a patch in slide pixels
	X0, Y0        int            // top left of the first patch in the total pixel matrix
	Classes       []models.Class // index space of Class
	Class         []int          // row-major, -1 = not tissue, not typed
	Probability   []float64      // of that class
	TissuePatches int
	Attention     []float64 `json:",omitempty"` // weight of each patch in a pooled answer, where the model tells it; 0 where there is none
}

// AreaShare is the share of tissue patches of class i, 0..1.
func (m *TypeMap) AreaShare(i int) float64 {
	n := 0
	for _, c := range m.Class {
		if c == i {
			n++
		}
	}
	if m.TissuePatches == 0 {
		return 0
	}
	return float64(n) / float64(m.TissuePatches)
}

// Trace is the inference trace kept with a proposal: enough to run it again and
// to defend it.
type Trace struct {
	Model      ModelIdentity `json:"model"`
	Runtime    string        `json:"runtime"`
	Provider   string        `json:"provider"`
	Inputs     []imaging.Ref `json:"inputs"`
	Preprocess []models.Step `json:"preprocess"`
	Started    time.Time     `json:"started"`
	Preparing  time.Duration `json:"preparing_ns"`
	Running    time.Duration `json:"running_ns"`
	Operator   string        `json:"operator"`

	Stated         *Stated            `json:"stated,omitempty"`          // what a person said of attributes that the header does not have
	SiteThresholds map[string]float64 `json:"site_thresholds,omitempty"` // that took the place of the card's, by class
}
