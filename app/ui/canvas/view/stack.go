package view

import (
	"fmt"
	"strconv"
	"strings"

	"longying/app/ui/lang"
	"longying/imaging"
	"longying/imaging/volume"
)

// StackName is what sets a stack apart from the others of its series, in words;
// empty where there is no other.
func StackName(l *lang.Strings, s *volume.Stack) string {
	var parts []string
	for _, p := range s.Parts {
		if w := partWords(l, s, p); w != "" {
			parts = append(parts, w)
		}
	}
	return strings.Join(parts, " · ")
}

// partWords is empty for the part that needs no name: what is no localizer, what
// has a position.
func partWords(l *lang.Strings, s *volume.Stack, p volume.Part) string {
	value := p.Value
	count := fmt.Sprintf("%d/%d", p.Index, p.Count)
	switch p.By {
	case volume.ByLocalizer:
		if !s.Localizer {
			return ""
		}
		return l.T("stack.localizer")
	case volume.ByPosition:
		if len(s.Slices) > 0 && s.Slices[0].Plane() != nil {
			return ""
		}
		return l.T("stack.position")
	case volume.ByMatrix:
		if len(s.Slices) > 0 {
			if space := s.Slices[0].Instance.Frame(s.Slices[0].Frame).Space; space.Known() {
				value += "  " + number(space.ColumnMM) + " × " + number(space.RowMM) + " mm"
			}
		}
	case volume.ByOrientation:
		if len(s.Slices) > 0 {
			if plane := s.Slices[0].Plane(); plane != nil {
				return l.T(lang.Key("stack."+PlaneName(plane))) + " " + count
			}
		}
	case volume.ByFrameOfReference, volume.ByDirection, volume.ByTrigger, volume.ByTime, volume.ByRepeat:
		value = count // a UID or a time says nothing to people
	case volume.ByBValue:
		if value == "" {
			return l.T("stack.no_b_value")
		}
	case volume.ByPhase, volume.ByAcquisition:
		if value == "0" {
			value = count
		}
	}
	if value == "" {
		value = count
	}
	return l.T(lang.Key("stack."+string(p.By)), value)
}

// PlaneName is what a picture's plane is nearest to.
func PlaneName(p *imaging.Plane) string {
	n := p.Normal()
	x, y, z := abs(n[0]), abs(n[1]), abs(n[2])
	switch {
	case z >= x && z >= y:
		return "axial"
	case y >= x:
		return "coronal"
	}
	return "sagittal"
}

func abs(x float64) float64 { return max(x, -x) }

// Warnings are what a reader must not overlook in a stack, in words: what is so
// throughout first, then what is at slice at, from 0, then the rest; at most
// most lines, the last of which says how many more there are.
func Warnings(l *lang.Strings, s *volume.Stack, at, most int) []string {
	var whole, here, rest []string
	for _, i := range s.Geometry.Warnings() {
		w := IrregularWords(l, i)
		switch {
		case i.Kind == volume.GantryTilt, i.Kind == volume.TiltOnlyInWords, i.Kind == volume.Orientations, i.Kind == volume.HeaderSpacing:
			whole = append(whole, w)
		case i.First <= at+1 && at+1 <= i.Last:
			here = append(here, w)
		default:
			rest = append(rest, w)
		}
	}
	out := append(append(whole, here...), rest...)
	if len(out) > most {
		more := len(out) - most + 1
		out = append(out[:most-1:most-1], l.T("canvas.more_warnings", more))
	}
	return out
}

// IrregularWords is an irregularity in words.
func IrregularWords(l *lang.Strings, i volume.Irregularity) string {
	w := l.T(lang.Key("irregular."+string(i.Kind)), i.First, i.Last, i.Count, millimetres(i.MM), millimetres(i.Expected))
	return strings.ReplaceAll(w, " mm", "\u00a0mm") // a line never ends between a number and its unit
}

// millimetres are given to a hundredth, degrees too.
func millimetres(x float64) string {
	return strconv.FormatFloat(float64(int64(x*100+0.5))/100, 'f', -1, 64)
}
