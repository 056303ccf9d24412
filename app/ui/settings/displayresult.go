package settings

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"math"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"longying/app/ui/lang"
	look "longying/app/ui/theme"
	"longying/imaging/gsdf"
)

// resultPart is the verdict on the luminances as they are typed, with its reasons,
// the curve and every step.
func (r *room) resultPart(box *fyne.Container) {
	l := r.ws.Lang
	values, ambient, err := r.luminances()
	switch {
	case err != nil:
		box.Add(wrapped(r.measurementWords(err), widget.DangerImportance))
		return
	case values == nil:
		box.Add(wrapped(l.T("settings.display_fill"), widget.LowImportance))
		return
	}
	res, err := gsdf.Check(values, ambient)
	if err != nil {
		box.Add(wrapped(r.measurementWords(err), widget.DangerImportance))
		return
	}
	weight := widget.SuccessImportance
	switch res.Class {
	case gsdf.Secondary:
		weight = widget.WarningImportance
	case gsdf.Neither:
		weight = widget.DangerImportance
	}
	verdict := bold(l.T(lang.Key("display.class_" + string(res.Class))))
	verdict.Importance = weight
	box.Add(verdict)
	w := res.Steps[res.Worst]
	box.Add(wrapped(l.T("settings.display_verdict", percent(res.WorstDeviation()), w.From, w.To, number(res.Least), number(res.Most), number(res.Ratio)), widget.MediumImportance))
	for _, m := range res.Misses {
		box.Add(wrapped(missWords(l, m), weight))
	}
	box.Add(newCurve(res))
	box.Add(wrapped(l.T("settings.display_curve"), widget.LowImportance))
	var rows []string
	for i, level := range gsdf.Levels() {
		row := l.T("settings.display_row", level, number(res.Measured[i]), number(res.Targets[i]))
		if i > 0 {
			row += l.T("settings.display_row_off", signed(res.Steps[i-1].Deviation))
		}
		rows = append(rows, row)
	}
	columns := container.NewGridWithColumns(2, wrapped(strings.Join(rows[:9], "\n"), widget.LowImportance), wrapped(strings.Join(rows[9:], "\n"), widget.LowImportance))
	box.Add(columns)
	keep := widget.NewButtonWithIcon(l.T("settings.display_luminances_button"), theme.ConfirmIcon(), r.keepLuminances)
	keep.Importance = widget.HighImportance
	box.Add(container.NewHBox(keep))
}

// keepLuminances keeps the luminances, whatever they come to.
func (r *room) keepLuminances() {
	values, ambient, err := r.luminances()
	if err == nil && values != nil {
		_, err = gsdf.Check(values, ambient)
	}
	switch {
	case err != nil:
		r.cannot(func() string { return r.measurementWords(err) })
	case values == nil:
		r.cannot(func() string { return r.ws.Lang.T("settings.display_fill") })
	case r.display.monitor == nil: // its pixels are not known
		r.cannot(func() string { return r.ws.Lang.T("settings.display_show_first") })
	default:
		c := r.newCheck()
		c.Luminances, c.Ambient = values, ambient
		r.keepCheck(c)
	}
}

// missWords is a limit that a monitor misses.
func missWords(l *lang.Strings, m gsdf.Limit) string {
	class := l.T(lang.Key("display.of_" + string(m.Class)))
	switch m.Of {
	case "deviation":
		return l.T("display.miss_deviation", class, percent(m.Is), percent(m.Limit))
	case "ratio":
		return l.T("display.miss_ratio", class, number(m.Is), number(m.Limit))
	case "luminance":
		return l.T("display.miss_luminance", class, number(m.Is), number(m.Limit))
	}
	return l.T("display.miss_falling", int(m.Is), int(m.Limit))
}

func percent(fraction float64) string {
	return strconv.FormatFloat(math.Ceil(1000*fraction-1e-6)/10, 'f', -1, 64)
}

func signed(fraction float64) string { return fmt.Sprintf("%+.1f", 100*fraction) }

// number writes a luminance or a ratio with three digits.
func number(v float64) string {
	if v >= 100 {
		return strconv.FormatFloat(math.Round(v), 'f', -1, 64)
	}
	decimals := 2
	if v >= 10 {
		decimals = 1
	}
	return strconv.FormatFloat(v, 'f', decimals, 64)
}

// curve is how far each step is from the function, with the limits of both
// classes.
type curve struct {
	widget.BaseWidget
	steps []gsdf.Step
}

func newCurve(r gsdf.Result) *curve {
	c := &curve{steps: r.Steps}
	c.ExtendBaseWidget(c)
	return c
}

const (
	curveHeight = 180
	curveMost   = 0.40 // the deviation at the top and the bottom; what is beyond is drawn there
)

// CreateRenderer is fyne.Widget's.
func (c *curve) CreateRenderer() fyne.WidgetRenderer {
	r := canvas.NewRaster(c.draw)
	r.SetMinSize(fyne.NewSize(300, curveHeight))
	var captions []fyne.CanvasObject
	for _, at := range curveLines() {
		t := canvas.NewText(strings.Replace(fmt.Sprintf("%+.0f %%", 100*at), "+0 ", "0 ", 1), look.Dim())
		t.TextSize, t.Alignment = 12, fyne.TextAlignTrailing
		captions = append(captions, t)
	}
	scale := container.New(curveScale{}, captions...)
	return widget.NewSimpleRenderer(container.NewBorder(nil, nil, scale, nil, r))
}

// curveLines are the deviations that are drawn as lines.
func curveLines() []float64 {
	return []float64{gsdf.SecondaryDeviation, gsdf.PrimaryDeviation, 0, -gsdf.PrimaryDeviation, -gsdf.SecondaryDeviation}
}

// curveScale writes each of curveLines beside its line.
type curveScale struct{}

func (curveScale) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(objects[0].MinSize().Width+4, 0)
}

func (curveScale) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for i, at := range curveLines() {
		least := objects[i].MinSize()
		objects[i].Resize(fyne.NewSize(size.Width-4, least.Height))
		objects[i].Move(fyne.NewPos(0, size.Height*float32(0.5-at/(2*curveMost))-least.Height/2))
	}
}

// draw is a bar a step between two pairs of lines: the limits.
func (c *curve) draw(w, h int) image.Image {
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	fill := func(x0, y0, x1, y1 int, ink color.Color) {
		draw.Draw(out, image.Rect(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)), image.NewUniform(ink), image.Point{}, draw.Over)
	}
	y := func(deviation float64) int {
		d := min(max(deviation, -curveMost), curveMost)
		return int(math.Round(float64(h-1) * (0.5 - d/(2*curveMost))))
	}
	thick := max(1, h/180)
	for _, at := range curveLines() {
		ink := look.Grey()
		switch math.Abs(at) {
		case gsdf.PrimaryDeviation:
			ink = look.Accent()
		case gsdf.SecondaryDeviation:
			ink = look.Amber()
		}
		fill(0, y(at), w, y(at)+thick, ink)
	}
	for i, s := range c.steps {
		x0, x1 := w*i/len(c.steps)+w/120, w*(i+1)/len(c.steps)-w/120
		ink := look.Accent()
		switch d := math.Abs(s.Deviation); {
		case d > gsdf.SecondaryDeviation:
			ink = look.Red()
		case d > gsdf.PrimaryDeviation:
			ink = look.Amber()
		}
		top := y(s.Deviation)
		if top == y(0) {
			top -= 2 * thick // a step exactly on the function is seen too
		}
		fill(x0, y(0), x1, top, ink)
	}
	return out
}
