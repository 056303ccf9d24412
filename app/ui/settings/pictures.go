package settings

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

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
