package consult

import (
	"longying/records"
)

// consult is a consult without identities: every text as a person has confirmed it,
// people under their stand-ins, hospitals as such, times moved. A field that is not
// named here does not leave; user IDs do not.
func (d *draft) consult(m *records.Consult, patient string, visits map[string]string) records.Consult {
	who, at := d.mask.person, d.profile.Time
	out := records.Consult{ID: m.ID, PatientID: patient, Title: d.text(TextTitle, m.Title), Question: d.text(TextQuestion, m.Question),
		State: m.State, CreatedAt: at(m.CreatedAt), UpdatedAt: at(m.UpdatedAt), Members: d.members(m.Members)}
	for _, it := range m.Items {
		x := records.ConsultItem{Kind: it.Kind, Title: d.text(TextItem, it.Title), FindingUID: d.uid(it.FindingUID), VisitID: visits[it.VisitID], Note: d.text(TextItem, it.Note), View: wordless(it.View)}
		if it.Ref != nil {
			ref := d.refer(*it.Ref)
			x.Ref = &ref
		}
		out.Items = append(out.Items, x)
	}
	for _, o := range m.Opinions {
		x := records.Opinion{ID: o.ID, Member: d.member(o.Member), Text: d.text(TextOpinion, o.Text), Dissent: o.Dissent, FindingUID: d.uid(o.FindingUID),
			At: at(o.At), Replaces: o.Replaces, Received: at(o.Received), MergedByName: who(o.MergedByName)}
		if !o.Own() { // else it would seem typed by somebody else, where no user is known
			x.EnteredByName = who(o.EnteredByName)
		}
		out.Opinions = append(out.Opinions, x)
	}
	for _, x := range m.Correlations {
		out.Correlations = append(out.Correlations, records.Correlation{ID: x.ID, Radiology: d.uid(x.Radiology), Pathology: d.uid(x.Pathology), Concordant: x.Concordant,
			Comment: d.text(TextCorrelation, x.Comment), ByName: who(x.ByName), At: at(x.At)})
	}
	if x := m.Decision; x != nil {
		out.Decision = &records.Decision{Text: d.text(TextDecision, x.Text), ByName: who(x.ByName), At: at(x.At), Written: x.Written, Missing: d.checks(x.Missing)}
		for _, uid := range x.Findings {
			out.Decision.Findings = append(out.Decision.Findings, d.uid(uid))
		}
	}
	d.arranged(m, &out)
	d.followed(m, &out)
	return out
}

// arranged is how the consult came to its meeting.
func (d *draft) arranged(m, out *records.Consult) {
	who, at := d.mask.person, d.profile.Time
	for _, x := range m.History {
		out.History = append(out.History, records.Stage{State: x.State, ByName: who(x.ByName), At: at(x.At), Reason: d.text(TextStage, x.Reason)})
	}
	for i := range m.Excuses {
		out.Excuses = append(out.Excuses, *d.excuse(&m.Excuses[i]))
	}
	for _, x := range m.Schedules {
		out.Schedules = append(out.Schedules, records.Schedule{At: at(x.At), Place: d.text(TextSchedule, x.Place), Chair: d.member(x.Chair), Members: d.members(x.Members),
			Reason: d.text(TextSchedule, x.Reason), ByName: who(x.ByName), Set: at(x.Set)})
	}
	if x := m.Meeting; x != nil {
		out.Meeting = &records.Meeting{Missing: d.checks(x.Missing), ByName: who(x.ByName), At: at(x.At)}
		for _, name := range x.Present {
			out.Meeting.Present = append(out.Meeting.Present, who(name))
		}
	}
}

// followed is what came after the decision.
func (d *draft) followed(m, out *records.Consult) {
	who, at := d.mask.person, d.profile.Time
	moved := func(da string) string {
		s, _ := d.profile.Date(da) // none where it is no date
		return s
	}
	for _, f := range m.FollowUps {
		x := records.FollowUp{ID: f.ID, Date: moved(f.Date), Task: d.text(TextFollow, f.Task), Done: f.Done, Outcome: d.text(TextFollow, f.Outcome), At: at(f.At),
			DoneByName: who(f.DoneByName), DoneAt: at(f.DoneAt)}
		if f.Owner != nil {
			owner := d.member(*f.Owner)
			x.Owner = &owner
		}
		for _, q := range f.Postponed {
			x.Postponed = append(x.Postponed, records.Postponement{Date: moved(q.Date), Reason: d.text(TextFollow, q.Reason), At: at(q.At)})
		}
		out.FollowUps = append(out.FollowUps, x)
	}
	for _, x := range m.Outcomes {
		out.Outcomes = append(out.Outcomes, records.Outcome{ID: x.ID, Done: d.text(TextOutcome, x.Done), Happened: d.text(TextOutcome, x.Happened), Concordant: x.Concordant,
			Comment: d.text(TextOutcome, x.Comment), ByName: who(x.ByName), At: at(x.At)})
	}
}

// member keeps that somebody is of another hospital, and not of which.
func (d *draft) member(x records.Member) records.Member {
	out := records.Member{Name: d.mask.person(x.Name), Discipline: d.text(TextMember, x.Discipline)}
	if x.Hospital != "" {
		out.Hospital = maskedPlace
	}
	return out
}

func (d *draft) members(list []records.Member) []records.Member {
	var out []records.Member
	for _, x := range list {
		out = append(out, d.member(x))
	}
	return out
}

func (d *draft) checks(list []records.Check) []records.Check {
	var out []records.Check
	for _, x := range list {
		y := records.Check{Item: x.Item, State: x.State, Count: x.Count, Room: x.Room}
		for _, uid := range x.Studies {
			y.Studies = append(y.Studies, d.uid(uid))
		}
		if x.Excuse != nil {
			y.Excuse = d.excuse(x.Excuse)
		}
		out = append(out, y)
	}
	return out
}

func (d *draft) excuse(x *records.Excuse) *records.Excuse {
	return &records.Excuse{Item: x.Item, Needed: x.Needed, Reason: d.text(TextExcuse, x.Reason), ByName: d.mask.person(x.ByName), At: d.profile.Time(x.At)}
}

// people are the names of everybody whom a consult knows but its patient, and the
// hospitals of those who are from elsewhere.
func people(m *records.Consult) (names, hospitals []string) {
	member := func(list ...records.Member) {
		for _, x := range list {
			names, hospitals = append(names, x.Name), append(hospitals, x.Hospital)
		}
	}
	name := func(list ...string) { names = append(names, list...) }
	checks := func(list []records.Check) {
		for _, x := range list {
			if x.Excuse != nil {
				name(x.Excuse.ByName)
			}
		}
	}
	member(m.Members...)
	for _, x := range m.Schedules {
		member(x.Chair)
		member(x.Members...)
		name(x.ByName)
	}
	for _, x := range m.Opinions {
		member(x.Member)
		name(x.EnteredByName, x.MergedByName)
	}
	if x := m.Decision; x != nil {
		name(x.ByName)
		checks(x.Missing)
	}
	for _, x := range m.Correlations {
		name(x.ByName)
	}
	for _, x := range m.FollowUps {
		if x.Owner != nil {
			member(*x.Owner)
		}
		name(x.DoneByName)
	}
	for _, x := range m.History {
		name(x.ByName)
	}
	for _, x := range m.Excuses {
		name(x.ByName)
	}
	if x := m.Meeting; x != nil {
		name(x.Present...)
		name(x.ByName)
		checks(x.Missing)
	}
	for _, x := range m.Outcomes {
		name(x.ByName)
	}
	return distinct(names), distinct(hospitals)
}

// userIDs are the users whom a consult names by their ID alone.
func userIDs(m *records.Consult) []string {
	ids := []string{m.CreatedBy}
	for _, p := range m.Packs {
		ids = append(ids, p.By)
	}
	for _, f := range m.FollowUps {
		ids = append(ids, f.By)
		for _, q := range f.Postponed {
			ids = append(ids, q.By)
		}
	}
	return distinct(ids)
}
