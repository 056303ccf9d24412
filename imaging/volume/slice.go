package volume

import "longying/imaging"

// Slice is one picture of a series.
type Slice struct {
	Instance *imaging.Instance
	Frame    int // from 1
	Tile     int // of a mosaic, from 1; 0: the whole picture
}

// Slices lists the pictures of a series in the order of its instances, those
// without pixels left out. A mosaic is one picture.
func Slices(s *imaging.Series) []Slice {
	var out []Slice
	for i := range s.Instances {
		in := &s.Instances[i]
		if in.Pixels.Rows == 0 {
			continue
		}
		for n := 1; n <= max(1, in.Pixels.Frames); n++ {
			out = append(out, Slice{Instance: in, Frame: n})
		}
	}
	return out
}

// Plane is where the picture lies in the patient; nil when the header does not
// say: a frame of a multi-frame object without functional groups, a whole
// mosaic.
func (s Slice) Plane() *imaging.Plane {
	in := s.Instance
	switch {
	case s.Tile > 0:
		if in.Mosaic == nil || s.Tile > len(in.Mosaic.Planes) {
			return nil
		}
		return &in.Mosaic.Planes[s.Tile-1]
	case in.Mosaic != nil, in.Pixels.Frames > 1 && len(in.PerFrame) == 0:
		return nil
	}
	return in.Frame(s.Frame).Plane
}

// Size is the picture's columns and rows.
func (s Slice) Size() (columns, rows int) {
	p := &s.Instance.Pixels
	if s.Tile > 0 && s.Instance.Mosaic != nil {
		return p.Columns / s.Instance.Mosaic.Columns, p.Rows / s.Instance.Mosaic.Down()
	}
	return p.Columns, p.Rows
}

// Tiles are the slices that a mosaic holds, nil where their places are not
// known.
func (s Slice) Tiles() []Slice {
	m := s.Instance.Mosaic
	if m == nil || s.Tile > 0 || len(m.Planes) != m.Tiles {
		return nil
	}
	out := make([]Slice, m.Tiles)
	for k := range out {
		out[k] = Slice{Instance: s.Instance, Frame: s.Frame, Tile: k + 1}
	}
	return out
}
