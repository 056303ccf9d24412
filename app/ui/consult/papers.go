package consult

import (
	"context"
	"os"
	"path/filepath"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"longying/app/ui/lang"
	"longying/app/ui/workspace"
	"longying/records"
	"longying/records/cda"
)

// papers leads to the minutes on paper and, once there is a decision, to the
// documents of WS/T 500.
func (r *room) papers(m *records.Consult, row *fyne.Container) {
	if records.Require(r.ws.User(), records.RightExport) != nil || records.Require(r.ws.User(), records.RightConsult) != nil {
		return
	}
	l := r.ws.Lang
	caption := lang.Key("consult.button_draft_minutes")
	if m.Decision != nil {
		caption = "consult.button_minutes"
	}
	row.Add(widget.NewButtonWithIcon(l.T(caption), theme.DocumentPrintIcon(), r.printMinutes))
	if m.Decision != nil {
		row.Add(widget.NewButtonWithIcon(l.T("consult.button_record"), theme.DocumentSaveIcon(), func() { r.writeCDA(cda.Consultation) }))
		row.Add(widget.NewButtonWithIcon(l.T("consult.button_discussion"), theme.DocumentSaveIcon(), func() { r.writeCDA(cda.CaseDiscussion) }))
	}
}

// write puts a file into the person's own folder and says where.
func (r *room) write(do func(ctx context.Context, user records.User, id, folder string) (string, error)) {
	if r.current == nil || r.busy || r.view != showConsult {
		return
	}
	r.busy = true
	user, id := r.ws.User(), r.current.ID
	r.problem.SetText("")
	r.written = nil
	r.ws.NewTask().Start(func(ctx context.Context) func() {
		folder, err := os.UserHomeDir()
		path := ""
		if err == nil {
			path, err = do(ctx, user, id, folder)
		}
		return func() {
			r.busy = false
			if err != nil {
				r.problem.Explain(err)
				return
			}
			r.written = func() string { return r.ws.Lang.T("consult.written", path) }
			r.render()
			r.scroll.ScrollToTop() // where it says so
		}
	})
}

func (r *room) printMinutes() {
	short := r.ws.Lang.Short()
	r.write(func(ctx context.Context, user records.User, id, folder string) (string, error) {
		data, err := r.ws.PrintMinutes(ctx, user, id, short)
		path := filepath.Join(folder, id+".pdf")
		if err == nil {
			err = workspace.WriteFile(path, data)
		}
		return path, err
	})
}

func (r *room) writeCDA(form cda.ConsultForm) {
	r.write(func(ctx context.Context, user records.User, id, folder string) (string, error) {
		return r.ws.ExportConsult(ctx, user, id, form, folder)
	})
}
