package canvas

import (
	"strconv"

	"fyne.io/fyne/v2"

	"longying/app/ui/canvas/view"
	"longying/app/ui/lang"
	"longying/app/ui/workspace"
	"longying/imaging"
)

// Actions are what the keys do to a viewport; front gives the one in front, or
// nil.
func Actions(front func() *Image) []workspace.Action {
	with := func(f func(*Image)) func() {
		return func() {
			if i := front(); i != nil {
				f(i)
			}
		}
	}
	scroll := func(n int) func() { return with(func(i *Image) { i.SetState(i.state.Scroll(n)) }) }
	key := func(label string, do func(), names ...fyne.KeyName) workspace.Action {
		a := workspace.Action{Label: lang.Key(label), Do: do}
		for _, n := range names {
			a.Keys = append(a.Keys, workspace.Press(n))
		}
		return a
	}
	shifted := func(label string, do func(), name fyne.KeyName) workspace.Action {
		return workspace.Action{Label: lang.Key(label), Do: do, Keys: []workspace.Key{{Name: name, Mod: fyne.KeyModifierShift}}}
	}
	out := []workspace.Action{
		key("canvas.key_previous", scroll(-1), fyne.KeyUp),
		key("canvas.key_next", scroll(1), fyne.KeyDown),
		key("canvas.key_back10", scroll(-10), fyne.KeyPageUp),
		key("canvas.key_on10", scroll(10), fyne.KeyPageDown),
		key("canvas.key_first", with(func(i *Image) { i.SetState(i.state.ScrollTo(0)) }), fyne.KeyHome),
		key("canvas.key_last", with(func(i *Image) { i.SetState(i.state.ScrollTo(i.state.Slices - 1)) }), fyne.KeyEnd),
		key("canvas.key_own", with(func(i *Image) { i.SetState(i.state.WithWindow(nil)) }), fyne.Key0),
		key("canvas.key_invert", with(func(i *Image) {
			s := i.state
			s.Invert = !s.Invert
			i.SetState(s)
		}), fyne.KeyI),
		key("canvas.key_flip", with(func(i *Image) { i.SetState(i.state.Mirror()) }), fyne.KeyF),
		key("canvas.key_rotate", with(func(i *Image) { i.SetState(i.state.Turn()) }), fyne.KeyV),
		key("canvas.key_fit", with(func(i *Image) { i.SetState(i.state.Fit()) }), fyne.KeyZ),
		key("canvas.key_one", with(func(i *Image) {
			w, h := i.pixels()
			i.SetState(i.state.OneToOne(w, h))
		}), fyne.KeyX),
		key("canvas.key_true", with(func(i *Image) { i.TrueSize() }), fyne.KeyS),
		key("canvas.key_words", with(func(i *Image) {
			i.bare = !i.bare
			i.Refresh()
		}), fyne.KeyH),
		key("canvas.key_overlays", with(func(i *Image) { i.Uncover(!i.uncovered) }), fyne.KeyPeriod),
		key("canvas.key_rejected", with(func(i *Image) { i.ShowRejected(!i.rejected) }), fyne.KeyR),
		shifted("canvas.key_window_region", with(func(i *Image) { i.WindowRegion(!i.windowing) }), fyne.KeyI),
		shifted("canvas.key_fill", with(func(i *Image) { i.nextFill() }), fyne.KeyF),
		shifted("canvas.key_colours", with(func(i *Image) { i.nextColours() }), fyne.KeyC),
		shifted("canvas.key_magnify", with(func(i *Image) { i.Magnify() }), fyne.KeyZ),
		key("canvas.key_cross", with(func(i *Image) { i.Cross(!i.crossing) }), fyne.KeyC),
		key("canvas.key_cine", with(func(i *Image) { i.cine.Toggle() }), fyne.KeySpace),
		key("canvas.key_cine_faster", with(func(i *Image) { i.cine.Faster(1) }), fyne.KeyEqual, fyne.KeyPlus),
		key("canvas.key_cine_slower", with(func(i *Image) { i.cine.Faster(-1) }), fyne.KeyMinus),
		key("canvas.key_escape", with(func(i *Image) {
			if i.measure.Escape() {
				return
			}
			i.DrawRegion(false)
			i.WindowRegion(false)
			i.magnified = 0
			i.Cross(false)
			if i.OnEscape != nil {
				i.OnEscape()
			}
		}), fyne.KeyEscape),
	}
	// The presets of what is in front, each under its own number.
	if i := front(); i != nil && i.series != nil {
		for k, p := range view.Presets(i.series.Modality) {
			w := p.Window
			out = append(out, key("preset."+p.ID, with(func(i *Image) { i.preset(w) }), fyne.KeyName(strconv.Itoa(k+1))))
		}
	}
	return out
}

func (i *Image) preset(w imaging.VOILUT) { i.SetState(i.state.WithWindow(&w)) }
