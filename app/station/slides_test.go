package station

import (
	"context"
	"errors"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"longying/imaging"
	"longying/imaging/slide"
	"longying/records"
)

// scanners stands in for OpenSlide: a slide is a file that begins with its
// format's name, in one colour that the file's last byte gives.
type scanners struct {
	byName bool // slides are known by their extension, as MRXS are

	mu   sync.Mutex
	open int
}

func (s *scanners) Format(_ context.Context, path string) (string, error) {
	raw, err := os.ReadFile(path)
	if err != nil || !strings.HasPrefix(string(raw), "aperio") || s.byName && filepath.Ext(path) != ".svs" {
		return "", err
	}
	return "aperio", nil
}

func (s *scanners) OpenSlide(ctx context.Context, path string) (slide.Source, error) {
	if format, err := s.Format(ctx, path); err != nil || format == "" {
		return nil, errors.Join(errors.New("no slide"), err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open++
	return &plain{scanners: s, path: path, colour: raw[len(raw)-1], description: slide.Description{Format: "aperio", FocalPlanes: 1, FocalPlane: 1,
		Levels:     []slide.Level{{Columns: 300, Rows: 200, TileColumns: 128, TileRows: 128, Downsample: 1}},
		Properties: map[string]string{"openslide.quickhash-1": fmt.Sprintf("%x", raw)}}}, nil
}

type plain struct {
	*scanners
	path        string
	colour      byte
	description slide.Description
}

func (p *plain) Description() *slide.Description { return &p.description }

func (p *plain) Tile(context.Context, int, int, int) (*slide.Tile, error) {
	if _, err := os.Stat(p.path); err != nil { // the file must stay for as long as the slide is open
		return nil, err
	}
	t := &slide.Tile{Columns: 128, Rows: 128, RGB: make([]byte, 3*128*128)}
	for i := range t.RGB {
		t.RGB[i] = p.colour
	}
	return t, nil
}

func (p *plain) Associated(context.Context, string) (*image.NRGBA, error) {
	return nil, errors.New("none")
}

func (p *plain) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.open--
	return nil
}

func slideBench(t *testing.T, s *scanners) *bench {
	t.Helper()
	st, sample, err := OpenSample(t.Context(), Options{Home: filepath.Join(t.TempDir(), "home"), Slides: s})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
		if s.open != 0 {
			t.Errorf("%d slides were left open", s.open)
		}
	})
	return &bench{Station: st, t: t, ctx: t.Context(), sample: sample, radiologist: sample.Users["radiologist"]}
}

func scanned(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestASlideOfAScannersOwnFormatIsKeptSealedUnderOneIdentityAndWaitsForAPersonToSayWhoseItIs(t *testing.T) {
	b := slideBench(t, &scanners{})
	path := scanned(t, "26-1234 张三.svs", "aperio and a name: ZHANG SAN \x40")
	res, err := b.Registry.Import(b.ctx, b.radiologist, []string{path}, nil)
	b.must(err)
	if len(res.Studies) != 1 || res.New != 1 {
		t.Fatalf("%+v", res)
	}
	ex := res.Studies[0]
	if ex.Link != records.LinkReview || ex.Modality != "SM" || ex.Header.Name != "" || ex.Description != "26-1234 张三.svs" {
		t.Errorf("%+v", ex)
	}
	again, err := b.Registry.Import(b.ctx, b.radiologist, []string{path, scanned(t, "copy.svs", "aperio and a name: ZHANG SAN \x40")}, nil)
	b.must(err)
	if again.New != 0 || again.Known != 1 || again.Studies[0].StudyUID != ex.StudyUID || len(again.Skipped) != 1 || again.Skipped[0].Code != imaging.SkipDuplicate {
		t.Errorf("a second import: %+v", again)
	}
	b.must(os.Remove(path)) // the copy of the data folder is all that is left
	b.must(filepath.WalkDir(b.Home, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		raw, err := os.ReadFile(path)
		if err == nil && (strings.Contains(string(raw), "ZHANG SAN") || strings.Contains(string(raw), "张三.svs")) {
			t.Errorf("%s holds the name in plain", path)
		}
		return err
	}))
	study, err := b.Archive.Study(b.ctx, ex.StudyUID)
	b.must(err)
	in := study.Series[0].Instances[0]
	if study.UID != ex.StudyUID || in.SOPClassUID != "" || in.Slide == nil || in.Slide.TotalColumns != 300 {
		t.Fatalf("%+v", in)
	}
	sl, err := b.Archive.Slide(b.ctx, study, in.SOPInstanceUID, b.Decoder, slide.Options{})
	b.must(err)
	rgb, err := sl.RegionRGB(b.ctx, 100, 100, 100, 100)
	b.must(err)
	if rgb[0] != 0x40 || rgb[29999] != 0x40 {
		t.Errorf("the pixels are %d", rgb[0])
	}
	b.must(sl.Close())
	img, err := b.Archive.Picture(b.ctx, imaging.Ref{StudyUID: ex.StudyUID, SOPUID: in.SOPInstanceUID, Region: &imaging.Region{X1: 50, Y1: 50}})
	b.must(err)
	if r, _, _, _ := img.At(3, 3).RGBA(); r>>8 != 0x40 || img.Bounds().Dx() != 50 {
		t.Errorf("%v", img.Bounds())
	}
	if _, err := b.Archive.Open(b.ctx, in.SOPInstanceUID); err == nil || !strings.Contains(err.Error(), "slide") {
		t.Errorf("it was opened as a DICOM object: %v", err)
	}
}

func TestASlideThatCannotBeOpenedOutOfTheDataFolderIsSkippedWithItsReasonAndLeavesNothingBehind(t *testing.T) {
	b := slideBench(t, &scanners{byName: true})
	res, err := b.Registry.Import(b.ctx, b.radiologist, []string{scanned(t, "a.svs", "aperio\x40")}, nil)
	b.must(err)
	if len(res.Studies) != 0 || len(res.Skipped) != 1 || res.Skipped[0].Code != imaging.SkipNotKept || !strings.Contains(res.Skipped[0].Detail, "aperio") {
		t.Errorf("%+v", res)
	}
	left, err := os.ReadDir(filepath.Join(b.Home, "objects"))
	b.must(err)
	if len(left) != 0 {
		t.Errorf("%d files are left", len(left))
	}
}
