package cda

import (
	"fmt"
	"strconv"

	"longying/imaging"
	"longying/records"
)

// Encode writes a document as an examination report. It returns *records.Problems
// when Preflight names any, and the refusal of Document.Check when the document may
// not be signed, as when a finding in it was not confirmed.
func Encode(doc *records.Document, cfg Config) ([]byte, error) {
	if p := Preflight(doc, cfg); len(p) > 0 {
		return nil, &records.Problems{As: "examination report (WS/T 500.6)", List: p}
	}
	if err := doc.Check(); err != nil {
		return nil, fmt.Errorf("examination report: %w", err)
	}
	e := encoder{doc: doc, cfg: cfg}
	return e.document().marshal(), nil
}

type encoder struct {
	doc *records.Document
	cfg Config
}

// stamp is a TS of DT15 without the T of GB/T 7408: yyyyMMddHHmmss.
func (e encoder) stamp() string { return e.doc.SignedAt.In(e.cfg.zone()).Format("20060102150405") }

// examined is the day of the examination, as D8; the day of the signature
// where the header of the study gave none.
func (e encoder) examined() string {
	if t := e.doc.Examination.Date; !t.IsZero() {
		return t.In(e.cfg.zone()).Format("20060102")
	}
	return e.stamp()[:8]
}

// document is the header in the order of WS/T 500.6, then the body.
func (e encoder) document() *node {
	d := e.doc
	n := e.opening(oidTemplate, "C0006", "检查报告")
	n.add(
		e.recordTarget(),
		e.author(),
		e.custodian(),
		e.signature("legalAuthenticator", "审核医师", d.Reviewer),
	)
	if d.Technician != nil {
		n.add(e.signature("authenticator", "检查技师", *d.Technician))
	}
	n.add(e.signature("authenticator", "检查医师", d.Author))
	n.add(e.department())
	if d.Replaces != "" {
		n.add(e.replaces())
	}
	if v := d.Visit; v != nil && v.Department != "" && v.Date != "" {
		n.add(e.encounter(v))
	}
	n.add(el("component").add(el("structuredBody").add(e.sections()...)))
	return n
}

func (e encoder) recordTarget() *node {
	d, p := e.doc, e.doc.Patient
	role := el("patientRole").attr("classCode", "PAT")
	if v := d.Visit; v != nil && v.Number != "" {
		switch v.Class {
		case records.VisitOutpatient, records.VisitEmergency:
			role.add(ident(oidOutpatient, v.Number))
		case records.VisitInpatient:
			role.add(ident(oidInpatient, v.Number))
		}
	}
	role.add(ident(oidReport, d.ID))
	if a := d.Examination.AccessionNumber; a != "" {
		role.add(ident(oidRequest, a))
	}
	if v := d.Visit; v != nil && v.Class != "" {
		name := map[records.VisitClass]string{
			records.VisitOutpatient: "门诊", records.VisitEmergency: "急诊",
			records.VisitInpatient: "住院", records.VisitOther: "其他",
		}[v.Class]
		role.add(el("patientType").add(coded("patienttypeCode", string(v.Class), oidPatientType, "患者类型代码表", name)))
	}
	if p.Phone != "" {
		role.add(el("telecom").attr("value", p.Phone))
	}
	person := el("patient").attr("classCode", "PSN").attr("determinerCode", "INSTANCE")
	if id := residentID(p); id != "" {
		person.add(ident(oidResidentID, id))
	}
	person.add(el("name").say(p.Name))
	if p.Sex != "" {
		name := map[records.Sex]string{
			records.SexUnknown: "未知的性别", records.SexMale: "男性",
			records.SexFemale: "女性", records.SexUnspecified: "未说明的性别",
		}[p.Sex]
		person.add(coded("administrativeGenderCode", string(p.Sex), oidSex, "生理性别代码表(GB/T 2261.1)", name))
	}
	if p.BirthDate != "" {
		person.add(when("birthTime", p.BirthDate))
		birth, err := imaging.ParseDate(p.BirthDate)
		at, err2 := imaging.ParseDate(e.examined())
		if err == nil && err2 == nil && !at.Before(birth) {
			person.add(el("age").attr("unit", "岁").attr("value", strconv.Itoa(imaging.YearsBetween(birth, at))))
		}
	}
	return el("recordTarget").attr("typeCode", "RCT").attr("contextControlCode", "OP").add(role.add(person))
}

func (e encoder) author() *node {
	a := e.doc.Author
	return el("author").attr("typeCode", "AUT").attr("contextControlCode", "OP").add(
		when("time", e.stamp()),
		el("assignedAuthor").attr("classCode", "ASSIGNED").add(
			ident(oidAuthor, a.ID),
			el("assignedPerson").add(el("name").say(a.Name)),
		),
	)
}

func (e encoder) custodian() *node {
	o := e.doc.Organization
	return el("custodian").attr("typeCode", "CST").add(
		el("assignedCustodian").attr("classCode", "ASSIGNED").add(
			el("representedCustodianOrganization").attr("classCode", "ORG").attr("determinerCode", "INSTANCE").add(
				ident(oidOrganization, o.Code), el("name").say(o.Name),
			),
		),
	)
}

func (e encoder) signature(name, role string, p records.Person) *node {
	return el(name).add(
		when("time", e.stamp()),
		el("signatureCode"),
		el("assignedEntity").add(
			ident(oidDoctor, p.ID),
			el("code").attr("displayName", role),
			el("assignedPerson").attr("classCode", "PSN").attr("determinerCode", "INSTANCE").add(el("name").say(p.Name)),
		),
	)
}

// hospital is the organisation that a department is part of.
func (e encoder) hospital() *node {
	o := e.doc.Organization
	return el("asOrganizationPartOf").add(el("wholeOrganization").add(ident(oidOrganization, o.Code), el("name").say(o.Name)))
}

func (e encoder) department() *node {
	o := e.doc.Organization
	scope := el("scopingOrganization")
	code := o.DepartmentCode
	if code == "" {
		code = e.cfg.Departments[o.Department]
	}
	if code != "" {
		scope.add(ident(oidDepartment, code))
	}
	if o.Department != "" {
		scope.add(el("name").say(o.Department))
	}
	scope.add(e.hospital())
	return el("participant").attr("typeCode", "PRF").add(el("associatedEntity").attr("classCode", "ASSIGNED").add(scope))
}

// replaces names the version before: a correction is a whole new document.
func (e encoder) replaces() *node {
	d := e.doc
	return el("relatedDocument").attr("typeCode", "RPLC").add(el("parentDocument").add(
		ident(oidDocument, d.Replaces),
		identAs("setId", oidDocument, d.DocumentID),
		el("versionNumber").attr("value", strconv.Itoa(d.Version-1)),
	))
}

// encounter is where the patient was seen. Of bed, room, department and ward
// (.22 .21 .26 .27) the record knows the department's name.
func (e encoder) encounter(v *records.Visit) *node {
	dept := el("serviceProviderOrganization")
	if code := e.cfg.Departments[v.Department]; code != "" {
		dept.add(ident(oidDepartment, code))
	}
	dept.add(el("name").say(v.Department), e.hospital())
	return el("componentOf").add(el("encompassingEncounter").add(
		when("effectiveTime", v.Date),
		el("location").add(el("healthCareFacility").add(dept)),
	))
}
