package openslide

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"strings"
	"sync"
	"testing"

	"longying/imaging/slide"
)

func TestALibraryThatIsNotThereIsAnErrorThatSaysWhatToInstall(t *testing.T) {
	_, err := load([]string{"libopenslide-of-nowhere.so.0"})
	var missing *NotInstalledError
	if !errors.As(err, &missing) || !strings.Contains(err.Error(), "libopenslide0") || !strings.Contains(missing.Reason, "nowhere") {
		t.Error(err)
	}
	if _, err := load([]string{"libm.so.6"}); err == nil || !strings.Contains(err.Error(), "openslide_get_version") {
		t.Errorf("another library was taken for OpenSlide: %v", err)
	}
}

func TestLevelsScalesAndTextAreThoseOfTheFile(t *testing.T) {
	s := opened(t, written(t, "made.svs", madeTIFF(binary.LittleEndian, false, pyramid()...)))
	d := s.Description()
	if d.Format != "aperio" || len(d.Levels) != 2 || d.ObjectivePower != 20 || d.Properties["aperio.AppMag"] != "20" || len(s.Quickhash()) != 64 {
		t.Fatalf("%+v", d)
	}
	want := []slide.Level{
		{Columns: 1200, Rows: 800, TileColumns: 128, TileRows: 128, Downsample: 1, MicrometresX: 0.5, MicrometresY: 0.5},
		{Columns: 300, Rows: 200, TileColumns: 128, TileRows: 128, Downsample: 4, MicrometresX: 2, MicrometresY: 2},
	}
	for i, l := range d.Levels {
		l.Instances = nil
		if w := want[i]; l.Columns != w.Columns || l.Rows != w.Rows || l.TileColumns != w.TileColumns || l.TileRows != w.TileRows ||
			l.Downsample != w.Downsample || l.MicrometresX != w.MicrometresX || l.MicrometresY != w.MicrometresY {
			t.Errorf("level %d: %+v", i, l)
		}
	}
}

func TestAScaleThatTheFileDoesNotStateIsUnknownAndNotGuessedFromTheObjective(t *testing.T) {
	pages := pyramid()
	for i := range pages {
		pages[i].description = strings.ReplaceAll(pages[i].description, "|MPP = 0.5000", "")
	}
	d := opened(t, written(t, "made.svs", madeTIFF(binary.LittleEndian, false, pages...))).Description()
	if d.ObjectivePower != 20 {
		t.Fatalf("%+v", d.Properties)
	}
	for i, l := range d.Levels {
		if l.MicrometresX != 0 || l.MicrometresY != 0 || l.Micrometres() != 0 {
			t.Errorf("level %d has a scale of %g µm from nowhere", i, l.MicrometresX)
		}
	}
}

func TestEveryTileHasThePixelsOfTheFileAndBackgroundBeyondTheEdge(t *testing.T) {
	pages := pyramid()
	for name, data := range map[string][]byte{
		"TIFF":    madeTIFF(binary.LittleEndian, false, pages...),
		"BigTIFF": madeTIFF(binary.LittleEndian, true, pages...),
	} {
		t.Run(name, func(t *testing.T) {
			s := opened(t, written(t, name, data))
			for level, l := range s.Description().Levels {
				for row := range l.TilesDown() {
					for column := range l.TilesAcross() {
						tile, err := s.Tile(context.Background(), level, column, row)
						if err != nil {
							t.Fatal(err)
						}
						if tile.Absent != 0 {
							t.Errorf("tile (%d,%d) of level %d: %d pixels are said to be absent", column, row, level, tile.Absent)
						}
						for y := range l.TileRows {
							for x := range l.TileColumns {
								px, py := column*l.TileColumns+x, row*l.TileRows+y
								want := pages[level].colour(level, px, py)
								if px >= l.Columns || py >= l.Rows {
									want = [3]byte{255, 255, 255}
								}
								if got := [3]byte(tile.RGB[3*(y*l.TileColumns+x):]); got != want {
									t.Fatalf("level %d, pixel (%d,%d): %v, wanted %v", level, px, py, got, want)
								}
							}
						}
					}
				}
			}
		})
	}
}

// A build of libtiff gives such a level sheared or shifted, over what was in memory.
func TestALevelSmallerThanOneTileIsLeftOutAndSaid(t *testing.T) {
	pages := append(pyramid(), page{columns: 75, rows: 50, tile: 128, description: aperio + "|level"})
	d := opened(t, written(t, "made.svs", madeTIFF(binary.LittleEndian, false, pages...))).Description()
	if len(d.Levels) != 2 || len(d.Notes) != 1 || d.Notes[0].Code != slide.NoteLeftOut || d.Notes[0].Args[0] != "level 2" {
		t.Errorf("%d levels, %v", len(d.Levels), d.Notes)
	}
	for _, tiny := range []page{{columns: 300, rows: 100, tile: 128, description: aperio}, {columns: 75, rows: 300, tile: 128, description: aperio}} {
		if _, err := library(t).Open(written(t, "tiny.svs", madeTIFF(binary.LittleEndian, false, tiny))); err == nil || !strings.Contains(err.Error(), "libtiff") {
			t.Errorf("a slide that may be read wrongly was opened: %v", err)
		}
	}
}

// An error stays with a handle of OpenSlide; it must not spoil other tiles, nor
// what reads at the same time.
func TestADamagedTileCostsItselfAndNoOther(t *testing.T) {
	pages := pyramid()
	pages[0].missing = map[int]bool{6: true} // column 6, row 0
	s := opened(t, written(t, "made.svs", madeTIFF(binary.LittleEndian, false, pages...)))
	l := s.Description().Levels[0]
	for range 3 {
		var wg sync.WaitGroup
		for i := range l.TilesAcross() * l.TilesDown() {
			wg.Go(func() {
				column, row := i%l.TilesAcross(), i/l.TilesAcross()
				tile, err := s.Tile(context.Background(), 0, column, row)
				if i == 6 {
					if err == nil || !strings.Contains(err.Error(), "OpenSlide") {
						t.Errorf("the damaged tile gave %v, %v", tile != nil, err)
					}
					return
				}
				if err != nil || [3]byte(tile.RGB) != pages[0].colour(0, column*l.TileColumns, row*l.TileRows) {
					t.Errorf("tile %d: %v", i, err)
				}
			})
		}
		wg.Wait()
	}
}

func TestARegionReadsNoTileThatItDoesNotTouch(t *testing.T) {
	pages := pyramid()
	pages[0].missing = map[int]bool{}
	for i := range 70 {
		pages[0].missing[i] = i != 11 && i != 12
	}
	sl := slide.New(opened(t, written(t, "made.svs", madeTIFF(binary.LittleEndian, false, pages...))), slide.Options{})
	r, err := sl.Region(context.Background(), 0, 130, 130, 200, 100)
	if err != nil {
		t.Fatal(err)
	}
	for y := range r.Rows {
		for x := range r.Columns {
			if got := [3]byte(r.RGB[3*(y*r.Columns+x):]); got != pages[0].colour(0, 130+x, 130+y) {
				t.Fatalf("(%d,%d): %v", x, y, got)
			}
		}
	}
	if _, err := sl.Region(context.Background(), 0, 127, 130, 10, 10); err == nil {
		t.Error("a region over a tile that is not in the file was given")
	}
}

func TestTheColourProfileOfATIFFIsFoundInEveryFormOfTheFormat(t *testing.T) {
	profile := bytes.Repeat([]byte("profile."), 40)
	for _, big := range []bool{false, true} {
		for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
			pages := pyramid()
			pages[0].icc = profile
			got, err := readTIFFProfile(bytes.NewReader(madeTIFF(order, big, pages...)))
			if err != nil || !bytes.Equal(got, profile) {
				t.Errorf("%v, BigTIFF %v: %d bytes, %v", order, big, len(got), err)
			}
		}
	}
	got, err := readTIFFProfile(bytes.NewReader(madeTIFF(binary.LittleEndian, false, pyramid()...)))
	if got != nil || err != nil {
		t.Errorf("a profile of %d bytes came from nowhere, %v", len(got), err)
	}
}

func FuzzReadTIFFProfile(f *testing.F) {
	small := page{columns: 16, rows: 16, tile: 16, icc: make([]byte, 130)}
	f.Add(madeTIFF(binary.LittleEndian, false, small))
	f.Add(madeTIFF(binary.BigEndian, true, small))
	f.Fuzz(func(t *testing.T, data []byte) {
		if profile, err := readTIFFProfile(bytes.NewReader(data)); err == nil && len(profile) > len(data) {
			t.Errorf("%d bytes out of %d", len(profile), len(data))
		}
	})
}

func TestAProfileThatCannotBeUsedIsSaidAndTheSlideIsReadAllTheSame(t *testing.T) {
	pages := pyramid()
	pages[0].icc = bytes.Repeat([]byte{1}, 200)
	sl := slide.New(opened(t, written(t, "made.svs", madeTIFF(binary.LittleEndian, false, pages...))), slide.Options{})
	if notes := sl.Notes(); len(notes) != 1 || notes[0].Code != slide.NoteICC {
		t.Errorf("%v", notes)
	}
	if _, err := sl.Region(context.Background(), 0, 0, 0, 10, 10); err != nil {
		t.Error(err)
	}
}

func TestAClosedSlideGivesAnErrorAndNoCrash(t *testing.T) {
	s := opened(t, written(t, "made.svs", madeTIFF(binary.LittleEndian, false, pyramid()...)))
	if err := errors.Join(s.Close(), s.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Tile(context.Background(), 0, 0, 0); !errors.Is(err, errClosed) {
		t.Error(err)
	}
}

func TestFilesCutShortAnywhereGiveAnErrorOrTilesAndNoCrash(t *testing.T) {
	whole := madeTIFF(binary.LittleEndian, false, pyramid()...)
	l := library(t)
	for n := 0; n < len(whole); n += len(whole)/40 + 1 {
		s, err := l.Open(written(t, "cut.svs", whole[:n]))
		if err != nil {
			continue
		}
		_, _ = s.Tile(context.Background(), 0, 4, 3)
		s.Close()
	}
}
