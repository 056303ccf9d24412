package ui

import (
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	fynetheme "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"longying/app/screen"
	"longying/app/ui/theme"
	"longying/app/ui/workspace"
)

// shell places the rooms in the window.
type shell struct {
	ws     *workspace.Workspace
	window fyne.Window

	rooms   []*workspace.Room
	rail    *rail
	bar     *patientBar
	status  *statusBar
	notice  *notice
	signIn  *signInPage
	sheet   *keySheet
	lock    screenLock
	minute  time.Time          // in which it was last asked which critical values are open
	stage   *workspace.Stage   // has the whole screen; nil: the rooms have
	refused *workspace.Problem // says below a stage why files that were dropped on it were not taken

	middle  *fyne.Container // the rail room in front, or the key sheet
	tabs    *fyne.Container // the panel's content
	tabRow  *fyne.Container
	buttons map[string]*widget.Button
	split   *container.Split
	strip   *fyne.Container // where the panel was, to unfold it
	body    *fyne.Container
	page    *fyne.Container // the whole signed-in window
	offset  float64

	front  *workspace.Room // of the rail
	tab    *workspace.Room // of the panel, nil: folded, or no study was opened yet
	last   *workspace.Room // tab that was folded
	folded bool            // by a person
	keysUp bool

	desk      *desk           // walks over the rooms
	wings     *desk           // and over a stage
	dropping  *workspace.Task // looks at what was let fall on the window
	left      screen.State    // how the window was left the last time
	returning *screen.Place   // where a person goes back to, until the study is there
}

// panelWidth is the least width of the panel: at 1366 x 768 the image has three
// quarters of what is beside the rail. What a tab shows never widens it.
const panelWidth = 308

// atLeast asks for this width, whatever its child asks for.
type atLeast float32

// Layout is fyne.Layout's.
func (atLeast) Layout(os []fyne.CanvasObject, size fyne.Size) {
	for _, o := range os {
		o.Resize(size)
		o.Move(fyne.Position{})
	}
}

// MinSize is fyne.Layout's.
func (w atLeast) MinSize(os []fyne.CanvasObject) fyne.Size {
	height := float32(0)
	for _, o := range os {
		height = max(height, o.MinSize().Height)
	}
	return fyne.NewSize(float32(w), height)
}

func newShell(ws *workspace.Workspace, w fyne.Window) *shell {
	s := &shell{ws: ws, window: w, rooms: rooms(ws), buttons: map[string]*widget.Button{}, offset: -1, dropping: ws.NewTask(), desk: newDesk(ws.Keys, w), wings: newDesk(ws.Keys, w), refused: workspace.NewProblem(ws)}
	s.bar = newPatientBar(ws)
	s.status = newStatusBar(ws)
	s.notice = newNotice(ws)
	s.signIn = newSignInPage(ws, w)
	s.lock = screenLock{page: newLockPage(ws, w, s.unlocked, s.otherUser), asking: ws.NewTask(), noting: ws.NewTask()}
	s.status.out.OnTapped = s.signOut
	s.rail = newRail(ws, s.show)
	s.sheet = newKeySheet(ws, s.toggleKeys)
	s.middle, s.tabs, s.tabRow = container.NewStack(), container.NewStack(), container.NewHBox()

	fold := widget.NewButtonWithIcon("F9", fynetheme.NavigateNextIcon(), s.fold)
	fold.Importance, fold.IconPlacement = widget.LowImportance, widget.ButtonIconTrailingText
	head := canvas.NewRectangle(theme.Raised())
	panel := container.NewBorder(container.NewStack(head, container.NewBorder(nil, nil, nil, fold, s.tabRow)), nil, nil, nil, s.tabs)
	s.split = container.NewHSplit(s.middle, container.New(atLeast(panelWidth), panel))
	unfold := widget.NewButtonWithIcon("", fynetheme.NavigateBackIcon(), s.fold)
	unfold.Importance = widget.LowImportance
	key := text(14)
	key.Text, key.Alignment = "F9", fyne.TextAlignCenter
	s.strip = container.NewStack(canvas.NewRectangle(theme.Raised()), container.NewVBox(unfold, key))
	s.body = container.NewStack(s.middle)
	s.page = s.desk.around(newPulse(ws.Activity.Seen), workspace.Steady(container.NewBorder(s.bar.content, container.NewVBox(s.notice.content, s.status.content), s.rail.content, nil, s.body)))
	ws.Keys.SetTab(func(from fyne.Focusable) { s.desks().walk(from) })

	ws.Keys.SetSections(s.sections)
	ws.Keys.SetPlaces(s.places)
	s.listen()
	s.keys()
	s.userChanged()
	return s
}

func (s *shell) listen() {
	workspace.On(s.ws, func(workspace.UserChanged) { s.userChanged() })
	workspace.On(s.ws, func(workspace.LanguageChanged) { s.words() })
	workspace.On(s.ws, func(workspace.BindingsChanged) {
		s.chords()
		s.ws.Lang.SetHints(s.ws.Keys.Hints())
		workspace.Publish(s.ws, workspace.LanguageChanged{}) // the keys stand in the words
	})
	workspace.On(s.ws, func(workspace.IdleLockChanged) { s.askIdle() })
	workspace.On(s.ws, func(e workspace.RoomWanted) { s.want(e.ID) })
	workspace.On(s.ws, func(e workspace.StageWanted) { s.take(e.Stage) })
	workspace.On(s.ws, func(workspace.StudyOpened) { s.studyOpened() })
	workspace.On(s.ws, func(workspace.TourWanted) { s.tour(0) })
	workspace.On(s.ws, func(workspace.StudyIncoming) {
		s.bar.words() // before the picture: it is never seen under another name
		s.want("viewer")
	})
}

// keys sends what nobody else takes to the keymap.
func (s *shell) keys() {
	c := s.window.Canvas()
	c.SetOnTypedKey(func(k *fyne.KeyEvent) { s.ws.Keys.Typed(k) })
	c.SetOnTypedRune(func(r rune) { s.ws.Keys.TypedRune(r) })
	s.shortcuts([]workspace.Action{s.speak()})
	s.window.SetOnDropped(func(_ fyne.Position, uris []fyne.URI) {
		var paths []string
		for _, u := range uris {
			paths = append(paths, u.Path())
		}
		s.drop(paths, false)
	})
}

// shortcuts lets the canvas pass on keys with Control, which it offers nobody
// unless they are added.
func (s *shell) shortcuts(actions []workspace.Action) {
	for _, a := range actions {
		for _, k := range s.ws.Keys.Bound(a) {
			if k.Mod != 0 && k.Mod != fyne.KeyModifierShift {
				s.window.Canvas().AddShortcut(&desktop.CustomShortcut{KeyName: k.Name, Modifier: k.Mod},
					func(sc fyne.Shortcut) { s.ws.Keys.TypedShortcut(sc) })
			}
		}
	}
}

// seen are the rooms that the user may see, of one place.
func (s *shell) seen(p workspace.Place) []*workspace.Room {
	var out []*workspace.Room
	for _, r := range s.rooms {
		if r.Place == p && (r.Needs == "" || s.ws.User().Role.May(r.Needs)) {
			out = append(out, r)
		}
	}
	return out
}

func (s *shell) userChanged() {
	s.window.Canvas().Unfocus() // a field that goes with its page would come back with a caret, and without the keys
	if s.ws.User().ID == "" {
		s.ws.Keys.Bind(workspace.Bindings{})
		s.ws.Lang.SetHints(nil)
		s.leave()
		s.notice.ask(nil)
		if s.stage != nil {
			s.take(nil)
		}
		s.window.SetContent(s.signIn.content)
		s.signIn.shown()
		return
	}
	s.ws.Activity.Seen()
	s.askIdle()
	s.window.SetContent(s.page)
	s.rail.set(s.seen(workspace.Rail))
	s.tabRow.RemoveAll()
	for _, r := range s.seen(workspace.Panel) {
		b := widget.NewButtonWithIcon("", r.Icon, func() { s.showTab(r) })
		s.buttons[r.ID] = b
		s.tabRow.Add(b)
	}
	// Which rooms there are, and so which keys lead to them, depends on the user.
	s.chords()
	s.ws.LoadBindings(func(err error) { s.explain(err) })
	s.words()
	if rail := s.seen(workspace.Rail); len(rail) > 0 {
		s.show(rail[0])
	}
	s.greet()
}

// chords makes the window pass on every key with Control or Alt that does
// something in a room.
func (s *shell) chords() {
	for _, room := range s.rooms {
		s.shortcuts(append(room.Live(), workspace.Action{Keys: room.Chords}))
	}
	var own []workspace.Action
	for _, keys := range s.ws.Keys.Bindings().Keys {
		own = append(own, workspace.Action{Keys: keys})
	}
	s.shortcuts(append(own, s.own()...))
}

// leave takes every room from the front.
func (s *shell) leave() {
	for _, r := range []*workspace.Room{s.front, s.tab} {
		if r != nil && r.Hidden != nil {
			r.Hidden()
		}
	}
	s.front, s.tab, s.last, s.keysUp, s.folded = nil, nil, nil, false, false
}

func (s *shell) words() {
	for _, r := range s.rooms {
		if b, ok := s.buttons[r.ID]; ok {
			b.SetText(s.ws.Lang.T(r.Name()))
		}
	}
	s.window.SetTitle(s.ws.Lang.T("shell.title"))
	s.bar.words()
	s.status.words()
	s.rail.words()
	s.signIn.words()
	s.lock.page.words()
	s.sheet.words()
	if s.keysUp {
		s.sheet.fill(s.ws.Keys.Sections())
	}
	s.notice.words()
}

func (s *shell) want(id string) {
	for _, r := range slices.Concat(s.seen(workspace.Rail), s.seen(workspace.Panel)) {
		if r.ID != id {
			continue
		}
		if r.Place == workspace.Rail {
			s.show(r)
		} else {
			s.showTab(r)
		}
		return
	}
}

// show brings a room of the rail to the front.
func (s *shell) show(r *workspace.Room) {
	if s.keysUp {
		s.keysUp = false
	}
	if s.front != nil && s.front != r && s.front.Hidden != nil {
		s.front.Hidden()
	}
	changed := s.front != r
	s.ws.Journal.Room(r.ID)
	s.front = r
	s.bar.turn(!ofStudy(r))
	s.rail.mark(r)
	s.middle.Objects = []fyne.CanvasObject{r.Content}
	s.middle.Refresh()
	s.panel()
	s.window.Canvas().Unfocus()
	if changed && r.Shown != nil {
		r.Shown()
	}
}

// panel shows or hides the panel: it belongs to a study, so only rooms of a
// study have it beside them.
func (s *shell) panel() {
	if s.tab == nil || s.ws.Current() == nil || !ofStudy(s.front) {
		if s.body.Objects[0] == s.split {
			s.offset = s.split.Offset
		}
		s.body.Objects = []fyne.CanvasObject{s.middle}
		if s.folded && s.ws.Current() != nil && ofStudy(s.front) {
			s.body.Objects = []fyne.CanvasObject{container.NewBorder(nil, nil, nil, s.strip, s.middle)}
		}
		s.body.Refresh()
		return
	}
	if s.body.Objects[0] != s.split {
		s.body.Objects = []fyne.CanvasObject{s.split}
		if s.offset < 0 {
			s.offset = 0.765
			if p := s.ws.Screen.State().Panel; p > 0 {
				s.offset = p
			}
		}
		s.split.Offset = s.offset
		s.body.Refresh()
		s.split.Refresh()
	}
	for id, b := range s.buttons {
		b.Importance = widget.LowImportance
		if id == s.tab.ID {
			b.Importance = widget.HighImportance
		}
		b.Refresh()
	}
}

func ofStudy(r *workspace.Room) bool { return r != nil && (r.ID == "viewer" || r.ID == "slide") }

// showTab opens a tab of the panel.
func (s *shell) showTab(r *workspace.Room) {
	changed := s.tab != r
	if changed && s.tab != nil && s.tab.Hidden != nil {
		s.tab.Hidden()
	}
	s.tab, s.folded = r, false
	s.tabs.Objects = []fyne.CanvasObject{r.Content}
	s.tabs.Refresh()
	if s.ws.Current() != nil && !ofStudy(s.front) {
		s.want(studyRoom(s.ws.Current()))
	}
	s.panel()
	s.window.Canvas().Unfocus()
	if changed && r.Shown != nil {
		r.Shown()
	}
}

// fold hides the panel, or shows it again.
func (s *shell) fold() {
	if s.tab != nil {
		if s.tab.Hidden != nil {
			s.tab.Hidden()
		}
		s.last, s.tab, s.folded = s.tab, nil, true
		s.panel()
		return
	}
	tabs := s.seen(workspace.Panel)
	switch {
	case slices.Contains(tabs, s.last):
		s.showTab(s.last)
	case len(tabs) > 0:
		s.showTab(tabs[0])
	}
}

func studyRoom(o *workspace.Opened) string {
	if o.Slide() {
		return "slide"
	}
	return "viewer"
}

func (s *shell) studyOpened() {
	s.bar.words()
	o := s.ws.Current()
	if o == nil {
		if ofStudy(s.front) {
			s.want("worklist")
		}
		s.panel()
		return
	}
	if s.tab == nil && !s.folded { // a person's first study opens the panel
		if tabs := s.seen(workspace.Panel); len(tabs) > 0 {
			s.showTab(tabs[0])
		}
	}
	s.want(studyRoom(o))
	s.cameBack()
}

// say shows a line in the status bar until the next.
func (s *shell) say(words func() string) { s.status.say(words) }

// explain shows why something failed.
func (s *shell) explain(err error) { s.status.explain(err) }

func (s *shell) toggleKeys() {
	s.keysUp = !s.keysUp
	if s.keysUp {
		s.sheet.fill(s.ws.Keys.Sections())
		s.middle.Objects = []fyne.CanvasObject{s.sheet.content}
	} else if s.front != nil {
		s.middle.Objects = []fyne.CanvasObject{s.front.Content}
	}
	s.middle.Refresh()
}

// sections is the live table of keys: the open tab's, the front room's, the
// window's own.
func (s *shell) sections() []workspace.Section {
	if s.ws.User().ID == "" || s.lock.on { // nothing behind the page that asks for a password
		return []workspace.Section{{Name: "shell.keys_global", Actions: []workspace.Action{s.speak()}}}
	}
	if over := s.window.Canvas().Overlays(); over.Top() != nil { // a chooser of files, or a menu: no key acts on what stands behind it
		return []workspace.Section{{Name: "shell.keys", Actions: []workspace.Action{
			{Label: "shell.close", Keys: []workspace.Key{workspace.Press(fyne.KeyEscape)}, Do: func() { over.Remove(over.Top()) }},
			{Label: "shell.lock", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyL)}, Do: s.lockScreen}}}}
	}
	if s.stage != nil {
		return []workspace.Section{{Name: "shell.keys_stage", Actions: append(s.onStage(),
			workspace.Action{Label: "shell.lock", Keys: []workspace.Key{workspace.Ctrl(fyne.KeyL)}, Do: s.lockScreen})}}
	}
	var out []workspace.Section
	if acts := s.notice.actions(); acts != nil {
		out = append(out, workspace.Section{Name: "shell.keys_notice", Actions: acts})
	}
	if s.tab != nil && s.body.Objects[0] == s.split {
		out = append(out, workspace.Section{Name: s.tab.Name(), Actions: s.tab.Live()})
	}
	if s.front != nil {
		out = append(out, workspace.Section{Name: s.front.Name(), Actions: s.front.Live()})
	}
	own := workspace.Section{Name: "shell.keys_global", Actions: s.own()}
	if s.keysUp { // Esc leaves the sheet, whatever else it does
		return slices.Insert(out, 0, workspace.Section{Name: "shell.keys", Actions: []workspace.Action{
			{Label: "shell.close", Keys: []workspace.Key{workspace.Press(fyne.KeyEscape)}, Do: s.toggleKeys},
			{Label: "shell.keys_down", Keys: []workspace.Key{workspace.Press(fyne.KeyPageDown), workspace.Press(fyne.KeyDown)}, Do: func() { s.sheet.turn(1) }},
			{Label: "shell.keys_up", Keys: []workspace.Key{workspace.Press(fyne.KeyPageUp), workspace.Press(fyne.KeyUp)}, Do: func() { s.sheet.turn(-1) }}}}, own)
	}
	return append(out, own)
}

// places are the sections that are in sight together, one list for each room of
// the rail, and for each panel tab beside a room of a study.
func (s *shell) places() [][]workspace.Section {
	own := workspace.Section{Name: "shell.keys_global", Actions: s.own()}
	of := func(r *workspace.Room) workspace.Section { return workspace.Section{Name: r.Name(), Actions: r.Live()} }
	var out [][]workspace.Section
	for _, r := range s.seen(workspace.Rail) {
		if !ofStudy(r) {
			out = append(out, []workspace.Section{of(r), own})
			continue
		}
		for _, tab := range s.seen(workspace.Panel) {
			out = append(out, []workspace.Section{of(tab), of(r), own})
		}
	}
	return out
}

// speak changes the language, also before anybody has signed in.
func (s *shell) speak() workspace.Action {
	return workspace.Action{Label: "shell.language", Keys: []workspace.Key{{Name: fyne.KeyL, Mod: fyne.KeyModifierControl | fyne.KeyModifierShift}},
		Do: func() { s.ws.SetLanguage(other(s.ws.Lang.Code())) }}
}

// own are the window's own actions.
func (s *shell) own() []workspace.Action {
	l := s.ws.Lang
	press := func(ks ...workspace.Key) []workspace.Key { return ks }
	out := []workspace.Action{{Label: "shell.keys", Keys: press(workspace.Key{Rune: '?'}), Do: s.toggleKeys},
		{Label: "shell.help", Keys: press(workspace.Press(fyne.KeyF1)), Do: func() { s.want("help") }}}
	for i, r := range s.rail.order() {
		if i < 9 {
			out = append(out, workspace.Action{Label: "shell.show_rail", Args: func() []any { return []any{l.T(r.Name())} },
				Keys: press(workspace.Ctrl(fyne.KeyName('1' + rune(i)))), Do: func() { s.show(r) }})
		}
	}
	function := []fyne.KeyName{fyne.KeyF2, fyne.KeyF3, fyne.KeyF4}
	for i, r := range s.seen(workspace.Panel) {
		if i < len(function) {
			out = append(out, workspace.Action{Label: "shell.panel_tab", Args: func() []any { return []any{l.T(r.Name())} },
				Keys: press(workspace.Press(function[i])), Do: func() { s.showTab(r) }})
		}
	}
	return append(out,
		workspace.Action{Label: "shell.fold", Keys: press(workspace.Press(fyne.KeyF9)), Do: s.fold},
		s.speak(),
		workspace.Action{Label: "shell.scheme", Keys: press(workspace.Key{Name: fyne.KeyD, Mod: fyne.KeyModifierControl | fyne.KeyModifierShift}), Do: s.otherScheme},
		workspace.Action{Label: "shell.larger", Keys: press(workspace.Ctrl(fyne.KeyEqual)), Do: func() { s.ws.Grow(1) }},
		workspace.Action{Label: "shell.smaller", Keys: press(workspace.Ctrl(fyne.KeyMinus)), Do: func() { s.ws.Grow(-1) }},
		workspace.Action{Label: "shell.display", Keys: press(workspace.Key{Name: fyne.KeyK, Mod: fyne.KeyModifierControl | fyne.KeyModifierShift}), Do: func() { workspace.Publish(s.ws, workspace.DisplayWanted{}) }},
		workspace.Action{Label: "shell.lock", Keys: press(workspace.Ctrl(fyne.KeyL)), Do: s.lockScreen},
		workspace.Action{Label: "shell.said_close", Keys: press(saidKey()), Do: s.status.leave},
		workspace.Action{Label: "shell.cancel_job", Keys: press(workspace.Ctrl(fyne.KeyPeriod)), Do: s.status.cancelNewest},
		workspace.Action{Label: "shell.close_study", Keys: press(workspace.Ctrl(fyne.KeyW)), Do: s.ws.CloseStudy},
		workspace.Action{Label: "shell.sign_out", Keys: press(workspace.Ctrl(fyne.KeyQ)), Do: s.signOut},
	)
}
