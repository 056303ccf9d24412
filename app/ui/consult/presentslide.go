package consult

import (
	"context"
	"errors"
	"image"
	"image/color"

	"fyne.io/fyne/v2"
	fynecanvas "fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	seeing "longying/app/ui/canvas/view"
	look "longying/app/ui/theme"
	"longying/app/ui/workspace"
	"longying/imaging/slide"
	"longying/records"
)

// slideView is a part of a slide around the region that is spoken of.
type slideView struct {
	picture     image.Image
	region      image.Rectangle // in pixels of the picture; empty: the whole slide
	micrometres float64         // of one pixel of the picture; 0: unknown
}

// Around the region so much of its width and height is shown besides, on each
// side; and so many pixels at most.
const (
	aroundRegion = 0.35
	longestSlide = 1800
)

// readSlide reads the picture of a step with a task; then, which may be nil,
// hears of it on the UI goroutine.
func (p *presentation) readSlide(task *workspace.Task, k int, then func(error)) {
	if p.slides[k] != nil {
		if then != nil {
			then(nil)
		}
		return
	}
	user, s := p.ws.User(), p.steps[k]
	task.Start(func(ctx context.Context) func() {
		v, err := p.slidePicture(ctx, user, s)
		return func() {
			if err == nil {
				p.slides[k] = v
			}
			if then != nil && !errors.Is(err, context.Canceled) {
				then(err)
			}
		}
	})
}

func (p *presentation) slidePicture(ctx context.Context, user records.User, s Step) (*slideView, error) {
	o, err := p.ws.Laid(ctx, user, p.m.PatientID, s.Ref.StudyUID)
	if err != nil {
		return nil, err
	}
	sop := s.Ref.SOPUID
	if sop == "" && len(o.Study.Series) > 0 && len(o.Study.Series[0].Instances) > 0 {
		sop = o.Study.Series[0].Instances[0].SOPInstanceUID
	}
	sl, err := p.ws.Archive.Slide(ctx, o.Study, sop, p.ws.Decoder, slide.Options{})
	if err != nil {
		return nil, err
	}
	defer sl.Close()
	whole := image.Rect(0, 0, sl.Columns(), sl.Rows())
	shown, region := whole, image.Rectangle{}
	if g := s.Ref.Region; g != nil { // in pixels of the level that the reference names
		level, _ := sl.LevelOf(sop)
		l := sl.Levels()[level]
		across, down := float64(whole.Dx())/float64(l.Columns), float64(whole.Dy())/float64(l.Rows)
		region = image.Rect(int(g.X0*across), int(g.Y0*down), int(g.X1*across), int(g.Y1*down)).Intersect(whole)
		dx, dy := int(aroundRegion*float64(region.Dx())), int(aroundRegion*float64(region.Dy()))
		shown = image.Rect(region.Min.X-dx, region.Min.Y-dy, region.Max.X+dx, region.Max.Y+dy).Intersect(whole)
	}
	img, err := sl.Picture(ctx, shown.Min.X, shown.Min.Y, shown.Dx(), shown.Dy(), longestSlide)
	if err != nil {
		return nil, err
	}
	v := &slideView{picture: img}
	b := img.Bounds()
	across, down := float64(b.Dx())/float64(shown.Dx()), float64(b.Dy())/float64(shown.Dy())
	if !region.Empty() {
		at := region.Sub(shown.Min)
		v.region = image.Rect(int(float64(at.Min.X)*across), int(float64(at.Min.Y)*down), int(float64(at.Max.X)*across), int(float64(at.Max.Y)*down))
	}
	if µm := sl.Levels()[0].Micrometres(); µm > 0 {
		v.micrometres = µm / across
	}
	return v, nil
}

// showSlide brings a region of a slide to the screen.
func (p *presentation) showSlide(k int) {
	p.say(p.ws.Lang.T("consult.present_opening", p.steps[k].Title), widget.LowImportance)
	p.readSlide(p.loading, k, func(err error) {
		if p.at != k {
			return
		}
		if err != nil {
			p.say(p.ws.Explain(err), widget.DangerImportance)
			return
		}
		p.put(newSlidePicture(p.ws, p.slides[k]))
		p.prepare()
	})
}

// newSlidePicture shows it as large as it fits, with the outline of the region
// and a scale bar beside it, never over the tissue.
func newSlidePicture(ws *workspace.Workspace, v *slideView) fyne.CanvasObject {
	img := fynecanvas.NewImageFromImage(v.picture)
	img.FillMode, img.ScaleMode = fynecanvas.ImageFillStretch, fynecanvas.ImageScaleSmooth
	dark, light := fynecanvas.NewRectangle(color.Transparent), fynecanvas.NewRectangle(color.Transparent)
	dark.StrokeColor, dark.StrokeWidth = color.Black, 6
	light.StrokeColor, light.StrokeWidth = look.Cyan(), 3
	bar := fynecanvas.NewRectangle(look.Text())
	said := widget.NewLabel("")
	said.SizeName = look.SizeNameStage
	fit := &slideFit{ws: ws, v: v, bar: bar, said: said}
	return container.NewBorder(nil, container.NewHBox(container.NewPadded(container.NewCenter(bar)), said), nil, nil,
		container.New(fit, img, dark, light))
}

// slideFit lays out the picture, the region's outline and the length of the bar.
type slideFit struct {
	ws   *workspace.Workspace
	v    *slideView
	bar  *fynecanvas.Rectangle
	said *widget.Label
}

// MinSize is fyne.Layout's.
func (f *slideFit) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(200, 150) }

// Layout is fyne.Layout's.
func (f *slideFit) Layout(os []fyne.CanvasObject, size fyne.Size) {
	b := f.v.picture.Bounds()
	scale := min(size.Width/float32(b.Dx()), size.Height/float32(b.Dy()))
	w, h := scale*float32(b.Dx()), scale*float32(b.Dy())
	x, y := (size.Width-w)/2, (size.Height-h)/2
	os[0].Move(fyne.NewPos(x, y))
	os[0].Resize(fyne.NewSize(w, h))
	for _, o := range os[1:] {
		o.Move(fyne.NewPos(x+scale*float32(f.v.region.Min.X), y+scale*float32(f.v.region.Min.Y)))
		o.Resize(fyne.NewSize(scale*float32(f.v.region.Dx()), scale*float32(f.v.region.Dy())))
		if f.v.region.Empty() {
			o.Hide()
		}
	}
	if f.v.micrometres <= 0 {
		f.bar.Hide()
		f.said.SetText(f.ws.Lang.T("consult.present_no_scale"))
		return
	}
	length, text := seeing.ScaleBar(f.v.micrometres, float64(scale), float64(size.Width)/4)
	f.bar.SetMinSize(fyne.NewSize(float32(length), 8))
	f.said.SetText(text)
}
