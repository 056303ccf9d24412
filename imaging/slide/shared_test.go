package slide

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"longying/imaging/codec"
	"longying/imaging/dicomfile"
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

func openedFile(t testing.TB, path string) *Slide {
	t.Helper()
	f, err := dicomfile.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open([]*dicomfile.File{f}, codec.Local{}, Options{})
	if err != nil {
		f.Close()
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// expectedFile is what testdata/expected.py found with pydicom, Pillow and
// highdicom.
type expectedFile struct {
	Columns, Rows int
	SHA256        string
	Means         [][][3]float64
	Position      []float64
}

func TestRealSlidesHaveThePixelsThatPydicomFinds(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("testdata", "expected.json"))
	if err != nil {
		t.Fatal(err)
	}
	var expected struct{ Files map[string]expectedFile }
	if err := json.Unmarshal(raw, &expected); err != nil {
		t.Fatal(err)
	}
	for name, want := range expected.Files {
		t.Run(filepath.Base(name), func(t *testing.T) {
			s := openedFile(t, shared(t, name))
			if s.Columns() != want.Columns || s.Rows() != want.Rows {
				t.Fatalf("%d x %d, wanted %d x %d", s.Columns(), s.Rows(), want.Columns, want.Rows)
			}
			r, err := s.Region(context.Background(), 0, 0, 0, want.Columns, want.Rows)
			var unsupported *codec.UnsupportedError
			if errors.As(err, &unsupported) {
				t.Skip(err) // said by name; the codec's own tests know what is to come
			}
			if err != nil {
				t.Fatal(err)
			}
			if sum := sha256.Sum256(r.RGB); want.SHA256 != "" && hex.EncodeToString(sum[:]) != want.SHA256 {
				t.Error("the pixels differ")
			}
			compareMeans(t, r, want.Means)
			if want.Position != nil {
				mm, ok := s.Position(17, 33)
				for i := range mm {
					if !ok || math.Abs(mm[i]-want.Position[i]) > 1e-6 {
						t.Fatalf("on the glass at %v, wanted %v", mm, want.Position)
					}
				}
			}
		})
	}
}

// compareMeans compares blocks of 128 x 128 pixels of lossy pictures: two
// decoders differ by rounding and in how they spread chrominance.
func compareMeans(t *testing.T, r *Region, want [][][3]float64) {
	t.Helper()
	const block = 128
	for by, row := range want {
		for bx, mean := range row {
			var sum [3]float64
			n := 0.0
			for y := by * block; y < min(r.Rows, (by+1)*block); y++ {
				for x := bx * block; x < min(r.Columns, (bx+1)*block); x++ {
					for c := range 3 {
						sum[c] += float64(r.RGB[3*(y*r.Columns+x)+c])
					}
					n++
				}
			}
			for c := range 3 {
				if math.Abs(sum[c]/n-mean[c]) > 1 {
					t.Fatalf("block (%d,%d): mean %.2f, wanted %.2f", bx, by, sum[c]/n, mean[c])
				}
			}
		}
	}
}

func TestTheColourProfileOfARealSlideIsNamedAndItsAbsenceToo(t *testing.T) {
	s := openedFile(t, shared(t, "dicom/highdicom/test_files/sm_image.dcm"))
	if name, ok := s.Colour(); !ok || !strings.Contains(name, "sRGB") {
		t.Errorf("profile %q, %v", name, ok)
	}
	if p := s.Description().OpticalPaths; len(p) != 1 || p[0].Illumination != "Brightfield illumination" {
		t.Errorf("%+v", p)
	}
	s = openedFile(t, shared(t, "slides/multi_frame_jpeg_camelyon_challenge_image.dcm"))
	if name, ok := s.Colour(); ok {
		t.Errorf("profile %q came from nowhere", name)
	}
}

func TestMonochromeFluorescenceIsShownInGreyAndNoInputOfAModel(t *testing.T) {
	for _, name := range []string{"sm_image_grayscale.dcm", "sm_image_grayscale_reversed.dcm"} {
		s := openedFile(t, shared(t, "dicom/highdicom/test_files/"+name))
		d := s.Description()
		if p := d.OpticalPaths[d.OpticalPath]; !p.Grey || !strings.Contains(p.Name(), "DAPI") {
			t.Errorf("%+v", d.OpticalPaths)
		}
		r, err := s.Region(context.Background(), 0, 0, 0, 50, 50)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(r.RGB); i += 3 {
			if r.RGB[i] != r.RGB[i+1] || r.RGB[i] != r.RGB[i+2] {
				t.Fatal("a grey pixel has a colour")
			}
		}
		if low, high := slices.Min(r.RGB), slices.Max(r.RGB); low != 0 || high != 255 {
			t.Errorf("grey values run from %d to %d", low, high)
		}
		if _, err := s.RegionRGB(context.Background(), 0, 0, 10, 10); err == nil || !strings.Contains(err.Error(), "DAPI") {
			t.Errorf("a model got grey values made for the screen: %v", err)
		}
	}
}
