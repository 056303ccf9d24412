package ui

import (
	"encoding/json"
	"slices"
	"testing"

	"fyne.io/fyne/v2"

	"longying/app/ui/lang"
	"longying/app/ui/workspace"
)

// unreached lists what no key reaches, by place: an action without a key, or all
// of whose keys something further up has.
func unreached(m *workspace.Keymap) map[lang.Key]bool {
	out := map[lang.Key]bool{}
	for _, place := range m.Places() {
		for i := range place {
			acts := place[i].Actions
			place[i].Actions = nil
			for _, a := range acts {
				a.Keys = m.Bound(a)
				place[i].Actions = append(place[i].Actions, a)
			}
		}
		reached := map[lang.Key]bool{}
		for _, s := range live(place) {
			for _, a := range s.Actions {
				if len(a.Keys) > 0 {
					reached[s.Name+"/"+a.Label] = true
				}
			}
		}
		for _, s := range place {
			for _, a := range s.Actions {
				if !reached[s.Name+"/"+a.Label] {
					out[s.Name+"/"+a.Label] = true
				}
			}
		}
	}
	return out
}

// first is what each key does in a place: the first action that has it.
func first(m *workspace.Keymap, place []workspace.Section) map[workspace.Key]lang.Key {
	out := map[workspace.Key]lang.Key{}
	for _, s := range place {
		for _, a := range s.Actions {
			for _, k := range m.Bound(a) {
				if _, taken := out[k]; !taken {
					out[k] = a.Label
				}
			}
		}
	}
	return out
}

// in reports that a place has an action.
func in(place []workspace.Section, label lang.Key) bool {
	return slices.ContainsFunc(place, func(s workspace.Section) bool {
		return slices.ContainsFunc(s.Actions, func(a workspace.Action) bool { return a.Label == label })
	})
}

func TestEveryProfileReachesEveryActionThatTheShippedKeysReach(t *testing.T) {
	s, _ := signedIn(t)
	dir := t.TempDir()
	ctSeries(t, dir, "2.25.92", 0, 3, 16) // the windows of CT have keys of their own
	if _, err := s.ws.Registry.Import(t.Context(), s.ws.User(), []string{dir}, nil); err != nil {
		t.Fatal(err)
	}
	s.ws.OpenStudy("2.25.92", func(err error) { t.Error(err) })
	s.ws.Settle()
	s.ws.Keys.Bind(workspace.Bindings{})
	before := unreached(s.ws.Keys)
	known := map[lang.Key][]workspace.Key{} // as shipped
	for _, place := range s.ws.Keys.Places() {
		for _, section := range place {
			for _, a := range section.Actions {
				known[a.Label] = append(known[a.Label], a.Keys...)
			}
		}
	}
	profiles, err := workspace.Profiles()
	if err != nil || len(profiles) < 5 {
		t.Fatal(len(profiles), err)
	}
	for _, p := range profiles {
		s.ws.Keys.Bind(p.Bindings)
		for what := range unreached(s.ws.Keys) {
			if !before[what] {
				t.Errorf("%s: no key reaches %s", p.ID, what)
			}
		}
		for _, place := range s.ws.Keys.Places() {
			for key, does := range first(s.ws.Keys, place) {
				for label, keys := range p.Keys {
					both := slices.ContainsFunc(known[label], func(k workspace.Key) bool { return slices.Contains(known[does], k) }) // as shipped: they are one act
					if slices.Contains(keys, key) && does != label && !both && in(place, label) {
						t.Errorf("%s: %s does %s, not %s", p.ID, key, does, label)
					}
				}
			}
		}
		for label := range p.Keys {
			if _, ok := known[label]; !ok {
				t.Errorf("%s moves %s, which there is not", p.ID, label)
			}
		}
		if p.ID != "longying" && p.Source == "" {
			t.Errorf("%s does not say where its keys are from", p.ID)
		}
	}
}

func TestAMovedKeyDoesTheActionAndStandsInItsWordsAndTheOldOneDoesNothing(t *testing.T) {
	s, _ := signedIn(t)
	dir := t.TempDir()
	ctSeries(t, dir, "2.25.91", 0, 3, 16)
	if _, err := s.ws.Registry.Import(t.Context(), s.ws.User(), []string{dir}, nil); err != nil {
		t.Fatal(err)
	}
	s.ws.OpenStudy("2.25.91", func(err error) { t.Error(err) })
	s.ws.Settle()
	k := workspace.Press(fyne.KeyF12)
	if c := s.ws.Keys.Clashes("canvas.key_invert", workspace.Press(fyne.KeyF)); len(c) != 1 || c[0].Action.Label != "canvas.key_flip" {
		t.Errorf("%+v", c)
	}
	s.ws.StoreBindings(workspace.Bindings{Keys: map[lang.Key][]workspace.Key{"canvas.key_invert": {k}, "viewer.layout": {workspace.Ctrl(fyne.KeyY)}}},
		func(err error) { t.Error(err) })
	s.ws.Settle()
	inverted := func() bool { return viewport(s.front.Content).State().Invert }
	s.ws.Keys.Run(workspace.Press(fyne.KeyI))
	if inverted() {
		t.Error("the old key still does it")
	}
	s.ws.Keys.Run(k)
	if !inverted() {
		t.Error("the new key does nothing")
	}
	if got := s.ws.Lang.T("viewer.panes", 1, 1); got != "视口 1 × 1 (Ctrl+Y)" {
		t.Error(got)
	}
	// The next person has the shipped keys; the first one finds theirs again.
	user := s.ws.User()
	other := user
	other.ID = "somebody-else"
	s.ws.SetUser(other)
	s.ws.Settle()
	if got := s.ws.Lang.T("viewer.panes", 1, 1); len(s.ws.Keys.Bindings().Keys) != 0 || got != "视口 1 × 1 (W)" {
		t.Errorf("%q, %v", got, s.ws.Keys.Bindings())
	}
	s.ws.SetUser(user)
	s.ws.Settle()
	if got := s.ws.Keys.Bindings().Keys["canvas.key_invert"]; len(got) != 1 || got[0] != k {
		t.Errorf("%v", got)
	}
}

func TestAKeyIsReadAsItIsWritten(t *testing.T) {
	for _, k := range []workspace.Key{workspace.Press(fyne.KeyPageUp), workspace.Ctrl(fyne.KeyPlus), {Name: fyne.KeyL, Mod: fyne.KeyModifierControl | fyne.KeyModifierShift},
		{Name: fyne.KeyF, Mod: fyne.KeyModifierAlt}, {Rune: '?'}} {
		raw, err := json.Marshal([]workspace.Key{k})
		if err != nil {
			t.Fatal(err)
		}
		var back []workspace.Key
		if err := json.Unmarshal(raw, &back); err != nil || len(back) != 1 || back[0] != k {
			t.Errorf("%s: %v, %v", raw, back, err)
		}
	}
	for _, bad := range []string{`[""]`, `["Ctrl+"]`, `[" F"]`} {
		var back []workspace.Key
		if json.Unmarshal([]byte(bad), &back) == nil {
			t.Errorf("%s was read as %v", bad, back)
		}
	}
}
