package reading

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

// line queues studies behind one that runs, in this order, and gives the order
// in which they get their turns once that has ended. Each ends its turn when the
// next is wanted, so that between may change things after each turn.
func line(t *testing.T, q *Queue, studies string, between func(got string)) string {
	t.Helper()
	first, err := q.Wait(t.Context(), "running")
	if err != nil {
		t.Fatal(err)
	}
	turns := make(chan string, len(studies))
	goOn := make(chan struct{})
	var running atomic.Int32
	for _, s := range studies {
		go func() {
			end, err := q.Wait(t.Context(), string(s))
			if err != nil {
				t.Error(err)
				return
			}
			if running.Add(1) > 1 {
				t.Error("two have their turn at a time")
			}
			turns <- string(s)
			<-goOn
			running.Add(-1)
			end()
			end() // twice does nothing
		}()
		synctest.Wait() // it stands in the queue
	}
	if q.Waiting() != len(studies) {
		t.Errorf("%d wait, want %d", q.Waiting(), len(studies))
	}
	between("")
	first()
	got := ""
	for range studies {
		got += <-turns
		between(got)
		goOn <- struct{}{}
	}
	return got
}

func TestStudiesAreAnalysedOneAtATimeInTheOrderAskedButTheOpenOneFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := &Queue{}
		if got := line(t, q, "abcd", func(string) {}); got != "abcd" {
			t.Errorf("in the order %s", got)
		}
		// c is opened before anything ran, then d while c runs; d asks twice.
		if got := line(t, q, "abdcd", func(got string) {
			switch got {
			case "":
				q.Front("c")
			case "c":
				q.Front("d")
			}
		}); got != "cddab" {
			t.Errorf("in the order %s", got)
		}
		q.Front("nobody")
		if got := line(t, q, "abc", func(string) {}); got != "abc" {
			t.Errorf("in the order %s", got)
		}
	})
}

func TestOneThatIsCancelledGivesUpItsPlaceAndTheRestGoOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := &Queue{}
		end, err := q.Wait(t.Context(), "a")
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		failed := make(chan error, 1)
		go func() {
			_, err := q.Wait(ctx, "b")
			failed <- err
		}()
		synctest.Wait()
		cancel()
		if err := <-failed; !errors.Is(err, context.Canceled) || q.Waiting() != 0 {
			t.Errorf("%v, %d wait", err, q.Waiting())
		}
		if _, err := q.Wait(ctx, "b"); !errors.Is(err, context.Canceled) {
			t.Errorf("a context that had ended: %v", err)
		}
		end()
		end, err = q.Wait(t.Context(), "c")
		if err != nil {
			t.Fatal(err)
		}
		end()
	})
}

// Whatever comes first, the turn or the end of the context, no turn is lost.
func TestACancellationAtTheMomentOfTheTurnLosesNoTurn(t *testing.T) {
	q := &Queue{}
	for range 2000 {
		end, err := q.Wait(t.Context(), "a")
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			if end, err := q.Wait(ctx, "b"); err == nil {
				end()
			}
		}()
		go cancel()
		end()
		<-done
	}
	if q.busy || q.Waiting() > 0 {
		t.Error("the turn was lost")
	}
}
