package inference

import (
	"strings"
	"testing"

	"longying/models"
)

// What a card may say is more than what this version does. Each such demand
// refuses the model before anything runs.
func TestADemandThatThisVersionDoesNotMeetRefusesTheModel(t *testing.T) {
	for want, change := range map[string]func(*models.Card){
		"segmentation":   func(c *models.Card) { c.Task = models.TaskSegmentation },
		"input.frames":   func(c *models.Card) { c.Input.Frames = &models.IntRange{Min: 1, Max: 20} },
		"input.slices":   func(c *models.Card) { c.Input.Slices = &models.IntRange{Min: 20, Max: 300} },
		"sliding_window": func(c *models.Card) { c.Input.SlidingWindow = &models.SlidingWindow{} },
		"statistics":     func(c *models.Card) { c.Input.Statistics = &models.Statistics{} },
		"tensor.values":  func(c *models.Card) { c.Input.Tensor.Values = &models.Range{Max: 1} },
		"logits":         func(c *models.Card) { c.Outputs = []models.Output{{Name: "o", Kind: models.OutputLogits}} },
		"measurement":    func(c *models.Card) { c.Outputs = []models.Output{{Name: "o", Kind: models.OutputMeasurement}} },
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
