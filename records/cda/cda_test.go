package cda

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"longying/records"
)

// document is the fixture that all encoders share.
func document(t *testing.T) *records.Document {
	t.Helper()
	b, err := os.ReadFile("../report/testdata/document.json")
	if err != nil {
		t.Fatal(err)
	}
	var d records.Document
	if err := json.Unmarshal(b, &d); err != nil {
		t.Fatal(err)
	}
	return &d
}

func encode(t *testing.T, d *records.Document) []byte {
	t.Helper()
	b, err := Encode(d, Default())
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// xmllint runs the validator of libxml2. Without it the test is skipped, and
// fails in CI.
func xmllint(t *testing.T, doc []byte, args ...string) string {
	t.Helper()
	bin, err := exec.LookPath("xmllint")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("xmllint is missing: install libxml2-utils")
		}
		t.Skip("xmllint is missing: install libxml2-utils")
	}
	file := filepath.Join(t.TempDir(), "report.xml")
	if err := os.WriteFile(file, doc, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(bin, append(append([]string{"--nonet"}, args...), file)...).CombinedOutput()
	if err != nil {
		t.Fatalf("xmllint %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

func schema(t *testing.T) string {
	t.Helper()
	for dir, i := ".", 0; i < 6; dir, i = "../"+dir, i+1 {
		p := filepath.Join(dir, "shared/data/standards/cda/sdschemas/SDA.xsd")
		if _, err := os.Stat(p); err == nil {
			return p
		}
	}
	t.Skip("shared/data/standards/cda is not beside this checkout")
	return ""
}

// variants are documents whose encodings differ in structure.
func variants(t *testing.T) map[string]*records.Document {
	amended := document(t)
	amended.Version, amended.Replaces, amended.Amends = 2, amended.ID, "测量更正"
	amended.ID = amended.DocumentID + "-2"

	bare := document(t)
	bare.Visit, bare.Technician, bare.Findings, bare.Abnormal, bare.Remarks = nil, nil, nil, false, ""
	bare.FindingText, bare.Impression = []records.Sentence{{Text: "术后复查,较前片对比。"}}, []records.Sentence{{Text: "请结合临床。"}}
	bare.Patient.Phone, bare.Patient.BirthDate, bare.Organization.DepartmentCode = "", "", ""
	bare.Examination.AccessionNumber, bare.Examination.Description = "", ""

	inpatient := document(t)
	inpatient.Visit.Class, inpatient.Visit.Number = records.VisitInpatient, "ZY0009"
	return map[string]*records.Document{"outpatient": document(t), "amended": amended, "bare": bare, "inpatient": inpatient}
}

func TestDocumentsAreValidAgainstTheSchema(t *testing.T) {
	xsd := schema(t)
	for name, d := range variants(t) {
		t.Run(name, func(t *testing.T) { xmllint(t, encode(t, d), "--noout", "--schema", xsd) })
	}
}

func TestNothingIsWrittenEmpty(t *testing.T) {
	for name, d := range variants(t) {
		t.Run(name, func(t *testing.T) {
			b := encode(t, d)
			if bytes.Contains(b, []byte(`=""`)) {
				t.Errorf("an attribute is empty in\n%s", b)
			}
		})
	}
}

func TestCodesOfTheHospitalStandForItsOwnNames(t *testing.T) {
	cfg := Default()
	cfg.Departments = map[string]string{"呼吸内科": "0202", "放射科": "9999"}
	cfg.Items = map[string]string{"CT": "XM-1", "胸部CT平扫": "XM-2"}
	b, err := Encode(document(t), cfg)
	if err != nil {
		t.Fatal(err)
	}
	xmllint(t, b, "--noout", "--schema", schema(t))
	plain := bytes.Replace(b, []byte(` xmlns="urn:hl7-org:v3"`), nil, 1)
	for path, want := range map[string]string{
		"//componentOf//serviceProviderOrganization/id[@root='2.16.156.10011.1.26']/@extension": "0202",
		"//participant//scopingOrganization/id[@root='2.16.156.10011.1.26']/@extension":         "0301", // the settings' own
		"(//observation[code/@code='DE04.30.019.00'])[1]/value":                                 "XM-2", // by description before modality
	} {
		if got := xmllint(t, plain, "--xpath", "string("+path+")"); got != want {
			t.Errorf("%s = %q, want %q", path, got, want)
		}
	}
}

// The codes and roots of WS/T 500.6, each at its place.
func TestCodesAndRoots(t *testing.T) {
	const de = `[c:code/@codeSystem='2.16.156.10011.2.2.1']`
	obs := func(code string) string { return "//c:observation" + de + "[c:code/@code='" + code + "']/c:value" }
	id := func(root string) string {
		return "//c:patientRole/c:id[@root='2.16.156.10011.1." + root + "']/@extension"
	}
	tests := []struct{ path, want string }{
		{"/c:ClinicalDocument/c:realmCode/@code", "CN"},
		{"/c:ClinicalDocument/c:typeId/@root", "2.16.840.1.113883.1.3"},
		{"/c:ClinicalDocument/c:typeId/@extension", "POCD_MT000040"},
		{"/c:ClinicalDocument/c:templateId/@root", "2.16.156.10011.2.1.1.26"},
		{"/c:ClinicalDocument/c:id[@root='2.16.156.10011.1.1']/@extension", "RPT-7c1f0a52-5d6e-4b7a-9c8f-000000000001-1"},
		{"/c:ClinicalDocument/c:code[@codeSystem='2.16.156.10011.2.4']/@code", "C0006"},
		{"/c:ClinicalDocument/c:effectiveTime/@value", "20261124102000"},
		{"/c:ClinicalDocument/c:confidentialityCode/@code", "N"},
		{"/c:ClinicalDocument/c:languageCode/@code", "zh-CN"},
		{"/c:ClinicalDocument/c:setId/@extension", "RPT-7c1f0a52-5d6e-4b7a-9c8f-000000000001"},
		{"/c:ClinicalDocument/c:versionNumber/@value", "1"},
		{"count(//c:relatedDocument)", "0"},
		{id("11"), "MZ0001"}, {id("32"), "RPT-7c1f0a52-5d6e-4b7a-9c8f-000000000001-1"}, {id("24"), "REQ0001"},
		{"//c:patienttypeCode[@codeSystem='2.16.156.10011.2.3.1.271']/@code", "1"},
		{"//c:telecom/@value", "13900000000"},
		{"//c:patient/c:id[@root='2.16.156.10011.1.3']/@extension", "11010519491231002X"},
		{"//c:patient/c:name", "欧阳·𬭸㛃"},
		{"//c:administrativeGenderCode[@codeSystem='2.16.156.10011.2.3.3.4']/@code", "2"},
		{"//c:birthTime/@value", "19491231"},
		{"//c:birthTime/following-sibling::c:age[@unit='岁']/@value", "76"},
		{"//c:assignedAuthor/c:id[@root='2.16.156.10011.1.7']/@extension", "D0001"},
		{"//c:representedCustodianOrganization/c:id[@root='2.16.156.10011.1.5']/@extension", "123456789"},
		{"//c:legalAuthenticator//c:id[@root='2.16.156.10011.1.4']/@extension", "D0002"},
		{"//c:authenticator[.//c:code/@displayName='检查技师']//c:name", "赵技师"},
		{"//c:authenticator[.//c:code/@displayName='检查医师']//c:name", "张医生"},
		{"//c:participant[@typeCode='PRF']//c:scopingOrganization/c:id[@root='2.16.156.10011.1.26']/@extension", "0301"},
		{"//c:scopingOrganization//c:wholeOrganization/c:id[@root='2.16.156.10011.1.5']/@extension", "123456789"},
		{"//c:componentOf//c:serviceProviderOrganization/c:name", "呼吸内科"},
		{"//c:section[c:code/@code='29548-5']" + obs("DE05.01.024.00") + "[@codeSystem='2.16.156.10011.2.3.3.11.3']/@code", "R91.x00"},
		{"//c:section[c:code/@code='29545-1']" + obs("DE02.01.079.00"), "F"},
		{obs("DE02.10.027.00"), "胸部CT平扫"},
		{obs("DE04.30.018.00"), "CT"},
		{"(" + obs("DE04.30.019.00") + ")[1]", "CT"},
		{obs("DE04.30.017.00") + "[@codeSystem='2.16.156.10011.2.3.2.38']/@code", "2"},
		{obs("DE04.30.015.00") + "/@value", "8.2"},
		{obs("DE04.30.016.00"), "mm"},
		{"//c:section[c:code/@displayName='检查报告']" + obs("DE04.50.131.00"), "右肺上叶见一结节,长径约8.2 mm,边缘光滑,CT值<40 HU & >20 HU。左侧胸腔积液。"},
		{"//c:section[c:code/@displayName='检查报告']" + obs("DE04.50.132.00"), "右肺上叶结节,建议随访。左侧胸腔积液。"},
		{"count(" + obs("DE04.50.131.00") + ")", "1"},
		{obs("DE08.10.026.00"), "放射科"},
		{obs("DE08.10.013.00"), "示例县人民医院"},
		{obs("DE06.00.179.00"), "AI辅助:模型lung-nodule 1.0.0;经张医生确认。未注册医疗器械,仅供研究。AI辅助:模型lung-nodule 1.0.0(SHA-256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08),经张医生于20261124T101000确认。"},
	}
	b := encode(t, document(t))
	plain := bytes.Replace(b, []byte(` xmlns="urn:hl7-org:v3"`), nil, 1) // xmllint --xpath knows no prefixes
	for _, x := range tests {
		path := strings.ReplaceAll(x.path, "c:", "")
		if got := xmllint(t, plain, "--xpath", "string("+path+")"); got != x.want {
			t.Errorf("%s\n got %q\nwant %q", path, got, x.want)
		}
	}
}

func TestCorrectionReplacesTheVersionBefore(t *testing.T) {
	d := variants(t)["amended"]
	plain := bytes.Replace(encode(t, d), []byte(` xmlns="urn:hl7-org:v3"`), nil, 1)
	for path, want := range map[string]string{
		"/ClinicalDocument/versionNumber/@value":                                       "2",
		"/ClinicalDocument/setId/@extension":                                           d.DocumentID,
		"//relatedDocument[@typeCode='RPLC']/parentDocument/id/@extension":             d.Replaces,
		"//relatedDocument[@typeCode='RPLC']/parentDocument/setId/@extension":          d.DocumentID,
		"//relatedDocument[@typeCode='RPLC']/parentDocument/versionNumber/@value":      "1",
		"count(//relatedDocument/following-sibling::recordTarget)":                     "0",
		"//relatedDocument/following-sibling::*[1][self::componentOf]//name[1]/text()": "呼吸内科",
	} {
		if got := xmllint(t, plain, "--xpath", "string("+path+")"); got != want {
			t.Errorf("%s = %q, want %q", path, got, want)
		}
	}
}

// The header elements stand in the order of WS/T 500.6.
func TestHeaderOrder(t *testing.T) {
	b := encode(t, variants(t)["amended"])
	last := -1
	for _, name := range []string{"realmCode", "typeId", "templateId", "id", "code", "title", "effectiveTime", "confidentialityCode",
		"languageCode", "setId", "versionNumber", "recordTarget", "author", "custodian", "legalAuthenticator", "authenticator",
		"participant", "relatedDocument", "componentOf", "component"} {
		at := bytes.Index(b[last+1:], []byte("<"+name))
		if at < 0 {
			t.Fatalf("%s is missing or before its place", name)
		}
		last += 1 + at
	}
}

func TestModelVersionHashDoctorAndTimeAreInTheRemarks(t *testing.T) {
	d := document(t)
	d.Remarks = "造影剂过敏。"
	want := "造影剂过敏。AI辅助:模型lung-nodule 1.0.0(SHA-256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08),经张医生于20261124T101000确认。"
	if got := remarks(d, Default()); got != want {
		t.Errorf("remarks = %q, want %q", got, want)
	}
	if !bytes.Contains(encode(t, d), []byte(want)) {
		t.Error("the provenance is not in the document")
	}
}

func TestNothingAbnormalIsNotCalledNormal(t *testing.T) {
	b := encode(t, variants(t)["bare"])
	if bytes.Contains(b, []byte("DE04.30.017.00")) || bytes.Contains(b, []byte("正常\"")) && !bytes.Contains(b, []byte("正常访问保密级别")) {
		t.Error("a result code was stated without a confirmed finding")
	}
}

func TestPreflightNamesEachProblem(t *testing.T) {
	long := strings.Repeat("肺", 201)
	tests := []struct {
		rule   string
		break_ func(*records.Document)
		want   Problem
	}{
		{"name is required", func(d *records.Document) { d.Patient.Name = "" }, Problem{Field: "patient.name", DE: deName, What: Missing}},
		{"a resident ID is required", func(d *records.Document) { d.Patient.IDNumber = "" }, Problem{Field: "patient.id_number", DE: deIDNumber, What: Missing}},
		{"another kind of ID is not a resident ID", func(d *records.Document) { d.Patient.IDType = "03" }, Problem{Field: "patient.id_number", DE: deIDNumber, What: Missing}},
		{"sex is of GB/T 2261.1", func(d *records.Document) { d.Patient.Sex = "F" }, Problem{Field: "patient.sex", DE: deSex, What: Malformed, Value: "F"}},
		{"a birth date is a calendar date", func(d *records.Document) { d.Patient.BirthDate = "19490231" }, Problem{Field: "patient.birth_date", DE: deBirthDate, What: Malformed, Value: "19490231"}},
		{"findings are AN..200", func(d *records.Document) { d.FindingText = []records.Sentence{{Text: long}} }, Problem{Field: "finding_text", DE: deObjective, What: TooLong, Limit: 200, Got: 201}},
		{"impression is AN..200", func(d *records.Document) { d.Impression = []records.Sentence{{Text: long}} }, Problem{Field: "impression", DE: deImpression, What: TooLong, Limit: 200, Got: 201}},
		{"an impression is required", func(d *records.Document) { d.Impression = nil }, Problem{Field: "impression", DE: deImpression, What: Missing}},
		{"an organisation code is required", func(d *records.Document) { d.Organization.Code = "" }, Problem{Field: "organization.code", What: Missing}},
		{"a correction names what it replaces", func(d *records.Document) { d.Version = 2 }, Problem{Field: "replaces", What: Missing}},
		{"a signature has a time", func(d *records.Document) { d.SignedAt = time.Time{} }, Problem{Field: "signed_at", What: Missing}},
		{"XML cannot hold a control character", func(d *records.Document) { d.Impression = []records.Sentence{{Text: "结\x01节"}} }, Problem{Field: "impression", DE: deImpression, What: Malformed, Value: "结\x01节"}},
	}
	if p := Preflight(document(t), Default()); len(p) != 0 {
		t.Fatalf("the fixture has problems: %v", p)
	}
	for _, x := range tests {
		t.Run(x.rule, func(t *testing.T) {
			d := document(t)
			x.break_(d)
			got := Preflight(d, Default())
			if len(got) != 1 || got[0] != x.want {
				t.Errorf("Preflight = %+v, want %+v", got, x.want)
			}
			b, err := Encode(d, Default())
			var p *records.Problems
			if b != nil || !errors.As(err, &p) {
				t.Errorf("Encode = %d bytes, %v; want Problems", len(b), err)
			}
		})
	}
}

func TestAHospitalMayRaiseALimit(t *testing.T) {
	d := document(t)
	d.FindingText = []records.Sentence{{Text: strings.Repeat("肺", 1500)}}
	cfg := Default()
	cfg.Limits.Findings = 2000
	b, err := Encode(d, cfg)
	if err != nil || !bytes.Contains(b, []byte(strings.Repeat("肺", 1500))) {
		t.Errorf("a text under the raised limit was refused or cut: %v", err)
	}
}

func TestOnlyConfirmedFindingsLeave(t *testing.T) {
	for _, s := range []records.FindingState{records.FindingProposed, records.FindingRejected, records.FindingWithdrawn, ""} {
		d := document(t)
		d.Findings[0].State = s
		_, err := Encode(d, Default())
		var r *records.RefusedError
		if !errors.As(err, &r) || r.Code != "not_factual" {
			t.Errorf("state %q: %v, want a refusal", s, err)
		}
	}
}

func TestSameDocumentSameBytes(t *testing.T) {
	d, again := document(t), document(t)
	again.SignedAt = again.SignedAt.UTC()
	if !bytes.Equal(encode(t, d), encode(t, again)) {
		t.Error("the same instant in another zone gave other bytes")
	}
}
