package models

// Evidence is what was measured. Every number comes from the training script's
// metrics.json.
type Evidence struct {
	Summary       Text             `json:"summary"`
	Split         string           `json:"split"` // how train, validation and test were kept apart
	Populations   []string         `json:"populations"`
	Train         Count            `json:"train"`
	Validation    Count            `json:"validation"`
	Test          Count            `json:"test"`
	Metrics       []Metric         `json:"metrics"`
	Prevalence    *float64         `json:"prevalence,omitempty"` // share of positives in the test set
	KnownFailures []Text           `json:"known_failures"`
	Operating     *Operating       `json:"operating_point,omitempty"`
	Points        []OperatingPoint `json:"operating_points,omitempty"` // what a threshold gave, for each class and population
	Calibration   []Calibration    `json:"calibration,omitempty"`
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

// OperatingPoint is what one threshold of one class gave on one set.
type OperatingPoint struct {
	Class       string   `json:"class"` // key of a class
	Threshold   float64  `json:"threshold"`
	Set         string   `json:"set"`
	Population  string   `json:"population"` // who they were, or "unknown"
	Devices     []string `json:"devices"`    // makers and models; empty: unknown
	N           int      `json:"n"`
	Prevalence  float64  `json:"prevalence"` // share of the n with the class
	Sensitivity Estimate `json:"sensitivity"`
	Specificity Estimate `json:"specificity"`
}

// Estimate is a share with its 95 % confidence interval, 0..1.
type Estimate struct {
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

// Calibration is how far probabilities of one class, or of all classes of an
// exclusive output, can be taken at their word.
type Calibration struct {
	Class   string  `json:"class,omitempty"` // key of a class; "" for all
	Set     string  `json:"set"`
	N       int     `json:"n"`
	ECE     float64 `json:"ece"`               // expected calibration error, 0..1
	Brier   float64 `json:"brier"`             // Brier score, 0..2
	Picture string  `json:"picture,omitempty"` // PNG inside the package
}
