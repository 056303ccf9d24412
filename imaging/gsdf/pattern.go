package gsdf

import (
	"image"
	"image/color"
	"image/draw"
)

// The grey levels of the low-contrast patches of the pattern.
const (
	FivePercent       = 13  // of 255, in a field of 0
	NinetyFivePercent = 242 // in a field of 255
	LevelStep         = 4   // by which the insets of the 18 squares differ from them
)

// TextLetters is how many letters a low-contrast line of the pattern has: the
// first differs from its ground by that many levels, each next by one fewer.
const TextLetters = 14

const qualityControl = "QUALITYCONTROL"

// Pattern draws the test pattern that is looked at, in the spirit of TG18-QC and
// SMPTE RP 133, for a screen of w by h pixels: every pixel of it is one of the
// screen. It has
//
//   - a grid with a line of one pixel along the very edge: cut off, stretched or bent;
//   - grey ramps at the top and, the other way round, at the bottom;
//   - squares of the 18 levels, each with one inset lighter and one darker by
//     LevelStep (both lighter in black, both darker in white);
//   - 5 % within black and 95 % within white;
//   - lines of one and of two pixels in the middle and in the four corners;
//   - letters of falling contrast on black, grey and white.
func Pattern(w, h int) *image.Gray {
	p := &pattern{image.NewGray(image.Rect(0, 0, w, h))}
	p.fill(0, 0, w, h, 128)
	e := max(4, min(h/36, w/46)) // the unit of the layout
	p.grid(w, h, 3*e)
	for _, at := range [][2]int{{e, e}, {w - 5*e, e}, {e, h - 5*e}, {w - 5*e, h - 5*e}} {
		p.lines(at[0], at[1], 4*e)
	}
	p.ramp(6*e, e, w-12*e, 3*e, false)
	p.ramp(6*e, h-4*e, w-12*e, 3*e, true)

	side, gap := 5*e, max(1, e/2)
	x0, y0 := (w-6*side-5*gap)/2, (h-27*e)/2
	for i, level := range Levels() {
		p.square(x0+i%6*(side+gap), y0+i/6*(side+gap), side, level)
	}
	y := y0 + 17*e
	p.within(x0, y, 6*e, 0, FivePercent)
	p.lines((w-6*e)/2, y, 6*e)
	p.within(x0+6*side+5*gap-6*e, y, 6*e, 255, NinetyFivePercent)

	wide := w - 12*e // clear of the corners
	for i, ground := range []int{0, 128, 255} {
		p.text((w-wide)/2+i*wide/3, y0+24*e, wide/3-e, 3*e, ground)
	}
	return p.Gray
}

// Field is a screen of one grey level.
func Field(w, h, level int) *image.Gray {
	p := &pattern{image.NewGray(image.Rect(0, 0, w, h))}
	p.fill(0, 0, w, h, level)
	return p.Gray
}

type pattern struct{ *image.Gray }

func (p *pattern) fill(x, y, w, h, level int) {
	draw.Draw(p.Gray, image.Rect(x, y, x+w, y+h), image.NewUniform(color.Gray{Y: uint8(min(max(level, 0), 255))}), image.Point{}, draw.Src)
}

// grid draws squares from the middle outward, and the edge.
func (p *pattern) grid(w, h, each int) {
	for x := w / 2 % each; x < w; x += each {
		p.fill(x, 0, 1, h, 191)
	}
	for y := h / 2 % each; y < h; y += each {
		p.fill(0, y, w, 1, 191)
	}
	for _, r := range [][4]int{{0, 0, w, 1}, {0, h - 1, w, 1}, {0, 0, 1, h}, {w - 1, 0, 1, h}} {
		p.fill(r[0], r[1], r[2], r[3], 255)
	}
}

// lines are pairs of black and white: of one pixel in the upper half, of two in
// the lower; upright at the left, level at the right.
func (p *pattern) lines(x, y, side int) {
	p.fill(x-1, y-1, side+2, side+2, 128)
	half := side / 2
	for row := range side {
		for column := range side {
			width := 1 + row/max(half, 1)
			along := column
			if column >= half {
				along = row
			}
			p.SetGray(x+column, y+row, color.Gray{Y: uint8(255 * (along / width % 2))})
		}
	}
}

// ramp goes from 0 to 255 in equal widths.
func (p *pattern) ramp(x, y, w, h int, back bool) {
	for i := range w {
		level := i * 256 / w
		if back {
			level = 255 - level
		}
		p.fill(x+i, y, 1, h, level)
	}
}

// square is one of the 18, with its number.
func (p *pattern) square(x, y, side, level int) {
	p.fill(x, y, side, side, level)
	up, down := level+LevelStep, level-LevelStep
	if down < 0 {
		down = level + LevelStep
	}
	if up > 255 {
		up = level - LevelStep
	}
	inset := side / 4
	p.fill(x+inset/2, y+inset/2, inset, inset, up)
	p.fill(x+side-inset-inset/2, y+side-inset-inset/2, inset, inset, down)
	ink, scale := level+70, max(1, side/50)
	if level > 127 {
		ink = level - 70
	}
	for i, digit := range digits(level) {
		p.letter(x+inset/2+i*6*scale, y+side-inset/2-7*scale, scale, digit, ink)
	}
}

func digits(n int) string {
	s := string(rune('0' + n%10))
	for n /= 10; n > 0; n /= 10 {
		s = string(rune('0'+n%10)) + s
	}
	return s
}

// within is a field with a patch in its middle.
func (p *pattern) within(x, y, side, field, patch int) {
	p.fill(x, y, side, side, field)
	p.fill(x+side/3, y+side/3, side/3, side/3, patch)
}

// text is a line of letters that fade into their ground.
func (p *pattern) text(x, y, w, h, ground int) {
	p.fill(x, y, w, h, ground)
	scale := max(1, min((w-4)/(6*TextLetters), (h-4)/7))
	left, top := x+(w-(6*TextLetters-1)*scale)/2, y+(h-7*scale)/2
	for i, c := range qualityControl {
		ink := ground + TextLetters - i
		if ground > 127 && ground+TextLetters > 255 {
			ink = ground - TextLetters + i
		}
		p.letter(left+i*6*scale, top, scale, c, ink)
	}
}

// letter draws one of five by seven dots.
func (p *pattern) letter(x, y, scale int, c rune, ink int) {
	for row, bits := range glyph(c) {
		for column := range 5 {
			if bits>>(4-column)&1 == 1 {
				p.fill(x+column*scale, y+row*scale, scale, scale, ink)
			}
		}
	}
}

// glyph is a letter of the pattern, a row of dots a number.
func glyph(c rune) [7]uint8 {
	switch c {
	case '0':
		return [7]uint8{0b01110, 0b10001, 0b10011, 0b10101, 0b11001, 0b10001, 0b01110}
	case '1':
		return [7]uint8{0b00100, 0b01100, 0b00100, 0b00100, 0b00100, 0b00100, 0b01110}
	case '2':
		return [7]uint8{0b01110, 0b10001, 0b00001, 0b00010, 0b00100, 0b01000, 0b11111}
	case '3':
		return [7]uint8{0b11110, 0b00001, 0b00001, 0b01110, 0b00001, 0b00001, 0b11110}
	case '4':
		return [7]uint8{0b00010, 0b00110, 0b01010, 0b10010, 0b11111, 0b00010, 0b00010}
	case '5':
		return [7]uint8{0b11111, 0b10000, 0b11110, 0b00001, 0b00001, 0b10001, 0b01110}
	case '6':
		return [7]uint8{0b00110, 0b01000, 0b10000, 0b11110, 0b10001, 0b10001, 0b01110}
	case '7':
		return [7]uint8{0b11111, 0b00001, 0b00010, 0b00100, 0b01000, 0b01000, 0b01000}
	case '8':
		return [7]uint8{0b01110, 0b10001, 0b10001, 0b01110, 0b10001, 0b10001, 0b01110}
	case '9':
		return [7]uint8{0b01110, 0b10001, 0b10001, 0b01111, 0b00001, 0b00010, 0b01100}
	case 'Q':
		return [7]uint8{0b01110, 0b10001, 0b10001, 0b10001, 0b10101, 0b10010, 0b01101}
	case 'U':
		return [7]uint8{0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b01110}
	case 'A':
		return [7]uint8{0b01110, 0b10001, 0b10001, 0b11111, 0b10001, 0b10001, 0b10001}
	case 'L':
		return [7]uint8{0b10000, 0b10000, 0b10000, 0b10000, 0b10000, 0b10000, 0b11111}
	case 'I':
		return [7]uint8{0b01110, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100, 0b01110}
	case 'T':
		return [7]uint8{0b11111, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100}
	case 'Y':
		return [7]uint8{0b10001, 0b10001, 0b01010, 0b00100, 0b00100, 0b00100, 0b00100}
	case 'C':
		return [7]uint8{0b01110, 0b10001, 0b10000, 0b10000, 0b10000, 0b10001, 0b01110}
	case 'O':
		return [7]uint8{0b01110, 0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b01110}
	case 'N':
		return [7]uint8{0b10001, 0b11001, 0b10101, 0b10011, 0b10001, 0b10001, 0b10001}
	case 'R':
		return [7]uint8{0b11110, 0b10001, 0b10001, 0b11110, 0b10100, 0b10010, 0b10001}
	}
	return [7]uint8{}
}
