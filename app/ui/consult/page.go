package consult

import (
	"context"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"longying/app/ui/lang"
	look "longying/app/ui/theme"
	"longying/app/ui/workspace"
	"longying/imaging"
	"longying/records"
)

// consultPage shows the consult that is chosen, with what can be done next.
func (r *room) consultPage() {
	l := r.ws.Lang
	m := r.current
	if m == nil {
		r.page.Add(wrapped(l.T("consult.choose"), widget.LowImportance))
		return
	}
	lead := records.Require(r.ws.User(), records.RightLeadConsult) == nil
	title := heading(m.Title)
	title.SizeName = theme.SizeNameHeadingText
	r.page.Add(title)
	who := m.ID
	if r.patient != nil {
		who = r.patient.Patient.Name + " · " + who
	}
	r.page.Add(tight(wrapped(l.Or(lang.Key("consult.state."+m.State), m.State)+" · "+who, widget.LowImportance)))
	r.presentBar(m, lead)
	if r.patient != nil && r.patient.Patient.Sample {
		r.page.Add(tight(wrapped(l.T("consult.sample"), widget.WarningImportance)))
	}
	r.flowPage(m, lead)
}

// items is what lies before the consult, and what of the patient's record can
// still be laid.
func (r *room) items(m *records.Consult, lead bool) {
	l := r.ws.Lang
	r.section("consult.items", len(m.Items))
	for _, it := range m.Items {
		var show fyne.CanvasObject
		if it.Ref != nil && it.Ref.StudyUID != "" && records.Require(r.ws.User(), records.RightViewPatient) == nil {
			uid := it.Ref.StudyUID
			show = widget.NewButton(l.T("consult.button_show"), func() {
				r.ws.OpenStudy(uid, func(err error) { r.problem.Explain(err) })
			})
		}
		text := l.Or(lang.Key("consult.kind_"+it.Kind), it.Kind) + "  " + it.Title
		if it.Note != "" {
			text += "  " + it.Note
		}
		r.page.Add(bullet(text, widget.MediumImportance, show))
	}
	if len(m.Items) == 0 {
		r.page.Add(tight(wrapped(l.T("consult.no_items"), widget.LowImportance)))
	}
	if !lead || r.patient == nil || m.Allows(records.StepAdd) != nil {
		return
	}
	offers := Offers(*m, r.patient.Examinations, r.findings, r.patient.Visits, r.naming())
	if len(offers) == 0 {
		return
	}
	r.page.Add(wrapped(l.T("consult.offers"), widget.LowImportance))
	for _, o := range offers {
		add := widget.NewButtonWithIcon(l.T("consult.button_add"), theme.ContentAddIcon(), func() {
			r.change(func(ctx context.Context, user records.User, id string) (records.Consult, error) {
				return r.ws.Consult.Add(ctx, user, id, o.Item)
			}, nil)
		})
		r.page.Add(bullet(l.Or(lang.Key("consult.kind_"+o.Item.Kind), o.Item.Kind)+"  "+o.Item.Title, widget.LowImportance, add))
	}
}

func (r *room) naming() Naming {
	l := r.ws.Lang
	return Naming{
		Study: func(ex records.Examination) string {
			parts := []string{strings.Join(ex.Modalities, "/")}
			if !ex.Date.IsZero() {
				parts = append([]string{ex.Date.In(imaging.Zone()).Format("2006-01-02")}, parts...)
			}
			for _, s := range []string{ex.BodyPart, ex.Description} {
				if s != "" {
					parts = append(parts, s)
				}
			}
			return strings.Join(parts, " · ")
		},
		Finding: func(f records.Finding) string {
			name := f.Label.In(l.Short())
			if f.Laterality != "" {
				name = l.T(workspace.SideKey(f.Laterality)) + " " + name
			}
			for _, ex := range r.patient.Examinations {
				if ex.StudyUID == f.StudyUID && !ex.Date.IsZero() {
					name += " · " + ex.Date.In(imaging.Zone()).Format("2006-01-02") + " " + strings.Join(ex.Modalities, "/")
				}
			}
			return name
		},
		Visit: func(v records.Visit) string {
			parts := []string{day(v.Date), v.Department}
			for _, d := range v.Diagnoses {
				parts = append(parts, strings.TrimSpace(d.Code+" "+d.Name))
			}
			return strings.Join(parts, " · ")
		},
	}
}

// opinions shows what each member said; a dissent stands out by an edge and a
// word, and stays beside the decision.
func (r *room) opinions(m *records.Consult) {
	l := r.ws.Lang
	r.section("consult.opinions", len(m.Opinions))
	if len(m.Members) > 0 {
		var names []string
		for _, x := range m.Members {
			names = append(names, l.T("consult.member", r.memberName(x), x.Discipline))
		}
		r.page.Add(tight(wrapped(l.T("consult.members", strings.Join(names, l.T("consult.comma"))), widget.LowImportance)))
	}
	stands := map[string]bool{}
	for _, o := range m.Standing() {
		stands[o.ID] = true
	}
	for _, o := range m.Opinions {
		r.page.Add(opinion(l, m, o))
		if !stands[o.ID] {
			r.page.Add(tight(wrapped(l.T("consult.replaced"), widget.LowImportance)))
		}
	}
	if records.Require(r.ws.User(), records.RightConsult) == nil && m.Allows(records.StepOpine) == nil {
		r.page.Add(r.speak.box(r, m))
	}
}

// speaker says who spoke and when, and how sure that is: who typed it where it was
// not the member, and of one out of a reply that its name is only written there.
func speaker(l *lang.Strings, m *records.Consult, o records.Opinion) string {
	who := l.T("consult.said", o.Member.Name, strings.TrimSpace(o.Member.Hospital+" "+o.Member.Discipline), o.At.In(imaging.Zone()).Format("2006-01-02 15:04"))
	if strings.TrimSpace(o.Member.Hospital+o.Member.Discipline) == "" {
		who = l.T("consult.said_plain", o.Member.Name, o.At.In(imaging.Zone()).Format("2006-01-02 15:04"))
	}
	if late := max(o.At.UnixNano(), o.Received.UnixNano()); m.Decision != nil && late > m.Decision.At.UnixNano() {
		who = l.T("consult.afterwards_mark") + who
	}
	switch {
	case o.Unverified():
		who = l.T("consult.unverified_mark") + who
		by := o.MergedByName
		if by == "" {
			by = l.T("consult.merged_unknown")
		}
		return who + l.T("consult.merged_by", by, o.Received.In(imaging.Zone()).Format("2006-01-02 15:04"))
	case o.Outside():
		who = l.T("consult.outside_mark") + who
	}
	if !o.Own() && o.EnteredByName != "" {
		who += l.T("consult.typed_by", o.EnteredByName)
	}
	return who
}

func opinion(l *lang.Strings, m *records.Consult, o records.Opinion) fyne.CanvasObject {
	weight := widget.LowImportance
	if o.Unverified() {
		weight = widget.WarningImportance
	}
	who := speaker(l, m, o)
	if !o.Dissent {
		return container.NewVBox(tight(wrapped(who, weight)), tight(wrapped(o.Text, widget.MediumImportance)))
	}
	edge := canvas.NewRectangle(look.Amber())
	edge.SetMinSize(fyne.NewSize(4, 0))
	word := heading(l.T("consult.dissent_mark"))
	word.Importance = widget.WarningImportance
	return container.NewBorder(nil, nil, edge, nil,
		container.NewVBox(tight(word), tight(wrapped(who, weight)), tight(wrapped(o.Text, widget.MediumImportance))))
}

// decision shows what was agreed, or asks the chair for it.
func (r *room) decision(m *records.Consult) {
	l := r.ws.Lang
	r.section("consult.decision")
	if d := m.Decision; d != nil {
		r.page.Add(wrapped(d.Text, widget.MediumImportance))
		r.page.Add(tight(wrapped(l.T("consult.decided_by", d.ByName, d.At.In(imaging.Zone()).Format("2006-01-02 15:04"), len(d.Findings)), widget.LowImportance)))
		if d.Written {
			r.page.Add(tight(wrapped(l.T("consult.in_writing"), widget.WarningImportance)))
		}
		r.lacked(d.Missing)
		if n := Dissents(*m); n > 0 {
			r.page.Add(tight(wrapped(l.T("consult.with_dissent", n), widget.WarningImportance)))
			for _, o := range m.Standing() {
				if o.Dissent {
					r.page.Add(opinion(l, m, o))
				}
			}
		}
		return
	}
	switch {
	case m.Allows(records.StepDecide) != nil:
		r.page.Add(tight(wrapped(r.ws.Explain(m.Allows(records.StepDecide)), widget.LowImportance)))
	case m.ChairID() != r.ws.User().ID:
		r.page.Add(tight(wrapped(l.T("consult.chair_decides"), widget.LowImportance)))
	default:
		r.page.Add(r.settle.box(r, m))
	}
}

func day(s string) string {
	if len(s) != 8 {
		return s
	}
	return s[:4] + "-" + s[4:6] + "-" + s[6:]
}
