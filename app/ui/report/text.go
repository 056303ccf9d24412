package report

import (
	"slices"
	"strings"
	"unicode"

	"longying/records"
)

// Line is one sentence of an editor: its text, the finding it came from, and
// whether the doctor has changed the generated wording.
type Line struct {
	records.Sentence
	Edited bool
}

// Linked reports whether the line speaks of a finding or a measurement.
func (l Line) Linked() bool { return l.FindingUID != "" || l.AnnotationUID != "" }

// Bound reports whether the line was made of a finding, a measurement or a coded
// field, and keeps its link while its words change.
func (l Line) Bound() bool { return l.Linked() || l.Field != "" }

// Text is one editor's text as sentences. It is a value: each change returns
// the next one, so an editor and a save in flight never share state.
type Text struct{ lines []Line }

// NewText takes stored sentences; generated is the wording that the program
// would write for the same findings now, by which "edited" is decided.
func NewText(stored, generated []records.Sentence) Text {
	lines := make([]Line, 0, len(stored))
	for _, s := range stored {
		if s.Text != "" {
			lines = append(lines, Line{Sentence: s, Edited: s.FindingUID != "" && s.Field == "" && differs(s, generated)})
		}
	}
	return Text{lines}
}

func differs(s records.Sentence, generated []records.Sentence) bool {
	for _, g := range generated {
		if g.FindingUID == s.FindingUID && g.FindingVersion == s.FindingVersion {
			return g.Text != s.Text
		}
	}
	return true
}

// Lines are the sentences in their order.
func (t Text) Lines() []Line { return t.lines }

// String is the text as the editor shows it.
func (t Text) String() string {
	var b strings.Builder
	for _, l := range t.lines {
		b.WriteString(l.Text)
	}
	return b.String()
}

// State puts the sentence of a measurement into the text: in place of the one
// that states the same measurement, else behind the line that holds the caret.
func (t Text) State(s records.Sentence, caret int) Text {
	lines := slices.Clone(t.lines)
	at, end := len(lines), 0
	for i, l := range lines {
		if l.AnnotationUID == s.AnnotationUID {
			lines[i] = Line{Sentence: s}
			return Text{lines}
		}
		end += len([]rune(l.Text))
		if at == len(lines) && caret > 0 && caret <= end {
			at = i + 1
		}
	}
	if at > 0 && !strings.ContainsAny(lastRune(lines[at-1].Text), "。！？；.!?;\n ") {
		s.Text = "\n" + s.Text // what stands before has no end
	}
	return Text{slices.Insert(lines, at, Line{Sentence: s})}
}

// Sentences is what is stored.
func (t Text) Sentences() []records.Sentence {
	out := make([]records.Sentence, len(t.lines))
	for i, l := range t.lines {
		out[i] = l.Sentence
	}
	return out
}

// At is the line that holds the caret at a rune offset: the one that begins
// before it and reaches it. ok is false in an empty text.
func (t Text) At(offset int) (line Line, ok bool) {
	at := 0
	for _, l := range t.lines {
		at += len([]rune(l.Text))
		if offset <= at {
			return l, true
		}
	}
	return Line{}, false
}

// Edit maps the text after one change by the doctor back to its sentences. A
// sentence that the change does not touch keeps its link; one whose text
// changes keeps its link and is marked edited; words between sentences, or in
// place of a sentence of which no word is left, are the doctor's own.
func (t Text) Edit(now string) Text {
	a, b, inserted := t.change([]rune(t.String()), []rune(now))
	if a == b && len(inserted) == 0 {
		return t
	}
	owner := t.owner(a, b)
	placed := owner >= 0 || len(inserted) == 0
	var out []Line
	at := 0
	for i, l := range t.lines {
		text := []rune(l.Text)
		start, end := at, at+len(text)
		at = end
		if !placed && start >= a {
			out = append(out, Line{Sentence: records.Sentence{Text: string(inserted)}})
			placed = true
		}
		head := string(text[:max(0, min(a, end)-start)])
		tail := string(text[min(len(text), max(0, b-start)):])
		kept := head + tail
		if i == owner {
			kept = head + string(inserted) + tail
		}
		switch {
		case kept == "":
			continue
		case kept == l.Text:
		case !strings.ContainsFunc(head+tail, unicode.IsLetter):
			l = Line{Sentence: records.Sentence{Text: kept}}
		default:
			l.Text, l.Edited = kept, l.Bound()
		}
		out = append(out, l)
	}
	if !placed {
		out = append(out, Line{Sentence: records.Sentence{Text: string(inserted)}})
	}
	return Text{join(out)}
}

// owner is the line that takes what was typed over [a,b), -1 for none of them.
func (t Text) owner(a, b int) int {
	at, before := 0, -1
	for i, l := range t.lines {
		start, end := at, at+len([]rune(l.Text))
		at = end
		switch {
		case start < a && a < end, start == a && a < b && b < end:
			return i
		case end == a:
			before = i
		case start == a && before < 0 && a == b && !l.Bound():
			return i
		}
	}
	if before >= 0 && open(t.lines[before]) {
		return before
	}
	return -1
}

// open reports whether words typed behind the line continue it.
func open(l Line) bool {
	if !l.Bound() {
		return true
	}
	return !strings.ContainsAny(lastRune(l.Text), "。！？；.!?;\n")
}

func lastRune(s string) string {
	r := []rune(s)
	if len(r) == 0 {
		return ""
	}
	return string(r[len(r)-1])
}

// join puts neighbouring own words together.
func join(lines []Line) []Line {
	var out []Line
	for _, l := range lines {
		if n := len(out); n > 0 && !l.Bound() && !out[n-1].Bound() {
			out[n-1].Text += l.Text
			continue
		}
		out = append(out, l)
	}
	return out
}

// change is the one replacement old[a:b] -> inserted that makes next. Where
// several would (a repeated phrase), the one that keeps whole sentences wins.
func (t Text) change(old, next []rune) (a, b int, inserted []rune) {
	for a < len(old) && a < len(next) && old[a] == next[a] {
		a++
	}
	tail := 0
	for tail < len(old)-a && tail < len(next)-a && old[len(old)-1-tail] == next[len(next)-1-tail] {
		tail++
	}
	b = len(old) - tail
	return t.slide(a, b, len(next)-tail, old, next)
}

// slide moves a pure insertion or deletion left over equal runes to a place
// that begins and ends between sentences, where there is one.
func (t Text) slide(a, b, c int, old, next []rune) (int, int, []rune) {
	border := map[int]bool{0: true}
	at := 0
	for _, l := range t.lines {
		at += len([]rune(l.Text))
		border[at] = true
	}
	for x, y, z := a, b, c; x == y || x == z; x, y, z = x-1, y-1, z-1 {
		if border[x] && border[y] {
			return x, y, next[x:z]
		}
		if x == 0 || x == y && next[x-1] != next[z-1] || x < y && old[x-1] != old[y-1] {
			break
		}
	}
	return a, b, next[a:c]
}
