package slide

import (
	"context"
	"fmt"
	"image"
	"math"
)

// Region is a rectangle of pixels.
type Region struct {
	Columns, Rows int
	RGB           []byte // 3 bytes a pixel, row-major, as stored
	Padded        int    // pixels that lie beyond the slide's edge: white
	Absent        int    // pixels on the slide that it does not record: the background's colour
}

// largestRegion and largestScaled bound a region, in pixels.
const (
	largestRegion = 256 << 20
	largestScaled = 32 << 20 // 15 bytes each
)

var white = [3]uint8{255, 255, 255}

// Region reads w x h pixels from (x, y) of a level, in pixels of that level. It
// decodes only the tiles that the rectangle touches. What lies beyond the edge
// is white and counted.
func (s *Slide) Region(ctx context.Context, level, x, y, w, h int) (*Region, error) {
	if level < 0 || level >= len(s.Levels()) {
		return nil, fmt.Errorf("the slide has no level %d; it has %d", level, len(s.Levels()))
	}
	const far = 1 << 40
	if w <= 0 || h <= 0 || w > largestRegion/h || x < -far || y < -far || x > far || y > far {
		return nil, fmt.Errorf("a region of %d x %d pixels at (%d,%d) cannot be read", w, h, x, y)
	}
	l := &s.Levels()[level]
	want := image.Rect(x, y, x+w, y+h)
	inside := want.Intersect(image.Rect(0, 0, l.Columns, l.Rows))
	out := &Region{Columns: w, Rows: h, RGB: make([]byte, 3*w*h), Padded: w*h - inside.Dx()*inside.Dy()}
	if out.Padded > 0 {
		fill(out.RGB, white)
	}
	err := s.tiles(ctx, level, inside, func(t *Tile, r image.Rectangle, tile image.Rectangle) {
		for row := r.Min.Y; row < r.Max.Y; row++ {
			to := out.RGB[3*((row-y)*w+r.Min.X-x):][:3*r.Dx()]
			if t.RGB == nil {
				fill(to, s.Description().Background)
				continue
			}
			copy(to, t.RGB[3*((row-tile.Min.Y)*t.Columns+r.Min.X-tile.Min.X):])
		}
		out.Absent += absent(t, r, tile)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// tiles calls use for each tile that a rectangle inside a level touches, with the
// part of the rectangle that lies in it and the tile's own place.
func (s *Slide) tiles(ctx context.Context, level int, want image.Rectangle, use func(t *Tile, r, tile image.Rectangle)) error {
	if want.Empty() {
		return nil
	}
	l := &s.Levels()[level]
	for row := want.Min.Y / l.TileRows; row <= (want.Max.Y-1)/l.TileRows; row++ {
		for column := want.Min.X / l.TileColumns; column <= (want.Max.X-1)/l.TileColumns; column++ {
			t, err := s.Tile(ctx, level, column, row)
			if err != nil {
				return err
			}
			place := image.Rect(0, 0, l.TileColumns, l.TileRows).Add(image.Pt(column*l.TileColumns, row*l.TileRows))
			use(t, place.Intersect(want), place)
		}
	}
	return nil
}

// absent is how much of a part of a tile is not recorded. Where only some of the
// tile is, its share is taken: at least one pixel, so that it is said.
func absent(t *Tile, r, tile image.Rectangle) int {
	n, whole := r.Dx()*r.Dy(), tile.Dx()*tile.Dy()
	switch {
	case t.Absent == 0:
		return 0
	case t.Absent >= whole:
		return n
	}
	return max(1, n*t.Absent/whole)
}

// RegionRGB reads w x h pixels from (x, y) of level 0 for a model, 3 bytes a
// pixel, row-major, as they are stored. A region that leaves the slide is an
// error, and so is an optical path that is not in colour. What the slide does
// not record is background.
func (s *Slide) RegionRGB(ctx context.Context, x, y, w, h int) ([]byte, error) {
	if x < 0 || y < 0 || w <= 0 || h <= 0 || x > s.Columns()-w || y > s.Rows()-h {
		return nil, fmt.Errorf("region (%d,%d) of %d x %d leaves the slide of %d x %d", x, y, w, h, s.Columns(), s.Rows())
	}
	if err := s.inColour(); err != nil {
		return nil, err
	}
	r, err := s.Region(ctx, 0, x, y, w, h)
	if err != nil {
		return nil, err
	}
	return r.RGB, nil
}

// Patch is RegionRGB for a square of side x side pixels, each of downsample x
// downsample pixels of level 0, the first with its top left corner at (x, y) of
// level 0. With downsample 1 at whole numbers they are the pixels of level 0,
// else Scaled's: the mean over the area, out of the nearest finer level.
func (s *Slide) Patch(ctx context.Context, x, y float64, side int, downsample float64) ([]byte, error) {
	if downsample == 1 && x == math.Trunc(x) && y == math.Trunc(y) {
		return s.RegionRGB(ctx, int(x), int(y), side, side)
	}
	const slack = 1e-6 // of rounding, in pixels
	if wide := float64(side) * downsample; side <= 0 || !(downsample >= 1) || x < -slack || y < -slack || x+wide > float64(s.Columns())+slack || y+wide > float64(s.Rows())+slack {
		return nil, fmt.Errorf("a square of %d pixels at (%g,%g), reduced %g times, leaves the slide of %d x %d", side, x, y, downsample, s.Columns(), s.Rows())
	}
	if err := s.inColour(); err != nil {
		return nil, err
	}
	r, err := s.Scaled(ctx, x, y, side, side, downsample)
	if err != nil {
		return nil, err
	}
	return r.RGB, nil
}

// inColour refuses an optical path without colour as input of a model.
func (s *Slide) inColour() error {
	d := s.Description()
	if len(d.OpticalPaths) > 0 && d.OpticalPaths[d.OpticalPath].Grey {
		return fmt.Errorf("the slide's optical path %s is monochrome; its grey values are made for the screen and are no input of a model", d.OpticalPaths[d.OpticalPath].Name())
	}
	return nil
}

// coarserLimit is by how much a slide's finest level may be coarser than what
// is asked for, as a share.
const coarserLimit = 0.10

// RegionAt reads w x h pixels of the given micrometres each, the first with its
// top left corner at (x, y) of level 0, out of the nearest finer level, averaged
// by area. A slide of unknown scale is an error, and so is a scale that is finer
// than the slide by more than a tenth: detail is never invented.
func (s *Slide) RegionAt(ctx context.Context, x, y float64, w, h int, micrometres float64) (*Region, error) {
	base := s.Levels()[0].Micrometres()
	if base <= 0 {
		return nil, fmt.Errorf("the slide does not say how many µm a pixel measures, so no region of %g µm per pixel can be read", micrometres)
	}
	if !(micrometres > 0) || micrometres*(1+coarserLimit) < base {
		return nil, fmt.Errorf("the slide's finest level has %.4g µm per pixel; %g cannot be read from it", base, micrometres)
	}
	return s.Scaled(ctx, x, y, w, h, micrometres/base)
}

// LevelFor is the nearest level that is not coarser than downsample pixels of
// level 0 a pixel, level 0 where none is.
func (s *Slide) LevelFor(downsample float64) int {
	best := 0
	for i, l := range s.Levels() {
		if l.Downsample <= downsample*(1+1e-3) && l.Downsample >= s.Levels()[best].Downsample {
			best = i
		}
	}
	return best
}

// Scaled reads w x h pixels, each of downsample x downsample pixels of level 0,
// the first with its top left corner at (x, y) of level 0, out of the nearest
// finer level: each pixel is the mean over its area. It keeps no more in memory
// than the result and a tile.
func (s *Slide) Scaled(ctx context.Context, x, y float64, w, h int, downsample float64) (*Region, error) {
	if !(downsample > 0) || math.IsInf(downsample, 0) || math.IsNaN(x+y) || math.Abs(x) > 1<<40 || math.Abs(y) > 1<<40 || w <= 0 || h <= 0 || w > largestScaled/h {
		return nil, fmt.Errorf("a region of %d x %d pixels at (%g,%g), reduced %g times, cannot be read", w, h, x, y, downsample)
	}
	level := s.LevelFor(downsample)
	l, base := &s.Levels()[level], &s.Levels()[0]
	across, down := float64(base.Columns)/float64(l.Columns), float64(base.Rows)/float64(l.Rows)
	a := newAverage(x/across, downsample/across, w, l.Columns)
	b := newAverage(y/down, downsample/down, h, l.Rows)
	if a.whole && b.whole { // pixels of the level as they are
		return s.Region(ctx, level, a.first, b.first, w, h)
	}
	inside := image.Rect(a.from, b.from, a.to, b.to)
	sum := newSums(w, h, a, b)
	out := &Region{Columns: w, Rows: h}
	recorded, missing := 0, 0
	err := s.tiles(ctx, level, inside, func(t *Tile, r, tile image.Rectangle) {
		sum.add(t, r, tile, s.Description().Background)
		recorded += r.Dx() * r.Dy()
		missing += absent(t, r, tile)
	})
	if err != nil {
		return nil, err
	}
	out.RGB = sum.mean()
	out.Padded = w*h - a.covered()*b.covered()
	if missing > 0 {
		out.Absent = max(1, int(float64(w*h-out.Padded)*float64(missing)/float64(recorded)))
	}
	return out, nil
}

// Picture is a region of level 0 for the screen: reduced so that its longer side
// is at most longest pixels, with the colour profile applied.
func (s *Slide) Picture(ctx context.Context, x, y, w, h, longest int) (*image.NRGBA, error) {
	if x < 0 || y < 0 || w <= 0 || h <= 0 || longest <= 0 || x > s.Columns()-w || y > s.Rows()-h {
		return nil, fmt.Errorf("region (%d,%d) of %d x %d leaves the slide of %d x %d", x, y, w, h, s.Columns(), s.Rows())
	}
	k := max(1, (max(w, h)+longest-1)/longest)
	r, err := s.Scaled(ctx, float64(x), float64(y), max(1, w/k), max(1, h/k), float64(k))
	if err != nil {
		return nil, err
	}
	s.Display(r.RGB)
	img := image.NewNRGBA(image.Rect(0, 0, r.Columns, r.Rows))
	for i := range r.Columns * r.Rows {
		copy(img.Pix[4*i:4*i+3], r.RGB[3*i:3*i+3])
		img.Pix[4*i+3] = 255
	}
	return img, nil
}
