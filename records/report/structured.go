package report

import (
	"fmt"
	"strings"

	"longying/records"
)

// structured are the coded answers in "zh" or "en", one a line, with codes of
// published schemes, the finding behind a number, and what a rule proposed where
// the doctor decided otherwise or the rule led nowhere. Empty without a template.
func structured(d *records.Document, lang string) string {
	if d.Structured == nil || len(d.Structured.Answers) == 0 {
		return ""
	}
	en := lang == "en"
	pick := func(zh, english string) string {
		if en {
			return english
		}
		return zh
	}
	label := map[string]records.Text{}
	for _, f := range d.Findings {
		label[f.UID] = f.Label
	}
	lines := []string{fmt.Sprintf(pick("模板：%s，第 %d 版", "Template: %s, version %d"), d.Structured.Title.In(lang), d.Structured.Version)}
	for i := range d.Structured.Answers {
		a := &d.Structured.Answers[i]
		s := a.Name.In(lang) + pick("：", ": ") + a.In(lang)
		if c := a.Choice; c != nil && !strings.HasPrefix(c.Code.Scheme, "99") && !strings.Contains(s, c.Code.Value) {
			s += " [" + c.Code.Scheme + " " + c.Code.Value + "]"
		}
		if a.FindingUID != "" {
			s += fmt.Sprintf(pick("（取自已确认所见：%s）", " (of the confirmed finding: %s)"), label[a.FindingUID].In(lang))
		}
		if p := a.Proposed; p != nil && a.Choice != nil {
			switch {
			case p.Category == a.Choice.ID:
				s += fmt.Sprintf(pick("（%s 规则：%s；由医师判定）", " (rule %s: %s; decided by the doctor)"), p.Rule, p.Why.In(lang))
			case p.Category != "":
				s += fmt.Sprintf(pick("（%s 规则建议 %s：%s；医师另行判定）", " (rule %s proposes %s: %s; the doctor decided otherwise)"), p.Rule, p.Category, p.Why.In(lang))
			default:
				s += fmt.Sprintf(pick("（%s 规则未给出类别；由医师判定）", " (rule %s leads to no category; decided by the doctor)"), p.Rule)
			}
		}
		lines = append(lines, s)
	}
	return strings.Join(lines, "\n")
}
