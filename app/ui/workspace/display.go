package workspace

import (
	"context"
	"strconv"
)

const pixelPitchPreference = "pixel_pitch_mm"

// What a pixel of a monitor may measure, in mm: from a telephone's to a wall's.
const (
	LeastPixelPitch = 0.03
	MostPixelPitch  = 1.0
)

// PixelPitch is what one pixel of the monitor measures, in mm, as somebody
// measured it; 0: nobody has.
func (ws *Workspace) PixelPitch() float64 { return ws.pitch }

// LoadPixelPitch takes what was stored.
func (ws *Workspace) LoadPixelPitch(failed func(error)) {
	ws.NewTask().Start(func(ctx context.Context) func() {
		stored, err := ws.Admin.Preference(ctx, pixelPitchPreference)
		return func() {
			if err != nil {
				failed(err)
			} else if mm, err := strconv.ParseFloat(stored, 64); err == nil && mm >= LeastPixelPitch && mm <= MostPixelPitch {
				ws.pitch = mm
			}
		}
	})
}

// StorePixelPitch takes what was measured and stores it; 0: it is not known.
func (ws *Workspace) StorePixelPitch(mm float64, done func(error)) {
	ws.pitch = mm
	user := ws.user
	ws.NewTask().Start(func(ctx context.Context) func() {
		err := ws.Admin.SetPreference(ctx, user, pixelPitchPreference, strconv.FormatFloat(mm, 'g', -1, 64))
		return func() { done(err) }
	})
}
