package cda

import (
	"fmt"
	"strconv"
	"strings"

	"longying/imaging"
	"longying/records"
)

// Data elements of the consultation documents, besides those of the report.
const (
	deDiagnosisName = "DE05.01.025.00"
	deSummary       = "DE06.00.182.00" // 病历摘要
	deAuxiliary     = "DE04.30.009.00" // 辅助检查结果
	dePurpose       = "DE06.00.214.00" // 会诊目的
	deConsultType   = "DE06.00.319.00" // 会诊类型; some public templates write DE06.0.319.00
	deConsultReason = "DE06.00.039.00" // 会诊原因
	deOpinion       = "DE06.00.018.00" // 会诊意见, 讨论意见, 主持人总结意见
	deCourse        = "DE06.00.296.00" // 诊疗过程描述
)

// ConsultForm is the document that a decided consult is written as.
type ConsultForm string

// The forms: 会诊记录 and 疑难病例讨论记录.
const (
	Consultation   ConsultForm = "consultation" // WS/T 500.45-2016, C0045
	CaseDiscussion ConsultForm = "discussion"   // WS/T 500.40-2016, C0040
)

// ConsultDocument is a decided consult with what its documents need besides it.
type ConsultDocument struct {
	Consult      records.Consult
	Patient      records.Patient
	Visit        *records.Visit // that was laid before it; its diagnoses
	Organization records.Organization
	Author       records.Person    // who opened the consult
	Chair        records.Person    // who recorded its decision
	Findings     []records.Finding // that the decision rests on
	Reports      []string          // impressions of the signed reports that were laid before it
}

// Version counts the changes since the decision, from 1: a document that was sent
// is replaced by a later one and never changed.
func (d *ConsultDocument) Version() int {
	n := 1
	if d.Consult.Decision == nil {
		return n
	}
	n += len(d.Consult.Outcomes)
	for _, o := range d.Consult.Opinions { // all versions: a version of the document never goes back
		if o.At.After(d.Consult.Decision.At) || o.Received.After(d.Consult.Decision.At) {
			n++
		}
	}
	for _, x := range d.Consult.Correlations {
		if x.At.After(d.Consult.Decision.At) {
			n++
		}
	}
	for _, f := range d.Consult.FollowUps {
		if f.At.After(d.Consult.Decision.At) { // the decision's own tasks are of its first version
			n++
		}
		n += len(f.Postponed)
		if f.Done {
			n++
		}
	}
	return n
}

// ID is of this version.
func (d *ConsultDocument) ID() string { return fmt.Sprintf("%s-%d", d.Consult.ID, d.Version()) }

// PreflightConsult names what keeps a consult from being written.
func PreflightConsult(d *ConsultDocument, cfg Config) []Problem {
	c := &check{required: cfg.Required}
	l := cfg.Limits
	c.text("patient.name", deName, d.Patient.Name, l.Name)
	c.text("patient.id_number", deIDNumber, residentID(d.Patient), 0)
	c.oneOf("patient.sex", deSex, string(d.Patient.Sex), "0", "1", "2", "9")
	c.date("patient.birth_date", deBirthDate, d.Patient.BirthDate)
	c.plain("organization.code", d.Organization.Code, true)
	c.text("organization.name", deInstitution, d.Organization.Name, l.Place)
	c.text("organization.department", deDepartment, d.Organization.Department, l.Place)
	c.person("author", d.Author, l.Name)
	c.person("chair", d.Chair, l.Name)
	c.visit(d.Visit, l)
	c.plain("patient.health_record_number", d.Patient.HealthRecordNumber, !numbered(d))
	m := &d.Consult
	c.plain("consult.title", m.Title, true)
	c.plain("consult.question", m.Question, true)
	if m.Decision == nil {
		c.add(Problem{Field: "consult.decision", What: Missing})
	} else {
		c.plain("consult.decision", m.Decision.Text, true)
	}
	for i, o := range m.Standing() {
		c.plain(fmt.Sprintf("consult.opinions[%d].text", i), o.Text, true)
		c.plain(fmt.Sprintf("consult.opinions[%d].member", i), o.Member.Name, true)
	}
	for i, x := range m.Members {
		c.plain(fmt.Sprintf("consult.members[%d].name", i), x.Name, true)
		c.plain(fmt.Sprintf("consult.members[%d].discipline", i), x.Discipline, false)
	}
	for i, it := range m.Items {
		c.plain(fmt.Sprintf("consult.items[%d].title", i), it.Title, false)
	}
	for i, f := range m.FollowUps {
		c.plain(fmt.Sprintf("consult.follow_ups[%d].task", i), f.Task, false)
		c.plain(fmt.Sprintf("consult.follow_ups[%d].outcome", i), f.Outcome, false)
	}
	for i, x := range m.Outcomes {
		c.plain(fmt.Sprintf("consult.outcomes[%d].done", i), x.Done, false)
		c.plain(fmt.Sprintf("consult.outcomes[%d].happened", i), x.Happened, false)
		c.plain(fmt.Sprintf("consult.outcomes[%d].comment", i), x.Comment, false)
	}
	for i, x := range m.Correlations {
		c.plain(fmt.Sprintf("consult.correlations[%d].comment", i), x.Comment, false)
	}
	for i, r := range d.Reports {
		c.plain(fmt.Sprintf("reports[%d]", i), r, false)
	}
	return c.problems
}

// EncodeConsult writes a decided consult. A member is named and not said to have
// signed: only who recorded the decision is its legal authenticator. A dissent
// stands beside the decision, marked as one.
func EncodeConsult(d *ConsultDocument, form ConsultForm, cfg Config) ([]byte, error) {
	if p := PreflightConsult(d, cfg); len(p) > 0 {
		return nil, &records.Problems{As: "consult document", List: p}
	}
	for _, f := range d.Findings {
		if !f.State.Factual() {
			return nil, &records.RefusedError{Code: "not_factual", Reason: fmt.Sprintf("consult document not written: finding %s is %s; only what a doctor confirmed may be stated", f.UID, f.State)}
		}
	}
	at := d.Consult.UpdatedAt
	// The report's encoder writes the header that all shared documents have.
	e := encoder{cfg: cfg, doc: &records.Document{DocumentID: d.Consult.ID, ID: d.ID(), Version: d.Version(), SignedAt: at,
		Organization: d.Organization, Patient: d.Patient, Visit: d.Visit, Author: d.Author, Reviewer: d.Chair}}
	if e.doc.Version > 1 {
		e.doc.Replaces = fmt.Sprintf("%s-%d", d.Consult.ID, e.doc.Version-1)
	}
	template, code, title, role := "2.16.156.10011.2.1.1.65", "C0045", "会诊记录", "会诊主持医师"
	sections := e.consultation(d)
	if form == CaseDiscussion {
		template, code, title, role = "2.16.156.10011.2.1.1.60", "C0040", "疑难病例讨论记录", "主持人"
		sections = e.discussion(d)
	}
	n := e.opening(template, code, title)
	n.add(e.consultTarget(), e.author(), e.custodian(), e.signature("legalAuthenticator", role, d.Chair))
	for _, x := range d.Consult.Members {
		n.add(el("participant").attr("typeCode", "PRCP").add(el("associatedEntity").attr("classCode", "ASSIGNED").add(
			el("associatedPerson").add(el("name").say(member(x))))))
	}
	if e.doc.Replaces != "" {
		n.add(e.replaces())
	}
	if v := d.Visit; v != nil && v.Department != "" && v.Date != "" {
		n.add(e.encounter(v))
	}
	body := el("structuredBody")
	for _, s := range sections {
		if s != nil {
			body.add(el("component").add(s))
		}
	}
	n.add(el("component").add(body))
	return n.marshal(), nil
}

// oidHealthRecord is 居民健康档案编号.
const oidHealthRecord = "2.16.156.10011.1.2"

// numbered reports a patient who has a number as a patient: the schema wants one.
func numbered(d *ConsultDocument) bool {
	v := d.Visit
	return d.Patient.HealthRecordNumber != "" ||
		v != nil && v.Number != "" && (v.Class == records.VisitOutpatient || v.Class == records.VisitEmergency || v.Class == records.VisitInpatient)
}

// consultTarget is the patient without the numbers of an examination, and with
// that of the health record.
func (e encoder) consultTarget() *node {
	target := e.recordTarget()
	role := target.children[0]
	kept := []*node{}
	if n := e.doc.Patient.HealthRecordNumber; n != "" {
		kept = append(kept, ident(oidHealthRecord, n))
	}
	for _, c := range role.children {
		if c.name == "id" && len(c.attrs) > 0 && c.attrs[0][1] == oidReport {
			continue
		}
		kept = append(kept, c)
	}
	role.children = kept
	return target
}

func member(m records.Member) string {
	about := strings.TrimSpace(m.Hospital + " " + m.Discipline)
	if about == "" {
		return m.Name
	}
	return m.Name + "（" + about + "）"
}

// consultation is the body of WS/T 500.45.
func (e encoder) consultation(d *ConsultDocument) []*node {
	m := &d.Consult
	out := []*node{
		optional("51848-0", "Assessment note", said(deSummary, "病历摘要", summary(m))),
		e.consultDiagnosis(d),
		optional("", "辅助检查", said(deAuxiliary, "辅助检查结果", strings.Join(d.Reports, "\n"))),
		section("18776-5", "TREATMENT PLAN", said(dePurpose, "会诊目的", m.Question)),
		section("", "会诊原因", said(deConsultType, "会诊类型", "多学科会诊"), said(deConsultReason, "会诊原因", m.Title)),
	}
	var opinions []*node
	for _, o := range m.Standing() {
		opinions = append(opinions, said(deOpinion, "会诊意见", opinion(o)))
	}
	opinions = append(opinions, said(deOpinion, "会诊意见", "会诊结论："+m.Decision.Text))
	return append(out, section("", "会诊意见", opinions...),
		optional("8648-8", "Hospital Course", said(deCourse, "诊疗过程描述", e.course(d))))
}

// discussion is the body of WS/T 500.40: what was said, and what the chair
// summed up.
func (e encoder) discussion(d *ConsultDocument) []*node {
	m := &d.Consult
	var words []string
	for _, o := range m.Standing() {
		words = append(words, opinion(o))
	}
	about := []string{"讨论目的：" + m.Question}
	if s := summary(m); s != "" {
		about = append(about, "资料："+s)
	}
	if len(d.Reports) > 0 {
		about = append(about, "检查报告："+strings.Join(d.Reports, "\n"))
	}
	end := m.Decision.Text
	if s := e.course(d); s != "" {
		end += "\n" + s
	}
	return []*node{
		section("51848-0", "Assessment note",
			said(deOpinion, "讨论意见", strings.Join(append(about, words...), "\n")),
			said(deOpinion, "主持人总结意见", end)),
		e.consultDiagnosis(d),
	}
}

func said(de, name, value string) *node {
	if value == "" {
		return nil
	}
	return observation(de, name, text(value))
}

// optional is a section that is left out with nothing in it.
func optional(code, display string, entry *node) *node {
	if entry == nil {
		return nil
	}
	return section(code, display, entry)
}

func (e encoder) consultDiagnosis(d *ConsultDocument) *node {
	if d.Visit == nil || len(d.Visit.Diagnoses) == 0 {
		return nil
	}
	var entries []*node
	for _, x := range d.Visit.Diagnoses {
		name := x.Name
		if name == "" {
			name = x.Code
		}
		entries = append(entries, observation(deDiagnosisName, "西医诊断名称", text(name),
			el("entryRelationship").attr("typeCode", "COMP").add(
				observation(deDiagnosis, "西医诊断编码", concept(x.Code, e.cfg.DiagnosisRoot, "诊断代码表(ICD-10)", x.Name)))))
	}
	return section("29548-5", "Diagnosis", entries...)
}

func opinion(o records.Opinion) string {
	mark := ""
	if o.Dissent {
		mark = "【不同意见】"
	}
	about := ""
	switch {
	case o.Unverified():
		mark += "【外院意见，身份未核实】"
		by := o.MergedByName
		if by == "" {
			by = "经手人未记录"
		}
		about = "（署名据回复文件；" + by + " " + o.Received.In(imaging.Zone()).Format("2006-01-02 15:04") + " 并入）"
	case o.Outside():
		mark += "【外院意见】"
	}
	return member(o.Member) + "：" + mark + o.Text + about
}

// summary is what was laid before the consult.
func summary(m *records.Consult) string {
	var out []string
	for _, it := range m.Items {
		s := it.Title
		if it.Note != "" {
			s += "（" + it.Note + "）"
		}
		if s != "" {
			out = append(out, s)
		}
	}
	return strings.Join(out, "；")
}

// course is what follows from the decision, and what a model had a part in: the
// document has no remarks.
func (e encoder) course(d *ConsultDocument) string {
	var out []string
	for _, x := range d.Consult.Correlations {
		s := "影像-病理对照：一致"
		if !x.Concordant {
			s = "影像-病理对照：不一致"
		}
		if x.Comment != "" {
			s += "（" + x.Comment + "）"
		}
		out = append(out, s)
	}
	for _, f := range d.Consult.FollowUps {
		s := "随访 " + f.Due() + "：" + f.Task
		if f.Owner != nil {
			s += "（责任人：" + member(*f.Owner) + "）"
		}
		if f.Done {
			s += "（已完成：" + f.Outcome + "）"
		}
		out = append(out, s)
	}
	if x := d.Consult.Outcome(); x != nil {
		s := "结局与结论一致"
		if !x.Concordant {
			s = "结局与结论不一致（" + x.Comment + "）"
		}
		out = append(out, s+"：实际处理："+x.Done+"；结局："+x.Happened)
	}
	if s := remarks(&records.Document{Findings: d.Findings}, e.cfg); s != "" {
		out = append(out, s)
	}
	return strings.Join(out, "\n")
}

// opening is the header up to the version.
func (e encoder) opening(template, code, title string) *node {
	d := e.doc
	return el("ClinicalDocument").
		attr("xmlns", "urn:hl7-org:v3").
		attr("xmlns:mif", "urn:hl7-org:v3/mif").
		attr("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance").
		attr("xsi:schemaLocation", "urn:hl7-org:v3 ../sdschemas/SDA.xsd").
		add(
			el("realmCode").attr("code", "CN"),
			el("typeId").attr("root", "2.16.840.1.113883.1.3").attr("extension", "POCD_MT000040"),
			el("templateId").attr("root", template),
			ident(oidDocument, d.ID),
			coded("code", code, oidDocumentCodes, "卫生信息共享文档规范编码体系", ""),
			el("title").say(title),
			when("effectiveTime", e.stamp()),
			coded("confidentialityCode", "N", "2.16.840.1.113883.5.25", "Confidentiality", "正常访问保密级别"),
			el("languageCode").attr("code", "zh-CN"),
			identAs("setId", oidDocument, d.DocumentID),
			el("versionNumber").attr("value", strconv.Itoa(d.Version)),
		)
}
