package cli

import (
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"longying/imaging/slide/openslide"
)

func TestASlideThatIsNoDICOMObjectIsDescribedDecodedAndRenderedAndABrokenOneRefused(t *testing.T) {
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
	if err != nil || img.Bounds().Dx() != 2220 || img.Bounds().Dy() != 2967 {
		t.Errorf("%v, %v", img.Bounds(), err)
	}
	for _, args := range [][]string{{"info", broken}, {"render", broken, "--out", out}, {"decode", broken, "--out", out}} {
		if _, stderr := l.want(ExitFailed, args...); !strings.Contains(stderr, filepath.Base(args[1])) {
			t.Errorf("%v: %s", args, stderr)
		}
	}
	stdout, _ = l.want(ExitDone, "decode", svs, "--out", out, "--json")
	raw, err := os.ReadFile(out)
	if row := l.rows(stdout)[0]; err != nil || len(raw) != 3*2220*2967 || row["photometric"] != "RGB" || row["samples"] != 3.0 {
		t.Errorf("%d values, %v, %v", len(raw), row, err)
	}
	r, g, b, _ := img.At(1000, 1500).RGBA() // there is no colour profile to apply
	if p := raw[3*(1500*2220+1000):]; p[0] != byte(r>>8) || p[1] != byte(g>>8) || p[2] != byte(b>>8) {
		t.Errorf("decode has %v where render has %d %d %d", p[:3], r>>8, g>>8, b>>8)
	}
	l.want(ExitUsage, "render", svs, "--window", "1,2")
}
