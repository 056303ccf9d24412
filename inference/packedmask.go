package inference

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// PackedMask is the mask of one class in the pixels of what was read, one image or
// the slices of a volume, in a form to keep: the box that holds it, and in it the
// lengths of runs.
type PackedMask struct {
	Columns int    `json:"columns"` // of the image or volume
	Rows    int    `json:"rows"`    //
	Slices  int    `json:"slices"`  // 1 for an image
	At      [3]int `json:"at"`      // column, row and slice of the first pixel of the box, from 0
	Size    [3]int `json:"size"`    // of the box
	// Runs are the numbers of pixels outside and inside in turn, outside first, over
	// the box row by row, slice by slice, as unsigned varints (encoding/binary),
	// deflated (RFC 1951).
	Runs []byte `json:"runs"`
}

// pack packs a mask that lies at a place of a source; something is in it.
func pack(m *Mask, at, from [3]int) *PackedMask {
	low, high := [3]int{m.Columns, m.Rows, m.Slices}, [3]int{}
	for i, in := range m.In {
		if in {
			for a, v := range [3]int{i % m.Columns, i / m.Columns % m.Rows, i / (m.Columns * m.Rows)} {
				low[a], high[a] = min(low[a], v), max(high[a], v+1)
			}
		}
	}
	p := &PackedMask{Columns: from[0], Rows: from[1], Slices: from[2]}
	for a := range 3 {
		p.At[a], p.Size[a] = at[a]+low[a], high[a]-low[a]
	}
	var runs []byte
	inside, n := false, uint64(0)
	for z := low[2]; z < high[2]; z++ {
		for y := low[1]; y < high[1]; y++ {
			for _, in := range m.In[(z*m.Rows+y)*m.Columns+low[0] : (z*m.Rows+y)*m.Columns+high[0]] {
				if in != inside {
					runs, inside, n = binary.AppendUvarint(runs, n), in, 0
				}
				n++
			}
		}
	}
	runs = binary.AppendUvarint(runs, n)
	var b bytes.Buffer
	// Neither can fail: the level is one of its own, and a buffer takes all.
	w, _ := flate.NewWriter(&b, flate.DefaultCompression)
	w.Write(runs) //nolint:errcheck
	w.Close()     //nolint:errcheck
	p.Runs = b.Bytes()
	return p
}

// Mask unpacks the box: its pixel (0, 0, 0) is pixel At of the source. Runs that
// do not fill it are an error.
func (p *PackedMask) Mask() (*Mask, error) {
	n := 1
	whole := [3]int{p.Columns, p.Rows, p.Slices}
	for a := range 3 {
		if p.Size[a] < 1 || p.At[a] < 0 || p.Size[a] > mostVoxels/n || p.At[a] > whole[a]-p.Size[a] {
			return nil, fmt.Errorf("a mask of %v at %v does not lie in %v", p.Size, p.At, whole)
		}
		n *= p.Size[a]
	}
	r := flate.NewReader(bytes.NewReader(p.Runs))
	defer r.Close()
	// A run is at least one pixel, and its length at most five bytes.
	runs, err := io.ReadAll(io.LimitReader(r, 5*int64(n)+5))
	if err != nil {
		return nil, fmt.Errorf("the runs of a mask cannot be read: %w", err)
	}
	m := &Mask{Columns: p.Size[0], Rows: p.Size[1], Slices: p.Size[2], In: make([]bool, n)}
	at, inside := 0, false
	for len(runs) > 0 {
		length, used := binary.Uvarint(runs)
		if used <= 0 || length > uint64(n-at) {
			return nil, errors.New("the runs of a mask are longer than its box")
		}
		if inside {
			for i := at; i < at+int(length); i++ {
				m.In[i] = true
			}
		}
		runs, at, inside = runs[used:], at+int(length), !inside
	}
	if at != n {
		return nil, errors.New("the runs of a mask are shorter than its box")
	}
	return m, nil
}

// Slice is the mask in one slice of the source, counted from 0, over the whole of
// it: row by row. It is nil where nothing of it is there.
func (p *PackedMask) Slice(slice int) ([]bool, error) {
	if slice < p.At[2] || slice >= p.At[2]+p.Size[2] {
		return nil, nil
	}
	m, err := p.Mask()
	if err != nil {
		return nil, err
	}
	out := make([]bool, p.Columns*p.Rows)
	for y := range p.Size[1] {
		from := ((slice-p.At[2])*p.Size[1] + y) * p.Size[0]
		copy(out[(p.At[1]+y)*p.Columns+p.At[0]:], m.In[from:from+p.Size[0]])
	}
	return out, nil
}
