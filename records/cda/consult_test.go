package cda

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"longying/records"
)

// consult is a decided consult on the patient of the shared fixture.
func consult(t *testing.T) *ConsultDocument {
	d := document(t)
	at := time.Date(2026, 11, 25, 2, 0, 0, 0, time.UTC)
	return &ConsultDocument{Patient: d.Patient, Visit: d.Visit, Organization: d.Organization,
		Author: records.Person{ID: "D0001", Name: "张医生"}, Chair: records.Person{ID: "D0002", Name: "李医生"}, Findings: d.Findings[:1],
		Reports: []string{"右肺上叶结节 <8 mm>,建议随访。"},
		Consult: records.Consult{ID: "MDT-01", PatientID: d.Patient.ID, Title: "肺结节会诊", Question: "手术还是随访?", State: records.ConsultDecided,
			Items:     []records.ConsultItem{{Kind: "study", Title: "胸部CT"}, {Kind: "slide", Title: "穿刺切片", Note: "尺度未知"}},
			Members:   []records.Member{{Name: "王·𬭸㛃", Discipline: "胸外科"}, {Name: "赵医生"}},
			Opinions:  []records.Opinion{{Member: records.Member{Name: "王·𬭸㛃", Discipline: "胸外科"}, Text: "手术。", Dissent: true, At: at}, {Member: records.Member{Name: "赵医生"}, Text: "随访 & 复查。", At: at}},
			Decision:  &records.Decision{Text: "三个月后复查。", By: "u2", ByName: "李医生", At: at.Add(time.Minute)},
			FollowUps: []records.FollowUp{{Date: "20270225", Task: "复查胸部CT", At: at.Add(time.Hour)}}, UpdatedAt: at.Add(time.Hour)}}
}

func TestConsultDocumentsAreValidAgainstTheSchema(t *testing.T) {
	bare := consult(t)
	bare.Visit, bare.Reports, bare.Findings, bare.Consult.FollowUps, bare.Consult.Items, bare.Consult.Members = nil, nil, nil, nil, nil, nil
	for _, d := range []*ConsultDocument{consult(t), bare} {
		for _, form := range []ConsultForm{Consultation, CaseDiscussion} {
			b, err := EncodeConsult(d, form, Default())
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Contains(b, []byte(`=""`)) {
				t.Errorf("an attribute is empty in\n%s", b)
			}
			xmllint(t, b, "--noout", "--schema", schema(t))
		}
	}
}

func TestCodesOfTheConsultDocuments(t *testing.T) {
	obs := func(section, code string) string {
		return "//section[code/@" + section + "]//observation[code/@codeSystem='2.16.156.10011.2.2.1'][code/@code='" + code + "']/value"
	}
	ai := "AI辅助:模型lung-nodule 1.0.0(SHA-256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08),经张医生于20261124T101000确认。"
	for form, want := range map[ConsultForm]map[string]string{
		Consultation: {
			"/ClinicalDocument/templateId/@root":                               "2.16.156.10011.2.1.1.65",
			"/ClinicalDocument/code[@codeSystem='2.16.156.10011.2.4']/@code":   "C0045",
			"/ClinicalDocument/title":                                          "会诊记录",
			"/ClinicalDocument/id[@root='2.16.156.10011.1.1']/@extension":      "MDT-01-2",
			"/ClinicalDocument/setId/@extension":                               "MDT-01",
			"/ClinicalDocument/versionNumber/@value":                           "2",
			"/ClinicalDocument/effectiveTime/@value":                           "20261125110000",
			"//relatedDocument[@typeCode='RPLC']/parentDocument/id/@extension": "MDT-01-1",
			"//legalAuthenticator//id[@root='2.16.156.10011.1.4']/@extension":  "D0002",
			"count(//authenticator)":                                           "0",
			"//participant[@typeCode='PRCP'][1]//name":                         "王·𬭸㛃（胸外科）",
			"count(//patientRole/id[@root='2.16.156.10011.1.32'])":             "0",
			"//patient/id[@root='2.16.156.10011.1.3']/@extension":              "11010519491231002X",
			obs("code='51848-0'", "DE06.00.182.00"):                            "胸部CT；穿刺切片（尺度未知）",
			obs("code='29548-5'", "DE05.01.025.00"):                            "肺占位",
			obs("code='29548-5'", "DE05.01.024.00") + "/@code":                 "R91.x00",
			obs("code='18776-5'", "DE06.00.214.00"):                            "手术还是随访?",
			obs("displayName='辅助检查'", "DE04.30.009.00"):                        "右肺上叶结节 <8 mm>,建议随访。",
			obs("displayName='会诊原因'", "DE06.00.319.00"):                        "多学科会诊",
			obs("displayName='会诊原因'", "DE06.00.039.00"):                        "肺结节会诊",
			"(" + obs("displayName='会诊意见'", "DE06.00.018.00") + ")[1]":         "王·𬭸㛃（胸外科）：【不同意见】手术。",
			"(" + obs("displayName='会诊意见'", "DE06.00.018.00") + ")[2]":         "赵医生：随访 & 复查。",
			"(" + obs("displayName='会诊意见'", "DE06.00.018.00") + ")[3]":         "会诊结论：三个月后复查。",
			obs("code='8648-8'", "DE06.00.296.00"):                             "随访 20270225：复查胸部CT\n" + ai,
		},
		CaseDiscussion: {
			"/ClinicalDocument/templateId/@root":                             "2.16.156.10011.2.1.1.60",
			"/ClinicalDocument/code[@codeSystem='2.16.156.10011.2.4']/@code": "C0040",
			"/ClinicalDocument/title":                                        "疑难病例讨论记录",
			"//legalAuthenticator//code/@displayName":                        "主持人",
			"(" + obs("code='51848-0'", "DE06.00.018.00") + ")[1]": "讨论目的：手术还是随访?\n资料：胸部CT；穿刺切片（尺度未知）\n检查报告：右肺上叶结节 <8 mm>,建议随访。\n" +
				"王·𬭸㛃（胸外科）：【不同意见】手术。\n赵医生：随访 & 复查。",
			"(" + obs("code='51848-0'", "DE06.00.018.00") + ")[2]": "三个月后复查。\n随访 20270225：复查胸部CT\n" + ai,
		},
	} {
		b, err := EncodeConsult(consult(t), form, Default())
		if err != nil {
			t.Fatal(err)
		}
		plain := bytes.Replace(b, []byte(` xmlns="urn:hl7-org:v3"`), nil, 1)
		for path, value := range want {
			if got := xmllint(t, plain, "--xpath", "string("+path+")"); got != value {
				t.Errorf("%s: %s\n got %q\nwant %q", form, path, got, value)
			}
		}
	}
}

func TestAConsultWithoutADecisionIsNotWritten(t *testing.T) {
	d := consult(t)
	d.Consult.Decision = nil
	var p *records.Problems
	if b, err := EncodeConsult(d, Consultation, Default()); b != nil || !errors.As(err, &p) || p.List[0].Field != "consult.decision" {
		t.Errorf("%d bytes, %v", len(b), err)
	}
	d = consult(t)
	d.Findings[0].State = records.FindingProposed
	var r *records.RefusedError
	if b, err := EncodeConsult(d, Consultation, Default()); b != nil || !errors.As(err, &r) {
		t.Errorf("%d bytes, %v", len(b), err)
	}
}

func TestWhatChangesAfterTheDecisionIsANewVersion(t *testing.T) {
	d := consult(t)
	d.Consult.FollowUps = nil
	seen := map[int]bool{d.Version(): true}
	d.Consult.FollowUps = []records.FollowUp{{Date: "20270225", Task: "复查", At: d.Consult.Decision.At.Add(time.Hour)}}
	seen[d.Version()] = true
	d.Consult.FollowUps[0].Done = true
	seen[d.Version()] = true
	d.Consult.Opinions = append(d.Consult.Opinions, records.Opinion{At: d.Consult.Decision.At.Add(time.Hour)})
	seen[d.Version()] = true
	if len(seen) != 4 || !seen[1] || !seen[4] {
		t.Errorf("versions %v", seen)
	}
	d = consult(t)
	d.Consult.FollowUps = []records.FollowUp{{Date: "20270225", Task: "复查", At: d.Consult.Decision.At}}
	if d.Version() != 1 {
		t.Error("the decision's own task makes a second version of it")
	}
}
