package workspace

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"longying/app/ui/lang"
)

// Key is one key with its modifiers. A key that a layout puts anywhere, such as
// "?", is given by its rune instead.
type Key struct {
	Name fyne.KeyName
	Mod  fyne.KeyModifier
	Rune rune
}

// Press is a key without modifiers.
func Press(name fyne.KeyName) Key { return Key{Name: name} }

// Ctrl is a key with Control.
func Ctrl(name fyne.KeyName) Key { return Key{Name: name, Mod: fyne.KeyModifierControl} }

// String is the key as printed on it.
func (k Key) String() string {
	if k.Rune != 0 {
		return string(k.Rune)
	}
	name := string(k.Name)
	switch k.Name {
	case fyne.KeyUp:
		name = "↑"
	case fyne.KeyDown:
		name = "↓"
	case fyne.KeyLeft:
		name = "←"
	case fyne.KeyRight:
		name = "→"
	case fyne.KeyPageUp:
		name = "PgUp"
	case fyne.KeyPageDown:
		name = "PgDn"
	case fyne.KeyReturn, fyne.KeyEnter:
		name = "Enter"
	case fyne.KeyEscape:
		name = "Esc"
	}
	var b strings.Builder
	if k.Mod&fyne.KeyModifierControl != 0 {
		b.WriteString("Ctrl+")
	}
	if k.Mod&fyne.KeyModifierAlt != 0 {
		b.WriteString("Alt+")
	}
	if k.Mod&fyne.KeyModifierShift != 0 {
		b.WriteString("Shift+")
	}
	return b.String() + name
}

// Section is a group of actions, as the key sheet shows them.
type Section struct {
	Name    lang.Key
	Actions []Action
}

// Keymap is the live table of what each key does now. The shell sets its
// sections when rooms come and go; the first section that knows a key wins.
type Keymap struct {
	sections func() []Section
	activity *Activity
	own      Bindings // of the person who is signed in
	left     Drag     // what the left button does for now; empty: as it is bound
	places   func() [][]Section
	tab      func(from fyne.Focusable)
}

// SetSections gives the source of the table.
func (m *Keymap) SetSections(f func() []Section) { m.sections = f }

// SetTab says what Tab does in a control that holds the keys; without, it goes
// on as the toolkit has it.
func (m *Keymap) SetTab(f func(from fyne.Focusable)) { m.tab = f }

// Tab goes on to the control after one, or with Shift to the one before.
func (m *Keymap) Tab(from fyne.Focusable) {
	if m.tab != nil {
		m.tab(from)
	}
}

func (m *Keymap) tabbed(k *fyne.KeyEvent, from fyne.Focusable) bool {
	if k.Name == fyne.KeyTab {
		m.Tab(from)
	}
	return k.Name == fyne.KeyTab
}

// SetPlaces gives the sections that are in sight together, one list for each
// place of the window, with the keys that the program ships with.
func (m *Keymap) SetPlaces(f func() [][]Section) { m.places = f }

// Places are the sections that are in sight together.
func (m *Keymap) Places() [][]Section {
	if m.places == nil {
		return nil
	}
	return m.places()
}

// Sections is the table as it stands.
func (m *Keymap) Sections() []Section {
	if m.sections == nil {
		return nil
	}
	all := m.sections()
	out := make([]Section, len(all))
	for i, s := range all {
		out[i] = m.bound(s)
	}
	return out
}

// Run does what a key does now, and reports whether it does anything.
func (m *Keymap) Run(k Key) bool {
	m.activity.Seen()
	switch k.Name { // the numeric pad's
	case fyne.KeyEnter:
		k.Name = fyne.KeyReturn
	}
	for _, s := range m.Sections() {
		for _, a := range s.Actions {
			for _, x := range a.Keys {
				if x == k {
					a.Do()
					return true
				}
			}
		}
	}
	return false
}

// shifted reports that Shift is held down.
func (m *Keymap) shifted() bool {
	d, ok := fyne.CurrentApp().Driver().(desktop.Driver)
	return ok && d.CurrentKeyModifiers()&fyne.KeyModifierShift != 0
}

// Typed runs a key pressed without Control, Alt or Super. Shift counts.
func (m *Keymap) Typed(e *fyne.KeyEvent) bool {
	k := Key{Name: e.Name}
	if m.shifted() {
		k.Mod = fyne.KeyModifierShift
	}
	return m.Run(k)
}

// TypedRune runs a key that is given by its rune.
func (m *Keymap) TypedRune(r rune) bool { return m.Run(Key{Rune: r}) }

// TypedShortcut runs a key with modifiers.
func (m *Keymap) TypedShortcut(s fyne.Shortcut) bool {
	k, ok := s.(fyne.KeyboardShortcut)
	return ok && m.Run(Key{Name: k.Key(), Mod: k.Mod()})
}
