package consult

import (
	"context"
	"image"
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"longying/app/ui/lang"
	"longying/app/ui/workspace"
	"longying/records"
)

// board sets the lesion beside the slide's type, and states whether they agree.
func (r *room) board(m *records.Consult, lead bool) {
	l, f := r.ws.Lang, &r.flow
	r.section("consult.board")
	title := map[string]string{}
	for _, it := range m.Items {
		title[it.FindingUID] = it.Title
	}
	for _, x := range m.Correlations {
		key, importance := lang.Key("consult.concordant"), widget.MediumImportance
		if !x.Concordant {
			key, importance = "consult.discordant", widget.WarningImportance
		}
		r.page.Add(tight(wrapped(l.T(key, title[x.Radiology], title[x.Pathology], x.Comment, x.ByName), importance)))
	}
	var lesions, types []records.ConsultItem
	for _, it := range FindingsBefore(*m) {
		if r.isSlide(it) {
			types = append(types, it)
		} else {
			lesions = append(lesions, it)
		}
	}
	if len(lesions) == 0 || len(types) == 0 {
		r.page.Add(tight(wrapped(l.T("consult.board_needs"), widget.LowImportance)))
		return
	}
	side := func(list []records.ConsultItem, chosen *string) fyne.CanvasObject {
		var names []string
		at := 0
		for i, it := range list {
			names = append(names, it.Title)
			if it.FindingUID == *chosen {
				at = i
			}
		}
		*chosen = list[at].FindingUID
		if len(list) == 1 {
			return container.NewVBox(wrapped(list[0].Title, widget.MediumImportance), r.picture(list[0]))
		}
		s := workspace.NewSelect(r.ws, names, nil)
		s.SetSelectedIndex(at)
		s.OnChanged = func(string) {
			if i := s.SelectedIndex(); i >= 0 && *chosen != list[i].FindingUID {
				*chosen = list[i].FindingUID
				r.render()
			}
		}
		return container.NewVBox(s, wrapped(list[at].Title, widget.MediumImportance), r.picture(list[at]))
	}
	r.page.Add(container.NewGridWithColumns(2, side(lesions, &f.radiology), side(types, &f.pathology)))
	if !lead || m.Allows(records.StepCorrelate) != nil {
		return
	}
	c := workspace.NewCheck(r.ws, l.T("consult.check_discordant"), func(on bool) { f.discordant = on })
	c.Checked = f.discordant
	f.comment.OnSubmitted = func(string) { r.correlate() }
	b := widget.NewButtonWithIcon(l.T("consult.button_correlate"), theme.ConfirmIcon(), r.correlate)
	r.page.Add(f.comment)
	r.page.Add(container.New(layout.NewBorderLayout(nil, nil, c, b), c, layout.NewSpacer(), b))
}

func (r *room) isSlide(it records.ConsultItem) bool {
	if it.Ref == nil || r.patient == nil {
		return false
	}
	for _, ex := range r.patient.Examinations {
		if ex.StudyUID == it.Ref.StudyUID {
			return ex.Modality == "SM"
		}
	}
	return false
}

// picture is the place of a finding, once it has been drawn.
func (r *room) picture(it records.ConsultItem) fyne.CanvasObject {
	if it.Ref == nil || records.Require(r.ws.User(), records.RightViewPatient) != nil {
		return layout.NewSpacer()
	}
	img, asked := r.pictures[it.FindingUID]
	if img != nil {
		o := canvas.NewImageFromImage(img)
		o.FillMode, o.ScaleMode = canvas.ImageFillContain, canvas.ImageScalePixels
		o.SetMinSize(boardPicture())
		return o
	}
	if !asked && it.Ref.SOPUID != "" {
		r.pictures[it.FindingUID] = nil
		ref, uid, into := *it.Ref, it.FindingUID, r.pictures
		r.ws.NewTask().Start(func(ctx context.Context) func() {
			var img image.Image
			img, err := r.ws.Archive.Picture(ctx, ref)
			return func() {
				if err != nil {
					r.problem.Explain(err)
					return
				}
				into[uid] = img
				if r.flow.page == pageMeet && r.view == showConsult {
					r.render()
				}
			}
		})
	}
	room := canvas.NewRectangle(color.Transparent) // the picture's, so that nothing moves when it comes
	room.SetMinSize(boardPicture())
	return container.NewStack(room, wrapped(r.ws.Lang.T("consult.no_place"), widget.LowImportance))
}

func boardPicture() fyne.Size { return fyne.NewSize(200, 220) }

// correlateKey leads to the words of the statement first: one key alone must not
// state that lesion and slide agree.
func (r *room) correlateKey() {
	if r.current == nil || r.view != showConsult {
		return
	}
	e := r.flow.comment
	if c := fyne.CurrentApp().Driver().CanvasForObject(e); r.flow.page == pageMeet && c != nil && c.Focused() == fyne.Focusable(e) {
		r.correlate()
		return
	}
	r.toField(pageMeet, e)
}

func (r *room) correlate() {
	f := r.flow
	comment := f.comment.Text
	r.act("consult.said_correlated", func(ctx context.Context, user records.User, id string) (records.Consult, error) {
		return r.ws.Consult.Correlate(ctx, user, id, f.radiology, f.pathology, !f.discordant, comment)
	}, func() {
		r.flow.discordant = false
		r.flow.comment.SetText("")
	})
}
