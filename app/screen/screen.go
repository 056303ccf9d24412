// Package screen keeps how the window was left: its language, colours and size,
// and where a person was when it ended. It is a plain file beside the sealed
// record, because the window needs it before anybody has unlocked anything; it
// names studies by their UID alone, and people not at all.
package screen

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
)

// File is the name of the file in the data folder.
const File = "desktop.json"

// Schemes of colours.
const (
	Dark  = "dark"
	Light = "light"
)

// Sizes are the sizes of words and controls, in percent.
func Sizes() []int { return []int{100, 115, 130, 150} }

// Place is where a person was.
type Place struct {
	User   string `json:"user,omitempty"`   // the account's identifier
	Study  string `json:"study,omitempty"`  // Study Instance UID; empty: none was open
	Room   string `json:"room,omitempty"`   // of the rail
	Tab    string `json:"tab,omitempty"`    // of the panel
	Layout string `json:"layout,omitempty"` // of the room, in words of its own
}

// Filter is which studies a person had left in their list: what is said of the
// studies, never a text that was searched for.
type Filter struct {
	User     string `json:"user,omitempty"` // the account's identifier
	Modality string `json:"modality,omitempty"`
	Part     string `json:"part,omitempty"` // of the body
	Mine     bool   `json:"mine,omitempty"`
}

// State is how the window was left.
type State struct {
	Language string  `json:"language,omitempty"`
	Scheme   string  `json:"scheme,omitempty"`
	Size     int     `json:"size,omitempty"`      // percent
	Width    float32 `json:"width,omitempty"`     // of the window, in the toolkit's units
	Height   float32 `json:"height,omitempty"`    //
	Panel    float64 `json:"panel,omitempty"`     // where the panel begins, as a share of the width
	Toured   bool    `json:"toured,omitempty"`    // the tour was seen, or not wanted
	NoGlance bool    `json:"no_glance,omitempty"` // the list has nothing beside it
	Filter   Filter  `json:"filter"`
	Running  bool    `json:"running,omitempty"`
	At       Place   `json:"at"`
}

// The least and the most that a window is opened with: a file that was damaged
// hides no button.
const (
	leastWidth, leastHeight = 800, 480
	mostSide                = 16384
)

// tidy puts what no window can be back to what the program begins with.
func (s State) tidy() State {
	if s.Scheme != Light {
		s.Scheme = Dark
	}
	if !slices.Contains(Sizes(), s.Size) {
		s.Size = 100
	}
	if !(s.Width >= leastWidth && s.Width <= mostSide && s.Height >= leastHeight && s.Height <= mostSide) {
		s.Width, s.Height = 0, 0
	}
	if !(s.Panel > 0.2 && s.Panel < 0.95) {
		s.Panel = 0
	}
	return s
}

// Load reads the state of a data folder. A folder without one, or with one that
// cannot be read, has a new window's, and the error says why.
func Load(home string) (State, error) {
	raw, err := os.ReadFile(filepath.Join(home, File))
	if errors.Is(err, fs.ErrNotExist) {
		return State{}.tidy(), nil
	}
	var s State
	if err == nil {
		err = json.Unmarshal(raw, &s)
	}
	if err != nil {
		return State{}.tidy(), fmt.Errorf("%s: %w", File, err)
	}
	return s.tidy(), nil
}

// save writes the file anew. A folder that isn't there yet is not made: who
// looks for one takes it for the record's.
func save(home string, s State) error {
	if _, err := os.Stat(home); err != nil {
		return nil
	}
	raw, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	path := filepath.Join(home, File)
	if err := os.WriteFile(path+".new", append(raw, '\n'), 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// Keeper writes the state as it changes, on a goroutine of its own. It may be
// used by several goroutines. A nil one keeps nothing.
type Keeper struct {
	home  string
	wake  chan struct{}
	ended chan struct{}

	mu    sync.Mutex
	state State
	err   error
}

// Keep begins to keep a state.
func Keep(home string, s State) *Keeper {
	k := &Keeper{home: home, state: s, wake: make(chan struct{}, 1), ended: make(chan struct{})}
	go func() {
		defer close(k.ended)
		for range k.wake {
			err := save(k.home, k.State())
			k.mu.Lock()
			k.err = err
			k.mu.Unlock()
		}
	}()
	return k
}

// State is the state as it stands.
func (k *Keeper) State() State {
	if k == nil {
		return State{Toured: true}.tidy()
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.state
}

// Change changes the state; the file follows.
func (k *Keeper) Change(f func(*State)) {
	if k == nil {
		return
	}
	k.mu.Lock()
	before := k.state
	f(&k.state)
	same := before == k.state
	k.mu.Unlock()
	if same {
		return
	}
	select {
	case k.wake <- struct{}{}:
	default: // it is to be written already
	}
}

// Close writes what is left, and gives the error of the last writing.
func (k *Keeper) Close() error {
	close(k.wake)
	<-k.ended
	return errors.Join(k.err, save(k.home, k.state))
}

// CrashFile is the name of the file in the data folder into which the program
// writes where it was when it crashes: Go's trace of its goroutines.
const CrashFile = "desktop-crash.txt"
