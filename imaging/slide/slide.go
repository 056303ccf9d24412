// Package slide reads regions of whole-slide images: total pixel matrix, tiles
// and a bounded cache of decoded tiles. This version reads one level of a
// TILED_FULL DICOM object (PS3.3 C.7.6.17.3); pyramids come later.
package slide

import (
	"context"
	"fmt"
	"image"
	"sync"

	"longying/imaging"
	"longying/imaging/codec"
	"longying/imaging/dicomfile"
)

// cacheTiles bounds the decoded tiles that are kept.
const cacheTiles = 64

// Slide is one open level. Its methods may be called from several goroutines.
type Slide struct {
	file     *dicomfile.File
	decoder  codec.Decoder
	geometry imaging.Slide

	mu    sync.Mutex
	tiles map[int][]byte // tile index -> RGB, 8 bit, interleaved
	order []int          // oldest first
}

// Open takes an open file that holds a whole-slide image. The file stays the
// caller's to close.
func Open(file *dicomfile.File, decoder codec.Decoder) (*Slide, error) {
	in := file.Instance()
	g := in.Slide
	switch {
	case g == nil:
		return nil, fmt.Errorf("%s is not a whole-slide image", in.Source)
	case !g.TiledFull:
		return nil, fmt.Errorf("%s: the slide is tiled sparsely, which this version does not read", in.Source)
	case g.TileColumns < 1 || g.TileRows < 1 || g.TotalColumns < 1 || g.TotalRows < 1:
		return nil, fmt.Errorf("%s: the slide's matrix of %d x %d in tiles of %d x %d is not possible", in.Source, g.TotalColumns, g.TotalRows, g.TileColumns, g.TileRows)
	case in.Pixels.Frames < g.TilesAcross()*g.TilesDown():
		return nil, fmt.Errorf("%s: the slide has %d tiles where its matrix needs %d", in.Source, in.Pixels.Frames, g.TilesAcross()*g.TilesDown())
	}
	return &Slide{file: file, decoder: decoder, geometry: *g, tiles: map[int][]byte{}}, nil
}

// Columns is the width of the total pixel matrix.
func (s *Slide) Columns() int { return s.geometry.TotalColumns }

// Rows is the height of the total pixel matrix.
func (s *Slide) Rows() int { return s.geometry.TotalRows }

// Geometry is the slide's geometry as its header says.
func (s *Slide) Geometry() imaging.Slide { return s.geometry }

// RegionRGB reads w x h pixels from (x, y) of the total pixel matrix, 3 bytes a
// pixel, row-major. It touches only the tiles that the region covers. A region
// that leaves the matrix is an error.
func (s *Slide) RegionRGB(ctx context.Context, x, y, w, h int) ([]byte, error) {
	if x < 0 || y < 0 || w <= 0 || h <= 0 || x > s.Columns()-w || y > s.Rows()-h {
		return nil, fmt.Errorf("region (%d,%d) of %d x %d leaves the slide of %d x %d", x, y, w, h, s.Columns(), s.Rows())
	}
	tw, th := s.geometry.TileColumns, s.geometry.TileRows
	out := make([]byte, w*h*3)
	for ty := y / th; ty <= (y+h-1)/th; ty++ {
		for tx := x / tw; tx <= (x+w-1)/tw; tx++ {
			tile, err := s.TileRGB(ctx, tx, ty)
			if err != nil {
				return nil, err
			}
			x0, x1 := max(x, tx*tw), min(x+w, (tx+1)*tw)
			for row := max(y, ty*th); row < min(y+h, (ty+1)*th); row++ {
				from := ((row-ty*th)*tw + x0 - tx*tw) * 3
				copy(out[((row-y)*w+x0-x)*3:], tile[from:from+(x1-x0)*3])
			}
		}
	}
	return out, nil
}

// TileRGB is the decoded tile in column tx, row ty, TileColumns x TileRows x 3
// bytes, also where it reaches over the matrix's edge. The slice is shared: do
// not write to it.
func (s *Slide) TileRGB(ctx context.Context, tx, ty int) ([]byte, error) {
	if tx < 0 || ty < 0 || tx >= s.geometry.TilesAcross() || ty >= s.geometry.TilesDown() {
		return nil, fmt.Errorf("tile (%d,%d) is not on the slide", tx, ty)
	}
	index := ty*s.geometry.TilesAcross() + tx
	s.mu.Lock()
	tile, ok := s.tiles[index]
	s.mu.Unlock()
	if ok {
		return tile, nil
	}
	frame, err := s.file.Frame(ctx, s.decoder, index+1)
	if err != nil {
		return nil, fmt.Errorf("tile (%d,%d): %w", tx, ty, err)
	}
	tile, err = rgb(frame)
	if err != nil {
		return nil, fmt.Errorf("tile (%d,%d): %w", tx, ty, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.tiles[index]; !ok {
		if len(s.order) >= cacheTiles {
			delete(s.tiles, s.order[0])
			s.order = s.order[1:]
		}
		s.tiles[index] = tile
		s.order = append(s.order, index)
	}
	return tile, nil
}

func rgb(f *imaging.Frame) ([]byte, error) {
	if f.Samples != 3 || f.Uint8 == nil {
		return nil, fmt.Errorf("pixels are %s with %d samples; a slide's are colour with 8 bits", f.Photometric, f.Samples)
	}
	if f.Missing > 0 {
		return nil, fmt.Errorf("%d pixels are missing at the end of the file", f.Missing)
	}
	switch f.Photometric {
	case "RGB":
		return f.Uint8, nil
	case "YBR_FULL", "YBR_FULL_422":
		out := make([]byte, len(f.Uint8))
		for i := 0; i+2 < len(out); i += 3 {
			out[i], out[i+1], out[i+2] = imaging.RGBFromYBRFull(f.Uint8[i], f.Uint8[i+1], f.Uint8[i+2])
		}
		return out, nil
	}
	return nil, fmt.Errorf("colour pixels are %s; wanted RGB, YBR_FULL or YBR_FULL_422", f.Photometric)
}

// Picture is a region reduced so that its longer side is at most longest
// pixels, by averaging whole blocks of pixels.
func (s *Slide) Picture(ctx context.Context, x, y, w, h, longest int) (*image.NRGBA, error) {
	data, err := s.RegionRGB(ctx, x, y, w, h)
	if err != nil {
		return nil, err
	}
	k := max(1, (max(w, h)+longest-1)/longest)
	out := image.NewNRGBA(image.Rect(0, 0, w/k, h/k))
	for oy := range h / k {
		for ox := range w / k {
			var sum [3]int
			for dy := range k {
				row := ((oy*k+dy)*w + ox*k) * 3
				for i := range k * 3 {
					sum[i%3] += int(data[row+i])
				}
			}
			o := out.PixOffset(ox, oy)
			for c := range 3 {
				out.Pix[o+c] = uint8(sum[c] / (k * k))
			}
			out.Pix[o+3] = 255
		}
	}
	return out, nil
}
