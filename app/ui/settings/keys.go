package settings

import (
	"maps"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"longying/app/ui/lang"
	look "longying/app/ui/theme"
	"longying/app/ui/workspace"
)

// moving is the action that is being put on another key.
type moving struct {
	label   lang.Key
	pressed *workspace.Key // that another action has
	clashes []workspace.Clash
}

// keysPage shows every key of the program and lets each be moved.
func (r *room) keysPage() fyne.CanvasObject {
	l, keys := r.ws.Lang, r.ws.Keys
	box := container.NewVBox(wrapped(l.T("settings.keys_note"), widget.LowImportance))
	profiles, err := workspace.Profiles()
	if err != nil {
		r.problem.Explain(err)
		return box
	}
	var names []string
	chosen := 0
	for i, p := range profiles {
		names = append(names, p.Name)
		if p.ID == keys.Bindings().Profile {
			chosen = i
		}
	}
	profile := workspace.NewSelect(r.ws, names, nil)
	profile.SetSelectedIndex(chosen)
	profile.OnChanged = func(string) {
		if i := profile.SelectedIndex(); i >= 0 {
			r.bind(profiles[i].Bindings)
		}
	}
	box.Add(r.field("settings.keys_profile", profile))
	if s := profiles[chosen].Source; s != "" {
		box.Add(wrapped(l.T("settings.keys_source", s), widget.LowImportance))
	}
	box.Add(r.mouse())
	for _, s := range r.everyKey() {
		box.Add(widget.NewSeparator())
		box.Add(bold(l.T(s.Name)))
		for _, a := range s.Actions {
			box.Add(r.keyRow(a))
		}
	}
	return box
}

// bind puts bindings into force and says so.
func (r *room) bind(b workspace.Bindings) {
	r.moving = moving{}
	r.problem.SetText("")
	r.ws.StoreBindings(b, func(err error) { r.problem.Explain(err) })
	r.render()
}

// everyKey lists each section of the window once, with the actions whose keys
// can be moved.
func (r *room) everyKey() []workspace.Section {
	var out []workspace.Section
	seen := map[lang.Key]bool{}
	for _, place := range r.ws.Keys.Places() {
		for _, s := range place {
			if seen[s.Name] {
				continue
			}
			seen[s.Name] = true
			kept := workspace.Section{Name: s.Name}
			for _, a := range s.Actions {
				if workspace.Movable(a) {
					kept.Actions = append(kept.Actions, a)
				}
			}
			if len(kept.Actions) > 0 {
				out = append(out, kept)
			}
		}
	}
	return out
}

// mouse chooses what the buttons do to a picture.
func (r *room) mouse() fyne.CanvasObject {
	l, b := r.ws.Lang, r.ws.Keys.Bindings()
	var words []string
	for _, d := range workspace.Drags() {
		words = append(words, l.T(lang.Key("settings.drag_"+string(d))))
	}
	row := container.NewGridWithColumns(3)
	add := func(caption lang.Key, button desktop.MouseButton, set func(*workspace.Mouse, workspace.Drag)) {
		s := workspace.NewSelect(r.ws, words, nil)
		s.SetSelectedIndex(slices.Index(workspace.Drags(), b.Mouse.Does(button)))
		s.OnChanged = func(string) {
			if i := s.SelectedIndex(); i >= 0 {
				next := b
				set(&next.Mouse, workspace.Drags()[i])
				r.bind(next)
			}
		}
		row.Add(r.field(caption, s))
	}
	add("settings.mouse_left", desktop.MouseButtonPrimary, func(m *workspace.Mouse, d workspace.Drag) { m.Left = d })
	add("settings.mouse_middle", desktop.MouseButtonTertiary, func(m *workspace.Mouse, d workspace.Drag) { m.Middle = d })
	add("settings.mouse_right", desktop.MouseButtonSecondary, func(m *workspace.Mouse, d workspace.Drag) { m.Right = d })
	return row
}

// keyRow is one action with its keys, and the ways to move it.
func (r *room) keyRow(a workspace.Action) fyne.CanvasObject {
	l, keys := r.ws.Lang, r.ws.Keys
	var names []string
	for _, k := range keys.Bound(a) {
		names = append(names, k.String())
	}
	if len(names) == 0 {
		names = []string{l.T("settings.keys_none")}
	}
	_, own := keys.Bindings().Keys[a.Label]
	what := widget.NewLabel(l.T(a.Label))
	what.Truncation = fyne.TextTruncateEllipsis
	shown := canvas.NewText(strings.Join(names, "   "), look.InChrome(look.Accent()))
	change := widget.NewButton(l.T("settings.keys_change"), func() {
		r.moving = moving{label: a.Label}
		r.render()
	})
	buttons := container.NewHBox(change)
	if own {
		shown.TextStyle.Bold = true
		buttons.Add(widget.NewButton(l.T("settings.keys_reset"), func() { r.assign(a.Label, nil, true) }))
	}
	line := container.NewBorder(nil, nil, nil, buttons, container.NewGridWithColumns(2, what, container.NewCenter(shown)))
	if r.moving.label != a.Label {
		return line
	}
	return container.NewVBox(line, r.catcher(a))
}

// assign gives an action these keys alone, or the program's own again.
func (r *room) assign(label lang.Key, to []workspace.Key, own bool) {
	b := r.ws.Keys.Bindings()
	b.Keys = maps.Clone(b.Keys)
	if b.Keys == nil {
		b.Keys = map[lang.Key][]workspace.Key{}
	}
	if own {
		delete(b.Keys, label)
	} else {
		b.Keys[label] = to
	}
	r.bind(b)
}

// catcher waits for the key that the action is to have. A key that something
// else in sight has is named, and only then exchanged.
func (r *room) catcher(a workspace.Action) fyne.CanvasObject {
	l := r.ws.Lang
	if r.moving.pressed != nil {
		k := *r.moving.pressed
		var taken []string
		for _, c := range r.moving.clashes {
			taken = append(taken, l.T("settings.keys_taken_by", l.T(c.Action.Label, c.Action.Values()...), l.T(c.Section)))
		}
		box := container.NewVBox(wrapped(l.T("settings.keys_taken", k.String(), strings.Join(taken, l.T("consult.comma"))), widget.WarningImportance))
		buttons := container.NewHBox()
		if !slices.ContainsFunc(r.moving.clashes, func(c workspace.Clash) bool { return !workspace.Movable(c.Action) }) {
			swap := widget.NewButton(l.T("settings.keys_swap"), func() { r.swap(a, k) })
			swap.Importance = widget.HighImportance
			buttons.Add(swap)
		}
		buttons.Add(widget.NewButton(l.T("settings.keys_leave"), func() {
			r.moving = moving{}
			r.render()
		}))
		box.Add(buttons)
		return box
	}
	c := newKeyCatch(func(k workspace.Key) {
		if k == workspace.Press(fyne.KeyEscape) {
			r.moving = moving{}
			r.render()
			return
		}
		if clashes := r.ws.Keys.Clashes(a.Label, k); len(clashes) > 0 {
			r.moving.pressed, r.moving.clashes = &k, clashes
			r.render()
			return
		}
		r.assign(a.Label, []workspace.Key{k}, false)
	})
	c.label.SetText(l.T("settings.keys_press"))
	r.ws.Do(func() { // once it stands on the page
		if on := fyne.CurrentApp().Driver().CanvasForObject(c); on != nil {
			on.Focus(c)
		}
	})
	return c
}

// swap gives the key to one action and that action's keys to those that had it.
func (r *room) swap(a workspace.Action, k workspace.Key) {
	keys := r.ws.Keys
	b := keys.Bindings()
	b.Keys = maps.Clone(b.Keys)
	if b.Keys == nil {
		b.Keys = map[lang.Key][]workspace.Key{}
	}
	before := slices.Clone(keys.Bound(a))
	for _, c := range r.moving.clashes {
		left := slices.DeleteFunc(slices.Clone(keys.Bound(c.Action)), func(x workspace.Key) bool { return x == k })
		for _, x := range before {
			if !slices.Contains(left, x) && x != k {
				left = append(left, x)
			}
		}
		b.Keys[c.Action.Label] = left
	}
	b.Keys[a.Label] = []workspace.Key{k}
	r.bind(b)
}

// keyCatch hears the next key with its modifiers, whatever it is.
type keyCatch struct {
	widget.BaseWidget
	label  *widget.Label
	caught func(workspace.Key)
}

func newKeyCatch(caught func(workspace.Key)) *keyCatch {
	c := &keyCatch{label: widget.NewLabel(""), caught: caught}
	c.label.Importance = widget.HighImportance
	c.ExtendBaseWidget(c)
	return c
}

// CreateRenderer is fyne.Widget's.
func (c *keyCatch) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(c.label) }

// FocusGained is fyne.Focusable's.
func (c *keyCatch) FocusGained() {}

// FocusLost is fyne.Focusable's.
func (c *keyCatch) FocusLost() {}

// TypedRune is fyne.Focusable's: the key itself is heard, not what it writes.
func (c *keyCatch) TypedRune(rune) {}

// TypedKey is fyne.Focusable's.
func (c *keyCatch) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case "", desktop.KeyShiftLeft, desktop.KeyShiftRight, desktop.KeyControlLeft, desktop.KeyControlRight,
		desktop.KeyAltLeft, desktop.KeyAltRight, desktop.KeySuperLeft, desktop.KeySuperRight, desktop.KeyMenu, desktop.KeyCapsLock:
		return // what goes with a key is none
	}
	k := workspace.Key{Name: e.Name}
	if d, ok := fyne.CurrentApp().Driver().(desktop.Driver); ok {
		k.Mod = d.CurrentKeyModifiers() & fyne.KeyModifierShift
	}
	c.caught(k)
}

// TypedShortcut is fyne.Shortcutable's: a key with Control or Alt.
func (c *keyCatch) TypedShortcut(s fyne.Shortcut) {
	if k, ok := s.(fyne.KeyboardShortcut); ok {
		c.caught(workspace.Key{Name: k.Key(), Mod: k.Mod()})
	}
}

// AcceptsTab is fyne.Tabbable's: Tab is a key as well.
func (c *keyCatch) AcceptsTab() bool { return true }
