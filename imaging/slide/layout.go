package slide

import (
	"cmp"
	"fmt"
	"image"
	"slices"

	"longying/imaging/dicomfile"
)

// layout says where the frames of one level lie, for one optical path: PS3.3
// C.7.6.17.3.
type layout struct {
	parts                      []*dicomfile.File // of one image, or of several that hold other optical paths
	columns, rows              int
	tileColumns, tileRows      int
	micrometresX, micrometresY float64
	planes                     int // focal planes
	plane                      int // the one that is read, counted from 0
	uneven                     bool

	full   *fullTiling
	sparse map[image.Point][]placed // by place of the grid; nil when tiled full
}

// frameRef is one frame and where its top left pixel lies in the matrix.
type frameRef struct {
	file   *dicomfile.File
	number int // counted from 1
	at     image.Point
}

// fullTiling is TILED_FULL: frames row by row, then focal plane by focal plane,
// then optical path by optical path.
type fullTiling struct {
	parts []part // of the concatenation, in their order
	first int    // frame of the optical path's first tile, counted from 0
}

type part struct {
	file  *dicomfile.File
	first int // frames in the parts before
}

// placed is the frames that begin at one place, one a focal plane, from the
// glass upwards.
type placed struct {
	at     image.Point
	planes []plane
}

type plane struct {
	z float64
	frameRef
}

// newLayout takes the images of one size that have the optical path.
func newLayout(files []*dicomfile.File, path string) (*layout, []Note, error) {
	var parts []*dicomfile.File
	for _, f := range files {
		if pathIndex(f, path) >= 0 {
			parts = append(parts, f)
		}
	}
	head := files[0]
	if len(parts) > 0 {
		head = parts[0]
	}
	g := head.Instance().Slide
	if g.TileColumns < 1 || g.TileRows < 1 || g.TotalColumns < 1 || g.TotalRows < 1 || max(g.TotalColumns, g.TotalRows) > longestSide {
		return nil, nil, fmt.Errorf("%s: the slide's matrix of %d x %d in tiles of %d x %d is not possible",
			head.Name(), g.TotalColumns, g.TotalRows, g.TileColumns, g.TileRows)
	}
	if across, down := tilesAlong(g.TotalColumns, g.TileColumns), tilesAlong(g.TotalRows, g.TileRows); across > mostFrames/down || g.FocalPlanes > mostFrames/(across*down) {
		return nil, nil, fmt.Errorf("%s: the slide's matrix of %d x %d in tiles of %d x %d and %d focal planes needs more frames than an object can have",
			head.Name(), g.TotalColumns, g.TotalRows, g.TileColumns, g.TileRows, g.FocalPlanes)
	}
	l := &layout{parts: parts, columns: g.TotalColumns, rows: g.TotalRows, tileColumns: g.TileColumns, tileRows: g.TileRows,
		micrometresX: g.MicrometresX, micrometresY: g.MicrometresY, planes: 1}
	if len(parts) == 0 {
		l.parts = []*dicomfile.File{head}
		return l, nil, nil
	}
	var notes []Note
	// A concatenation, or one image; what else has this size and path is left out.
	same := func(f *dicomfile.File) bool {
		s := f.Instance().Slide
		return f == head || g.ConcatenationUID != "" && s.ConcatenationUID == g.ConcatenationUID
	}
	for _, f := range parts {
		s := f.Instance().Slide
		switch {
		case !same(f):
			notes = append(notes, Note{NoteLeftOut, []string{f.Instance().SOPInstanceUID, "another picture of the same level and optical path"}})
		case s.TileColumns != g.TileColumns || s.TileRows != g.TileRows || s.TiledFull != g.TiledFull:
			return nil, nil, fmt.Errorf("%s: its tiles are not like those of the other parts of its concatenation", f.Name())
		}
	}
	l.parts = slices.DeleteFunc(slices.Clone(parts), func(f *dicomfile.File) bool { return !same(f) })
	more, err := l.place(path)
	return l, append(notes, more...), err
}

// place finds the frames of the level.
func (l *layout) place(path string) ([]Note, error) {
	head := l.parts[0]
	g := head.Instance().Slide
	if g.TiledFull {
		return l.placeFull(path), nil
	}
	var notes []Note
	unplaced, frames := 0, 0
	l.sparse = map[image.Point][]placed{}
	for _, f := range l.parts {
		positions, err := f.TilePositions()
		if err != nil {
			return nil, err
		}
		for i, p := range positions {
			if i >= f.Instance().Pixels.Frames {
				break
			}
			frames++
			if p.OpticalPath != path && p.OpticalPath != "" {
				continue
			}
			if !p.Placed {
				unplaced++
				continue
			}
			if !l.add(plane{p.Z, frameRef{f, i + 1, image.Pt(p.Column, p.Row)}}) {
				return nil, fmt.Errorf("%s: more than %d frames lie over one another near column %d, row %d", f.Name(), mostOverlaid, p.Column+1, p.Row+1)
			}
		}
	}
	if frames == 0 || frames == unplaced { // nothing says where the frames lie
		if n := head.Instance().Pixels.Frames; len(l.parts) > 1 || n%l.tiles() != 0 {
			return nil, fmt.Errorf("%s: the slide does not say where its %d tiles lie (Dimension Organization Type, Plane Position (Slide))", head.Name(), n)
		}
		l.sparse = nil
		return append(l.placeFull(path), Note{Code: NoteAssumedFull}), nil
	}
	if unplaced > 0 {
		notes = append(notes, Note{NoteUnplaced, []string{l.size(), fmt.Sprint(unplaced)}})
	}
	l.countPlanes()
	return notes, nil
}

func (l *layout) placeFull(path string) []Note {
	head := l.parts[0]
	g := head.Instance().Slide
	l.planes = max(1, g.FocalPlanes)
	perPath := l.tiles() * l.planes
	l.full = &fullTiling{first: max(0, pathIndex(head, path)) * perPath}
	have := 0
	for _, f := range l.parts {
		s := f.Instance().Slide
		l.full.parts = append(l.full.parts, part{f, s.FirstFrame})
		from, to := max(s.FirstFrame, l.full.first), min(s.FirstFrame+f.Instance().Pixels.Frames, l.full.first+perPath)
		have += max(0, to-from)
	}
	if have < perPath {
		return []Note{{NoteFewFrames, []string{l.size(), fmt.Sprint(perPath - have)}}}
	}
	return nil
}

func (l *layout) size() string { return fmt.Sprintf("%d x %d", l.columns, l.rows) }

// pathIndex is the place of an optical path in an image's Optical Path Sequence,
// -1 when it is not in it.
func pathIndex(f *dicomfile.File, path string) int {
	items := f.Header().Items(dicomfile.TagOpticalPaths)
	if len(items) == 0 {
		return 0 // the image names none, so it has one
	}
	return slices.IndexFunc(items, func(item *dicomfile.Dataset) bool { return item.Text(dicomfile.TagOpticalPathIdentifier) == path })
}

// mostFrames is the largest Number of Frames (0028,0008).
const mostFrames = 1<<31 - 1

// longestSide bounds a level, in pixels: 4 m of glass at 0.25 µm.
const longestSide = 1 << 24

// mostOverlaid bounds the frames that may cover one place of the grid.
const mostOverlaid = 256

func tilesAlong(pixels, tile int) int { return (pixels + tile - 1) / tile }

func (l *layout) across() int { return tilesAlong(l.columns, l.tileColumns) }
func (l *layout) down() int   { return tilesAlong(l.rows, l.tileRows) }
func (l *layout) tiles() int  { return l.across() * l.down() }

// frames counts what the level has to show.
func (l *layout) frames() int {
	if l.full != nil {
		return len(l.full.parts)
	}
	return len(l.sparse)
}

// add notes a frame at every place of the grid that it covers; false when there
// are too many.
func (l *layout) add(p plane) bool {
	r := image.Rect(0, 0, l.tileColumns, l.tileRows).Add(p.at).Intersect(image.Rect(0, 0, l.columns, l.rows))
	if r.Empty() {
		return true
	}
	for y := r.Min.Y / l.tileRows; y <= (r.Max.Y-1)/l.tileRows; y++ {
		for x := r.Min.X / l.tileColumns; x <= (r.Max.X-1)/l.tileColumns; x++ {
			cell := image.Pt(x, y)
			frames := l.sparse[cell]
			i := slices.IndexFunc(frames, func(q placed) bool { return q.at == p.at })
			if i < 0 && len(frames) >= mostOverlaid || i >= 0 && len(frames[i].planes) >= mostOverlaid {
				return false
			}
			if i < 0 {
				l.sparse[cell] = append(frames, placed{p.at, []plane{p}})
				continue
			}
			frames[i].planes = append(frames[i].planes, p)
		}
	}
	return true
}

// countPlanes ranks the frames of one place by their height. Heights are not
// compared from place to place: a scanner that follows the specimen focuses each
// tile for itself.
func (l *layout) countPlanes() {
	least := 0
	for _, frames := range l.sparse {
		for _, p := range frames {
			slices.SortStableFunc(p.planes, func(a, b plane) int { return cmp.Compare(a.z, b.z) })
			l.planes = max(l.planes, len(p.planes))
			if least == 0 || len(p.planes) < least {
				least = len(p.planes)
			}
		}
	}
	l.uneven = least < l.planes
}

// at gives the frames that cover a place of the grid; none where the slide is
// not recorded. A frame that should be in the files and is not is an error.
func (l *layout) at(column, row int) ([]frameRef, error) {
	if l.full == nil {
		var out []frameRef
		for _, p := range l.sparse[image.Pt(column, row)] {
			out = append(out, p.planes[min(l.plane, len(p.planes)-1)].frameRef)
		}
		return out, nil
	}
	n := l.full.first + l.plane*l.tiles() + row*l.across() + column
	for _, p := range l.full.parts {
		if n >= p.first && n < p.first+p.file.Instance().Pixels.Frames {
			return []frameRef{{p.file, n - p.first + 1, image.Pt(column*l.tileColumns, row*l.tileRows)}}, nil
		}
	}
	return nil, fmt.Errorf("%s: frame %d of the slide is not in the file, or its part of the concatenation is missing", l.parts[0].Name(), n+1)
}
