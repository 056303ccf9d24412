package inference

import (
	"longying/imaging"
	"longying/models"
)

// Chosen is the instance of a series that Fits judged and that the model is to
// be given, nil where there is none.
func Chosen(card *models.Card, series *imaging.Series, given Given) *imaging.Instance {
	inst, reason := chosen(card, series, given)
	if reason != nil {
		return nil
	}
	return inst
}
