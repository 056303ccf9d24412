package keyimage

import (
	"bytes"
	"fmt"
	"image"
	"strings"
	"testing"

	"longying/imaging"
	"longying/imaging/render"
	"longying/records"
	"longying/records/composite"
	"longying/records/report"
)

// A view is flipped first, then rotated clockwise: written here pixel by pixel, as
// somebody with the film in hand would turn it over and then round.
func handled(img image.Image, v records.KeyView) image.Image {
	b := img.Bounds()
	if v.Area != nil {
		b = image.Rect(int(v.Area.X0), int(v.Area.Y0), int(v.Area.X1), int(v.Area.Y1))
	}
	out := image.NewRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	for y := range b.Dy() {
		for x := range b.Dx() {
			from := b.Min.X + x
			if v.Flip {
				from = b.Max.X - 1 - x
			}
			out.Set(x, y, img.At(from, b.Min.Y+y))
		}
	}
	for range v.Rotate / 90 {
		r := image.NewRGBA(image.Rect(0, 0, out.Rect.Dy(), out.Rect.Dx()))
		for y := range out.Rect.Dy() {
			for x := range out.Rect.Dx() {
				r.SetRGBA(out.Rect.Dy()-1-y, x, out.RGBAAt(x, y))
			}
		}
		out = r
	}
	return out
}

func TestAStateSaysHowSomebodyWantedAnImageToBeSeen(t *testing.T) {
	d := document(t)
	frame, inst, im := slice(d)
	for y := range 160 { // no two places alike
		for x := range 180 {
			frame.Uint16[y*180+x] = uint16(900 + 2*x + y)
		}
	}
	im.Findings = nil
	window := imaging.VOILUT{Center: 300, Width: 700, Function: "LINEAR", Explanation: "LUNG"}
	uids := map[string]bool{}
	for _, area := range []*imaging.Region{nil, {X0: 30, Y0: 40, X1: 111, Y1: 90}} {
		for _, flip := range []bool{false, true} {
			for _, rotate := range []int{0, 90, 180, 270} {
				v := records.KeyView{Window: &window, Invert: rotate == 90, Rotate: rotate, Flip: flip, Area: area}
				name := fmt.Sprintf("flip %v, rotated %d, area %v", flip, rotate, area)
				im.View = &v
				raw := state(t, d, im)
				if out := tool(t, "dicom3tools", "dciodvfy", "-new", file(t, raw)); strings.Contains(out, "Error") {
					t.Errorf("%s: dciodvfy:\n%s", name, out)
				}
				s, err := open(t, raw).PresentationState()
				if err != nil {
					t.Fatal(err)
				}
				uids[s.SOPInstanceUID] = true
				got, err := render.Present(frame, inst, 1, render.Presentation{State: s}, nil)
				if err != nil {
					t.Fatal(err)
				}
				plain, err := render.Image(frame, inst, 1, render.Presentation{Window: &window, Invert: v.Invert})
				if err != nil {
					t.Fatal(err)
				}
				want := handled(plain, v).(*image.RGBA)
				if !got.Rect.Eq(want.Rect) || !bytes.Equal(got.Pix, want.Pix) {
					t.Errorf("%s: another picture than what was seen; %v, want %v", name, got.Rect, want.Rect)
				}
			}
		}
	}
	if len(uids) != 16 {
		t.Errorf("16 views of one frame have %d UIDs", len(uids))
	}
}

// What is marked is marked where it lies, and the words stand upright within what
// is displayed, however it is turned.
func TestMarksLieWhereTheyBelongHoweverTheImageIsTurned(t *testing.T) {
	d := document(t)
	frame, inst, im := slice(d)
	g := im.Findings[0].Ref.Region
	area := imaging.Region{X0: g.X0 - 9, Y0: g.Y0 - 7, X1: g.X1 + 30, Y1: g.Y1 + 5}
	face, err := render.NewTypeface(report.Font())
	if err != nil {
		t.Fatal(err)
	}
	for _, flip := range []bool{false, true} {
		for _, rotate := range []int{0, 90, 180, 270} {
			im.View = &records.KeyView{Rotate: rotate, Flip: flip, Area: &area}
			s, err := open(t, state(t, d, im)).PresentationState()
			if err != nil {
				t.Fatal(err)
			}
			points := s.Annotations[0].Graphics[0].Points
			if p := points[0]; p.X != g.X0 || p.Y != g.Y0 {
				t.Errorf("the outline begins at %v, the region at %v", p, *g)
			}
			part := im.seen()
			w, h := part.size()
			box := s.Annotations[0].Texts[0].Box
			view := render.StateView(s, inst, 1, int(w), int(h))
			x0, y0 := view.ToScreen(int(w), int(h), box.TopLeft.X, box.TopLeft.Y)
			x1, y1 := view.ToScreen(int(w), int(h), box.BottomRight.X, box.BottomRight.Y)
			if x0 < -0.01 || y0 < -0.01 || x1 > w+0.01 || y1 > h+0.01 || x1 <= x0 || y1-y0 < min(8, h)-0.01 {
				t.Errorf("flip %v, rotated %d: the words stand at %.1f, %.1f to %.1f, %.1f of %.0f x %.0f", flip, rotate, x0, y0, x1, y1, w, h)
			}
			if _, err := render.Present(frame, inst, 1, render.Presentation{State: s}, face); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestAnAreaOutsideTheImageShowsTheWholeImage(t *testing.T) {
	d := document(t)
	_, _, im := slice(d)
	im.View = &records.KeyView{Area: &imaging.Region{X0: 900, Y0: 900, X1: 950, Y1: 950}}
	var b bytes.Buffer
	if err := State(d, im, 1, composite.Default(), &b); err != nil {
		t.Fatal(err)
	}
	s, err := open(t, b.Bytes()).PresentationState()
	if err != nil {
		t.Fatal(err)
	}
	if a := s.Areas[0].Area; a != (imaging.Region{X1: 180, Y1: 160}) {
		t.Errorf("the area is %v", a)
	}
}
