package ui

import (
	"image"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"

	"longying/app/ui/workspace"
	"longying/records"
)

// thumbnails are the pictures that the front room shows.
func thumbnails(o fyne.CanvasObject) []image.Image {
	var out []image.Image
	for _, o := range test.LaidOutObjects(o) {
		if img, ok := o.(*canvas.Image); ok && img.Image != nil && img.Image.Bounds() == image.Rect(0, 0, 108, 84) {
			out = append(out, img.Image)
		}
	}
	return out
}

// bright reports a picture that is not black.
func bright(img image.Image) bool {
	b := img.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			if r, _, _, _ := img.At(x, y).RGBA(); r > 0x4000 {
				return true
			}
		}
	}
	return false
}

func TestTheChosenStudyIsSeenBesideTheListAndNeverAnotherOne(t *testing.T) {
	s, w, st, sample := opened(t)
	w.Resize(fyne.NewSize(1366, 700))
	if err := sample.Fill(t.Context(), st, func(int, int) {}); err != nil {
		t.Fatal(err)
	}
	workspace.Publish(s.ws, workspace.StudiesChanged{})
	s.ws.Settle()
	press := func(keys ...fyne.KeyName) {
		for _, k := range keys {
			s.ws.Keys.Typed(&fyne.KeyEvent{Name: k})
		}
	}
	// The newest is the slide; it has the film as its earlier study.
	if got := thumbnails(s.front.Content); len(got) != 1 || !bright(got[0]) {
		t.Fatalf("%d thumbnails of the slide", len(got))
	}
	slide := thumbnails(s.front.Content)[0]
	if said := texts(s.front.Content); !strings.Contains(said, s.ws.Lang.T("worklist.priors", 1)) || !strings.Contains(said, s.ws.Lang.T("bodypart.CHEST")) {
		t.Errorf("the earlier film is not listed: %s", said)
	}
	press(fyne.KeyDown) // nothing has settled yet: nothing of the slide stays
	if got := thumbnails(s.front.Content); len(got) != 0 {
		t.Errorf("%d pictures of another study stand beside the film", len(got))
	}
	press(fyne.KeyUp, fyne.KeyDown, fyne.KeyDown)
	s.ws.Settle()
	got := thumbnails(s.front.Content)
	if len(got) == 0 || !bright(got[0]) {
		t.Fatalf("%d thumbnails of the CT", len(got))
	}
	for _, img := range got {
		if img == slide {
			t.Error("the slide stands beside the CT")
		}
	}
	if said := texts(s.front.Content); !strings.Contains(said, s.ws.Lang.T("worklist.priors_unlinked")) {
		t.Errorf("%s", said)
	}
	// The number of an earlier study opens it.
	press(fyne.KeyUp, fyne.KeyUp)
	s.ws.Settle()
	press(fyne.Key1)
	s.ws.Settle()
	if o := s.ws.Current(); o == nil || o.Examination.Modality == "SM" || !o.Examination.Link.Linked() {
		t.Errorf("1 opened %+v", o)
	}
	// Nothing of it is left for who signs in next.
	s.ws.SetUser(records.User{})
	s.ws.SetUser(sample.Users["admin"])
	s.ws.Settle()
	for _, r := range s.rooms {
		if got := thumbnails(r.Content); r.ID == "worklist" && len(got) != 0 {
			t.Errorf("%d pictures", len(got))
		}
	}
}
