// Package theme is the look of the desktop: dark chrome around images, one
// accent, 14 px text, compact padding, and a font of its own, so that Chinese
// never depends on what the machine has installed.
package theme

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// The colours of the window's chrome. Images lie on black and are never tinted.
func Chrome() color.Color { return color.NRGBA{0x1b, 0x1e, 0x22, 0xff} }

// Raised is the ground of bars and panels beside the chrome.
func Raised() color.Color { return color.NRGBA{0x23, 0x27, 0x2c, 0xff} }

// Text is the colour of text.
func Text() color.Color { return color.NRGBA{0xd7, 0xda, 0xdd, 0xff} }

// Dim is the colour of text that says less: captions, units.
func Dim() color.Color { return color.NRGBA{0x93, 0x9a, 0xa1, 0xff} }

// Accent is the one accent.
func Accent() color.Color { return color.NRGBA{0x2f, 0xb3, 0xa6, 0xff} }

// Chosen is the ground of the row that is selected: dark enough for Dim on it.
func Chosen() color.Color { return color.NRGBA{0x1c, 0x38, 0x3a, 0xff} }

// The colours with a meaning. Each comes with a second sign: dashes, a mark, a
// word.
func Amber() color.Color { return color.NRGBA{0xff, 0xb0, 0x20, 0xff} }

// Cyan is what a doctor confirmed.
func Cyan() color.Color { return color.NRGBA{0x3f, 0xd8, 0xf5, 0xff} }

// Grey is what a doctor rejected.
func Grey() color.Color { return color.NRGBA{0x80, 0x86, 0x8c, 0xff} }

// Prior is the frame around an earlier study, and nothing else.
func Prior() color.Color { return color.NRGBA{0xb9, 0x8c, 0xff, 0xff} }

// Red is critical, and a mismatch of patients.
func Red() color.Color { return color.NRGBA{0xff, 0x5c, 0x50, 0xff} }

// Reading is the dark theme of the reading room.
type Reading struct{ font fyne.Resource }

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
		return Chrome()
	case theme.ColorNameForeground:
		return Text()
	case theme.ColorNamePrimary, theme.ColorNameHyperlink:
		return Accent()
	case theme.ColorNameForegroundOnPrimary, theme.ColorNameForegroundOnWarning, theme.ColorNameForegroundOnSuccess:
		return color.NRGBA{0x0c, 0x14, 0x13, 0xff}
	case theme.ColorNameFocus:
		return color.NRGBA{0x2f, 0xb3, 0xa6, 0x66}
	case theme.ColorNameSelection:
		return color.NRGBA{0x2f, 0xb3, 0xa6, 0x40}
	case theme.ColorNameHover:
		return color.NRGBA{0xff, 0xff, 0xff, 0x12}
	case theme.ColorNamePressed:
		return color.NRGBA{0xff, 0xff, 0xff, 0x24}
	case theme.ColorNameButton:
		return color.NRGBA{0x33, 0x39, 0x40, 0xff}
	case theme.ColorNameDisabled: // also of captions: they are read all day
		return Dim()
	case theme.ColorNameDisabledButton, theme.ColorNameHeaderBackground:
		return Raised()
	case theme.ColorNamePlaceHolder:
		return Dim()
	case theme.ColorNameInputBackground:
		return color.NRGBA{0x14, 0x16, 0x19, 0xff}
	case theme.ColorNameInputBorder, theme.ColorNameSeparator:
		return color.NRGBA{0x3a, 0x41, 0x48, 0xff}
	case theme.ColorNameMenuBackground:
		return color.NRGBA{0x2a, 0x2f, 0x35, 0xff}
	case theme.ColorNameOverlayBackground:
		return Raised()
	case theme.ColorNameScrollBar:
		return color.NRGBA{0x5c, 0x65, 0x6e, 0xff}
	case theme.ColorNameScrollBarBackground:
		return color.NRGBA{0x1f, 0x23, 0x27, 0xff}
	case theme.ColorNameWarning:
		return Amber()
	case theme.ColorNameError:
		return Red()
	}
	return theme.DefaultTheme().Color(n, theme.VariantDark)
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
