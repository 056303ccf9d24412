package render

import (
	"image"

	"longying/imaging"
)

// Palette is a colour for each of the 256 greys. All begin with black, so that
// what lies around a picture stays black.
type Palette [256][3]uint8

// ColourMaps are the names of the palettes there are: those of PS3.6 Annex B
// that readers of ultrasound and nuclear medicine know, and a spectrum of ours.
func ColourMaps() []string { return []string{"hot_iron", "pet", "spectrum"} }

// segment says that from an index on the value changes by so much with each
// index.
type segment struct{ from, value, step int }

func segments(list ...segment) (out [256]uint8) {
	for k, s := range list {
		end := 256
		if k+1 < len(list) {
			end = list[k+1].from
		}
		for i := s.from; i < end; i++ {
			out[i] = uint8(s.value + (i-s.from)*s.step)
		}
	}
	return out
}

// PaletteOf is the palette of a name; nil: there is none, as for grey.
//
// hot_iron is PS3.6 B.1.1 and pet B.1.2, to the value. spectrum is ours: from
// black over blue, cyan, green, yellow and red to white in equal steps.
func PaletteOf(name string) *Palette {
	var r, g, b [256]uint8
	switch name {
	case "hot_iron":
		r = segments(segment{0, 0, 2}, segment{128, 255, 0})
		g = segments(segment{0, 0, 0}, segment{128, 0, 2}, segment{255, 255, 0})
		b = segments(segment{0, 0, 0}, segment{191, 0, 4}, segment{255, 255, 0})
	case "pet":
		r = segments(segment{0, 0, 0}, segment{64, 1, 2}, segment{107, 86, 2}, segment{150, 171, 2}, segment{192, 255, 0})
		g = segments(segment{0, 0, 2}, segment{32, 65, 2}, segment{63, 128, -2}, segment{96, 63, -2}, segment{128, 0, 2}, segment{255, 255, 0})
		b = segments(segment{0, 0, 0}, segment{1, 1, 2}, segment{128, 255, 0}, segment{129, 252, -4}, segment{192, 0, 4}, segment{213, 85, 4}, segment{234, 170, 4}, segment{255, 255, 0})
	case "spectrum":
		corners := [][3]int{{0, 0, 0}, {0, 0, 255}, {0, 255, 255}, {0, 255, 0}, {255, 255, 0}, {255, 0, 0}, {255, 255, 255}}
		p := new(Palette)
		for i := range p {
			at := i * (len(corners) - 1)
			k := min(at/255, len(corners)-2)
			for c := range 3 {
				p[i][c] = uint8(corners[k][c] + (corners[k+1][c]-corners[k][c])*(at-255*k)/255)
			}
		}
		return p
	default:
		return nil
	}
	p := new(Palette)
	for i := range p {
		p[i] = [3]uint8{r[i], g[i], b[i]}
	}
	return p
}

// Apply colours a grey picture that Viewport drew: each pixel by its value, so
// that mixing happened before, between greys.
func (p *Palette) Apply(dst *image.RGBA) {
	w := dst.Rect.Dx()
	for y := range dst.Rect.Dy() {
		line := dst.Pix[y*dst.Stride : y*dst.Stride+4*w]
		for ; len(line) >= 4; line = line[4:] {
			c := &p[line[0]]
			line[0], line[1], line[2] = c[0], c[1], c[2]
		}
	}
}

// Grey reports that the frame is shown in greys, which a palette can colour.
func (r *Renderer) Grey() bool { return r.base == nil }

// WindowOf is a window from the first to the 99th percentile of the modality
// values of frame n in a region, padding left out; false where nothing is left
// of it, or all values are one.
func WindowOf(f *imaging.Frame, inst *imaging.Instance, n int, g imaging.Region) (imaging.VOILUT, bool) {
	x0, y0 := max(int(g.X0), 0), max(int(g.Y0), 0)
	x1, y1 := min(int(g.X1), f.Columns), min(int(g.Y1), f.Rows)
	if f.Samples != 1 || x0 >= x1 || y0 >= y1 {
		return imaging.VOILUT{}, false
	}
	part := cut(f, x0, y0, x1, y1)
	lo, hi := percentiles(part, inst.Pixels)
	if lo == hi {
		return imaging.VOILUT{}, false
	}
	return spanWindow(inst.ModalityLUT.Apply(lo, n), inst.ModalityLUT.Apply(hi, n), f.IsFloat()), true
}

// cut is a rectangle of a frame of one sample as a frame of its own.
func cut(f *imaging.Frame, x0, y0, x1, y1 int) *imaging.Frame {
	out := *f
	out.Columns, out.Rows, out.Overlays = x1-x0, y1-y0, nil
	out.Uint8, out.Int8 = cutOf(f.Uint8, f.Columns, x0, y0, x1, y1), cutOf(f.Int8, f.Columns, x0, y0, x1, y1)
	out.Uint16, out.Int16 = cutOf(f.Uint16, f.Columns, x0, y0, x1, y1), cutOf(f.Int16, f.Columns, x0, y0, x1, y1)
	out.Uint32, out.Int32 = cutOf(f.Uint32, f.Columns, x0, y0, x1, y1), cutOf(f.Int32, f.Columns, x0, y0, x1, y1)
	out.Float32, out.Float64 = cutOf(f.Float32, f.Columns, x0, y0, x1, y1), cutOf(f.Float64, f.Columns, x0, y0, x1, y1)
	return &out
}

func cutOf[T any](values []T, columns, x0, y0, x1, y1 int) []T {
	if values == nil {
		return nil
	}
	out := make([]T, 0, (x1-x0)*(y1-y0))
	for y := y0; y < y1; y++ {
		out = append(out, values[y*columns+x0:y*columns+x1]...)
	}
	return out
}
