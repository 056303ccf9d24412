package ui

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"longying/app/station"
	"longying/app/ui/canvas"
	"longying/app/ui/lang"
	"longying/app/ui/workspace"
	"longying/imaging/codec"
	"longying/records"
)

func TestTheFirstPictureComesUnderItsPatientBeforeTheOtherHeadersAreRead(t *testing.T) {
	s, _ := signedIn(t)
	dir := t.TempDir()
	ctSeries(t, dir, "2.25.81", 0, 5, 16)
	if _, err := s.ws.Registry.Import(t.Context(), s.ws.User(), []string{dir}, nil); err != nil {
		t.Fatal(err)
	}
	var seen []string
	workspace.On(s.ws, func(workspace.StudyIncoming) {
		in := s.ws.Incoming()
		if s.ws.Current() != nil {
			t.Error("the study counts as open before its headers are read")
		}
		if n := len(in.Study.Series[0].Instances); n != 1 || in.Study.Series[0].Instances[0].Pixels.Rows != 16 {
			t.Errorf("%d pictures", n)
		}
		if s.bar.name.Text != in.Name() || in.Name() == "" {
			t.Errorf("the bar names %q", s.bar.name.Text)
		}
		seen = append(seen, "first "+s.front.ID)
	})
	workspace.On(s.ws, func(workspace.StudyOpened) {
		if o := s.ws.Current(); o != nil {
			if s.ws.Incoming() != nil || len(o.Stacks) != 1 || len(o.Stacks[0][0].Slices) != 5 || !o.Stacks[0][0].Placed {
				t.Errorf("%+v", o.Stacks)
			}
			seen = append(seen, "all")
			return
		}
		seen = append(seen, "closed")
	})
	for range 2 { // the second time closes the first
		s.ws.OpenStudy("2.25.81", func(err error) { t.Error(err) })
		s.ws.Settle()
	}
	if got := fmt.Sprint(seen); got != "[first viewer all closed first viewer all]" {
		t.Error(got)
	}
}

// viewport is the first viewport below an object.
func viewport(o fyne.CanvasObject) *canvas.Image {
	switch o := o.(type) {
	case *canvas.Image:
		return o
	case *fyne.Container:
		for _, c := range o.Objects {
			if i := viewport(c); i != nil {
				return i
			}
		}
	}
	return nil
}

func TestTheSampleCTIsShownInTheOrderOfPositionWithTheTiltOfItsGantry(t *testing.T) {
	s, _, st, sample := opened(t)
	if err := sample.Fill(t.Context(), st, func(int, int) {}); err != nil {
		t.Fatal(err)
	}
	known, err := st.Registry.Studies(t.Context(), s.ws.User(), records.ExaminationFilter{})
	if err != nil {
		t.Fatal(err)
	}
	for _, ex := range known {
		if slices.Contains(ex.Modalities, "CT") {
			s.ws.Do(func() { s.ws.OpenStudy(ex.StudyUID, func(err error) { t.Error(err) }) })
		}
	}
	s.ws.Settle()
	picture := viewport(s.front.Content)
	if picture == nil {
		t.Fatal("no viewport is in front")
	}
	depth := math.Inf(-1)
	for _, key := range []fyne.KeyName{fyne.KeyHome, fyne.KeyDown, fyne.KeyDown, fyne.KeyEnd} {
		s.ws.Do(func() { s.ws.Keys.Typed(&fyne.KeyEvent{Name: key}) })
		s.ws.Settle()
		words := picture.Words()
		if said := strings.Join(words.Warnings, "\n"); said != "机架倾斜 16.5°（文件头注明 16.5°）" {
			t.Errorf("%q", said)
		}
		shown, ok := picture.Shown()
		if !ok {
			t.Fatal(picture.Problem())
		}
		plane := shown.Plane()
		if plane.Depth() <= depth {
			t.Errorf("%g mm follows %g mm", plane.Depth(), depth)
		}
		depth = plane.Depth()
		if left := strings.Join(words.BottomLeft, "\n"); !strings.Contains(left, fmt.Sprintf("位置 %.1f mm", depth)) || !strings.Contains(left, fmt.Sprintf("第 %d/24 幅", picture.State().Slice+1)) {
			t.Errorf("%q", left)
		}
	}
	s.ws.Do(s.ws.CloseStudy)
	s.ws.Settle()
	if used, _ := s.ws.Frames.Used(); used != 0 {
		t.Errorf("%d bytes of frames are kept of a study that is closed", used)
	}
}

// viewports are all below an object.
func viewports(o fyne.CanvasObject) []*canvas.Image {
	switch o := o.(type) {
	case *canvas.Image:
		return []*canvas.Image{o}
	case *fyne.Container:
		var all []*canvas.Image
		for _, c := range o.Objects {
			all = append(all, viewports(c)...)
		}
		return all
	}
	return nil
}

func TestATiltedCTIsShownInThreePlanesOfOneVolumeToWhichNoFindingRefers(t *testing.T) {
	s, _, st, sample := opened(t)
	if err := sample.Fill(t.Context(), st, func(int, int) {}); err != nil {
		t.Fatal(err)
	}
	known, err := st.Registry.Studies(t.Context(), s.ws.User(), records.ExaminationFilter{})
	if err != nil {
		t.Fatal(err)
	}
	for _, ex := range known {
		if slices.Contains(ex.Modalities, "CT") {
			s.ws.OpenStudy(ex.StudyUID, func(err error) { t.Error(err) })
		}
	}
	s.ws.Settle()
	press := func(name fyne.KeyName) {
		s.ws.Keys.Typed(&fyne.KeyEvent{Name: name})
		s.ws.Settle()
	}
	before := len(viewports(s.front.Content))
	press(fyne.KeyM)
	panes := viewports(s.front.Content)
	if len(panes) != 4 {
		t.Fatalf("%d viewports", len(panes))
	}
	var normals []string
	for k, p := range panes {
		shown, ok := p.Shown()
		if !ok {
			t.Fatalf("viewport %d: %s", k, p.Problem())
		}
		if p.Original() != (k == 0) || (shown.Instance.SOPInstanceUID == "") != (k > 0) {
			t.Errorf("viewport %d is an instance's own: %v", k, p.Original())
		}
		if k > 0 {
			n := shown.Plane().Normal()
			normals = append(normals, fmt.Sprintf("%.0f %.0f %.0f", math.Abs(n[0]), math.Abs(n[1]), math.Abs(n[2])))
		}
		if said := strings.Join(p.Words().Warnings, "\n"); said != "机架倾斜 16.5°（文件头注明 16.5°）" {
			t.Errorf("viewport %d says %q", k, said)
		}
	}
	if got := strings.Join(normals, ", "); got != "0 0 1, 0 1 0, 1 0 0" {
		t.Errorf("the planes lie across %s; they are axial, coronal and sagittal", got)
	}
	panes[2].OnActivate()
	press(fyne.KeyReturn)
	if alone := viewports(s.front.Content); len(alone) != 1 || alone[0] != panes[2] {
		t.Errorf("%d viewports, of which the first is not the one in front", len(alone))
	}
	press(fyne.KeyReturn)
	if again := viewports(s.front.Content); !slices.Equal(again, panes) {
		t.Error("the viewports do not stand where they stood")
	}
	press(fyne.KeyM)
	if panes = viewports(s.front.Content); len(panes) != before || panes[0].Series() == nil {
		t.Errorf("%d viewports after the reconstruction", len(panes))
	}
	for _, p := range panes {
		if !p.Original() || p.Stack() == nil {
			t.Error("a plane is left, or nothing stands where something stood")
		}
	}
}

// bareWorkspace is a workspace on a folder of its own, without a window.
func bareWorkspace(b *testing.B) *workspace.Workspace {
	b.Helper()
	s, sample, err := station.OpenSample(b.Context(), station.Options{Home: filepath.Join(b.TempDir(), "home")})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := s.Close(); err != nil {
			b.Error(err)
		}
	})
	strs, err := lang.New(lang.Chinese)
	if err != nil {
		b.Fatal(err)
	}
	test.NewTempApp(b)
	ws := workspace.New(b.Context(), workspace.Services{Archive: s.Archive, Registry: s.Registry, Decoder: codec.Local{}}, strs)
	b.Cleanup(ws.Close)
	ws.SetUser(sample.Users["radiologist"])
	return ws
}

// BenchmarkMemory2000 is the most memory that the process ever has while a CT of
// 2,000 slices is open and scrolled from end to end and back, in a window of the
// toolkit's test driver: in MiB, and how much that is beyond the cache's limit.
func BenchmarkMemory2000(b *testing.B) {
	const count, batch = 2000, 100
	s, _ := signedIn(b)
	for from := 0; from < count; from += batch {
		dir := b.TempDir()
		ctSeries(b, dir, "2.25.2000", from, from+batch, 512)
		if _, err := s.ws.Registry.Import(b.Context(), s.ws.User(), []string{dir}, nil); err != nil {
			b.Fatal(err)
		}
		if err := os.RemoveAll(dir); err != nil {
			b.Fatal(err)
		}
	}
	_, limit := s.ws.Frames.Used()
	before := debug.SetMemoryLimit(-1)
	b.Cleanup(func() { debug.SetMemoryLimit(before) })
	s.ws.SetFrameCache(limit >> 20)
	debug.FreeOSMemory()
	most := 0.0
	for b.Loop() {
		if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0o200); err != nil { // proc(5): the peak begins anew
			b.Skip(err)
		}
		s.ws.OpenStudy("2.25.2000", func(err error) { b.Error(err) })
		s.ws.Settle()
		for _, key := range []fyne.KeyName{fyne.KeyHome, fyne.KeyDown, fyne.KeyUp} {
			for range count {
				s.ws.Keys.Typed(&fyne.KeyEvent{Name: key})
				if key == fyne.KeyHome {
					break
				}
			}
			s.ws.Settle()
		}
		most = max(most, peakMiB(b))
		if used, _ := s.ws.Frames.Used(); used < limit*9/10 {
			b.Fatalf("only %d MiB of frames", used>>20)
		}
		s.ws.CloseStudy()
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(most, "MiB")
	b.ReportMetric(most-float64(limit>>20), "MiB-beyond-limit")
}

// peakMiB is VmHWM of proc(5).
func peakMiB(b *testing.B) float64 {
	b.Helper()
	raw, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Skip(err)
	}
	var kib float64
	for _, line := range strings.Split(string(raw), "\n") {
		if _, err := fmt.Sscanf(line, "VmHWM: %f kB", &kib); err == nil {
			return kib / 1024
		}
	}
	b.Skip("no VmHWM here")
	return 0
}

// BenchmarkFirstPicture is the time from opening a study to its first decoded
// picture: for 100 slices, for 1,000, and what the second is of the first.
func BenchmarkFirstPicture(b *testing.B) {
	ws := bareWorkspace(b)
	dir := b.TempDir()
	sizes := []int{100, 1000}
	study := func(n int) string { return fmt.Sprintf("2.25.%d", n) }
	for _, n := range sizes {
		ctSeries(b, dir, study(n), 0, n, 512)
	}
	if _, err := ws.Registry.Import(b.Context(), ws.User(), []string{dir}, nil); err != nil {
		b.Fatal(err)
	}
	best := []float64{math.Inf(1), math.Inf(1)}
	var came time.Time
	workspace.On(ws, func(workspace.StudyIncoming) {
		in := &ws.Incoming().Study.Series[0].Instances[0]
		f, err := ws.Archive.Open(context.Background(), in.SOPInstanceUID)
		if err != nil {
			b.Error(err)
			return
		}
		defer f.Close()
		if _, err := f.Frame(context.Background(), ws.Decoder, 1); err != nil {
			b.Error(err)
		}
		came = time.Now()
	})
	for b.Loop() {
		for k, n := range sizes {
			start := time.Now()
			ws.OpenStudy(study(n), func(err error) { b.Error(err) })
			ws.Settle()
			best[k] = min(best[k], came.Sub(start).Seconds())
			ws.CloseStudy()
		}
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(best[0]*1e3, "ms-100")
	b.ReportMetric(best[1]*1e3, "ms-1000")
	b.ReportMetric(best[1]/best[0], "x-1000-of-100")
}
