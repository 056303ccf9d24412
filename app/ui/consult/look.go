package consult

import (
	"context"

	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"longying/app/ui/workspace"
	"longying/records"
)

// presentBar has the way to the presentation, and the picture that the viewer
// shows as something to lay before the consult.
func (r *room) presentBar(m *records.Consult, lead bool) {
	if records.Require(r.ws.User(), records.RightViewPatient) != nil {
		return
	}
	l := r.ws.Lang
	show := widget.NewButtonWithIcon(l.T("consult.button_present"), theme.ViewFullScreenIcon(), r.present)
	show.Importance = widget.HighImportance
	row := container.New(workspace.NewFlow(theme.Padding(), r.page.Refresh), show)
	if _, ok := r.seen(); ok && lead && m.Decision == nil {
		row.Add(widget.NewButtonWithIcon(l.T("consult.button_lay_picture"), theme.MediaPhotoIcon(), r.layPicture))
	}
	r.papers(m, row)
	if lead && m.Allows(records.StepPack) == nil {
		row.Add(widget.NewButtonWithIcon(l.T("consult.button_to_pack"), theme.DocumentSaveIcon(), r.toPacking))
	}
	r.page.Add(row)
	if r.written != nil {
		r.page.Add(wrapped(r.written(), widget.SuccessImportance))
	}
}

// seen is what the viewer shows, where that is a picture of the consult's
// patient.
func (r *room) seen() (workspace.Look, bool) {
	o := r.ws.Current()
	if r.current == nil || o == nil || o.Record == nil || o.Record.Patient.ID != r.current.PatientID {
		return workspace.Look{}, false
	}
	return r.ws.Looking()
}

// layPicture lays the picture in front before the consult as it is seen now.
func (r *room) layPicture() {
	look, ok := r.seen()
	if !ok {
		r.problem.Say("consult.no_picture")
		return
	}
	item := records.ConsultItem{Kind: "study", Title: look.Title, Ref: &look.Ref, View: &look.View}
	r.change(func(ctx context.Context, user records.User, id string) (records.Consult, error) {
		return r.ws.Consult.Add(ctx, user, id, item)
	}, nil)
}
