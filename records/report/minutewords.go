package report

import (
	"strings"

	"longying/records"
)

// minuteWords are the fixed texts of minutes in one language.
type minuteWords struct {
	title, id, when, place, chair, subject                                                string
	question, members, items, correlations, opinions, decision, tasks, outcomes           string
	closed, draft, withdrawn, begunWithout, decidedWithout, hashed                        string
	absent, comma, colon, semicolon, bullet, notNeeded, concordant, discordant, by        string
	dissent, outside, afterwards, changed, typedBy, inWriting, unverified, merged, nobody string
	owner, postponed, done, outcome, asDecided, notAsDecided, superseded, of, end         string
	check                                                                                 map[string]string
}

// checks names items of the checklist.
func (w minuteWords) checks(list []records.Check) string {
	var out []string
	for _, x := range list {
		word := w.check[x.Item]
		if word == "" {
			word = x.Item
		}
		out = append(out, word)
	}
	return strings.Join(out, w.comma)
}

// member is a name with discipline and, of an outside doctor, hospital.
func (w minuteWords) member(m records.Member) string {
	about := strings.TrimSpace(m.Hospital + " " + m.Discipline)
	if about == "" {
		return m.Name
	}
	return m.Name + w.of + about + w.end
}

func minuteWordsIn(lang string) minuteWords {
	if lang == "en" {
		return minuteWords{
			title: "Minutes of the multidisciplinary consult", id: "Consult", when: "Time", place: "Place", chair: "Chair", subject: "Subject",
			question: "Question", members: "Members", items: "Laid before the consult", correlations: "Radiology and pathology", opinions: "Opinions",
			decision: "Decision", tasks: "Tasks and follow-up", outcomes: "Outcome", closed: "Closed",
			draft: "DRAFT: no decision has been recorded", withdrawn: "WITHDRAWN by %s, %s: %s",
			begunWithout: "The meeting began without: %s", decidedWithout: "Decided without: %s", hashed: "SHA-256 of the consult: ",
			absent: " (absent)", comma: ", ", colon: ": ", semicolon: "; ", bullet: "- ", notNeeded: "Not needed: %s, because %s (%s, %s)",
			concordant: "concordant.", discordant: "DISCORDANT.", by: "(%s, %s)",
			dissent: "[DISSENT] ", outside: "[outside hospital] ", unverified: "[outside hospital, identity not verified] ", merged: " (as signed in a reply file; taken in by %s, %s)", nobody: "somebody not on record", afterwards: "[after the decision] ", changed: "[changed later by its author, kept] ", typedBy: " (typed by %s)", inWriting: "Made in writing, without a meeting.",
			owner: "owner: ", postponed: "postponed to %s (%s)", done: "done %s: %s",
			outcome: "Done: %s. What came of it: %s. %s", asDecided: "As decided.", notAsDecided: "NOT as decided: ", superseded: " [a later one holds]", of: " (", end: ")",
			check: map[string]string{
				records.CheckDiagnoses: "diagnoses", records.CheckAllergies: "allergies", records.CheckMedication: "medication",
				records.CheckStudies: "images", records.CheckReports: "signed reports of the images", records.CheckProposals: "verdicts on what models propose", records.CheckKeyImages: "key images",
				records.CheckSlides: "slides", records.CheckTyped: "types of the slides", records.CheckConfirmed: "confirmation of the slides' types", records.CheckLaboratory: "laboratory values",
			},
		}
	}
	return minuteWords{
		title: "多学科会诊记录", id: "会诊编号", when: "会诊时间", place: "会诊地点", chair: "主持人", subject: "会诊题目",
		question: "会诊目的", members: "参加人员", items: "会诊资料", correlations: "影像-病理对照", opinions: "各方意见",
		decision: "会诊结论", tasks: "任务与随访", outcomes: "结局", closed: "会诊结束",
		draft: "草稿：尚未记录结论", withdrawn: "已撤回：%s %s，%s",
		begunWithout: "资料不全：会议在缺少以下资料的情况下开始：%s", decidedWithout: "资料不全：作出结论时缺少：%s", hashed: "会诊内容 SHA-256：",
		absent: "（未到会）", comma: "、", colon: "：", semicolon: "；", bullet: "·", notNeeded: "不需要：%s，理由：%s（%s %s）",
		concordant: "一致。", discordant: "【不一致】", by: "（%s %s）",
		dissent: "【不同意见】", outside: "【外院意见】", unverified: "【外院意见，身份未核实】", merged: "（署名据回复文件；%s %s 并入）", nobody: "经手人未记录", afterwards: "【结论之后】", changed: "【已由本人修改，原文保留】", typedBy: "（%s 代录）", inWriting: "未召开会议，书面作出。",
		owner: "责任人：", postponed: "改期至 %s（%s）", done: "已完成 %s：%s",
		outcome: "实际处理：%s；结局：%s；%s", asDecided: "与结论一致。", notAsDecided: "【与结论不一致】", superseded: "【后有更新】", of: "（", end: "）",
		check: map[string]string{
			records.CheckDiagnoses: "诊断", records.CheckAllergies: "过敏史", records.CheckMedication: "用药",
			records.CheckStudies: "影像检查", records.CheckReports: "影像报告签发", records.CheckProposals: "模型建议的判读", records.CheckKeyImages: "关键图像",
			records.CheckSlides: "病理切片", records.CheckTyped: "切片分型", records.CheckConfirmed: "切片分型的确认", records.CheckLaboratory: "检验结果",
		},
	}
}
