package report

import (
	"strings"
	"unicode"
)

// Marks that may not begin a line, and marks that may not end one (GB/T 15834,
// 5.1; W3C clreq 3.1.2).
const (
	notFirst = ",。、;:!?)]}》〉】〕』」”’…—·%‰℃°,.;:!?~/²³"
	notLast  = "([{《〈【〔『「“‘$¥#"
)

// wrap breaks a text into lines no wider than width: between Han characters
// anywhere but at the marks above, otherwise at spaces; a word longer than a
// line is broken where the line ends. Nothing is lost but spaces at the end of
// a line.
func wrap(text string, width float64, measure func(string) float64) []string {
	var lines []string
	for _, paragraph := range strings.Split(text, "\n") {
		line, used := "", 0.0
		for _, piece := range pieces(paragraph) {
			ink := measure(strings.TrimRight(piece, " "))
			if used+ink > width && line != "" {
				lines = append(lines, strings.TrimRight(line, " "))
				line, used = "", 0
				piece = strings.TrimLeft(piece, " ")
			}
			for ink > width && piece != "" { // wider than the line, which is empty here
				head := fit(piece, width, measure)
				lines = append(lines, strings.TrimRight(head, " "))
				piece, ink = piece[len(head):], ink-measure(head)
			}
			line, used = line+piece, used+measure(piece)
		}
		lines = append(lines, strings.TrimRight(line, " "))
	}
	return lines
}

// fit is the longest beginning of s that is no wider than width, at least one
// character.
func fit(s string, width float64, measure func(string) float64) string {
	used := 0.0
	for i, r := range s {
		used += measure(string(r))
		if i > 0 && used > width {
			return s[:i]
		}
	}
	return s
}

// pieces splits a paragraph where a line may break: each piece goes onto a line
// as a whole.
func pieces(s string) []string {
	var out []string
	from := 0
	var last rune
	for i, r := range s {
		if i > from && mayBreak(last, r) {
			out, from = append(out, s[from:i]), i
		}
		last = r
	}
	if from < len(s) {
		out = append(out, s[from:])
	}
	return out
}

func mayBreak(before, after rune) bool {
	switch {
	case after == ' ':
		return false // spaces stay at the end of what they follow
	case strings.ContainsRune(notFirst, after) || strings.ContainsRune(notLast, before):
		return false
	case before == ' ':
		return true
	}
	return wide(before) || wide(after)
}

// wide reports a character between which and any other a line may break.
func wide(r rune) bool {
	return unicode.Is(unicode.Han, r) || r >= 0x3000 && r <= 0x30ff || r >= 0xff00 && r <= 0xffef || r == '□'
}
