package workspace

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"longying/app/ui/lang"
)

// Drag is what a button of the mouse does to a picture.
type Drag string

// The drags.
const (
	DragWindow Drag = "window" // width and level
	DragPan    Drag = "pan"
	DragZoom   Drag = "zoom"
	DragScroll Drag = "scroll" // through the stack
)

// Drags lists them.
func Drags() []Drag { return []Drag{DragWindow, DragPan, DragZoom, DragScroll} }

// Mouse says what each button does; an empty one does what the program ships
// with.
type Mouse struct {
	Left   Drag `json:"left,omitempty"`
	Middle Drag `json:"middle,omitempty"`
	Right  Drag `json:"right,omitempty"`
}

// Does is what a button does.
func (m Mouse) Does(b desktop.MouseButton) Drag {
	d, own := DragWindow, m.Left
	switch b {
	case desktop.MouseButtonTertiary:
		d, own = DragPan, m.Middle
	case desktop.MouseButtonSecondary:
		d, own = DragZoom, m.Right
	}
	if slices.Contains(Drags(), own) {
		return own
	}
	return d
}

// Bindings are a person's own keys and mouse. Keys has those actions alone whose
// keys are not the program's; an empty list leaves an action without a key.
type Bindings struct {
	Profile string             `json:"profile,omitempty"` // that they began as
	Keys    map[lang.Key][]Key `json:"keys,omitempty"`    // by the action's label
	Mouse   Mouse              `json:"mouse"`
}

// Profile is a set of bindings that copies another program's.
type Profile struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Source string `json:"source"` // where its keys are stated
	Bindings
}

//go:embed profiles/*.json
var profiles embed.FS

// Profiles lists the shipped ones, the program's own (without bindings) first.
func Profiles() ([]Profile, error) {
	out := []Profile{{ID: "longying", Name: "Longying 陇影"}}
	entries, err := profiles.ReadDir("profiles")
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		raw, err := profiles.ReadFile(path.Join("profiles", e.Name()))
		if err != nil {
			return nil, err
		}
		var p Profile
		if err := json.Unmarshal(raw, &p); err != nil {
			return nil, fmt.Errorf("profile %s: %w", e.Name(), err)
		}
		p.Bindings.Profile = p.ID
		out = append(out, p)
	}
	return out, nil
}

// MarshalText writes a key as "Ctrl+Shift+L".
func (k Key) MarshalText() ([]byte, error) {
	var b strings.Builder
	for _, m := range modifiers() {
		if k.Mod&m.mod != 0 {
			b.WriteString(m.name + "+")
		}
	}
	if k.Rune != 0 {
		return []byte(b.String() + "'" + string(k.Rune)), nil
	}
	return []byte(b.String() + string(k.Name)), nil
}

func modifiers() []struct {
	name string
	mod  fyne.KeyModifier
} {
	return []struct {
		name string
		mod  fyne.KeyModifier
	}{{"Ctrl", fyne.KeyModifierControl}, {"Alt", fyne.KeyModifierAlt}, {"Shift", fyne.KeyModifierShift}}
}

// UnmarshalText reads what MarshalText writes.
func (k *Key) UnmarshalText(raw []byte) error {
	text, out := string(raw), Key{}
	for _, m := range modifiers() {
		if rest, ok := strings.CutPrefix(text, m.name+"+"); ok {
			out.Mod, text = out.Mod|m.mod, rest
		}
	}
	if r := []rune(text); len(r) == 2 && r[0] == '\'' {
		out.Rune = r[1]
	} else {
		out.Name = fyne.KeyName(text)
	}
	if text == "" || strings.TrimSpace(text) != text {
		return fmt.Errorf("%q is no key", raw)
	}
	*k = out
	return nil
}

// Bind puts a person's own keys into force.
func (m *Keymap) Bind(b Bindings) { m.own, m.left = b, "" }

// Bindings are those in force.
func (m *Keymap) Bindings() Bindings { return m.own }

// Mouse is what the buttons do.
func (m *Keymap) Mouse() Mouse {
	mouse := m.own.Mouse
	if m.left != "" {
		mouse.Left = m.left
	}
	return mouse
}

// TakeLeft has the left button do something else for now: a touch pad has no
// other. The same again, or nothing, gives it back what its binding says.
func (m *Keymap) TakeLeft(d Drag) {
	if d == m.left || d == m.own.Mouse.Does(desktop.MouseButtonPrimary) {
		d = ""
	}
	m.left = d
}

// Left is what the left button does for now; false: what its binding says.
func (m *Keymap) Left() (Drag, bool) {
	return m.Mouse().Does(desktop.MouseButtonPrimary), m.left != ""
}

// Movable reports an action whose keys a person may change: not one of a row of
// keys under one label.
func Movable(a Action) bool { return a.Label != "" && a.Args == nil && len(a.Keys) > 0 }

// Bound are the keys of an action as they are in force.
func (m *Keymap) Bound(a Action) []Key {
	if own, ok := m.own.Keys[a.Label]; ok && Movable(a) {
		return own
	}
	return a.Keys
}

// bound puts them into a section.
func (m *Keymap) bound(s Section) Section {
	if len(m.own.Keys) == 0 {
		return s
	}
	s.Actions = slices.Clone(s.Actions)
	for i, a := range s.Actions {
		s.Actions[i].Keys = m.Bound(a)
	}
	return s
}

// Clash is another action in sight that has a key.
type Clash struct {
	Section lang.Key
	Action  Action
}

// Clashes lists the actions that are in sight together with the one named and
// have the key, each once.
func (m *Keymap) Clashes(label lang.Key, k Key) []Clash {
	var out []Clash
	seen := map[lang.Key]bool{}
	for _, place := range m.Places() {
		if !slices.ContainsFunc(place, func(s Section) bool {
			return slices.ContainsFunc(s.Actions, func(a Action) bool { return a.Label == label })
		}) {
			continue
		}
		for _, s := range place {
			for _, a := range s.Actions {
				if a.Label != label && !seen[a.Label] && slices.Contains(m.Bound(a), k) {
					seen[a.Label] = true
					out = append(out, Clash{s.Name, a})
				}
			}
		}
	}
	return out
}

// Hints are the keys of the actions that were moved, as people read them.
func (m *Keymap) Hints() map[lang.Key]string {
	out := map[lang.Key]string{}
	for label, keys := range m.own.Keys {
		out[label] = "—"
		if len(keys) > 0 {
			out[label] = keys[0].String()
		}
	}
	return out
}

func bindingsPreference(userID string) string { return "keys." + userID }

// LoadBindings takes the keys of the person who is signed in.
func (ws *Workspace) LoadBindings(failed func(error)) {
	user, before := ws.user, ws.Keys.own
	_, left := ws.Keys.Left()
	ws.Keys.Bind(Bindings{})
	if len(before.Keys) > 0 || left {
		Publish(ws, BindingsChanged{})
	}
	if user.ID == "" {
		return
	}
	ws.NewTask().Start(func(ctx context.Context) func() {
		stored, err := ws.Admin.Preference(ctx, bindingsPreference(user.ID))
		var b Bindings
		if err == nil && stored != "" {
			err = json.Unmarshal([]byte(stored), &b)
		}
		return func() {
			switch {
			case err != nil:
				failed(err)
			case ws.user.ID == user.ID && stored != "":
				ws.Keys.Bind(b)
				Publish(ws, BindingsChanged{})
			}
		}
	})
}

// StoreBindings puts keys into force and keeps them for the person who is signed
// in.
func (ws *Workspace) StoreBindings(b Bindings, failed func(error)) {
	ws.Keys.Bind(b)
	Publish(ws, BindingsChanged{})
	user := ws.user
	ws.NewTask().Start(func(ctx context.Context) func() {
		raw, err := json.Marshal(b)
		if err == nil {
			err = ws.Admin.SetPreference(ctx, user, bindingsPreference(user.ID), string(raw))
		}
		return func() {
			if err != nil {
				failed(err)
			}
		}
	})
}
