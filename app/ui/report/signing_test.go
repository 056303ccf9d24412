package report

import (
	"path/filepath"
	"strings"
	"testing"

	"fyne.io/fyne/v2/test"

	"longying/app/station"
	"longying/app/ui/lang"
	"longying/app/ui/workspace"
	"longying/imaging"
	"longying/records"
)

// room is the tab over a sample folder, with its film's report open and written.
func room(t *testing.T, impression string) (*tab, *station.Station, *station.Sample) {
	t.Helper()
	test.NewTempApp(t)
	s, sample, err := station.OpenSample(t.Context(), station.Options{Home: filepath.Join(t.TempDir(), "home")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if err := sample.Fill(t.Context(), s, nil); err != nil {
		t.Fatal(err)
	}
	strs, err := lang.New(lang.Chinese)
	if err != nil {
		t.Fatal(err)
	}
	ws := workspace.New(t.Context(), workspace.Services{Archive: s.Archive, Registry: s.Registry, Reading: s.Reading, Admin: s.Admin, Delivery: s.Delivery, Decoder: s.Decoder}, strs)
	t.Cleanup(ws.Close)
	user := sample.Users["radiologist"]
	list, err := s.Registry.Studies(t.Context(), user, records.ExaminationFilter{})
	if err != nil {
		t.Fatal(err)
	}
	r := &tab{ws: ws, loading: ws.NewTask(), keeping: ws.NewTask()}
	r.saver = NewSaver(pause, r.write, r.told)
	r.build()
	ws.SetUser(user)
	for _, ex := range list {
		if ex.Modality == "CR" {
			r.study = ex.StudyUID
		}
	}
	if _, err := s.Reading.SaveDraft(t.Context(), user, r.study, []records.Sentence{{Text: "左肺斑片影。"}}, []records.Sentence{{Text: impression}}); err != nil {
		t.Fatal(err)
	}
	r.load()
	ws.Settle()
	return r, s, sample
}

func (t *tab) signWith(password string) {
	t.password.SetText(password)
	t.sign()
	t.ws.Settle()
}

func TestAContradictionIsAnsweredWhereItBlocksTheSignature(t *testing.T) {
	r, s, sample := room(t, "右肺炎症。")
	password, err := sample.Password("radiologist")
	if err != nil {
		t.Fatal(err)
	}
	r.signWith(password)
	if r.signed != nil || r.answerBox.Hidden || r.answering == nil {
		t.Fatalf("the signature asks for nothing: %q", r.unsigned.Text())
	}
	r.answer.SetText("左肺影像为陈旧灶")
	r.answerNow()
	r.ws.Settle()
	if !r.answerBox.Hidden {
		t.Fatal("it still asks")
	}
	r.signWith(password)
	doc, err := s.Reading.Signed(t.Context(), r.ws.User(), r.study)
	if err != nil || len(doc.Document.Answered) != 1 || doc.Document.Answered[0].Answer != "左肺影像为陈旧灶" {
		t.Fatalf("%+v, %v", doc.Document.Answered, err)
	}
}

func TestWhereTwoSignOneSubmitsAndTheTextIsFrozen(t *testing.T) {
	r, s, sample := room(t, "左肺炎症。")
	password, err := sample.Password("radiologist")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Reading.SetTwoSignatures(t.Context(), sample.Users["admin"], true); err != nil {
		t.Fatal(err)
	}
	r.signWith(password)
	if r.report.State != records.ReportSubmitted || r.signed != nil || !r.seen.Hidden {
		t.Fatalf("state %s, field hidden %v: %q", r.report.State, r.seen.Hidden, r.unsigned.Text())
	}
	if r.returnBox.Hidden {
		t.Fatal("there is no way back")
	}
	r.returnNow() // without a reason nothing happens
	r.ws.Settle()
	if r.report.State != records.ReportSubmitted {
		t.Fatal("it went back without a reason")
	}
	r.back.SetText("左右侧请核对")
	r.returnNow()
	r.ws.Settle()
	if r.report.State != records.ReportDraft || r.report.Returned == nil || r.report.Returned.Reason != "左右侧请核对" || !r.returnBox.Hidden {
		t.Errorf("%+v: %q", r.report, r.unreturned.Text())
	}
}

func TestAFileIsNamedToTheSystemWithItsBlanksAndChinese(t *testing.T) {
	if got := fileURL("/home/李 影/LY-1.pdf").String(); got != "file:///home/%E6%9D%8E%20%E5%BD%B1/LY-1.pdf" {
		t.Error(got)
	}
}

func TestWhatDeniesAConfirmedFindingIsNotSignedAndTheWindowSaysWhy(t *testing.T) {
	r, s, sample := room(t, "未见肺炎。")
	password, err := sample.Password("radiologist")
	if err != nil {
		t.Fatal(err)
	}
	f, err := s.Reading.Mark(t.Context(), r.ws.User(), imaging.Ref{StudyUID: r.study}, records.FindingChange{Label: &records.Text{Zh: "肺炎征象", En: "Pattern of pneumonia"}})
	if err != nil || !f.State.Factual() {
		t.Fatal(f.State, err)
	}
	r.signWith(password)
	if r.signed != nil || r.answerBox.Hidden || !strings.Contains(r.unsigned.Text(), "医师已确认的所见") {
		t.Fatalf("signed %v: %q", r.signed != nil, r.unsigned.Text())
	}
	r.answer.SetText("治疗后已吸收")
	r.answerNow()
	r.ws.Settle()
	r.signWith(password)
	if r.signed == nil {
		t.Errorf("answered, and not signed: %q", r.unsigned.Text())
	}
}
