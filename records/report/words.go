package report

import (
	"fmt"
	"strings"
	"time"

	"longying/imaging"
	"longying/records"
)

// words are the fixed texts of a report in one language.
type words struct {
	title, amendment, findings, impression, remarks, images, coded                    string
	name, sex, age, birth, record, visit, request, date, item, department             string
	author, reviewer, technician, signed, document, page, assist, taken, noAI, sample string
	hashed, continued, none, retraction, mismatch                                     string
}

func wordsIn(lang string) words {
	if lang == "en" {
		return words{
			title: "Examination report", amendment: "Amended report: version %d replaces version %d. Reason: %s",
			findings: "Findings", impression: "Impression", remarks: "Remarks", coded: "Coded items", images: "Key images",
			name: "Name", sex: "Sex", age: "Age", birth: "Born", record: "Health record", visit: "Visit no.", request: "Accession no.",
			date: "Examined", item: "Examination", department: "Referred by",
			author: "Reported by", reviewer: "Reviewed by", technician: "Technician", signed: "Signed",
			document: "Document %s, version %d", page: "Page %d of %d",
			assist: "AI only assisted; a doctor confirmed every statement. Not a registered medical device. Model: ",
			taken:  "Findings taken over from marks of other makers, confirmed by a doctor: ",
			noAI:   "No finding in this report came from an AI model.",
			sample: "SAMPLE: not a real patient", hashed: "SHA-256 of the signed document: ", continued: "continued", none: "-",
			mismatch:   "CAUTION: image header and register differ in: ",
			retraction: "VOID: version %d retracts every version before. Reason: %s",
		}
	}
	return words{
		title: "检查报告单", amendment: "更正报告:第 %d 版,代替第 %d 版。原因:%s",
		findings: "检查所见", impression: "诊断印象", remarks: "备注", coded: "结构化内容", images: "关键图像",
		name: "姓名", sex: "性别", age: "年龄", birth: "出生日期", record: "健康档案编号", visit: "门诊/住院号", request: "申请单号",
		date: "检查时间", item: "检查项目", department: "申请科室",
		author: "报告医师", reviewer: "审核医师", technician: "检查技师", signed: "签发时间",
		document: "文档 %s 第 %d 版", page: "第 %d 页 共 %d 页",
		assist: "人工智能仅作辅助,各项结论均由医师确认;非注册医疗器械。模型:",
		taken:  "取自其他厂家标注、经医师确认的所见:",
		noAI:   "本报告的结论均非来自人工智能模型。",
		sample: "样本:非真实患者", hashed: "签署文档 SHA-256:", continued: "续页", none: "—",
		mismatch:   "注意:影像信息与登记不一致:",
		retraction: "作废:第 %d 版撤销以前各版本。原因:%s",
	}
}

// field is one line of the patient block.
type field struct{ name, value string }

// facts is who and what the report is about.
func facts(d *records.Document, w words, lang string, zone *time.Location) []field {
	p, x := d.Patient, d.Examination
	out := []field{{w.name, p.Name}, {w.sex, sexName(p.Sex, lang)}, {w.age, age(d, lang, zone)}}
	birth := p.BirthDate
	if len(birth) == 8 {
		birth = birth[:4] + "-" + birth[4:6] + "-" + birth[6:]
	}
	visit, department := "", ""
	if d.Visit != nil {
		visit, department = d.Visit.Number, d.Visit.Department
	}
	date := ""
	if !x.Date.IsZero() {
		date = x.Date.In(zone).Format("2006-01-02 15:04")
	}
	item := strings.TrimSpace(x.Description)
	if m := strings.Join(x.Modalities, "/"); item == "" {
		item = m
	} else if m != "" && !strings.Contains(item, m) {
		item += " (" + m + ")"
	}
	out = append(out, field{w.birth, birth}, field{w.visit, visit}, field{w.record, p.HealthRecordNumber},
		field{w.date, date}, field{w.request, x.AccessionNumber}, field{w.department, department}, field{w.item, item})
	for i := range out {
		if strings.TrimSpace(out[i].value) == "" {
			out[i].value = w.none
		}
	}
	return out
}

func sexName(s records.Sex, lang string) string {
	if lang == "en" {
		return map[records.Sex]string{records.SexMale: "male", records.SexFemale: "female"}[s]
	}
	return map[records.Sex]string{records.SexMale: "男", records.SexFemale: "女"}[s]
}

// age at the examination: in years, under three years in months, under two
// months in days.
func age(d *records.Document, lang string, zone *time.Location) string {
	birth, err := imaging.ParseDate(d.Patient.BirthDate)
	at := d.Examination.Date
	if at.IsZero() {
		at = d.SignedAt
	}
	at = at.In(zone)
	day := time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, time.UTC)
	if err != nil || day.Before(birth) {
		return ""
	}
	months := (day.Year()-birth.Year())*12 + int(day.Month()-birth.Month())
	if day.Day() < birth.Day() {
		months--
	}
	n, zh, en := imaging.YearsBetween(birth, day), "岁", "years"
	switch {
	case months < 2:
		n, zh, en = int(day.Sub(birth).Hours()/24), "天", "days"
	case n < 3:
		n, zh, en = months, "个月", "months"
	}
	if lang == "en" {
		return fmt.Sprintf("%d %s", n, en)
	}
	return fmt.Sprintf("%d %s", n, zh)
}

// assistance says which models assisted, with version and hash, which findings
// were taken over from other makers' objects, and who confirmed; or that none did.
func assistance(d *records.Document, w words, lang string) string {
	var models []string
	seen := map[string]bool{}
	for _, f := range d.Findings {
		if m := f.Model; m != nil {
			s := m.ID + " " + m.Version
			if n := m.Name.In(lang); n != "" && n != m.ID {
				s = n + " (" + s + ")"
			}
			if m.SHA256 != "" {
				s += ", SHA-256 " + m.SHA256
			}
			if lang == "en" {
				s += ", confirmed by " + f.ByName
			} else {
				s += ",经" + f.ByName + "确认"
			}
			if !seen[s] {
				seen[s], models = true, append(models, s)
			}
		}
	}
	if d.Retracts != "" {
		return ""
	}
	stop, between := "。", ";"
	if lang == "en" {
		stop, between = ".", "; "
	}
	taken := records.OriginsSaid(d.Findings, lang)
	switch {
	case len(models)+len(taken) == 0:
		return w.noAI
	case len(taken) == 0:
		return w.assist + strings.Join(models, between) + stop
	case len(models) == 0: // that no model is behind them is not known of others' objects
		return w.taken + strings.Join(taken, between) + stop
	}
	return w.assist + strings.Join(models, between) + stop + " " + w.taken + strings.Join(taken, between) + stop
}

// signers are the names under the report. Where one doctor signs alone nobody
// reviewed it, and none is named.
func signers(d *records.Document, w words) []field {
	out := []field{{w.author, d.Author.Name}}
	if d.Reviewer.ID != d.Author.ID || d.Reviewer.Name != d.Author.Name {
		out = append(out, field{w.reviewer, d.Reviewer.Name})
	}
	if d.Technician != nil {
		out = append(out, field{w.technician, d.Technician.Name})
	}
	return out
}

// mismatch warns of a study whose header says something else than the register.
func mismatch(d *records.Document, w words, lang string) string {
	if len(d.Examination.LinkConflicts) == 0 {
		return ""
	}
	var parts []string
	for _, c := range d.Examination.LinkConflicts {
		name := c.Field
		if lang != "en" {
			if zh := map[string]string{"name": "姓名", "sex": "性别", "birth_date": "出生日期", "id_number": "身份证件号码", "accession_number": "申请单号"}[c.Field]; zh != "" {
				name = zh
			}
		}
		if c.Field == "id_number" {
			parts = append(parts, name) // the numbers themselves are not for paper
			continue
		}
		parts = append(parts, fmt.Sprintf("%s %s / %s", name, c.Header, c.Register))
	}
	return w.mismatch + strings.Join(parts, "; ")
}

func amended(d *records.Document, w words) string {
	if d.Replaces == "" {
		return ""
	}
	if d.Retracts != "" {
		return fmt.Sprintf(w.retraction, d.Version, d.Retracts)
	}
	return fmt.Sprintf(w.amendment, d.Version, d.Version-1, d.Amends)
}

// Text is the report as plain text, in "zh" or "en".
func Text(d *records.Document, lang string) string {
	w := wordsIn(lang)
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%s\n", d.Organization.Name, w.title)
	if d.Sample {
		b.WriteString(w.sample + "\n")
	}
	for _, s := range []string{amended(d, w), mismatch(d, w, lang)} {
		if s != "" {
			b.WriteString(s + "\n")
		}
	}
	b.WriteString("\n")
	for _, f := range facts(d, w, lang, imaging.Zone()) {
		fmt.Fprintf(&b, "%s: %s\n", f.name, f.value)
	}
	for _, x := range []field{{w.findings, records.Join(d.FindingText)}, {w.impression, records.Join(d.Impression)}, {w.coded, structured(d, lang)}, {w.remarks, d.Remarks}} {
		if x.value != "" {
			fmt.Fprintf(&b, "\n%s\n%s\n", x.name, strings.TrimSpace(x.value))
		}
	}
	b.WriteString("\n")
	for _, f := range signers(d, w) {
		fmt.Fprintf(&b, "%s: %s\n", f.name, f.value)
	}
	fmt.Fprintf(&b, "%s: %s\n\n%s\n", w.signed, d.SignedAt.In(imaging.Zone()).Format("2006-01-02 15:04:05"), assistance(d, w, lang))
	fmt.Fprintf(&b, w.document+"\n", d.DocumentID, d.Version)
	return b.String()
}
