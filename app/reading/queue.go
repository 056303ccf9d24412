package reading

import (
	"context"
	"slices"
	"sync"
)

// Queue gives turns at analysing studies: one at a time, because a model takes
// all of an office PC, in the order asked, but what is asked for the study in
// front (the one that a doctor has open) comes before the rest. What runs is not
// interrupted. The zero value is ready; it is safe for use by several goroutines.
type Queue struct {
	mu      sync.Mutex
	busy    bool
	front   string
	waiting []*turn
}

// turn is one place in the queue; given is closed when its time has come.
type turn struct {
	study string
	given chan struct{}
}

// Wait returns when it is the study's turn, and end must then be called; calling
// it again does nothing. When ctx ends first its error is returned, and the place
// is given up.
func (q *Queue) Wait(ctx context.Context, study string) (end func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	q.mu.Lock()
	t := &turn{study: study, given: make(chan struct{})}
	q.waiting = append(q.waiting, t)
	q.next()
	q.mu.Unlock()
	select {
	case <-t.given:
		return sync.OnceFunc(q.end), nil
	case <-ctx.Done():
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if i := slices.Index(q.waiting, t); i >= 0 {
		q.waiting = slices.Delete(q.waiting, i, i+1)
	} else { // the turn came at the same moment
		q.busy = false
		q.next()
	}
	return nil, ctx.Err()
}

// Front names the study that comes first from now on; "" none.
func (q *Queue) Front(study string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.front = study
}

// Waiting is how many have not had their turn.
func (q *Queue) Waiting() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.waiting)
}

func (q *Queue) end() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.busy = false
	q.next()
}

// next gives the turn on; the lock is held.
func (q *Queue) next() {
	if q.busy || len(q.waiting) == 0 {
		return
	}
	i := max(0, slices.IndexFunc(q.waiting, func(t *turn) bool { return t.study == q.front }))
	t := q.waiting[i]
	q.waiting = slices.Delete(q.waiting, i, i+1)
	q.busy = true
	close(t.given)
}
