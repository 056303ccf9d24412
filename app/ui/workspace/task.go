package workspace

import (
	"context"
	"slices"
	"sync/atomic"

	"fyne.io/fyne/v2"
)

// Task is work of which only the newest counts: starting it again cancels what
// ran before, and a result that comes too late is dropped.
type Task struct {
	ws     *Workspace
	cancel context.CancelFunc
}

// NewTask makes a task that ends with the workspace.
func (ws *Workspace) NewTask() *Task { return &Task{ws: ws} }

// Start runs work on its own goroutine and then what work returned, unless nil
// or replaced meanwhile, on the UI goroutine.
func (t *Task) Start(work func(ctx context.Context) (apply func())) {
	t.Stop()
	ctx, cancel := context.WithCancel(t.ws.ctx)
	t.cancel = cancel
	t.ws.running.Go(func() {
		apply := work(ctx)
		if apply == nil || ctx.Err() != nil {
			return
		}
		t.ws.do(func() {
			if ctx.Err() == nil {
				apply()
			}
		})
	})
}

// Stop cancels the work; its result is dropped.
func (t *Task) Stop() {
	if t.cancel != nil {
		t.cancel()
		t.cancel = nil
	}
}

// do hands f to the UI goroutine. The toolkit's test driver has none, and would
// run it at once, on the goroutine that calls, while a test uses the window:
// there it waits for Settle.
func (ws *Workspace) do(f func()) {
	if ws.live {
		fyne.Do(f)
		return
	}
	ws.held.Lock()
	defer ws.held.Unlock()
	ws.results = append(ws.results, f)
}

// Do hands f to the UI goroutine; from any other.
func (ws *Workspace) Do(f func()) { ws.do(f) }

// Go runs f on a goroutine that Close and Settle wait for.
func (ws *Workspace) Go(f func()) { ws.running.Go(f) }

// Settle waits until no background work runs, and applies its results: for
// tests, whose goroutine is the UI's.
func (ws *Workspace) Settle() {
	for {
		ws.running.Wait()
		ws.held.Lock()
		results := ws.results
		ws.results = nil
		ws.held.Unlock()
		if len(results) == 0 {
			return
		}
		for _, f := range results {
			f()
		}
	}
}

// Job is work that the doctor sees in the status bar and can cancel.
type Job struct {
	Label  func() string // asked again when the language changes
	cancel context.CancelFunc
	done   atomic.Int64
	total  atomic.Int64
	queued atomic.Bool
}

// Progress is how much is done, of how much; total 0: not known yet.
func (j *Job) Progress() (done, total int) { return int(j.done.Load()), int(j.total.Load()) }

// Cancel asks the job to stop. It stands in the status bar until it has.
func (j *Job) Cancel() { j.cancel() }

// Jobs lists what runs, oldest first.
func (ws *Workspace) Jobs() []*Job { return ws.jobs }

// StartJob runs work on its own goroutine, with a context that Job.Cancel and
// the window's end cancel. progress may be called from any goroutine, as often
// as one likes. What work returns runs on the UI goroutine, also after a
// cancellation: there the result, or why there is none, is shown.
func (ws *Workspace) StartJob(label func() string, work func(ctx context.Context, progress func(done, total int)) (apply func())) *Job {
	ctx, cancel := context.WithCancel(ws.ctx)
	j := &Job{Label: label, cancel: cancel}
	ws.jobs = append(ws.jobs, j)
	Publish(ws, JobsChanged{})
	ws.running.Go(func() {
		defer cancel()
		apply := work(ctx, func(done, total int) {
			j.done.Store(int64(done))
			j.total.Store(int64(total))
			if j.queued.CompareAndSwap(false, true) {
				ws.do(func() {
					j.queued.Store(false)
					Publish(ws, JobsChanged{})
				})
			}
		})
		if ws.ctx.Err() != nil {
			return
		}
		ws.do(func() {
			ws.jobs = slices.DeleteFunc(slices.Clone(ws.jobs), func(x *Job) bool { return x == j })
			Publish(ws, JobsChanged{})
			if apply != nil {
				apply()
			}
		})
	})
	return j
}
