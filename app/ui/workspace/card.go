package workspace

import (
	"fmt"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"longying/app/ui/lang"
	"longying/models"
)

// CardView shows what a model's card says: what it is for and not for, what was
// measured with its interval, known failures, and that it is no medical device.
// Findings and settings both show it.
func CardView(ws *Workspace, c *models.Card) fyne.CanvasObject {
	l := ws.Lang
	short := l.Short()
	box := container.NewVBox()
	add := func(title lang.Key, lines ...string) {
		if len(lines) == 0 {
			return
		}
		head := widget.NewLabelWithStyle(l.T(title), fyne.TextAlignLeading, fyne.TextStyle{Bold: true})
		head.Importance = widget.HighImportance
		body := NewText(ws, strings.Join(lines, "\n"), widget.MediumImportance)
		box.Add(container.NewVBox(head, body))
	}
	texts := func(ts []models.Text) []string {
		var out []string
		for _, t := range ts {
			out = append(out, "· "+t.In(short))
		}
		return out
	}
	notDevice := widget.NewLabel(l.T("card.not_device") + "\n" + c.Purpose.Registration.In(short))
	notDevice.Wrapping, notDevice.Importance = fyne.TextWrapWord, widget.WarningImportance
	box.Add(notDevice)
	add("card.intended", c.Purpose.IntendedUse.In(short))
	add("card.contraindications", texts(c.Purpose.Contraindications)...)
	if c.Input.AlwaysAmber && c.Input.AmberReason != nil {
		add("card.always_amber", c.Input.AmberReason.In(short))
	}
	evidence := []string{c.Evidence.Summary.In(short)}
	for _, m := range c.Evidence.Metrics {
		evidence = append(evidence, "· "+Metric(l, m))
	}
	if p := c.Evidence.Prevalence; p != nil {
		evidence = append(evidence, l.T("card.prevalence", fmt.Sprintf("%.1f", 100**p)))
	}
	add("card.evidence", evidence...)
	add("card.failures", texts(c.Evidence.KnownFailures)...)
	add("card.identity", l.T("card.version", c.ID, c.Version), l.T("card.maker", c.Maker),
		l.T("card.licence", c.Licence.Weights, c.Licence.Data), c.Licence.Attribution, "SHA-256 "+Grouped(c.File.SHA256))
	return box
}

// Metric is one measured value with its 95 % confidence interval.
func Metric(l *lang.Strings, m models.Metric) string {
	name := m.Name
	if strings.HasPrefix(name, "recall:") {
		name = l.T("card.metric_recall", strings.TrimPrefix(name, "recall:"))
	} else {
		name = l.Or(lang.Key("card.metric_"+name), name)
	}
	return l.T("card.metric", name, m.Set, fmt.Sprintf("%.3f", m.Value), fmt.Sprintf("%.3f", m.Low), fmt.Sprintf("%.3f", m.High), m.N)
}

// Grouped puts a space after every eight characters, so that a hash wraps and
// can be compared by eye.
func Grouped(hash string) string {
	var b strings.Builder
	for i, r := range hash {
		if i > 0 && i%8 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return b.String()
}
