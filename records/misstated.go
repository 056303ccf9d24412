package records

import (
	"math"
	"regexp"
)

// ContradictsValue is the code of a sentence that is linked to a measurement and
// does not say what that measured: its number was written over by hand.
const ContradictsValue = "measure_value"

// By what a value is named where a sentence says several of one measurement: the
// words before its number.
var (
	ofMean      = named(`(?:均值|平均|mean|average)(?:\s*(?:±|\+/-)\s*(?:标准差|sd))?`)
	ofDeviation = named(`±|\+/-|(?:^|[^±\s-])\s*(?:标准差|\bsd)`)
	ofLeast     = named(`最小|最低|(?:suv|\b)min(?:imum)?`)
	ofMost      = named(`最大|最高|(?:suv|\b)max(?:imum)?`)
	ofRatio     = named(`心胸比[例率]?|\bctr`)
	ofHeart     = named(`心脏?(?:最大)?横?径|\bheart`)
	ofChest     = named(`胸廓(?:最大)?[内横]*径|\bchest`)
)

func named(words string) *regexp.Regexp {
	return regexp.MustCompile(`(?:` + words + `)\s*(?:值|ct\s*值|密度|of|is|[:=约为是])*\s*[-负]?$`)
}

func nameOf(m Measurement) *regexp.Regexp {
	switch {
	case m.Derivation == Mean():
		return ofMean
	case m.Derivation == StandardDeviation():
		return ofDeviation
	case m.Derivation == Minimum():
		return ofLeast
	case m.Derivation == Maximum():
		return ofMost
	case m.Concept == conceptRatio():
		return ofRatio
	case m.Concept == conceptHeart():
		return ofHeart
	case m.Concept == conceptChest():
		return ofChest
	}
	return nil
}

// SaidIn reports whether a sentence says what was measured, in any unit of its
// kind, rounded as the sentence rounds it. Of several values some may be left
// unsaid; but one is said, and those that are said, by their name or as the only
// ones in their kind of unit, are right. Another amount beside it, as of an earlier
// study, takes nothing from that. Where the sentence is wrong, instead is the
// amount that it says; empty where it says none.
//
// It looks for numbers with units, not for meaning: of what the number is said
// the doctor reads.
func (a *Annotation) SaidIn(sentence string) (instead string, ok bool) {
	if len(a.Values) == 0 {
		return "", true // words, which are the doctor's to change
	}
	said := map[string]bool{} // kinds of units of which a value is said
	for _, m := range a.Values {
		name, right, wrong := nameOf(m), false, ""
		for _, x := range amounts(sentence, m.ownUnit()) {
			if !m.comparable(x) {
				continue
			}
			is := m.written(x)
			if is && m.Derivation != StandardDeviation() { // which alone says nothing
				said[m.kind()] = true
			}
			if name != nil && name.MatchString(x.head) {
				if right = right || is; wrong == "" {
					wrong = x.said
				}
			}
		}
		if wrong != "" && !right {
			return wrong, false
		}
	}
	for _, m := range a.Values {
		if said[m.kind()] {
			continue
		}
		for _, x := range amounts(sentence, m.ownUnit()) {
			if x.kind == m.kind() {
				return x.said, false
			}
		}
	}
	if len(said) > 0 {
		return "", true
	}
	for _, x := range amounts(sentence, "") { // the number in another kind of unit, or in none
		if instead = x.said; x.kind != "" {
			break
		}
	}
	return instead, false
}

// kind is the kind of unit that a value has.
func (m Measurement) kind() string {
	switch m.Unit {
	case UnitMicro:
		return isLength
	case UnitMicro2:
		return isArea
	}
	return m.Unit
}

// ownUnit is the unit of a value where amounts does not know it.
func (m Measurement) ownUnit() string {
	switch m.kind() {
	case isLength, isArea, isAngle, isHU, isSUV, isPixels, UnitNone:
		return ""
	}
	return m.Unit
}

// each is how many of its kind one of the value's unit is.
func (m Measurement) each() float64 {
	switch m.Unit {
	case UnitMicro:
		return 1e-3
	case UnitMicro2:
		return 1e-6
	}
	return 1
}

// comparable reports whether an amount can be this value: it has a unit of the
// kind, or none where the value needs none.
func (m Measurement) comparable(x amount) bool {
	switch {
	case m.Unit == UnitNone:
		return x.kind == "" || x.kind == isPart
	case m.ownUnit() != "":
		return x.kind == "" || x.kind == m.kind()
	}
	return x.kind == m.kind()
}

// coarsest is how far off a value may be that is rounded to more than one of its
// own unit: 21.3 mm is about 2 cm, 24.9 mm is not.
const coarsest = 0.1

// written reports whether a comparable amount is this value, rounded as the amount
// is; or as the program says it and then rounded.
func (m Measurement) written(x amount) bool {
	fine := m.each()
	if m.Concept == conceptRatio() {
		fine = 0.1
	}
	for _, v := range []float64{m.Value * m.each(), m.shown()} {
		off, room := math.Abs(x.value-v), 1e-9*math.Abs(v)
		if off <= x.last/2+room && (x.last <= fine+room || off <= coarsest*math.Abs(v)) {
			return true
		}
	}
	return false
}

// shown is the value with the digits that the program gives it.
func (m Measurement) shown() float64 {
	if as := amounts(quantity(m, "zh"), m.ownUnit()); len(as) > 0 { // behind the first are digits of the unit
		return as[0].value
	}
	return math.NaN()
}
