package workspace

import (
	"context"
	"encoding/json"

	"longying/app/screen"
)

const pixelPitchPreference = "pixel_pitch"

// What a pixel of a monitor may measure, in mm: from a telephone's to a wall's.
const (
	LeastPixelPitch = 0.03
	MostPixelPitch  = 1.0
)

// pixelPitch is what a pixel measures, and on which monitor.
type pixelPitch struct {
	MM      float64        `json:"mm"`
	Monitor screen.Monitor `json:"monitor"`
}

// PixelPitch is what one pixel of the monitor measures, in mm, as somebody
// measured it; 0: nobody has, on this computer at this scale. Two monitors of one
// computer that have one scale cannot be told apart.
func (ws *Workspace) PixelPitch() float64 {
	if !ws.pitch.Monitor.Alike(ws.Monitor()) {
		return 0
	}
	return ws.pitch.MM
}

// LoadPixelPitch takes what was stored.
func (ws *Workspace) LoadPixelPitch(failed func(error)) {
	ws.NewTask().Start(func(ctx context.Context) func() {
		stored, err := ws.Admin.Preference(ctx, pixelPitchPreference)
		var p pixelPitch
		if err == nil && stored != "" {
			err = json.Unmarshal([]byte(stored), &p)
		}
		return func() {
			if err != nil {
				failed(err)
			} else if p.MM >= LeastPixelPitch && p.MM <= MostPixelPitch {
				ws.pitch = p
			}
		}
	})
}

// StorePixelPitch takes what was measured on the monitor that the window stands
// on, and stores it; 0: it is not known.
func (ws *Workspace) StorePixelPitch(mm float64, done func(error)) {
	ws.pitch = pixelPitch{mm, ws.Monitor()}
	user, p := ws.user, ws.pitch
	ws.NewTask().Start(func(ctx context.Context) func() {
		raw, err := json.Marshal(p)
		if err == nil {
			err = ws.Admin.SetPreference(ctx, user, pixelPitchPreference, string(raw))
		}
		return func() { done(err) }
	})
}
