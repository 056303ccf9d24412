package cli

import (
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAPictureIsRenderedAsAPresentationStateSays(t *testing.T) {
	l := newLine(t)
	states := filepath.Join("..", "..", "imaging", "render", "testdata", "state")
	plain, out := filepath.Join(states, "plain.dcm"), filepath.Join(t.TempDir(), "out.png")
	state := func(name string) string { return filepath.Join(states, "ps-"+name+".dcm") }
	picture := func() image.Image {
		t.Helper()
		f, err := os.Open(out)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		m, err := png.Decode(f)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	l.want(ExitDone, "render", plain, "--state", state("turn-90-n"), "--out", out)
	if got := picture().Bounds().Size(); got != (image.Point{X: 48, Y: 64}) {
		t.Errorf("turned by 90 degrees: %v", got)
	}
	// The contract's own form stays: native size, grey, without overlays.
	overlays := filepath.Join(states, "overlays.dcm")
	l.want(ExitDone, "render", overlays, "--out", out)
	without, ok := picture().(*image.Gray)
	if !ok || without.Rect != image.Rect(0, 0, 64, 48) {
		t.Fatalf("%T", picture())
	}
	l.want(ExitDone, "render", overlays, "--overlays", "--out", out)
	if with, ok := picture().(*image.Gray); !ok || with.GrayAt(50, 0).Y != 255 || without.GrayAt(50, 0).Y == 255 {
		t.Error("the overlay is missing, or was there unasked")
	}
	os.Remove(out)
	for _, c := range []struct {
		code   int
		args   []string
		reason string
	}{
		{ExitRefused, []string{filepath.Join(states, "signed.dcm"), "--state", state("window")}, "not about"},
		{ExitLater, []string{plain, "--state", state("color")}, "Color Softcopy Presentation State"},
		{ExitRefused, []string{plain, "--state", plain}, "SOP class"},
		{ExitFailed, []string{plain, "--state", "nothing.dcm"}, "nothing.dcm"},
		{ExitUsage, []string{overlays, "--state", state("window"), "--overlays"}, "--overlays"},
	} {
		_, stderr := l.want(c.code, append([]string{"render", "--out", out}, c.args...)...)
		if !strings.Contains(stderr, c.reason) {
			t.Errorf("%v: %q, want %q", c.args, stderr, c.reason)
		}
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("a refused state left a picture")
	}
}
