package consult

import (
	"strings"
	"time"

	"fyne.io/fyne/v2"
	fynecanvas "fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"longying/app/ui/lang"
	look "longying/app/ui/theme"
	"longying/app/ui/workspace"
	"longying/imaging"
	"longying/records"
)

// heading is the large line over a step.
func (p *presentation) heading(s Step) string {
	if s.Kind == StepImage || s.Kind == StepSlide {
		return s.Title
	}
	return p.ws.Lang.T(lang.Key("consult.page_" + string(s.Kind)))
}

// caption is what stands below a picture: what doctors confirmed at this place,
// who did, and how much is undecided and therefore not shown.
func (p *presentation) caption(s Step) string {
	l := p.ws.Lang
	var lines []string
	for _, f := range s.Said {
		line := workspace.FindingName(l, f)
		if f.Note != "" {
			line += l.T("consult.present_note", f.Note)
		}
		by := l.T("consult.present_confirmed", f.ByName, f.At.In(imaging.Zone()).Format("2006-01-02"))
		if f.Model != nil {
			by += " · " + l.T("consult.present_model", f.Model.Name.In(l.Short()), f.Model.Version)
		}
		if f.Origin != nil {
			by += " · " + f.Origin.Said(l.Short())
		}
		lines = append(lines, line+"    "+by)
	}
	if s.Left > 0 {
		lines = append(lines, l.T("consult.present_left", s.Left))
	}
	return strings.Join(lines, "\n")
}

// line is a paragraph of a page.
type line struct {
	text string
	head bool
	mark bool // stands out: a dissent, a discordance
}

// page is a step that is text alone.
func (p *presentation) page(s Step) fyne.CanvasObject {
	var lines []line
	switch s.Kind {
	case StepSummary:
		lines = p.summary()
	case StepRecord:
		lines = p.record()
	case StepOpinions:
		lines = p.opinions()
	case StepDecision:
		lines = p.decision()
	}
	box := container.NewVBox()
	for _, x := range lines {
		l := widget.NewLabel(x.text)
		l.SizeName, l.Wrapping = look.SizeNameStage, fyne.TextWrapWord
		switch {
		case x.mark:
			l.Importance = widget.WarningImportance
		case x.head:
			l.Importance = widget.LowImportance
		}
		l.TextStyle.Bold = x.head
		if x.mark {
			edge := fynecanvas.NewRectangle(look.Amber())
			edge.SetMinSize(fyne.NewSize(6, 0))
			box.Add(container.NewBorder(nil, nil, edge, nil, l))
			continue
		}
		box.Add(l)
	}
	return container.NewVScroll(container.New(layout.NewCustomPaddedLayout(12, 24, 32, 32), box))
}

func (p *presentation) summary() []line {
	l := p.ws.Lang
	who := p.m.Title
	out := []line{}
	if p.patient != nil {
		x := p.patient.Patient
		who = strings.Join([]string{x.Name, l.Or(lang.Key("sex."+string(x.Sex)), string(x.Sex)), age(l, x.BirthDate)}, "  ")
	}
	out = append(out, line{text: who}, line{text: p.m.Title})
	if p.patient != nil && p.patient.Patient.Sample {
		out = append(out, line{text: l.T("consult.sample"), mark: true})
	}
	out = append(out, line{text: l.T("consult.question"), head: true}, line{text: p.m.Question})
	var names []string
	for _, m := range p.m.Members {
		names = append(names, l.T("consult.member", m.Name, m.Discipline))
	}
	if len(names) > 0 {
		out = append(out, line{text: l.T("consult.members_field"), head: true}, line{text: strings.Join(names, l.T("consult.comma"))})
	}
	if s := p.m.Scheduled(); s != nil {
		out = append(out, line{text: l.T("consult.schedule"), head: true}, line{text: l.T("consult.present_schedule", s.At.In(imaging.Zone()).Format("2006-01-02 15:04"), s.Place, s.Chair.Name)})
	}
	return append(out, line{text: l.T("consult.present_keys"), head: true})
}

func age(l *lang.Strings, birth string) string {
	b, err := imaging.ParseDate(birth)
	if err != nil || birth == "" {
		return ""
	}
	return workspace.AgeAt(l, b, time.Time{})
}

// What the page of the record shows at most of each kind; it says how much more
// there is.
const mostOfRecord = 8

func (p *presentation) record() []line {
	l := p.ws.Lang
	if p.patient == nil {
		return []line{{text: l.T("consult.present_no_record")}}
	}
	var out []line
	add := func(head lang.Key, texts []string) {
		if len(texts) == 0 {
			texts = []string{l.T("consult.present_none")}
		}
		out = append(out, line{text: l.T(head), head: true})
		for i, t := range texts {
			if i == mostOfRecord {
				out = append(out, line{text: l.T("consult.present_more", len(texts)-i)})
				break
			}
			out = append(out, line{text: t})
		}
	}
	var diagnoses, allergies, visits, labs []string
	for _, d := range p.patient.Diagnoses {
		diagnoses = append(diagnoses, strings.TrimSpace(day(d.Date)+"  "+d.Code+"  "+d.Name))
	}
	for _, a := range p.patient.Allergies {
		allergies = append(allergies, strings.TrimSpace(a.Substance+"  "+a.Reaction))
	}
	for _, v := range p.patient.Labs {
		if v.Flag != "" && v.Flag != "N" {
			labs = append(labs, strings.TrimSpace(day(v.Time[:min(8, len(v.Time))])+"  "+v.Name+"  "+v.Value+" "+v.Unit+"  "+v.Flag))
		}
	}
	for _, v := range p.patient.Visits {
		visits = append(visits, strings.TrimSpace(day(v.Date)+"  "+v.Department+"  "+v.Note))
	}
	add("consult.present_diagnoses", diagnoses)
	add("consult.present_allergies", allergies)
	add("consult.present_labs", labs)
	add("consult.present_visits", visits)
	return out
}

func (p *presentation) opinions() []line {
	l := p.ws.Lang
	var out []line
	title := map[string]string{}
	for _, it := range p.m.Items {
		title[it.FindingUID] = it.Title
	}
	for _, o := range p.m.Standing() {
		who := speaker(l, &p.m, o)
		text := o.Text
		if o.Dissent {
			text = l.T("consult.dissent_mark") + text
		}
		out = append(out, line{text: who, head: true, mark: o.Unverified()}, line{text: text, mark: o.Dissent})
	}
	if len(out) == 0 {
		out = append(out, line{text: l.T("consult.present_no_opinions")})
	}
	for _, x := range p.m.Correlations {
		key := lang.Key("consult.concordant")
		if !x.Concordant {
			key = "consult.discordant"
		}
		out = append(out, line{text: l.T(key, title[x.Radiology], title[x.Pathology], x.Comment, x.ByName), mark: !x.Concordant})
	}
	return out
}

func (p *presentation) decision() []line {
	l := p.ws.Lang
	d := p.m.Decision
	if d == nil {
		out := []line{{text: l.T("consult.undecided")}}
		if p.decide != nil {
			out = append(out, line{text: l.T("consult.present_to_decide")})
		}
		return out
	}
	out := []line{{text: d.Text}, {text: l.T("consult.decided_by", d.ByName, d.At.In(imaging.Zone()).Format("2006-01-02 15:04"), len(d.Findings)), head: true}}
	if n := Dissents(p.m); n > 0 {
		out = append(out, line{text: l.T("consult.with_dissent", n), mark: true})
	}
	for _, f := range p.m.FollowUps {
		text := day(f.Due()) + "  " + f.Task
		if f.Owner != nil {
			text += l.T("consult.owner_is", f.Owner.Name)
		}
		if f.Done {
			text += "    " + l.T("consult.follow_done", f.Outcome, f.DoneByName, f.DoneAt.In(imaging.Zone()).Format("2006-01-02"))
		}
		out = append(out, line{text: text})
	}
	if x := p.m.Outcome(); x != nil {
		out = append(out, line{text: l.T("consult.outcome"), head: true}, line{text: l.T("consult.was_done") + l.T("consult.colon") + x.Done},
			line{text: l.T("consult.has_happened") + l.T("consult.colon") + x.Happened})
		when := x.At.In(imaging.Zone()).Format("2006-01-02 15:04")
		if x.Concordant {
			out = append(out, line{text: l.T("consult.outcome_agrees", x.ByName, when)})
		} else {
			out = append(out, line{text: l.T("consult.outcome_differs", x.Comment, x.ByName, when), mark: true})
		}
	}
	return out
}

// present gives the consult that is chosen the whole screen.
func (r *room) present() {
	if r.current == nil || r.view != showConsult || records.Require(r.ws.User(), records.RightViewPatient) != nil {
		return
	}
	var decide func()
	if r.current.Decision == nil && records.Require(r.ws.User(), records.RightLeadConsult) == nil {
		decide = r.toDecision
	}
	p := newPresentation(r.ws, *r.current, r.patient, r.findings, decide)
	p.show(0)
	workspace.Publish(r.ws, workspace.StageWanted{Stage: p.stage()})
}

// toDecision leads to the form in which the decision is recorded.
func (r *room) toDecision() {
	workspace.Publish(r.ws, workspace.RoomWanted{ID: "consult"})
	r.scroll.ScrollToBottom()
	workspace.Focus(r.settle.text)
}
