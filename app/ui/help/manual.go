// Package help is the room of help: the manual by task, with the keys that are
// in force, the tour, and the problem report.
package help

import (
	"embed"
	"strings"

	"longying/app/ui/lang"
)

//go:embed manual.*.md
var files embed.FS

// Topic is a task of the manual.
type Topic struct {
	ID    string
	Title string
	Lines []string // paragraphs; keys of actions as lang.Strings.Keyed reads them
}

// Manual reads the manual of a language: a topic begins with "## id title".
func Manual(code lang.Code) ([]Topic, error) {
	raw, err := files.ReadFile("manual." + string(code) + ".md")
	if err != nil {
		return nil, err
	}
	var out []Topic
	for _, line := range strings.Split(string(raw), "\n") {
		line = strings.TrimSpace(line)
		head, isHead := strings.CutPrefix(line, "## ")
		switch {
		case isHead:
			id, title, _ := strings.Cut(head, " ")
			out = append(out, Topic{ID: id, Title: title})
		case line != "" && len(out) > 0:
			out[len(out)-1].Lines = append(out[len(out)-1].Lines, line)
		}
	}
	return out, nil
}

// Search gives the topics that hold every word of a text, those with all of them
// in the title first. An empty text gives every topic.
func Search(topics []Topic, text string) []Topic {
	words := strings.Fields(strings.ToLower(text))
	holds := func(s string) bool {
		s = strings.ToLower(s)
		for _, w := range words {
			if !strings.Contains(s, w) {
				return false
			}
		}
		return true
	}
	var first, then []Topic
	for _, t := range topics {
		switch {
		case holds(t.Title):
			first = append(first, t)
		case holds(t.Title + "\n" + strings.Join(t.Lines, "\n")):
			then = append(then, t)
		}
	}
	return append(first, then...)
}
