package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"longying/app/screen"
	"longying/app/ui/lang"
	"longying/app/ui/theme"
	"longying/app/ui/workspace"
)

// notice is a strip above the status bar with two answers: it never covers what
// is read, and waits as long as it is let.
type notice struct {
	ws      *workspace.Workspace
	content *fyne.Container
	text    *widget.Label
	yes, no *widget.Button
	asked   *question // nil: the strip is hidden
}

// question is what a notice asks.
type question struct {
	text    func() string
	yes, no lang.Key
	do      func() // yes; the strip stays for what it asks next
	leave   func() // no
}

// The keys of the answers.
func yesKey() workspace.Key { return workspace.Press(fyne.KeyF10) }
func noKey() workspace.Key {
	return workspace.Key{Name: fyne.KeyF10, Mod: fyne.KeyModifierShift}
}

func newNotice(ws *workspace.Workspace) *notice {
	n := &notice{ws: ws, text: widget.NewLabel("")}
	n.text.Wrapping = fyne.TextWrapWord
	n.yes = widget.NewButton("", func() { n.asked.do() })
	n.yes.Importance = widget.HighImportance
	n.no = widget.NewButton("", func() { n.asked.leave() })
	edge := canvas.NewRectangle(theme.InChrome(theme.Accent()))
	edge.SetMinSize(fyne.NewSize(4, 2))
	n.content = container.NewStack(canvas.NewRectangle(theme.Chosen()), container.NewBorder(edge, nil, nil,
		container.New(layout.NewCustomPaddedLayout(6, 6, 6, 10), container.NewHBox(n.yes, n.no)), n.text))
	n.content.Hide()
	return n
}

func (n *notice) ask(q *question) {
	n.asked = q
	n.words()
	if q == nil {
		n.content.Hide()
	} else {
		n.content.Show()
	}
}

func (n *notice) words() {
	if n.asked == nil {
		return
	}
	l := n.ws.Lang
	n.text.SetText(n.asked.text())
	for _, a := range n.actions() {
		b, label := n.yes, n.asked.yes
		if a.Label == n.asked.no {
			b, label = n.no, n.asked.no
		}
		text := l.T(label)
		if keys := n.ws.Keys.Bound(a); len(keys) > 0 {
			text += "  " + keys[0].String()
		}
		b.SetText(text)
	}
	n.content.Refresh()
}

func (n *notice) actions() []workspace.Action {
	if n.asked == nil {
		return nil
	}
	return []workspace.Action{{Label: n.asked.yes, Keys: []workspace.Key{yesKey()}, Do: n.asked.do},
		{Label: n.asked.no, Keys: []workspace.Key{noKey()}, Do: n.asked.leave}}
}

// note keeps how the window stands and where the person is; once a second, and
// nothing is written unless something changed.
func (s *shell) note() {
	user := s.ws.User().ID
	if s.lock.on || s.stage != nil || s.ws.Screen == nil {
		return
	}
	size, at := s.window.Canvas().Size(), screen.Place{}
	if user != "" {
		at.User = user
		if s.front != nil {
			at.Room = s.front.ID
			if s.front.Keep != nil {
				at.Layout = s.front.Keep()
			}
		}
		if s.tab != nil {
			at.Tab = s.tab.ID
		}
		if o := s.ws.Current(); o != nil {
			at.Study = o.Examination.StudyUID
		}
	}
	beside := len(s.body.Objects) == 1 && s.body.Objects[0] == s.split
	s.ws.Screen.Change(func(st *screen.State) {
		st.Width, st.Height, st.At = size.Width, size.Height, at
		st.Language = string(s.ws.Lang.Code())
		if beside {
			st.Panel = s.split.Offset
		}
	})
}

// greet asks who just signed in, at most one thing: whether to go back to where
// a crash left them, or whether to be shown round.
func (s *shell) greet() {
	s.notice.ask(nil)
	left := s.left
	s.left.Running = false // it is asked once
	switch user := s.ws.User().ID; {
	case user == "":
	case left.Running && left.At.User == user && (left.At.Study != "" || left.At.Room != ""):
		s.notice.ask(&question{text: func() string { return s.ws.Lang.T("shell.crashed") }, yes: "shell.crashed_return", no: "shell.crashed_leave",
			do: func() {
				s.notice.ask(nil)
				s.comeBack(left.At)
			},
			leave: func() { s.notice.ask(nil) }})
	case !s.ws.Screen.State().Toured:
		s.tour(0)
	}
}

// comeBack shows a person what was in front of them.
func (s *shell) comeBack(to screen.Place) {
	if to.Study == "" {
		s.want(to.Room)
		return
	}
	s.returning = &to
	s.ws.OpenStudy(to.Study, func(err error) {
		s.returning = nil
		s.explain(err)
		s.want(to.Room)
	})
}

// cameBack lays the room out as it was, once its study is there.
func (s *shell) cameBack() {
	to, o := s.returning, s.ws.Current()
	if to == nil || o == nil {
		return
	}
	s.returning = nil
	if o.Examination.StudyUID != to.Study {
		return // another one was opened meanwhile
	}
	if to.Tab != "" {
		s.want(to.Tab)
	}
	s.want(to.Room)
	if s.front != nil && s.front.ID == to.Room && s.front.Restore != nil {
		s.front.Restore(to.Layout)
	}
}

// stop is one step of the tour: what it says, in which room.
type stop struct {
	text lang.Key
	room string
}

func tourStops() []stop {
	return []stop{
		{"tour.worklist", "worklist"},
		{"tour.viewer", "viewer"},
		{"tour.findings", "findings"},
		{"tour.report", "report"},
		{"tour.help", "help"},
	}
}

// tour shows one step after the other, each in its room.
func (s *shell) tour(k int) {
	stops := tourStops()
	end := func() {
		s.ws.Screen.Change(func(st *screen.State) { st.Toured = true })
		s.notice.ask(nil)
	}
	if k >= len(stops) {
		end()
		return
	}
	if k > 0 {
		s.want(stops[k].room)
	}
	q := &question{yes: "tour.next", no: "tour.end", do: func() { s.tour(k + 1) }, leave: end}
	if k == len(stops)-1 {
		q.yes = "tour.done"
	}
	q.text = func() string { return s.ws.Lang.T("tour.step", k+1, len(stops), s.ws.Lang.T(stops[k].text)) }
	s.notice.ask(q)
}

// recolour draws what is not in the window just now in the new colours, too.
func (s *shell) recolour() {
	for _, r := range s.rooms {
		r.Content.Refresh()
	}
	// Not the split: out of sight it would lay out the room, which it shares.
	for _, o := range []fyne.CanvasObject{s.signIn.content, s.lock.page.content, s.sheet.content, s.split.Trailing, s.strip, s.page} {
		o.Refresh()
	}
}

// otherScheme turns dark into light, and back.
func (s *shell) otherScheme() {
	if s.ws.Screen.State().Scheme == screen.Light {
		s.ws.SetScheme(screen.Dark)
	} else {
		s.ws.SetScheme(screen.Light)
	}
}
