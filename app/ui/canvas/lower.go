package canvas

import "strings"

// cornerGap is the room between words and the edge of a viewport, and between words
// beside each other.
const cornerGap = 6

// lower is what stands in the two lower corners of a viewport and between them, so
// that no line lies on another.
type lower struct {
	right  []string // of what is said at the right, what has room
	raised int      // rows that the left corner's words stand above the edge
	letter int      // rows that the letter of the lower edge stands above it
}

// fitLower finds the room: long lines at the right are broken; where a line would
// still meet one at the left, the left ones, which name the window, go up; where
// there are not so many rows, lines at the right are left out. The letter of the
// edge goes up beside whatever leaves it room. measure is the width of a line.
func fitLower(left, right []string, letter, width float32, rows int, measure func(string) float32) lower {
	var out lower
	for _, line := range right {
		out.right = append(out.right, breakTo(line, width-2*cornerGap, measure)...)
	}
	meets := func(l, r []string, raised int) bool {
		for k := range l { // counted from the edge
			if at := k + raised; at < len(r) && measure(l[len(l)-1-k])+measure(r[len(r)-1-at])+3*cornerGap > width {
				return true
			}
		}
		return false
	}
	for meets(left, out.right, out.raised) {
		out.raised++
	}
	if len(left)+out.raised > rows {
		out.raised = 0
		var kept []string // in their order, from the edge up
		for k := len(out.right) - 1; k >= 0; k-- {
			if with := append([]string{out.right[k]}, kept...); len(with) <= rows && !meets(left, with, 0) {
				kept = with
			}
		}
		out.right = kept
	}
	free := func(row int) bool {
		for words, above := range map[*[]string]int{&left: out.raised, &out.right: 0} {
			if k := row - above; k >= 0 && k < len(*words) && 2*cornerGap+measure((*words)[len(*words)-1-k]) > (width-letter)/2 {
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
