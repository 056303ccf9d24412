package report

import (
	"context"
	"strings"

	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"longying/app/ui/workspace"
	"longying/records"
)

// buildReturn makes what a submitted report has besides the second signature:
// the way back to its author, with a reason.
func (t *tab) buildReturn() {
	t.back = workspace.NewEntry(t.ws)
	t.back.OnSubmitted = func(string) { t.returnNow() }
	t.texts = append(t.texts, func() { t.back.SetPlaceHolder(t.ws.Lang.T("report.return_reason")) })
	t.unreturned = workspace.NewProblem(t.ws)
	t.returnBox = container.NewVBox(widget.NewSeparator(), t.back,
		t.button("report.button_return", theme.ContentUndoIcon(), widget.WarningImportance, t.returnNow), t.unreturned)
	t.returnBox.Hide()
}

// returnNow makes the submitted report a draft again; without a reason it leads
// to the field first.
func (t *tab) returnNow() {
	if t.study == "" || t.busy || t.report.State != records.ReportSubmitted {
		return
	}
	reason := strings.TrimSpace(t.back.Text)
	if reason == "" {
		workspace.Publish(t.ws, workspace.RoomWanted{ID: "report"})
		workspace.Focus(t.back)
		t.scroll.ScrollToBottom()
		return
	}
	t.busy = true
	t.unreturned.SetText("")
	study, user := t.study, t.ws.User()
	t.ws.NewTask().Start(func(ctx context.Context) func() {
		_, err := t.ws.Reading.Return(ctx, user, study, reason)
		return func() {
			t.busy = false
			if t.study != study {
				return
			}
			if err != nil {
				t.unreturned.Explain(err)
				return
			}
			t.back.SetText("")
			workspace.Release(t.back)
			t.load()
			t.scroll.ScrollToTop()
			workspace.Publish(t.ws, workspace.ReportChanged{StudyUID: study})
		}
	})
}
