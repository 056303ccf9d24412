package slide

import (
	"image"
	"testing"

	"longying/imaging/render"
	slides "longying/imaging/slide"
)

// BenchmarkFrame draws a viewport of 1920 x 1080 out of tiles that are there:
// what a step of panning costs.
func BenchmarkFrame(b *testing.B) {
	const w, h = 1920, 1080
	s := slides.New(newMade(20000, 16000, 1, 4, 16), slides.Options{})
	came := make(chan struct{}, 1<<16)
	l := newLoader(b.Context(), s, func() { came <- struct{}{} })
	defer l.close()
	for name, scale := range map[string]float64{"1to1": 1, "reduced": 0.35, "enlarged": 2.5} {
		b.Run(name, func(b *testing.B) {
			v := render.View{CenterX: 9000, CenterY: 8000, Scale: scale, Smooth: true}
			settle(l, came, v, w, h)
			img := image.NewRGBA(image.Rect(0, 0, w, h))
			var m mosaic
			for b.Loop() {
				l.want(l.pyramid.wanted(v, w, h, l.cheap))
				l.draw(img, v, &m)
			}
		})
	}
}
