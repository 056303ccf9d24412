package canvas

import (
	"image"

	"fyne.io/fyne/v2"

	"longying/app/ui/canvas/view"
	"longying/imaging"
	"longying/imaging/render"
	"longying/records"
)

// Measuring is what is measured in the viewport.
func (i *Image) Measuring() *Measuring { return i.measure }

// SetTool takes a tool into the left button; empty gives the button back.
func (i *Image) SetTool(t records.Tool) { i.measure.SetTool(t) }

// Tool is the tool in the left button, empty: none.
func (i *Image) Tool() records.Tool { return i.measure.Tool() }

// SetAnnotations gives the measurements of the study; those of other pictures are
// not shown.
func (i *Image) SetAnnotations(list []Annotated, selected string) {
	i.measure.SetAnnotations(list, selected)
}

// Selected is the Key of the measurement that is chosen, empty: none.
func (i *Image) Selected() string { return i.measure.Selected() }

// Measured are the words at each measurement of the picture in front.
func (i *Image) Measured() []string { return i.measure.Measured() }

// sheet is the picture in front of a viewport as what is measured on.
type sheet struct{ *Image }

func (s sheet) View() (render.View, int, int, bool) {
	w, h := s.pixels()
	return s.state.Render(w, h), w, h, s.renderer != nil
}

func (s sheet) Extent() (columns, rows int) { return s.state.Columns, s.state.Rows }

func (s sheet) Screen(at fyne.Position) (x, y float64) { return s.toPixels(at) }

func (s sheet) Yield() { s.crossing, s.drawing, s.drawnFrom, s.windowing = false, false, nil, false }

func (s sheet) Remark(words string) { s.notice = words }

func (s sheet) Screenshot() *image.RGBA { return s.buffer }

func (s sheet) Unmeasurable() string {
	one, ok := s.Shown()
	switch l := s.ws.Lang; {
	case !ok || s.frame == nil:
		return l.T("canvas.measure_nothing")
	case s.prior != "":
		return l.T("canvas.measure_prior")
	case one.Tile > 0:
		return l.T("canvas.measure_original")
	case !s.Original() && s.cut() == nil:
		return l.T("canvas.measure_plane")
	}
	return ""
}

func (s sheet) Picture() (records.Picture, bool) {
	one, ok := s.Shown()
	if !ok || s.frame == nil || s.Unmeasurable() != "" {
		return records.Picture{}, false
	}
	pic := records.Picture{Instance: one.Instance, Number: one.Frame, Frame: s.frame}
	if s.series != nil {
		pic.Series = s.series.Instances
	}
	return pic, true
}

// cut is the plane of the picture in front where that was computed, nil: none.
func (s sheet) cut() *records.Cut {
	one, ok := s.Shown()
	if !ok || one.Instance.SOPInstanceUID != "" || s.CutOf == nil {
		return nil
	}
	return s.CutOf(one)
}

func (s sheet) Place(points []imaging.Point) records.Annotation {
	one, _ := s.Shown()
	a := records.Annotation{Ref: imaging.Ref{StudyUID: s.study.UID, SeriesUID: s.series.UID, SOPUID: one.Instance.SOPInstanceUID, SOPClass: one.Instance.SOPClassUID, Frame: one.Frame}}
	if a.Cut = s.cut(); a.Cut != nil {
		a.Ref = imaging.Ref{StudyUID: s.study.UID, SeriesUID: one.Instance.SeriesUID}
	}
	if p, space, ok := s.place(); ok {
		a.Frame = p.Frame
		for _, q := range points {
			a.Patient = append(a.Patient, view.PointAt(p, space, q.X, q.Y))
		}
	}
	return a
}

// Points of a measurement on a plane are those of the plane in front where it lies
// in it, that is, nearer to it than to the planes beside it.
func (s sheet) Points(a *records.Annotation) []imaging.Point {
	one, ok := s.Shown()
	if !ok || one.Tile > 0 {
		return nil
	}
	if one.Instance.SOPInstanceUID != "" {
		if a.Ref.SOPUID != one.Instance.SOPInstanceUID || a.Ref.Frame != one.Frame {
			return nil
		}
		return a.Points
	}
	c := s.cut()
	if c == nil || a.Cut == nil || !c.Alike(a.Cut) || s.stack == nil {
		return nil
	}
	out := make([]imaging.Point, len(a.Patient))
	for k, q := range a.Patient {
		if c.Off(q) > s.stack.Geometry.Spacing/2+1e-3 {
			return nil
		}
		out[k] = c.Point(q)
	}
	return out
}
