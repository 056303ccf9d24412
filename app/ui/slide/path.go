package slide

import (
	"longying/app/ui/canvas/view"
	"longying/imaging"
)

// several reports a slide of more than one optical path.
func (r *room) several() bool {
	return r.in != nil && r.slide != nil && len(r.slide.Description().OpticalPaths) > 1
}

// nextPath goes on to the next optical path of the slide, which is seen as the one
// before.
func (r *room) nextPath() {
	if !r.several() {
		return
	}
	d := r.slide.Description()
	r.path = d.OpticalPaths[(d.OpticalPath+1)%len(d.OpticalPaths)].Identifier
	seen, maps, marks, selected := r.pane.state, r.pane.maps, r.pane.marks, r.pane.selected
	r.leave()
	r.slide, r.waiting = nil, true
	r.problem.SetText("")
	r.read(r.in, func() {
		r.pane.state, r.pane.maps, r.pane.marks, r.pane.selected = seen, maps, marks, selected
		r.pane.Refresh()
		r.load()
	})
}

// sizeOf words the width and height of a region, in micrometres where the slide
// says its scale.
func (r *room) sizeOf(g imaging.Region) string {
	w, h := g.X1-g.X0, g.Y1-g.Y0
	l := r.slide.Levels()[0]
	if l.MicrometresX <= 0 || l.MicrometresY <= 0 {
		return r.ws.Lang.T("slide.region_pixels", view.Figures(w), view.Figures(h))
	}
	w, h = w*l.MicrometresX, h*l.MicrometresY
	if max(w, h) < 1000 {
		return r.ws.Lang.T("slide.region_um", view.Figures(w), view.Figures(h))
	}
	return r.ws.Lang.T("slide.region_mm", view.Figures(w/1000), view.Figures(h/1000))
}
