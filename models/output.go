package models

// OutputKind says what an ONNX output holds.
type OutputKind string

// The kinds of output; see OutputKinds. N is the batch.
const (
	OutputProbabilities OutputKind = "probabilities"  // [N, classes], each 0..1
	OutputLogits        OutputKind = "logits"         // [N, classes], before the activation
	OutputActivationMap OutputKind = "activation-map" // [N, 1, h, w], larger = more, no unit
	OutputBoxes         OutputKind = "boxes"          // [N, boxes, 4], see Detection
	OutputScores        OutputKind = "scores"         // [N, boxes, classes], or [N, boxes] beside labels
	OutputLabels        OutputKind = "labels"         // [N, boxes], the index of a class
	OutputSegmentation  OutputKind = "segmentation"   // [N, channels, (d,) h, w], or [N, (1,) (d,) h, w] labels; channels last where the input has them last
	OutputMeasurement   OutputKind = "measurement"    // [N, measurements]
	OutputEmbedding     OutputKind = "embedding"      // [N, length], the input of a second ONNX file
)

// Output is one ONNX output. Which keys belong to which kind is stated at each.
type Output struct {
	Name         string        `json:"name"`
	Kind         OutputKind    `json:"kind"`
	Exclusive    bool          `json:"exclusive"`              // probabilities of one sample sum to 1
	Activation   string        `json:"activation,omitempty"`   // one of Activations; required for logits, segmentation and embedding, allowed for scores
	Temperature  float64       `json:"temperature,omitempty"`  // logits and embedding: they are divided by it before the activation; 0 is 1
	Classes      []Class       `json:"classes,omitempty"`      // probabilities, logits, segmentation, embedding, and the first scores
	ForClass     string        `json:"for_class,omitempty"`    // activation map: the class it explains
	BoxFraction  float64       `json:"box_fraction,omitempty"` // activation map: box = where the map is at least this share of its maximum
	UnsureBelow  float64       `json:"unsure_below,omitempty"`
	UnsureGap    float64       `json:"unsure_margin,omitempty"`
	OnlyIf       string        `json:"only_if,omitempty"`      // probabilities, logits, measurement: judged only where this class of an output before it is proposed; else nothing is said
	Occlusion    *Occlusion    `json:"occlusion,omitempty"`    // probabilities and logits of an image: how the place that a class rests on is found
	Group        string        `json:"group,omitempty"`        // boxes, scores, labels: which belong together, one group for each scale
	Measurements []Measurement `json:"measurements,omitempty"` // measurement: one for each column
	Head         *Head         `json:"head,omitempty"`         // embedding
}

// Class is one class of an output.
type Class struct {
	Key        string      `json:"key"`
	Label      Text        `json:"label"`
	Proposes   bool        `json:"proposes"`        // false: a background class ("no pneumonia pattern"), never proposed as a finding
	Index      *int        `json:"index,omitempty"` // segmentation and detection: its channel, column or label; elsewhere the place in the list counts
	Code       *Code       `json:"code,omitempty"`
	Topography *Code       `json:"topography,omitempty"` // ICD-O-3 topography
	Morphology *Code       `json:"morphology,omitempty"` // ICD-O-3 morphology with behaviour
	Grade      *Code       `json:"grade,omitempty"`      // ICD-O-3 histological grade, the 6th digit
	Site       *Code       `json:"site,omitempty"`       // finding site
	Organ      string      `json:"organ,omitempty"`      // one of Slide.Organs
	Threshold  float64     `json:"threshold,omitempty"`  // proposed at or above; segmentation: a pixel belongs to it at or above, and of exclusive classes only where it is the largest
	Unsure     *[2]float64 `json:"unsure,omitempty"`     // [low, high): unsure inside; low <= threshold <= high; segmentation: of the largest probability of all pixels
	Colour     string      `json:"colour,omitempty"`     // #rrggbb, for maps
	Segment    *Segment    `json:"segment,omitempty"`    // segmentation, required where the class proposes
	After      *After      `json:"post_processing,omitempty"`
}

// Occlusion is a map of how far the probability of a class falls when a square of
// the tensor is covered (Zeiler and Fergus, ECCV 2014). Squares begin every step
// pixels, the last of each axis set back to end with the tensor; each pixel has
// the mean fall of the squares that cover it. It costs one run for each square,
// and is made only for a class that is proposed or unsure.
type Occlusion struct {
	Size        int     `json:"size"`         // side of the square, pixels of the tensor
	Step        int     `json:"step"`         // 1..size
	Value       float64 `json:"value"`        // that covers it, in all channels of the tensor
	BoxFraction float64 `json:"box_fraction"` // the box is where the map is at least this share of its maximum
}

// Segment is how a class is named in a DICOM Segmentation (PS3.3 C.8.20.4).
type Segment struct {
	Category Code `json:"category"` // (0062,0003) Segmented Property Category
	Type     Code `json:"type"`     // (0062,000F) Segmented Property Type
}

// After is what is done to the mask of one class, in the order of the keys.
// Neighbours share a face (a side in 2D). 0 and false do nothing.
type After struct {
	LargestComponent bool    `json:"largest_component,omitempty"` // the component of most pixels stays; of equal ones that of the first pixel in memory
	FillHoles        bool    `json:"fill_holes,omitempty"`        // background that does not reach the border becomes mask; a volume in 3D
	MinimumML        float64 `json:"minimum_ml,omitempty"`        // components of a volume below this are removed, mL
	MinimumMM2       float64 `json:"minimum_mm2,omitempty"`       // components of an image below this are removed, mm²
}

// Detection is how the outputs of kind boxes, scores and labels are read. Groups
// (scales) are put together before boxes are suppressed.
type Detection struct {
	BoxFormat      string  `json:"box_format"`      // one of BoxFormats: x0 y0 x1 y1, or centre and size
	BoxUnit        string  `json:"box_unit"`        // one of BoxUnits: 0..1 of the tensor's width and height, or its pixels, (0,0) the outer corner of the first
	ScoreThreshold float64 `json:"score_threshold"` // boxes below are dropped first; not above the threshold of any class
	NMSIoU         float64 `json:"nms_iou"`         // of two boxes of one class whose intersection over union is above, that of the lower score is dropped; 1: none
	MaximumBoxes   int     `json:"maximum_boxes"`   // the best of them, after that; 1..1000
}

// Measurement is one column of a measurement output: value*scale + offset in the
// unit.
type Measurement struct {
	Key       string  `json:"key"`
	Label     Text    `json:"label"`
	Code      Code    `json:"code"` // the concept, e.g. DCM or LN
	Unit      string  `json:"unit"` // one of Units
	Scale     float64 `json:"scale"`
	Offset    float64 `json:"offset"`
	Plausible *Range  `json:"plausible,omitempty"` // a value outside is refused
}

// Head is the second ONNX file, which pools the embeddings of all patches into
// the logits or probabilities of the classes of its output: [1, classes], with
// that output's activation.
type Head struct {
	File      string  `json:"file"`                // HeadFile
	SHA256    string  `json:"sha256"`              // lower-case hex
	Opset     int     `json:"opset"`               //
	Input     string  `json:"input"`               // float32
	Shape     []int64 `json:"shape"`               // of the input: [-1, length] or [1, -1, length], -1 the patches
	Output    string  `json:"output"`              //
	Attention string  `json:"attention,omitempty"` // an output with one weight for each patch, for the map
}

// Head is the card's second ONNX file, nil where it has none.
func (c *Card) Head() *Head {
	for i := range c.Outputs {
		if h := c.Outputs[i].Head; h != nil {
			return h
		}
	}
	return nil
}
