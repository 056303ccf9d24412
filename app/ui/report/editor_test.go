package report

import (
	"context"
	"testing"

	"fyne.io/fyne/v2/test"

	"longying/app/ui/lang"
	"longying/app/ui/workspace"
	"longying/records"
)

func TestASignedTextIsReadWithWhatWasTypedLast(t *testing.T) {
	test.NewTempApp(t)
	e := newEditor(&workspace.Workspace{Keys: &workspace.Keymap{}}, 4)
	e.edited, e.caret = func() {}, func(Line) {}
	e.show(NewText([]records.Sentence{{Text: "右肺炎。", FindingUID: "1", FindingVersion: 2}}, nil))
	e.SetText("右肺炎。较前新发。")
	e.freeze(true)
	if e.signed.Text != "右肺炎。较前新发。" || e.signed.Hidden || !e.Hidden {
		t.Errorf("read after signing: %q (hidden %v, field hidden %v)", e.signed.Text, e.signed.Hidden, e.Hidden)
	}
}

func TestAFindingThatFallsAfterTheSignatureIsSaidBesideTheSignedReport(t *testing.T) {
	test.NewTempApp(t)
	strs, err := lang.New(lang.Chinese)
	if err != nil {
		t.Fatal(err)
	}
	ws := workspace.New(t.Context(), workspace.Services{}, strs)
	t.Cleanup(ws.Close)
	r := &tab{ws: ws, loading: ws.NewTask(), keeping: ws.NewTask()}
	r.saver = NewSaver(pause, func(context.Context, Draft) error { return nil }, func(bool, error) {})
	r.build()
	r.exists, r.report.State = true, records.ReportSigned
	r.seen.show(NewText([]records.Sentence{{Text: "右肺炎。", FindingUID: "1", FindingVersion: 2}}, nil))
	for state, want := range map[records.FindingState]bool{records.FindingConfirmed: false, records.FindingRejected: true} {
		r.findings = []records.Finding{{UID: "1", Version: 2, State: state}}
		r.chips()
		if said := !r.stale.Hidden; said != want || said && (!r.update.Hidden || r.staleText.Text == "") {
			t.Errorf("%s: said %v, update hidden %v, %q", state, said, r.update.Hidden, r.staleText.Text)
		}
	}
}
