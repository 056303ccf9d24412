package consult

import (
	"fmt"
	"strings"
	"time"

	"longying/imaging"
	"longying/records"
)

// checkWords are the items of the checklist in the minutes.
func checkWords() map[string]string {
	return map[string]string{
		records.CheckDiagnoses: "诊断", records.CheckAllergies: "过敏史", records.CheckMedication: "用药",
		records.CheckStudies: "影像检查", records.CheckReports: "影像报告签发", records.CheckProposals: "模型建议的判读", records.CheckKeyImages: "关键图像",
		records.CheckSlides: "病理切片", records.CheckTyped: "切片分型", records.CheckConfirmed: "切片分型的确认", records.CheckLaboratory: "检验结果",
	}
}

func missingWords(list []records.Check) string {
	var out []string
	for _, x := range list {
		word := checkWords()[x.Item]
		if word == "" {
			word = x.Item
		}
		out = append(out, word)
	}
	return strings.Join(out, "、")
}

// memberWords is a member with discipline and, of an outside doctor, hospital.
func memberWords(m records.Member) string {
	about := strings.TrimSpace(m.Hospital + " " + m.Discipline)
	if about == "" {
		return m.Name
	}
	return m.Name + "（" + about + "）"
}

func minute(t time.Time) string { return t.In(imaging.Zone()).Format("2006-01-02 15:04") }

// Minutes is the consult in plain Chinese text.
func Minutes(m *records.Consult, p *records.Patient) string {
	var b strings.Builder
	fmt.Fprintf(&b, "多学科会诊记录 %s\n%s\n", m.ID, m.Title)
	fmt.Fprintf(&b, "患者：%s  健康档案编号：%s\n会诊目的：%s\n", p.Name, p.HealthRecordNumber, m.Question)
	if p.Sample {
		b.WriteString("【样本数据，人物与病情均为虚构】\n")
	}
	if s := m.Entered(records.ConsultWithdrawn); s != nil {
		fmt.Fprintf(&b, "【已撤回】%s %s：%s\n", s.ByName, minute(s.At), s.Reason)
	}
	minutesMeeting(&b, m)
	b.WriteString("\n资料：\n")
	for _, it := range m.Items {
		b.WriteString("- " + it.Title)
		if it.Note != "" {
			b.WriteString("：" + it.Note)
		}
		b.WriteString("\n")
	}
	for _, item := range records.CheckItems() {
		if e := m.Excused(item); e != nil {
			fmt.Fprintf(&b, "不需要：%s，理由：%s（%s %s）\n", checkWords()[item], e.Reason, e.ByName, minute(e.At))
		}
	}
	for _, x := range m.Correlations {
		word := "一致"
		if !x.Concordant {
			word = "【不一致】"
		}
		fmt.Fprintf(&b, "影像-病理对照：%s ↔ %s：%s %s（%s %s）\n", laidTitle(m, x.Radiology), laidTitle(m, x.Pathology), word, x.Comment, x.ByName, minute(x.At))
	}
	minutesOpinions(&b, m)
	minutesDecision(&b, m)
	return b.String()
}

// minutesMeeting says when and where, under whom, who was there, and what was
// missing when it began.
func minutesMeeting(b *strings.Builder, m *records.Consult) {
	if s := m.Scheduled(); s != nil {
		fmt.Fprintf(b, "时间：%s  地点：%s  主持人：%s\n", minute(s.At), s.Place, memberWords(s.Chair))
	}
	var names []string
	for _, x := range m.Members {
		names = append(names, memberWords(x))
	}
	if len(names) > 0 {
		fmt.Fprintf(b, "成员：%s\n", strings.Join(names, "、"))
	}
	x := m.Meeting
	if x == nil {
		return
	}
	fmt.Fprintf(b, "会议开始：%s（%s）\n", minute(x.At), x.ByName)
	if len(x.Present) > 0 {
		fmt.Fprintf(b, "到会：%s\n", strings.Join(x.Present, "、"))
	}
	if len(x.Missing) > 0 {
		fmt.Fprintf(b, "【资料不全】会议在缺少以下资料的情况下开始：%s\n", missingWords(x.Missing))
	}
}

func minutesOpinions(b *strings.Builder, m *records.Consult) {
	b.WriteString("\n意见：\n")
	stands := map[string]bool{}
	for _, o := range m.Standing() {
		stands[o.ID] = true
	}
	for _, o := range m.Opinions {
		mark := ""
		if o.Dissent {
			mark = "【不同意见】"
		}
		if o.Outside() {
			mark += "【外院意见】"
		}
		if came := max(o.At.UnixNano(), o.Received.UnixNano()); m.Decision != nil && came > m.Decision.At.UnixNano() {
			mark += "【结论之后】"
		}
		if !stands[o.ID] {
			mark += "【已由本人修改，原文保留】"
		}
		fmt.Fprintf(b, "- %s%s%s", memberWords(o.Member), mark, o.Text)
		if o.Received.IsZero() && !o.Own() && o.EnteredByName != "" {
			fmt.Fprintf(b, "（%s 代录）", o.EnteredByName)
		}
		b.WriteString("\n")
	}
}

// minutesDecision sets what was decided, what has to be done and by whom, and
// what came of it below one another.
func minutesDecision(b *strings.Builder, m *records.Consult) {
	if d := m.Decision; d != nil {
		fmt.Fprintf(b, "\n结论：%s\n记录人：%s %s\n", d.Text, d.ByName, minute(d.At))
		if d.Written {
			b.WriteString("未召开会议，书面作出。\n")
		}
		if len(d.Missing) > 0 {
			fmt.Fprintf(b, "【资料不全】作出结论时缺少：%s\n", missingWords(d.Missing))
		}
	}
	for _, f := range m.FollowUps {
		fmt.Fprintf(b, "随访：%s %s", f.Date, f.Task)
		if f.Owner != nil {
			fmt.Fprintf(b, "，责任人：%s", memberWords(*f.Owner))
		}
		for _, p := range f.Postponed {
			fmt.Fprintf(b, "；改期至 %s（%s）", p.Date, p.Reason)
		}
		if f.Done {
			fmt.Fprintf(b, "；已完成 %s：%s", f.DoneAt.In(imaging.Zone()).Format("2006-01-02"), f.Outcome)
		}
		b.WriteString("\n")
	}
	for i, x := range m.Outcomes {
		word := "与结论一致"
		if !x.Concordant {
			word = "【与结论不一致】" + x.Comment
		}
		fmt.Fprintf(b, "结局（%s %s）：实际处理：%s；结局：%s；%s", x.ByName, minute(x.At), x.Done, x.Happened, word)
		if i < len(m.Outcomes)-1 {
			b.WriteString("【后有更新】")
		}
		b.WriteString("\n")
	}
	if s := m.Entered(records.ConsultClosed); s != nil {
		fmt.Fprintf(b, "会诊结束：%s %s\n", s.ByName, minute(s.At))
	}
}
