package inference

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"longying/imaging"
	"longying/models"
)

// scaleTolerance is how far a slide's micrometres per pixel may be from the
// card's, as a share of the card's, where the card does not say.
const scaleTolerance = 0.10

// slideFits checks scale and organ. A card of unknown scale has no check here:
// it runs on marked regions only (see regionFits) and is always amber.
func slideFits(card *models.Card, slide *imaging.Slide, given Given) *Reason {
	if want := card.Slide.MicrometresPerPixel; want > 0 {
		found := slide.MicrometresPerPixel
		if !(found > 0) {
			return because(ReasonScaleUnknown)
		}
		tolerance := card.Slide.ScaleTolerance
		if tolerance == 0 {
			tolerance = scaleTolerance
		}
		if math.Abs(found-want) > tolerance*want {
			return because(ReasonScale, fmt.Sprintf("%.3g", found), fmt.Sprintf("%.3g", want))
		}
	}
	_, reason := specimenOrgan(card, slide, given)
	return reason
}

// specimenOrgan is the organ whose classes may be named, as the card spells it.
// The pathologist's word goes before the header's; where the header names another
// organ that the card knows, the two contradict each other and the model is
// refused. A header says "Lung structure", SNOMED CT's term for the body
// structure, where a card says "lung".
func specimenOrgan(card *models.Card, slide *imaging.Slide, given Given) (string, *Reason) {
	known := card.Slide.Organs
	find := func(organ string) string {
		organ = strings.TrimSuffix(strings.ToLower(strings.TrimSpace(organ)), " structure")
		i := slices.IndexFunc(known, func(k string) bool { return strings.EqualFold(k, organ) })
		if i < 0 {
			return ""
		}
		return known[i]
	}
	var header string
	if slide != nil {
		header = strings.TrimSpace(slide.Organ)
	}
	stated := strings.TrimSpace(given.Organ)
	if stated == "" {
		stated = header
	}
	if stated == "" {
		return "", because(ReasonOrganMissing, list(known))
	}
	organ := find(stated)
	if organ == "" {
		return "", because(ReasonOrgan, stated, list(known))
	}
	if h := find(header); h != "" && h != organ {
		return "", because(ReasonOrgan, organ+" / "+h, list(known))
	}
	return organ, nil
}
