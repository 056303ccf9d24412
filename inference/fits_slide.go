package inference

import (
	"fmt"
	"slices"
	"strings"

	"longying/imaging"
	"longying/models"
)

// scaleTolerance is how far a slide's micrometres per pixel may be from the
// card's, as a share of the card's, where the card does not say.
const scaleTolerance = 0.10

func tolerance(card *models.Card) float64 {
	if t := card.Slide.ScaleTolerance; t > 0 {
		return t
	}
	return scaleTolerance
}

// slideFits checks scale, stain and organ. A card of unknown scale has no check here:
// it runs on marked regions only (see regionFits) and is always amber.
func slideFits(card *models.Card, slide *imaging.Slide, given Given) *Reason {
	if want := card.Slide.MicrometresPerPixel; want > 0 {
		found := slide.MicrometresPerPixel
		if !(found > 0) {
			return because(ReasonScaleUnknown)
		}
		// A finer slide is read at the card's scale; detail that a coarser one lacks
		// is never invented.
		if found > want*(1+tolerance(card)) {
			return because(ReasonScale, fmt.Sprintf("%.3g", found), fmt.Sprintf("%.3g", want))
		}
	}
	if reason := stainFits(card, slide, given); reason != nil {
		return reason
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

// stainFits compares the stains of the specimen with the card's. A slide that
// names none is asked about: an immunostain looks enough like H&E to a network to
// be typed, and wrongly.
func stainFits(card *models.Card, slide *imaging.Slide, given Given) *Reason {
	want := stainKey(card.Slide.Stain)
	if want == "" {
		return nil
	}
	found := strings.TrimSpace(slide.Stain)
	if found == "" {
		if found = given.Stated.Stain; found == "" {
			return because(ReasonStainMissing, card.Slide.Stain)
		}
	}
	if stainKey(found) != want {
		return because(ReasonStain, found, card.Slide.Stain)
	}
	return nil
}

// stainKey is a stain in one spelling: haematoxylin and eosin in any of theirs is
// HE, every other stain its letters in upper case.
func stainKey(stain string) string {
	letters := strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r > 127 {
			return r
		}
		return -1
	}, strings.ToUpper(stain))
	haematoxylin := strings.Contains(letters, "HEMATOXYLIN") || strings.Contains(letters, "HAEMATOXYLIN") || strings.Contains(letters, "苏木")
	eosin := strings.Contains(letters, "EOSIN") || strings.Contains(letters, "伊红")
	switch {
	case letters == "HE" || letters == "HESTAIN" || letters == "HE染色":
		return "HE"
	case haematoxylin && eosin:
		return "HE"
	}
	return letters
}
