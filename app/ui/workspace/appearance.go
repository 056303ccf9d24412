package workspace

import (
	"slices"

	"longying/app/screen"
)

// SetScheme shows the window in the dark or the light colours, live.
func (ws *Workspace) SetScheme(scheme string) {
	ws.Screen.Change(func(s *screen.State) { s.Scheme = scheme })
	Publish(ws, LookChanged{})
}

// SetSize shows words and controls larger or smaller, live; in percent.
func (ws *Workspace) SetSize(percent int) {
	ws.Screen.Change(func(s *screen.State) { s.Size = percent })
	Publish(ws, LookChanged{})
}

// Grow goes n sizes up, or down.
func (ws *Workspace) Grow(n int) {
	sizes := screen.Sizes()
	at := slices.Index(sizes, ws.Screen.State().Size) + n
	ws.SetSize(sizes[min(max(0, at), len(sizes)-1)])
}
