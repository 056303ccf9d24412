package worklist

import (
	"context"
	"errors"
	"path/filepath"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"

	"longying/app/registry"
	"longying/app/ui/lang"
	"longying/app/ui/workspace"
	"longying/imaging"
	"longying/records"
)

// pickFolder asks for a folder with the toolkit's chooser.
func (r *room) pickFolder() {
	window := workspace.WindowOf(r.table)
	if window == nil || window.Canvas().Overlays().Top() != nil { // one is open: keys reach past it
		return
	}
	r.ask(dialog.NewFolderOpen(func(u fyne.ListableURI, err error) {
		if u != nil {
			r.take([]string{u.Path()}, false)
		}
		r.problem.Explain(err)
	}, window), "worklist.import_folder")
}

// pickFile asks for one file: DICOM, a ZIP archive, or a file of people (CSV,
// XLSX, HL7, FHIR).
func (r *room) pickFile() {
	window := workspace.WindowOf(r.table)
	if window == nil || window.Canvas().Overlays().Top() != nil { // one is open: keys reach past it
		return
	}
	r.ask(dialog.NewFileOpen(func(u fyne.URIReadCloser, err error) {
		if u != nil {
			path := u.URI().Path()
			err = errors.Join(err, u.Close())
			r.take([]string{path}, false)
		}
		r.problem.Explain(err)
	}, window), "worklist.import_file")
}

func (r *room) ask(d *dialog.FileDialog, title lang.Key) {
	t := r.ws.Lang.T
	d.SetTitleText(t(title))
	d.SetConfirmText(t("worklist.import_now"))
	d.SetDismissText(t("worklist.import_not"))
	d.Show()
	d.Resize(fyne.NewSize(900, 560)) // the toolkit panics on it before
}

// refusedRow is one row of a patient file that was not taken.
type refusedRow struct {
	file string
	registry.RowError
}

// imported is what one import did, of people and of studies.
type imported struct {
	people  registry.PeopleResult // the sums
	files   int                   // patient files
	rows    []refusedRow
	studies registry.ImportResult
	err     error
}

// people splits off the patient files; everything else may hold studies.
func people(paths []string) (tables, other []string) {
	for _, p := range paths {
		switch strings.ToLower(filepath.Ext(p)) {
		case ".csv", ".xlsx", ".hl7", ".json", ".tsv", ".adt", ".oru":
			tables = append(tables, p)
		default:
			other = append(other, p)
		}
	}
	return tables, other
}

// take imports files and folders behind a job with progress and cancel. Files of
// people are shown before they are stored; then the studies find theirs.
func (r *room) take(paths []string, open bool) {
	user := r.ws.User()
	if user.ID == "" || len(paths) == 0 {
		return
	}
	r.problem.SetText("")
	r.done.SetText("")
	tables, other := people(paths)
	r.people.take(tables)
	if len(other) == 0 {
		return
	}
	label := func() string { return r.ws.Lang.T("worklist.importing") }
	r.ws.StartJob(label, func(ctx context.Context, progress func(done, total int)) func() {
		var res imported
		res.studies, res.err = r.ws.Registry.Import(ctx, user, other, progress)
		return func() { r.imported(res, len(other) > 0, open) }
	})
}

// peopleStored shows what a file of people did, with the way back.
func (r *room) peopleStored(one registry.PeopleResult) {
	res := imported{people: one, files: 1}
	for _, e := range one.Errors {
		res.rows = append(res.rows, refusedRow{one.Batch.File, e})
	}
	r.imported(res, false, false)
	r.batch = one.Batch
	r.undo.Hidden = r.batch.Changes == 0
	r.undo.Refresh()
}

// undoImport takes the last import of people back, whole but for what was
// changed or used since.
func (r *room) undoImport() {
	user := r.ws.User()
	if user.ID == "" || r.people.shown() {
		return
	}
	id := r.batch.ID
	r.problem.SetText("")
	r.ws.StartJob(func() string { return r.ws.Lang.T("worklist.undoing") }, func(ctx context.Context, _ func(done, total int)) func() {
		var err error
		if id == "" { // not of this sitting: the last one that changed anything
			var all []records.Batch
			all, err = r.ws.Registry.Batches(ctx, user)
			for _, b := range all {
				if b.State == records.BatchStored && b.Changes > 0 {
					id = b.ID
					break
				}
			}
		}
		var done registry.Undone
		if err == nil && id != "" {
			done, err = r.ws.Registry.UndoBatch(ctx, user, id)
		}
		return func() {
			r.problem.Explain(err)
			if err != nil || id == "" {
				return
			}
			r.batch = records.Batch{}
			r.undo.Hide()
			workspace.Publish(r.ws, workspace.StudiesChanged{})
			workspace.Publish(r.ws, workspace.PeopleChanged{})
			r.done.Say("worklist.undone", done.Batch.File, done.Undone)
			r.problem.SetWords(func() string { return keptWords(r.ws.Lang, done.Kept) })
		}
	})
}

// imported shows what came in, what did not and why.
func (r *room) imported(res imported, studies, open bool) {
	workspace.Publish(r.ws, workspace.StudiesChanged{})
	if res.files > 0 {
		workspace.Publish(r.ws, workspace.PeopleChanged{})
	}
	r.skipped.show(losses(res.studies.Skipped), res.rows)
	r.problem.Explain(res.err)
	if res.err == nil && studies && len(res.studies.Studies) == 0 {
		r.problem.Say("worklist.nothing")
	}
	r.done.SetWords(func() string { return strings.Join(summary(r.ws.Lang, res), "  ") })
	if len(res.studies.Studies) > 0 {
		r.chosen = res.studies.Studies[0].StudyUID
		if open {
			r.openChosen()
		}
	}
}

// summary says in words what came in.
func summary(l *lang.Strings, res imported) []string {
	var out []string
	if res.files > 0 {
		out = append(out, l.T("worklist.people_done", res.people.Patients, res.people.Known, res.people.Visits, len(res.people.Linked)))
	}
	if n := len(res.studies.Studies); n > 0 {
		out = append(out, l.T("worklist.studies_done", n, res.studies.New, res.studies.Known))
	}
	return out
}

// rowText names one refused row and why, in the reader's language.
func rowText(l *lang.Strings, r refusedRow) string {
	args := make([]any, len(r.Args))
	for i, a := range r.Args {
		args[i] = a
	}
	return l.T("worklist.row", r.file, r.Row, fieldName(l, r.Field), l.Or(lang.Key("row."+r.Code), r.Reason, args...))
}

// losses leaves out what is no loss: an index, or a file that is there twice.
func losses(all []imaging.Skipped) []imaging.Skipped {
	var out []imaging.Skipped
	for _, s := range all {
		if s.Code != imaging.SkipDirectory && s.Code != imaging.SkipDuplicate {
			out = append(out, s)
		}
	}
	return out
}
