package ui

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"longying/app/ui/help"
	"longying/app/ui/lang"
	"longying/app/ui/workspace"
)

func TestEveryKeyThatTheManualNamesIsTheKeyOfThatAction(t *testing.T) {
	s, _, _, _ := opened(t)
	keys := map[string][]string{}
	for _, place := range s.ws.Keys.Places() {
		for _, section := range place {
			for _, a := range section.Actions {
				for _, k := range a.Keys {
					keys[string(a.Label)] = append(keys[string(a.Label)], k.String())
				}
			}
		}
	}
	named := regexp.MustCompile(`\{@([^|}]+)\|([^}]+)\}`)
	for _, code := range lang.Codes() {
		topics, err := help.Manual(code)
		if err != nil {
			t.Fatal(err)
		}
		for _, topic := range topics {
			for _, m := range named.FindAllStringSubmatch(strings.Join(topic.Lines, "\n"), -1) {
				if have, ok := keys[m[1]]; ok && !slices.Contains(have, m[2]) {
					t.Errorf("%s %s: %s is on %v, not on %s", code, topic.ID, m[1], have, m[2])
				} else if !ok {
					t.Errorf("%s %s: no action is %s", code, topic.ID, m[1])
				}
			}
		}
	}
}

func TestTheManualShowsTheKeysThatAPersonMoved(t *testing.T) {
	s, _, _, _ := opened(t)
	strs := s.ws.Lang
	strs.SetHints(map[lang.Key]string{"findings.confirm": "F11"})
	if got := strs.Keyed("{@findings.confirm|Y}, {@findings.reject|N}"); got != "F11, N" {
		t.Error(got)
	}
	s.ws.Keys.Typed(&fyne.KeyEvent{Name: fyne.KeyF1})
	s.ws.Settle()
	if s.front.ID != "help" {
		t.Fatal(s.front.ID)
	}
	s.ws.Keys.Typed(&fyne.KeyEvent{Name: fyne.KeyR})
	s.ws.Settle()
	if !slices.ContainsFunc(s.front.Live(), func(a workspace.Action) bool { return a.Label == "help.save" }) {
		t.Error("there is no report to save")
	}
}
