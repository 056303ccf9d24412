// Package theme is the look of the desktop: dark chrome around images, or light
// chrome for the office, one accent, 14 px text, compact padding, and a font of
// its own, so that Chinese never depends on what the machine has installed.
//
// The colours here are those of the dark scheme and of what is drawn on
// pictures, which lie on black in both schemes. On the window's own ground a
// colour stands as InChrome gives it.
package theme

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// Chrome is the ground of the window. Images lie on black and are never tinted.
func Chrome() color.Color { return InChrome(color.NRGBA{0x1b, 0x1e, 0x22, 0xff}) }

// Raised is the ground of bars and panels beside the chrome.
func Raised() color.Color { return InChrome(color.NRGBA{0x23, 0x27, 0x2c, 0xff}) }

// Text is the colour of text.
func Text() color.Color { return color.NRGBA{0xd7, 0xda, 0xdd, 0xff} }

// Dim is the colour of text that says less: captions, units.
func Dim() color.Color { return color.NRGBA{0x9d, 0xa4, 0xab, 0xff} }

// Accent is the one accent.
func Accent() color.Color { return color.NRGBA{0x2f, 0xb3, 0xa6, 0xff} }

// Chosen is the ground of the row that is selected: dark enough for Dim on it.
func Chosen() color.Color { return InChrome(color.NRGBA{0x1c, 0x38, 0x3a, 0xff}) }

// The colours with a meaning. Each comes with a second sign: dashes, a mark, a
// word.
func Amber() color.Color { return color.NRGBA{0xff, 0xb0, 0x20, 0xff} }

// Cyan is what a doctor confirmed.
func Cyan() color.Color { return color.NRGBA{0x3f, 0xd8, 0xf5, 0xff} }

// Grey is what a doctor rejected.
func Grey() color.Color { return color.NRGBA{0x80, 0x86, 0x8c, 0xff} }

// Measured is what a doctor measured or drew by hand, and nothing else.
func Measured() color.Color { return color.NRGBA{0xa4, 0xe8, 0x6c, 0xff} }

// Prior is the frame around an earlier study, and nothing else.
func Prior() color.Color { return color.NRGBA{0xb9, 0x8c, 0xff, 0xff} }

// Red is critical, and a mismatch of patients.
func Red() color.Color { return color.NRGBA{0xff, 0x78, 0x6d, 0xff} }

// Scheme is a set of colours.
type Scheme int

// The schemes.
const (
	Dark  Scheme = iota // of the reading room
	Light               // of the office
)

// lightly is what each colour of the dark scheme is in the light one.
func lightly(c color.NRGBA) color.NRGBA {
	switch color.Color(c) {
	case dark(Text()):
		return color.NRGBA{0x1a, 0x1d, 0x20, 0xff}
	case dark(Dim()):
		return color.NRGBA{0x4f, 0x56, 0x5d, 0xff}
	case dark(Accent()):
		return color.NRGBA{0x0b, 0x63, 0x5c, 0xff}
	case dark(Amber()):
		return color.NRGBA{0x7d, 0x4a, 0x00, 0xff}
	case dark(Cyan()):
		return color.NRGBA{0x00, 0x5f, 0x73, 0xff}
	case dark(Grey()):
		return color.NRGBA{0x59, 0x5f, 0x65, 0xff}
	case dark(Prior()):
		return color.NRGBA{0x62, 0x38, 0xbd, 0xff}
	case dark(Red()):
		return color.NRGBA{0xab, 0x1f, 0x18, 0xff}
	case dark(Chrome()):
		return color.NRGBA{0xf4, 0xf5, 0xf6, 0xff}
	case dark(Raised()):
		return color.NRGBA{0xe6, 0xe8, 0xea, 0xff}
	case dark(Chosen()):
		return color.NRGBA{0xcd, 0xe5, 0xe2, 0xff}
	}
	return c
}

// InChrome is one of the colours of this package as it stands on the window's
// own ground: it follows the scheme of the theme in force, also after it was
// handed to an object.
func InChrome(c color.Color) color.Color { return chrome{dark(c)} }

type chrome struct{ dark color.NRGBA }

// RGBA is color.Color's.
func (c chrome) RGBA() (r, g, b, a uint32) {
	if t, ok := fyne.CurrentApp().Settings().Theme().(*Reading); ok && t.scheme == Light {
		return lightly(c.dark).RGBA()
	}
	return c.dark.RGBA()
}

func dark(c color.Color) color.NRGBA {
	switch c := c.(type) {
	case chrome:
		return c.dark
	case color.NRGBA:
		return c
	}
	return color.NRGBAModel.Convert(c).(color.NRGBA)
}

// Reading is the theme of the desktop.
type Reading struct {
	font   fyne.Resource
	scheme Scheme
}

// Scheme is the theme's set of colours.
func (r *Reading) Scheme() Scheme { return r.scheme }

// In is the same theme in another scheme.
func (r *Reading) In(s Scheme) *Reading { return &Reading{font: r.font, scheme: s} }

// of gives a colour of this package in the theme's scheme.
func (r *Reading) of(c color.Color) color.Color {
	if r.scheme == Light {
		return lightly(dark(c))
	}
	return dark(c)
}

// NewReading makes the theme over a TrueType or OpenType font with Chinese;
// an empty one leaves the toolkit's own, which has none.
func NewReading(font []byte) *Reading {
	r := &Reading{}
	if len(font) > 0 {
		r.font = fyne.NewStaticResource("reading.ttf", font)
	}
	return r
}

// Color is fyne.Theme's.
func (r *Reading) Color(n fyne.ThemeColorName, _ fyne.ThemeVariant) color.Color {
	switch n {
	case theme.ColorNameBackground:
		return r.of(Chrome())
	case theme.ColorNameForeground:
		return r.of(Text())
	case theme.ColorNamePrimary, theme.ColorNameHyperlink:
		return r.of(Accent())
	case theme.ColorNameDisabled, theme.ColorNamePlaceHolder: // also of captions: they are read all day
		return r.of(Dim())
	case theme.ColorNameDisabledButton, theme.ColorNameHeaderBackground, theme.ColorNameOverlayBackground:
		return r.of(Raised())
	case theme.ColorNameWarning:
		return r.of(Amber())
	case theme.ColorNameError:
		return r.of(Red())
	case theme.ColorNameFocus:
		return faint(r.of(Accent()), 0x66)
	case theme.ColorNameSelection:
		return faint(r.of(Accent()), 0x40)
	}
	if r.scheme == Light {
		return lightOnly(n)
	}
	return darkOnly(n)
}

func faint(c color.Color, alpha uint8) color.Color {
	f := dark(c)
	f.A = alpha
	return f
}

// darkOnly are the colours of controls that nothing else is drawn in.
func darkOnly(n fyne.ThemeColorName) color.Color {
	switch n {
	case theme.ColorNameForegroundOnPrimary, theme.ColorNameForegroundOnWarning, theme.ColorNameForegroundOnSuccess, theme.ColorNameForegroundOnError:
		return color.NRGBA{0x0c, 0x14, 0x13, 0xff}
	case theme.ColorNameSuccess:
		return color.NRGBA{0x5c, 0xc8, 0x6e, 0xff}
	case theme.ColorNameHover:
		return color.NRGBA{0xff, 0xff, 0xff, 0x12}
	case theme.ColorNamePressed:
		return color.NRGBA{0xff, 0xff, 0xff, 0x24}
	case theme.ColorNameButton:
		return color.NRGBA{0x33, 0x39, 0x40, 0xff}
	case theme.ColorNameInputBackground:
		return color.NRGBA{0x14, 0x16, 0x19, 0xff}
	case theme.ColorNameInputBorder, theme.ColorNameSeparator:
		return color.NRGBA{0x3a, 0x41, 0x48, 0xff}
	case theme.ColorNameMenuBackground:
		return color.NRGBA{0x2a, 0x2f, 0x35, 0xff}
	case theme.ColorNameScrollBar:
		return color.NRGBA{0x5c, 0x65, 0x6e, 0xff}
	case theme.ColorNameScrollBarBackground:
		return color.NRGBA{0x1f, 0x23, 0x27, 0xff}
	}
	return theme.DefaultTheme().Color(n, theme.VariantDark)
}

func lightOnly(n fyne.ThemeColorName) color.Color {
	switch n {
	case theme.ColorNameForegroundOnPrimary, theme.ColorNameForegroundOnWarning, theme.ColorNameForegroundOnSuccess, theme.ColorNameForegroundOnError:
		return color.NRGBA{0xff, 0xff, 0xff, 0xff}
	case theme.ColorNameSuccess:
		return color.NRGBA{0x1a, 0x66, 0x2a, 0xff}
	case theme.ColorNameHover:
		return color.NRGBA{0x00, 0x00, 0x00, 0x10}
	case theme.ColorNamePressed:
		return color.NRGBA{0x00, 0x00, 0x00, 0x22}
	case theme.ColorNameButton:
		return color.NRGBA{0xd8, 0xdc, 0xe0, 0xff}
	case theme.ColorNameInputBackground, theme.ColorNameMenuBackground:
		return color.NRGBA{0xff, 0xff, 0xff, 0xff}
	case theme.ColorNameInputBorder, theme.ColorNameSeparator:
		return color.NRGBA{0xb0, 0xb6, 0xbc, 0xff}
	case theme.ColorNameScrollBar:
		return color.NRGBA{0x80, 0x88, 0x90, 0xff}
	case theme.ColorNameScrollBarBackground:
		return color.NRGBA{0xdd, 0xe0, 0xe3, 0xff}
	}
	return theme.DefaultTheme().Color(n, theme.VariantLight)
}

// The sizes of text that is read across a room: on a screen of 55 inches and
// 1080 lines a character of 26 is 16 mm high, 1/250 of four metres.
const (
	SizeNameStage      fyne.ThemeSizeName = "stage"
	SizeNameStageTitle fyne.ThemeSizeName = "stageTitle"
)

// Font is fyne.Theme's: one face for Chinese, Latin and digits.
func (r *Reading) Font(s fyne.TextStyle) fyne.Resource {
	if r.font == nil || s.Symbol {
		return theme.DefaultTheme().Font(s)
	}
	return r.font
}

// Icon is fyne.Theme's.
func (r *Reading) Icon(n fyne.ThemeIconName) fyne.Resource { return theme.DefaultTheme().Icon(n) }

// Size is fyne.Theme's.
func (r *Reading) Size(n fyne.ThemeSizeName) float32 {
	switch n {
	case theme.SizeNameText:
		return 14
	case theme.SizeNameCaptionText:
		return 14 // nothing smaller than 14 at 100 %
	case theme.SizeNameSubHeadingText:
		return 16
	case theme.SizeNameHeadingText:
		return 20
	case SizeNameStage:
		return 26
	case SizeNameStageTitle:
		return 36
	case theme.SizeNamePadding:
		return 3
	case theme.SizeNameInnerPadding:
		return 6
	case theme.SizeNameLineSpacing:
		return 3
	case theme.SizeNameInlineIcon:
		return 18
	case theme.SizeNameScrollBar:
		return 10
	case theme.SizeNameScrollBarSmall:
		return 4
	case theme.SizeNameSplitThickness:
		return 3
	case theme.SizeNameInputRadius, theme.SizeNameSelectionRadius, theme.SizeNameButtonRadius:
		return 3
	}
	return theme.DefaultTheme().Size(n)
}
