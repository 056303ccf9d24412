package render

import (
	"image"
	"testing"

	"longying/imaging"
	"longying/imaging/peer"
)

// BenchmarkWindow2048ToRGBA is a new window over a frame of 2048 x 2048 values
// of 16 bits, to RGBA; the peer's is a look-up table and its application in
// numpy, in the fastest form found (see testdata/peers.py).
func BenchmarkWindow2048ToRGBA(b *testing.B) {
	f := grey16(2048, make([]uint16, 2048*2048)...)
	for y := range 2048 {
		for x := range 2048 { // a picture's values change slowly, its noise fast
			f.Uint16[y*2048+x] = uint16((x*13+y*7)%30000 + (x*7919+y*104729)%257)
		}
	}
	r, err := New(f, &imaging.Instance{}, 1, Presentation{Window: &imaging.VOILUT{Center: 15000, Width: 20000}})
	if err != nil {
		b.Fatal(err)
	}
	dst := image.NewRGBA(image.Rect(0, 0, 2048, 2048))
	peer.Compare(b, peer.Start(b, "testdata/peers.py"), func() {
		r.With(Presentation{Window: &imaging.VOILUT{Center: 15000, Width: 20000}}).Viewport(dst, View{CenterX: 1024, CenterY: 1024, Scale: 1})
	}, peer.Call{Function: "numpy_lut"}, peer.Call{Function: "numpy_take"}, peer.Call{Function: "numpy_float"})
}
