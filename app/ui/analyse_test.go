package ui

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"longying/app/samples"
	"longying/app/ui/workspace"
	"longying/records"
)

// whole waits until no background work runs and what it left is shown.
func (s *shell) whole() {
	s.ws.Settle()
	fyne.DoAndWait(func() {})
	s.ws.Settle()
	fyne.DoAndWait(func() {})
}

// Analyse new asks about the studies that no model has looked at, each in its
// turn, and a second time about none.
func TestAnalyseNewAsksTheModelsAboutEveryStudyThatNoneHasSeen(t *testing.T) {
	s, _ := signedIn(t)
	if _, err := s.ws.Runtime(); err != nil && os.Getenv("CI") == "" {
		t.Skip(err)
	}
	folder := filepath.Join(t.TempDir(), "samples")
	if err := samples.Extract(folder); err != nil {
		t.Fatal(err)
	}
	workspace.Publish(s.ws, workspace.ImportWanted{Paths: []string{folder}})
	s.whole()
	user := s.ws.User()
	studies, err := s.ws.Registry.Studies(t.Context(), user, records.ExaminationFilter{})
	if err != nil || len(studies) < 2 {
		t.Fatal(len(studies), "studies, ", err)
	}
	press := func() {
		t.Helper()
		for _, r := range s.rooms {
			for _, a := range r.Live() {
				if a.Label == "worklist.analyse_new" {
					a.Do()
					s.whole()
					return
				}
			}
		}
		t.Fatal("no room has the action")
	}
	// The turn of another study is waited for.
	end, err := s.ws.Analyses.Wait(t.Context(), "another")
	if err != nil {
		t.Fatal(err)
	}
	var jobs []string
	workspace.On(s.ws, func(workspace.JobsChanged) {
		for _, j := range s.ws.Jobs() {
			jobs = append(jobs, j.Label())
		}
	})
	go func() { // all stand in the queue
		for s.ws.Analyses.Waiting() < len(studies) && t.Context().Err() == nil {
			runtime.Gosched()
		}
		end()
	}()
	press()
	count := 0
	for _, ex := range studies {
		runs, err := s.ws.Reading.Runs(t.Context(), user, ex.StudyUID)
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for _, r := range runs {
			seen[r.Model.ID] = true
		}
		for _, p := range s.ws.Reading.Models() {
			if !seen[p.Card.ID] {
				t.Errorf("study %s: nothing is known of model %s", ex.StudyUID, p.Card.ID)
			}
		}
		count += len(runs)
	}
	if !strings.Contains(strings.Join(jobs, ","), "正在分析新检查") {
		t.Errorf("the status bar showed %q", jobs)
	}
	press()
	again := 0
	for _, ex := range studies {
		runs, err := s.ws.Reading.Runs(t.Context(), user, ex.StudyUID)
		if err != nil {
			t.Fatal(err)
		}
		again += len(runs)
	}
	if again != count || count == 0 {
		t.Errorf("%d runs at first, %d after a second time", count, again)
	}
}
