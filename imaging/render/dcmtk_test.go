package render

import (
	"bytes"
	"fmt"
	"image"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"longying/imaging"
	"longying/imaging/codec"
	"longying/imaging/dicomfile"
)

// stored is a frame of testdata/state, as states.py made it.
func stored(t testing.TB, name string, n int) (*imaging.Frame, *imaging.Instance) {
	t.Helper()
	f, err := dicomfile.Open(filepath.Join("testdata", "state", name+".dcm"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	frame, err := f.Frame(t.Context(), codec.Local{}, n)
	if err != nil {
		t.Fatal(err)
	}
	return frame, f.Instance()
}

// state is a presentation state of testdata/state.
func state(t testing.TB, name string) *imaging.PresentationState {
	t.Helper()
	f, err := dicomfile.Open(filepath.Join("testdata", "state", "ps-"+name+".dcm"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s, err := f.PresentationState()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// dcmtk is the picture that a tool of DCMTK makes: a PGM file, its last
// argument.
func dcmtk(t *testing.T, tool string, args ...string) *image.Gray {
	t.Helper()
	path, err := exec.LookPath(tool)
	if err != nil {
		t.Skipf("no %s here; make setup brings it", tool)
	}
	out := filepath.Join(t.TempDir(), "out.pgm")
	if msg, err := exec.Command(path, append(args, out)...).CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v %s", tool, strings.Join(args, " "), err, msg)
	}
	return readPGM(t, out)
}

// sameWithin compares grey pictures pixel by pixel.
func sameWithin(t *testing.T, got, want image.Image, levels int) {
	t.Helper()
	if got.Bounds().Size() != want.Bounds().Size() {
		t.Fatalf("%v, want %v", got.Bounds(), want.Bounds())
	}
	worst, wrong := 0, 0
	var first string
	b := got.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			g, _, _, _ := got.At(x, y).RGBA()
			w, _, _, _ := want.At(x, y).RGBA()
			d := int(g>>8) - int(w>>8)
			if d = max(d, -d); d > levels {
				if wrong++; first == "" {
					first = fmt.Sprintf("first at column %d, row %d: %d, want %d", x, y, g>>8, w>>8)
				}
			}
			worst = max(worst, d)
		}
	}
	if wrong > 0 {
		t.Errorf("%d pixels are more than %d levels off, the worst by %d; %s", wrong, levels, worst, first)
	}
}

func readPGM(t *testing.T, name string) *image.Gray {
	t.Helper()
	b := read(t, name)
	var w, h, top int
	if _, err := fmt.Fscanf(bytes.NewReader(b), "P5\n%d %d\n%d", &w, &h, &top); err != nil {
		if _, err := fmt.Fscanf(bytes.NewReader(b), "P5\n%d %d %d", &w, &h, &top); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	if top != 255 || len(b) < w*h {
		t.Fatalf("%s: a PGM of %d x %d, top %d, %d bytes", name, w, h, top, len(b))
	}
	return &image.Gray{Pix: b[len(b)-w*h:], Stride: w, Rect: image.Rect(0, 0, w, h)}
}

// The transformations of a state against dcmp2pgm, which draws neither shutters
// nor overlays nor annotations, knows LINEAR only and shows the whole image.
func TestAStateShowsTheImageAsDCMTKDoes(t *testing.T) {
	for _, c := range []struct {
		state, image string
		frame        int
	}{
		{"window", "plain", 1}, {"inverse", "plain", 1}, {"narrow", "plain", 1}, {"unrescaled", "plain", 1},
		{"no-voi", "plain", 1}, {"signed", "signed", 1}, {"mono1", "mono1", 1}, {"voi-lut", "plain", 1}, {"modality-lut", "plain", 1},
		{"presentation-lut", "plain", 1}, {"turn-0-n", "plain", 1}, {"turn-0-y", "plain", 1}, {"turn-90-n", "plain", 1}, {"turn-90-y", "plain", 1},
		{"turn-180-n", "plain", 1}, {"turn-180-y", "plain", 1}, {"turn-270-n", "plain", 1}, {"turn-270-y", "plain", 1},
		{"per-image", "plain", 1}, {"per-image", "signed", 1}, {"frame", "frames", 2}, {"frame", "frames", 3},
	} {
		t.Run(c.state+"/"+c.image, func(t *testing.T) {
			want := dcmtk(t, "dcmp2pgm", "-f", fmt.Sprint(c.frame), "-p", "testdata/state/ps-"+c.state+".dcm", "testdata/state/"+c.image+".dcm")
			f, in := stored(t, c.image, c.frame)
			got, err := Present(f, in, c.frame, Presentation{State: state(t, c.state)}, nil)
			if err != nil {
				t.Fatal(err)
			}
			sameWithin(t, got, want, 1)
		})
	}
}

// Windows, tables, functions and overlays of an image against dcm2pnm, which
// is asked for the same transformation by its options.
func TestAnImageIsShownAsDCMTKShowsIt(t *testing.T) {
	window := func(c, w float64, f imaging.VOIFunction) Presentation {
		return Presentation{Window: &imaging.VOILUT{Center: c, Width: w, Function: f}}
	}
	overlaid := Presentation{Overlays: true}
	for _, c := range []struct {
		image   string
		frame   int
		p       Presentation
		options string
	}{
		{"plain", 1, Presentation{}, "+Wi 1"},
		{"plain", 1, window(1000, 300, ""), "+Wi 2"},
		{"plain", 1, window(2500.5, 1, ""), "+Wi 3"},
		{"plain", 1, window(-200, 77, ""), "+Ww -200 77"},
		{"plain", 1, window(3000, 2500, imaging.VOISigmoid), "+Ww 3000 2500 +Wfs"},
		{"signed", 1, window(-1000, 2000, ""), "+Ww -1000 2000"},
		{"signed", 1, window(-1000, 2000, imaging.VOISigmoid), "+Ww -1000 2000 +Wfs"},
		{"mono1", 1, Presentation{}, "+Wi 1"},
		{"mono1", 1, Presentation{Invert: true}, "+Wi 1 +P"},
		{"table", 1, Presentation{}, "+Wl 1"},
		{"modality", 1, window(30000, 50000, ""), "+Ww 30000 50000"},
		{"overlays", 1, Presentation{}, "+Wi 1 -O"},
		{"overlays", 1, overlaid, "+Wi 1 +O 0 +Omr"},
		{"frames", 1, overlaid, "+Wi 1 +O 0 +Omr"},
		{"frames", 2, overlaid, "+Wi 1 +O 0 +Omr"},
		{"frames", 3, overlaid, "+Wi 1 +O 0 +Omr"},
		{"embedded", 1, Presentation{}, "+Wi 1 -O"},
		{"embedded", 1, overlaid, "+Wi 1 +O 0 +Omr"},
	} {
		t.Run(fmt.Sprint(c.image, " ", c.frame, " ", c.options), func(t *testing.T) {
			options := append(strings.Fields(c.options), "+F", fmt.Sprint(c.frame), "testdata/state/"+c.image+".dcm")
			want := dcmtk(t, "dcm2pnm", options...)
			f, in := stored(t, c.image, c.frame)
			got, err := Image(f, in, c.frame, c.p)
			if err != nil {
				t.Fatal(err)
			}
			sameWithin(t, got, want, 1)
		})
	}
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Real files: overlays that lie partly outside, a modality LUT of 16 bits over
// MONOCHROME1.
func TestRealFilesAreShownAsDCMTKShowsThem(t *testing.T) {
	for _, c := range []struct {
		name, options string
		p             Presentation
	}{
		{"fo-dicom/OutOfBoundsOverlay.dcm", "+Wi 1 -O", Presentation{}},
		{"fo-dicom/OutOfBoundsOverlay.dcm", "+Wi 1 +O 0 +Omr", Presentation{Overlays: true}},
		{"fo-dicom/CR-ModalitySequenceLUT.dcm", "+Ww 512 1024", Presentation{Window: &imaging.VOILUT{Center: 512, Width: 1024}}},
		{"fo-dicom/CR-ModalitySequenceLUT.dcm", "+Ww 30000 900.5", Presentation{Window: &imaging.VOILUT{Center: 30000, Width: 900.5}}},
	} {
		t.Run(c.name+" "+c.options, func(t *testing.T) {
			path := filepath.Join("..", "..", "..", "shared", "data", "dicom", filepath.FromSlash(c.name))
			if _, err := os.Stat(path); err != nil {
				t.Skip("no reference data here")
			}
			f, err := dicomfile.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			frame, err := f.Frame(t.Context(), codec.Local{}, 1)
			if err != nil {
				t.Fatal(err)
			}
			got, err := Image(frame, f.Instance(), 1, c.p)
			if err != nil {
				t.Fatal(err)
			}
			sameWithin(t, got, dcmtk(t, "dcmj2pnm", append(strings.Fields(c.options), path)...), 1)
		})
	}
}
