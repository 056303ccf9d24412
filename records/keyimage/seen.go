package keyimage

import (
	"encoding/json"
	"math"

	"longying/imaging"
	"longying/imaging/dicomfile"
	"longying/records"
)

// seen is the part of an image that is displayed and how it is turned: columns
// and rows of whole pixels, flipped first and rotated clockwise then.
type seen struct {
	x0, y0, x1, y1 int // the area in pixels, x1 and y1 excluded
	turns          int // quarters clockwise
	flip           bool
}

// seen is all of the image as it lies where nobody wanted it otherwise.
func (im *Image) seen() seen {
	s := seen{x1: im.Columns, y1: im.Rows}
	v := im.View
	if v == nil {
		return s
	}
	s.turns, s.flip = (v.Rotate/90%4+4)%4, v.Flip
	if g := v.Area; g != nil {
		x0, y0 := max(0, int(math.Floor(g.X0))), max(0, int(math.Floor(g.Y0)))
		x1, y1 := min(im.Columns, int(math.Ceil(g.X1))), min(im.Rows, int(math.Ceil(g.Y1)))
		if x0 < x1 && y0 < y1 { // else nothing of the image would be seen
			s.x0, s.y0, s.x1, s.y1 = x0, y0, x1, y1
		}
	}
	return s
}

// size is the area as it is displayed, in pixels of the image.
func (s seen) size() (w, h float64) {
	w, h = float64(s.x1-s.x0), float64(s.y1-s.y0)
	if s.turns%2 == 1 {
		return h, w
	}
	return w, h
}

// shown is where a point of the image is displayed, from the top left corner of
// the area.
func (s seen) shown(x, y float64) (float64, float64) {
	w, h := float64(s.x1-s.x0), float64(s.y1-s.y0)
	u, v := x-float64(s.x0), y-float64(s.y0)
	if s.flip {
		u = w - u
	}
	switch s.turns {
	case 1:
		return h - v, u
	case 2:
		return w - u, h - v
	case 3:
		return v, w - u
	}
	return u, v
}

// image is the inverse of shown.
func (s seen) image(x, y float64) (float64, float64) {
	w, h := float64(s.x1-s.x0), float64(s.y1-s.y0)
	u, v := x, y
	switch s.turns {
	case 1:
		u, v = y, h-x
	case 2:
		u, v = w-x, h-y
	case 3:
		u, v = w-y, x
	}
	if s.flip {
		u = w - u
	}
	return float64(s.x0) + u, float64(s.y0) + v
}

// box is a region as it is displayed.
func (s seen) box(g imaging.Region) imaging.Region {
	ax, ay := s.shown(g.X0, g.Y0)
	bx, by := s.shown(g.X1, g.Y1)
	return imaging.Region{X0: min(ax, bx), Y0: min(ay, by), X1: max(ax, bx), Y1: max(ay, by)}
}

// corners are the pixels of the image, from 1, that are displayed at the top left
// and the bottom right: PS3.3 C.10.4.
func (s seen) corners() (topLeft, bottomRight [2]int) {
	w, h := s.size()
	pixel := func(x, y float64) [2]int {
		ix, iy := s.image(x, y)
		return [2]int{int(math.Floor(ix)) + 1, int(math.Floor(iy)) + 1}
	}
	return pixel(0.5, 0.5), pixel(w-0.5, h-0.5)
}

// textBox is a text in a box of the display: its corners are those of the image
// that lie at the top left and the bottom right of it, PS3.3 C.10.5.
func (s seen) textBox(text string, x0, y0, x1, y1 float64) *dicomfile.Dataset {
	ax, ay := s.image(x0, y0)
	bx, by := s.image(x1, y1)
	return dicomfile.NewDataset().
		String(dicomfile.TagBoundingBoxUnits, "CS", "PIXEL").
		String(dicomfile.TagUnformattedText, "ST", text).
		Float(dicomfile.TagBoundingBoxTopLeft, "FL", ax, ay).
		Float(dicomfile.TagBoundingBoxBottomRight, "FL", bx, by).
		String(dicomfile.TagBoundingBoxJustification, "CS", "LEFT")
}

// transformation is Spatial Transformation, PS3.3 C.10.6, which rotates first and
// flips then: a flip before a rotation is the rotation the other way before it.
func (s seen) transformation(ds *dicomfile.Dataset) {
	if s.turns == 0 && !s.flip {
		return
	}
	rotation, flip := s.turns*90, "N"
	if s.flip {
		rotation, flip = (360-rotation)%360, "Y"
	}
	ds.Int(dicomfile.TagImageRotation, "US", rotation).String(dicomfile.TagImageHorizontalFlip, "CS", flip)
}

// voi is the VOI transformation and whether low values are bright, as seen.
func (im *Image) voi() (w imaging.VOILUT, inverted bool) {
	w, inverted = im.Window, im.Inverted
	if v := im.View; v != nil {
		if v.Window != nil {
			w = *v.Window
		}
		inverted = inverted != v.Invert
	}
	return w, inverted
}

// as names a view in a UID, so that two views of one frame are two states; the
// image as it comes has no name of its own.
func as(v *records.KeyView) string {
	if v == nil {
		return ""
	}
	raw, err := json.Marshal(v)
	if err != nil { // of a number that JSON does not have: then the view is no use either
		return ""
	}
	return " " + string(raw)
}
