package slide

import (
	"context"
	"errors"
	"image"
	"image/color"
	"math"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"longying/app/ui/canvas/view"
	"longying/app/ui/lang"
	"longying/imaging/render"
	slides "longying/imaging/slide"
)

// made is a slide whose pixels tell level and place, and that says what was read
// of it.
type made struct {
	description slides.Description
	fail        func(level, column, row int) error
	hold        func(ctx context.Context, level int) // before a tile is given

	mu   sync.Mutex
	read map[[3]int]int
}

// newMade has levels of the given downsamples and tiles of 200 pixels.
func newMade(columns, rows int, downsamples ...int) *made {
	m := &made{read: map[[3]int]int{}, description: slides.Description{Background: [3]uint8{255, 255, 255}, FocalPlanes: 1, FocalPlane: 1}}
	for _, d := range downsamples {
		m.description.Levels = append(m.description.Levels, slides.Level{Columns: columns / d, Rows: rows / d, TileColumns: 200, TileRows: 200,
			Downsample: float64(d), MicrometresX: 0.25 * float64(d), MicrometresY: 0.25 * float64(d)})
	}
	return m
}

func (m *made) Description() *slides.Description { return &m.description }
func (m *made) Close() error                     { return nil }

func (m *made) Associated(context.Context, string) (*image.NRGBA, error) {
	return nil, errors.New("there is none")
}

func (m *made) Tile(ctx context.Context, level, column, row int) (*slides.Tile, error) {
	if m.hold != nil {
		m.hold(ctx, level)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	m.read[[3]int{level, column, row}]++
	m.mu.Unlock()
	if m.fail != nil {
		if err := m.fail(level, column, row); err != nil {
			return nil, err
		}
	}
	l := m.description.Levels[level]
	t := &slides.Tile{Columns: l.TileColumns, Rows: l.TileRows, RGB: make([]byte, 3*l.TileColumns*l.TileRows)}
	for y := range l.TileRows {
		for x := range l.TileColumns {
			copy(t.RGB[3*(y*l.TileColumns+x):], []byte{byte((column*l.TileColumns + x) * 7), byte((row*l.TileRows + y) * 5), byte(40*level + 20)})
		}
	}
	return t, nil
}

// levels counts the tiles read of each level.
func (m *made) levels() map[int]int {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := map[int]int{}
	for k, n := range m.read {
		out[k[0]] += n
	}
	return out
}

// start opens a made slide; the channel has a message for each tile or error.
func start(t *testing.T, m *made) (*loader, chan struct{}) {
	t.Helper()
	s := slides.New(m, slides.Options{})
	came := make(chan struct{}, 1<<16)
	l := newLoader(t.Context(), s, func() { came <- struct{}{} })
	t.Cleanup(func() {
		l.close()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return l, came
}

// await shows a viewport until nothing is read any more.
func await(l *loader, came chan struct{}, v render.View, w, h int) {
	l.want(l.pyramid.wanted(v, w, h, l.cheap))
	for l.busy() {
		<-came
	}
}

// settle draws it then.
func settle(l *loader, came chan struct{}, v render.View, w, h int) *image.RGBA {
	await(l, came, v, w, h)
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	l.draw(img, v, &mosaic{})
	return img
}

func fit(l *loader, w, h int) render.View {
	return render.FitView(l.pyramid.columns, l.pyramid.rows, w, h)
}

func TestWhatAViewportWantsIsBoundedByTheScreenAtAnyZoomOfAnySlide(t *testing.T) {
	const w, h = 1920, 1080
	for _, p := range []pyramid{newPyramid(200000, 150000), newPyramid(300, 150000), newPyramid(64, 64)} {
		v := render.FitView(p.columns, p.rows, w, h)
		for ; v.Scale < 64; v.Scale *= 1.1 {
			wanted := p.wanted(v, w, h, func(int, int) bool { return true })
			if len(wanted) == 0 || len(wanted) > mostTiles/2 {
				t.Errorf("%d x %d at %g: %d tiles", p.columns, p.rows, v.Scale, len(wanted))
			}
			if fine := p.levelFor(v.Scale); fine < p.coarsest() && v.Scale*float64(int(1)<<fine) <= 0.5 {
				t.Errorf("at %g the level %d has more than twice the pixels of the screen", v.Scale, fine)
			}
			for _, x := range wanted {
				if cw, ch := p.size(x.level); x.column*side >= cw || x.row*side >= ch || x.column < 0 || x.row < 0 {
					t.Fatalf("%v is not on its level of %d x %d", x, cw, ch)
				}
			}
		}
	}
}

func TestTheWholeOfASlideIsReadFromItsCoarseLevels(t *testing.T) {
	m := newMade(20000, 16000, 1, 4, 16)
	l, came := start(t, m)
	settle(l, came, fit(l, 1200, 900), 1200, 900)
	read := m.levels()
	if read[0] != 0 || read[1] != 0 && read[1] > 25*20 || read[2] == 0 {
		t.Errorf("tiles read of each level: %v", read)
	}
}

func TestZoomedInOnlyTheTilesUnderTheViewportAreReadOfTheFinestLevel(t *testing.T) {
	m := newMade(20000, 16000, 1, 4, 16)
	l, came := start(t, m)
	settle(l, came, render.View{CenterX: 10000, CenterY: 8000, Scale: 1}, 500, 400)
	for k := range m.read {
		if k[0] != 0 {
			continue
		}
		// Tiles of the screen reach at most their own side beyond the viewport.
		if x, y := float64(k[1]*200), float64(k[2]*200); math.Abs(x+100-10000) > 250+side+200 || math.Abs(y+100-8000) > 200+side+200 {
			t.Errorf("tile (%d,%d) of level 0 was read", k[1], k[2])
		}
	}
	if m.levels()[0] == 0 {
		t.Error("nothing was read")
	}
}

func TestAPictureAtOneToOneIsTheSlidesPixels(t *testing.T) {
	m := newMade(3000, 2000, 1, 4)
	l, came := start(t, m)
	// The corner of the screen is pixel (800, 700).
	img := settle(l, came, render.View{CenterX: 1000, CenterY: 850, Scale: 1, Smooth: true}, 400, 300)
	want, err := l.slide.Region(t.Context(), 0, 800, 700, 400, 300)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 400 * 300 {
		if !slices.Equal(img.Pix[4*i:4*i+3], want.RGB[3*i:3*i+3]) {
			t.Fatalf("pixel %d is %v, wanted %v", i, img.Pix[4*i:4*i+3], want.RGB[3*i:3*i+3])
		}
	}
	// Four screen pixels a side for one of the slide: each stands for itself.
	img = settle(l, came, render.View{CenterX: 1000, CenterY: 850, Scale: 4}, 400, 300)
	for y := range 300 {
		for x := range 400 {
			column, row := 950+x/4, int(math.Floor(850+(float64(y)+0.5-150)/4))
			if got, want := img.RGBAAt(x, y), (color.RGBA{byte(column * 7), byte(row * 5), 20, 255}); got != want {
				t.Fatalf("(%d,%d) is %v, wanted %v", x, y, got, want)
			}
		}
	}
}

func TestBesideTheSlideThereIsNothing(t *testing.T) {
	l, came := start(t, newMade(1000, 700, 1))
	img := settle(l, came, fit(l, 1000, 1000), 1000, 1000)
	if got := img.RGBAAt(500, 140); got != beside {
		t.Errorf("above: %v", got)
	}
	if got := img.RGBAAt(500, 160); got == beside || got == pending {
		t.Errorf("on the slide: %v", got)
	}
	if got := img.RGBAAt(500, 860); got != beside {
		t.Errorf("below: %v", got)
	}
}

func TestTheCoarsePictureStandsUntilTheFineOneIsThere(t *testing.T) {
	m := newMade(20000, 16000, 1, 4, 16, 64)
	open := make(chan struct{})
	m.hold = func(ctx context.Context, level int) {
		if level == 0 {
			select {
			case <-open:
			case <-ctx.Done():
			}
		}
	}
	l, came := start(t, m)
	v := render.View{CenterX: 10000, CenterY: 8000, Scale: 1, Smooth: true}
	l.want(l.pyramid.wanted(v, 500, 400, l.cheap))
	img := image.NewRGBA(image.Rect(0, 0, 500, 400))
	coarse := func() bool {
		l.draw(img, v, &mosaic{})
		for i := 0; i < len(img.Pix); i += 4 {
			if blue := img.Pix[i+2]; blue != 20+40 && blue != 20+80 && blue != 20+120 {
				return false
			}
		}
		return true
	}
	for !coarse() {
		<-came
	}
	close(open)
	img = settle(l, came, v, 500, 400)
	for i := 0; i < len(img.Pix); i += 4 {
		if img.Pix[i+2] != 20 {
			t.Fatalf("pixel %d is still coarse: %v", i/4, img.Pix[i:i+4])
		}
	}
}

func TestWhatIsNotSeenAnyMoreIsGivenUpAndReadWhenItIsSeenAgain(t *testing.T) {
	m := newMade(20000, 16000, 1, 4, 16)
	begun, held := make(chan struct{}, 1<<10), true
	var mu sync.Mutex
	m.hold = func(ctx context.Context, level int) {
		mu.Lock()
		wait := held && level == 0
		mu.Unlock()
		if wait {
			begun <- struct{}{}
			<-ctx.Done()
		}
	}
	l, came := start(t, m)
	here := render.View{CenterX: 3000, CenterY: 3000, Scale: 1, Smooth: true}
	l.want(l.pyramid.wanted(here, 400, 300, l.cheap))
	<-begun // it hangs until it is given up
	mu.Lock()
	held = false
	mu.Unlock()
	settle(l, came, fit(l, 400, 300), 400, 300)
	if n := m.levels()[0]; n != 0 {
		t.Errorf("%d tiles of level 0 were read for nobody", n)
	}
	img := settle(l, came, here, 400, 300)
	if img.RGBAAt(200, 150).B != 20 || l.trouble() != nil {
		t.Errorf("seen again it is %v", img.RGBAAt(200, 150))
	}
}

func TestATileThatCannotBeReadIsToldOnceShownAsSuchAndTriedAgainOnDemand(t *testing.T) {
	m := newMade(600, 400, 1)
	bad := true
	m.fail = func(_, column, _ int) error {
		if bad && column == 0 {
			return errors.New("damaged")
		}
		return nil
	}
	l, came := start(t, m)
	v := render.View{CenterX: 300, CenterY: 200, Scale: 1, Smooth: true}
	img := settle(l, came, v, 600, 400)
	if err := l.trouble(); err == nil || l.trouble() != nil {
		t.Errorf("told: %v", err)
	}
	if img.RGBAAt(100, 100) != broken || img.RGBAAt(590, 100) == broken {
		t.Errorf("damaged %v, whole %v", img.RGBAAt(100, 100), img.RGBAAt(590, 100))
	}
	before := m.read[[3]int{0, 0, 0}]
	settle(l, came, v, 600, 400)
	if n := m.read[[3]int{0, 0, 0}]; n != before {
		t.Errorf("it was read %d times more, unasked", n-before)
	}
	bad = false
	l.again()
	if img = settle(l, came, v, 600, 400); img.RGBAAt(100, 100) == broken {
		t.Error("it was not tried again")
	}
}

func TestNoTileThatIsSeenMakesWayForAnother(t *testing.T) {
	m := newMade(20000, 16000, 1)
	l, came := start(t, m)
	v := render.View{CenterX: 10000, CenterY: 8000, Scale: 1, Smooth: true}
	await(l, came, v, 6800, 6800) // more tiles than are kept otherwise
	before := m.levels()[0]
	await(l, came, v, 6800, 6800)
	if after := m.levels()[0]; after != before {
		t.Errorf("%d tiles were read, then %d more for the same picture", before, after-before)
	}
}

func TestTheScreenShowsTheSlidesColoursUnderItsProfile(t *testing.T) {
	m := newMade(512, 512, 1)
	var err error
	if m.description.ICCProfile, err = os.ReadFile(filepath.Join("..", "..", "..", "imaging", "icc", "testdata", "matrix.icc")); err != nil {
		t.Fatal(err)
	}
	l, came := start(t, m)
	img := settle(l, came, render.View{CenterX: 256, CenterY: 256, Scale: 1, Smooth: true}, 512, 512)
	want, err := l.slide.Picture(t.Context(), 0, 0, 512, 512, 512)
	if err != nil {
		t.Fatal(err)
	}
	stored, err := l.slide.Region(t.Context(), 0, 0, 0, 512, 512)
	if err != nil {
		t.Fatal(err)
	}
	changed := 0
	for i := range 512 * 512 {
		if !slices.Equal(img.Pix[4*i:4*i+3], want.Pix[4*i:4*i+3]) {
			t.Fatalf("pixel %d is %v, wanted %v", i, img.Pix[4*i:4*i+3], want.Pix[4*i:4*i+3])
		}
		if !slices.Equal(img.Pix[4*i:4*i+3], stored.RGB[3*i:3*i+3]) {
			changed++
		}
	}
	if changed == 0 {
		t.Error("the profile changes nothing, so this test shows nothing")
	}
	for _, code := range lang.Codes() {
		words, err := lang.New(code)
		if err != nil {
			t.Fatal(err)
		}
		name, _ := l.slide.Colour()
		if got := colours(words, l.slide); got != words.T("slide.icc", name) || name == "" {
			t.Errorf("%s: %q", code, got)
		}
		plain := slides.New(newMade(512, 512, 1), slides.Options{})
		if got := colours(words, plain); got != words.T("slide.no_icc") {
			t.Errorf("%s: %q", code, got)
		}
	}
}

func TestTheScaleBarIsAsLongAsItSays(t *testing.T) {
	for _, c := range []struct {
		micrometres, scale, longest, length float64
		text                                string
	}{
		{0.25, 1, 160, 80, "20 µm"},
		{0.5, 1, 160, 100, "50 µm"},
		{0.25, 0.01, 160, 80, "2 mm"},
		{0.25, 40, 160, 160, "1 µm"},
		{0.25, 64, 160, 128, "0.5 µm"},
		{0.499, 0.0123, 320, 246.49, "10 mm"},
	} {
		length, text := view.ScaleBar(c.micrometres, c.scale, c.longest)
		if math.Abs(length-c.length) > 0.01 || text != c.text {
			t.Errorf("%g µm at %g: %g pixels for %s; wanted %g, %s", c.micrometres, c.scale, length, text, c.length, c.text)
		}
	}
}

func TestTheMagnificationIsTheObjectivesWhereItIsKnown(t *testing.T) {
	words, err := lang.New(lang.English)
	if err != nil {
		t.Fatal(err)
	}
	m := newMade(20000, 16000, 1, 4, 16)
	s := slides.New(m, slides.Options{})
	if got := magnified(words, s, 0.25); got != words.T("slide.level", 2, 3)+" · "+words.T("slide.zoom", "25") {
		t.Errorf("%q", got)
	}
	if got := magnified(words, s, 40); got != words.T("slide.level", 1, 3)+" · "+words.T("slide.zoom", "4000") {
		t.Errorf("%q", got)
	}
	m.description.ObjectivePower = 40
	if got := magnified(words, s, 0.25); got != words.T("slide.level", 2, 3)+" · "+words.T("slide.power", "10") {
		t.Errorf("%q", got)
	}
	if got := magnified(words, s, 0.3); got != words.T("slide.level", 1, 3)+" · "+words.T("slide.power", "12") {
		t.Errorf("%q", got)
	}
}

func TestOfSeveralOpticalPathsAndFocalPlanesTheOneShownIsNamed(t *testing.T) {
	words, err := lang.New(lang.English)
	if err != nil {
		t.Fatal(err)
	}
	d := newMade(512, 512, 1).description
	d.OpticalPaths = []slides.OpticalPath{{Identifier: "A"}}
	if got := chosen(words, &d); got != "" {
		t.Errorf("of one: %q", got)
	}
	d.OpticalPaths, d.OpticalPath, d.FocalPlanes, d.FocalPlane = append(d.OpticalPaths, slides.OpticalPath{Identifier: "B"}), 1, 3, 2
	if got := chosen(words, &d); got != words.T("slide.path", "B", 2, 2)+" · "+words.T("slide.plane", 2, 3) {
		t.Errorf("%q", got)
	}
}
