package render

import (
	"encoding/binary"
	"image"
	"math"
	"runtime"
	"sync"
)

// View maps the screen to the image. Image coordinates are those of
// imaging.Region: (0,0) is the top left corner of the top left pixel.
type View struct {
	CenterX, CenterY float64 // the image point in the middle of the screen
	Scale            float64 // screen pixels for one image column
	Aspect           float64 // height of a pixel over its width; 0 means 1
	Rotate           int     // clockwise: 0, 90, 180 or 270 degrees
	Flip             bool    // left and right exchanged, before the rotation
	Smooth           bool    // bilinear; otherwise the nearest pixel
}

// FitView shows the whole image, as large as it fits.
func FitView(columns, rows, width, height int) View {
	scale := min(float64(width)/float64(max(1, columns)), float64(height)/float64(max(1, rows)))
	return View{CenterX: float64(columns) / 2, CenterY: float64(rows) / 2, Scale: scale}
}

func (v View) aspect() float64 {
	if v.Aspect > 0 {
		return v.Aspect
	}
	return 1
}

func (v View) scale() float64 {
	if v.Scale > 0 && !math.IsInf(v.Scale, 0) {
		return v.Scale
	}
	return 1
}

// turns is the rotation in quarters, 0 to 3.
func (v View) turns() int { return (v.Rotate/90%4 + 4) % 4 }

// ToImage maps a point of a screen of width x height to the image.
func (v View) ToImage(width, height int, x, y float64) (ix, iy float64) {
	dx, dy := (x-float64(width)/2)/v.scale(), (y-float64(height)/2)/v.scale()
	switch v.turns() {
	case 1:
		dx, dy = dy, -dx
	case 2:
		dx, dy = -dx, -dy
	case 3:
		dx, dy = -dy, dx
	}
	if v.Flip {
		dx = -dx
	}
	return v.CenterX + dx, v.CenterY + dy/v.aspect()
}

// ToScreen maps a point of the image to a screen of width x height; it is the
// inverse of ToImage.
func (v View) ToScreen(width, height int, ix, iy float64) (x, y float64) {
	dx, dy := ix-v.CenterX, (iy-v.CenterY)*v.aspect()
	if v.Flip {
		dx = -dx
	}
	switch v.turns() {
	case 1:
		dx, dy = -dy, dx
	case 2:
		dx, dy = -dx, -dy
	case 3:
		dx, dy = dy, -dx
	}
	return float64(width)/2 + dx*v.scale(), float64(height)/2 + dy*v.scale()
}

// bandPixels is the size of screen from which the work is shared out.
const bandPixels = 1 << 17

// Viewport draws what the view shows into dst, all of it: image, and black
// around. Only pixels of dst are computed, whatever the size of the image.
// Bilinear values are mixed after the greyscale path, so that padding and
// window edges do not bleed into one another.
func (r *Renderer) Viewport(dst *image.RGBA, v View) {
	w, h := dst.Rect.Dx(), dst.Rect.Dy()
	if w <= 0 || h <= 0 {
		return
	}
	workers := min(runtime.GOMAXPROCS(0), w*h/bandPixels+1, h)
	if workers == 1 {
		r.band(dst, v, 0, h)
		return
	}
	var group sync.WaitGroup
	for i := range workers {
		group.Go(func() { r.band(dst, v, i*h/workers, (i+1)*h/workers) })
	}
	group.Wait()
}

// one is 1 in the fixed-point coordinates of the inner loops.
const one = 1 << 32

func fixed(x float64) int64 { return int64(math.Floor(min(max(x, -1e9), 1e9) * one)) }

// band draws rows y0 to y1 of the screen.
func (r *Renderer) band(dst *image.RGBA, v View, y0, y1 int) {
	w, h := dst.Rect.Dx(), dst.Rect.Dy()
	cols, rows := int64(r.frame.Columns), int64(r.frame.Rows)
	ax, ay := v.ToImage(w, h, 0.5, 0.5)
	bx, by := v.ToImage(w, h, 1.5, 0.5)
	du, dv := fixed(bx-ax), fixed(by-ay)
	m := newMixer(r)
	for y := y0; y < y1; y++ {
		line := dst.Pix[y*dst.Stride : y*dst.Stride+4*w : y*dst.Stride+4*w]
		fu, fv := v.ToImage(w, h, 0.5, float64(y)+0.5)
		from, to := inside(fixed(fu), du, cols, w)
		from2, to2 := inside(fixed(fv), dv, rows, w)
		from, to = max(from, from2), min(to, to2)
		if from >= to {
			black(line)
			continue
		}
		black(line[:4*from])
		black(line[4*to:])
		pu, pv := fixed(fu)+int64(from)*du, fixed(fv)+int64(from)*dv
		switch {
		case v.Smooth && dv == 0:
			m.line(line[4*from:4*to], pu, pv, du)
		case v.Smooth:
			r.smooth(line[4*from:4*to], pu, pv, du, dv)
		default:
			r.nearest(line[4*from:4*to], pu, pv, du, dv)
		}
	}
}

// inside is the range of x in 0..w for which 0 <= p + x*d < size.
func inside(p, d, size int64, w int) (from, to int) {
	limit := size << 32
	if d == 0 {
		if p < 0 || p >= limit {
			return 0, 0
		}
		return 0, w
	}
	// The first x that is inside and the first behind it, by exact division.
	lo, hi := ceilDiv(-p, d), ceilDiv(limit-p, d)
	if d < 0 {
		lo, hi = floorDiv(limit-p, d)+1, floorDiv(-p, d)+1
	}
	return int(min(max(lo, 0), int64(w))), int(min(max(hi, 0), int64(w)))
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b != 0 && (a < 0) != (b < 0) {
		q--
	}
	return q
}

func ceilDiv(a, b int64) int64 { return -floorDiv(-a, b) }

func black(line []uint8) {
	for i := 0; i+3 < len(line); i += 4 {
		line[i], line[i+1], line[i+2], line[i+3] = 0, 0, 0, 255
	}
}

// nearest draws one row; every coordinate lies inside the image.
func (r *Renderer) nearest(line []uint8, pu, pv, du, dv int64) {
	cols := r.frame.Columns
	switch {
	case r.lut == nil:
		for i := 0; i+3 < len(line); i += 4 {
			k := 4 * (int(pv>>32)*cols + int(pu>>32))
			copy(line[i:i+4], r.colour[k:k+4])
			pu, pv = pu+du, pv+dv
		}
	case r.frame.Uint16 != nil:
		nearestGrey(line, r.frame.Uint16, r.lut, cols, pu, pv, du, dv, 0xffff)
	case r.frame.Int16 != nil:
		nearestGrey(line, r.frame.Int16, r.lut, cols, pu, pv, du, dv, 0xffff)
	case r.frame.Uint8 != nil:
		nearestGrey(line, r.frame.Uint8, r.lut, cols, pu, pv, du, dv, 0xff)
	default:
		nearestGrey(line, r.frame.Int8, r.lut, cols, pu, pv, du, dv, 0xff)
	}
}

func nearestGrey[T uint8 | int8 | uint16 | int16](line []uint8, values []T, lut []uint8, cols int, pu, pv, du, dv int64, mask int) {
	if dv == 0 { // no rotation, or 180 degrees: one row of the image
		values = values[int(pv>>32)*cols : int(pv>>32)*cols+cols]
		if du == one { // pixel for pixel
			lut, line := lut[:mask+1], line[:len(line)&^3]
			for _, v := range values[int(pu>>32):][:len(line)/4] {
				binary.LittleEndian.PutUint32(line, uint32(lut[int(v)&mask])*0x010101|0xff000000)
				line = line[4:]
			}
			return
		}
		for ; len(line) >= 4; line = line[4:] {
			g := lut[int(values[pu>>32])&mask]
			line[0], line[1], line[2], line[3] = g, g, g, 255
			pu += du
		}
		return
	}
	for ; len(line) >= 4; line = line[4:] {
		g := lut[int(values[int(pv>>32)*cols+int(pu>>32)])&mask]
		line[0], line[1], line[2], line[3] = g, g, g, 255
		pu, pv = pu+du, pv+dv
	}
}

// smooth draws one row, mixing the four pixels whose centres surround a point;
// at the border the border pixel repeats. A mixer is faster where it can be used.
func (r *Renderer) smooth(line []uint8, pu, pv, du, dv int64) {
	cols, rows := r.frame.Columns, r.frame.Rows
	channels := 1
	if r.lut == nil {
		channels = 3
	}
	for i := 0; i+3 < len(line); i += 4 {
		u, v := pu-one/2, pv-one/2
		x, y := int(u>>32), int(v>>32)
		fx, fy := int(u>>24&255), int(v>>24&255)
		x0, x1 := max(x, 0), min(x+1, cols-1)
		y0, y1 := max(y, 0)*cols, min(y+1, rows-1)*cols
		for c := range channels {
			var a, b, d, e int
			if channels == 1 {
				a, b, d, e = int(r.grey(y0+x0)), int(r.grey(y0+x1)), int(r.grey(y1+x0)), int(r.grey(y1+x1))
			} else {
				a, b = int(r.colour[4*(y0+x0)+c]), int(r.colour[4*(y0+x1)+c])
				d, e = int(r.colour[4*(y1+x0)+c]), int(r.colour[4*(y1+x1)+c])
			}
			top, bottom := a*(256-fx)+b*fx, d*(256-fx)+e*fx
			line[i+c] = uint8((top*(256-fy) + bottom*fy + 1<<15) >> 16)
		}
		if channels == 1 {
			line[i+1], line[i+2] = line[i], line[i]
		}
		line[i+3] = 255
		pu, pv = pu+du, pv+dv
	}
}
