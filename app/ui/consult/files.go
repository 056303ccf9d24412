package consult

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/storage"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"longying/app/ui/lang"
	"longying/app/ui/workspace"
)

// file is a field for the path of a file with the toolkit's chooser beside it.
func (r *room) file(into *workspace.Entry, title lang.Key) fyne.CanvasObject {
	b := widget.NewButtonWithIcon(r.ws.Lang.T("consult.button_choose"), theme.FolderOpenIcon(), func() { r.choosePath(into, title) })
	return container.NewBorder(nil, nil, nil, b, into)
}

// choosePath puts the path of a file that somebody chooses into a field.
func (r *room) choosePath(into *workspace.Entry, title lang.Key) {
	window := workspace.WindowOf(r.page)
	if window == nil || window.Canvas().Overlays().Top() != nil { // one is open: keys reach past it
		return
	}
	t := r.ws.Lang.T
	d := dialog.NewFileOpen(func(u fyne.URIReadCloser, err error) {
		if u != nil {
			into.SetText(u.URI().Path())
			err = u.Close()
		}
		r.problem.SetText(r.ws.Explain(err))
		workspace.Focus(into)
	}, window)
	d.SetFilter(storage.NewExtensionFileFilter([]string{PackExtension, ReplyExtension}))
	d.SetTitleText(t(title))
	d.SetConfirmText(t("consult.button_choose_this"))
	d.SetDismissText(t("consult.button_cancel"))
	d.Show()
	d.Resize(fyne.NewSize(900, 560)) // the toolkit panics on it before
}

// chooseFile opens the chooser of the file that the page asks for.
func (r *room) chooseFile() {
	switch {
	case r.view == showOpenPack:
		r.choosePath(r.opening.path, "consult.open_pack")
	case r.view == showConsult && r.current != nil:
		r.turn(pageMeet)
		r.choosePath(r.flow.replyPath, "consult.merge")
	}
}

// reveal scrolls to a field that has got the keys and is out of sight, as one that
// Tab came to may be.
func (r *room) reveal(e *workspace.Entry) {
	driver := fyne.CurrentApp().Driver()
	if driver.CanvasForObject(e) == nil || !e.Visible() {
		return
	}
	const margin = 40 // its caption stays in sight
	top := driver.AbsolutePositionForObject(e).Y - driver.AbsolutePositionForObject(r.scroll).Y
	at := r.scroll.Offset
	switch {
	case top < margin:
		at.Y += top - margin
	case top+e.Size().Height+margin > r.scroll.Size().Height:
		at.Y += top + e.Size().Height + margin - r.scroll.Size().Height
	default:
		return
	}
	r.scroll.ScrollToOffset(at)
}

// release takes the keys from a field of the page before: it would send what stood
// there by the key that does what is next on this one.
func (r *room) release() {
	c := fyne.CurrentApp().Driver().CanvasForObject(r.page)
	if c == nil {
		return
	}
	e, ok := c.Focused().(*workspace.Entry)
	if ok && slices.Contains(r.fields, e) && !holds(r.page, e) {
		c.Unfocus()
	}
}

// holds reports an object that is in a container, at any depth.
func holds(in *fyne.Container, what fyne.CanvasObject) bool {
	for _, o := range in.Objects {
		if o == what {
			return true
		}
		if box, ok := o.(*fyne.Container); ok && holds(box, what) {
			return true
		}
	}
	return false
}

// seenFields makes fields come into sight when they get the keys.
func (r *room) seenFields(fields ...*workspace.Entry) {
	r.fields = append(r.fields, fields...)
	for _, e := range fields {
		e.OnFocus = func() { r.reveal(e) }
	}
}
