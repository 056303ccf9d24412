package findings

import (
	"context"
	"errors"

	"longying/app/reading"
	"longying/app/ui/workspace"
	"longying/imaging"
	"longying/models"
	"longying/records"
)

// analyseAll asks every installed model about the open study, one after
// another, so that one that cannot run does not keep the others from it.
func (t *tab) analyseAll() { t.ask(t.packages()) }

func (t *tab) ask(packages []*models.Package) {
	if t.study == "" || t.job != nil {
		return
	}
	if err := records.Require(t.ws.User(), records.RightAnalyze); err != nil {
		t.problem.Explain(err)
		return
	}
	user, study := t.ws.User(), t.study
	region, organ, stated := t.region, t.organ, t.stated
	t.failed = map[string]string{}
	t.problem.SetText("")
	if len(packages) == 0 {
		t.problem.Say("findings.no_models")
		return
	}
	workspace.Publish(t.ws, workspace.RoomWanted{ID: "findings"})
	t.asking = packages[0].Card.Name
	label := func() string { return t.ws.Lang.T("findings.running", t.asking.In(t.ws.Lang.Short())) }
	t.job = t.ws.StartJob(label, func(ctx context.Context, progress func(done, total int)) func() {
		failed := map[string]error{}
		// Another study may have its turn; a cancellation meanwhile is said below.
		if end, err := t.ws.Analyses.Wait(ctx, study); err == nil {
			defer end()
		}
		for i, p := range packages {
			if ctx.Err() != nil {
				break
			}
			t.tellAsking(p.Card.Name)
			progress(100*i, 100*len(packages))
			req := request(p.Card, region, organ)
			req.Stated = stated
			req.Progress = func(_ string, done, total int) {
				if total > 0 {
					progress(100*i+100*done/total, 100*len(packages))
				}
			}
			if _, err := t.ws.Reading.Analyze(ctx, user, study, req); err != nil {
				failed[p.Card.ID] = err
				continue
			}
			t.tellChanged(study)
		}
		// Asked here: the job's context always ends once the work has returned.
		cancelled := ctx.Err() != nil
		return func() {
			t.job = nil
			if t.study == study {
				for id, err := range failed {
					if !errors.Is(err, context.Canceled) {
						t.failed[id] = t.ws.Explain(err)
					}
				}
				if cancelled {
					t.problem.Say("findings.cancelled")
				}
			}
			t.showProgress()
			t.render()
			workspace.Publish(t.ws, workspace.FindingsChanged{StudyUID: study})
		}
	})
	t.showProgress()
}

// request is what one model is asked: the region that the doctor marked goes to
// the models that run on a region alone.
func request(c *models.Card, region *imaging.Ref, organ string) reading.Request {
	req := reading.Request{ModelIDs: []string{c.ID}}
	if c.Slide != nil {
		req.Organ = organ
	}
	if c.Input.MarkedRegion && region != nil {
		req.Region, req.SOPUID = region.Region, region.SOPUID
	}
	return req
}

// tellAsking and tellChanged are called from the job's goroutine.
func (t *tab) tellAsking(name models.Text) {
	t.ws.Do(func() {
		t.asking = name
		t.showProgress()
	})
}

func (t *tab) tellChanged(study string) {
	t.ws.Do(func() { workspace.Publish(t.ws, workspace.FindingsChanged{StudyUID: study}) })
}

// showProgress shows what runs, how far, and how to stop it.
func (t *tab) showProgress() {
	if t.job == nil {
		t.working.Hide()
		t.analyse.Show()
		if t.study == "" {
			t.analyse.Disable()
			t.add.Disable()
		} else {
			t.analyse.Enable()
			t.add.Enable()
		}
		return
	}
	done, total := t.job.Progress()
	if total > 0 {
		t.bar.SetValue(float64(done) / float64(total))
	}
	t.progress.SetText(t.ws.Lang.T("findings.running", t.asking.In(t.ws.Lang.Short())))
	t.analyse.Hide()
	t.working.Show()
}

// wantRegion asks the image to let the doctor draw a region.
func (t *tab) wantRegion() {
	if t.study != "" && t.slide {
		workspace.Publish(t.ws, workspace.RegionWanted{})
	}
}

// marked takes the region that the doctor drew.
func (t *tab) marked(ref imaging.Ref) {
	if ref.StudyUID != t.study {
		return
	}
	t.region = nil
	if ref.Region != nil {
		t.region = &ref
	}
	if t.ownPlace != nil {
		t.own = t.region
		t.showOwnPlace()
		workspace.Focus(t.form.fields[0])
	}
	t.render()
}
