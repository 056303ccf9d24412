package worker

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"longying/imaging/slide"
	"longying/imaging/slide/openslide"
)

// faultySlides does what the path or the name of a picture says; it opens any
// other path as a slide of 3 x 2 tiles of 4 x 4 pixels.
type faultySlides struct{}

func (faultySlides) Format(_ context.Context, path string) (string, error) {
	obey(path)
	switch path {
	case demandTalk:
		utter("", 0, 0, 0)
	case demandDamage:
		return "", &openslide.NotInstalledError{Reason: "on demand"}
	}
	return "made", nil
}

func (faultySlides) OpenSlide(_ context.Context, path string) (slide.Source, error) {
	obey(path)
	d := &slide.Description{Format: "made", FocalPlanes: 1, FocalPlane: 1, Background: [3]uint8{1, 2, 3}, ICCProfile: []byte{9, 8},
		Levels:     []slide.Level{{Columns: 12, Rows: 8, TileColumns: 4, TileRows: 4, Downsample: 1, MicrometresX: 0.5, MicrometresY: 0.5}},
		Properties: map[string]string{"path": path}}
	switch path {
	case demandDamage:
		return nil, errors.New("it is damaged")
	case demandPID:
		d.Properties["pid"] = fmt.Sprint(os.Getpid())
	case demandType:
		d.Levels[0].TileRows = 1 << 20
	case demandSmall:
		d.Levels = nil
	case demandBits:
		d.Levels[0].Downsample = 0.5
	}
	return &faultySlide{d}, nil
}

type faultySlide struct{ description *slide.Description }

func (s *faultySlide) Description() *slide.Description { return s.description }
func (s *faultySlide) Close() error                    { return nil }

func (s *faultySlide) Tile(_ context.Context, _, column, row int) (*slide.Tile, error) {
	switch {
	case column == 2 && row == 0:
		return &slide.Tile{Columns: 4, Rows: 4, Absent: 16}, nil
	case column == 2:
		return nil, errors.New("this tile is damaged")
	}
	return &slide.Tile{Columns: 4, Rows: 4, Absent: column, RGB: bytes.Repeat([]byte{byte(column), byte(row), 7}, 16)}, nil
}

// Associated fails on demand; else it is one pixel that names the process.
func (s *faultySlide) Associated(_ context.Context, name string) (*image.NRGBA, error) {
	obey(name)
	if folder, ok := strings.CutPrefix(name, demandWait); ok {
		if err := os.WriteFile(filepath.Join(folder, "begun"), nil, 0o600); err != nil {
			return nil, err
		}
		await(filepath.Join(folder, "end"))
	}
	picture := func(text string, from, to uint64) { utter(text, from, to, len(text)) }
	switch name {
	case demandTalk:
		utter("rubbish", 0, 0, 1<<30)
	case demandHuge:
		picture(`{"columns":1000000,"rows":1000000}`, 0, 4)
	case demandSmall:
		picture(`{"columns":2,"rows":2}`, 0, 4)
	case demandType:
		picture(`{"columns":-2,"rows":-2}`, 0, 16)
	case demandBack:
		picture(`{"columns":1,"rows":1}`, 8, 4)
	case demandLong:
		picture(`{"columns":1,"rows":1}`, 0, 1<<40)
	case demandDamage:
		return nil, errors.New("it is damaged")
	}
	pid := os.Getpid()
	img := image.NewNRGBA(image.Rect(0, 0, 1, 1))
	copy(img.Pix, []byte{byte(pid), byte(pid >> 8), byte(pid >> 16), 255})
	return img, nil
}

// utter answers with a message that says what it wants, and hangs.
func utter(text string, from, to uint64, length int) {
	var b bytes.Buffer
	w := &wire{w: &b, shared: true}
	if err := w.send(struct{}{}, int64(from), int64(to)); err != nil {
		return
	}
	out := b.Bytes()[:wireHead]
	out[0], out[1], out[2], out[3] = byte(length), byte(length>>8), byte(length>>16), byte(length>>24)
	out = append(out, text...)
	if os.Args[len(os.Args)-1] != "shared" && from < to && to-from < 100 {
		out = append(out, make([]byte, to-from)...)
	}
	os.NewFile(3, "worker").Write(out)
	select {}
}

func newSlides(t testing.TB, o Options) *Slides {
	t.Helper()
	s := NewSlides(o)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if left := s.pids(); len(left) > 0 {
			t.Errorf("processes %v outlive Close", left)
		}
	})
	return s
}

func openMade(t *testing.T, s *Slides) slide.Source {
	t.Helper()
	source, err := s.OpenSlide(t.Context(), "any")
	if err != nil {
		t.Fatal(err)
	}
	return source
}

// holder is the process that answers for a slide.
func holder(t *testing.T, source slide.Source) int {
	t.Helper()
	img, err := source.Associated(t.Context(), "who")
	if err != nil {
		t.Fatal(err)
	}
	return int(img.Pix[0]) | int(img.Pix[1])<<8 | int(img.Pix[2])<<16
}

func TestASlideInAWorkerGivesWhatItsSourceDoes(t *testing.T) {
	transports(t, func(t *testing.T, o Options) {
		s := newSlides(t, o)
		if format, err := s.Format(t.Context(), "any"); err != nil || format != "made" {
			t.Errorf("%q, %v", format, err)
		}
		source := openMade(t, s)
		here, err := faultySlides{}.OpenSlide(t.Context(), "any")
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(source.Description(), here.Description()) {
			t.Errorf("%+v, here %+v", source.Description(), here.Description())
		}
		for row := range 2 {
			for column := range 3 {
				want, wantErr := here.Tile(t.Context(), 0, column, row)
				got, gotErr := source.Tile(t.Context(), 0, column, row)
				if fmt.Sprint(gotErr) != fmt.Sprint(wantErr) || !reflect.DeepEqual(got, want) {
					t.Errorf("(%d,%d): %+v, %v; here %+v, %v", column, row, got, gotErr, want, wantErr)
				}
			}
		}
		if err := source.Close(); err != nil {
			t.Error(err)
		}
		if _, err := source.Tile(t.Context(), 0, 0, 0); !errors.Is(err, errSlideClosed) {
			t.Errorf("after closing: %v", err)
		}
	})
}

func TestEachOpenSlideHasAProcessThatEndsWithIt(t *testing.T) {
	s := newSlides(t, options(true))
	if _, err := s.Format(t.Context(), "any"); err != nil {
		t.Fatal(err)
	}
	one, two := openMade(t, s), openMade(t, s) // the first in the process that told the format
	if a, b := holder(t, one), holder(t, two); a == b || len(s.pids()) != 2 {
		t.Errorf("processes %d and %d of %v", a, b, s.pids())
	}
	if err := errors.Join(one.Close(), two.Close(), one.Close()); err != nil {
		t.Error(err)
	}
	s.waitFor(t, 0)
}

func TestACrashCostsASlideOneReadAndItIsOpenedAgain(t *testing.T) {
	transports(t, func(t *testing.T, o Options) {
		source := openMade(t, newSlides(t, o))
		for what, want := range map[string]string{demandSegv: "SIG", demandAbort: "SIGABRT", demandPanic: "panic: on demand", demandExit: "exit status 7"} {
			before := holder(t, source)
			_, err := source.Associated(t.Context(), what)
			var f *Failure
			if !errors.As(err, &f) || f.Kind != Crashed || !strings.Contains(f.Detail, want) {
				t.Errorf("%s: %v", what, err)
			}
			if after := holder(t, source); after == before {
				t.Errorf("%s: process %d goes on", what, after)
			}
		}
	})
}

func TestAnAnswerAboutASlideThatCannotBeEndsItsProcess(t *testing.T) {
	transports(t, func(t *testing.T, o Options) {
		s := newSlides(t, o)
		source := openMade(t, s)
		for _, what := range []string{demandTalk, demandHuge, demandSmall, demandType, demandBack, demandLong} {
			before := holder(t, source)
			_, err := source.Associated(t.Context(), what)
			var f *Failure
			if !errors.As(err, &f) || f.Kind != Answer {
				t.Errorf("%s: %v", what, err)
			}
			if after := holder(t, source); after == before {
				t.Errorf("%s: the process goes on", what)
			}
		}
		for _, what := range []string{demandType, demandSmall, demandBits} {
			_, err := s.OpenSlide(t.Context(), what)
			var f *Failure
			if !errors.As(err, &f) || f.Kind != Answer {
				t.Errorf("opening, %s: %v", what, err)
			}
		}
		var f *Failure
		if _, err := s.Format(t.Context(), demandTalk); !errors.As(err, &f) || f.Kind != Answer {
			t.Errorf("the format: %v", err)
		}
	})
}

func TestASlideThatNeedsTooMuchMemoryFailsAlone(t *testing.T) {
	o := options(true)
	o.Memory = 512 << 20
	s := newSlides(t, o)
	source := openMade(t, s)
	var f *Failure
	if _, err := source.Associated(t.Context(), demandEat); !errors.As(err, &f) || f.Kind != Memory {
		t.Errorf("%v", err)
	}
	if _, err := s.OpenSlide(t.Context(), demandEat); !errors.As(err, &f) || f.Kind != Memory {
		t.Errorf("opening: %v", err)
	}
	holder(t, source)
}

func TestASlideThatHangsIsGivenUpInTimeAndCanBeReadAgain(t *testing.T) {
	transports(t, func(t *testing.T, o Options) {
		o.Timeout = 300 * time.Millisecond
		s := newSlides(t, o)
		var f *Failure
		if _, err := s.Format(t.Context(), demandHang); !errors.As(err, &f) || f.Kind != TimedOut {
			t.Errorf("format: %v", err)
		}
		if _, err := s.OpenSlide(t.Context(), demandHang); !errors.As(err, &f) || f.Kind != TimedOut {
			t.Errorf("opening: %v", err)
		}
		s.options.Timeout = time.Minute
		source := openMade(t, s)
		s.options.Timeout = 300 * time.Millisecond
		if _, err := source.Associated(t.Context(), demandHang); !errors.As(err, &f) || f.Kind != TimedOut {
			t.Errorf("reading: %v", err)
		}
		s.options.Timeout = time.Minute
		holder(t, source)
	})
}

func TestACancelledReadReturnsAndAHangingProcessIsKilled(t *testing.T) {
	transports(t, func(t *testing.T, o Options) {
		o.grace = time.Millisecond
		source := openMade(t, newSlides(t, o))
		before := holder(t, source)
		folder := t.TempDir()
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			await(filepath.Join(folder, "begun"))
			cancel()
		}()
		if _, err := source.Associated(ctx, demandWait+folder); !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
		if after := holder(t, source); after == before {
			t.Error("the process that hangs goes on")
		}
	})
}

func TestACancelledReadThatEndsSoonLeavesTheSlideOpen(t *testing.T) {
	transports(t, func(t *testing.T, o Options) {
		o.grace = time.Minute
		source := openMade(t, newSlides(t, o))
		before := holder(t, source)
		folder := t.TempDir()
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			await(filepath.Join(folder, "begun"))
			cancel()
		}()
		if _, err := source.Associated(ctx, demandWait+folder); !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
		if err := os.WriteFile(filepath.Join(folder, "end"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if after := holder(t, source); after != before {
			t.Error("the process was ended")
		}
	})
}

func TestClosingASlideEndsAReadThatHangs(t *testing.T) {
	source := openMade(t, newSlides(t, options(true)))
	folder := t.TempDir()
	ended := make(chan error)
	go func() {
		_, err := source.Associated(context.Background(), demandWait+folder)
		ended <- err
	}()
	await(filepath.Join(folder, "begun"))
	if err := source.Close(); err != nil {
		t.Error(err)
	}
	if err := <-ended; !errors.Is(err, errSlideClosed) {
		t.Errorf("%v", err)
	}
}

func TestASlideThatIsAnotherWhenItIsOpenedAgainIsRefused(t *testing.T) {
	s := newSlides(t, options(true))
	source, err := s.OpenSlide(t.Context(), demandPID) // its description names the process
	if err != nil {
		t.Fatal(err)
	}
	if _, err := source.Associated(t.Context(), demandExit); err == nil {
		t.Fatal("it did not fail")
	}
	if _, err := source.Tile(t.Context(), 0, 0, 0); err == nil || !strings.Contains(err.Error(), "changed") {
		t.Errorf("%v", err)
	}
}

func TestErrorsOfOpenSlideArriveAsTheyAre(t *testing.T) {
	s := newSlides(t, options(true))
	var missing *openslide.NotInstalledError
	if _, err := s.Format(t.Context(), demandDamage); !errors.As(err, &missing) || missing.Reason != "on demand" {
		t.Errorf("%v", err)
	}
	if _, err := s.OpenSlide(t.Context(), demandDamage); err == nil || err.Error() != "it is damaged" {
		t.Errorf("%v", err)
	}
	source := openMade(t, s)
	if _, err := source.Associated(t.Context(), demandDamage); err == nil || err.Error() != "it is damaged" {
		t.Errorf("%v", err)
	}
}

func TestADescriptionThatCannotBeIsRefused(t *testing.T) {
	good := func() *slide.Description {
		return &slide.Description{FocalPlanes: 1, FocalPlane: 1, Levels: []slide.Level{{Columns: 1, Rows: 1, TileColumns: 1, TileRows: 1, Downsample: 1}}}
	}
	if _, err := descriptionOf(described(t, good())); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*slide.Description){
		"no focal plane": func(d *slide.Description) { d.FocalPlanes = 0 },
		"optical paths":  func(d *slide.Description) { d.OpticalPath, d.OpticalPaths = 3, make([]slide.OpticalPath, 1) },
		"no columns":     func(d *slide.Description) { d.Levels[0].Columns = 0 },
		"too wide":       func(d *slide.Description) { d.Levels[0].Columns = longestSide + 1 },
		"no tile":        func(d *slide.Description) { d.Levels[0].TileRows = 0 },
		"a negative µm":  func(d *slide.Description) { d.Levels[0].MicrometresX = -1 },
		"level 0":        func(d *slide.Description) { d.Levels[0].Downsample = 2 },
		"many levels":    func(d *slide.Description) { d.Levels = make([]slide.Level, mostLevels+1) },
	} {
		d := good()
		spoil(d)
		var answer *answerError
		if _, err := descriptionOf(described(t, d)); !errors.As(err, &answer) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func described(t *testing.T, d *slide.Description) []byte {
	t.Helper()
	b, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestARealSlideInAWorkerHasTheSamePixelsAsInThisProcess(t *testing.T) {
	if _, err := openslide.Load(); err != nil {
		t.Skip(err)
	}
	path := shared(t, "data", "slides", "cmu_small_region.svs")
	here, err := openslide.Local{}.OpenSlide(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer here.Close()
	transports(t, func(t *testing.T, o Options) {
		o.env = nil // the worker as it is
		s := newSlides(t, o)
		if format, err := s.Format(t.Context(), path); err != nil || format != "aperio" {
			t.Errorf("%q, %v", format, err)
		}
		there, err := s.OpenSlide(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		d := there.Description()
		if !reflect.DeepEqual(d, here.Description()) {
			t.Errorf("%+v, here %+v", d, here.Description())
		}
		tiles := 0
		for i, l := range d.Levels {
			for row := range l.TilesDown() {
				for column := range l.TilesAcross() {
					want, wantErr := here.Tile(t.Context(), i, column, row)
					got, gotErr := there.Tile(t.Context(), i, column, row)
					if wantErr != nil || gotErr != nil || !reflect.DeepEqual(got, want) {
						t.Fatalf("tile (%d,%d) of level %d differs: %v, %v", column, row, i, gotErr, wantErr)
					}
					tiles++
				}
			}
		}
		for _, name := range d.Associated {
			want, wantErr := here.Associated(t.Context(), name)
			got, gotErr := there.Associated(t.Context(), name)
			if wantErr != nil || gotErr != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("picture %s differs: %v, %v", name, gotErr, wantErr)
			}
		}
		if tiles < 50 || len(d.Associated) == 0 {
			t.Errorf("%d tiles, pictures %v", tiles, d.Associated)
		}
		if _, err := s.OpenSlide(t.Context(), shared(t, "data", "slides", "broken.svs")); err == nil {
			t.Error("a broken slide was opened")
		}
	})
}
