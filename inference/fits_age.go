package inference

import (
	"fmt"
	"math"
	"strings"

	"longying/imaging"
	"longying/models"
)

// ageFits compares completed years with the card's range, both ends included.
// The age is the header's Patient's Age (0010,1010) where it is given, else
// birth date to study date. A malformed age is a refusal even when there is a
// birth date. Where both are given they may differ by one year at most, and both
// must be inside the range. What a person says counts only where the header has
// neither.
func ageFits(allowed *models.Range, study *imaging.Study, inst *imaging.Instance, said string) *Reason {
	if allowed == nil {
		return nil
	}
	low, high := fmt.Sprintf("%g", allowed.Min), fmt.Sprintf("%g", allowed.Max)
	stated, birth := ageAndBirth(study, inst)
	if stated == "" && birth == "" {
		stated = said
	}
	var years []int
	if stated != "" {
		age, err := imaging.ParseAge(stated)
		if err != nil {
			return because(ReasonAgeMalformed, stated, low, high)
		}
		years = append(years, int(math.Floor(age.Years())))
	}
	at := study.Date
	if at.IsZero() {
		at = inst.Study.Date
	}
	if birth != "" && !at.IsZero() {
		born, err := imaging.ParseDate(birth)
		switch {
		case err == nil && (len(years) > 0 || !born.After(at)):
			years = append(years, imaging.YearsBetween(born, at))
		case len(years) == 0:
			return because(ReasonAgeMalformed, birth, low, high)
		}
	}
	if len(years) == 0 {
		return because(ReasonAgeMissing, low, high)
	}
	if len(years) == 2 && (years[1] < 0 || years[0]-years[1] > 1 || years[1]-years[0] > 1) {
		return because(ReasonAgeContradiction, stated, fmt.Sprint(years[1]))
	}
	for _, y := range years {
		if float64(y) < allowed.Min || float64(y) > allowed.Max {
			return because(ReasonAgeRange, fmt.Sprint(y), low, high)
		}
	}
	return nil
}

// ageAndBirth is the age and birth date of the instance's own header, or where
// that has neither, of the study's.
func ageAndBirth(study *imaging.Study, inst *imaging.Instance) (age, birth string) {
	trim := func(s string) string { return strings.Trim(s, " \x00") }
	age, birth = trim(inst.Patient.Age), trim(inst.Patient.BirthDate)
	if age == "" && birth == "" {
		return trim(study.Patient.Age), trim(study.Patient.BirthDate)
	}
	return age, birth
}
