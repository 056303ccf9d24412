package canvas

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"longying/app/ui/theme"
	"longying/imaging"
)

// stripHeight is that of the strip over an earlier study.
const stripHeight = 24

// SetPrior marks the viewport as one of an earlier study, with what the strip
// over it says; empty: of the study that is open. Nothing can be drawn on an
// earlier study. SetStack takes the mark away.
func (i *Image) SetPrior(words string) {
	if words == i.prior {
		return
	}
	i.prior = words
	if words != "" {
		i.drawing, i.drawnFrom = false, nil
	}
	i.Refresh()
}

// Prior is what SetPrior gave.
func (i *Image) Prior() string { return i.prior }

// SetMatch says how the slices of an earlier study were matched with those of
// the study that is open.
func (i *Image) SetMatch(words string) {
	if words == i.match {
		return
	}
	i.match = words
	i.Refresh()
}

// Study is what the pictures are of, or nil.
func (i *Image) Study() *imaging.Study { return i.study }

// strip is the band over an earlier study and the frame around it: a colour that
// stands for nothing else, and words.
type strip struct {
	ground *canvas.Rectangle
	words  *canvas.Text
	match  *canvas.Text
	frame  *border
}

func newStrip() *strip {
	s := &strip{ground: canvas.NewRectangle(theme.Prior()), words: canvas.NewText("", color.Black), match: canvas.NewText("", color.Black), frame: newBorder(theme.Prior(), 3)}
	s.words.TextSize, s.match.TextSize = 15, 14
	s.words.TextStyle.Bold = true
	return s
}

func (s *strip) objects() []fyne.CanvasObject {
	return append(s.frame.objects(), s.ground, s.words, s.match)
}

func (s *strip) set(words, match string) {
	s.words.Text, s.match.Text = words, match
	for _, o := range s.objects() {
		if words == "" {
			o.Hide()
		} else {
			o.Show()
		}
		o.Refresh()
	}
}

// lay gives the height that the strip takes at the top.
func (s *strip) lay(size fyne.Size) float32 {
	if !s.ground.Visible() {
		return 0
	}
	s.frame.lay(fyne.Position{}, size)
	s.ground.Resize(fyne.NewSize(size.Width, stripHeight))
	need := s.words.MinSize().Width + 10
	s.words.Move(fyne.NewPos(6, (stripHeight-s.words.MinSize().Height)/2))
	s.words.Resize(s.words.MinSize())
	m := s.match.MinSize()
	s.match.Move(fyne.NewPos(size.Width-m.Width-6, (stripHeight-m.Height)/2))
	s.match.Resize(m)
	if need+m.Width+6 > size.Width { // a narrow viewport: what it is comes first
		s.match.Hide()
	}
	return stripHeight
}
