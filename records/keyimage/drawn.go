package keyimage

import (
	"math"
	"strings"

	"longying/imaging"
	"longying/imaging/dicomfile"
	"longying/records"
)

// drawnLayer is the layer of what doctors measured and drew by hand.
const drawnLayer = "MEASUREMENTS"

// green is sRGB (164, 232, 108) in CIELab, scaled as PS3.3 C.10.7.1.1 says.
func green() []int { return []int{56041, 23271, 46339} }

// measuredBy names who measured, whole names only.
func measuredBy(list []records.Annotation) string {
	out := "Measured by hand"
	seen := map[string]bool{}
	for _, a := range list {
		next := out + ", " + a.ByName
		if len(seen) == 0 {
			next = out + " by " + a.ByName
		}
		if seen[a.ByName] || len([]rune(next)) > 64 {
			continue
		}
		seen[a.ByName], out = true, next
	}
	return out
}

// drawn are the shapes of what was drawn, each with its words: PS3.3 C.10.5.
func (im *Image) drawn() (texts, graphics []*dicomfile.Dataset) {
	graphic := func(kind imaging.GraphicType, points ...imaging.Point) {
		var data []float64
		for _, p := range points {
			data = append(data, p.X, p.Y)
		}
		d := dicomfile.NewDataset().
			String(dicomfile.TagGraphicUnits, "CS", "PIXEL").
			Int(dicomfile.TagGraphicDimensions, "US", 2).
			Int(dicomfile.TagGraphicPoints, "US", len(points)).
			Float(dicomfile.TagGraphicData, "FL", data...).
			String(dicomfile.TagGraphicType, "CS", string(kind))
		closed := kind == imaging.GraphicEllipse || len(points) > 2 && points[0] == points[len(points)-1]
		if closed { // type 1C: of what encloses an area
			d.String(dicomfile.TagGraphicFilled, "CS", "N")
		}
		graphics = append(graphics, d)
	}
	for i := range im.Annotations {
		a := &im.Annotations[i]
		p := a.Points
		switch a.Tool {
		case records.ToolCobb, records.ToolThorax:
			graphic(imaging.GraphicPolyline, p[0], p[1])
			graphic(imaging.GraphicPolyline, p[2], p[3])
		case records.ToolEllipse:
			graphic(imaging.GraphicEllipse, a.Axes()...)
		case records.ToolPolygon:
			graphic(imaging.GraphicPolyline, append(append([]imaging.Point(nil), p...), p[0])...)
		case records.ToolProbe, records.ToolText:
			graphic(imaging.GraphicPoint, p[0])
		case records.ToolArrow:
			graphic(imaging.GraphicPolyline, p[0], p[1])
			if l := math.Hypot(p[1].X-p[0].X, p[1].Y-p[0].Y); l > 0 {
				size := min(l/3, float64(im.Columns)/40)
				barb := func(turn float64) imaging.Point {
					s, c := math.Sincos(turn)
					dx, dy := (p[1].X-p[0].X)/l*size, (p[1].Y-p[0].Y)/l*size
					return imaging.Point{X: p[0].X + dx*c - dy*s, Y: p[0].Y + dx*s + dy*c}
				}
				graphic(imaging.GraphicPolyline, barb(0.45), p[0], barb(-0.45))
			}
		default:
			graphic(imaging.GraphicPolyline, p...)
		}
		if said := a.Said("zh"); len(said) > 0 {
			box := imaging.Region{X0: p[0].X, Y0: p[0].Y, X1: p[0].X, Y1: p[0].Y}
			for _, q := range p {
				box.X0, box.Y0, box.X1, box.Y1 = min(box.X0, q.X), min(box.Y0, q.Y), max(box.X1, q.X), max(box.Y1, q.Y)
			}
			texts = append(texts, im.words(strings.Join(said, "\r\n"), len(said), box))
		}
	}
	return texts, graphics
}

// words stand below a shape, or over it where the picture ends.
func (im *Image) words(text string, lines int, g imaging.Region) *dicomfile.Dataset {
	part := im.seen()
	w, h := part.size()
	g = part.box(g)
	height := min(max(h/30, 7)*float64(lines), h)
	top := g.Y1 + 2
	if top+height > h {
		top = g.Y0 - 2 - height
	}
	top = max(0, min(top, h-height))
	width := w / 3
	left := max(0, min(g.X0, w-width))
	return part.textBox(text, left, top, left+width, top+height)
}
