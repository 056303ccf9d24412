package row

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"os"
	"strings"
	"testing"

	"longying/records"
)

// document is the fixture that all encoders share, signed.
func document(t *testing.T) *records.SignedDocument {
	t.Helper()
	b, err := os.ReadFile("../report/testdata/document.json")
	if err != nil {
		t.Fatal(err)
	}
	d := &records.SignedDocument{SHA256: "aa", SM3: "bb", Signatures: []records.Signature{
		{Over: records.OverContent, Value: "3001"}, {Over: records.OverDocument, Value: "3002", KeyID: "K1"}}}
	if err := json.Unmarshal(b, &d.Document); err != nil {
		t.Fatal(err)
	}
	return d
}

// read gives the values of a row by column, by the reader of each form in the
// standard library.
func read(t *testing.T, raw []byte, form Form) map[string]string {
	t.Helper()
	out := map[string]string{}
	switch form {
	case CSV:
		lines, err := csv.NewReader(bytes.NewReader(raw)).ReadAll()
		if err != nil || len(lines) != 2 {
			t.Fatalf("%d lines: %v", len(lines), err)
		}
		for i, c := range lines[0] {
			out[c] = lines[1][i]
		}
	case JSON:
		if err := json.Unmarshal(raw, &out); err != nil {
			t.Fatal(err)
		}
	case XML:
		var row struct {
			Element []struct {
				Code  string `xml:"code,attr"`
				Value string `xml:",chardata"`
			} `xml:"element"`
		}
		if err := xml.Unmarshal(raw, &row); err != nil {
			t.Fatal(err)
		}
		for _, e := range row.Element {
			out[e.Code] = e.Value
		}
	}
	return out
}

func encode(t *testing.T, d *records.SignedDocument, m Mapping, form Form) map[string]string {
	t.Helper()
	raw, err := Encode(d, m, form)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Encode(d, m, form)
	if err != nil || !bytes.Equal(raw, again) {
		t.Fatalf("the same document gave other bytes as %s: %v", form, err)
	}
	return read(t, raw, form)
}

func TestEachDataElementStandsUnderItsCodeInEveryForm(t *testing.T) {
	d := document(t)
	d.Document.FindingText[1].Text = "左侧\"胸腔\"积液,\n<见上> & 余无。"
	for _, form := range Forms() {
		got := encode(t, d, Default(), form)
		for code, want := range map[string]string{
			"DE02.01.030.00": "11010519491231002X", "DE02.01.031.00": "01", "DE02.01.039.00": "欧阳·𬭸㛃", "DE02.01.040.00": "2",
			"DE02.01.005.01": "19491231", "DE05.01.024.00": "R91.x00", "DE05.01.025.00": "肺占位", "DE02.10.027.00": "胸部CT平扫",
			"DE04.30.018.00": "CT", "DE04.30.019.00": "CT", "DE04.30.017.00": "2", "DE04.30.015.00": "8.2", "DE04.30.016.00": "mm",
			"DE04.50.131.00": "右肺上叶见一结节,长径约8.2 mm,边缘光滑,CT值<40 HU & >20 HU。左侧\"胸腔\"积液,\n<见上> & 余无。",
			"DE04.50.132.00": "右肺上叶结节,建议随访。左侧胸腔积液。", "DE08.10.026.00": "放射科", "DE08.10.013.00": "示例县人民医院",
			"DE06.00.179.00": "AI辅助:模型lung-nodule 1.0.0;经张医生确认。未注册医疗器械,仅供研究。",
			"ai_model":       "lung-nodule", "ai_version": "1.0.0", "ai_confirmed_by": "张医生", "ai_confirmed_at": "20261124T101000",
			"ai_sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "signature_value": "3002",
			"signed_at": "20261124T102000", "patient_age": "76", "positive_flag": "1", "sample": "1", "document_replaces": "",
		} {
			if v, ok := got[code]; !ok || v != want {
				t.Errorf("%s: %s = %q, want %q", form, code, v, want)
			}
		}
		if len(got) != len(Default().Columns) {
			t.Errorf("%s has %d columns of %d", form, len(got), len(Default().Columns))
		}
	}
}

func TestNothingAbnormalIsNotCalledNormal(t *testing.T) {
	d := document(t)
	d.Document.Findings, d.Document.Abnormal = nil, false
	d.Document.FindingText, d.Document.Impression = []records.Sentence{{Text: "术后。"}}, []records.Sentence{{Text: "请结合临床。"}}
	got := encode(t, d, Default(), JSON)
	if got["DE04.30.017.00"] != "" || got["positive_flag"] != "" || got["ai_model"] != "" {
		t.Errorf("%v", got)
	}
}

func TestAMappingOfAHospitalIsCheckedWhole(t *testing.T) {
	for _, x := range []struct{ text, says string }{
		{`{"columns":[{"code":"a","from":"patient.nmae"}]}`, `"patient.nmae"`},
		{`{"columns":[{"code":"a","form":"patient.name"}]}`, `"form"`},
		{`{"columns":[{"code":"a","from":"patient.name"},{"code":"a","text":"1"}]}`, "twice"},
		{`{"columns":[{"code":"a","from":"patient.name","text":"1"}]}`, "both"},
		{`{"columns":[{"code":"a"}]}`, "neither"},
		{`{"columns":[{"code":" ","text":"1"}]}`, "code"},
		{`{"columns":[{"code":"a","text":"1","limit":-1}]}`, "-1"},
		{`{"columns":[]}`, "no columns"},
		{`{"columns":[{"code":"a","text":"1"}]} x`, "follows"},
	} {
		if _, err := ParseMapping([]byte(x.text)); err == nil || !strings.Contains(err.Error(), x.says) {
			t.Errorf("%s: %v", x.text, err)
		}
	}
	m, err := ParseMapping([]byte(`{"name":"x","columns":[{"code":"XB","from":"patient.sex","values":{"2":"女"}},{"code":"JG","text":"甘"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if got := encode(t, document(t), m, XML); got["XB"] != "女" || got["JG"] != "甘" || len(got) != 2 {
		t.Errorf("%v", got)
	}
}

func TestPreflightNamesFieldCodeAndPlace(t *testing.T) {
	long := strings.Repeat("肺", 201)
	for _, x := range []struct {
		rule   string
		break_ func(*records.Document)
		want   records.Problem
		where  string
	}{
		{"missing", func(d *records.Document) { d.Patient.IDNumber = "" }, records.Problem{Field: "patient.id_number", DE: "DE02.01.030.00", What: records.ProblemMissing}, "patients import"},
		{"too long", func(d *records.Document) { d.Impression = []records.Sentence{{Text: long}} }, records.Problem{Field: "impression", DE: "DE04.50.132.00", What: records.ProblemTooLong, Limit: 200, Got: 201}, "text of the report"},
		{"not translated", func(d *records.Document) { d.Examination.Modality = "ECG" }, records.Problem{Field: "examination.modality", DE: "DE04.30.018.00", What: records.ProblemMalformed, Value: "ECG"}, "header"},
		{"control character", func(d *records.Document) { d.Visit.Department = "呼\x01吸" }, records.Problem{Field: "visit.department", DE: "visit_department", What: records.ProblemMalformed, Value: "呼\x01吸"}, "visit"},
		{"hospital", func(d *records.Document) { d.Organization.Code = "" }, records.Problem{Field: "organization.code", DE: "organization_code", What: records.ProblemMissing}, "settings"},
	} {
		d := document(t)
		x.break_(&d.Document)
		got := Preflight(d, Default())
		if len(got) != 1 || got[0] != x.want || !strings.Contains(got[0].String(), x.where) {
			t.Errorf("%s: %+v", x.rule, got)
		}
		raw, err := Encode(d, Default(), CSV)
		var p *records.Problems
		if raw != nil || !errors.As(err, &p) {
			t.Errorf("%s: Encode wrote %d bytes: %v", x.rule, len(raw), err)
		}
	}
}

func TestOnlyConfirmedFindingsLeave(t *testing.T) {
	d := document(t)
	d.Document.Findings[0].State = records.FindingProposed
	var r *records.RefusedError
	if _, err := Encode(d, Default(), CSV); !errors.As(err, &r) || r.Code != "not_factual" {
		t.Errorf("%v", err)
	}
}

func TestEveryFieldHasAName(t *testing.T) {
	seen := map[string]bool{}
	for _, name := range FieldNames() {
		if seen[name] {
			t.Errorf("%s stands twice", name)
		}
		seen[name] = true
	}
	for _, c := range Default().Columns {
		if c.Title == "" || c.From == "" {
			t.Errorf("%+v", c)
		}
	}
	if len(Default().Columns) == 0 {
		t.Error("the shipped mapping cannot be read")
	}
}
