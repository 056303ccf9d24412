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

// The tasks a card may name; see Tasks.
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
	Schema    string     `json:"schema"` // SchemaVersion
	ID        string     `json:"id"`     // lower-case letters, digits and '-', the name of the folder
	Version   string     `json:"version"`
	Name      Text       `json:"name"`
	Maker     string     `json:"maker"`
	Authors   []string   `json:"authors"`
	Changelog []string   `json:"changelog"` // newest first
	Licence   Licence    `json:"licence"`
	File      File       `json:"file"`
	Task      Task       `json:"task"`
	Purpose   Purpose    `json:"purpose"`
	Input     Input      `json:"input"`
	Slide     *Slide     `json:"slide,omitempty"` // patches of a slide; required for region and slide-typing on slides
	Outputs   []Output   `json:"outputs"`
	Detection *Detection `json:"detection,omitempty"` // how boxes are read; required for detection
	DICOM     DICOM      `json:"dicom"`
	Evidence  Evidence   `json:"evidence"`
	Resources Resource   `json:"resources"`
	Tests     Tests      `json:"tests"`
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
	Modalities     []string       `json:"modalities"`                   // (0008,0060)
	BodyParts      []string       `json:"body_parts"`                   // (0018,0015), upper case
	Views          []string       `json:"views"`                        // (0018,5101)
	Photometric    []string       `json:"photometric"`                  // (0028,0004)
	AgeYears       *Range         `json:"age_years,omitempty"`          // both ends included, compared with completed years
	Sex            []string       `json:"sex,omitempty"`                // (0010,0040): M, F, O
	Spacing        *Range         `json:"spacing_mm,omitempty"`         // between pixel centres in the image plane, mm; each direction
	SliceThickness *Range         `json:"slice_thickness_mm,omitempty"` // (0018,0050), mm
	Contrast       string         `json:"contrast,omitempty"`           // one of ContrastRules; "" is any
	Frames         *IntRange      `json:"frames,omitempty"`             // of one image, each of which is asked about; none: exactly one
	Slices         *IntRange      `json:"slices,omitempty"`             // images of the series that make the volume; none: one image is taken
	MinRows        int            `json:"min_rows"`                     // smallest image accepted
	MinColumns     int            `json:"min_columns"`                  //
	Preprocess     []Step         `json:"preprocess"`                   // in order
	Tensor         TensorDef      `json:"tensor"`                       // what the session takes
	RegionCrop     *RegionCrop    `json:"region_crop,omitempty"`        // what the steps get; required for the task region on an image that is no slide, and only there
	SlidingWindow  *SlidingWindow `json:"sliding_window,omitempty"`     // the tensor is one window of what the steps make
	Statistics     *Statistics    `json:"statistics,omitempty"`         // of the tensor over the training images; beyond its bands the result is amber
	MaxAspect      float64        `json:"max_aspect,omitempty"`         // largest ratio of the longer to the shorter side; 0 = any
	MarkedRegion   bool           `json:"marked_region"`                // runs only on a region that a doctor marked
	AlwaysAmber    bool           `json:"always_amber"`                 // results are never better than amber
	AmberReason    *Text          `json:"amber_reason,omitempty"`       // why, shown with each result
	Reference      []string       `json:"reference,omitempty"`          // for people: what the images were like that it was trained on
}

// Range is a closed interval.
type Range struct {
	Min float64 `json:"min"`
	Max float64 `json:"max"`
}

// IntRange is a closed interval of whole numbers.
type IntRange struct {
	Min int `json:"min"`
	Max int `json:"max"`
}

// TensorDef is an ONNX input. In Shape -1 is the batch, and a side that the
// steps leave open.
type TensorDef struct {
	Name   string  `json:"name"`
	Shape  []int64 `json:"shape"`
	Order  string  `json:"order"`            // one of Orders, that of the last step
	Type   string  `json:"type,omitempty"`   // one of TensorTypes; "" is float32. Values are rounded half to even and must fit
	Values *Range  `json:"values,omitempty"` // every value lies here, else the image is refused
}

// RegionCrop is the part of an image that a region model is given, in pixels of
// the image: about the middle of the marked region, its first column
// floor((x0+x1)/2 - width/2 + 0.5), its first row likewise. The model is refused
// where that leaves the image, and where the marked region is larger.
type RegionCrop struct {
	Width  int `json:"width"`
	Height int `json:"height"`
}

// SlidingWindow is how a model of fixed size is moved over an image or volume
// that is larger: steps of size*(1-overlap), rounded down and at least 1, the last
// window of each axis set back to end with the image; a smaller image is padded
// at its end with the value 0. Where windows overlap, outputs are averaged with
// equal weights or, when Gaussian, with exp(-d²/2) where d is the distance from
// the middle of the window in units of size/8, for each axis.
type SlidingWindow struct {
	Size     []int   `json:"size"`    // height, width or depth, height, width
	Overlap  float64 `json:"overlap"` // share of the size, 0..0.9
	Gaussian bool    `json:"gaussian"`
}

// Statistics describe the tensor that the steps make of one image: mean and
// population standard deviation over all its values in float64, and its 1st, 50th
// and 99th percentile, interpolated linearly (numpy.percentile's default).
type Statistics struct {
	Mean Band `json:"mean"`
	Std  Band `json:"std"`
	P01  Band `json:"p01"`
	P50  Band `json:"p50"`
	P99  Band `json:"p99"`
}

// Band is the middle of one statistic over the training images, and the limits
// beyond which an image is unlike them.
type Band struct {
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

// Slide is how patches are taken from a slide.
type Slide struct {
	PatchPixels         int      `json:"patch_pixels"`          // side of a square patch
	MicrometresPerPixel float64  `json:"micrometres_per_pixel"` // 0 = unknown: marked region only, always amber
	Stain               string   `json:"stain"`                 // "HE"
	TissueFraction      float64  `json:"tissue_fraction"`       // least share of tissue in a patch, 0..1
	TissueSaturation    float64  `json:"tissue_saturation"`     // a pixel is tissue when its HSV saturation is at least this, 0..1
	Batch               int      `json:"batch"`
	ScaleTolerance      float64  `json:"scale_tolerance,omitempty"` // how far a slide's scale may be off, as a share of the card's; 0: 0.1
	Aggregation         string   `json:"aggregation"`               // one of Aggregations: how tissue patches make the slide's answer
	TopK                int      `json:"top_k,omitempty"`           // top-k: the k patches with the largest probability of each class are averaged
	Organs              []string `json:"organs"`                    // organs the model knows, see Class.Organ
}

// DICOM is how the model is named in DICOM objects (TID 4019).
type DICOM struct {
	AlgorithmName    string `json:"algorithm_name"`
	AlgorithmVersion string `json:"algorithm_version"`
	AlgorithmFamily  *Code  `json:"algorithm_family,omitempty"`
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
