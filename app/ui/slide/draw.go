package slide

import (
	"image"
	"image/color"
	"math"
	"runtime"
	"sync"

	"longying/imaging/render"
)

// The grounds of the picture where there are no pixels.
var (
	beside  = color.RGBA{0, 0, 0, 255}    // of the slide
	pending = color.RGBA{28, 30, 34, 255} // not read yet
	broken  = color.RGBA{70, 20, 24, 255} // cannot be read
)

// mosaic is the part of a display level that the viewport shows, put together
// from its tiles.
type mosaic struct {
	area image.Rectangle // in pixels of the level
	rgb  []byte
}

// draw composes what a viewport shows of a slide.
func (l *loader) draw(img *image.RGBA, v render.View, m *mosaic) {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	level := l.pyramid.levelFor(v.Scale)
	f := float64(int(1) << level)
	x0, y0 := v.ToImage(w, h, 0, 0)
	step := 1 / (v.Scale * f) // pixels of the level for one of the screen
	a, b := axis(x0/f, step, w), axis(y0/f, step, h)
	columns, rows := l.pyramid.size(level)
	a.clip(columns, float64(l.pyramid.columns)/f)
	b.clip(rows, float64(l.pyramid.rows)/f)
	m.area = image.Rect(a.from, b.from, a.to, b.to)
	if n := 3 * m.area.Dx() * m.area.Dy(); cap(m.rgb) < n {
		m.rgb = make([]byte, n)
	} else {
		m.rgb = m.rgb[:n]
	}
	l.fill(m, level)
	m.resample(img, a, b, v.Smooth)
}

// fill puts the tiles into the mosaic.
func (l *loader) fill(m *mosaic, level int) {
	if m.area.Empty() {
		return
	}
	for row := m.area.Min.Y / side; row <= (m.area.Max.Y-1)/side; row++ {
		for column := m.area.Min.X / side; column <= (m.area.Max.X-1)/side; column++ {
			r := image.Rect(column*side, row*side, (column+1)*side, (row+1)*side).Intersect(m.area)
			at, rgb, failed := l.tile(place{level, column, row})
			for y := r.Min.Y; y < r.Max.Y; y++ {
				to := m.rgb[3*((y-m.area.Min.Y)*m.area.Dx()+r.Min.X-m.area.Min.X):][:3*r.Dx()]
				switch up := at.level - level; {
				case failed:
					paint(to, broken)
				case rgb == nil:
					paint(to, pending)
				case up == 0:
					copy(to, rgb[3*((y-row*side)*side+r.Min.X-column*side):])
				default:
					from := 3 * (y>>up - at.row*side) * side
					for i := range r.Dx() {
						p := from + 3*((r.Min.X+i)>>up-at.column*side)
						copy(to[3*i:3*i+3], rgb[p:p+3])
					}
				}
			}
		}
	}
}

func paint(to []byte, c color.RGBA) {
	for i := 0; i+2 < len(to); i += 3 {
		to[i], to[i+1], to[i+2] = c.R, c.G, c.B
	}
}

// samples say, along one side of the screen, between which two pixels of a level
// each pixel of the screen lies.
type samples struct {
	at       []float64 // the middle of each screen pixel, in pixels of the level
	first    []int     // pixel of the level; -1: beside the slide
	weight   []int32   // of the one behind it, of 256
	nearest  []int
	from, to int // pixels of the level that are needed
}

func axis(start, step float64, n int) samples {
	s := samples{at: make([]float64, n), first: make([]int, n), weight: make([]int32, n), nearest: make([]int, n)}
	for i := range n {
		s.at[i] = start + (float64(i)+0.5)*step
	}
	return s
}

// clip takes the number of the level's pixels, and where the slide ends among
// them: the last may stand for less than it could.
func (s *samples) clip(pixels int, end float64) {
	s.from, s.to = pixels, 0
	for i, at := range s.at {
		if at < 0 || at >= end {
			s.first[i] = -1
			continue
		}
		s.nearest[i] = min(int(at), pixels-1)
		u := min(max(at-0.5, 0), float64(pixels-1))
		s.first[i] = min(int(u), max(0, pixels-2))
		s.weight[i] = int32(math.Round((u - float64(s.first[i])) * 256))
		s.from, s.to = min(s.from, s.first[i]), max(s.to, min(s.first[i]+2, pixels))
	}
	s.from = min(s.from, s.to)
}

// resample paints the screen, on all cores.
func (m *mosaic) resample(img *image.RGBA, a, b samples, smooth bool) {
	var done sync.WaitGroup
	bands := runtime.GOMAXPROCS(0)
	h := img.Rect.Dy()
	for k := range bands {
		done.Go(func() {
			for y := k * h / bands; y < (k+1)*h/bands; y++ {
				m.line(img, a, b, y, smooth)
			}
		})
	}
	done.Wait()
}

func (m *mosaic) line(img *image.RGBA, a, b samples, y int, smooth bool) {
	out := img.Pix[y*img.Stride:][:4*img.Rect.Dx()]
	inside := b.first[y] >= 0
	var one, two []byte
	if inside {
		row := b.first[y]
		if !smooth {
			row = b.nearest[y]
		}
		one = m.row(row)
		two = m.row(min(row+1, m.area.Max.Y-1))
	}
	if !inside {
		fillLine(out, beside)
		return
	}
	lo, hi := a.inside()
	fillLine(out[:4*lo], beside)
	fillLine(out[4*hi:], beside)
	out = out[4*lo : 4*hi]
	if !smooth {
		for k, at := range a.nearest[lo:hi] {
			q := one[3*(at-m.area.Min.X):][:3]
			p := out[4*k:][:4]
			p[0], p[1], p[2], p[3] = q[0], q[1], q[2], 255
		}
		return
	}
	wy := b.weight[y]
	weights := a.weight[lo:hi]
	for k, first := range a.first[lo:hi] {
		i := 3 * (first - m.area.Min.X)
		j := i + 3
		if j >= len(one) { // the level is one pixel wide
			j = i
		}
		wx := weights[k]
		p, ol, or, tl, tr := out[4*k:][:4], one[i:][:3], one[j:][:3], two[i:][:3], two[j:][:3]
		p[0] = mixed(ol[0], or[0], tl[0], tr[0], wx, wy)
		p[1] = mixed(ol[1], or[1], tl[1], tr[1], wx, wy)
		p[2] = mixed(ol[2], or[2], tl[2], tr[2], wx, wy)
		p[3] = 255
	}
}

// mixed is between four neighbours, of which the second and the fourth have wx,
// the last two wy, of 256.
func mixed(a, b, c, d uint8, wx, wy int32) uint8 {
	top := int32(a)<<8 + (int32(b)-int32(a))*wx
	low := int32(c)<<8 + (int32(d)-int32(c))*wx
	return uint8((top<<8 + (low-top)*wy + 1<<15) >> 16)
}

// inside is the range of the screen's pixels that lie on the slide: they follow
// one another.
func (s *samples) inside() (lo, hi int) {
	for lo < len(s.first) && s.first[lo] < 0 {
		lo++
	}
	hi = lo
	for hi < len(s.first) && s.first[hi] >= 0 {
		hi++
	}
	return lo, hi
}

func fillLine(line []uint8, c color.RGBA) {
	for i := 0; i+3 < len(line); i += 4 {
		line[i], line[i+1], line[i+2], line[i+3] = c.R, c.G, c.B, 255
	}
}

// row is one line of the mosaic.
func (m *mosaic) row(y int) []byte { return m.rgb[3*(y-m.area.Min.Y)*m.area.Dx():][:3*m.area.Dx()] }
