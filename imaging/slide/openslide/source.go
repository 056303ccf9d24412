package openslide

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	"math"
	"slices"
	"strconv"
	"sync"

	"longying/imaging/slide"
)

// Source reads one slide: slide.Source. OpenSlide keeps up to 32 MiB of its own
// decoded tiles besides.
type Source struct {
	library     *Library
	path        string
	background  [3]uint8
	downsamples []float64 // as OpenSlide reckons them
	numbers     []int     // OpenSlide's, of the levels that are read
	count       int       // of OpenSlide's levels
	pictures    map[string]picture
	description slide.Description

	mu     sync.RWMutex // read: the handle is in use; written: it is replaced
	handle handle       // osr nil: to be opened again, or closed
	closed bool
}

// picture is an associated image.
type picture struct {
	name string // OpenSlide's
	w, h int
}

var _ slide.Source = (*Source)(nil)

// The limits of what is opened: sizes are checked before a pixel is decoded.
const (
	longestSide       = 1 << 24 // pixels: 4 m of glass at 0.25 µm
	mostLevels        = 64
	mostTiles         = 1 << 31
	largestAssociated = 64 << 20 // pixels
	largestProfile    = 16 << 20 // bytes
)

// Open reads what the slide under path says of itself. Its other files, where
// the format has several (MRXS, VMS), are found beside it.
func (l *Library) Open(path string) (*Source, error) {
	h, err := l.open(path)
	if err != nil {
		return nil, err
	}
	s := &Source{library: l, path: path, handle: h, pictures: map[string]picture{}}
	if err := s.describe(); err != nil {
		h.close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}

func (s *Source) describe() error {
	p := s.handle.properties()
	d := &s.description
	*d = slide.Description{Format: p["openslide.vendor"], Properties: p, Background: [3]uint8{255, 255, 255}, FocalPlanes: 1, FocalPlane: 1}
	if c, err := hex.DecodeString(p["openslide.background-color"]); err == nil && len(c) == 3 {
		d.Background = [3]uint8(c)
	}
	s.background = d.Background
	d.ObjectivePower = positive(p["openslide.objective-power"])
	if err := s.levels(p); err != nil {
		return err
	}
	s.findPictures()
	profile, known, err := s.handle.icc()
	if !known {
		profile, err = tiffProfile(s.path)
	}
	if err != nil { // the slide can be read without
		d.Notes = append(d.Notes, slide.Note{Code: slide.NoteICC, Args: []string{err.Error()}})
	}
	d.ICCProfile = profile
	if err := s.handle.err(); err != nil { // a broken profile spoils the handle too
		s.handle.close()
		s.handle, err = s.library.open(s.path)
		return err
	}
	return nil
}

// positive reads a number that makes sense only above 0; 0 is unknown.
func positive(text string) float64 {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || !(v > 0) || math.IsInf(v, 0) {
		return 0
	}
	return v
}

func (s *Source) levels(p map[string]string) error {
	n := s.handle.levels()
	if n < 1 || n > mostLevels {
		if err := s.handle.err(); err != nil {
			return err
		}
		return fmt.Errorf("the slide has %d levels", n)
	}
	d := &s.description
	s.count = n
	for i := range n {
		if why := s.smallLevel(i, p); why != "" {
			if i == 0 {
				return errors.New(why)
			}
			d.Notes = append(d.Notes, slide.Note{Code: slide.NoteLeftOut, Args: []string{fmt.Sprintf("level %d", i), why}})
			continue
		}
		w, h := s.handle.size(i)
		if w < 1 || h < 1 || w > longestSide || h > longestSide {
			return fmt.Errorf("level %d of %d x %d pixels is not possible", i, w, h)
		}
		down := s.handle.downsample(i)
		if !(down >= 1) || down > longestSide || len(s.downsamples) > 0 && down < s.downsamples[len(s.downsamples)-1] {
			return fmt.Errorf("level %d is said to be reduced %g times, which is not possible", i, down)
		}
		s.downsamples, s.numbers = append(s.downsamples, down), append(s.numbers, i)
		l := slide.Level{Columns: int(w), Rows: int(h), Downsample: down}
		prefix := "openslide.level[" + strconv.Itoa(i) + "].tile-"
		l.TileColumns, l.TileRows = tileSide(p[prefix+"width"]), tileSide(p[prefix+"height"])
		if l.TilesAcross() > mostTiles/l.TilesDown() {
			return fmt.Errorf("level %d of %d x %d pixels has too many tiles", i, w, h)
		}
		// Unknown stays unknown: an objective's power is no scale.
		l.MicrometresX, l.MicrometresY = positive(p["openslide.mpp-x"]), positive(p["openslide.mpp-y"])
		if i > 0 {
			l.MicrometresX *= float64(d.Levels[0].Columns) / float64(w)
			l.MicrometresY *= float64(d.Levels[0].Rows) / float64(h)
		}
		d.Levels = append(d.Levels, l)
	}
	return s.handle.err()
}

// smallLevel says why a level narrower or less high than one tile of its file is
// not read. Some builds of libtiff (Debian's 4.5.0-6+deb12u4 among them) give
// OpenSlide such a tile sheared or shifted, with whatever was in memory beside
// it, and no error. It is the coarsest of a pyramid; finer levels show the same.
func (s *Source) smallLevel(level int, p map[string]string) string {
	prefix := "openslide.level[" + strconv.Itoa(level) + "].tile-"
	tw, err1 := strconv.Atoi(p[prefix+"width"])
	th, err2 := strconv.Atoi(p[prefix+"height"])
	if w, h := s.handle.size(level); err1 == nil && err2 == nil && w > 0 && h > 0 && (w < int64(tw) || h < int64(th)) {
		return fmt.Sprintf("its %d x %d pixels are less than one of its tiles (%d x %d), which libtiff may give wrongly", w, h, tw, th)
	}
	return ""
}

// tileSide is the side of a tile in pixels: the file's own where that suits, so
// that a tile of ours is one of the file's.
func tileSide(text string) int {
	const usual, least, most = 512, 128, 1024
	v, err := strconv.Atoi(text)
	if err != nil || v < least || v > most {
		return usual
	}
	return v
}

// findPictures names the associated images in this program's words.
func (s *Source) findPictures() {
	for _, name := range s.handle.associated() {
		w, h := s.handle.associatedSize(name)
		if w < 1 || h < 1 || w > largestAssociated/h {
			s.description.Notes = append(s.description.Notes, slide.Note{Code: slide.NoteLeftOut,
				Args: []string{name, fmt.Sprintf("%d x %d pixels cannot be shown", w, h)}})
			continue
		}
		ours := name
		if name == "macro" {
			ours = slide.Overview
		}
		s.pictures[ours] = picture{name, int(w), int(h)}
		s.description.Associated = append(s.description.Associated, ours)
	}
	slices.Sort(s.description.Associated)
}

// Quickhash is what OpenSlide knows the slide by: the SHA-256 of its coarsest
// level and its properties, in hexadecimal; empty where it gives none.
func (s *Source) Quickhash() string { return s.description.Properties["openslide.quickhash-1"] }

// Description is slide.Source's.
func (s *Source) Description() *slide.Description { return &s.description }

// Tile is slide.Source's. Where a level is not reduced by a whole number, its
// tiles lie up to half a pixel of level 0 off, because OpenSlide takes places
// in whole pixels of level 0.
func (s *Source) Tile(ctx context.Context, level, column, row int) (*slide.Tile, error) {
	if level < 0 || level >= len(s.description.Levels) {
		return nil, fmt.Errorf("the slide has no level %d", level)
	}
	l := &s.description.Levels[level]
	if column < 0 || row < 0 || column >= l.TilesAcross() || row >= l.TilesDown() {
		return nil, fmt.Errorf("tile (%d,%d) is not on level %d", column, row, level)
	}
	x, y := column*l.TileColumns, row*l.TileRows
	down := s.downsamples[level]
	inside := image.Pt(min(l.TileColumns, l.Columns-x), min(l.TileRows, l.Rows-y))
	t := &slide.Tile{Columns: l.TileColumns, Rows: l.TileRows}
	err := s.read(ctx, func(h handle) (err error) {
		t.RGB, t.Absent, err = h.tile(s.numbers[level], int64(math.Round(float64(x)*down)), int64(math.Round(float64(y)*down)),
			l.TileColumns, l.TileRows, inside.X, inside.Y, s.background)
		return err
	})
	if err != nil {
		return nil, err
	}
	if t.Absent == inside.X*inside.Y {
		t.RGB, t.Absent = nil, t.Columns*t.Rows
	}
	return t, nil
}

// Associated is slide.Source's.
func (s *Source) Associated(ctx context.Context, name string) (*image.NRGBA, error) {
	p, ok := s.pictures[name]
	if !ok {
		return nil, fmt.Errorf("the slide has no picture %q", name)
	}
	img := image.NewNRGBA(image.Rect(0, 0, p.w, p.h))
	err := s.read(ctx, func(h handle) error { return h.readAssociated(p.name, s.background, img.Pix) })
	if err != nil {
		return nil, fmt.Errorf("picture %q: %w", name, err)
	}
	return img, nil
}

var errClosed = errors.New("the slide is closed")

// read does one read. An error of OpenSlide stays with its handle and fails
// whatever else reads through it; so a read that failed is done again alone,
// through a new handle: what is damaged then is the place that was read.
func (s *Source) read(ctx context.Context, do func(handle) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.RLock()
	if s.handle.osr != nil {
		err := do(s.handle)
		s.mu.RUnlock()
		if err == nil {
			return nil
		}
	} else {
		s.mu.RUnlock()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return errClosed
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if s.handle.osr == nil || s.handle.err() != nil {
		if err := s.reopen(); err != nil {
			return err
		}
	}
	err := do(s.handle)
	if err != nil {
		s.handle.close()
		s.handle = handle{}
	}
	return err
}

func (s *Source) reopen() error {
	if s.handle.osr != nil {
		s.handle.close()
	}
	s.handle = handle{}
	h, err := s.library.open(s.path)
	if err != nil {
		return err
	}
	if w, hh := h.size(0); h.levels() != s.count || int(w) != s.description.Levels[0].Columns || int(hh) != s.description.Levels[0].Rows {
		h.close()
		return fmt.Errorf("%s has changed since it was opened", s.path)
	}
	s.handle = h
	return nil
}

// Close is slide.Source's.
func (s *Source) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.handle.osr != nil {
		s.handle.close()
	}
	s.handle, s.closed = handle{}, true
	return nil
}
