package render

import (
	"bytes"
	"image"
	"math/rand/v2"
	"testing"

	"longying/imaging"
)

// perPixel draws a bilinear view with the loop that mixes four pixels for each of
// the screen, which knows nothing of rows.
func perPixel(r *Renderer, dst *image.RGBA, v View) {
	w, h := dst.Rect.Dx(), dst.Rect.Dy()
	ax, ay := v.ToImage(w, h, 0.5, 0.5)
	bx, by := v.ToImage(w, h, 1.5, 0.5)
	du, dv := fixed(bx-ax), fixed(by-ay)
	for y := range h {
		fu, fv := v.ToImage(w, h, 0.5, float64(y)+0.5)
		for x := range w {
			p := dst.Pix[dst.PixOffset(x, y):][:4]
			u, v := fixed(fu)+int64(x)*du, fixed(fv)+int64(x)*dv
			if u < 0 || v < 0 || u>>32 >= int64(r.frame.Columns) || v>>32 >= int64(r.frame.Rows) {
				copy(p, []uint8{0, 0, 0, 255})
				continue
			}
			r.smooth(p, u, v, du, dv)
		}
	}
}

func TestRowsMixedOnceGiveTheValuesOfPixelsMixedOneByOne(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	const columns, rows = 61, 43
	n := columns * rows
	frames := map[string]*imaging.Frame{
		"uint8": {Uint8: make([]uint8, n), BitsStored: 8}, "int8": {Int8: make([]int8, n), BitsStored: 8},
		"uint16": {Uint16: make([]uint16, n), BitsStored: 16}, "int16": {Int16: make([]int16, n), BitsStored: 16},
		"float": {Float32: make([]float32, n), BitsStored: 32}, "colour": {Uint8: make([]uint8, 3*n), BitsStored: 8, Samples: 3, Photometric: "RGB"},
	}
	for name, f := range frames {
		f.Columns, f.Rows = columns, rows
		if f.Samples == 0 {
			f.Samples, f.Photometric = 1, "MONOCHROME2"
		}
		for i := range f.Len() {
			x := rnd.IntN(1 << 16)
			switch {
			case f.Uint8 != nil:
				f.Uint8[i] = uint8(x)
			case f.Int8 != nil:
				f.Int8[i] = int8(x)
			case f.Uint16 != nil:
				f.Uint16[i] = uint16(x)
			case f.Int16 != nil:
				f.Int16[i] = int16(x)
			default:
				f.Float32[i] = float32(x)
			}
		}
		window := &imaging.VOILUT{Center: 20, Width: 180}
		if f.BitsAllocated() > 8 {
			window = &imaging.VOILUT{Center: 9000, Width: 40000}
		}
		r, err := New(f, &imaging.Instance{Modality: "CT"}, 1, Presentation{Window: window})
		if err != nil {
			t.Fatal(name, err)
		}
		for range 60 {
			v := View{CenterX: rnd.Float64() * columns, CenterY: rnd.Float64() * rows, Scale: 0.05 + 4*rnd.Float64()*rnd.Float64(),
				Aspect: 0.5 + rnd.Float64(), Rotate: 90 * rnd.IntN(4), Flip: rnd.IntN(2) == 0, Smooth: true}
			if rnd.IntN(4) == 0 {
				v.Scale, v.Aspect = 1, 1
			}
			w, h := 1+rnd.IntN(150), 1+rnd.IntN(150)
			got, want := image.NewRGBA(image.Rect(0, 0, w, h)), image.NewRGBA(image.Rect(0, 0, w, h))
			r.Viewport(got, v)
			perPixel(r, want, v)
			if !bytes.Equal(got.Pix, want.Pix) {
				t.Fatalf("%s, %d x %d of %+v", name, w, h, v)
			}
		}
	}
}

// BenchmarkSmooth is a viewport of 1287 x 966 of a slice that is enlarged, and of
// a film that is reduced.
func BenchmarkSmooth(b *testing.B) {
	for name, size := range map[string]int{"slice512": 512, "film3000": 3000} {
		b.Run(name, func(b *testing.B) {
			f := grey16(size, make([]uint16, size*size)...)
			for i := range f.Uint16 {
				f.Uint16[i] = uint16(i * 7919)
			}
			r, err := New(f, &imaging.Instance{}, 1, Presentation{Window: &imaging.VOILUT{Center: 15000, Width: 20000}})
			if err != nil {
				b.Fatal(err)
			}
			dst := image.NewRGBA(image.Rect(0, 0, 1287, 966))
			v := FitView(size, size, 1287, 966)
			v.Smooth = true
			for b.Loop() {
				r.Viewport(dst, v)
			}
		})
	}
}
