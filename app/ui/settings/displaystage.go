package settings

import (
	"image"
	"image/color"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"

	"longying/app/ui/workspace"
	"longying/imaging/gsdf"
)

// showPattern gives the whole screen to the test pattern, pixel for pixel.
func (r *room) showPattern() {
	if r.mayCheck() {
		r.stage(r.pixels(gsdf.Pattern), func() []workspace.Action {
			return []workspace.Action{{Label: "settings.display_leave", Keys: []workspace.Key{workspace.Press(fyne.KeyEscape), workspace.Press(fyne.KeySpace)}, Do: r.leaveStage}}
		})
	}
}

// pixels is a picture that is drawn for the screen's own pixels; how many there
// are is noted.
func (r *room) pixels(picture func(w, h int) *image.Gray) *canvas.Raster {
	raster := canvas.NewRaster(func(w, h int) image.Image {
		m := r.ws.Monitor()
		m.Width, m.Height = w, h
		r.display.monitor = &m
		return picture(w, h)
	})
	raster.ScaleMode = canvas.ImageScalePixels
	return raster
}

// stage shows something on the whole screen, and the page again once it is over.
func (r *room) stage(content fyne.CanvasObject, actions func() []workspace.Action) {
	r.problem.SetText("")
	r.done.SetText("")
	workspace.Publish(r.ws, workspace.StageWanted{Stage: &workspace.Stage{Content: content, Actions: actions, Ended: r.renderInPlace}})
}

func (r *room) leaveStage() { workspace.Publish(r.ws, workspace.StageWanted{}) }

// over lays one line of words along the bottom of a picture.
type over struct{}

func (over) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(100, 100) }

func (over) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	objects[0].Move(fyne.NewPos(0, 0))
	objects[0].Resize(size)
	least := objects[1].MinSize()
	objects[1].Resize(fyne.NewSize(size.Width, least.Height))
	objects[1].Move(fyne.NewPos(0, size.Height-least.Height-8))
}

// levels is the series of full fields, with what is typed at each.
type levels struct {
	room  *room
	at    int
	words *canvas.Text
	field *canvas.Raster
}

// showLevels gives the whole screen to one grey level after the other.
func (r *room) showLevels() {
	if !r.mayCheck() {
		return
	}
	s := &levels{room: r, words: canvas.NewText("", color.White)}
	s.words.Alignment, s.words.TextSize = fyne.TextAlignCenter, 16
	s.field = r.pixels(func(w, h int) *image.Gray { return gsdf.Field(w, h, gsdf.Levels()[s.at]) })
	s.say()
	r.stage(container.New(over{}, s.field, s.words), s.actions)
}

// say writes which level it is and what is typed, in letters as faint as can be
// read: they shine on the meter as well.
func (s *levels) say() {
	level := gsdf.Levels()[s.at]
	ink := level + 60
	if level > 127 {
		ink = level - 60
	}
	s.words.Color = color.Gray{Y: uint8(ink)}
	s.words.Text = s.room.ws.Lang.T("settings.display_level", s.at+1, len(gsdf.Levels()), level, s.room.display.typed[s.at]+"_")
	s.words.Refresh()
}

// step shows another level and stops at the ends.
func (s *levels) step(n int) {
	s.at = min(max(s.at+n, 0), len(gsdf.Levels())-1)
	s.field.Refresh()
	s.say()
}

// put adds to what is typed at the level.
func (s *levels) put(c rune) {
	typed := &s.room.display.typed[s.at]
	if c == ',' {
		c = '.'
	}
	if len(*typed) < 9 && !(c == '.' && strings.Contains(*typed, ".")) {
		*typed += string(c)
	}
	s.say()
}

func (s *levels) actions() []workspace.Action {
	press := func(names ...fyne.KeyName) (out []workspace.Key) {
		for _, n := range names {
			out = append(out, workspace.Press(n))
		}
		return out
	}
	out := []workspace.Action{
		{Label: "settings.display_next", Keys: press(fyne.KeyRight, fyne.KeyPageDown, fyne.KeyReturn), Do: func() { s.step(1) }},
		{Label: "settings.display_previous", Keys: press(fyne.KeyLeft, fyne.KeyPageUp), Do: func() { s.step(-1) }},
		{Label: "settings.display_erase", Keys: press(fyne.KeyBackspace, fyne.KeyDelete), Do: func() {
			s.room.display.typed[s.at] = ""
			s.say()
		}},
		{Label: "settings.display_leave", Keys: press(fyne.KeyEscape), Do: s.room.leaveStage},
	}
	for _, c := range "0123456789.," {
		out = append(out, workspace.Action{Label: "settings.display_digit", Args: func() []any { return []any{string(c)} }, Keys: []workspace.Key{{Rune: c}}, Do: func() { s.put(c) }})
	}
	return out
}
