package station

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"longying/app/delivery"
	"longying/records"
	"longying/records/report"
	"longying/records/template"
)

// form fills a template of the film.
func (b *bench) form(id string, entries ...template.Entry) (records.Report, error) {
	b.t.Helper()
	return b.Reading.Fill(b.ctx, b.radiologist, b.film.StudyUID, id, entries)
}

func chestFilm() []template.Entry {
	return []template.Entry{{Field: "quality", Value: "good"}, {Field: "opacity", Value: "present"}, {Field: "opacity_site", Value: "下肺野"},
		{Field: "nodule", Value: "none"}, {Field: "effusion", Value: "none"}, {Field: "pneumothorax", Value: "none"},
		{Field: "heart", Value: "normal_size"}, {Field: "ctr", Value: "0.48"}, {Field: "conclusion", Value: "肺部感染可能"}}
}

func TestCodedFieldsStandInTheReportAreFrozenAndLeaveInEveryFormat(t *testing.T) {
	b := newBench(t)
	study := b.film.StudyUID
	b.written("胸廓对称。", "随访。")
	list, err := b.Reading.TemplatesFor(b.ctx, b.radiologist, study)
	b.must(err)
	if len(list) == 0 || list[0].ID != "chest-film" {
		t.Fatalf("the templates of a film are %v", list)
	}
	// What is required and not answered blocks the signature, not the draft.
	rep, err := b.form("chest-film", chestFilm()[:3]...)
	b.must(err)
	if len(rep.Lacking) == 0 || !strings.Contains(records.Join(rep.Findings), "下肺野见片状影") {
		t.Fatalf("%+v", rep)
	}
	_, err = b.Reading.Sign(b.ctx, b.radiologist, study, b.password("radiologist"))
	b.refused("template_lacking", err)
	rep, err = b.form("chest-film", chestFilm()...)
	b.must(err)
	text := records.Join(rep.Findings)
	if len(rep.Lacking) > 0 || !strings.Contains(text, "心影未见增大，心胸比 0.48。") || !strings.Contains(records.Join(rep.Impression), "肺部感染可能。") || !strings.HasSuffix(text, "胸廓对称。") {
		t.Fatalf("lacking %v\n%s\n%s", rep.Lacking, text, records.Join(rep.Impression))
	}
	// The doctor's wording stays as long as the answer does.
	for i, s := range rep.Findings {
		if s.Field == "heart" {
			rep.Findings[i].Text = "心影大小、形态未见异常（心胸比 0.48）。"
		}
	}
	_, err = b.Reading.SaveDraft(b.ctx, b.radiologist, study, rep.Findings, rep.Impression)
	b.must(err)
	rep, err = b.form("chest-film", append(chestFilm(), template.Entry{Field: "bones", Value: "胸廓骨质未见异常"})...)
	b.must(err)
	if text := records.Join(rep.Findings); !strings.Contains(text, "心影大小、形态未见异常（心胸比 0.48）。") || !strings.Contains(text, "胸廓骨质未见异常。") {
		t.Errorf("the wording is lost in\n%s", text)
	}
	rep, err = b.Reading.Draft(b.ctx, b.radiologist, study)
	b.must(err)
	if text := records.Join(rep.Findings); strings.Count(text, "下肺野见片状影") != 1 || !strings.Contains(text, "心影大小") {
		t.Errorf("drafting again made\n%s", text)
	}
	doc, err := b.Reading.Sign(b.ctx, b.radiologist, study, b.password("radiologist"))
	b.must(err)
	if a := doc.Document.Structured.Answer("ctr"); a == nil || a.Number.Value != 0.48 || !bytes.Contains(doc.Canonical, []byte(`"template":"chest-film"`)) {
		t.Fatalf("the signed document has %+v", doc.Document.Structured)
	}
	forms := delivery.DefaultForms()
	forms.CDA.Limits.Findings, forms.CDA.Limits.Impression = 0, 0
	for i := range forms.Row.Columns {
		forms.Row.Columns[i].Limit = 0
	}
	for format, want := range map[string][]string{
		"cda":     {`<value xsi:type="REAL" value="0.48"/>`, `code="36118008" codeSystem="2.16.840.1.113883.6.96"`},
		"fhir":    {`"code": "36118008"`, `"value": 0.48`, `"valueString": "肺部感染可能"`, "chest-film"},
		"row-csv": {"心胸比=0.48", "SCT 36118008=SCT 272519000"},
		"sr":      {"36118008", "0.48", "肺部感染可能"},
	} {
		raw, err := forms.Encode(&doc, format)
		b.must(err)
		for _, w := range want {
			if !bytes.Contains(raw, []byte(w)) {
				t.Errorf("%s does not say %s", format, w)
			}
		}
	}
	if text := report.Text(&doc.Document, "en"); !strings.Contains(text, "Cardiothoracic ratio: 0.48") || !strings.Contains(text, "Pneumothorax: none [SCT 272519000]") {
		t.Errorf("the printed report has\n%s", text)
	}
	// An amendment begins with the same answers, and the version before keeps its own.
	rep, err = b.Reading.Amend(b.ctx, b.radiologist, study, "心胸比更正")
	b.must(err)
	if rep.Structured.Answer("ctr") == nil {
		t.Error("the amendment lost the answers")
	}
	entries := template.Entries(rep.Structured)
	for i := range entries {
		if entries[i].Field == "ctr" {
			entries[i].Value = "0.55"
		}
	}
	rep, err = b.form("chest-film", entries...)
	b.must(err)
	if !strings.Contains(records.Join(rep.Findings), "心胸比 0.55") {
		t.Errorf("a changed answer left the sentence as it was: %s", records.Join(rep.Findings))
	}
	second, err := b.Reading.Sign(b.ctx, b.radiologist, study, b.password("radiologist"))
	b.must(err)
	if second.SHA256 == doc.SHA256 || second.Document.Structured.Answer("ctr").Number.Value != 0.55 {
		t.Error("the second version has the answers of the first")
	}
}

func TestANumberOfAFindingFollowsTheFindingAndGoesWithIt(t *testing.T) {
	b := newBench(t)
	study := b.film.StudyUID
	b.written("胸廓对称。", "随访。")
	mm := func(v float64) *records.Measurement {
		return &records.Measurement{Concept: records.Code{Value: "103339001", Scheme: "SCT", Meaning: "Long Axis"}, Value: v, Unit: "mm"}
	}
	f := b.nodule(study, 1)
	f, err := b.Reading.Edit(b.ctx, b.radiologist, f.UID, records.FindingChange{Value: mm(8.24), Reason: "测量"})
	b.must(err)
	entries := chestFilm()
	entries[3] = template.Entry{Field: "nodule", Value: "present"}
	entries = append(entries, template.Entry{Field: "nodule_site", Value: "上肺野"}, template.Entry{Field: "nodule_size", FindingUID: f.UID})
	rep, err := b.form("chest-film", entries...)
	b.must(err)
	linked := func(rep records.Report) (s records.Sentence) {
		for _, x := range rep.Findings {
			if x.Field == "nodule" {
				s = x
			}
		}
		return s
	}
	if s := linked(rep); s.FindingUID != f.UID || s.FindingVersion != f.Version || s.Text != "上肺野见结节影，长径约 8.2 mm。" {
		t.Fatalf("%+v", s)
	}
	rep, err = b.Reading.Draft(b.ctx, b.radiologist, study)
	b.must(err)
	n := 0
	for _, s := range rep.Findings {
		if s.FindingUID == f.UID {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d sentences of the findings speak of one finding", n)
	}
	f, err = b.Reading.Edit(b.ctx, b.radiologist, f.UID, records.FindingChange{Value: mm(9.1), Reason: "复测"})
	b.must(err)
	_, err = b.Reading.Sign(b.ctx, b.radiologist, study, b.password("radiologist"))
	b.refused("sentence_stale", err)
	rep, err = b.Reading.Draft(b.ctx, b.radiologist, study)
	b.must(err)
	if s := linked(rep); s.FindingVersion != f.Version || !strings.Contains(s.Text, "9.1 mm") {
		t.Errorf("the new number is not in %+v", s)
	}
	_, err = b.Reading.Reject(b.ctx, b.radiologist, f.UID, "伪影")
	b.must(err)
	rep, err = b.Reading.Draft(b.ctx, b.radiologist, study)
	b.must(err)
	if s := linked(rep); s.FindingUID != "" || strings.Contains(s.Text, "mm") || rep.Structured.Answer("nodule_size") != nil {
		t.Errorf("what was rejected still stands: %+v", s)
	}
}

func TestACategoryIsDecidedAnewWhereTheRuleProposesAnother(t *testing.T) {
	b := newBench(t)
	b.written("胸廓对称。", "随访。")
	entries := []template.Entry{{Field: "exam", Value: "complete"}, {Field: "nodule", Value: "present"}, {Field: "kind", Value: "solid"}, {Field: "status", Value: "baseline"},
		{Field: "long", Value: "7"}, {Field: "short", Value: "6.5"}, {Field: "suspicious", Value: "no"}, {Field: "category", Value: "3"}}
	rep, err := b.form("chest-ct-lung-rads", entries...)
	b.must(err)
	if a := rep.Structured.Answer("category"); a == nil || a.Proposed.Category != "3" {
		t.Fatalf("%+v", a)
	}
	entries[4].Value = "12"
	rep, err = b.form("chest-ct-lung-rads", entries...)
	b.must(err)
	if a := rep.Structured.Answer("category"); a != nil || len(rep.Lacking) != 1 {
		t.Errorf("a larger nodule kept category %+v", a)
	}
	// The doctor decides, also otherwise than the rule, and both are kept.
	rep, err = b.form("chest-ct-lung-rads", entries...)
	b.must(err)
	a := rep.Structured.Answer("category")
	if a == nil || a.Choice.ID != "3" || a.Proposed.Category != "4A" {
		t.Errorf("the doctor's category is %+v", a)
	}
	_, err = b.Reading.SaveDraft(b.ctx, b.radiologist, b.film.StudyUID, rep.Findings, append(rep.Impression, records.Sentence{Text: "考虑 Lung-RADS 4B 类。"}))
	b.must(err)
	found, err := b.Reading.Contradictions(b.ctx, b.radiologist, b.film.StudyUID)
	b.must(err)
	if len(found) != 1 || found[0].Code != records.ContradictsCategory || found[0].Known != "Lung-RADS 3" {
		t.Errorf("a sentence with another category: %+v", found)
	}
}

func TestAHospitalAddsItsOwnTemplatesAndABrokenFileIsNamed(t *testing.T) {
	b := newBench(t)
	own := filepath.Join("..", "..", "records", "template", "testdata", "own.json")
	_, err := b.Reading.AddTemplate(b.ctx, b.radiologist, own)
	b.refused("right", err)
	_, err = b.Reading.AddTemplate(b.ctx, b.admin, own)
	b.must(err)
	_, err = b.Reading.AddTemplate(b.ctx, b.admin, own) // the same again
	b.must(err)
	raw, err := os.ReadFile(own)
	b.must(err)
	changed := filepath.Join(t.TempDir(), "changed.json")
	b.must(os.WriteFile(changed, bytes.Replace(raw, []byte("双肺野清晰"), []byte("两肺清晰"), 1), 0o600))
	_, err = b.Reading.AddTemplate(b.ctx, b.admin, changed)
	b.refused("template_version", err)
	b.must(os.WriteFile(changed, bytes.Replace(raw, []byte(`"own-form"`), []byte(`"chest-film"`), 1), 0o600))
	_, err = b.Reading.AddTemplate(b.ctx, b.admin, changed)
	b.refused("template_shipped", err)
	b.refused("template_shipped", b.Reading.RemoveTemplate(b.ctx, b.admin, "chest-film"))
	list, err := b.Reading.TemplatesFor(b.ctx, b.radiologist, b.film.StudyUID)
	b.must(err)
	if len(list) < 2 || list[0].ID != "own-form" {
		t.Errorf("the hospital's own template does not come first: %v", list)
	}
	b.must(os.WriteFile(filepath.Join(b.Home, "templates", "bad.json"), []byte("{\n \"id\": \"bad\",\n \"colour\": 1\n}"), 0o600))
	_, broken, err := b.Reading.Templates()
	b.must(err)
	if len(broken) != 1 || !strings.Contains(broken[0].Error(), `bad.json, line 3`) || !strings.Contains(broken[0].Error(), `"colour"`) {
		t.Errorf("the broken file is named %v", broken)
	}
	b.must(b.Reading.RemoveTemplate(b.ctx, b.admin, "own-form"))
	b.refused("template_gone", b.Reading.RemoveTemplate(b.ctx, b.admin, "own-form"))
}
