package slide

import (
	"image"
	"image/color"
	"strconv"

	viewer "longying/app/ui/canvas"
	"longying/imaging"
	"longying/inference"
)

func (p *pane) drawMap(img *image.RGBA, m *inference.TypeMap, toScreen func(x, y float64) (int, int)) {
	if p.opacity <= 0 {
		return
	}
	for i, class := range m.Class {
		if class < 0 || class >= len(m.Classes) {
			continue
		}
		c := parseColour(m.Classes[class].Colour)
		x := float64(m.X0) + float64(i%m.Columns)*m.PatchPixels
		y := float64(m.Y0) + float64(i/m.Columns)*m.PatchPixels
		ax, ay := toScreen(x, y)
		bx, by := toScreen(x+m.PatchPixels, y+m.PatchPixels)
		r := image.Rect(ax+1, ay+1, bx-1, by-1).Intersect(img.Rect)
		for sy := r.Min.Y; sy < r.Max.Y; sy++ {
			for sx := r.Min.X; sx < r.Max.X; sx++ {
				o := img.PixOffset(sx, sy)
				img.Pix[o] = mix(img.Pix[o], c.R, p.opacity)
				img.Pix[o+1] = mix(img.Pix[o+1], c.G, p.opacity)
				img.Pix[o+2] = mix(img.Pix[o+2], c.B, p.opacity)
			}
		}
	}
}

func mix(a, b uint8, share float64) uint8 { return uint8(float64(a)*(1-share) + float64(b)*share) }

// parseColour reads #rrggbb; anything else is grey.
func parseColour(s string) color.NRGBA {
	if len(s) == 7 && s[0] == '#' {
		if v, err := strconv.ParseUint(s[1:], 16, 32); err == nil {
			return color.NRGBA{uint8(v >> 16), uint8(v >> 8), uint8(v), 255}
		}
	}
	return color.NRGBA{128, 128, 128, 255}
}

// drawMark strokes a rectangle: dashed while it is only proposed, solid once a
// doctor has decided, with a dark edge so that it shows on any tissue.
func (p *pane) drawMark(img *image.RGBA, r imaging.Region, style viewer.Style, strong bool, toScreen func(x, y float64) (int, int)) {
	x0, y0 := toScreen(r.X0, r.Y0)
	x1, y1 := toScreen(r.X1, r.Y1)
	red, green, blue, _ := style.Colour().RGBA()
	c := color.RGBA{uint8(red >> 8), uint8(green >> 8), uint8(blue >> 8), 255}
	wide := 2
	if strong {
		wide = 4
	}
	dashed := style == viewer.Proposed || style == viewer.Unsure
	dot := func(x, y, n int) {
		if dashed && n/8%2 == 1 || !(image.Point{X: x, Y: y}).In(img.Rect) {
			return
		}
		img.SetRGBA(x, y, c)
	}
	for k := -1; k <= wide; k++ {
		edge := k == -1 || k == wide
		put := func(x, y, n int) {
			if edge {
				if (image.Point{X: x, Y: y}).In(img.Rect) {
					img.SetRGBA(x, y, color.RGBA{0, 0, 0, 255})
				}
				return
			}
			dot(x, y, n)
		}
		for x := max(x0, 0); x <= min(x1, img.Rect.Max.X); x++ {
			put(x, y0+k, x)
			put(x, y1-k, x)
		}
		for y := max(y0, 0); y <= min(y1, img.Rect.Max.Y); y++ {
			put(x0+k, y, y)
			put(x1-k, y, y)
		}
	}
}
