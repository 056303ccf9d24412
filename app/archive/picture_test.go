package archive

import (
	"image"
	"image/color"
	"testing"

	"longying/imaging"
	"longying/imaging/render"
	"longying/records"
)

// The printed picture of a view has every pixel where the screen has it.
func TestAPictureIsTurnedAsTheScreenTurnsIt(t *testing.T) {
	img := image.NewGray(image.Rect(0, 0, 5, 3))
	for y := range 3 {
		for x := range 5 {
			img.SetGray(x, y, color.Gray{uint8(10*x + y)})
		}
	}
	for _, turn := range []int{0, 90, 180, 270} {
		for _, flip := range []bool{false, true} {
			out := seen(img, &records.KeyView{Rotate: turn, Flip: flip})
			w, h := out.Bounds().Dx(), out.Bounds().Dy()
			v := render.View{CenterX: 2.5, CenterY: 1.5, Scale: 1, Rotate: turn, Flip: flip}
			for y := range 3 {
				for x := range 5 {
					sx, sy := v.ToScreen(w, h, float64(x)+0.5, float64(y)+0.5)
					got := color.GrayModel.Convert(out.At(int(sx), int(sy))).(color.Gray).Y
					if want := img.GrayAt(x, y).Y; got != want {
						t.Errorf("turned %d, flipped %v: at %d, %d stands %d, not %d", turn, flip, x, y, got, want)
					}
				}
			}
		}
	}
	cut := seen(img, &records.KeyView{Area: &imaging.Region{X0: 1, Y0: 1, X1: 3, Y1: 3}})
	if b := cut.Bounds(); b.Dx() != 2 || b.Dy() != 2 || color.GrayModel.Convert(cut.At(0, 0)).(color.Gray).Y != 11 {
		t.Errorf("%v, %v", b, cut.At(0, 0))
	}
}
