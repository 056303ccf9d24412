package main

import (
	"bytes"
	"context"
	"image"
	_ "image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestTheRealWindowOpensOnTheSampleAndShowsThePicture runs the program as a
// person would, in a window on this machine's display (make test brings one
// with Xvfb), and looks until the film is on the screen.
func TestTheRealWindowOpensOnTheSampleAndShowsThePicture(t *testing.T) {
	need := func(ok bool, what string) {
		t.Helper()
		if ok {
			return
		}
		if os.Getenv("CI") != "" {
			t.Fatalf("%s; make test brings it", what)
		}
		t.Skipf("%s; make test brings it", what)
	}
	need(os.Getenv("DISPLAY") != "", "there is no display")
	xdotool, err := exec.LookPath("xdotool")
	need(err == nil, "xdotool is missing")
	capture, err := exec.LookPath("import")
	need(err == nil, "ImageMagick's import is missing")
	binary := filepath.Join(t.TempDir(), "longying")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	var log bytes.Buffer
	program := exec.CommandContext(ctx, binary, "--sample")
	program.Env = append(os.Environ(), "LONGYING_HOME="+filepath.Join(t.TempDir(), "home"), "LIBGL_ALWAYS_SOFTWARE=1")
	program.Stdout, program.Stderr = &log, &log
	if err := program.Start(); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(ctx, xdotool, "search", "--sync", "--onlyvisible", "--name", "陇影").Output()
	if err != nil {
		t.Fatalf("no window came: %v\n%s", err, log.String())
	}
	window := strings.Fields(string(out))[0]
	for shades := 0; shades < 100; {
		if ctx.Err() != nil {
			t.Fatalf("the film did not come onto the screen: %d shades of grey\n%s", shades, log.String())
		}
		raw, err := exec.CommandContext(ctx, capture, "-window", window, "png:-").Output()
		if err != nil {
			continue // the window is being mapped; ctx ends the loop
		}
		img, _, err := image.Decode(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		shades = greys(img)
	}
	if err := program.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatalf("the program is gone: %v\n%s", err, log.String())
	}
	if err := program.Wait(); err != nil {
		t.Errorf("the program ended with %v\n%s", err, log.String())
	}
	if strings.Contains(log.String(), "panic") {
		t.Error(log.String())
	}
}

// greys counts the shades of pure grey in the middle of a window: chrome has a
// few, a film more than a hundred.
func greys(img image.Image) int {
	b := img.Bounds()
	seen := map[uint32]bool{}
	for y := b.Min.Y + b.Dy()/4; y < b.Max.Y-b.Dy()/4; y++ {
		for x := b.Min.X + b.Dx()/4; x < b.Max.X-b.Dx()/4; x++ {
			if r, g, bl, _ := img.At(x, y).RGBA(); r == g && g == bl {
				seen[r>>8] = true
			}
		}
	}
	return len(seen)
}
