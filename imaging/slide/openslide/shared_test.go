package openslide

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"longying/imaging"
	"longying/imaging/slide"
)

// shared finds a path of the reference data beside the repository; the test is
// skipped where the data is not there.
func shared(t testing.TB, name string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		p := filepath.Join(dir, "shared", "data", filepath.FromSlash(name))
		if _, err := os.Stat(p); err == nil {
			return p
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Skipf("no shared/data/%s here", name)
		}
		dir = up
	}
}

// expected is what testdata/expected.py found.
type expected struct {
	Name      string
	Levels    [][2]int
	MPP       [2]float64
	Quickhash string
	ICC       int
	Regions   []struct {
		Place  [4]int
		SHA256 string
	}
	Associated map[string]struct {
		Size   [2]int
		SHA256 string
	}
}

func TestARealSlideIsToTheLastBitWhatOpenSlidePythonAndTifffileRead(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("testdata", "expected.json"))
	if err != nil {
		t.Fatal(err)
	}
	var want expected
	if err := json.Unmarshal(raw, &want); err != nil {
		t.Fatal(err)
	}
	s := opened(t, shared(t, want.Name))
	d := s.Description()
	l := d.Levels[0]
	if len(d.Levels) != len(want.Levels) || l.Columns != want.Levels[0][0] || l.Rows != want.Levels[0][1] || l.MicrometresX != want.MPP[0] ||
		l.MicrometresY != want.MPP[1] || s.Quickhash() != want.Quickhash || len(d.ICCProfile) != want.ICC {
		t.Errorf("%+v, quickhash %s", d.Levels, s.Quickhash())
	}
	sl := slide.New(s, slide.Options{})
	for _, region := range want.Regions {
		p := region.Place
		r, err := sl.Region(context.Background(), 0, p[0], p[1], p[2], p[3])
		if err != nil {
			t.Fatal(err)
		}
		if got := sha256.Sum256(r.RGB); hex.EncodeToString(got[:]) != region.SHA256 || r.Padded+r.Absent > 0 {
			t.Errorf("region %v differs", p)
		}
	}
	if !slices.Equal(d.Associated, []string{slide.Label, slide.Overview, slide.Thumbnail}) {
		t.Errorf("associated %v", d.Associated)
	}
	for name, a := range want.Associated {
		ours := strings.Replace(name, "macro", slide.Overview, 1)
		img, err := s.Associated(context.Background(), ours)
		if err != nil {
			t.Fatal(err)
		}
		var rgb []byte
		for i := 0; i < len(img.Pix); i += 4 {
			rgb = append(rgb, img.Pix[i:i+3]...)
		}
		if got := sha256.Sum256(rgb); hex.EncodeToString(got[:]) != a.SHA256 || img.Rect.Dx() != a.Size[0] || img.Rect.Dy() != a.Size[1] {
			t.Errorf("picture %s differs", name)
		}
		if slide.Identifying(ours) != (ours != slide.Thumbnail) {
			t.Errorf("%s: is it identifying?", ours)
		}
	}
}

func TestSlidesAreTakenFromWhatIsNoDICOMAndTheOthersKeepTheirReason(t *testing.T) {
	library(t)
	svs, broken := shared(t, "slides/cmu_small_region.svs"), shared(t, "slides/broken.svs")
	dir := t.TempDir()
	text := filepath.Join(dir, "README.txt")
	if err := os.WriteFile(text, []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	skip := func(path string) imaging.Skipped {
		return imaging.Skipped{Path: path, Code: imaging.SkipNotDICOM, Detail: "as it was"}
	}
	found, rest, err := Take(context.Background(), Local{}, []imaging.Skipped{skip(svs), skip(broken), skip(text), skip("pack.zip!a.svs")})
	if err != nil || len(found) != 1 || len(rest) != 3 {
		t.Fatalf("%d slides, %v, %v", len(found), rest, err)
	}
	for i, part := range []string{"OpenSlide", "as it was", "unpack"} {
		if !strings.Contains(rest[i].Detail, part) {
			t.Errorf("%s: %s", rest[i].Path, rest[i].Detail)
		}
	}
	again, _, err := Take(context.Background(), Local{}, []imaging.Skipped{skip(svs)})
	if err != nil || !reflect.DeepEqual(again, found) {
		t.Error("the same slide has another identity the second time")
	}
	in := found[0]
	if in.Slide == nil || in.Slide.TotalColumns != 2220 || in.Slide.MicrometresPerPixel != 0.499 || in.Slide.Format != "aperio" || in.Modality != "SM" ||
		in.Patient.Name.String() != "" || in.Patient.ID != "" || in.StudyUID == in.SeriesUID || in.SeriesUID == in.SOPInstanceUID {
		t.Errorf("%+v", in)
	}
	for _, uid := range []string{in.StudyUID, in.SeriesUID, in.SOPInstanceUID} {
		if !strings.HasPrefix(uid, "2.25.") || len(uid) > 44 || uid[5] == '0' {
			t.Errorf("UID %s", uid)
		}
	}
}

// absent is an opener without the library.
type absent struct{ Local }

func (absent) Format(context.Context, string) (string, error) {
	return "", &NotInstalledError{"no such file"}
}

func TestWithoutOpenSlideASlideIsSkippedWithWhatToInstall(t *testing.T) {
	path := written(t, "made.svs", []byte("anything"))
	found, rest, err := Take(context.Background(), absent{}, []imaging.Skipped{{Path: path, Code: imaging.SkipNotDICOM}})
	if err != nil || len(found) != 0 || len(rest) != 1 || !strings.Contains(rest[0].Detail, "libopenslide0") {
		t.Errorf("%v, %v, %v", found, rest, err)
	}
}
