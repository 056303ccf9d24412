package workspace

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"longying/app/ui/lang"
)

// Noted is one line of the journal.
type Noted struct {
	At      time.Time
	Problem bool
	Text    string // names nobody
}

// Journal is what happened in this window lately: rooms that were shown and
// problems, worded without what they were about. It is kept in memory, and
// leaves it in a problem report alone. It may be used by several goroutines.
type Journal struct {
	mu      sync.Mutex
	entries []Noted
}

const mostEntries = 200

// Room notes that a room came to the front.
func (j *Journal) Room(id string) { j.add(Noted{At: time.Now(), Text: id}) }

// Problem notes an error: the text for people with "…" for every argument, and
// the types of its chain. A text that came from elsewhere is left out.
func (j *Journal) Problem(l *lang.Strings, err error) {
	if err == nil {
		return
	}
	words := Explained(l.Masked(), err)
	if words == err.Error() {
		words = "…"
	}
	j.add(Noted{At: time.Now(), Problem: true, Text: words + " [" + strings.Join(kinds(err), " ← ") + "]"})
}

func kinds(err error) []string {
	var out []string
	for err != nil {
		out = append(out, fmt.Sprintf("%T", err))
		if many, ok := err.(interface{ Unwrap() []error }); ok {
			for _, e := range many.Unwrap() {
				out = append(out, kinds(e)...)
			}
			return out
		}
		err = errors.Unwrap(err)
	}
	return out
}

func (j *Journal) add(e Noted) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.entries = append(j.entries, e)
	if over := len(j.entries) - mostEntries; over > 0 {
		j.entries = append([]Noted(nil), j.entries[over:]...)
	}
}

// Entries lists them, oldest first.
func (j *Journal) Entries() []Noted {
	j.mu.Lock()
	defer j.mu.Unlock()
	return append([]Noted(nil), j.entries...)
}
