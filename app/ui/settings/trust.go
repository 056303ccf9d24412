package settings

import (
	"context"
	"errors"
	"fmt"
	"image"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/storage"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"longying/app/acceptance"
	"longying/app/ui/lang"
	"longying/app/ui/workspace"
	"longying/imaging"
	"longying/inference"
	"longying/models"
	"longying/records"
	"longying/records/report"
)

// trust is what this site has made of its models, by model ID.
type trust struct {
	history map[string][]records.Acceptance
	scores  map[string]image.Image
	first   map[string]acceptance.FirstReads // beside the pictures
	locked  []string                         // models shown after a first read only
	busy    string                           // the model that is being measured
	// What the person has typed for the model whose figures are in front.
	measured   *records.Acceptance
	report     *acceptance.Report
	thresholds map[string]string
	reviewOn   string
	note       string
}

func (r *room) loadTrust() {
	packages := r.ws.Reading.Models()
	r.loading.Start(func(ctx context.Context) func() {
		history := map[string][]records.Acceptance{}
		for _, p := range packages {
			h, err := r.ws.Trust.History(ctx, p.Card)
			if err != nil {
				return func() { r.problem.Explain(err) }
			}
			history[p.Card.ID] = h
		}
		locked, err := r.ws.Reading.LockedModels(ctx)
		if err != nil {
			return func() { r.problem.Explain(err) }
		}
		return func() {
			r.trust.locked = locked
			r.trust.history = history
			r.render()
		}
	})
}

// trustOf shows where a model stands at this site, and what can be done about it.
func (r *room) trustOf(p *models.Package) fyne.CanvasObject {
	l, id := r.ws.Lang, p.Card.ID
	box := container.NewVBox(r.standing(r.trust.history[id]), r.firstRead(id))
	if r.may(records.RightAcceptModel) {
		measure := widget.NewButtonWithIcon(l.T("settings.button_measure"), theme.FolderOpenIcon(), func() { r.pickList(p) })
		score := widget.NewButtonWithIcon(l.T("settings.button_score"), theme.ListIcon(), func() { r.toggleScore(p) })
		if r.trust.busy != "" {
			measure.Disable()
		}
		box.Add(container.NewHBox(measure, score))
		if inForce(r.trust.history[id]) {
			box.Add(r.withdrawal(p))
		}
	}
	if r.trust.busy == id {
		box.Add(wrapped(l.T("settings.measuring"), widget.MediumImportance))
	}
	if r.trust.measured != nil && r.trust.measured.Model.ID == id {
		box.Add(r.figures(p))
	}
	if img := r.trust.scores[id]; img != nil {
		picture := canvas.NewImageFromImage(img)
		picture.FillMode = canvas.ImageFillContain
		picture.SetMinSize(fyne.NewSize(pageWidth-40, (pageWidth-40)*float32(img.Bounds().Dy())/float32(img.Bounds().Dx())))
		box.Add(picture)
		if f := r.trust.first[id]; f.Reads > 0 {
			box.Add(wrapped(l.T("settings.first_reads", f.Reads, f.Agreement.Count, f.Agreement.N, f.ToYes, f.ToNo, fmt.Sprintf("%.0f", f.Seconds)), widget.MediumImportance))
			for _, row := range f.Rows {
				box.Add(wrapped(r.bothReads(row), widget.LowImportance))
			}
		}
	}
	return box
}

// firstRead is the department's setting whether a doctor's own impression comes
// before what the model proposes, with the reasons for it.
func (r *room) firstRead(id string) fyne.CanvasObject {
	l := r.ws.Lang
	on := slices.Contains(r.trust.locked, id)
	if !r.may(records.RightConfigure) {
		if !on {
			return container.NewVBox()
		}
		return wrapped(l.T("settings.first_read_on"), widget.MediumImportance)
	}
	check := widget.NewCheck(l.T("settings.first_read"), nil)
	check.Checked = on
	check.OnChanged = func(on bool) {
		user := r.ws.User()
		r.ws.NewTask().Start(func(ctx context.Context) func() {
			err := r.ws.Reading.LockModel(ctx, user, id, on)
			return func() {
				r.problem.Explain(err)
				r.loadTrust()
			}
		})
	}
	return container.NewVBox(check, wrapped(l.T("settings.first_read_why"), widget.LowImportance))
}

// bothReads is one first read beside the verdicts that followed.
func (r *room) bothReads(row acceptance.FirstReadRow) string {
	l := r.ws.Lang
	text := row.At.In(imaging.Zone()).Format("2006-01-02 15:04:05") + "  " + row.ByName + "  " + l.T(lang.Key("firstread."+string(row.Answer))) + " · " + row.Impression
	if row.Model != "" {
		text += "  →  " + l.T(lang.Key("outcome."+row.Model))
	}
	for _, v := range row.Verdicts {
		text += "  →  " + v.At.In(imaging.Zone()).Format("15:04:05") + " " + l.T(lang.Key("finding.state."+string(v.State)))
		if v.Reason != "" {
			text += " (" + v.Reason + ")"
		}
	}
	return text
}

// inForce reports that the newest act is an acceptance.
func inForce(history []records.Acceptance) bool {
	for i := len(history) - 1; i >= 0; i-- {
		if history[i].Act != records.ModelMeasured {
			return history[i].Act == records.ModelAccepted
		}
	}
	return false
}

// standing is one line: accepted by whom and until when, or not.
func (r *room) standing(history []records.Acceptance) fyne.CanvasObject {
	l := r.ws.Lang
	for i := len(history) - 1; i >= 0; i-- {
		h := &history[i]
		day := h.At.In(imaging.Zone()).Format(time.DateOnly)
		switch h.Act {
		case records.ModelAccepted:
			text, weight := l.T("settings.accepted", h.ByName, day), widget.SuccessImportance
			for _, key := range slices.Sorted(maps.Keys(h.Thresholds)) {
				text += " · " + l.T("settings.threshold_of", key, fmt.Sprintf("%.3f", h.Thresholds[key]))
			}
			if h.ReviewOn != "" {
				text += " · " + l.T("settings.review_on", h.ReviewOn)
				if h.ReviewDue(time.Now().In(imaging.Zone())) {
					weight = widget.WarningImportance
				}
			}
			return wrapped(text, weight)
		case records.ModelWithdrawn:
			return wrapped(l.T("settings.acceptance_withdrawn", h.ByName, day, h.Note), widget.WarningImportance)
		}
	}
	return wrapped(l.T("settings.not_accepted"), widget.WarningImportance)
}

// pickList asks for the labelled list and measures the model on it.
func (r *room) pickList(p *models.Package) {
	window := workspace.WindowOf(r.page)
	if window == nil || window.Canvas().Overlays().Top() != nil {
		return
	}
	t := r.ws.Lang.T
	d := dialog.NewFileOpen(func(u fyne.URIReadCloser, err error) {
		r.problem.Explain(err)
		if u == nil {
			return
		}
		path := u.URI().Path()
		if err := u.Close(); err != nil {
			r.problem.Explain(err)
			return
		}
		r.measure(p, path)
	}, window)
	d.SetFilter(storage.NewExtensionFileFilter([]string{".csv"}))
	d.SetTitleText(t("settings.choose_list"))
	d.SetConfirmText(t("settings.button_measure_now"))
	d.SetDismissText(t("settings.button_cancel"))
	d.Show()
	d.Resize(fyne.NewSize(900, 560))
}

func (r *room) measure(p *models.Package, path string) {
	user := r.ws.User()
	r.trust.busy, r.trust.measured, r.trust.report = p.Card.ID, nil, nil
	r.render()
	label := func() string { return r.ws.Lang.T("settings.job_measure", p.Card.Name.In(r.ws.Lang.Short())) }
	r.ws.StartJob(label, func(ctx context.Context, progress func(done, total int)) func() {
		list, err := acceptance.ReadList(path, p.Card)
		var found *acceptance.Report
		var entry records.Acceptance
		if err == nil {
			found, entry, err = r.ws.Trust.Measure(ctx, user, p.Card, list, progress)
		}
		return func() {
			r.trust.busy = ""
			if r.ws.User().ID != user.ID {
				return // somebody else sits here now
			}
			if err != nil && !errors.Is(err, context.Canceled) {
				r.problem.Explain(err)
			}
			if err == nil {
				r.trust.measured, r.trust.report, r.trust.reviewOn, r.trust.note = &entry, found, "", ""
				r.trust.thresholds = map[string]string{}
				for _, k := range found.Classes {
					r.trust.thresholds[k.Key] = strconv.FormatFloat(k.Site, 'f', 3, 64)
				}
			}
			r.render()
			r.loadTrust()
		}
	})
}

// figures shows what a model did on the list, and the form by which a named
// doctor accepts it.
func (r *room) figures(p *models.Package) fyne.CanvasObject {
	l, rep := r.ws.Lang, r.trust.report
	box := container.NewVBox(bold(l.T("settings.measured", fmt.Sprint(rep.Cases), fmt.Sprint(rep.Judged), fmt.Sprint(len(rep.Refused)))))
	for i, f := range rep.Refused {
		if i == 5 {
			box.Add(wrapped(l.T("settings.and_more", fmt.Sprint(len(rep.Refused)-i)), widget.LowImportance))
			break
		}
		box.Add(wrapped(l.T("settings.case_refused", fmt.Sprint(f.Line), f.Reason), widget.WarningImportance))
	}
	for _, k := range rep.Classes {
		box.Add(bold(k.Label.In(l.Short())))
		box.Add(wrapped(r.figuresText(k.All), widget.MediumImportance))
		for _, d := range k.Devices {
			box.Add(wrapped(d.Device+": "+r.figuresText(d.Figures), widget.LowImportance))
		}
		box.Add(wrapped(l.T("settings.site_threshold", fmt.Sprintf("%.3f", k.Site), rateText(l, k.AtSite.Sensitivity), rateText(l, k.AtSite.Specificity)), widget.MediumImportance))
		e := workspace.NewEntry(r.ws)
		e.SetText(r.trust.thresholds[k.Key])
		e.OnChanged = func(s string) { r.trust.thresholds[k.Key] = s }
		box.Add(r.field("settings.threshold", e))
	}
	add := func(caption lang.Key, hint string, value *string) {
		e := workspace.NewEntry(r.ws)
		e.SetText(*value)
		e.SetPlaceHolder(hint)
		e.OnChanged = func(s string) { *value = s }
		box.Add(r.field(caption, e))
	}
	add("settings.review_day", time.Now().AddDate(0, 6, 0).Format(time.DateOnly), &r.trust.reviewOn)
	add("settings.note", "", &r.trust.note)
	accept := widget.NewButtonWithIcon(l.T("settings.button_accept"), theme.ConfirmIcon(), func() { r.accept(p) })
	accept.Importance = widget.HighImportance
	box.Add(container.NewHBox(accept))
	return box
}

// withdrawal is how an acceptance in force is taken back.
func (r *room) withdrawal(p *models.Package) fyne.CanvasObject {
	why := workspace.NewEntry(r.ws)
	why.SetPlaceHolder(r.ws.Lang.T("settings.withdraw_why"))
	b := widget.NewButton(r.ws.Lang.T("settings.button_withdraw"), func() { r.withdraw(p, strings.TrimSpace(why.Text)) })
	return container.NewBorder(nil, nil, nil, b, why)
}

func (r *room) figuresText(f acceptance.Figures) string {
	l := r.ws.Lang
	auc := l.T("settings.no_auc")
	if v := float64(f.AUC.Value); !math.IsNaN(v) {
		auc = l.T("settings.auc", fmt.Sprintf("%.3f", v), fmt.Sprintf("%.3f–%.3f", f.AUC.Low, f.AUC.High))
	}
	return l.T("settings.figures", fmt.Sprint(f.AUC.Positives), fmt.Sprint(f.AUC.Negatives), auc, fmt.Sprintf("%.3f", f.AtCard.Threshold),
		rateText(l, f.AtCard.Sensitivity), rateText(l, f.AtCard.Specificity))
}

func rateText(l *lang.Strings, x inference.Rate) string {
	if x.N == 0 {
		return l.T("settings.not_measured")
	}
	return fmt.Sprintf("%.1f%% (%d/%d, %.1f–%.1f)", 100*float64(x.Value), x.Count, x.N, 100*x.Low, 100*x.High)
}

func (r *room) accept(p *models.Package) {
	user, t := r.ws.User(), &r.trust
	thresholds := map[string]float64{}
	for key, text := range t.thresholds {
		v, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
		if err != nil || v < 0 || v > 1 {
			r.problem.Say("settings.threshold_range", text)
			return
		}
		thresholds[key] = v
	}
	id, review, note := t.measured.ID, strings.TrimSpace(t.reviewOn), t.note
	r.ws.NewTask().Start(func(ctx context.Context) func() {
		_, err := r.ws.Trust.Accept(ctx, user, p, id, thresholds, review, note)
		return func() {
			if err == nil {
				r.trust.measured, r.trust.report = nil, nil
			}
			r.stored(err)
			r.loadTrust()
		}
	})
}

func (r *room) withdraw(p *models.Package, why string) {
	user := r.ws.User()
	r.ws.NewTask().Start(func(ctx context.Context) func() {
		_, err := r.ws.Trust.Withdraw(ctx, user, p.Card, why)
		return func() {
			r.stored(err)
			r.loadTrust()
		}
	})
}

// toggleScore shows or hides the picture of how a model has done here in the
// last year.
func (r *room) toggleScore(p *models.Package) {
	id := p.Card.ID
	if r.trust.scores[id] != nil {
		delete(r.trust.scores, id)
		r.render()
		return
	}
	user, short := r.ws.User(), r.ws.Lang.Short()
	r.ws.NewTask().Start(func(ctx context.Context) func() {
		now := time.Now().In(imaging.Zone())
		card, err := r.ws.Trust.Scorecard(ctx, user, p.Card, now.AddDate(-1, 0, 0), now)
		var img image.Image
		if err == nil {
			img, err = card.Picture(report.Font(), short)
		}
		return func() {
			r.problem.Explain(err)
			if err == nil {
				if r.trust.scores == nil {
					r.trust.scores = map[string]image.Image{}
				}
				if r.trust.first == nil {
					r.trust.first = map[string]acceptance.FirstReads{}
				}
				r.trust.scores[id], r.trust.first[id] = img, card.First
			}
			r.render()
		}
	})
}
