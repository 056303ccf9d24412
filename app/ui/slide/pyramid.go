package slide

import (
	"cmp"
	"image"
	"math"
	"slices"

	"longying/imaging/render"
)

// side is the width and height of a tile on the screen, in pixels.
const side = 256

// wholeSide is the longer side of the coarsest level, in pixels: the whole
// slide in a few tiles.
const wholeSide = 2 * side

// place is a tile of the display pyramid: pixels column*side..., row*side... of
// a level at which a pixel is 1<<level pixels of the slide's level 0 wide. The
// slide's own levels lie where its maker put them, and some slides have one
// alone; in this pyramid what the screen needs is bounded by the screen.
type place struct{ level, column, row int }

// pyramid is the display pyramid of a slide.
type pyramid struct {
	columns, rows int // of the slide's level 0
	levels        int // at least 1
}

func newPyramid(columns, rows int) pyramid {
	p := pyramid{columns, rows, 1}
	for w, h := p.size(0); max(w, h) > wholeSide; w, h = p.size(p.levels - 1) {
		p.levels++
	}
	return p
}

// size is the width and height of a level in its pixels.
func (p pyramid) size(level int) (w, h int) {
	f := 1 << level
	return max(1, (p.columns+f-1)/f), max(1, (p.rows+f-1)/f)
}

// coarsest is the level of the whole slide in a few tiles.
func (p pyramid) coarsest() int { return p.levels - 1 }

// levelFor is the coarsest level that has at least one pixel for each of the
// screen, at so many screen pixels for a pixel of level 0.
func (p pyramid) levelFor(scale float64) int {
	level := 0
	for level < p.coarsest() && scale*float64(int(2)<<level) <= 1+1e-9 {
		level++
	}
	return level
}

// tiles are the columns and rows of tiles of a level that a rectangle of
// level 0 touches; empty where it lies beside the slide.
func (p pyramid) tiles(level int, x0, y0, x1, y1 float64) image.Rectangle {
	x0, y0 = max(x0, 0), max(y0, 0)
	x1, y1 = min(x1, float64(p.columns)), min(y1, float64(p.rows))
	if x0 >= x1 || y0 >= y1 {
		return image.Rectangle{}
	}
	f := float64(int(side) << level)
	return image.Rect(int(x0/f), int(y0/f), int(math.Ceil(x1/f)), int(math.Ceil(y1/f)))
}

// wanted lists the tiles for a viewport of w x h pixels in the order in which
// they should come: the whole slide, what is seen at a coarser level, then at
// the level that fits, from the middle outwards. What is coarse is left out
// where cheap says that it is not to be had for less than what is fine.
func (p pyramid) wanted(v render.View, w, h int, cheap func(coarse, fine int) bool) []place {
	fine := p.levelFor(v.Scale)
	x0, y0 := v.ToImage(w, h, 0, 0)
	x1, y1 := v.ToImage(w, h, float64(w), float64(h))
	var out []place
	levels := []int{fine}
	if coarse := fine + 2; coarse < p.coarsest() && cheap(coarse, fine) {
		levels = []int{coarse, fine}
	}
	if fine < p.coarsest() && cheap(p.coarsest(), fine) {
		out = p.list(out, p.coarsest(), p.tiles(p.coarsest(), 0, 0, float64(p.columns), float64(p.rows)), v)
	}
	for _, level := range levels {
		out = p.list(out, level, p.tiles(level, x0, y0, x1, y1), v)
	}
	return out
}

// list adds tiles, those next to the middle of the screen first.
func (p pyramid) list(out []place, level int, r image.Rectangle, v render.View) []place {
	from := len(out)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			out = append(out, place{level, x, y})
		}
	}
	f := float64(int(side) << level)
	far := func(t place) float64 {
		return math.Hypot((float64(t.column)+0.5)*f-v.CenterX, (float64(t.row)+0.5)*f-v.CenterY)
	}
	slices.SortStableFunc(out[from:], func(a, b place) int { return cmp.Compare(far(a), far(b)) })
	return out
}
