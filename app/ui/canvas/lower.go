package canvas

import (
	"slices"
	"strings"
)

// cornerGap is the room between words and the edge of a viewport, and between words
// beside each other.
const cornerGap = 6

// lower is what stands in the two lower corners of a viewport and between them, so
// that no line lies on another.
type lower struct {
	left, right []string // what has room
	raised      int      // rows that the left corner's words stand above the edge
	letter      int      // rows that the letter of the lower edge stands above it
}

// fitLower finds the room: long lines at the right are broken; where a line would
// still meet one at the left, the left ones, which name the window, go up; where
// there are not so many rows, what can be dispensed with is left out, the first of it
// first. The letter of the edge goes up beside whatever leaves it room. measure is
// the width of a line.
func fitLower(left, right, dispensable []string, letter, width float32, rows int, measure func(string) float32) lower {
	out := lower{left: slices.Clone(left)}
	right = slices.Clone(right)
	fits := func() bool {
		out.right = nil
		for _, line := range right {
			out.right = append(out.right, breakTo(line, width-2*cornerGap, measure)...)
		}
		out.raised = clearOf(fromEdge(out.right), fromEdge(out.left), width, measure)
		return len(out.left)+out.raised <= rows && len(out.right) <= rows
	}
	for _, line := range dispensable {
		if fits() {
			break
		}
		is := func(s string) bool { return s == line }
		out.left, right = slices.DeleteFunc(out.left, is), slices.DeleteFunc(right, is)
	}
	if !fits() {
		out.raised = 0
		var kept []string // in their order, from the edge up
		for k := len(out.right) - 1; k >= 0; k-- {
			if with := append([]string{out.right[k]}, kept...); len(with) <= rows && clearOf(fromEdge(with), fromEdge(out.left), width, measure) == 0 {
				kept = with
			}
		}
		out.right = kept
	}
	free := func(row int) bool {
		for _, x := range []struct {
			words []string
			above int
		}{{out.left, out.raised}, {out.right, 0}} {
			if k := row - x.above; k >= 0 && k < len(x.words) && 2*cornerGap+measure(x.words[len(x.words)-1-k]) > (width-letter)/2 {
				return false
			}
		}
		return true
	}
	for letter > 0 && out.letter < rows && !free(out.letter) {
		out.letter++
	}
	return out
}

func fromEdge(lines []string) []string {
	out := slices.Clone(lines)
	slices.Reverse(out)
	return out
}

// clearOf is by how many rows the lines of one corner go away from the edge so that
// none of them lies on one of the corner beside it, which stands. Both are counted
// from the edge.
func clearOf(stands, moves []string, width float32, measure func(string) float32) int {
	meets := func(by int) bool {
		for k, line := range moves {
			if at := k + by; at < len(stands) && measure(line)+measure(stands[at])+3*cornerGap > width {
				return true
			}
		}
		return false
	}
	by := 0
	for meets(by) {
		by++
	}
	return by
}

// breakTo breaks a line between words, of Chinese between characters, where it is
// wider than a width.
func breakTo(line string, width float32, measure func(string) float32) []string {
	var out []string
	for measure(line) > width {
		cut, space := 0, -1
		for at, r := range line {
			if at > 0 && measure(line[:at]) > width {
				break
			}
			if r == ' ' {
				space = at
			}
			if r > 0x2e80 {
				space = -1
			}
			cut = at
		}
		if space > 0 {
			cut = space
		}
		if cut == 0 {
			break
		}
		out = append(out, strings.TrimSpace(line[:cut]))
		line = strings.TrimSpace(line[cut:])
	}
	return append(out, line)
}
