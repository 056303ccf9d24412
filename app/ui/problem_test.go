package ui

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"longying/app/ui/lang"
	"longying/app/ui/workspace"
	"longying/records"
)

func TestAnErrorThatStandsIsWordedAnewWhenTheLanguageChanges(t *testing.T) {
	s, _ := signedIn(t)
	refused := &records.RefusedError{Code: "prior_unlinked", Reason: "link both first"}
	p, q, plain := workspace.NewProblem(s.ws), workspace.NewProblem(s.ws), workspace.NewProblem(s.ws)
	p.Explain(refused)
	q.Say("viewer.measure_failed", refused)
	plain.SetText("/media/cd")
	s.explain(refused)
	before := []string{p.Text(), q.Text(), s.status.job.Text + s.status.long.Text()}
	s.ws.SetLanguage(lang.English)
	want := workspace.Explained(s.ws.Lang, refused)
	for k, now := range []string{p.Text(), q.Text(), s.status.job.Text + s.status.long.Text()} {
		if now == before[k] || !strings.Contains(now, want) {
			t.Errorf("%q became %q, not %q", before[k], now, want)
		}
	}
	if plain.Text() != "/media/cd" {
		t.Errorf("a path became %q", plain.Text())
	}
	p.Explain(nil)
	s.ws.SetLanguage(lang.Chinese)
	if p.Text() != "" {
		t.Errorf("what was taken away is back: %q", p.Text())
	}
}

func TestWhatWasDoneWellIsWordedAnewWhenTheLanguageChanges(t *testing.T) {
	s, _ := signedIn(t)
	d := workspace.NewDone(s.ws)
	d.Say("worklist.analysed", 3)
	pressed(t, s, "worklist.analyse_new") // of no study at all
	before := s.ws.Lang.T("worklist.nothing_new")
	if said := texts(s.front.Content); !strings.Contains(said, before) {
		t.Fatalf("the list says %q", said)
	}
	s.ws.SetLanguage(lang.English)
	if want := s.ws.Lang.T("worklist.analysed", 3); d.Text() != want {
		t.Errorf("%q, not %q", d.Text(), want)
	}
	if said := texts(s.front.Content); strings.Contains(said, before) || !strings.Contains(said, s.ws.Lang.T("worklist.nothing_new")) {
		t.Errorf("the list says %q", said)
	}
	d.SetText("")
	s.ws.SetLanguage(lang.Chinese)
	if d.Text() != "" {
		t.Errorf("what was taken away is back: %q", d.Text())
	}
	if d.MinSize() != (fyne.Size{}) {
		t.Errorf("nothing takes %v", d.MinSize())
	}
}
