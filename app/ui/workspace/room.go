package workspace

import (
	"fyne.io/fyne/v2"

	"longying/app/ui/lang"
	"longying/records"
)

// Place is where a room stands in the window.
type Place int

// The places.
const (
	Rail  Place = iota // an entry of the rail at the left
	Panel              // a tab of the panel at the right
)

// Room is one room of the window.
type Room struct {
	ID      string // also its name: the text "room."+ID
	Place   Place
	Icon    fyne.Resource
	Needs   records.Right // the room is not shown to those without it; empty: to everybody
	Content fyne.CanvasObject
	Actions []Action        // the same always
	Current func() []Action // when set, instead of Actions: those that change with what is shown
	Chords  []Key           // keys with Control that Current names at times
	Shown   func()          // came to the front; may be nil
	Hidden  func()          // left the front; may be nil
	Keep    func() string   // how its pictures are laid out, to be there after a crash; may be nil
	Restore func(string)    // lays them so again; may be nil
}

// Name is the key of the room's name.
func (r *Room) Name() lang.Key { return lang.Key("room." + r.ID) }

// Action is something that a key does.
type Action struct {
	Label lang.Key
	Args  func() []any // for Label; may be nil
	Keys  []Key        // any of them
	Do    func()
}

// Values are the arguments of the label.
func (a Action) Values() []any {
	if a.Args == nil {
		return nil
	}
	return a.Args()
}

// Live lists what the keys do now.
func (r *Room) Live() []Action {
	if r.Current != nil {
		return r.Current()
	}
	return r.Actions
}
