package slide

import (
	"context"
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"longying/app/ui/canvas"
	"longying/app/ui/lang"
	"longying/app/ui/workspace"
	"longying/imaging"
	slides "longying/imaging/slide"
	"longying/inference"
)

func empty(t *testing.T) *room {
	t.Helper()
	test.NewTempApp(t)
	words, err := lang.New(lang.Chinese)
	if err != nil {
		t.Fatal(err)
	}
	ws := workspace.New(t.Context(), workspace.Services{}, words)
	t.Cleanup(ws.Close)
	r, _ := newRoom(ws)
	return r
}

func TestATypeMapThatComesLateStaysWithTheSlideItWasAskedFor(t *testing.T) {
	r := empty(t)
	asked, goOn := make(chan struct{}), make(chan struct{})
	r.asking.Start(func(context.Context) func() {
		close(asked)
		<-goOn
		return func() { r.pane.maps = []*inference.TypeMap{{}} }
	})
	<-asked
	workspace.Publish(r.ws, workspace.StudyOpened{})
	close(goOn)
	r.ws.Settle()
	if len(r.pane.maps) != 0 {
		t.Error("the map of the slide before lies over the study that was opened since")
	}
}

func TestWithoutASlideNothingOffersToTypeIt(t *testing.T) {
	r := empty(t)
	buttons := []*widget.Button{r.mark, r.run, r.fit, r.one}
	for _, b := range buttons {
		if !b.Disabled() {
			t.Errorf("%q can be pressed", b.Text)
		}
	}
	if !r.opacity.Disabled() {
		t.Error("the map's slider moves without a map")
	}
	r.in = &imaging.Instance{}
	r.pane.maps = []*inference.TypeMap{{}}
	r.offer()
	for _, b := range buttons {
		if b.Disabled() {
			t.Errorf("%q cannot be pressed although a slide is open", b.Text)
		}
	}
	if r.opacity.Disabled() {
		t.Error("the map's slider does not move although there is a map")
	}
}

func TestAMarkedRegionHidesNoFindingOfTheSamePlace(t *testing.T) {
	place := imaging.Region{X1: 10, Y1: 10}
	finding := canvas.Mark{UID: "a", Region: imaging.Region{X1: 10, Y1: 10, Kind: imaging.RegionDrawn}, Style: canvas.Proposed}
	if got := withRegion([]canvas.Mark{finding, {Style: canvas.Drawing}}, &place); len(got) != 1 || got[0].UID != "a" {
		t.Errorf("of the same place: %+v", got)
	}
	finding.Style = canvas.Rejected // is not drawn
	if got := withRegion([]canvas.Mark{finding}, &place); len(got) != 2 {
		t.Errorf("of a rejected finding's place: %+v", got)
	}
	other := imaging.Region{X1: 20, Y1: 10}
	got := withRegion([]canvas.Mark{finding}, &other)
	if len(got) != 2 || got[0].Style != canvas.Drawing || got[1].UID != "a" {
		t.Errorf("from beneath: %+v", got)
	}
	if got := withRegion(got, nil); len(got) != 1 || got[0].UID != "a" {
		t.Errorf("without a region: %+v", got)
	}
}

func TestAClickMarksNothingAndTheDragMayFollow(t *testing.T) {
	r := empty(t)
	s := slides.New(newMade(1000, 1000, 1), slides.Options{})
	r.pane.Resize(fyne.NewSize(500, 500))
	r.pane.show(s)
	var got []imaging.Region
	r.pane.onRegion = func(g imaging.Region) { got = append(got, g) }
	r.pane.drawing = true
	press := func(x, y float32) *desktop.MouseEvent {
		return &desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(x, y)}, Button: desktop.MouseButtonPrimary}
	}
	r.pane.MouseDown(press(100, 100))
	r.pane.MouseUp(press(100, 100))
	if !r.pane.drawing || len(got) != 0 {
		t.Errorf("after a click: drawing %v, marked %v", r.pane.drawing, got)
	}
	r.pane.MouseDown(press(100, 100))
	r.pane.MouseUp(press(200, 300))
	if r.pane.drawing || len(got) != 1 || got[0].X1-got[0].X0 != 200 || got[0].Y1-got[0].Y0 != 400 {
		t.Errorf("after a drag: drawing %v, marked %v", r.pane.drawing, got)
	}
}

func TestSharesOfAMapAddUpToAHundred(t *testing.T) {
	for _, c := range []struct{ counts, want []int }{
		{[]int{11, 17, 4}, []int{34, 53, 13}}, // 34.375, 53.125, 12.5
		{[]int{1, 1, 1}, []int{34, 33, 33}},
		{[]int{7}, []int{100}},
		{nil, nil},
	} {
		if got := percentages(c.counts); !slices.Equal(got, c.want) {
			t.Errorf("%v are %v %%, want %v", c.counts, got, c.want)
		}
	}
	if got := percent(percentages([]int{999, 1})[1]); got != "<1" {
		t.Errorf("one of a thousand is worded %q", got)
	}
}

func TestASlideIsMeasuredWithItsOwnScaleAndItsPathsAreOfferedOnlyWhereThereAreSeveral(t *testing.T) {
	r := empty(t)
	m := newMade(1000, 1000, 1)
	r.in, r.slide = &imaging.Instance{StudyUID: "1", SeriesUID: "2", SOPInstanceUID: "3"}, slides.New(m, slides.Options{})
	r.pane.in = r.in
	r.pane.show(r.slide)
	pic, ok := (sheet{r.pane}).Picture()
	if !ok || !pic.Micrometres || pic.Instance.Space.ColumnMM != 0.00025 || pic.Instance.Space.Source != imaging.SpacingSlide {
		t.Errorf("%+v %v", pic.Instance, ok)
	}
	if a := (sheet{r.pane}).Place(nil); !a.Matrix || a.Ref.SOPUID != "3" || a.Ref.Frame != 0 {
		t.Errorf("%+v", a)
	}
	if got := r.sizeOf(imaging.Region{X1: 800, Y1: 400}); got != "200 × 100 µm" {
		t.Errorf("a region of 800 by 400 pixels is %s", got)
	}
	if r.several() {
		t.Error("one path is a choice")
	}
	m.description.OpticalPaths = []slides.OpticalPath{{Identifier: "1"}, {Identifier: "2", Grey: true}}
	if !r.several() {
		t.Error("two paths are no choice")
	}
	m.description.Levels[0].MicrometresX = 0
	if pic, _ := (sheet{r.pane}).Picture(); pic.Instance.Space.Known() {
		t.Errorf("a slide without a scale is measured in %+v", pic.Instance.Space)
	}
}
