package viewer

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"longying/imaging"
	"longying/records"
)

// newer says below the column that the person has studies that were made after
// the one that is open, and opens the newest of them in its place. None of them
// is ever shown beside it: what is compared with is earlier.
type newer struct {
	list    []records.Examination // the newest first
	title   *widget.Label
	button  *widget.Button
	content *fyne.Container
}

func newNewer(open func()) *newer {
	n := &newer{title: widget.NewLabel(""), button: widget.NewButton("", open)}
	n.title.Wrapping, n.title.Importance = fyne.TextWrapWord, widget.WarningImportance
	n.content = container.NewVBox(n.title, n.button)
	n.content.Hide()
	return n
}

// showNewer takes the list.
func (r *room) showNewer(list []records.Examination) {
	r.newer.list = list
	r.newer.content.Hidden = len(list) == 0
	r.nameNewer()
	r.newer.content.Refresh()
}

func (r *room) nameNewer() {
	n, l := r.newer, r.ws.Lang
	if len(n.list) == 0 {
		n.title.SetText("")
		n.button.SetText("")
		return
	}
	n.title.SetText(l.T("viewer.later_studies", len(n.list)))
	n.button.SetText(strings.Join(n.list[0].Modalities, " ") + " " + n.list[0].Date.In(imaging.Zone()).Format("06-01-02"))
}

// openNewer opens the newest: the study that was open is an earlier one of it.
func (r *room) openNewer() {
	switch {
	case r.study == "":
	case len(r.newer.list) == 0:
		r.problem.Say("viewer.later_none")
	default:
		r.ws.OpenStudy(r.newer.list[0].StudyUID, func(err error) { r.problem.Explain(err) })
	}
}
