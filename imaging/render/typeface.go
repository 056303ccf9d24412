package render

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"sync"

	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	subpixel "golang.org/x/image/math/fixed"
)

// The sizes of annotation text on the screen, in pixels.
const (
	leastText = 12
	textSize  = 16
	mostText  = 32
)

// Typeface draws text into pictures. It may be used by several goroutines.
type Typeface struct {
	font *opentype.Font

	mu    sync.Mutex // faces are not safe for several
	faces map[int]font.Face
}

// NewTypeface takes a TrueType or OpenType font.
func NewTypeface(data []byte) (*Typeface, error) {
	f, err := opentype.Parse(data)
	if err != nil {
		return nil, fmt.Errorf("the font for annotations cannot be read: %w", err)
	}
	return &Typeface{font: f, faces: map[int]font.Face{}}, nil
}

// face is the font in a size; the caller holds mu.
func (t *Typeface) face(size int) font.Face {
	if f := t.faces[size]; f != nil {
		return f
	}
	f, err := opentype.NewFace(t.font, &opentype.FaceOptions{Size: float64(size), DPI: 72, Hinting: font.HintingNone})
	if err != nil {
		return nil
	}
	t.faces[size] = f
	return f
}

// textBox is text laid out on the screen.
type textBox struct {
	x0, y0, x1, y1 float64
	lines          []string
	size           int
	justify        string
}

func lineHeight(size int) float64 { return 1.35 * float64(size) }

// width is that of the longest line.
func (t *Typeface) width(lines []string, size int) float64 {
	if t == nil {
		return 0
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	f := t.face(size)
	if f == nil {
		return 0
	}
	w := subpixel.Int26_6(0)
	for _, l := range lines {
		w = max(w, font.MeasureString(f, l))
	}
	return float64(w) / 64
}

// inBox fills a box with text as large as it fits, within bounds; text that
// does not fit at the least size goes beyond the box rather than being cut.
func (t *Typeface) inBox(lines []string, x0, y0, x1, y1 float64, justify string) textBox {
	size := int(min(max(math.Floor((y1-y0)/(1.35*float64(len(lines)))), leastText), mostText))
	if w := t.width(lines, size); w > x1-x0 {
		size = max(leastText, int(float64(size)*(x1-x0)/w))
	}
	return textBox{x0, y0, x1, y1, lines, size, justify}
}

// beside places text by a point, inside the screen where it can be.
func (t *Typeface) beside(lines []string, x, y, width, height float64) textBox {
	w, h := t.width(lines, textSize), lineHeight(textSize)*float64(len(lines))
	x0, y0 := x+10, y-10-h
	if x0+w > width {
		x0 = x - 10 - w
	}
	if y0 < 0 {
		y0 = y + 10
	}
	return textBox{x0, y0, x0 + w, y0 + h, lines, textSize, "LEFT"}
}

// draw writes the lines with a dark edge. A nil typeface writes nothing.
func (t *Typeface) draw(dst *image.RGBA, b textBox, c color.RGBA) {
	if t == nil || b.x0 > float64(dst.Rect.Dx()) || b.y0 > float64(dst.Rect.Dy()) || b.x1 < -1e4 || b.y1 < -1e4 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	f := t.face(b.size)
	if f == nil {
		return
	}
	d := font.Drawer{Dst: dst, Face: f}
	for i, line := range b.lines {
		x, w := b.x0, float64(font.MeasureString(f, line))/64
		switch b.justify {
		case "RIGHT":
			x = b.x1 - w
		case "CENTER":
			x = (b.x0 + b.x1 - w) / 2
		}
		y := b.y0 + lineHeight(b.size)*(float64(i)+0.78)
		for _, e := range [...][2]float64{{-1, -1}, {0, -1}, {1, -1}, {-1, 0}, {1, 0}, {-1, 1}, {0, 1}, {1, 1}, {0, 0}} {
			d.Src = image.NewUniform(dark)
			if e == [2]float64{} {
				d.Src = image.NewUniform(c)
			}
			d.Dot = subpixel.Point26_6{X: subpixel.Int26_6(64 * (x + e[0])), Y: subpixel.Int26_6(64 * (y + e[1]))}
			d.DrawString(line)
		}
	}
}
