package ui

import (
	"fmt"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"longying/app/ui/workspace"
	"longying/imaging/dicomfile"
	"longying/records"
)

func TestADoubleClickOnAnyRowOpensThatRowsStudyWhateverPanelTheFirstClickBrings(t *testing.T) {
	s, w, st, sample := opened(t)
	w.Resize(fyne.NewSize(1366, leastHeight))
	if err := sample.Fill(t.Context(), st, nil); err != nil { // the newest of them is somebody's
		t.Fatal(err)
	}
	for k := range 14 { // nobody's: each brings the panel that asks whose it is
		dir := t.TempDir()
		ctSeries(t, dir, fmt.Sprintf("2.25.7%02d", k), 0, 1, 16, func(ds *dicomfile.Dataset) {
			ds.String(0x00080020, "DA", "20200301").String(0x00080050, "SH", fmt.Sprintf("TWICE%02d", k))
		})
		if _, err := st.Registry.Import(t.Context(), s.ws.User(), []string{dir}, nil); err != nil {
			t.Fatal(err)
		}
	}
	workspace.Publish(s.ws, workspace.StudiesChanged{})
	s.ws.Settle()
	known, err := st.Registry.Studies(t.Context(), s.ws.User(), records.ExaminationFilter{})
	if err != nil {
		t.Fatal(err)
	}
	uid := map[string]string{}
	for _, ex := range known {
		uid[ex.AccessionNumber] = ex.StudyUID
	}
	table := tableIn(s.front.Content)
	high := max(table.CreateCell().MinSize().Height, table.CreateHeader().MinSize().Height) + theme.Padding()
	at := func(row int) fyne.Position {
		return fyne.CurrentApp().Driver().AbsolutePositionForObject(table).AddXY(100, (float32(row)+1.5)*high)
	}
	lowest := func() int {
		w.Content().MinSize() // as the toolkit asks before it paints
		return int(table.Size().Height/high) - 2
	}
	for _, n := range []string{"with no panel yet", "with the panel there"} {
		table.ScrollToTop()
		row := lowest()
		cell := table.CreateCell()
		table.UpdateCell(widget.TableCellID{Row: row, Col: 5}, cell)
		accession := cell.(*widget.Label).Text
		for range 2 {
			w.Content().MinSize()
			test.TapCanvas(w.Canvas(), at(row))
		}
		s.ws.Settle()
		if o := s.ws.Current(); o == nil || o.Examination.StudyUID != uid[accession] {
			t.Fatalf("%s, a double click on row %d, %s: %+v is open", n, row, accession, o)
		}
		s.ws.CloseStudy()
		s.ws.Settle()
		s.want("worklist")
		if n == "with no panel yet" && lowest() >= row {
			t.Fatal("no panel came, so the test proves nothing")
		}
	}
}

// tableIn is the first table in sight. test.LaidOutObjects would give each widget
// another renderer, and a table other sizes than those that are seen.
func tableIn(o fyne.CanvasObject) *workspace.Table {
	if !o.Visible() {
		return nil
	}
	switch o := o.(type) {
	case *workspace.Table:
		return o
	case *fyne.Container:
		for _, c := range o.Objects {
			if found := tableIn(c); found != nil {
				return found
			}
		}
	}
	return nil
}

func TestAClickMovesNoListAndARowThatIsSteppedToIsInFullView(t *testing.T) {
	s, w := signedIn(t)
	w.Resize(fyne.NewSize(400, 300))
	label := func() fyne.CanvasObject { return widget.NewLabel("") }
	seen := map[int]fyne.CanvasObject{}
	table := workspace.NewTable(s.ws, func() (int, int) { return 30, 1 }, label, func(id widget.TableCellID, o fyne.CanvasObject) { seen[id.Row] = o })
	table.ShowHeaderRow, table.CreateHeader, table.UpdateHeader = true, label, func(widget.TableCellID, fyne.CanvasObject) {}
	w.SetContent(table)
	place := func(row int) (top, bottom float32) {
		table.Refresh()
		top = fyne.CurrentApp().Driver().AbsolutePositionForObject(seen[row]).Y - fyne.CurrentApp().Driver().AbsolutePositionForObject(table).Y
		return top, top + seen[row].Size().Height
	}
	head := table.CreateHeader().MinSize().Height
	for _, row := range []int{0, 12, 3, 29, 20} {
		table.ScrollTo(widget.TableCellID{Row: row})
		if top, bottom := place(row); top < head || bottom > table.Size().Height {
			t.Errorf("row %d stands from %g to %g, below the head from %g to %g", row, top, bottom, head, table.Size().Height)
		}
	}
	for _, row := range []int{20, 24} { // from one edge to the other
		top, bottom := place(row)
		test.TapCanvas(w.Canvas(), fyne.CurrentApp().Driver().AbsolutePositionForObject(table).AddXY(20, (top+bottom)/2))
		if now, _ := place(row); now != top {
			t.Errorf("a click moved row %d by %g", row, now-top)
		}
	}
}
