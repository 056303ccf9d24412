package inference

import (
	"fmt"
	"slices"
	"strings"

	"longying/imaging"
	"longying/models"
)

// Stated is what a person says of an attribute that the header does not have.
// Where the header has it, the header counts: a header that is wrong is to be
// corrected at its source, not talked over. What was stated is kept in the trace.
type Stated struct {
	BodyPart string `json:"body_part,omitempty"` // as (0018,0015)
	View     string `json:"view,omitempty"`      // as (0018,5101)
	Age      string `json:"age,omitempty"`       // as (0010,1010), e.g. 004Y
	Sex      string `json:"sex,omitempty"`       // M, F or O
	Contrast string `json:"contrast,omitempty"`  // yes or no
	Stain    string `json:"stain,omitempty"`     // of the specimen, e.g. HE
}

// IsZero reports that nothing was stated.
func (s Stated) IsZero() bool { return s == Stated{} }

// Set states an attribute by its JSON name. A value that the attribute cannot
// have is an error.
func (s *Stated) Set(name, value string) error {
	value = strings.TrimSpace(value)
	switch name {
	case "body_part":
		s.BodyPart = strings.ToUpper(value)
	case "view":
		s.View = strings.ToUpper(value)
	case "age":
		if _, err := imaging.ParseAge(value); err != nil {
			return err
		}
		s.Age = value
	case "sex":
		s.Sex = strings.ToUpper(value)
		if !slices.Contains(models.Sexes(), s.Sex) {
			return fmt.Errorf("sex %q is not one of %s", value, list(models.Sexes()))
		}
	case "contrast":
		s.Contrast = strings.ToLower(value)
		if s.Contrast != "yes" && s.Contrast != "no" {
			return fmt.Errorf("contrast %q is not yes or no", value)
		}
	case "stain":
		s.Stain = value
	default:
		return fmt.Errorf("%q cannot be stated; body_part, view, age, sex, contrast and stain can", name)
	}
	return nil
}

// AskedFor is the attribute that would have to be stated for a refusal to be
// lifted, by its JSON name, and the values that the card then takes (nil: any
// that the attribute can have). It is empty for every other reason.
func AskedFor(card *models.Card, code ReasonCode) (name string, values []string) {
	switch code {
	case ReasonBodyPartMissing:
		return "body_part", card.Input.BodyParts
	case ReasonViewMissing:
		return "view", card.Input.Views
	case ReasonAgeMissing:
		return "age", nil
	case ReasonSexMissing:
		return "sex", card.Input.Sex
	case ReasonContrastMissing:
		return "contrast", []string{"yes", "no"}
	case ReasonStainMissing:
		return "stain", []string{card.Slide.Stain}
	}
	return "", nil
}

// contrastFits checks the contrast medium. Contrast/Bolus Agent (0018,0010) that
// is absent does not say that none was given: many devices never fill it in.
func contrastFits(rule string, inst *imaging.Instance, stated string) *Reason {
	if rule != "required" && rule != "forbidden" {
		return nil
	}
	agent := strings.ToUpper(strings.Trim(inst.ContrastAgent, " \x00"))
	given := stated == "yes"
	switch agent {
	case "":
		if stated == "" {
			return because(ReasonContrastMissing)
		}
	case "NO", "NONE", "N", "无", "平扫":
		given = false
	default:
		given = true
	}
	switch {
	case rule == "required" && !given:
		return because(ReasonContrastNone)
	case rule == "forbidden" && given:
		return because(ReasonContrastGiven, or(strings.TrimSpace(inst.ContrastAgent), none))
	}
	return nil
}

// spacingFits checks the distances between pixel centres, both directions, and
// the slice thickness.
func spacingFits(in *models.Input, inst *imaging.Instance) *Reason {
	if r := in.Spacing; r != nil {
		if !inst.Space.Known() {
			return because(ReasonSpacingMissing, bounds(r))
		}
		for _, mm := range []float64{inst.Space.RowMM, inst.Space.ColumnMM} {
			if mm < r.Min || mm > r.Max {
				return because(ReasonSpacing, fmt.Sprintf("%.4g", mm), bounds(r))
			}
		}
	}
	if r := in.SliceThickness; r != nil {
		switch mm := inst.SliceThickness; {
		case !(mm > 0):
			return because(ReasonThicknessMissing, bounds(r))
		case mm < r.Min || mm > r.Max:
			return because(ReasonThickness, fmt.Sprintf("%.4g", mm), bounds(r))
		}
	}
	return nil
}

func bounds(r *models.Range) string { return fmt.Sprintf("%g–%g", r.Min, r.Max) }
