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
			w := measure(piece)
			if used+measure(strings.TrimRight(piece, " ")) > width && line != "" {
				lines = append(lines, strings.TrimRight(line, " "))
				line, used = "", 0
				piece = strings.TrimLeft(piece, " ")
				w = measure(piece)
			}
			for w > width { // a single piece wider than the line
				head := fit(piece, width, measure)
				lines = append(lines, head)
				piece = piece[len(head):]
				w = measure(piece)
			}
			line, used = line+piece, used+w
		}
		lines = append(lines, strings.TrimRight(line, " "))
	}
	return lines
}

// fit is the longest beginning of s that is no wider than width, at least one
// character.
func fit(s string, width float64, measure func(string) float64) string {
	end := 0
	for i, r := range s {
		next := i + len(string(r))
		if end > 0 && measure(s[:next]) > width {
			break
		}
		end = next
	}
	return s[:end]
}

// pieces splits a paragraph where a line may break: each piece goes onto a line
// as a whole.
func pieces(s string) []string {
	var out []string
	piece := ""
	var last rune
	for _, r := range s {
		if piece != "" && mayBreak(last, r) {
			out = append(out, piece)
			piece = ""
		}
		piece += string(r)
		last = r
	}
	if piece != "" {
		out = append(out, piece)
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
