package consult

import (
	"context"
	"errors"
	"slices"

	"fyne.io/fyne/v2"
	fynecanvas "fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"longying/app/registry"
	"longying/app/ui/canvas"
	seeing "longying/app/ui/canvas/view"
	"longying/app/ui/lang"
	look "longying/app/ui/theme"
	"longying/app/ui/workspace"
	"longying/imaging"
	"longying/imaging/volume"
	"longying/records"
)

// presentation shows a consult on the whole screen, one step after the other.
type presentation struct {
	ws      *workspace.Workspace
	m       records.Consult
	patient *registry.PatientRecord // nil: whoever presents may not see the record
	steps   []Step
	at      int
	decide  func() // leads to the form of the decision

	loading, ahead *workspace.Task
	image          *canvas.Image
	laid           map[string]*laid // by study
	slides         map[int]*slideView

	title, count, below *widget.Label
	edge                *fynecanvas.Rectangle
	body                *fyne.Container
	content             fyne.CanvasObject
}

// laid is a study that was opened for the presentation.
type laid struct {
	opened *workspace.Opened
	marks  []canvas.Mark
}

// newPresentation prepares it. findings are those of the patient's studies.
func newPresentation(ws *workspace.Workspace, m records.Consult, patient *registry.PatientRecord, findings []records.Finding, decide func()) *presentation {
	slides := map[string]bool{}
	if patient != nil {
		for _, ex := range patient.Examinations {
			slides[ex.StudyUID] = slices.Contains(ex.Modalities, "SM")
		}
	}
	p := &presentation{ws: ws, m: m, patient: patient, steps: Steps(m, findings, slides), decide: decide, loading: ws.NewTask(), ahead: ws.NewTask(),
		laid: map[string]*laid{}, slides: map[int]*slideView{}}
	p.image = canvas.NewImage(ws, ws.Frames, p.read)
	stage := func(size fyne.ThemeSizeName, weight widget.Importance) *widget.Label {
		l := widget.NewLabel("")
		l.SizeName, l.Importance, l.Wrapping = size, weight, fyne.TextWrapWord
		return l
	}
	p.title = stage(look.SizeNameStageTitle, widget.MediumImportance)
	p.title.Truncation, p.title.Wrapping = fyne.TextTruncateEllipsis, fyne.TextWrapOff
	p.below = stage(look.SizeNameStage, widget.MediumImportance)
	p.count = stage(look.SizeNameStage, widget.LowImportance)
	p.count.Wrapping = fyne.TextWrapOff
	p.edge = fynecanvas.NewRectangle(look.Accent())
	p.edge.SetMinSize(fyne.NewSize(8, 0))
	p.body = container.NewStack()
	p.content = container.NewStack(fynecanvas.NewRectangle(look.Chrome()),
		container.NewBorder(container.NewBorder(nil, nil, p.edge, p.count, p.title), p.below, nil, nil, p.body))
	return p
}

// read decodes one frame of a stored object.
func (p *presentation) read(ctx context.Context, s volume.Slice) (*imaging.Frame, error) {
	f, err := p.ws.Archive.Open(ctx, s.Instance.SOPInstanceUID)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return f.Frame(ctx, p.ws.Decoder, s.Frame)
}

// stage is what the window gives its screen to.
func (p *presentation) stage() *workspace.Stage {
	return &workspace.Stage{Content: p.content, Actions: p.actions, Ended: p.end}
}

func (p *presentation) end() {
	p.loading.Stop()
	p.ahead.Stop()
	p.image.SetStack(nil, nil, nil, seeing.Identity{}, 0)
}

func (p *presentation) leave() { workspace.Publish(p.ws, workspace.StageWanted{}) }

func (p *presentation) actions() []workspace.Action {
	press := func(names ...fyne.KeyName) (out []workspace.Key) {
		for _, n := range names {
			out = append(out, workspace.Press(n))
		}
		return out
	}
	out := []workspace.Action{
		{Label: "consult.present_next", Keys: press(fyne.KeyPageDown, fyne.KeyRight, fyne.KeySpace), Do: func() { p.show(p.at + 1) }},
		{Label: "consult.present_previous", Keys: press(fyne.KeyPageUp, fyne.KeyLeft, fyne.KeyBackspace), Do: func() { p.show(p.at - 1) }},
		{Label: "consult.present_first", Keys: press(fyne.KeyHome), Do: func() { p.show(0) }},
		{Label: "consult.present_last", Keys: press(fyne.KeyEnd), Do: func() { p.show(len(p.steps) - 1) }},
		{Label: "consult.present_leave", Keys: press(fyne.KeyEscape), Do: p.leave},
	}
	for k := range min(9, len(p.steps)) {
		out = append(out, workspace.Action{Label: "consult.present_step", Args: func() []any { return []any{k + 1} },
			Keys: press(fyne.KeyName('1' + rune(k))), Do: func() { p.show(k) }})
	}
	if p.decide != nil {
		out = append(out, workspace.Action{Label: "consult.present_decide", Keys: press(fyne.KeyReturn), Do: func() {
			if p.at == len(p.steps)-1 {
				p.leave()
				p.decide()
			}
		}})
	}
	if s := p.steps[p.at]; s.Kind != StepImage {
		return out
	}
	// The picture stays live: what the viewer's keys do to it, besides the keys above.
	taken := map[workspace.Key]bool{}
	for _, a := range out {
		for _, k := range a.Keys {
			taken[k] = true
		}
	}
	for _, a := range canvas.Actions(func() *canvas.Image { return p.image }) {
		a.Keys = slices.DeleteFunc(slices.Clone(a.Keys), func(k workspace.Key) bool { return taken[k] })
		if len(a.Keys) > 0 && !slices.Contains([]lang.Key{"canvas.key_cross", "canvas.key_cine"}, a.Label) {
			out = append(out, a)
		}
	}
	return out
}

// show goes to a step and stops at the ends.
func (p *presentation) show(k int) {
	p.at = min(max(k, 0), len(p.steps)-1)
	p.loading.Stop()
	p.image.SetStack(nil, nil, nil, seeing.Identity{}, 0)
	s := p.steps[p.at]
	name := "" // on every page
	if p.patient != nil {
		name = p.patient.Patient.Name + "    "
	}
	p.count.SetText(name + p.ws.Lang.T("consult.present_count", p.at+1, len(p.steps)))
	p.title.SetText(p.heading(s))
	p.below.SetText(p.caption(s))
	p.below.Hidden = p.below.Text == ""
	switch s.Kind {
	case StepImage:
		p.showImage(s)
	case StepSlide:
		p.showSlide(p.at)
	default:
		p.put(p.page(s))
		p.prepare()
	}
}

// put shows an object as the step.
func (p *presentation) put(o fyne.CanvasObject) {
	p.body.Objects = []fyne.CanvasObject{o}
	p.body.Refresh()
	p.content.Refresh()
}

// say shows a sentence as the step: what is being waited for, or why there is
// nothing to see.
func (p *presentation) say(text string, weight widget.Importance) {
	l := widget.NewLabel(text)
	l.SizeName, l.Importance, l.Wrapping, l.Alignment = look.SizeNameStage, weight, fyne.TextWrapWord, fyne.TextAlignCenter
	p.put(container.NewBorder(container.NewPadded(l), nil, nil, nil))
}

// open reads a study with the marks of what was confirmed in it. Not for the UI
// goroutine.
func (p *presentation) open(ctx context.Context, user records.User, studyUID string) (*laid, error) {
	o, err := p.ws.Laid(ctx, user, p.m.PatientID, studyUID)
	if err != nil {
		return nil, err
	}
	findings, err := p.ws.Reading.Findings(ctx, user, studyUID)
	if err != nil {
		return nil, err
	}
	runs, err := p.ws.Reading.Runs(ctx, user, studyUID)
	if err != nil {
		return nil, err
	}
	findings = slices.DeleteFunc(findings, func(f records.Finding) bool { return !f.State.Factual() })
	runs = slices.DeleteFunc(runs, func(r records.Run) bool { return r.Outcome == "unsure" })
	marks, damaged := canvas.MarksOf(p.ws.Lang, findings, runs)
	return &laid{o, marks}, damaged
}

// showImage brings a place of an image to the screen, reading its study first
// where that is still to be done.
func (p *presentation) showImage(s Step) {
	if l := p.laid[s.Ref.StudyUID]; l != nil {
		p.place(s, l)
		p.prepare()
		return
	}
	p.say(p.ws.Lang.T("consult.present_opening", s.Title), widget.LowImportance)
	user, at := p.ws.User(), p.at
	p.loading.Start(func(ctx context.Context) func() {
		l, err := p.open(ctx, user, s.Ref.StudyUID)
		return func() {
			if l != nil {
				p.laid[s.Ref.StudyUID] = l
			}
			if p.at != at {
				return
			}
			if err != nil {
				if !errors.Is(err, context.Canceled) {
					p.say(p.ws.Explain(err), widget.DangerImportance)
				}
				return
			}
			p.place(s, l)
			p.prepare()
		}
	})
}

// place shows the stack and the picture of a reference, else the middle of the
// first stack that is no localizer.
func (p *presentation) place(s Step, l *laid) {
	o := l.opened
	who := seeing.Identity{Name: o.Name(), Sex: o.Sex(p.ws.Lang), Age: o.Age(p.ws.Lang), Mismatch: o.Mismatch(p.ws.Lang) != "", Sample: o.Examination.Sample}
	series, stack, first := find(o, s.Ref)
	if stack == nil {
		p.say(p.ws.Lang.T("consult.present_no_picture"), widget.WarningImportance)
		return
	}
	p.image.SetStack(o.Study, series, stack, who, first)
	selected := ""
	if len(s.Said) > 0 {
		selected = s.Said[0].UID
	}
	p.image.SetMarks(l.marks, selected)
	if s.View != nil {
		p.image.SetState(p.image.State().As(*s.View))
	}
	p.put(p.image)
}

// find is where a reference lies: of one to a study alone, the middle of its
// first stack that is no localizer.
func find(o *workspace.Opened, ref imaging.Ref) (*imaging.Series, *volume.Stack, int) {
	var series *imaging.Series
	var stack *volume.Stack
	for i := range o.Study.Series {
		for k := range o.Stacks[i] {
			one := &o.Stacks[i][k]
			for n, s := range one.Slices {
				if ref.SOPUID != "" && s.Instance.SOPInstanceUID == ref.SOPUID && (ref.Frame == 0 || s.Frame == ref.Frame) {
					return &o.Study.Series[i], one, n
				}
			}
			if ref.SOPUID == "" && len(one.Slices) > 0 && (stack == nil || stack.Localizer && !one.Localizer) {
				series, stack = &o.Study.Series[i], one
			}
		}
	}
	if stack == nil {
		return nil, nil, 0
	}
	return series, stack, len(stack.Slices) / 2
}

// prepare reads what the next step shows, so that it is there when it is asked
// for.
func (p *presentation) prepare() {
	k := p.at + 1
	if k >= len(p.steps) {
		return
	}
	s := p.steps[k]
	if s.Kind == StepSlide {
		p.readSlide(p.ahead, k, nil)
		return
	}
	if s.Kind != StepImage {
		return
	}
	user, known := p.ws.User(), p.laid[s.Ref.StudyUID]
	p.ahead.Start(func(ctx context.Context) func() {
		l, err := known, error(nil)
		if l == nil {
			l, err = p.open(ctx, user, s.Ref.StudyUID)
		}
		if err == nil {
			if _, stack, first := find(l.opened, s.Ref); stack != nil && p.ws.Frames.Get(stack.Slices[first]) == nil {
				if f, e := p.read(ctx, stack.Slices[first]); e == nil {
					p.ws.Frames.Put(stack.Slices[first], f)
				}
			}
		}
		return func() {
			if err == nil { // else it is said when the step is shown
				p.laid[s.Ref.StudyUID] = l
			}
		}
	})
}
