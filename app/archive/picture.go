package archive

import (
	"context"
	"image"

	"longying/imaging"
	"longying/imaging/codec"
	"longying/imaging/dicomfile"
	"longying/imaging/render"
	"longying/imaging/slide"
)

// Picture renders a place as the desktop shows it at first: a frame at native
// size, of a slide the region (or the whole), reduced to at most 1024 pixels.
func (a *Archive) Picture(ctx context.Context, ref imaging.Ref) (image.Image, error) {
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
	return render.Image(frame, f.Instance(), n, render.Presentation{})
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
