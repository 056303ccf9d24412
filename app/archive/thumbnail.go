package archive

import (
	"context"
	"fmt"
	"image"

	"golang.org/x/image/draw"

	"longying/imaging"
	"longying/imaging/render"
	"longying/records"
	"longying/records/sqlite"
)

// Shelf is one series of a stored study, as far as the record knows it without
// reading a header.
type Shelf struct {
	SeriesUID string
	Modality  string
	Objects   int    // SOP instances
	Middle    string // SOP Instance UID of the middle one, in the order of their import
	slide     bool   // of slide microscopy, or of a scanner's own format
}

// Pictured reports whether objects of a modality have pictures of their own.
func Pictured(modality string) bool {
	switch modality {
	case "SR", "PR", "KO", "SEG", "DOC", "PLAN", "RTSTRUCT", "RTPLAN", "RTDOSE", "REG", "RWV", "FID", "AU", "ECG", "HD":
		return false
	}
	return true
}

// Shelves lists the series of a study that have pictures, in the order of their
// import. No object is opened.
func (a *Archive) Shelves(ctx context.Context, studyUID string) ([]Shelf, error) {
	var objects []records.Object
	err := a.store.View(ctx, func(tx *sqlite.Tx) (err error) {
		objects, err = tx.ObjectsOf(studyUID)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("study %s: %w", studyUID, err)
	}
	of := map[string][]int{}
	var order []string
	for i, o := range objects {
		if !Pictured(o.Modality) {
			continue
		}
		if of[o.SeriesUID] == nil {
			order = append(order, o.SeriesUID)
		}
		of[o.SeriesUID] = append(of[o.SeriesUID], i)
	}
	var out []Shelf
	for _, uid := range order {
		all := of[uid]
		middle := objects[all[len(all)/2]]
		out = append(out, Shelf{SeriesUID: uid, Modality: middle.Modality, Objects: len(all), Middle: middle.SOPUID,
			slide: middle.SOPClass == "" || middle.Modality == "SM"})
	}
	return out, nil
}

// Thumbnail is a small picture of a series: the middle frame of its middle
// object, of a slide the whole, as it is shown at first. It is width × height
// pixels, black where the picture has none; nil where the object holds no pixels.
func (a *Archive) Thumbnail(ctx context.Context, s Shelf, width, height int) (image.Image, error) {
	dst := image.NewRGBA(image.Rect(0, 0, width, height))
	draw.Draw(dst, dst.Bounds(), image.Black, image.Point{}, draw.Src)
	if s.slide {
		img, err := a.Picture(ctx, imaging.Ref{SOPUID: s.Middle})
		if err != nil {
			return nil, err
		}
		draw.ApproxBiLinear.Scale(dst, fitted(img.Bounds(), width, height), img, img.Bounds(), draw.Src, nil)
		return dst, nil
	}
	f, err := a.Open(ctx, s.Middle)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	in := f.Instance()
	if in.Pixels.Rows == 0 || in.Pixels.Columns == 0 {
		return nil, nil
	}
	n := max(1, in.Pixels.Frames)/2 + 1
	frame, err := f.Frame(ctx, a.decoder, min(n, max(1, in.Pixels.Frames)))
	if err != nil {
		return nil, err
	}
	r, err := render.New(frame, in, min(n, max(1, in.Pixels.Frames)), render.Presentation{})
	if err != nil {
		return nil, err
	}
	v := render.FitView(frame.Columns, frame.Rows, width, height)
	v.Smooth = true
	r.Viewport(dst, v)
	return dst, nil
}

// fitted is where a picture lies whole and undistorted in the middle of a place.
func fitted(b image.Rectangle, width, height int) image.Rectangle {
	scale := min(float64(width)/float64(max(1, b.Dx())), float64(height)/float64(max(1, b.Dy())))
	w, h := int(float64(b.Dx())*scale), int(float64(b.Dy())*scale)
	x, y := (width-w)/2, (height-h)/2
	return image.Rect(x, y, x+max(1, w), y+max(1, h))
}
