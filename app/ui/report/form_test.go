package report

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2/widget"

	"longying/app/ui/lang"
	"longying/app/ui/workspace"
	"longying/records"
)

// answer picks a choice or types into a field of the form, and waits for it to
// be stored.
func (f *form) answer(t *testing.T, field, value string) {
	t.Helper()
	for _, r := range f.rows {
		if r.field.ID != field {
			continue
		}
		if r.box.Hidden {
			t.Fatalf("the field %s is not asked", field)
		}
		if r.choice != nil {
			r.pick(value)
			f.store()
		} else {
			r.entry.SetText(value)
			r.now()
		}
		f.t.ws.Settle()
		return
	}
	t.Fatalf("there is no field %s", field)
}

func TestAnswersOfTheFormAreWordedInTheEditorsAndComeBack(t *testing.T) {
	r, s, _ := room(t, "左肺炎症。")
	f := r.form
	if f.box.Hidden || len(f.list) == 0 {
		t.Fatal("no form is offered")
	}
	f.toggle()
	if f.chosen == nil || f.chosen.ID != "chest-film" || !f.open {
		t.Fatalf("the form chosen is %+v", f.chosen)
	}
	f.answer(t, "quality", "good")
	f.answer(t, "opacity", "present")
	f.answer(t, "opacity_site", "左肺下野")
	f.answer(t, "heart", "normal_size")
	f.answer(t, "ctr", "0.48")
	if text := r.seen.Text; !strings.Contains(text, "左肺下野见片状影。") || !strings.Contains(text, "心胸比 0.48。") || !strings.Contains(text, "左肺斑片影。") {
		t.Fatalf("the editor says %q", text)
	}
	if !strings.Contains(f.state.Text, "必填") {
		t.Errorf("what is missing is not said: %q", f.state.Text)
	}
	// A wrong number is refused where it stands, and nothing of the report changes.
	before := r.seen.Text
	f.answer(t, "ctr", "48")
	if f.problem.Text() == "" || r.seen.Text != before {
		t.Errorf("a ratio of 48: %q, %q", f.problem.Text(), r.seen.Text)
	}
	f.answer(t, "ctr", "0.5")
	if f.problem.Text() != "" || !strings.Contains(r.seen.Text, "心胸比 0.5。") {
		t.Errorf("a mended number: %q, %q", f.problem.Text(), r.seen.Text)
	}
	// Words typed behind the form's sentences are the doctor's own and stay.
	r.seen.SetText(r.seen.Text + "较前吸收。")
	f.answer(t, "effusion", "left")
	if text := r.seen.Text; !strings.Contains(text, "较前吸收。") || !strings.Contains(text, "左侧胸腔积液。") {
		t.Errorf("the editor says %q", text)
	}
	rep, err := s.Reading.Report(t.Context(), r.ws.User(), r.study)
	if err != nil || records.Join(rep.Findings) != r.seen.Text || rep.Structured.Answer("effusion").Choice.ID != "left" {
		t.Fatalf("stored: %v %q %+v", err, records.Join(rep.Findings), rep.Structured)
	}
	// Another language shows the same answers.
	r.ws.Lang.Set(lang.English)
	r.words()
	for _, row := range f.rows {
		if row.field.ID == "effusion" && row.choice.Selected != "left" {
			t.Errorf("in English the effusion is %q", row.choice.Selected)
		}
	}
	f.drop()
	r.ws.Settle()
	if text := r.seen.Text; strings.Contains(text, "心胸比") || !strings.Contains(text, "较前吸收。") || r.report.Structured != nil {
		t.Errorf("after the form was taken out: %q", text)
	}
}

func TestARuleSaysWhatIsMissingThenProposesAndTheDoctorTakesIt(t *testing.T) {
	r, s, _ := room(t, "左肺炎症。")
	all, _, err := s.Reading.Templates()
	if err != nil {
		t.Fatal(err)
	}
	f := r.form
	f.list = all
	f.chose("胸部CT肺癌筛查（Lung-RADS 2022）")
	f.answer(t, "exam", "complete")
	f.answer(t, "nodule", "present")
	f.answer(t, "kind", "solid")
	f.answer(t, "status", "baseline")
	var category *row
	for _, x := range f.rows {
		if x.field.ID == "category" {
			category = x
		}
	}
	if !category.adopt.Hidden || !strings.Contains(category.note.Text, "缺少") {
		t.Errorf("without a size: %q, button hidden %v", category.note.Text, category.adopt.Hidden)
	}
	f.answer(t, "long", "9")
	f.answer(t, "short", "8.4")
	f.answer(t, "suspicious", "no")
	if category.adopt.Hidden || !strings.Contains(category.note.Text, "建议 4A") {
		t.Fatalf("with all inputs: %q", category.note.Text)
	}
	if r.report.Structured.Answer("category") != nil || strings.Contains(r.impression.Text, "Lung-RADS") {
		t.Error("a category was answered before the doctor did")
	}
	category.adopt.OnTapped()
	r.ws.Settle()
	if !strings.Contains(r.impression.Text, "Lung-RADS 2022 分类：4A") {
		t.Errorf("the impression says %q", r.impression.Text)
	}
	// A sentence of the form that a doctor rewords keeps its field.
	text := NewText([]records.Sentence{{Text: "心影不大。", Field: "heart"}, {Text: "随访。"}}, nil).Edit("心影大小正常。随访。")
	if l := text.Lines(); len(l) != 2 || l[0].Field != "heart" || l[1].Text != "随访。" {
		t.Errorf("%+v", l)
	}
	workspace.Release(r.password)
}

func TestEachConfirmedFindingOfWhichNothingIsSaidIsNamedAndLeadsToIt(t *testing.T) {
	r, _, _ := room(t, "左肺炎症。")
	r.findings = []records.Finding{
		{UID: "1", Version: 1, State: records.FindingConfirmed, Label: records.Text{Zh: "肺结节", En: "Nodule"}},
		{UID: "2", Version: 1, State: records.FindingConfirmed, Label: records.Text{Zh: "气胸", En: "Pneumothorax"}},
		{UID: "3", Version: 1, State: records.FindingProposed, Label: records.Text{Zh: "提示", En: "Proposal"}},
	}
	// A sentence of the form that says a number of a finding counts as one of it.
	r.seen.show(NewText([]records.Sentence{{Text: "见结节，长径 8 mm。", FindingUID: "1", FindingVersion: 1, Field: "nodule"}}, nil))
	r.chips()
	if r.stale.Hidden || len(r.unsaid.Objects) != 1 || len(r.seenChips.Objects) != 1 {
		t.Fatalf("%d findings are named as missing, %d sentences as linked", len(r.unsaid.Objects), len(r.seenChips.Objects))
	}
	chosen := ""
	workspace.On(r.ws, func(e workspace.FindingSelected) { chosen = e.Finding.UID })
	r.unsaid.Objects[0].(*widget.Button).OnTapped()
	if chosen != "2" {
		t.Errorf("it leads to finding %q", chosen)
	}
	r.seenChips.Objects[0].(*widget.Button).OnTapped()
	if chosen != "1" {
		t.Errorf("the sentence leads to finding %q", chosen)
	}
}
