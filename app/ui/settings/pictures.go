package settings

import (
	"fmt"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"longying/app/ui/theme"
	"longying/app/ui/workspace"
)

// picturesPage sets how much memory decoded pictures may take; at once.
func (r *room) picturesPage() fyne.CanvasObject {
	used, limit := r.ws.Frames.Used()
	var names []string
	chosen := ""
	for _, mib := range workspace.FrameCaches() {
		names = append(names, fmt.Sprintf("%d MiB", mib))
		if mib<<20 == limit {
			chosen = names[len(names)-1]
		}
	}
	choice := widget.NewRadioGroup(names, nil)
	choice.Required = true
	choice.Selected = chosen
	choice.OnChanged = func(s string) {
		for i, n := range names {
			if n == s {
				r.ws.StoreFrameCache(workspace.FrameCaches()[i], r.stored)
			}
		}
	}
	l := r.ws.Lang
	return container.NewVBox(choice, wrapped(l.T("settings.pictures_note"), widget.LowImportance),
		wrapped(l.T("settings.pictures_used", used>>20, limit>>20), widget.LowImportance))
}

// ruler is the length of the bar that is measured, in Fyne's units.
const ruler = 400

// pitchForm asks how long a bar on this monitor is, for pictures at true size.
func (r *room) pitchForm() fyne.CanvasObject {
	l := r.ws.Lang
	bar := canvas.NewRectangle(theme.Accent())
	bar.SetMinSize(fyne.NewSize(ruler, 10))
	now := wrapped("", widget.LowImportance)
	say := func() {
		now.SetText(l.T("settings.pitch_unknown"))
		if mm := r.ws.PixelPitch(); mm > 0 {
			now.SetText(l.T("settings.pitch_known", strconv.FormatFloat(mm, 'f', 4, 64)))
		}
	}
	say()
	entry := workspace.NewEntry(r.ws)
	entry.SetPlaceHolder(l.T("settings.pitch_entry"))
	keep := func() {
		pixels := ruler
		if c := fyne.CurrentApp().Driver().CanvasForObject(bar); c != nil {
			pixels, _ = c.PixelCoordinateForPosition(fyne.NewPos(ruler, 0))
		}
		mm := 0.0
		if text := strings.TrimSpace(entry.Text); text != "" {
			long, err := strconv.ParseFloat(text, 64)
			mm = long / float64(pixels)
			if err != nil || !(mm >= workspace.LeastPixelPitch && mm <= workspace.MostPixelPitch) {
				r.stored(fmt.Errorf("%s", l.T("settings.pitch_wrong", entry.Text)))
				return
			}
		}
		r.ws.StorePixelPitch(mm, r.stored)
		say()
	}
	entry.OnSubmitted = func(string) { keep() }
	return container.NewVBox(wrapped(l.T("settings.pitch"), widget.MediumImportance), container.NewHBox(bar),
		container.NewBorder(nil, nil, nil, widget.NewButton(l.T("settings.pitch_keep"), keep), entry), now)
}
