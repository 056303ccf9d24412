package slide

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"sync"
	"sync/atomic"
	"testing"

	"longying/imaging"
	"longying/imaging/codec"
	"longying/imaging/dicomfile"
)

// made is one whole-slide instance with known pixels: see shade.
type made struct {
	uid, series   string
	columns, rows int
	tile          int
	level         int // part of the colour, so that levels can be told apart
	micrometres   float64
	flavor        string
	frame         string // of reference
	container     string
	pyramid       string
	paths         []string
	planes        int
	grey          bool
	sparse        []at // nil: tiled full
	organization  string
	concatenation string
	part, offset  int
	frames        []int // of all frames, those that this part holds; nil: all
	icc           []byte
	change        func(*dicomfile.Dataset)
}

// at is a frame of a sparse image.
type at struct {
	column, row int // counted from 0
	z           float64
	path        string
}

// shade is the colour of a pixel: it tells place, level, focal plane and optical
// path apart.
func shade(level, path, plane, x, y int) [3]byte {
	return [3]byte{byte(x), byte(y), byte(x>>8 + 4*(y>>8) + 16*level + 64*plane + 128*path)}
}

func (m made) frame3(path, plane, x0, y0 int) []byte {
	var out []byte
	for y := range m.tile {
		for x := range m.tile {
			c := shade(m.level, path, plane, x0+x, y0+y)
			if m.grey {
				v := uint16(x0+x) + 256*uint16(path)
				out = append(out, byte(v), byte(v>>8))
				continue
			}
			out = append(out, c[:]...)
		}
	}
	return out
}

func (m made) dataset() *dicomfile.Dataset {
	item := dicomfile.NewDataset
	ds := item().
		String(dicomfile.TagSOPClassUID, "UI", "1.2.840.10008.5.1.4.1.1.77.1.6").
		String(dicomfile.TagSOPInstanceUID, "UI", m.uid).
		String(dicomfile.TagStudyInstanceUID, "UI", "2.25.1").
		String(dicomfile.TagSeriesInstanceUID, "UI", "2.25.2"+m.series).
		String(dicomfile.TagModality, "CS", "SM").
		String(dicomfile.TagPatientName, "PN", "Zhang^San").
		String(dicomfile.TagFrameOfReference, "UI", m.frame).
		Int(dicomfile.TagTotalPixelColumns, "UL", m.columns).
		Int(dicomfile.TagTotalPixelRows, "UL", m.rows)
	if m.flavor != "" {
		ds.String(dicomfile.TagImageType, "CS", "ORIGINAL", "PRIMARY", m.flavor, "NONE")
	}
	if m.container != "" {
		ds.String(dicomfile.TagContainerIdentifier, "LO", m.container)
	}
	if m.pyramid != "" {
		ds.String(dicomfile.TagPyramidUID, "UI", m.pyramid)
	}
	if m.concatenation != "" {
		ds.String(dicomfile.TagConcatenationUID, "UI", m.concatenation).
			Int(dicomfile.TagInConcatenationNumber, "US", m.part).
			Int(dicomfile.TagConcatenationFrameOffset, "UL", m.offset)
	}
	shared := item()
	if m.micrometres > 0 {
		shared.Sequence(dicomfile.TagPixelMeasures, item().Float(dicomfile.TagPixelSpacing, "DS", m.micrometres/1000, m.micrometres/1000))
	}
	ds.Sequence(dicomfile.TagSharedFunctional, shared)
	paths := m.paths
	if len(paths) == 0 {
		paths = []string{"1"}
	}
	var items []*dicomfile.Dataset
	for _, p := range paths {
		path := item().String(dicomfile.TagOpticalPathIdentifier, "SH", p)
		if m.icc != nil {
			path.Bytes(dicomfile.TagICCProfile, "OB", m.icc)
		}
		items = append(items, path)
	}
	ds.Sequence(dicomfile.TagOpticalPaths, items...)
	planes := max(1, m.planes)
	if planes > 1 {
		ds.Int(dicomfile.TagFocalPlanes, "UL", planes)
	}
	var frames [][]byte
	if m.sparse == nil {
		ds.String(dicomfile.TagDimensionOrganization, "CS", "TILED_FULL")
		for path := range paths {
			for plane := range planes {
				for y := 0; y < m.rows; y += m.tile {
					for x := 0; x < m.columns; x += m.tile {
						frames = append(frames, m.frame3(path, plane, x, y))
					}
				}
			}
		}
	} else {
		ds.String(dicomfile.TagDimensionOrganization, "CS", "TILED_SPARSE")
		var per []*dicomfile.Dataset
		for _, a := range m.sparse {
			group := item().Sequence(dicomfile.TagPlanePositionSlide, item().
				Int(dicomfile.TagColumnPositionInMatrix, "SL", a.column+1).
				Int(dicomfile.TagRowPositionInMatrix, "SL", a.row+1).
				Float(dicomfile.TagZOffsetInSlide, "DS", a.z))
			path := 0
			if a.path != "" {
				group.Sequence(dicomfile.TagOpticalPathIdentification, item().String(dicomfile.TagOpticalPathIdentifier, "SH", a.path))
				for i, p := range paths {
					if p == a.path {
						path = i
					}
				}
			}
			per = append(per, group)
			frames = append(frames, m.frame3(path, int(a.z), a.column, a.row))
		}
		ds.Sequence(dicomfile.TagPerFrameFunctional, per...)
	}
	if m.organization != "" {
		ds.Delete(dicomfile.TagDimensionOrganization)
	}
	if m.frames != nil {
		var some [][]byte
		for _, n := range m.frames {
			some = append(some, frames[n])
		}
		frames = some
	}
	p := imaging.PixelDescription{Rows: m.tile, Columns: m.tile, Samples: 3, BitsAllocated: 8, Photometric: "RGB", Frames: len(frames)}
	if m.grey {
		p.Samples, p.BitsAllocated, p.Photometric = 1, 16, "MONOCHROME2"
	}
	ds.SetPixels(p, frames...)
	if m.change != nil {
		m.change(ds)
	}
	return ds
}

func (m made) file(t testing.TB) *dicomfile.File {
	t.Helper()
	var b bytes.Buffer
	if err := dicomfile.Write(&b, m.dataset()); err != nil {
		t.Fatal(err)
	}
	f, err := dicomfile.OpenReader(bytes.NewReader(b.Bytes()), int64(b.Len()), m.uid)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func files(t testing.TB, ms ...made) []*dicomfile.File {
	t.Helper()
	var out []*dicomfile.File
	for _, m := range ms {
		out = append(out, m.file(t))
	}
	return out
}

// study is the instances as a scan would order them.
func study(t testing.TB, ms ...made) *imaging.Study {
	t.Helper()
	var in []imaging.Instance
	for _, f := range files(t, ms...) {
		in = append(in, *f.Instance())
	}
	studies := dicomfile.Group(in)
	if len(studies) != 1 {
		t.Fatalf("%d studies", len(studies))
	}
	return &studies[0]
}

// counting is a decoder that counts the frames it decodes and can be held up.
type counting struct {
	frames atomic.Int64
	mu     sync.Mutex
	hold   chan struct{}
}

func (c *counting) Decode(ctx context.Context, in codec.Encoded) (*imaging.Frame, error) {
	c.frames.Add(1)
	c.mu.Lock()
	hold := c.hold
	c.mu.Unlock()
	if hold != nil {
		select {
		case <-hold:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return codec.Local{}.Decode(ctx, in)
}

func opened(t testing.TB, d codec.Decoder, o Options, ms ...made) *Slide {
	t.Helper()
	s, err := Open(files(t, ms...), d, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// wantShades compares a region with the colours that it must have.
func wantShades(t *testing.T, r *Region, x0, y0 int, want func(x, y int) [3]byte) {
	t.Helper()
	for y := range r.Rows {
		for x := range r.Columns {
			got := [3]byte(r.RGB[3*(y*r.Columns+x):])
			if w := want(x0+x, y0+y); got != w {
				t.Fatalf("pixel (%d,%d) is %v, wanted %v", x0+x, y0+y, got, w)
			}
		}
	}
}

func region(t *testing.T, s *Slide, level int, r image.Rectangle) *Region {
	t.Helper()
	out, err := s.Region(context.Background(), level, r.Min.X, r.Min.Y, r.Dx(), r.Dy())
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// pyramid is three levels of 300 x 200, reduced by 1, 2 and 4, in n series.
func pyramid(several bool) []made {
	var out []made
	for i, d := range []int{1, 2, 4} {
		m := made{uid: fmt.Sprintf("2.25.9%d", i), columns: 300 / d, rows: 200 / d, tile: 64, level: i, micrometres: 0.5 * float64(d), frame: "2.25.5", container: "G1"}
		if several {
			m.series = fmt.Sprint(i)
		}
		out = append(out, m)
	}
	return out
}
