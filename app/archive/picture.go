package archive

import (
	"context"
	"image"
	"math"

	"longying/imaging"
	"longying/imaging/codec"
	"longying/imaging/dicomfile"
	"longying/imaging/render"
	"longying/imaging/slide"
	"longying/records"
)

// Picture renders a place as the desktop shows it at first: a frame at native
// size, of a slide the region (or the whole), reduced to at most 1024 pixels.
func (a *Archive) Picture(ctx context.Context, ref imaging.Ref) (image.Image, error) {
	return a.PictureAs(ctx, ref, nil)
}

// PictureAs renders a place as somebody wanted it to be seen: window, part,
// flip, rotation. nil is Picture; of a slide the view says nothing.
func (a *Archive) PictureAs(ctx context.Context, ref imaging.Ref, v *records.KeyView) (image.Image, error) {
	obj, err := a.object(ctx, ref.SOPUID)
	if err != nil {
		return nil, err
	}
	if obj.SOPClass == "" {
		return a.slidePicture(ctx, ref, obj.StudyUID)
	}
	f, err := a.Open(ctx, ref.SOPUID)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if f.Instance().Slide != nil {
		return a.slidePicture(ctx, ref, f.Instance().StudyUID)
	}
	n := max(1, ref.Frame)
	frame, err := f.Frame(ctx, a.decoder, n)
	if err != nil {
		return nil, err
	}
	if v == nil {
		return render.Image(frame, f.Instance(), n, render.Presentation{})
	}
	img, err := render.Image(frame, f.Instance(), n, render.Presentation{Window: v.Window, Invert: v.Invert})
	if err != nil {
		return nil, err
	}
	return seen(img, v), nil
}

// seen cuts a picture to the part that is seen and turns it: flipped first, then
// rotated clockwise, as KeyView has it.
func seen(img image.Image, v *records.KeyView) image.Image {
	b := img.Bounds()
	if g := v.Area; g != nil {
		cut := image.Rect(int(g.X0), int(g.Y0), int(math.Ceil(g.X1)), int(math.Ceil(g.Y1))).Add(b.Min).Intersect(b)
		if !cut.Empty() {
			b = cut
		}
	}
	w, h := b.Dx(), b.Dy()
	if v.Rotate%180 != 0 {
		w, h = h, w
	}
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range b.Dy() {
		for x := range b.Dx() {
			fx := x
			if v.Flip {
				fx = b.Dx() - 1 - x
			}
			tx, ty := fx, y
			switch (v.Rotate%360 + 360) % 360 {
			case 90:
				tx, ty = b.Dy()-1-y, fx
			case 180:
				tx, ty = b.Dx()-1-fx, b.Dy()-1-y
			case 270:
				tx, ty = y, b.Dx()-1-fx
			}
			out.Set(tx, ty, img.At(b.Min.X+x, b.Min.Y+y))
		}
	}
	return out
}

func (a *Archive) slidePicture(ctx context.Context, ref imaging.Ref, studyUID string) (image.Image, error) {
	study, err := a.Study(ctx, studyUID)
	if err != nil {
		return nil, err
	}
	sl, err := a.Slide(ctx, study, ref.SOPUID, a.decoder, slide.Options{})
	if err != nil {
		return nil, err
	}
	defer sl.Close()
	x, y, w, h := 0, 0, sl.Columns(), sl.Rows()
	if g := ref.Region; g != nil { // in pixels of the level that ref names
		level, _ := sl.LevelOf(ref.SOPUID)
		l := sl.Levels()[level]
		across, down := float64(w)/float64(l.Columns), float64(h)/float64(l.Rows)
		x, y = int(g.X0*across), int(g.Y0*down)
		w, h = min(int(g.X1*across), w)-x, min(int(g.Y1*down), h)-y
	}
	return sl.Picture(ctx, x, y, w, h, 1024)
}

// Slide opens the slide of a stored study that an instance belongs to, with all
// its levels. Instances are found by their SOP Instance UID, as Study gives
// them.
func (a *Archive) Slide(ctx context.Context, study *imaging.Study, sopUID string, decoder codec.Decoder, o slide.Options) (*slide.Slide, error) {
	uids := []string{sopUID}
	for _, g := range slide.Groups(study) {
		if !g.Has(sopUID) {
			continue
		}
		uids = nil
		for _, in := range g.Instances() {
			uids = append(uids, in.SOPInstanceUID)
		}
		break
	}
	if obj, err := a.object(ctx, sopUID); err != nil {
		return nil, err
	} else if obj.SOPClass == "" {
		source, err := a.openSlide(ctx, obj)
		if err != nil {
			return nil, err
		}
		return slide.New(source, o), nil
	}
	var files []*dicomfile.File
	closeAll := func() {
		for _, f := range files {
			f.Close()
		}
	}
	for _, uid := range uids {
		f, err := a.Open(ctx, uid)
		if err != nil {
			closeAll()
			return nil, err
		}
		files = append(files, f)
	}
	sl, err := slide.Open(files, decoder, o)
	if err != nil {
		closeAll()
	}
	return sl, err
}
