package slide

import (
	"image"

	"fyne.io/fyne/v2"

	viewer "longying/app/ui/canvas"
	"longying/app/ui/workspace"
	"longying/imaging"
	"longying/imaging/render"
	"longying/records"
)

// tools are those that measure something on a slide: no pixel of it has a value.
func tools() []records.Tool {
	return []records.Tool{records.ToolLength, records.ToolAngle, records.ToolEllipse, records.ToolPolygon, records.ToolArrow, records.ToolText}
}

// sheet is the slide as what is measured on: points are pixels of level 0, the
// total pixel matrix of PS3.3 C.8.12.4.
type sheet struct{ *pane }

func (s sheet) View() (render.View, int, int, bool) {
	w, h := s.pixels()
	return s.state.Render(w, h), w, h, s.source != nil && s.in != nil
}

func (s sheet) Extent() (columns, rows int) { return s.state.Columns, s.state.Rows }

func (s sheet) Screen(at fyne.Position) (x, y float64) {
	d := float64(s.density())
	return float64(at.X) * d, float64(at.Y) * d
}

func (s sheet) Unmeasurable() string {
	if s.source == nil || s.in == nil {
		return s.ws.Lang.T("slide.none")
	}
	return ""
}

// Picture has the spacing that the slide says, none where it does not: lengths
// then are pixels, and say so.
func (s sheet) Picture() (records.Picture, bool) {
	if s.source == nil || s.in == nil {
		return records.Picture{}, false
	}
	l := s.source.Levels()[0]
	in := &imaging.Instance{Modality: "SM", Pixels: imaging.PixelDescription{Columns: l.Columns, Rows: l.Rows}}
	if l.MicrometresX > 0 && l.MicrometresY > 0 {
		in.Space = imaging.Spacing{RowMM: l.MicrometresY / 1000, ColumnMM: l.MicrometresX / 1000, Source: imaging.SpacingSlide}
	}
	return records.Picture{Instance: in, Number: 1, Micrometres: true}, true
}

func (s sheet) Place([]imaging.Point) records.Annotation {
	return records.Annotation{Matrix: true, Ref: imaging.Ref{StudyUID: s.in.StudyUID, SeriesUID: s.in.SeriesUID, SOPUID: s.in.SOPInstanceUID, SOPClass: s.in.SOPClassUID}}
}

func (s sheet) Points(a *records.Annotation) []imaging.Point {
	if s.in == nil || !a.Matrix || a.Ref.SOPUID != s.in.SOPInstanceUID {
		return nil
	}
	return a.Points
}

func (s sheet) Yield() { s.drawing = false }

func (s sheet) Remark(words string) { s.onSay(words) }

func (s sheet) Screenshot() *image.RGBA { return s.buffer }

// paneRenderer lays the words of what is measured over the slide.
type paneRenderer struct{ p *pane }

func (r *paneRenderer) Destroy() {}

func (r *paneRenderer) MinSize() fyne.Size { return r.p.MinSize() }

func (r *paneRenderer) Objects() []fyne.CanvasObject {
	return append([]fyne.CanvasObject{r.p.raster}, r.p.labels.Objects()...)
}

func (r *paneRenderer) Layout(size fyne.Size) {
	r.p.raster.Resize(size)
	r.p.labels.Lay(size, nil)
}

func (r *paneRenderer) Refresh() {
	r.p.labels.Refresh(false)
	r.p.labels.Lay(r.p.Size(), nil)
}

// desk is the room as one in which something is measured.
type desk struct{ *room }

func (d desk) Study() string {
	if c := d.ws.Current(); c != nil && d.in != nil {
		return c.Examination.StudyUID
	}
	return ""
}

func (d desk) Measurings() []*viewer.Measuring { return []*viewer.Measuring{d.pane.measure} }

func (d desk) Show(list []viewer.Annotated, chosen string) {
	d.pane.measure.SetAnnotations(list, chosen)
}

func (d desk) Problem() *workspace.Problem { return d.problem }

// Bring brings what was measured into view.
func (d desk) Bring(a *records.Annotation) {
	if len(a.Points) == 0 || d.in == nil || a.Ref.SOPUID != d.in.SOPInstanceUID {
		return
	}
	g := imaging.Region{X0: a.Points[0].X, Y0: a.Points[0].Y, X1: a.Points[0].X, Y1: a.Points[0].Y}
	for _, p := range a.Points {
		g.X0, g.Y0, g.X1, g.Y1 = min(g.X0, p.X), min(g.Y0, p.Y), max(g.X1, p.X), max(g.Y1, p.Y)
	}
	w, h := d.pane.pixels()
	d.pane.set(d.pane.state.CenterOn(g, w, h))
}
