package worklist

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"longying/app/ui/lang"
	"longying/app/ui/workspace"
)

// source is where the list in front comes from.
type source int

// The sources.
const (
	local source = iota // this data folder
	remote
	queue
	held // rows of imports that wait for a person, and the imports
)

// sourceNames are the sources' names, in their order.
func sourceNames() []lang.Key {
	return []lang.Key{"worklist.source_local", "worklist.source_pacs", "worklist.source_queue", "worklist.source_held"}
}

// sources puts one of several lists in front.
type sources struct {
	ws    *workspace.Workspace
	at    source
	stack *fyne.Container
	views []fyne.CanvasObject
	bars  [][]*widget.Button
	left  func(source) // one goes out of sight
	came  func(source) // and another comes
}

func newSources(ws *workspace.Workspace) *sources {
	return &sources{ws: ws, stack: container.NewStack()}
}

// bar is the choice of the source, for the head of one view.
func (s *sources) bar() fyne.CanvasObject {
	row := container.NewHBox()
	var buttons []*widget.Button
	for i := range sourceNames() {
		b := widget.NewButton("", func() { s.show(source(i)) })
		buttons = append(buttons, b)
		row.Add(b)
	}
	s.bars = append(s.bars, buttons)
	return row
}

func (s *sources) words() {
	for _, bar := range s.bars {
		for i, b := range bar {
			b.Importance = widget.LowImportance
			if source(i) == s.at {
				b.Importance = widget.HighImportance
			}
			b.SetText(s.ws.Lang.T(sourceNames()[i]))
		}
	}
}

func (s *sources) show(at source) {
	before := s.at
	s.at = at
	s.stack.Objects = []fyne.CanvasObject{s.views[at]}
	s.words()
	s.stack.Refresh()
	if before != at {
		s.left(before)
		s.came(at)
	}
}

// next goes round.
func (s *sources) next() { s.show((s.at + 1) % source(len(s.views))) }
