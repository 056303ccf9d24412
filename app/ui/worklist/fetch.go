package worklist

import (
	"context"

	"longying/app/transfer"
	"longying/app/ui/workspace"
	"longying/imaging/pacs"
	"longying/records"
)

// running is how many studies are fetched at the same time; others wait.
const running = 2

// fetch is one study that is fetched, waits for it, or failed.
type fetch struct {
	server, study, name string
	job                 *workspace.Job
	came                int // instances in an earlier try, where it failed
	err                 string
	part                int // instances that the PACS could not give
}

// fetches are the studies that this window fetches. It outlives the change from
// one list to another.
type fetches struct {
	ws      *workspace.Workspace
	byUID   map[string]*fetch
	waiting []*fetch
	active  int
	changed func()
}

func newFetches(ws *workspace.Workspace) *fetches {
	f := &fetches{ws: ws, byUID: map[string]*fetch{}}
	workspace.On(ws, func(workspace.JobsChanged) {
		if f.active > 0 && f.changed != nil {
			f.changed()
		}
	})
	workspace.On(ws, func(workspace.UserChanged) { f.byUID, f.waiting = map[string]*fetch{}, nil })
	return f
}

// start fetches a study, or goes on with one that failed. One that is on its way
// stays.
func (f *fetches) start(server string, s pacs.Study) {
	old := f.byUID[s.UID]
	if old != nil && old.err == "" && old.part == 0 {
		return
	}
	n := &fetch{server: server, study: s.UID, name: shown(s.Name.Display())}
	if old != nil {
		n.came = old.came
	}
	f.byUID[s.UID] = n
	f.waiting = append(f.waiting, n)
	f.next()
}

func (f *fetches) next() {
	for f.active < running && len(f.waiting) > 0 {
		one := f.waiting[0]
		f.waiting = f.waiting[1:]
		f.active++
		f.run(one)
	}
	if f.changed != nil {
		f.changed()
	}
}

func (f *fetches) run(one *fetch) {
	user := f.ws.User()
	label := func() string { return f.ws.Lang.T("worklist.pacs_fetching", one.name) }
	one.job = f.ws.StartJob(label, func(ctx context.Context, progress func(done, total int)) func() {
		res, err := f.ws.Transfer.Retrieve(ctx, user, one.server, one.study, func(p pacs.Progress) { progress(p.Done, p.Total) })
		return func() { f.ended(one, res, err) }
	})
}

func (f *fetches) ended(one *fetch, res transfer.Retrieved, err error) {
	one.job = nil
	f.active--
	if f.byUID[one.study] == one {
		switch {
		case err != nil:
			one.err, one.came = f.ws.Explain(err), res.Waiting
		case !res.Whole():
			one.part = max(1, len(res.Missing)+len(res.Skipped))
		default:
			delete(f.byUID, one.study)
		}
	}
	if res.Examination != nil {
		workspace.Publish(f.ws, workspace.StudiesChanged{})
	}
	f.next()
}

// cancel ends a fetch, or takes it out of those that wait.
func (f *fetches) cancel(study string) {
	one := f.byUID[study]
	if one == nil {
		return
	}
	if one.job != nil {
		one.job.Cancel()
		return
	}
	for i, w := range f.waiting {
		if w == one {
			f.waiting = append(f.waiting[:i:i], f.waiting[i+1:]...)
			delete(f.byUID, study)
			break
		}
	}
	f.changed()
}

func mayFetch(u records.User) bool {
	return u.Role.May(records.RightImport) && u.Role.May(records.RightViewPatient)
}
