package station

import (
	"slices"
	"strings"
	"testing"
	"time"

	"longying/app/consult"
	"longying/imaging"
	"longying/records"
)

// states are the stages that a consult came into.
func stages(m records.Consult) (out []string) {
	for _, s := range m.History {
		out = append(out, s.State)
	}
	return out
}

// convened is a consult with a film's and a slide's finding laid before it.
func (b *bench) convened() (m records.Consult, film, slide records.Finding) {
	film, slide = b.nodule(b.film.StudyUID, 1), b.nodule(b.slide.StudyUID, 1)
	m, err := b.Consult.Create(b.ctx, b.radiologist, b.film.PatientID, "肺部病变", "影像与病理是否一致？", nil)
	b.must(err)
	for _, uid := range []string{film.UID, slide.UID} {
		m, err = b.Consult.Add(b.ctx, b.radiologist, m.ID, records.ConsultItem{Kind: "finding", FindingUID: uid})
		b.must(err)
	}
	return m, film, slide
}

func (b *bench) members() []records.Member {
	return []records.Member{{UserID: b.radiologist.ID, Discipline: "放射科"}, {UserID: b.pathologist.ID, Discipline: "病理科"},
		{Name: "阿卜杜热合曼·麦麦提", Discipline: "胸外科", Hospital: "兰州大学第一医院"}}
}

func TestAConsultGoesFromItsRequestToTheComparisonOfItsOutcome(t *testing.T) {
	b := newBench(t)
	clinician := b.sample.Users["clinician"]
	// A clinician asks by the whole number of one person; a doctor who leads takes it on.
	m, err := b.Consult.Create(b.ctx, clinician, "620102202205149984", "题", "问", nil)
	b.must(err)
	if m.State != records.ConsultRequested || m.PatientID != b.film.PatientID {
		t.Fatalf("%+v", m)
	}
	_, err = b.Consult.Opine(b.ctx, b.radiologist, m.ID, records.Opinion{Member: records.Member{Name: "甲"}, Text: "早了"}, "")
	b.refused("consult_state_requested", err)
	_, err = b.Consult.Accept(b.ctx, b.radiologist, m.ID)
	b.must(err)

	// Scheduled with a chair who is a user and a member, and moved with a reason.
	tomorrow := time.Now().AddDate(0, 0, 1)
	plan := consult.Plan{At: tomorrow, Place: "会诊室", Chair: b.pathologist.ID, Members: b.members()}
	for code, change := range map[string]func(p *consult.Plan){
		"schedule_past":     func(p *consult.Plan) { p.At = time.Now().AddDate(0, 0, -1) },
		"schedule_place":    func(p *consult.Plan) { p.Place = " " },
		"schedule_chair":    func(p *consult.Plan) { p.Chair = clinician.ID },
		"schedule_members":  func(p *consult.Plan) { p.Members = p.Members[:1] },
		"member_twice":      func(p *consult.Plan) { p.Members = append(p.Members, p.Members[0]) },
		"member_discipline": func(p *consult.Plan) { p.Members[0].Discipline = "" },
		"member_may_not":    func(p *consult.Plan) { p.Members[0].UserID = b.admin.ID },
		"member_unknown":    func(p *consult.Plan) { p.Members[0].UserID = "nobody" },
		"member_hospital":   func(p *consult.Plan) { p.Members[2].Hospital = " " },
		"member_name":       func(p *consult.Plan) { p.Members[2].Name = "" },
	} {
		bad := plan
		bad.Members = slices.Clone(plan.Members)
		change(&bad)
		_, err = b.Consult.Schedule(b.ctx, b.radiologist, m.ID, bad)
		b.refused(code, err)
	}
	_, err = b.Consult.Invitations(b.ctx, b.radiologist, m.ID)
	b.refused("consult_state_preparing", err)
	_, err = b.Consult.Schedule(b.ctx, b.radiologist, m.ID, plan)
	b.must(err)
	_, err = b.Consult.Schedule(b.ctx, b.radiologist, m.ID, plan)
	b.refused("schedule_reason", err)
	plan.Reason = "主持人出差"
	m, err = b.Consult.Schedule(b.ctx, b.radiologist, m.ID, plan)
	b.must(err)
	if len(m.Schedules) != 2 || m.Members[1].Name != b.pathologist.Name || m.Members[2].Hospital == "" || m.ChairID() != b.pathologist.ID {
		t.Errorf("%+v", m)
	}
	list, err := b.Consult.Invitations(b.ctx, b.radiologist, m.ID)
	b.must(err)
	if text := list.Text(); !contains(text, "阿卜杜热合曼·麦麦提", "兰州大学第一医院", "会诊室", "胸外科", "主持人出差") {
		t.Error(text)
	}

	// It does not begin without saying what is missing; that stays in the minutes.
	checks, err := b.Consult.Checklist(b.ctx, clinician, m.ID)
	b.must(err)
	_, err = b.Consult.Begin(b.ctx, b.radiologist, m.ID, nil, nil)
	b.refused("consult_missing", err)
	_, err = b.Consult.Excuse(b.ctx, b.radiologist, m.ID, records.CheckSlides, " ", false)
	b.refused("excuse_reason", err)
	_, err = b.Consult.Excuse(b.ctx, b.radiologist, m.ID, "tea", "x", false)
	b.refused("excuse_item", err)
	_, err = b.Consult.Excuse(b.ctx, b.radiologist, m.ID, records.CheckSlides, "未取材", false)
	b.must(err)
	_, err = b.Consult.Excuse(b.ctx, b.radiologist, m.ID, records.CheckSlides, "未取材", false)
	b.refused("excuse_same", err)
	var named []string
	for _, x := range records.Missing(checks) {
		if x.Item != records.CheckSlides {
			named = append(named, x.Item)
		}
	}
	if !slices.Contains(named, records.CheckStudies) || !slices.Contains(named, records.CheckMedication) {
		t.Fatalf("nothing is laid, and %v is missing", named)
	}
	_, err = b.Consult.Begin(b.ctx, b.radiologist, m.ID, named[1:], nil)
	b.refused("consult_missing", err)
	_, err = b.Consult.Begin(b.ctx, b.radiologist, m.ID, named, []string{"路人"})
	b.refused("present_unknown", err)
	m, err = b.Consult.Begin(b.ctx, b.radiologist, m.ID, named, []string{b.pathologist.Name})
	b.must(err)
	if len(m.Meeting.Missing) != len(named) {
		t.Errorf("%+v", m.Meeting)
	}

	// Each member under their own password, whoever is signed in.
	say := func(who records.Member, text, password string) error {
		out, err := b.Consult.Opine(b.ctx, b.radiologist, m.ID, records.Opinion{Member: who, Text: text}, password)
		if err == nil {
			m = out
		}
		return err
	}
	b.refused("sign_in", say(records.Member{Name: b.pathologist.Name}, "同意", b.password("radiologist")))
	b.refused("sign_in", say(records.Member{UserID: b.radiologist.ID, Name: b.radiologist.Name}, "同意", ""))
	m, err = b.Consult.Get(b.ctx, b.radiologist, m.ID)
	b.must(err)
	if len(m.Opinions) != 0 {
		t.Fatalf("an opinion was taken without the member's password: %+v", m.Opinions)
	}
	b.must(say(records.Member{Name: b.pathologist.Name}, "同意手术", b.password("pathologist")))
	if o := m.Opinions[0]; !o.Own() || o.EnteredBy != b.pathologist.ID || o.Member.Discipline != "病理科" || o.Outside() {
		t.Errorf("%+v", o)
	}
	b.must(say(records.Member{Name: "阿卜杜热合曼·麦麦提"}, "建议先穿刺", ""))
	if o := m.Opinions[1]; o.Own() || !o.Outside() || o.EnteredByName != b.radiologist.Name || o.Member.Hospital != "兰州大学第一医院" {
		t.Errorf("%+v", o)
	}

	// The chair alone decides, with tasks that have an owner.
	ruling := consult.Ruling{Text: "手术", Tasks: []consult.Task{{Date: "20270110", Text: "术前评估"}}}
	_, err = b.Consult.Decide(b.ctx, b.radiologist, m.ID, ruling)
	b.refused("not_chair", err)
	_, err = b.Consult.Decide(b.ctx, b.pathologist, m.ID, ruling)
	b.refused("task_owner", err)
	ruling.Tasks[0].Owner = records.Member{UserID: b.radiologist.ID}
	m, err = b.Consult.Decide(b.ctx, b.pathologist, m.ID, ruling)
	b.must(err)
	if m.State != records.ConsultFollowing || m.Decision.Written || m.FollowUps[0].Owner.Name != b.radiologist.Name {
		t.Errorf("%s %+v %+v", m.State, m.Decision, m.FollowUps)
	}
	_, err = b.Consult.Decide(b.ctx, b.pathologist, m.ID, ruling)
	b.refused("consult_state_following", err)
	_, err = b.Consult.Withdraw(b.ctx, b.pathologist, m.ID, "重复")
	b.refused("consult_state_following", err)
	m, err = b.Consult.Follow(b.ctx, b.radiologist, m.ID, consult.Task{Date: "20270401", Text: "复查CT"})
	b.must(err)
	if m.FollowUps[1].Owner == nil || m.FollowUps[1].Owner.UserID != b.pathologist.ID {
		t.Errorf("a date without an owner is not the chair's: %+v", m.FollowUps[1])
	}
	due, err := b.Consult.Reminders(b.ctx, clinician)
	b.must(err)
	if len(due) != 2 || due[0].OwnerID != b.radiologist.ID {
		t.Errorf("%+v", due)
	}

	// Closed once nothing is open and the outcome stands beside the decision.
	_, err = b.Consult.Close(b.ctx, b.pathologist, m.ID)
	b.refused("close_open", err)
	for _, f := range m.FollowUps {
		_, err = b.Consult.Complete(b.ctx, b.radiologist, m.ID, f.ID, "完成")
		b.must(err)
	}
	_, err = b.Consult.Close(b.ctx, b.pathologist, m.ID)
	b.refused("close_outcome", err)
	_, err = b.Consult.Compare(b.ctx, b.radiologist, m.ID, consult.Comparison{Done: "手术", Happened: " ", Concordant: true})
	b.refused("outcome_empty", err)
	_, err = b.Consult.Compare(b.ctx, b.radiologist, m.ID, consult.Comparison{Done: "保守治疗", Happened: "病灶增大"})
	b.refused("outcome_comment", err)
	_, err = b.Consult.Compare(b.ctx, b.radiologist, m.ID, consult.Comparison{Done: "保守治疗", Happened: "病灶增大", Comment: "家属拒绝手术"})
	b.must(err)
	m, err = b.Consult.Compare(b.ctx, b.radiologist, m.ID, consult.Comparison{Done: "手术", Happened: "好转", Concordant: true})
	b.must(err)
	if len(m.Outcomes) != 2 || m.Outcomes[0].Comment != "家属拒绝手术" || !m.Outcome().Concordant {
		t.Errorf("%+v", m.Outcomes)
	}
	_, err = b.Consult.Close(b.ctx, b.radiologist, m.ID)
	b.refused("not_chair", err)
	m, err = b.Consult.Close(b.ctx, b.pathologist, m.ID)
	b.must(err)
	if got := stages(m); !slices.Equal(got, []string{"requested", "preparing", "scheduled", "meeting", "decided", "following", "closed"}) {
		t.Errorf("%v", got)
	}
	for _, s := range m.History {
		if s.By == "" || s.ByName == "" || s.At.IsZero() {
			t.Errorf("%+v does not say who and when", s)
		}
	}
	text := consult.Minutes(&m, &records.Patient{Name: "刘小满"})
	if !contains(text, "资料不全：会议在缺少以下资料的情况下开始：", "用药", "影像检查", "不需要：病理切片，理由：未取材", "【外院意见】建议先穿刺", "代录", "责任人："+b.radiologist.Name,
		"【与结论不一致】家属拒绝手术", "【后有更新】", "主持人："+b.pathologist.Name, b.radiologist.Name+"（放射科）（未到会）") {
		t.Error(text)
	}
	_, err = b.Consult.Add(b.ctx, b.radiologist, m.ID, records.ConsultItem{Kind: "study", Ref: &imaging.Ref{StudyUID: b.film.StudyUID}})
	b.refused("consult_state_closed", err)
}

func TestTheChecklistOfAConsultIsWhatTheRecordHolds(t *testing.T) {
	b := newBench(t)
	state := func(m records.Consult, item string) records.Check {
		t.Helper()
		list, err := b.Consult.Checklist(b.ctx, b.radiologist, m.ID)
		b.must(err)
		for _, x := range list {
			if x.Item == item {
				return x
			}
		}
		return records.Check{}
	}
	f := b.proposal()
	m, err := b.Consult.Create(b.ctx, b.radiologist, b.film.PatientID, "题", "问", nil)
	b.must(err)
	if got := state(m, records.CheckStudies).State; got != records.CheckMissing {
		t.Errorf("images before any is laid: %s", got)
	}
	m, err = b.Consult.Add(b.ctx, b.radiologist, m.ID, records.ConsultItem{Kind: "study", Ref: &imaging.Ref{StudyUID: b.film.StudyUID}})
	b.must(err)
	if x := state(m, records.CheckProposals); x.State != records.CheckMissing || !slices.Equal(x.Studies, []string{b.film.StudyUID}) {
		t.Errorf("a proposal waits: %+v", x)
	}
	if x := state(m, records.CheckKeyImages); x.State != records.CheckMissing {
		t.Errorf("no place is laid: %+v", x)
	}
	_, err = b.Reading.Confirm(b.ctx, b.radiologist, f.UID)
	b.must(err)
	m, err = b.Consult.Add(b.ctx, b.radiologist, m.ID, records.ConsultItem{Kind: "finding", FindingUID: f.UID})
	b.must(err)
	for _, item := range []string{records.CheckProposals, records.CheckKeyImages} {
		if x := state(m, item); x.State != records.CheckThere {
			t.Errorf("%+v", x)
		}
	}
	_, err = b.Consult.Add(b.ctx, b.radiologist, m.ID, records.ConsultItem{Kind: "medication", Note: " "})
	b.refused("medication_empty", err)
	m, err = b.Consult.Add(b.ctx, b.radiologist, m.ID, records.ConsultItem{Kind: "medication", Title: "用药", Note: "阿莫西林"})
	b.must(err)
	if x := state(m, records.CheckMedication); x.State != records.CheckThere {
		t.Errorf("%+v", x)
	}
	if x := state(m, records.CheckReports); x.State != records.CheckMissing || x.Room != "report" {
		t.Errorf("%+v", x)
	}

	// In writing, without a meeting, it is said as well, and no chair but who leads decides.
	_, err = b.Consult.Opine(b.ctx, b.radiologist, m.ID, records.Opinion{Member: records.Member{Name: "甲"}, Text: "随访"}, "")
	b.must(err)
	_, err = b.Consult.Decide(b.ctx, b.radiologist, m.ID, consult.Ruling{Text: "随访"})
	b.refused("consult_missing", err)
	_, err = b.Consult.Decide(b.ctx, b.pathologist, m.ID, consult.Ruling{Text: "随访", Without: records.CheckItems()})
	b.refused("not_chair", err)
	m, err = b.Consult.Decide(b.ctx, b.radiologist, m.ID, consult.Ruling{Text: "随访", Without: records.CheckItems()})
	b.must(err)
	if !m.Decision.Written || len(m.Decision.Missing) == 0 || m.State != records.ConsultDecided {
		t.Errorf("%+v", m.Decision)
	}
}

func TestADiscordanceOfLesionAndSlideNeedsAComment(t *testing.T) {
	b := newBench(t)
	m, film, slide := b.convened()
	_, err := b.Consult.Correlate(b.ctx, b.radiologist, m.ID, film.UID, slide.UID, false, " ")
	b.refused("discordance_comment", err)
	_, err = b.Consult.Correlate(b.ctx, b.radiologist, m.ID, slide.UID, film.UID, true, "")
	b.refused("correlate_sides", err)
	m, err = b.Consult.Get(b.ctx, b.radiologist, m.ID)
	b.must(err)
	if len(m.Correlations) != 0 {
		t.Fatalf("a refused statement was kept: %+v", m.Correlations)
	}
	_, err = b.Consult.Correlate(b.ctx, b.radiologist, m.ID, film.UID, slide.UID, false, "部位不符")
	b.must(err)
	m, err = b.Consult.Correlate(b.ctx, b.radiologist, m.ID, film.UID, slide.UID, true, "")
	b.must(err)
	if len(m.Correlations) != 2 || m.Correlations[0].Concordant || m.Correlations[0].Comment != "部位不符" || !m.Correlations[1].Concordant {
		t.Errorf("%+v", m.Correlations)
	}
}

func TestAWithdrawnConsultSaysWhyAndTakesNothingMore(t *testing.T) {
	b := newBench(t)
	m, _, _ := b.convened()
	_, err := b.Consult.Withdraw(b.ctx, b.radiologist, m.ID, " ")
	b.refused("withdraw_reason", err)
	_, err = b.Consult.Withdraw(b.ctx, b.pathologist, m.ID, "重复申请")
	b.refused("not_chair", err)
	m, err = b.Consult.Withdraw(b.ctx, b.radiologist, m.ID, "重复申请")
	b.must(err)
	if s := m.Entered(records.ConsultWithdrawn); m.State != records.ConsultWithdrawn || s == nil || s.Reason != "重复申请" || s.ByName != b.radiologist.Name {
		t.Errorf("%+v", m.History)
	}
	_, err = b.Consult.Opine(b.ctx, b.radiologist, m.ID, records.Opinion{Member: records.Member{Name: "甲"}, Text: "晚了"}, "")
	b.refused("consult_state_withdrawn", err)
}

func contains(text string, parts ...string) bool {
	for _, p := range parts {
		if !strings.Contains(text, p) {
			return false
		}
	}
	return true
}
