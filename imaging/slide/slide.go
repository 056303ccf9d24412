// Package slide reads whole-slide images: one type for the levels of a pyramid,
// its tiles and its regions, with a bounded cache of decoded tiles, whether the
// pixels come from DICOM objects (PS3.3 A.32.8: tiled full or sparse, one
// instance or many) or, through the package openslide, from scanners' files.
//
// Pixels are given as they are stored: that is what a model sees. For the
// screen, Slide.Display applies the colour profile.
package slide

import (
	"context"
	"fmt"
	"image"
	"sync"

	"longying/imaging/icc"
)

// Options say how a slide is read. The zero value is the usual.
type Options struct {
	Cache       *Cache // nil: one of its own, of DefaultCache bytes
	OpticalPath string // identifier; empty: the first in colour, else the first
	FocalPlane  int    // counted from 1, next to the glass; 0: the middle one
}

// Slide is one open slide. Its methods may be called from several goroutines.
type Slide struct {
	source Source
	cache  *Cache

	colour  *icc.Transform // nil: no profile, or none that can be used
	badICC  error
	closing sync.Once
	closed  error
}

// New puts a cache and the colour profile before a source, which becomes the
// slide's to close.
func New(source Source, o Options) *Slide {
	s := &Slide{source: source, cache: o.Cache}
	if s.cache == nil {
		s.cache = NewCache(DefaultCache)
	}
	if profile := source.Description().ICCProfile; len(profile) > 0 {
		s.colour, s.badICC = icc.New(profile)
	}
	return s
}

// Close releases the slide's files; closing twice does nothing.
func (s *Slide) Close() error {
	s.closing.Do(func() {
		s.cache.forget(s)
		if s.colour != nil {
			s.colour.Close()
		}
		s.closed = s.source.Close()
	})
	return s.closed
}

// Description is what the slide says of itself. It is shared: do not write to it.
func (s *Slide) Description() *Description { return s.source.Description() }

// Levels are the slide's resolutions, finest first.
func (s *Slide) Levels() []Level { return s.Description().Levels }

// Columns is the width of level 0.
func (s *Slide) Columns() int { return s.Levels()[0].Columns }

// Rows is the height of level 0.
func (s *Slide) Rows() int { return s.Levels()[0].Rows }

// Notes are what a reader should know of the slide, a colour profile that
// cannot be applied included.
func (s *Slide) Notes() []Note {
	notes := s.Description().Notes
	if s.badICC != nil {
		notes = append(notes[:len(notes):len(notes)], Note{NoteICC, []string{s.badICC.Error()}})
	}
	return notes
}

// Colour is the name of the colour profile that Display applies; ok is false
// where there is none, so that the colours are the scanner's own.
func (s *Slide) Colour() (name string, ok bool) {
	if s.colour == nil {
		return "", false
	}
	return s.colour.Name(), true
}

// Display converts pixels as the slide stores them to sRGB for the screen, in
// place: the colour profile where there is one, else nothing.
func (s *Slide) Display(rgb []byte) {
	if s.colour != nil {
		s.colour.Apply(rgb, rgb)
	}
}

// Tile is a decoded tile, from the cache where it is there.
func (s *Slide) Tile(ctx context.Context, level, column, row int) (*Tile, error) {
	if level < 0 || level >= len(s.Levels()) {
		return nil, fmt.Errorf("the slide has no level %d; it has %d", level, len(s.Levels()))
	}
	l := &s.Levels()[level]
	if column < 0 || row < 0 || column >= l.TilesAcross() || row >= l.TilesDown() {
		return nil, fmt.Errorf("tile (%d,%d) is not on level %d", column, row, level)
	}
	t, err := s.cache.get(ctx, key{s, level, column, row}, func(ctx context.Context) (*Tile, error) {
		t, err := s.source.Tile(ctx, level, column, row)
		if err == nil && (t.Columns != l.TileColumns || t.Rows != l.TileRows || t.RGB != nil && len(t.RGB) != 3*t.Columns*t.Rows) {
			err = fmt.Errorf("it has %d x %d pixels instead of %d x %d", t.Columns, t.Rows, l.TileColumns, l.TileRows)
		}
		return t, err
	})
	if err != nil {
		return nil, fmt.Errorf("tile (%d,%d) of level %d: %w", column, row, level, err)
	}
	return t, nil
}

// Associated is a picture beside the slide: Label, Overview or Thumbnail, as
// Description.Associated names them. Label and overview can show who it is.
func (s *Slide) Associated(ctx context.Context, name string) (*image.NRGBA, error) {
	return s.source.Associated(ctx, name)
}

// LevelOf is the level that a SOP instance is part of; ok is false when it is
// part of none.
func (s *Slide) LevelOf(sopUID string) (level int, ok bool) {
	for i, l := range s.Levels() {
		for _, uid := range l.Instances {
			if uid == sopUID {
				return i, true
			}
		}
	}
	return 0, false
}

// Position is where a point of level 0 lies on the glass, in mm of the slide
// coordinate system (PS3.3 C.8.12.2.1.1). (0,0) is the top left corner of the top
// left pixel. ok is false where the slide does not say.
func (s *Slide) Position(x, y float64) (mm [3]float64, ok bool) {
	d := s.Description()
	f, l := d.Frame, d.Levels[0]
	if f == nil || !f.HasPlace || l.MicrometresX <= 0 || l.MicrometresY <= 0 {
		return mm, false
	}
	mm = [3]float64{f.X, f.Y, 0}
	for i := range mm {
		mm[i] += f.Row[i]*(x-0.5)*l.MicrometresX/1000 + f.Column[i]*(y-0.5)*l.MicrometresY/1000
	}
	return mm, true
}
