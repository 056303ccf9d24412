package canvas

import (
	"image"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"longying/app/ui/canvas/view"
	"longying/imaging"
	"longying/imaging/render"
)

// The glass shows display pixels: what the renderer draws at that scale about the
// point under the pointer, in the same window and the same colours.
func TestTheMagnifierShowsWhatTheRendererDrawsThereInTheSameWindowAndColours(t *testing.T) {
	test.NewTempApp(t)
	const side, w, h = 64, 400, 400
	f := &imaging.Frame{Rows: side, Columns: side, Samples: 1, BitsStored: 16, Photometric: "MONOCHROME2", Uint16: make([]uint16, side*side)}
	for i := range f.Uint16 {
		f.Uint16[i] = uint16(i * 37 % 4096)
	}
	in := &imaging.Instance{}
	window := imaging.VOILUT{Center: 1000, Width: 3000}
	r, err := render.New(f, in, 1, render.Presentation{Window: &window})
	if err != nil {
		t.Fatal(err)
	}
	for _, colours := range []string{"", "pet"} {
		i := &Image{renderer: r, frame: f, buffer: image.NewRGBA(image.Rect(0, 0, w, h)), magnified: 3, palette: render.PaletteOf(colours), state: view.State{Columns: side, Rows: side}}
		i.Resize(fyne.NewSize(w, h))
		at := fyne.NewPos(150, 210)
		i.pointer = &at
		i.drawGlass(w, h)
		whole := image.NewRGBA(image.Rect(0, 0, 220, 220))
		v := i.state.Render(w, h)
		v.CenterX, v.CenterY = v.ToImage(w, h, 150, 210)
		v.Scale *= 3
		v.Smooth = false
		r.Viewport(whole, v)
		if colours != "" {
			i.palette.Apply(whole)
		}
		for _, d := range []image.Point{{0, 0}, {-60, 20}, {40, -70}, {0, 100}} {
			if got, want := i.buffer.RGBAAt(150+d.X, 210+d.Y), whole.RGBAAt(110+d.X, 110+d.Y); got != want {
				t.Errorf("%q at %v: %v, not %v", colours, d, got, want)
			}
		}
		if got := i.buffer.RGBAAt(150+80, 210+80); got.A != 0 {
			t.Error("the glass is not round")
		}
	}
}
