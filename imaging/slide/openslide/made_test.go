package openslide

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"
)

// page is one tiled picture of a made TIFF, uncompressed RGB.
type page struct {
	columns, rows, tile int
	description         string
	icc                 []byte
	reduced             bool         // NewSubfileType 1
	missing             map[int]bool // tiles that point beyond the file's end
}

// colour is what a made slide shows at a pixel of a page: it tells pages and
// places apart.
func (p page) colour(n, x, y int) [3]byte {
	return [3]byte{byte(x), byte(y), byte(100*n + x>>8*7 + y>>8*17)}
}

// madeTIFF writes TIFF 6.0, or BigTIFF, in little or big endian.
func madeTIFF(order binary.ByteOrder, big bool, pages ...page) []byte {
	var b bytes.Buffer
	put := func(v any) { _ = binary.Write(&b, order, v) }
	mark := "II"
	if order == binary.BigEndian {
		mark = "MM"
	}
	b.WriteString(mark)
	offset := func(v int) {
		if big {
			put(uint64(v))
		} else {
			put(uint32(v))
		}
	}
	if big {
		put([]uint16{43, 8, 0})
	} else {
		put(uint16(42))
	}
	patch := b.Len()
	offset(0)
	for n, p := range pages {
		across, down := (p.columns+p.tile-1)/p.tile, (p.rows+p.tile-1)/p.tile
		var offsets, counts []int
		for t := range across * down {
			offsets, counts = append(offsets, b.Len()), append(counts, 3*p.tile*p.tile)
			if p.missing[t] {
				offsets[t] = 1 << 30
				continue
			}
			for y := range p.tile {
				for x := range p.tile {
					c := p.colour(n, t%across*p.tile+x, t/across*p.tile+y)
					b.Write(c[:])
				}
			}
		}
		type entry struct {
			tag, kind uint16
			count     int
			data      []byte
		}
		var entries []entry
		value := func(tag, kind uint16, values ...int) {
			var d bytes.Buffer
			for _, v := range values {
				switch kind {
				case 3:
					_ = binary.Write(&d, order, uint16(v))
				case 4:
					_ = binary.Write(&d, order, uint32(v))
				}
			}
			entries = append(entries, entry{tag, kind, len(values), d.Bytes()})
		}
		reduced := 0
		if p.reduced {
			reduced = 1
		}
		value(254, 4, reduced)
		value(256, 4, p.columns)
		value(257, 4, p.rows)
		value(258, 3, 8, 8, 8)
		value(259, 3, 1)
		value(262, 3, 2)
		if p.description != "" {
			entries = append(entries, entry{270, 2, len(p.description) + 1, append([]byte(p.description), 0)})
		}
		value(277, 3, 3)
		value(284, 3, 1)
		value(322, 4, p.tile)
		value(323, 4, p.tile)
		value(324, 4, offsets...)
		value(325, 4, counts...)
		if p.icc != nil {
			entries = append(entries, entry{tagICCProfile, 7, len(p.icc), p.icc})
		}
		room := 4
		if big {
			room = 8
		}
		places := make([]int, len(entries))
		for i, e := range entries {
			if len(e.data) > room {
				places[i] = b.Len()
				b.Write(e.data)
			}
		}
		if b.Len()%2 == 1 { // TIFF 6.0: a directory begins on a word
			b.WriteByte(0)
		}
		at := b.Len()
		if big {
			order.PutUint64(b.Bytes()[patch:], uint64(at))
			put(uint64(len(entries)))
		} else {
			order.PutUint32(b.Bytes()[patch:], uint32(at))
			put(uint16(len(entries)))
		}
		for i, e := range entries {
			put(e.tag)
			put(e.kind)
			offset(e.count)
			if len(e.data) > room {
				offset(places[i])
			} else {
				b.Write(append(e.data, make([]byte, room-len(e.data))...))
			}
		}
		patch = b.Len()
		offset(0)
	}
	return b.Bytes()
}

// aperio is how a slide of a ScanScope names itself.
const aperio = "Aperio Image Library v11.2.1 \n1200x800 [0,0 1200x800] (128x128)|AppMag = 20|MPP = 0.5000"

// pyramid is a made slide of two levels.
func pyramid() []page {
	return []page{
		{columns: 1200, rows: 800, tile: 128, description: aperio},
		{columns: 300, rows: 200, tile: 128, description: aperio + "|level"},
	}
}

func written(t testing.TB, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// library is OpenSlide; the test is skipped where it is not installed.
func library(t testing.TB) *Library {
	t.Helper()
	l, err := Load()
	if err != nil {
		t.Skip(err)
	}
	return l
}

func opened(t testing.TB, path string) *Source {
	t.Helper()
	s, err := library(t).Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}
