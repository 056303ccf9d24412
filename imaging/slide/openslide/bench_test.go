package openslide

import (
	"context"
	"fmt"
	"testing"

	"longying/imaging/peer"
	"longying/imaging/slide"
)

// BenchmarkRegion reads 512 x 512 pixels of the real slide at three zooms, each
// pixel the mean over zoom x zoom of level 0, its only one: first from the
// opening of the file on, then again with whatever each keeps, and again without
// the cache of tiles that is ours.
func BenchmarkRegion(b *testing.B) {
	l := library(b)
	path := shared(b, "slides/cmu_small_region.svs")
	p := peer.Start(b, "testdata/peers.py")
	const x, y, side = 100, 500, 512
	open := func(o slide.Options) *slide.Slide {
		source, err := l.Open(path)
		if err != nil {
			b.Fatal(err)
		}
		return slide.New(source, o)
	}
	read := func(s *slide.Slide, zoom int) {
		if _, err := s.Scaled(context.Background(), x, y, side, side, float64(zoom)); err != nil {
			b.Fatal(err)
		}
	}
	for _, zoom := range []int{1, 2, 4} {
		args := []any{path, x, y, side, zoom}
		b.Run(fmt.Sprintf("zoom=%d/first", zoom), func(b *testing.B) {
			peer.Compare(b, p, func() {
				s := open(slide.Options{})
				read(s, zoom)
				if err := s.Close(); err != nil {
					b.Fatal(err)
				}
			}, peer.Call{Function: "first", Args: args})
		})
		for name, o := range map[string]slide.Options{"again": {}, "uncached": {Cache: slide.NewCache(0)}} {
			b.Run(fmt.Sprintf("zoom=%d/%s", zoom, name), func(b *testing.B) {
				s := open(o)
				defer s.Close()
				peer.Compare(b, p, func() { read(s, zoom) }, peer.Call{Function: "again", Args: args})
			})
		}
	}
}
