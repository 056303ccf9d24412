package models

// Text is a label in the two languages of the program.
type Text struct {
	Zh string `json:"zh"`
	En string `json:"en"`
}

// In returns the text in "zh" or "en"; Chinese is the default.
func (t Text) In(lang string) string {
	if lang == "en" {
		return t.En
	}
	return t.Zh
}

// Code is a coded concept: value, coding scheme designator (DCM, SCT, ICD-O-3,
// ICD-10, ...) and meaning, as in PS3.3 8.
type Code struct {
	Value   string `json:"value"`
	Scheme  string `json:"scheme"`
	Version string `json:"version,omitempty"`
	Meaning string `json:"meaning"`
}

// Task is what a model does.
type Task string

// The tasks a card may name.
const (
	TaskClassification Task = "classification" // one label or several for a whole image
	TaskRegion         Task = "region"         // on a region that the doctor marks
	TaskSlideTyping    Task = "slide-typing"   // patches -> map and label of a whole slide
	TaskDetection      Task = "detection"
	TaskSegmentation   Task = "segmentation"
)

// SchemaVersion is the value of Card.Schema that this program reads.
const SchemaVersion = "longying-card/1"

// Card is card.json, the metadata of one model package.
type Card struct {
	Schema    string   `json:"schema"` // SchemaVersion
	ID        string   `json:"id"`     // lower-case letters, digits and '-', the name of the folder
	Version   string   `json:"version"`
	Name      Text     `json:"name"`
	Maker     string   `json:"maker"`
	Authors   []string `json:"authors"`
	Changelog []string `json:"changelog"` // newest first
	Licence   Licence  `json:"licence"`
	File      File     `json:"file"`
	Task      Task     `json:"task"`
	Purpose   Purpose  `json:"purpose"`
	Input     Input    `json:"input"`
	Slide     *Slide   `json:"slide,omitempty"` // patches of a slide; required for region and slide-typing on slides
	Outputs   []Output `json:"outputs"`
	DICOM     DICOM    `json:"dicom"`
	Evidence  Evidence `json:"evidence"`
	Resources Resource `json:"resources"`
	Tests     Tests    `json:"tests"`
}

// Licence names the licence of weights and of the data they were trained on.
type Licence struct {
	Weights     string `json:"weights"` // SPDX identifier
	Data        string `json:"data"`    // SPDX identifier
	Attribution string `json:"attribution"`
}

// File is the ONNX file.
type File struct {
	Name           string `json:"name"`   // "model.onnx"
	SHA256         string `json:"sha256"` // lower-case hex
	Opset          int    `json:"opset"`
	MinimumRuntime string `json:"minimum_runtime"` // ONNX Runtime version, e.g. "1.17.0"
}

// Purpose is what the model is for, and not for.
type Purpose struct {
	IntendedUse       Text   `json:"intended_use"`
	Contraindications []Text `json:"contraindications"`
	UserRole          Text   `json:"user_role"`
	Registration      Text   `json:"registration"` // e.g. unregistered, research and assistive use only
}

// Input is what the model may be given. An empty list means "any"; a filled
// one is a whitelist, and a missing attribute is then a refusal.
type Input struct {
	Modalities   []string  `json:"modalities"`             // (0008,0060)
	BodyParts    []string  `json:"body_parts"`             // (0018,0015), upper case
	Views        []string  `json:"views"`                  // (0018,5101)
	Photometric  []string  `json:"photometric"`            // (0028,0004)
	AgeYears     *Range    `json:"age_years,omitempty"`    // both ends included, compared with completed years
	MinRows      int       `json:"min_rows"`               // smallest image accepted
	MinColumns   int       `json:"min_columns"`            //
	Preprocess   []Step    `json:"preprocess"`             // in order
	Tensor       TensorDef `json:"tensor"`                 // what the session takes
	MaxAspect    float64   `json:"max_aspect,omitempty"`   // largest ratio of the longer to the shorter side; 0 = any
	MarkedRegion bool      `json:"marked_region"`          // runs only on a region that a doctor marked
	AlwaysAmber  bool      `json:"always_amber"`           // results are never better than amber
	AmberReason  *Text     `json:"amber_reason,omitempty"` // why, shown with each result
	Reference    []string  `json:"reference,omitempty"`    // for people: what the images were like that it was trained on
}

// Range is a closed interval.
type Range struct {
	Min float64 `json:"min"`
	Max float64 `json:"max"`
}

// TensorDef is an ONNX input: float32, with -1 for the batch dimension.
type TensorDef struct {
	Name  string  `json:"name"`
	Shape []int64 `json:"shape"`
	Order string  `json:"order"` // NCHW or NHWC
}

// Slide is how patches are taken from a slide.
type Slide struct {
	PatchPixels         int      `json:"patch_pixels"`          // side of a square patch
	MicrometresPerPixel float64  `json:"micrometres_per_pixel"` // 0 = unknown: marked region only, always amber
	Stain               string   `json:"stain"`                 // "HE"
	TissueFraction      float64  `json:"tissue_fraction"`       // least share of tissue in a patch, 0..1
	TissueSaturation    float64  `json:"tissue_saturation"`     // a pixel is tissue when its HSV saturation is at least this, 0..1
	Batch               int      `json:"batch"`
	Aggregation         string   `json:"aggregation"` // "mean": mean probability over tissue patches
	Organs              []string `json:"organs"`      // organs the model knows, see Class.Organ
}

// OutputKind says what an ONNX output holds.
type OutputKind string

// The kinds of output.
const (
	OutputProbabilities OutputKind = "probabilities"  // [N, classes], each 0..1
	OutputActivationMap OutputKind = "activation-map" // [N, 1, h, w], larger = more, no unit
)

// Output is one ONNX output.
type Output struct {
	Name        string     `json:"name"`
	Kind        OutputKind `json:"kind"`
	Exclusive   bool       `json:"exclusive"` // probabilities of one sample sum to 1
	Classes     []Class    `json:"classes,omitempty"`
	ForClass    string     `json:"for_class,omitempty"`     // activation map: the class it explains
	BoxFraction float64    `json:"box_fraction,omitempty"`  // activation map: box = where the map is at least this share of its maximum
	UnsureBelow float64    `json:"unsure_below,omitempty"`  // exclusive: unsure when the largest probability is below this
	UnsureGap   float64    `json:"unsure_margin,omitempty"` // exclusive: unsure when the two largest differ by less
}

// Class is one class of a probability output.
type Class struct {
	Key        string      `json:"key"`
	Label      Text        `json:"label"`
	Proposes   bool        `json:"proposes"` // false: a background class ("no pneumonia pattern"), never proposed as a finding
	Code       *Code       `json:"code,omitempty"`
	Topography *Code       `json:"topography,omitempty"` // ICD-O-3 topography
	Morphology *Code       `json:"morphology,omitempty"` // ICD-O-3 morphology with behaviour
	Site       *Code       `json:"site,omitempty"`       // finding site
	Organ      string      `json:"organ,omitempty"`      // one of Slide.Organs
	Threshold  float64     `json:"threshold,omitempty"`  // proposed at or above
	Unsure     *[2]float64 `json:"unsure,omitempty"`     // [low, high): unsure inside; low <= threshold <= high
	Colour     string      `json:"colour,omitempty"`     // #rrggbb, for maps
}

// DICOM is how the model is named in DICOM objects (TID 4019).
type DICOM struct {
	AlgorithmName    string `json:"algorithm_name"`
	AlgorithmVersion string `json:"algorithm_version"`
	AlgorithmFamily  *Code  `json:"algorithm_family,omitempty"`
}

// Evidence is what was measured. Every number comes from the training script's
// metrics.json.
type Evidence struct {
	Summary       Text       `json:"summary"`
	Split         string     `json:"split"` // how train, validation and test were kept apart
	Populations   []string   `json:"populations"`
	Train         Count      `json:"train"`
	Validation    Count      `json:"validation"`
	Test          Count      `json:"test"`
	Metrics       []Metric   `json:"metrics"`
	Prevalence    *float64   `json:"prevalence,omitempty"` // share of positives in the test set
	KnownFailures []Text     `json:"known_failures"`
	Operating     *Operating `json:"operating_point,omitempty"`
}

// Count is how many images from how many people or source groups.
type Count struct {
	Images int `json:"images"`
	Groups int `json:"groups"`
}

// Metric is one measured value with its 95 % confidence interval.
type Metric struct {
	Name  string  `json:"name"` // auc, accuracy, sensitivity, specificity, recall:<class>, ...
	Set   string  `json:"set"`  // test, or the name of an outside set
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
	N     int     `json:"n"`
}

// Operating is the operating point that the thresholds were chosen for.
type Operating struct {
	ChosenOn  string  `json:"chosen_on"` // validation
	Threshold float64 `json:"threshold"`
	Rule      string  `json:"rule"`
}

// Resource is what a run costs.
type Resource struct {
	MemoryMiB int     `json:"memory_mib"`
	Seconds   float64 `json:"seconds"` // measured, one image or one patch
	CPU       string  `json:"cpu"`     // on which this was measured
}

// Tests are the reference cases run by Verify.
type Tests struct {
	Cases      string `json:"cases"`      // test/cases.json: session input -> output
	Preprocess string `json:"preprocess"` // test/preprocess.json: pixels -> tensor
}
