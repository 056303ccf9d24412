package worklist

import (
	"context"
	"errors"
	"sync"

	"longying/app/reading"
	"longying/app/ui/workspace"
	"longying/records"
)

// analyseNew has every installed model look at each study of the list that none
// has looked at. The studies take turns with what is asked for in the findings
// tab; the one that is open comes first.
func (r *room) analyseNew() {
	if r.analysing != nil {
		return
	}
	user := r.ws.User()
	if err := records.Require(user, records.RightAnalyze); err != nil {
		r.problem.Explain(err)
		return
	}
	r.problem.SetText("")
	r.done.SetText("")
	var uids []string
	for i := range r.rows {
		uids = append(uids, r.rows[i].StudyUID)
	}
	label := func() string { return r.ws.Lang.T("worklist.analysing") }
	r.analysing = r.ws.StartJob(label, func(ctx context.Context, progress func(done, total int)) func() {
		fresh, failed := r.unseen(ctx, user, uids)
		var mu sync.Mutex
		done := 0
		progress(done, len(fresh))
		var all sync.WaitGroup
		for _, uid := range fresh {
			all.Go(func() {
				end, err := r.ws.Analyses.Wait(ctx, uid)
				if err != nil {
					return // cancelled, which is said below
				}
				defer end()
				err = r.analyse(ctx, user, uid)
				mu.Lock()
				defer mu.Unlock()
				if ctx.Err() == nil {
					done++
				}
				failed = errors.Join(failed, err)
				progress(done, len(fresh))
			})
		}
		all.Wait()
		cancelled := ctx.Err() != nil
		return func() {
			r.analysing = nil
			switch {
			case len(fresh) == 0 && failed == nil && !cancelled:
				r.done.Say("worklist.nothing_new")
			case cancelled:
				r.done.Say("worklist.analysis_cancelled", done, len(fresh))
			default:
				r.done.Say("worklist.analysed", done)
			}
			if failed != nil && !errors.Is(failed, context.Canceled) {
				r.problem.Explain(failed)
			}
		}
	})
}

// unseen are the studies that no model has looked at, and why some could not be
// asked about.
func (r *room) unseen(ctx context.Context, user records.User, uids []string) ([]string, error) {
	var fresh []string
	for _, uid := range uids {
		runs, err := r.ws.Reading.Runs(ctx, user, uid)
		if err != nil {
			return fresh, err
		}
		if len(runs) == 0 {
			fresh = append(fresh, uid)
		}
	}
	return fresh, nil
}

// analyse asks one model after another about one study, so that one that cannot
// run does not keep the others from it.
func (r *room) analyse(ctx context.Context, user records.User, uid string) error {
	var failed error
	for _, p := range r.ws.Reading.Models() {
		if ctx.Err() != nil {
			break
		}
		if _, err := r.ws.Reading.Analyze(ctx, user, uid, reading.Request{ModelIDs: []string{p.Card.ID}}); err != nil && ctx.Err() == nil {
			failed = errors.Join(failed, err)
		}
	}
	r.ws.Do(func() { workspace.Publish(r.ws, workspace.FindingsChanged{StudyUID: uid}) })
	return failed
}
