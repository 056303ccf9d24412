package inference

import (
	"strings"
	"testing"

	"longying/models"
)

// What a card may say is more than what this version does. Each such demand
// refuses the model before anything runs.
func TestADemandThatThisVersionDoesNotMeetRefusesTheModel(t *testing.T) {
	output := func(o models.Output) func(*models.Card) {
		return func(c *models.Card) { c.Outputs = []models.Output{o} }
	}
	volume := func(o models.Output) func(*models.Card) {
		return func(c *models.Card) { c.Input.Tensor.Order, c.Outputs = "NCDHW", []models.Output{o} }
	}
	window := func(o models.Output) func(*models.Card) {
		return func(c *models.Card) { c.Input.SlidingWindow, c.Outputs = &models.SlidingWindow{}, []models.Output{o} }
	}
	for want, change := range map[string]func(*models.Card){
		"embedding":      output(models.Output{Name: "o", Kind: models.OutputEmbedding}),
		"activation-map": volume(models.Output{Name: "o", Kind: models.OutputActivationMap}),
		"boxes":          volume(models.Output{Name: "o", Kind: models.OutputBoxes}),
		"sliding_window": window(models.Output{Name: "o", Kind: models.OutputMeasurement}),
		"averaged":       window(models.Output{Name: "o", Kind: models.OutputSegmentation, Activation: "argmax"}),
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
	for want, change := range map[string]func(*models.Card){
		"statistics":    func(c *models.Card) { c.Input.Statistics = &models.Statistics{} },
		"tensor.values": func(c *models.Card) { c.Input.Tensor.Values = &models.Range{Max: 1} },
	} {
		card := slideCard()
		change(card)
		study, series := slide()
		if r := Fits(card, study, series, Given{Region: region(100, 100, 300, 200)}); r == nil || r.Code != ReasonUnsupported || !strings.Contains(r.String(), want) {
			t.Errorf("%s: got %v", want, r)
		}
	}
}
