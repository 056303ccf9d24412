package ui

import (
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"longying/app/ui/theme"
	"longying/app/ui/workspace"
)

// keySheet shows the live table of keys in the place of the room.
type keySheet struct {
	ws      *workspace.Workspace
	content fyne.CanvasObject
	title   *widget.Label
	hint    *widget.Label
	close   *widget.Button
	columns *fyne.Container
	scroll  *container.Scroll
}

func newKeySheet(ws *workspace.Workspace, toggle func()) *keySheet {
	k := &keySheet{ws: ws, title: widget.NewLabel(""), hint: widget.NewLabel(""), columns: container.New(&columns{})}
	k.title.TextStyle.Bold = true
	k.title.SizeName = "headingText"
	k.close = widget.NewButton("", toggle)
	k.scroll = container.NewVScroll(container.New(layout.NewCustomPaddedLayout(8, 8, 16, 16), k.columns))
	k.content = container.NewBorder(container.NewBorder(nil, nil, k.title, k.close, k.hint), nil, nil, nil, k.scroll)
	k.words()
	return k
}

// turn goes down n screens of the sheet, or up.
func (k *keySheet) turn(n float32) {
	at := k.scroll.Offset.Y + 0.8*n*k.scroll.Size().Height
	k.scroll.ScrollToOffset(fyne.NewPos(0, max(0, at)))
}

func (k *keySheet) words() {
	k.title.SetText(k.ws.Lang.T("shell.keys"))
	k.hint.SetText(k.ws.Lang.T("shell.keys_hint"))
	k.close.SetText(k.ws.Lang.T("shell.close"))
}

// rowsPerColumn is where a section goes on in the next column.
const rowsPerColumn = 14

// continuation is the name of a section over rows of it that stand at the top of
// a column; elsewhere it is out of sight.
type continuation struct{ widget.Label }

// columns lays blocks one under the other, in as many columns as the width has
// room for, about equally high.
type columns struct{ width float32 }

// gaps between columns and between the blocks of one.
const (
	besideColumn = 36
	underBlock   = 12
	outOfSight   = 10000
)

func (c *columns) MinSize(objects []fyne.CanvasObject) fyne.Size {
	widest, height := c.place(objects, func(fyne.CanvasObject, fyne.Position, float32) {})
	return fyne.NewSize(widest, height)
}

func (c *columns) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	c.width = size.Width
	c.place(objects, func(o fyne.CanvasObject, at fyne.Position, width float32) {
		o.Move(at)
		o.Resize(fyne.NewSize(width, o.MinSize().Height))
	})
}

// place puts each block and gives the widest block's width and the highest
// column's height.
func (c *columns) place(objects []fyne.CanvasObject, put func(o fyne.CanvasObject, at fyne.Position, width float32)) (widest, highest float32) {
	total := float32(0)
	for _, o := range objects {
		size := o.MinSize()
		widest = max(widest, size.Width)
		if _, again := o.(*continuation); !again {
			total += size.Height + underBlock
		}
	}
	n := max(1, int((c.width+besideColumn)/(widest+besideColumn)))
	at := fyne.Position{}
	var again *continuation
	for i, o := range objects {
		if c, ok := o.(*continuation); ok {
			again = c
			continue
		}
		height := o.MinSize().Height
		// In the last column stands what is left; a block goes where most of it fits.
		if last := at.X/(widest+besideColumn) >= float32(n-1); !last && i > 0 && at.Y > 0 && at.Y+height/2 > total/float32(n) {
			at = fyne.NewPos(at.X+widest+besideColumn, 0)
		}
		if again != nil && at.Y == 0 {
			put(again, at, widest)
			at.Y += again.MinSize().Height
		} else if again != nil {
			put(again, fyne.NewPos(0, -outOfSight), widest)
		}
		again = nil
		put(o, at, widest)
		at.Y += height + underBlock
		highest = max(highest, at.Y)
	}
	return widest, highest
}

// live leaves out what no key reaches, because a section further up has all of
// its keys. What closes the sheet has them only as long as the sheet is open.
func live(sections []workspace.Section) []workspace.Section {
	taken := map[workspace.Key]bool{}
	var out []workspace.Section
	for _, s := range sections {
		kept := workspace.Section{Name: s.Name}
		for _, a := range s.Actions {
			if len(a.Keys) == 0 || slices.ContainsFunc(a.Keys, func(x workspace.Key) bool { return !taken[x] }) {
				kept.Actions = append(kept.Actions, a)
			}
		}
		if s.Name != "shell.keys" {
			for _, a := range s.Actions {
				for _, x := range a.Keys {
					taken[x] = true
				}
			}
		}
		if len(kept.Actions) > 0 {
			out = append(out, kept)
		}
	}
	return out
}

func (k *keySheet) fill(sections []workspace.Section) {
	k.columns.RemoveAll()
	k.scroll.ScrollToTop()
	for _, s := range live(sections) {
		head := widget.NewLabel(k.ws.Lang.T(s.Name))
		head.TextStyle.Bold = true
		head.Importance = widget.HighImportance
		for from := 0; from < len(s.Actions); from += rowsPerColumn {
			form := container.New(layout.NewFormLayout())
			for _, a := range s.Actions[from:min(from+rowsPerColumn, len(s.Actions))] {
				var names []string
				for _, x := range a.Keys {
					names = append(names, x.String())
				}
				key := text(14)
				key.Text, key.Color = strings.Join(names, "  "), theme.InChrome(theme.Accent())
				what := text(14)
				what.Text = k.ws.Lang.T(a.Label, a.Values()...)
				form.Add(container.NewPadded(key))
				form.Add(container.NewPadded(what))
			}
			if from == 0 {
				k.columns.Add(container.NewVBox(head, form))
				continue
			}
			again := &continuation{}
			again.Text, again.Importance = k.ws.Lang.T("shell.keys_on", k.ws.Lang.T(s.Name)), widget.LowImportance
			again.ExtendBaseWidget(again)
			k.columns.Add(again)
			k.columns.Add(form)
		}
	}
}
