package ui

import (
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
}

func newKeySheet(ws *workspace.Workspace, toggle func()) *keySheet {
	k := &keySheet{ws: ws, title: widget.NewLabel(""), hint: widget.NewLabel(""), columns: container.NewVBox()}
	k.title.TextStyle.Bold = true
	k.title.SizeName = "headingText"
	k.close = widget.NewButton("", toggle)
	k.content = container.NewBorder(container.NewBorder(nil, nil, k.title, k.close, k.hint), nil, nil, nil,
		container.NewVScroll(container.New(layout.NewCustomPaddedLayout(8, 8, 16, 16), k.columns)))
	k.words()
	return k
}

func (k *keySheet) words() {
	k.title.SetText(k.ws.Lang.T("shell.keys"))
	k.hint.SetText(k.ws.Lang.T("shell.keys_hint"))
	k.close.SetText(k.ws.Lang.T("shell.close"))
}

// rowsPerColumn is where a section goes on in the next column.
const rowsPerColumn = 14

func (k *keySheet) fill(sections []workspace.Section) {
	k.columns.RemoveAll()
	for _, s := range sections {
		head := widget.NewLabel(k.ws.Lang.T(s.Name))
		head.TextStyle.Bold = true
		head.Importance = widget.HighImportance
		row := container.New(layout.NewCustomPaddedHBoxLayout(36))
		for from := 0; from < len(s.Actions); from += rowsPerColumn {
			form := container.New(layout.NewFormLayout())
			for _, a := range s.Actions[from:min(from+rowsPerColumn, len(s.Actions))] {
				var names []string
				for _, x := range a.Keys {
					names = append(names, x.String())
				}
				key := text(14)
				key.Text, key.Color = strings.Join(names, "  "), theme.Accent()
				what := text(14)
				what.Text = k.ws.Lang.T(a.Label, a.Values()...)
				form.Add(container.NewPadded(key))
				form.Add(container.NewPadded(what))
			}
			row.Add(form)
		}
		k.columns.Add(head)
		k.columns.Add(row)
	}
}
