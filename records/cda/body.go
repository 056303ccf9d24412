package cda

import (
	"strconv"

	"longying/records"
)

// sections is the body: only sections for which the document has something to
// say. Chief complaint (10154-3), symptoms (11450-4), procedures (47519-4) and
// other treatment (DE06.00.296.00) have their place here, in this order, once
// the record holds them.
func (e encoder) sections() []*node {
	var out []*node
	for _, s := range []*node{e.diagnosis(), e.examination(), e.report()} {
		if s != nil {
			out = append(out, el("component").add(s))
		}
	}
	return out
}

func section(code, display string, entries ...*node) *node {
	c := el("code")
	if code != "" {
		c.attr("code", code)
	}
	c.attr("displayName", display)
	if code != "" {
		c.attr("codeSystem", oidLOINC).attr("codeSystemName", "LOINC")
	}
	s := el("section").add(c, el("text"))
	for _, x := range entries {
		s.add(el("entry").add(x))
	}
	return s
}

// observation is one data element of the body.
func observation(de, display string, children ...*node) *node {
	return el("observation").attr("classCode", "OBS").attr("moodCode", "EVN").add(
		coded("code", de, oidDataElements, "卫生信息数据元目录", display),
	).add(children...)
}

func text(s string) *node { return el("value").attr("xsi:type", "ST").say(s) }

func concept(code, root, rootName, display string) *node {
	v := el("value").attr("xsi:type", "CD").attr("code", code)
	if display != "" {
		v.attr("displayName", display)
	}
	return v.attr("codeSystem", root).attr("codeSystemName", rootName)
}

func (e encoder) diagnosis() *node {
	v := e.doc.Visit
	if v == nil || len(v.Diagnoses) == 0 {
		return nil
	}
	var entries []*node
	for _, d := range v.Diagnoses {
		o := observation(deDiagnosis, "诊断代码")
		if v.Date != "" {
			o.add(when("effectiveTime", v.Date))
		}
		entries = append(entries, o.add(concept(d.Code, e.cfg.DiagnosisRoot, "诊断代码表(ICD-10)", d.Name)))
	}
	return section("29548-5", "Diagnosis", entries...)
}

func (e encoder) examination() *node {
	d := e.doc
	entries := []*node{}
	if s := e.cfg.SpecialExamination; s != "" {
		entries = append(entries, observation(deSpecial, "特殊检查标志", text(s)))
	}
	entries = append(entries,
		observation(deMethod, "检查方法名称", text(method(d, e.cfg))),
		observation(deCategory, "检查类别", text(e.cfg.category(d.Examination.Modality))),
	)
	item := e.cfg.item(d.Examination)
	whole := e.cluster(item)
	if d.Abnormal { // a document that says nothing abnormal is not called normal
		whole.add(el("component").add(observation(deResult, "检查结果代码", concept("2", oidResult, "检查/检验结果代码表", "异常"))))
	}
	entries = append(entries, whole)
	for _, f := range d.Findings {
		if f.Value != nil {
			entries = append(entries, e.quantity(item, f.Value))
		}
	}
	entries = append(entries, e.answers()...)
	return section("29545-1", "PHYSICAL EXAMINATION", entries...)
}

// cluster opens the organizer of one examined item.
func (e encoder) cluster(item string) *node {
	return el("organizer").attr("classCode", "CLUSTER").attr("moodCode", "EVN").add(
		el("statusCode"),
		el("component").add(observation(deItem, "检查项目代码", when("effectiveTime", e.examined()), text(item))),
	)
}

// quantity is one measurement of the examined item.
func (e encoder) quantity(item string, m *records.Measurement) *node {
	number := strconv.FormatFloat(m.Value, 'f', -1, 64)
	return e.cluster(item).add(
		el("component").add(observation(deQuantity, "检查定量结果", el("value").attr("xsi:type", "REAL").attr("value", number))),
		el("component").add(observation(deUnit, "检查定量结果计量单位", text(m.Unit))),
	)
}

// answers are the coded answers of a report template: a number as 检查定量结果 with
// its unit, a choice as an observation of the question's code with the answer's,
// words as text. The sentences of 客观所见 and 主观提示 say the same.
func (e encoder) answers() []*node {
	if e.doc.Structured == nil {
		return nil
	}
	var out []*node
	for _, a := range e.doc.Structured.Answers {
		if a.Number != nil {
			out = append(out, e.quantity(a.Name.Zh, a.Number))
			continue
		}
		value := text(a.Text)
		if c := a.Choice; c != nil {
			value = concept(c.Code.Value, schemeRoot(c.Code.Scheme), c.Code.Scheme, c.Meaning.Zh)
		}
		out = append(out, el("observation").attr("classCode", "OBS").attr("moodCode", "EVN").add(
			coded("code", a.Concept.Value, schemeRoot(a.Concept.Scheme), a.Concept.Scheme, a.Name.Zh), value))
	}
	return out
}

// schemeRoot is the OID of a coding scheme, PS3.16 table 8-1; codes of our own and
// of others stand under this program's root.
func schemeRoot(scheme string) string {
	if oid := map[string]string{"SCT": "2.16.840.1.113883.6.96", "DCM": "1.2.840.10008.2.16.4", "LN": oidLOINC, "ICDO3": "2.16.840.1.113883.6.43.1"}[scheme]; oid != "" {
		return oid
	}
	return oidLocal
}

// report is the 检查报告 section, which has no LOINC code.
func (e encoder) report() *node {
	d := e.doc
	var entries []*node
	for _, x := range []struct{ de, name, value string }{
		{deObjective, "检查报告结果-客观所见", records.Join(d.FindingText)},
		{deImpression, "检查报告结果-主观提示", records.Join(d.Impression)},
		{deDepartment, "检查报告科室", d.Organization.Department},
		{deInstitution, "检查报告机构名称", d.Organization.Name},
		{deRemarks, "检查报告备注", remarks(d, e.cfg)},
	} {
		if x.value != "" {
			entries = append(entries, observation(x.de, x.name, text(x.value)))
		}
	}
	return section("", "检查报告", entries...)
}
