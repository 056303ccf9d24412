package ui

import (
	"strings"
	"testing"

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
