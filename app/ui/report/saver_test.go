package report

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"longying/records"
)

type wrote struct {
	mu     sync.Mutex
	drafts []Draft
	fail   error
	slow   time.Duration
}

func (w *wrote) write(_ context.Context, d Draft) error {
	time.Sleep(w.slow)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.fail != nil {
		return w.fail
	}
	w.drafts = append(w.drafts, d)
	return nil
}

func (w *wrote) last() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.drafts) == 0 {
		return ""
	}
	d := w.drafts[len(w.drafts)-1]
	return d.StudyUID + ":" + records.Join(d.Findings)
}

func draft(study, text string) Draft {
	return Draft{StudyUID: study, Findings: []records.Sentence{{Text: text}}}
}

func TestTypingIsWrittenAfterAShortPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wrote{}
		s := NewSaver(600*time.Millisecond, w.write, func(bool, error) {})
		for _, text := range []string{"a", "ab", "abc"} {
			s.Keep(draft("1", text))
			time.Sleep(100 * time.Millisecond)
		}
		if len(w.drafts) != 0 || !s.Pending() {
			t.Fatal("written before the pause")
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if w.last() != "1:abc" || len(w.drafts) != 1 || s.Pending() {
			t.Errorf("wrote %v", w.drafts)
		}
	})
}

func TestFlushWaitsForTheWriteUnderWayAndWritesTheNewest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wrote{slow: time.Second}
		s := NewSaver(time.Millisecond, w.write, func(bool, error) {})
		s.Keep(draft("1", "old"))
		time.Sleep(100 * time.Millisecond)
		s.Keep(draft("1", "new"))
		if err := s.Flush(context.Background()); err != nil {
			t.Fatal(err)
		}
		if w.last() != "1:new" || len(w.drafts) != 2 {
			t.Errorf("wrote %v", w.drafts)
		}
	})
}

func TestAFailedWriteLosesNoText(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wrote{fail: errors.New("disk full")}
		var told error
		s := NewSaver(time.Millisecond, w.write, func(_ bool, err error) { told = err })
		s.Keep(draft("1", "text"))
		if err := s.Flush(context.Background()); err == nil || told == nil || !s.Pending() {
			t.Fatalf("err %v, told %v, pending %v", err, told, s.Pending())
		}
		w.fail = nil
		if err := s.Flush(context.Background()); err != nil || w.last() != "1:text" {
			t.Errorf("err %v, wrote %v", err, w.drafts)
		}
	})
}

func TestTheTextOfAnotherStudyIsWrittenToItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wrote{}
		s := NewSaver(time.Hour, w.write, func(bool, error) {})
		s.Keep(draft("1", "one"))
		s.Keep(draft("2", "two"))
		if err := s.Flush(context.Background()); err != nil {
			t.Fatal(err)
		}
		if len(w.drafts) != 2 || w.drafts[0].StudyUID != "1" || w.last() != "2:two" {
			t.Errorf("wrote %v", w.drafts)
		}
	})
}
