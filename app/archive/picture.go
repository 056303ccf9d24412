package archive

import (
	"context"
	"image"

	"longying/imaging"
	"longying/imaging/codec"
	"longying/imaging/render"
	"longying/imaging/slide"
)

// Picture renders a place as the desktop shows it at first: a frame at native
// size, of a slide the region (or the whole), reduced to at most 1024 pixels.
func (a *Archive) Picture(ctx context.Context, ref imaging.Ref) (image.Image, error) {
	f, err := a.Open(ctx, ref.SOPUID)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if f.Instance().Slide != nil {
		sl, err := slide.Open(f, codec.Local{})
		if err != nil {
			return nil, err
		}
		x, y, w, h := 0, 0, sl.Columns(), sl.Rows()
		if g := ref.Region; g != nil {
			x, y, w, h = int(g.X0), int(g.Y0), int(g.X1)-int(g.X0), int(g.Y1)-int(g.Y0)
		}
		return sl.Picture(ctx, x, y, w, h, 1024)
	}
	n := max(1, ref.Frame)
	frame, err := f.Frame(ctx, codec.Local{}, n)
	if err != nil {
		return nil, err
	}
	return render.Image(frame, f.Instance(), n, render.Presentation{})
}
