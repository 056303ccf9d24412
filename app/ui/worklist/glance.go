package worklist

import (
	"context"
	"image"
	"image/color"
	"strconv"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"longying/app/archive"
	"longying/app/ui/canvas/view"
	"longying/app/ui/lang"
	look "longying/app/ui/theme"
	"longying/app/ui/workspace"
	"longying/imaging"
	"longying/records"
)

// The column beside the list.
const (
	glanceWidth  = 236
	peekWidth    = 108 // of a thumbnail, pixels at 100 %
	peekHeight   = 84
	mostPeeks    = 6
	mostPriorKey = 9 // priors that a key opens
)

// glance is what is seen of the chosen study beside the list: its name in full,
// small pictures of its series, and the person's earlier studies. All of it is
// of one study: what arrives for another is dropped.
type glance struct {
	ws     *workspace.Workspace
	asking *workspace.Task
	drawn  *workspace.Task
	stands func(studyUID string) records.Progress
	open   func(studyUID string)
	wait   time.Duration // before anything is asked: keys run past many studies

	ex      *records.Examination // nil: no study is chosen
	shelves []archive.Shelf
	priors  []records.Examination
	known   bool  // what there is of the study was asked
	failed  error // why it was not

	name     *widget.Label
	facts    *widget.Label
	pictures *widget.Label
	peeks    *fyne.Container
	cells    []*peek
	earlier  *widget.Label
	list     *fyne.Container
	problem  *workspace.Problem
	content  *fyne.Container
}

// peek is the place of one thumbnail.
type peek struct {
	of      archive.Shelf
	image   *canvas.Image
	caption *widget.Label
	content fyne.CanvasObject
}

func newGlance(ws *workspace.Workspace, stands func(string) records.Progress, open func(string)) *glance {
	g := &glance{ws: ws, asking: ws.NewTask(), drawn: ws.NewTask(), stands: stands, open: open, wait: 120 * time.Millisecond,
		name: widget.NewLabel(""), facts: widget.NewLabel(""), pictures: widget.NewLabel(""), earlier: widget.NewLabel(""),
		list: container.NewVBox(), problem: workspace.NewProblem(ws)}
	g.name.TextStyle.Bold = true
	g.name.Wrapping, g.facts.Wrapping = fyne.TextWrapBreak, fyne.TextWrapWord
	g.facts.Importance, g.pictures.Importance, g.earlier.Importance = widget.LowImportance, widget.LowImportance, widget.LowImportance
	g.pictures.Wrapping, g.earlier.Wrapping = fyne.TextWrapWord, fyne.TextWrapWord
	g.peeks = container.New(layout.NewGridLayoutWithColumns(2))
	column := container.NewVScroll(container.NewVBox(g.name, g.facts, g.problem, g.pictures, g.peeks, widget.NewSeparator(), g.earlier, g.list))
	ground := canvas.NewRectangle(look.Raised())
	ground.CornerRadius = 3
	g.content = container.New(glanceColumn{}, container.NewStack(ground, container.NewPadded(column)))
	return g
}

// glanceColumn is as wide as it is, whatever stands in it.
type glanceColumn struct{}

func (glanceColumn) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(glanceWidth, 120) }
func (glanceColumn) Layout(os []fyne.CanvasObject, size fyne.Size) {
	os[0].Resize(size)
	os[0].Move(fyne.NewPos(0, 0))
}

// show takes a study, or none. Another one than before has none of its pictures
// and earlier studies until they were asked.
func (g *glance) show(ex *records.Examination) {
	if ex == nil || !g.content.Visible() {
		g.clear()
		return
	}
	same := g.ex != nil && g.ex.StudyUID == ex.StudyUID && g.ex.PatientID == ex.PatientID && g.ex.Instances == ex.Instances
	kept := *ex
	g.ex = &kept
	if same && g.failed == nil {
		g.words()
		return
	}
	g.shelves, g.priors, g.known, g.failed = nil, nil, false, nil
	g.cells, g.peeks.Objects = nil, nil
	g.drawn.Stop()
	g.words()
	g.ask()
}

func (g *glance) clear() {
	g.asking.Stop()
	g.drawn.Stop()
	g.ex, g.shelves, g.priors, g.known, g.failed = nil, nil, nil, false, nil
	g.cells, g.peeks.Objects = nil, nil
	g.words()
}

// ask asks what there is of the study, and then draws its pictures.
func (g *glance) ask() {
	user, study, wait := g.ws.User(), g.ex.StudyUID, g.wait
	g.asking.Start(func(ctx context.Context) func() {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
		priors, err := g.ws.Registry.Priors(ctx, user, study) // also refuses who may not see it
		var shelves []archive.Shelf
		if err == nil {
			shelves, err = g.ws.Archive.Shelves(ctx, study)
		}
		return func() {
			if g.ex == nil || g.ex.StudyUID != study {
				return
			}
			g.shelves, g.priors, g.known, g.failed = shelves, priors, err == nil, err
			g.places()
			g.words()
			g.draw(study, 0)
		}
	})
}

// places lays the places of the thumbnails; no picture is in them yet.
func (g *glance) places() {
	g.cells, g.peeks.Objects = nil, nil
	for _, s := range g.shelves[:min(len(g.shelves), mostPeeks)] {
		p := &peek{of: s, image: canvas.NewImageFromImage(image.NewRGBA(image.Rect(0, 0, 1, 1))), caption: widget.NewLabel("")}
		p.image.FillMode = canvas.ImageFillContain
		p.image.SetMinSize(fyne.NewSize(peekWidth, peekHeight))
		p.caption.Truncation, p.caption.Importance = fyne.TextTruncateEllipsis, widget.LowImportance
		black := canvas.NewRectangle(color.Black)
		p.content = container.NewBorder(nil, p.caption, nil, nil, container.NewStack(black, p.image))
		g.cells = append(g.cells, p)
		g.peeks.Add(p.content)
	}
}

// draw draws the thumbnails one after the other.
func (g *glance) draw(study string, i int) {
	if i >= len(g.cells) {
		return
	}
	cell := g.cells[i]
	g.drawn.Start(func(ctx context.Context) func() {
		img, err := g.ws.Archive.Thumbnail(ctx, cell.of, peekWidth, peekHeight)
		return func() {
			if g.ex == nil || g.ex.StudyUID != study || i >= len(g.cells) || g.cells[i] != cell {
				return
			}
			switch {
			case err != nil: // the viewer says why
				cell.caption.Importance = widget.WarningImportance
				cell.caption.SetText(g.ws.Lang.T("worklist.no_thumbnail"))
			case img != nil:
				cell.image.Image = img
				cell.image.Refresh()
			}
			g.draw(study, i+1)
		}
	})
}

func (g *glance) words() {
	l := g.ws.Lang
	g.problem.Explain(g.failed)
	g.list.RemoveAll()
	if g.ex == nil {
		g.name.SetText("")
		g.facts.SetText(l.T("worklist.glance_none"))
		g.pictures.SetText("")
		g.earlier.SetText("")
		g.content.Refresh()
		return
	}
	g.name.SetText(shown(g.ex.Header.Display))
	g.facts.SetText(g.factWords())
	switch {
	case g.failed != nil:
		g.pictures.SetText("")
	case !g.known:
		g.pictures.SetText(l.T("worklist.glance_reading"))
	case len(g.shelves) == 0:
		g.pictures.SetText(l.T("worklist.glance_no_pictures"))
	case len(g.shelves) > mostPeeks:
		g.pictures.SetText(l.T("worklist.glance_more", len(g.shelves), mostPeeks))
	default:
		g.pictures.SetText(l.T("worklist.glance_series", len(g.shelves)))
	}
	for _, c := range g.cells {
		if c.caption.Importance == widget.WarningImportance {
			c.caption.SetText(l.T("worklist.no_thumbnail"))
		} else {
			c.caption.SetText(l.T("worklist.thumbnail", c.of.Modality, c.of.Objects))
		}
	}
	switch {
	case !g.known:
		g.earlier.SetText("")
	case !g.ex.Link.Linked():
		g.earlier.SetText(l.T("worklist.priors_unlinked"))
	case len(g.priors) == 0:
		g.earlier.SetText(l.T("worklist.priors_none"))
	default:
		g.earlier.SetText(l.T("worklist.priors", len(g.priors)))
	}
	for k := range g.priors {
		g.list.Add(g.prior(k))
	}
	g.content.Refresh()
}

// factWords are the sex, the age, and what was examined when.
func (g *glance) factWords() string {
	l, ex := g.ws.Lang, g.ex
	lines := []string{strings.TrimSpace(value(l, ex, 1) + "  " + (&workspace.Opened{Examination: *ex}).Age(l))}
	what := strings.TrimSpace(strings.Join(ex.Modalities, ", ") + "  " + partWords(l, ex))
	lines = append(lines, what, strings.TrimSpace(value(l, ex, 3)))
	if ex.Description != "" {
		lines = append(lines, shown(ex.Description))
	}
	if ex.AccessionNumber != "" {
		lines = append(lines, l.T("worklist.glance_accession", shown(ex.AccessionNumber)))
	}
	out := lines[:0]
	for _, s := range lines {
		if s != "" {
			out = append(out, s)
		}
	}
	return strings.Join(out, "\n")
}

// prior is one earlier study: a click, or its number, opens it.
func (g *glance) prior(k int) fyne.CanvasObject {
	l, ex := g.ws.Lang, &g.priors[k]
	date := l.T("worklist.no_date")
	if !ex.Date.IsZero() {
		date = ex.Date.In(imaging.Zone()).Format("2006-01-02")
	}
	text := date + "  " + strings.Join(ex.Modalities, ", ")
	if k < mostPriorKey {
		text = strconv.Itoa(k+1) + "   " + text
	}
	b := widget.NewButton(text, func() { g.open(ex.StudyUID) })
	b.Alignment = widget.ButtonAlignLeading
	what := partWords(l, ex)
	if what == "" {
		what = shown(ex.Description)
	}
	under := widget.NewLabel(strings.Trim(what+" · "+stageWords(l, g.stands(ex.StudyUID)), " ·"))
	under.Truncation, under.Importance = fyne.TextTruncateEllipsis, widget.LowImportance
	return container.New(layout.NewCustomPaddedVBoxLayout(-4), b, under)
}

// partWords is the part of the body, in the reader's language where it is known.
func partWords(l *lang.Strings, ex *records.Examination) string {
	if p := view.PartOf(ex.BodyPart, ex.Description); p != "" {
		return l.Or(lang.Key("bodypart."+p), p)
	}
	return ex.BodyPart
}

// keys open the earlier studies by their numbers.
func (g *glance) keys() []workspace.Action {
	var out []workspace.Action
	for k := range g.priors[:min(len(g.priors), mostPriorKey)] {
		uid := g.priors[k].StudyUID
		out = append(out, workspace.Action{Label: "worklist.open_prior", Args: func() []any { return []any{k + 1} },
			Keys: []workspace.Key{workspace.Press(fyne.KeyName('1' + rune(k)))}, Do: func() { g.open(uid) }})
	}
	return out
}
