package cli

import (
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"longying/imaging/slide/openslide"
)

func TestASlideThatIsNoDICOMObjectIsDescribedAndRenderedReducedAndABrokenOneRefused(t *testing.T) {
	if _, err := openslide.Load(); err != nil {
		t.Skip(err)
	}
	l := newLine(t)
	svs, broken := shared(t, "data", "slides", "cmu_small_region.svs"), shared(t, "data", "slides", "broken.svs")
	stdout, _ := l.want(ExitDone, "info", "--json", svs)
	row := l.rows(stdout)[0]
	for k, want := range map[string]any{"path": svs, "modality": "SM", "rows": 2967.0, "columns": 2220.0, "frames": 1.0, "transfer_syntax": "", "photometric": "RGB",
		"patient_name": "", "patient_id": "", "decodable": true, "slide_format": "aperio", "micrometres": 0.499} {
		if row[k] != want {
			t.Errorf("%s is %v, wanted %v", k, row[k], want)
		}
	}
	out := filepath.Join(t.TempDir(), "slide.png")
	l.want(ExitDone, "render", "--out", out, "--", svs)
	f, err := os.Open(out)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, err := png.Decode(f)
	if err != nil || img.Bounds().Dx() != 1110 || img.Bounds().Dy() != 1483 {
		t.Errorf("%v, %v", img.Bounds(), err)
	}
	for _, args := range [][]string{{"info", broken}, {"render", broken, "--out", out}, {"decode", svs, "--out", out}} {
		if _, stderr := l.want(ExitFailed, args...); !strings.Contains(stderr, filepath.Base(args[1])) {
			t.Errorf("%v: %s", args, stderr)
		}
	}
	l.want(ExitUsage, "render", svs, "--window", "1,2")
}
