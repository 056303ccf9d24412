// Package lang holds every word of the desktop: zh-CN.json and en.json, the
// same keys in both. A key is a dotted name whose first part is the package
// that uses it ("worklist.import"); arguments stand as {0}, {1}.
//
// The test of this package reads the desktop's sources: a key that is missing
// in either file, used but absent, or present but unused fails it. Keys that
// code puts together ("reason." + code) belong to a family, see Families.
package lang

import (
	"embed"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
)

//go:embed zh-CN.json en.json
var files embed.FS

// Code is a language.
type Code string

// The languages of the program; Chinese is the default.
const (
	Chinese Code = "zh-CN"
	English Code = "en"
)

// Codes lists the languages.
func Codes() []Code { return []Code{Chinese, English} }

// Key names one text.
type Key string

// Families are the prefixes of keys that code completes at run time, e.g. with
// a state of the record.
func Families() []string {
	return []string{
		"attempt.",
		"audit.",
		"audit.outcome_",
		"bodypart.",
		"card.metric_",
		"colours.",
		"conflict.",
		"consult.kind_", "consult.check_", "consult.role_",
		"consult.page_",
		"consult.text_",
		"consult.warning_",
		"consult.left_",
		"consult.state.",
		"contradiction.",
		"contradiction.side_", "viewer.measure_menu_",
		"canvas.left_", "viewer.left_menu_",
		"delivery.state.",
		"display.class_", "display.of_", "display.part_", "display.measured_",
		"entry.state.",
		"error.destination_",
		"error.destination_config_",
		"error.pacs_",
		"error.pacs_config_",
		"error.passphrase_",
		"error.password_",
		"error.worker_",
		"finding.state.",
		"firstread.",
		"format.",
		"hangingfault.",
		"held.code.",
		"held.state.",
		"held.why.",
		"irregular.",
		"link.",
		"linkreason.",
		"modality.",
		"organ.",
		"outcome.",
		"part.",
		"people.entry.",
		"people.field.",
		"people.kept.",
		"people.status.",
		"preset.",
		"problem.at.",
		"problem.field.",
		"protocol.",
		"reason.",
		"refused.",
		"right.",
		"role.",
		"room.",
		"row.",
		"settings.drag_",
		"settings.hint_", "settings.codes.",
		"settings.kind_",
		"severity.",
		"sex.",
		"skip.",
		"slide.note_",
		"stack.",
		"stated.",
		"visit.class.",
		"worklist.stage_",
	}
}

// Strings gives the texts in the language chosen. It may be used by several
// goroutines.
type Strings struct {
	texts map[Code]map[Key]string

	mu    sync.RWMutex
	code  Code
	hints map[Key]string

	masked bool
}

// Masked words everything in the language chosen, with "…" in the place of each
// argument: what is worded so names nobody.
func (s *Strings) Masked() *Strings {
	return &Strings{texts: s.texts, code: s.Code(), masked: true}
}

// Keyed puts the keys that are in force into a text that names them as {@label|key}.
func (s *Strings) Keyed(t string) string { return s.keyed(t) }

// New reads both files. An unknown code gives Chinese.
func New(code Code) (*Strings, error) {
	s := &Strings{texts: map[Code]map[Key]string{}}
	for _, c := range Codes() {
		raw, err := files.ReadFile(string(c) + ".json")
		if err != nil {
			return nil, fmt.Errorf("language %s: %w", c, err)
		}
		texts := map[Key]string{}
		if err := json.Unmarshal(raw, &texts); err != nil {
			return nil, fmt.Errorf("language %s: %w", c, err)
		}
		s.texts[c] = texts
	}
	s.Set(code)
	return s, nil
}

// Set chooses the language; whoever shows texts hears of it by
// workspace.LanguageChanged.
func (s *Strings) Set(code Code) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.texts[code]; !ok {
		code = Chinese
	}
	s.code = code
}

// Code is the language chosen.
func (s *Strings) Code() Code {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.code
}

// Short is "zh" or "en", as records.Text.In and models.Text.In want it.
func (s *Strings) Short() string {
	if s.Code() == English {
		return "en"
	}
	return "zh"
}

// Has reports whether a key exists, for families with an open end.
func (s *Strings) Has(k Key) bool {
	_, ok := s.texts[Chinese][k]
	return ok
}

// SetHints says on which keys actions are that a person has moved, by the
// actions' labels: a text names the key of an action as {@label|key}, where key
// is the one that the program ships with.
func (s *Strings) SetHints(keys map[Key]string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hints = keys
}

// keyed puts the keys that are in force into a text.
func (s *Strings) keyed(t string) string {
	for {
		from := strings.Index(t, "{@")
		if from < 0 {
			return t
		}
		inner, rest, ok := strings.Cut(t[from+2:], "}")
		label, key, split := strings.Cut(inner, "|")
		if !ok || !split {
			return t
		}
		s.mu.RLock()
		if moved, ok := s.hints[Key(label)]; ok {
			key = moved
		}
		s.mu.RUnlock()
		t = t[:from] + key + rest
	}
}

// T is the text of a key, with {0}, {1} replaced by the arguments. An unknown
// key gives itself in brackets, so that it is seen.
func (s *Strings) T(k Key, args ...any) string {
	t, ok := s.texts[s.Code()][k]
	if !ok {
		return "[" + string(k) + "]"
	}
	t = s.keyed(t)
	for i, a := range args {
		if s.masked {
			a = "…"
		}
		t = strings.ReplaceAll(t, fmt.Sprintf("{%d}", i), fmt.Sprint(a))
	}
	return t
}

// Or is the text of a key of a family, or other where the family has no such
// member (a value that came from a file).
func (s *Strings) Or(k Key, other string, args ...any) string {
	if !s.Has(k) {
		if s.masked {
			return "…"
		}
		return other
	}
	return s.T(k, args...)
}
