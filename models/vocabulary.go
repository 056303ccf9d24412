package models

import (
	"regexp"
	"slices"
)

// Tasks lists the tasks a card may name.
func Tasks() []Task {
	return []Task{TaskClassification, TaskRegion, TaskSlideTyping, TaskDetection, TaskSegmentation}
}

// OutputKinds lists what an output may hold.
func OutputKinds() []OutputKind {
	return []OutputKind{
		OutputProbabilities, OutputLogits, OutputActivationMap, OutputBoxes, OutputScores, OutputLabels,
		OutputSegmentation, OutputMeasurement, OutputEmbedding,
	}
}

// Activations lists what turns an output into probabilities: none (they are),
// softmax over the classes, sigmoid of each, or argmax: the values are the labels
// themselves, as whole numbers (segmentation only).
func Activations() []string { return []string{"none", "softmax", "sigmoid", "argmax"} }

// BoxFormats lists the orders of the four numbers of a box.
func BoxFormats() []string { return []string{"xyxy", "cxcywh"} }

// BoxUnits lists what a box is measured in.
func BoxUnits() []string { return []string{"normalised", "pixels"} }

// Aggregations lists how tissue patches make the answer for a slide: the mean
// probability over them, the mean of the k largest of each class, or a second
// ONNX file over their embeddings.
func Aggregations() []string { return []string{"mean", "top-k", "attention"} }

// ContrastRules lists what a card may say of contrast medium (0018,0010).
func ContrastRules() []string { return []string{"required", "forbidden", "any"} }

// Sexes lists the values of (0010,0040) that a card may name.
func Sexes() []string { return []string{"M", "F", "O"} }

// TensorTypes lists the element types of the ONNX input.
func TensorTypes() []string { return []string{"float32", "uint8", "int64", "float16"} }

// Orders lists the layouts of a tensor. D runs along the slices, H along the rows
// of an image (downwards), W along its columns.
func Orders() []string { return []string{"NCHW", "NHWC", "NCDHW", "NDHWC"} }

func volumetric(order string) bool { return order == "NCDHW" || order == "NDHWC" }

// Units lists the UCUM units a measurement may have.
func Units() []string {
	return []string{
		"1", "%", "mm", "cm", "um", "mm2", "cm2", "um2", "mm3", "cm3", "mL", "L", "mL/m2",
		"[hnsf'U]", "g/cm3", "mg/cm3", "g", "kg", "kg/m2", "deg",
		"ms", "s", "min", "h", "d", "wk", "mo", "a", "/min", "/mm2", "Hz",
		"mm/s", "cm/s", "m/s", "mL/s", "mL/min", "mm[Hg]", "Bq/mL", "kBq/mL", "{SUVbw}g/mL",
	}
}

// CodeSchemes lists the coding scheme designators (PS3.16 8) a card may use,
// besides private ones, which begin with 99.
func CodeSchemes() []string {
	return []string{"DCM", "SCT", "ICD-O-3", "ICD-10", "LN", "UCUM", "RADLEX"}
}

func knownScheme(s string) bool {
	return slices.Contains(CodeSchemes(), s) || regexp.MustCompile(`^99[A-Z0-9_]{1,14}$`).MatchString(s)
}

// codePattern is what the values of a scheme look like; "" where that is not
// checked.
func codePattern(scheme string) string {
	switch scheme {
	case "DCM":
		return `^[0-9]{6}$`
	case "SCT":
		return `^[1-9][0-9]{5,17}$`
	case "LN":
		return `^[0-9]{1,7}-[0-9]$`
	case "ICD-O-3":
		return `^(C[0-9]{2}(\.[0-9])?|[0-9]{4}/[0-9]|[1-9])$`
	case "ICD-10":
		return `^[A-Z][0-9]{2}(\.[0-9A-Z]{1,4})?$`
	case "RADLEX":
		return `^RID[0-9]+$`
	}
	return ""
}
