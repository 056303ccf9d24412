package settings

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"longying/app/screen"
)

// lookPage sets the window's colours and the size of its words; live, for this
// data folder, and also before anybody has signed in.
func (r *room) lookPage() fyne.CanvasObject {
	l, now := r.ws.Lang, r.ws.Screen.State()
	schemes := []string{l.T("settings.look_dark"), l.T("settings.look_light")}
	scheme := widget.NewRadioGroup(schemes, nil)
	scheme.Horizontal, scheme.Required = true, true
	scheme.Selected = schemes[0]
	if now.Scheme == screen.Light {
		scheme.Selected = schemes[1]
	}
	scheme.OnChanged = func(s string) {
		if s == schemes[1] {
			r.ws.SetScheme(screen.Light)
		} else {
			r.ws.SetScheme(screen.Dark)
		}
	}
	var sizes []string
	size := widget.NewRadioGroup(nil, nil)
	size.Horizontal, size.Required = true, true
	for _, p := range screen.Sizes() {
		sizes = append(sizes, fmt.Sprintf("%d %%", p))
		if p == now.Size {
			size.Selected = sizes[len(sizes)-1]
		}
	}
	size.Options = sizes
	size.OnChanged = func(s string) {
		for i, name := range sizes {
			if name == s {
				r.ws.SetSize(screen.Sizes()[i])
			}
		}
	}
	return container.NewVBox(bold(l.T("settings.look_scheme")), scheme, wrapped(l.T("settings.look_scheme_note"), widget.LowImportance),
		bold(l.T("settings.look_size")), size, wrapped(l.T("settings.look_size_note"), widget.LowImportance))
}
