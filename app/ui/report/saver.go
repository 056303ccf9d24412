package report

import (
	"context"
	"sync"
	"time"

	"longying/records"
)

// Draft is one state of both editors of one study.
type Draft struct {
	StudyUID             string
	By                   records.User // who typed it
	Findings, Impression []records.Sentence
}

// Saver commits what is typed: after a short pause, at once when asked, and
// one write after another, so that an older text never lands on a newer one.
// What could not be written stays pending and is written with the next call.
type Saver struct {
	pause time.Duration
	write func(context.Context, Draft) error
	told  func(saved bool, err error) // after each write, and saved=false when one is pending

	mu      sync.Mutex
	pending []Draft // one for each study, oldest first
	timer   *time.Timer
	busy    chan struct{} // closed when the write under way has ended; nil when none is
}

// NewSaver makes a saver over the use case's write. told may be called from
// any goroutine.
func NewSaver(pause time.Duration, write func(context.Context, Draft) error, told func(saved bool, err error)) *Saver {
	return &Saver{pause: pause, write: write, told: told}
}

// Keep takes the newest text of a study; it is written after the pause.
func (s *Saver) Keep(d Draft) {
	s.mu.Lock()
	kept := s.pending[:0]
	for _, p := range s.pending {
		if p.StudyUID != d.StudyUID {
			kept = append(kept, p)
		}
	}
	s.pending = append(kept, d)
	if s.timer != nil {
		s.timer.Stop()
	}
	s.timer = time.AfterFunc(s.pause, func() {
		// The error has been told; the text stays pending.
		_ = s.Flush(context.Background())
	})
	s.mu.Unlock()
	s.told(false, nil)
}

// Forget drops what is pending for a study, after its text was replaced by the
// program on the doctor's word.
func (s *Saver) Forget(studyUID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := s.pending[:0]
	for _, p := range s.pending {
		if p.StudyUID != studyUID {
			kept = append(kept, p)
		}
	}
	s.pending = kept
}

// Pending reports whether something waits to be written.
func (s *Saver) Pending() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.pending) > 0 || s.busy != nil
}

// Flush writes all that is pending and returns when it is stored. It returns
// the first error; the text that failed stays pending.
func (s *Saver) Flush(ctx context.Context) error {
	for {
		s.mu.Lock()
		if busy := s.busy; busy != nil {
			s.mu.Unlock()
			select {
			case <-busy:
				continue
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		if s.timer != nil {
			s.timer.Stop()
		}
		if len(s.pending) == 0 {
			s.mu.Unlock()
			return nil
		}
		d := s.pending[0]
		s.pending = append([]Draft(nil), s.pending[1:]...)
		done := make(chan struct{})
		s.busy = done
		s.mu.Unlock()

		err := s.write(ctx, d)

		s.mu.Lock()
		s.busy = nil
		close(done)
		if err != nil && !s.has(d.StudyUID) {
			s.pending = append(s.pending, d)
		}
		left := len(s.pending)
		s.mu.Unlock()
		s.told(err == nil && left == 0, err)
		if err != nil {
			return err
		}
	}
}

func (s *Saver) has(studyUID string) bool {
	for _, p := range s.pending {
		if p.StudyUID == studyUID {
			return true
		}
	}
	return false
}
