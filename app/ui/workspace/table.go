package workspace

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Table is a table that passes on every key, and stays where it is when a row of
// it is clicked.
//
// The toolkit's own counts its head among the rows when it brings one into view:
// a click on a low row that is in full view moves the list by a row, and what the
// second click of a double one meets is the next; a row that is stepped up to is
// left behind the head.
type Table struct {
	widget.Table
	keys *Keymap
	rows *container.Scroll // what scrolls below the head; nil: not shown yet
}

// NewTable makes a table. Its rows are of one height.
func NewTable(ws *Workspace, size func() (rows, columns int), create func() fyne.CanvasObject, update func(widget.TableCellID, fyne.CanvasObject)) *Table {
	t := &Table{keys: ws.Keys}
	t.Length, t.CreateCell, t.UpdateCell = size, create, update
	t.ExtendBaseWidget(t)
	return t
}

// Heads puts words over the columns, which stay while the rows scroll. word is
// what stands over column k, in the language at hand.
func (t *Table) Heads(columns int, word func(k int) string) {
	t.ShowHeaderRow = true
	t.CreateHeader = func() fyne.CanvasObject {
		l := widget.NewLabelWithStyle("", fyne.TextAlignLeading, fyne.TextStyle{Bold: true})
		l.Truncation = fyne.TextTruncateEllipsis
		return l
	}
	t.UpdateHeader = func(id widget.TableCellID, o fyne.CanvasObject) {
		if l, ok := o.(*widget.Label); ok && id.Col >= 0 && id.Col < columns {
			l.SetText(word(id.Col))
		}
	}
}

// CreateRenderer is fyne.Widget's.
func (t *Table) CreateRenderer() fyne.WidgetRenderer {
	r := t.Table.CreateRenderer()
	for _, o := range r.Objects() {
		if s, ok := o.(*container.Scroll); ok {
			t.rows = s
		}
	}
	return r
}

// Tapped is fyne.Tappable's.
func (t *Table) Tapped(e *fyne.PointEvent) {
	if t.rows == nil {
		t.Table.Tapped(e)
		return
	}
	at := t.rows.Offset
	t.Table.Tapped(e)
	t.ScrollToOffset(at)
}

// ScrollTo brings a row into full view.
func (t *Table) ScrollTo(id widget.TableCellID) {
	if t.rows == nil {
		return
	}
	n, _ := t.Length()
	row := min(id.Row, n-1)
	if row < 0 {
		return
	}
	height := t.CreateCell().MinSize().Height
	if t.ShowHeaderRow {
		height = max(height, t.CreateHeader().MinSize().Height)
	}
	top := float32(row) * (height + theme.Padding())
	at := t.rows.Offset
	at.Y = min(top, max(at.Y, top+height-t.rows.Size().Height))
	t.ScrollToOffset(at)
}

// AcceptsTab is fyne.Tabbable's.
func (t *Table) AcceptsTab() bool { return true }

// TypedKey is fyne.Focusable's.
func (t *Table) TypedKey(k *fyne.KeyEvent) {
	if !t.keys.tabbed(k, t) {
		t.keys.Typed(k)
	}
}

// TypedRune is fyne.Focusable's.
func (t *Table) TypedRune(r rune) { t.keys.TypedRune(r) }
