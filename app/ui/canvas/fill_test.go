package canvas

import (
	"image"
	"image/color"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"longying/imaging"
	"longying/imaging/volume"
)

func TestWhatAnOutlineEnclosesIsFilledAndItsHoleAndTheRestAreNot(t *testing.T) {
	dst := image.NewRGBA(image.Rect(0, 0, 10, 8))
	for k := range dst.Pix {
		dst.Pix[k] = 100
	}
	square := func(x0, y0, x1, y1 float64) [][2]float64 {
		return [][2]float64{{x0, y0}, {x1, y0}, {x1, y1}, {x0, y1}}
	}
	// One corner lies outside of the picture.
	fillOutline(dst, [][][2]float64{square(-3, 1, 7, 20), square(2, 3, 5, 5)}, color.RGBA{255, 0, 0, 255}, 50)
	for y := range 8 {
		for x := range 10 {
			in := x < 7 && y >= 1 && !(x >= 2 && x < 5 && y >= 3 && y < 5)
			c := dst.RGBAAt(x, y)
			if filled := c.R > 170 && c.G == 50; filled != in || !in && c.R != 100 {
				t.Errorf("%d,%d is %v", x, y, c)
			}
		}
	}
}

func TestOfManyMarksOfOtherMakersOnOnePictureOnlyTheChosenHasItsWords(t *testing.T) {
	i := &Image{selected: "o segment 3"}
	var marks []Mark
	for _, item := range []string{"o segment 1", "o segment 2", "o segment 3", "o segment 4", "o segment 5"} {
		marks = append(marks, Mark{Item: item, Style: Foreign})
	}
	own := Mark{UID: "f", Style: Confirmed}
	if silent := i.wordless(append(marks, own)); silent(&marks[0]) {
		t.Error("five are silent")
	}
	marks = append(marks, Mark{Item: "o segment 6", Style: Foreign})
	silent := i.wordless(append(marks, own))
	if silent(&own) || silent(&marks[2]) || !silent(&marks[0]) {
		t.Error("of six the others are not silent, or the chosen one or an own finding is")
	}
}

func TestALabelMovesOffThoseThatStandAndStaysWhereNoneIsInItsWay(t *testing.T) {
	label := func(x, y float32) fyne.CanvasObject {
		r := canvas.NewRectangle(nil)
		r.Move(fyne.NewPos(x, y))
		r.Resize(fyne.NewSize(80, 16))
		return r
	}
	stand := []fyne.CanvasObject{label(100, 50), label(120, 33)}
	size := fyne.NewSize(80, 16)
	if at := free(fyne.NewPos(300, 50), size, stand, 400); at != fyne.NewPos(300, 50) {
		t.Errorf("moved to %v without a reason", at)
	}
	if at := free(fyne.NewPos(110, 52), size, stand, 400); at.X != 110 || at.Y != 69 {
		t.Errorf("moved to %v", at)
	}
}

func TestOtherMakersMarksCanBeLeftToTheChosenOneAndOwnFindingsStay(t *testing.T) {
	in := &imaging.Instance{SOPInstanceUID: "1"}
	i := &Image{slices: []volume.Slice{{Instance: in, Frame: 1}}, selected: "o segment 2", filled: alone}
	i.marks = []Mark{{Item: "o segment 1", SOPUID: "1", Style: Foreign}, {Item: "o segment 2", SOPUID: "1", Style: Foreign}, {UID: "f", SOPUID: "1", Style: Proposed}}
	if got := i.visibleMarks(); len(got) != 2 || got[0].Item != "o segment 2" || got[1].UID != "f" {
		t.Errorf("%+v", got)
	}
	i.filled = 0
	if got := i.visibleMarks(); len(got) != 3 {
		t.Errorf("%+v", got)
	}
}
