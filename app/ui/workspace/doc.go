// Package workspace is what the rooms of the desktop share: the use cases, who
// is signed in, which study is open, events, background work, keys, and widgets
// that let keys through. Rooms never import one another; they meet here.
//
// # How a room plugs in
//
// A room is a package app/ui/<room> with one constructor
//
//	func New(ws *workspace.Workspace) *workspace.Room
//
// and one line in app/ui/rooms.go that calls it. The Room says where it stands:
// workspace.Rail (an entry of the rail, filling the content) or
// workspace.Panel (a tab of the panel at the right: findings, record, report).
// Its name is the text "room.<ID>" of both language files.
//
//   - Content is built once, before anybody signed in, and may hold any Fyne
//     objects. Shown, when not nil, runs each time the room comes to the front:
//     load there, not in New.
//   - The study that is open: ws.Current() (nil: none). Open one with
//     ws.OpenStudy; the shell then shows the viewer or the slide room.
//   - Events: workspace.On(ws, func(e workspace.FindingsChanged) {...}) to hear,
//     workspace.Publish(ws, workspace.FindingsChanged{...}) to say. Both on the UI
//     goroutine only. The events are the types of events.go.
//   - Language: take every text by ws.Lang.T; set it again on LanguageChanged.
//     records.Text and models.Text: t.In(ws.Lang.Short()). Error for people:
//     ws.Explain(err).
//   - Work: never on the UI goroutine. A quick read that a newer one replaces:
//     keep a workspace.Task and call Task.Start; the function that work returns
//     is applied by fyne.Do, unless the Task was started again meanwhile. Work
//     that takes longer and can be cancelled by the doctor: ws.StartJob; it
//     stands in the status bar with its progress and a cancel button.
//   - Keys: Room.Actions lists what each key does while the room is in front
//     (panel tabs: while they are open). The sheet behind "?" is this list. A
//     key may be the rail room's or a panel tab's; the panel's wins.
//   - Widgets that would swallow keys have twins here that pass on what they do
//     not use: NewEntry, NewMultiLineEntry, NewList, NewTable. Use them.
//   - Nothing that can name a person goes into the window's title or a log.
//
// An error stands where the result would have stood: NewProblem shows one with
// what to do; no dialog.
package workspace
