package records

import (
	"regexp"
	"slices"
	"strings"
)

// What became of a sentence between an earlier report and a later one.
const (
	SentenceSame    = "same"
	SentenceAdded   = "added"   // only in the later
	SentenceRemoved = "removed" // only in the earlier
	SentenceNumbers = "numbers" // the same words with other numbers
)

// SentenceChange is one sentence of two reports; Earlier or Later is empty where
// it stands in one alone.
type SentenceChange struct {
	Kind           string
	Earlier, Later string
}

// CompareReports lays two texts side by side, sentence by sentence, in an order
// that is both texts'. It compares words, not meaning: a sentence that says the
// same otherwise is removed and added.
func CompareReports(earlier, later string) []SentenceChange {
	a, b := sentencesOf(earlier), sentencesOf(later)
	// The longest common subsequence, from the end.
	long := make([][]int, len(a)+1)
	for i := range long {
		long[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if alike(a[i], b[j]) {
				long[i][j] = long[i+1][j+1] + 1
			} else {
				long[i][j] = max(long[i+1][j], long[i][j+1])
			}
		}
	}
	var out []SentenceChange
	var gone, come []string
	flush := func() {
		out = append(out, between(gone, come)...)
		gone, come = nil, nil
	}
	i, j := 0, 0
	for i < len(a) && j < len(b) {
		switch {
		case alike(a[i], b[j]):
			flush()
			out = append(out, SentenceChange{SentenceSame, a[i], b[j]})
			i, j = i+1, j+1
		case long[i+1][j] >= long[i][j+1]:
			gone = append(gone, a[i])
			i++
		default:
			come = append(come, b[j])
			j++
		}
	}
	gone, come = append(gone, a[i:]...), append(come, b[j:]...)
	flush()
	return out
}

// between pairs the sentences of a gap that differ in their numbers alone.
func between(gone, come []string) []SentenceChange {
	var out []SentenceChange
	used := make([]bool, len(come))
	for _, g := range gone {
		k := slices.IndexFunc(come, func(c string) bool { return worded(c) == worded(g) && worded(g) != bare(g) })
		for k >= 0 && used[k] {
			next := slices.IndexFunc(come[k+1:], func(c string) bool { return worded(c) == worded(g) })
			if next < 0 {
				k = -1
			} else {
				k += 1 + next
			}
		}
		if k < 0 {
			out = append(out, SentenceChange{Kind: SentenceRemoved, Earlier: g})
			continue
		}
		used[k] = true
		out = append(out, SentenceChange{SentenceNumbers, g, come[k]})
	}
	for k, c := range come {
		if !used[k] {
			out = append(out, SentenceChange{Kind: SentenceAdded, Later: c})
		}
	}
	return out
}

var numeral = regexp.MustCompile(`[0-9０-９]+(?:[.．][0-9０-９]+)?`)

// bare is a sentence without spaces and its closing mark.
func bare(s string) string {
	return strings.TrimRight(strings.Join(strings.Fields(s), ""), "。；;.!！?？")
}

// worded is a sentence with each number as a mark.
func worded(s string) string { return numeral.ReplaceAllString(bare(s), "#") }

func alike(a, b string) bool { return strings.EqualFold(bare(a), bare(b)) }

// sentencesOf cuts a text into sentences, each with its closing mark.
func sentencesOf(text string) []string {
	var out []string
	runes := []rune(text)
	from := 0
	for i, r := range runes {
		end := strings.ContainsRune("。；！？\n", r) ||
			strings.ContainsRune(".;!?", r) && (i+1 == len(runes) || runes[i+1] == ' ' || runes[i+1] == '\n')
		if end {
			if s := strings.TrimSpace(string(runes[from : i+1])); s != "" {
				out = append(out, s)
			}
			from = i + 1
		}
	}
	if s := strings.TrimSpace(string(runes[from:])); s != "" {
		out = append(out, s)
	}
	return out
}
