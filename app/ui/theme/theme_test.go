package theme_test

import (
	"image/color"
	"math"
	"testing"

	"fyne.io/fyne/v2"
	fynetest "fyne.io/fyne/v2/test"
	fynetheme "fyne.io/fyne/v2/theme"

	"longying/app/ui/theme"
)

// luminance is the relative luminance of WCAG 2.2 (sRGB).
func luminance(c color.Color) float64 {
	r, g, b, _ := c.RGBA()
	linear := func(v uint32) float64 {
		x := float64(v) / 0xffff
		if x <= 0.04045 {
			return x / 12.92
		}
		return math.Pow((x+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(r) + 0.7152*linear(g) + 0.0722*linear(b)
}

// contrast is the contrast ratio of WCAG 2.2, 1 to 21.
func contrast(a, b color.Color) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// over lays a translucent colour on an opaque one.
func over(top, ground color.Color) color.Color {
	r, g, b, a := top.RGBA()
	s, t, u, _ := ground.RGBA()
	mix := func(x, y uint32) uint8 { return uint8((x + y*(0xffff-a)/0xffff) >> 8) }
	return color.NRGBA{mix(r, s), mix(g, t), mix(b, u), 0xff}
}

func TestContrastFormulaGivesTheRatiosOfWCAG(t *testing.T) {
	// The extremes, and #777777 on white, which is known for missing 4.5 by little.
	for _, c := range []struct {
		a, b color.NRGBA
		want float64
	}{{color.NRGBA{0, 0, 0, 255}, color.NRGBA{255, 255, 255, 255}, 21}, {color.NRGBA{0x77, 0x77, 0x77, 255}, color.NRGBA{255, 255, 255, 255}, 4.48}} {
		if got := contrast(c.a, c.b); math.Abs(got-c.want) > 0.01 {
			t.Errorf("%v on %v: %.3f", c.a, c.b, got)
		}
	}
}

func TestTextHasAContrastOfAtLeastFourAndAHalfInBothSchemes(t *testing.T) {
	for name, scheme := range map[string]theme.Scheme{"dark": theme.Dark, "light": theme.Light} {
		look := theme.NewReading(nil).In(scheme)
		fynetest.NewTempApp(t).Settings().SetTheme(look)
		of := func(n fyne.ThemeColorName) color.Color { return look.Color(n, 0) }
		grounds := map[string]color.Color{"chrome": theme.Chrome(), "raised": theme.Raised(), "input": of(fynetheme.ColorNameInputBackground),
			"menu": of(fynetheme.ColorNameMenuBackground), "overlay": of(fynetheme.ColorNameOverlayBackground), "chosen": theme.Chosen(),
			"hover": over(of(fynetheme.ColorNameHover), theme.Raised()), "button": of(fynetheme.ColorNameButton),
			"pressed": over(of(fynetheme.ColorNamePressed), of(fynetheme.ColorNameButton))}
		words := map[string]color.Color{"text": theme.InChrome(theme.Text()), "dim": theme.InChrome(theme.Dim()), "accent": theme.InChrome(theme.Accent()),
			"amber": theme.InChrome(theme.Amber()), "red": theme.InChrome(theme.Red()), "success": of(fynetheme.ColorNameSuccess),
			"foreground": of(fynetheme.ColorNameForeground), "hyperlink": of(fynetheme.ColorNameHyperlink), "warning": of(fynetheme.ColorNameWarning),
			"error": of(fynetheme.ColorNameError), "disabled": of(fynetheme.ColorNameDisabled), "placeholder": of(fynetheme.ColorNamePlaceHolder)}
		for w, ink := range words {
			for g, ground := range grounds {
				if (g == "button" || g == "pressed") && w != "text" && w != "foreground" {
					continue // words on buttons are text
				}
				if got := contrast(ink, ground); got < 4.5 {
					t.Errorf("%s: %s on %s has %.2f", name, w, g, got)
				}
			}
		}
		for on, ground := range map[fyne.ThemeColorName]fyne.ThemeColorName{
			fynetheme.ColorNameForegroundOnPrimary: fynetheme.ColorNamePrimary, fynetheme.ColorNameForegroundOnWarning: fynetheme.ColorNameWarning,
			fynetheme.ColorNameForegroundOnSuccess: fynetheme.ColorNameSuccess, fynetheme.ColorNameForegroundOnError: fynetheme.ColorNameError,
			fynetheme.ColorNameDisabled: fynetheme.ColorNameDisabledButton} {
			if got := contrast(of(on), of(ground)); got < 4.5 {
				t.Errorf("%s: %s on %s has %.2f", name, on, ground, got)
			}
		}
	}
}

func TestColoursThatWereHandedOutFollowTheScheme(t *testing.T) {
	a := fynetest.NewTempApp(t)
	ground, ink := theme.Raised(), theme.InChrome(theme.Amber())
	a.Settings().SetTheme(theme.NewReading(nil))
	before := [2]float64{luminance(ground), luminance(ink)}
	a.Settings().SetTheme(theme.NewReading(nil).In(theme.Light))
	if !(luminance(ground) > before[0] && luminance(ink) < before[1]) {
		t.Error("the light scheme left them as they were")
	}
	// What is drawn on a picture lies on black in either.
	for _, c := range []color.Color{theme.Text(), theme.Dim(), theme.Accent(), theme.Amber(), theme.Cyan(), theme.Grey(), theme.Red(), theme.Prior()} {
		if got := contrast(c, color.Black); got < 4.5 {
			t.Errorf("%v on black has %.2f", c, got)
		}
	}
}
