package workspace

import (
	"slices"

	"fyne.io/fyne/v2"
)

// steady is the layout of Steady.
type steady struct {
	of    fyne.Layout
	size  fyne.Size
	wants []fyne.Size
	held  bool // nothing in it moves
}

// Steady lets a container lay out anew as soon as a child wants another size. The
// toolkit does so itself, but of several changes within one frame it can lose the
// outer one: a warning about the patient would lie below the picture, and the room
// of one that is gone would stay empty.
func Steady(c *fyne.Container) *fyne.Container {
	c.Layout = &steady{of: c.Layout}
	return c
}

// Hold keeps what lies in a steady container where it is, whatever comes and goes
// in it, until it is let go: then it is laid out as it wants to be. A window that
// changes its size is laid out all the same.
func Hold(c *fyne.Container, on bool) {
	s, ok := c.Layout.(*steady)
	if !ok || s.held == on {
		return
	}
	s.held = on
	if !on {
		c.Refresh()
	}
}

func wants(os []fyne.CanvasObject) []fyne.Size {
	out := make([]fyne.Size, len(os))
	for i, o := range os {
		if o.Visible() {
			out[i] = o.MinSize()
		}
	}
	return out
}

// Layout is fyne.Layout's.
func (s *steady) Layout(os []fyne.CanvasObject, size fyne.Size) {
	if s.held && size == s.size {
		return
	}
	s.size, s.wants = size, wants(os)
	s.of.Layout(os, size)
}

// MinSize is fyne.Layout's; the toolkit asks for it before it paints.
func (s *steady) MinSize(os []fyne.CanvasObject) fyne.Size {
	if s.wants != nil && !s.held && !slices.Equal(s.wants, wants(os)) {
		s.Layout(os, s.size)
	}
	return s.of.MinSize(os)
}
