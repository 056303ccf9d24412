package inference

import (
	"context"
	"strings"
	"testing"

	"longying/models"
)

// What a card may say is more than what this version does. Each such demand
// refuses the model before anything runs.
func TestADemandThatThisVersionDoesNotMeetRefusesTheModel(t *testing.T) {
	text := func(s string) *string { return &s }
	size, no := 4, false
	for want, change := range map[string]func(*models.Card){
		"segmentation":       func(c *models.Card) { c.Task = models.TaskSegmentation },
		"input.sex":          func(c *models.Card) { c.Input.Sex = []string{"F"} },
		"spacing_mm":         func(c *models.Card) { c.Input.Spacing = &models.Range{Min: 1, Max: 2} },
		"slice_thickness_mm": func(c *models.Card) { c.Input.SliceThickness = &models.Range{Min: 1, Max: 2} },
		"input.contrast":     func(c *models.Card) { c.Input.Contrast = "required" },
		"input.frames":       func(c *models.Card) { c.Input.Frames = &models.IntRange{Min: 1, Max: 20} },
		"input.slices":       func(c *models.Card) { c.Input.Slices = &models.IntRange{Min: 20, Max: 300} },
		"sliding_window":     func(c *models.Card) { c.Input.SlidingWindow = &models.SlidingWindow{} },
		"statistics":         func(c *models.Card) { c.Input.Statistics = &models.Statistics{} },
		"tensor.values":      func(c *models.Card) { c.Input.Tensor.Values = &models.Range{Max: 1} },
		"tensor.type":        func(c *models.Card) { c.Input.Tensor.Type = "uint8" },
		"logits":             func(c *models.Card) { c.Outputs = []models.Output{{Name: "o", Kind: models.OutputLogits}} },
		"measurement":        func(c *models.Card) { c.Outputs = []models.Output{{Name: "o", Kind: models.OutputMeasurement}} },
		"resize": func(c *models.Card) {
			c.Input.Preprocess = []models.Step{{Name: "resize", Width: &size, Height: &size, Interpolation: text("bilinear"), Antialias: &no}}
		},
		"z-score": func(c *models.Card) { c.Input.Preprocess = []models.Step{{Name: "z-score", Mask: text("nonzero")}} },
		"NCDHW":   func(c *models.Card) { c.Input.Preprocess = []models.Step{{Name: "layout", Order: text("NCDHW")}} },
	} {
		card := filmCard()
		study, series := film()
		if r := Fits(card, study, series, Given{}); r != nil {
			t.Fatal(r)
		}
		change(card)
		r := Fits(card, study, series, Given{})
		if r == nil || r.Code != ReasonUnsupported || !strings.Contains(r.String(), want) {
			t.Errorf("%s: got %v", want, r)
		}
	}
	pooled := slideCard()
	pooled.Slide.Aggregation = "top-k"
	study, series := slide()
	if r := Fits(pooled, study, series, Given{Region: region(100, 100, 300, 200)}); r == nil || r.Code != ReasonUnsupported || !strings.Contains(r.String(), "top-k") {
		t.Errorf("top-k: got %v", r)
	}
}

// A step that has a name but no arithmetic here, or a form of one, is an error of
// that step.
func TestAStepThatIsNotComputedYetIsAnErrorOfThatStep(t *testing.T) {
	for name, step := range map[string]string{
		"resize":  `{"step":"resize","width":2,"height":2,"interpolation":"nearest","antialias":false}`,
		"z-score": `{"step":"z-score","mask":"nonzero"}`,
		"pad":     `{"step":"pad","width":9,"height":9,"value":0,"place":"centre"}`,
		"window":  `{"step":"window","window_center":40,"window_width":400,"low":0,"high":1}`,
	} {
		_, err := Preprocess(context.Background(), Image{Frame: grey(1, 3, 1, 2, 3)}, steps(t, values, step, layout))
		if err == nil || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), "not known to this version") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
