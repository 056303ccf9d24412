package ui

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	fynecanvas "fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"

	"longying/app/samples"
	"longying/app/screen"
	"longying/app/station"
	"longying/app/ui/canvas"
	"longying/imaging/dicomfile"
)

// dayFolder is the variable that turns this test program into the desktop in
// which a day is worked through: it names the folder to work in. dayStudies says
// how many studies the day has.
const (
	dayFolder  = "LONGYING_TEST_DAY"
	dayStudies = "LONGYING_TEST_DAY_STUDIES"
)

// held is what the process has after a study was closed, its garbage collected.
type held struct {
	Study      int
	Kind       string
	Heap       float64 // of Go, MiB
	Resident   float64 // of the process, MiB
	Native     float64 // resident, and not Go's: C libraries, OpenGL's textures, mapped files
	Goroutines int
	Files      int // descriptors
	Error      string
}

// The kinds of studies, in the order in which they come again and again.
func dayKinds() []string {
	return []string{"film", "CT", "MR", "large film", "slide"}
}

// dayUID is the study of a number of the day.
func dayUID(k int) string { return fmt.Sprintf("2.25.7700%d", k+1) }

// dayName is a person's name, which nobody else of the day has.
func dayName(k int) string {
	digit := []rune("零一二三四五六七八九")
	return "孙" + string(digit[k/10%10]) + string(digit[k%10])
}

// dayNumber is the person's ID number: GB 11643, of a girl born as the sample film
// says, with its check digit.
func dayNumber(k int) string {
	id := fmt.Sprintf("62010220220514%02d4", k+1)
	sum := 0
	for i, c := range id {
		sum += int(c-'0') * []int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}[i]
	}
	return id + string("10X98765432"[sum%11])
}

// dayPeople writes the day's people, as a hospital gives them.
func dayPeople(path string, n int) error {
	lines := []string{"姓名,身份证件类别代码,身份证件号码,性别代码,出生日期,健康档案编号,联系电话,就诊流水号,就诊类型代码,就诊日期,科室名称,诊断编码,诊断名称,检查申请单号,检查类别,备注"}
	for k := range n {
		lines = append(lines, fmt.Sprintf("%s,01,%s,2,2022-05-14,6201020010020%04d,,DAY-V-%04d,1,2026-11-20,放射科,J18.900,肺炎,DAY-%04d,DR,", dayName(k), dayNumber(k), k+1, k+1, k+1))
	}
	return os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o600)
}

// dayStudy writes a study of its kind into a folder.
func dayStudy(dir, film string, k int) error {
	uid := dayUID(k)
	whose := func(ds *dicomfile.Dataset) {
		ds.String(dicomfile.TagPatientName, "PN", dayName(k)).
			String(dicomfile.TagPatientID, "LO", dayNumber(k)).
			String(dicomfile.TagAccessionNumber, "SH", fmt.Sprintf("DAY-%04d", k+1))
	}
	switch dayKinds()[k%len(dayKinds())] {
	case "CT":
		return makeSlices(dir, "CT", uid, 0, 40, 256, whose)
	case "MR":
		return makeSlices(dir, "MR", uid, 0, 24, 256, whose)
	case "large film":
		return makeFilm(dir, uid, 1200, whose)
	case "slide":
		return makeSlide(dir, uid, 6, 4, whose)
	}
	f, err := dicomfile.Open(film)
	if err != nil {
		return err
	}
	out, err := os.Create(filepath.Join(dir, uid))
	if err != nil {
		return err
	}
	err = dicomfile.Rewrite(f, out, func(ds *dicomfile.Dataset) error {
		ds.String(dicomfile.TagStudyInstanceUID, "UI", uid).
			String(dicomfile.TagSeriesInstanceUID, "UI", uid+".1").
			String(dicomfile.TagSOPInstanceUID, "UI", uid+".1.1")
		whose(ds)
		return ds.Err()
	})
	return errors.Join(err, out.Close(), f.Close())
}

// readStudy does with one study what a radiologist does with it.
func (h *hand) readStudy(k int) {
	kind := dayKinds()[k%len(dayKinds())]
	uid := dayUID(k)
	h.opened(uid)
	var o fyne.CanvasObject
	var raster *fynecanvas.Raster
	h.until("there is a picture to work on", func() bool {
		o, raster = under(h.session.shell.front.Content)
		if p, ok := o.(*canvas.Image); ok {
			_, there := p.Shown()
			return there && p.Stack() != nil
		}
		return o != nil
	})
	do := func(n int, f func(o fyne.CanvasObject, k int)) {
		h.updates(n, raster, func(k int) { f(o, k) }, func() {})
	}
	do(10, wheeling(5))
	do(6, dragging(desktop.MouseButtonPrimary, 3, 2))
	fyne.DoAndWait(func() {
		o.(desktop.Mouseable).MouseUp(&desktop.MouseEvent{PointEvent: point(300, 300), Button: desktop.MouseButtonPrimary})
	})
	h.press("x", "z")
	if kind == "slide" {
		h.until("the tiles are there", func() bool { return !h.says(h.session.lang.T("slide.reading")) })
		return
	}
	if kind == "film" {
		h.press("F2", "a")
		h.until("a model proposes something", func() bool { return len(h.findings(uid)) > 0 })
		h.until("the analysis is over", func() bool { return len(h.session.ws.Jobs()) == 0 })
		h.listed(uid)
		h.press("j", "y")
		h.until("the finding is confirmed", func() bool { return h.findings(uid)[0].State.Factual() })
	}
	reading, ctx := h.session.station.Reading, context.Background()
	h.press("l")
	h.drag(o, 0.4, 0.4, 0.55, 0.5)
	h.until("a length is kept", func() bool {
		all, err := reading.Annotations(ctx, h.session.ws.User(), uid)
		return err == nil && len(all) == 1
	})
	h.press("Escape")
	switch kind {
	case "CT":
		h.press("m")
		h.until("three planes stand beside the slices", func() bool { return len(viewports(h.session.shell.front.Content)) == 4 })
		h.press("m")
		h.until("and are gone", func() bool { return len(viewports(h.session.shell.front.Content)) == 1 })
	case "MR":
		p := o.(*canvas.Image)
		at := p.State().Slice
		h.press("space")
		h.until("it plays", func() bool { return p.State().Slice != at })
		h.press("space", "w", "w")
	case "large film":
		h.press("F4", "ctrl+d")
		h.until("there is a draft", func() bool {
			_, err := reading.Report(ctx, h.session.ws.User(), uid)
			return err == nil
		})
		h.press("F2")
	case "film":
		h.press("F4", "ctrl+d")
		h.until("there is a draft", func() bool {
			r, err := reading.Report(ctx, h.session.ws.User(), uid)
			return err == nil && len(r.Findings) > 0
		})
		h.signature(uid, 1)
		h.press("F2")
	}
}

// weigh closes the study and says what is held then.
func (h *hand) weigh(k int) held {
	fyne.DoAndWait(h.session.ws.CloseStudy)
	h.until("nothing runs", func() bool { return len(h.session.ws.Jobs()) == 0 })
	h.settle()
	debug.FreeOSMemory() // collects, too
	runtime.GC()
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	const mib = 1 << 20
	w := held{Study: k, Kind: dayKinds()[k%len(dayKinds())], Heap: float64(m.HeapAlloc) / mib, Goroutines: runtime.NumGoroutine()}
	raw, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return w
	}
	for _, line := range strings.Split(string(raw), "\n") {
		var kib float64
		if _, err := fmt.Sscanf(line, "VmRSS: %f kB", &kib); err == nil {
			w.Resident = kib / 1024
		}
	}
	w.Native = w.Resident - float64(m.Sys-m.HeapReleased)/mib
	open, err := os.ReadDir("/proc/self/fd")
	if err == nil {
		w.Files = len(open)
	}
	return w
}

// playDay is the desktop's process.
func playDay(folder string) (err error) {
	ctx := context.Background()
	n, err := strconv.Atoi(os.Getenv(dayStudies))
	if err != nil {
		return err
	}
	home := filepath.Join(folder, "home")
	so := station.Options{Home: home, Library: os.Getenv("LONGYING_ORT_LIBRARY")}
	st, sample, err := station.OpenSample(ctx, so)
	if err != nil {
		return err
	}
	media, people := filepath.Join(folder, "media"), filepath.Join(folder, "people.csv")
	err = errors.Join(samples.Extract(media), dayPeople(people, n))
	if err == nil {
		_, err = st.Registry.ImportPeople(ctx, sample.Users["radiologist"], people)
	}
	part := filepath.Join(folder, "part")
	for k := 0; k < n && err == nil; k++ {
		if err = os.MkdirAll(part, 0o700); err == nil {
			err = dayStudy(part, filepath.Join(media, "film", "film.dcm"), k)
		}
	}
	if err == nil {
		_, err = st.Registry.Import(ctx, sample.Users["radiologist"], []string{part}, nil)
	}
	if err := errors.Join(err, st.Close(), os.WriteFile(filepath.Join(home, screen.File), []byte(`{"toured": true}`), 0o600)); err != nil {
		return err
	}
	h := &hand{sample: sample, folder: folder}
	results, err := os.Create(filepath.Join(folder, "held.json"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, results.Close()) }()
	environment := map[string]string{"LONGYING_HOME": home, "LONGYING_KEY_FILE": sample.KeyFile, "LONGYING_ORT_LIBRARY": so.Library}
	return run(ctx, Options{Getenv: func(k string) string { return environment[k] }, Version: "test"}, func(d *session) {
		h.session = d
		go func() {
			defer fyne.Do(d.window.Close)
			out := json.NewEncoder(results)
			if p := h.play("window", func(h *hand) {
				h.until("the sign-in page", func() bool { return d.shell != nil && d.window.Content() == d.shell.signIn.content })
				h.atTheCorner()
				h.enter("radiologist")
			}); p.Error != "" {
				_ = out.Encode(held{Error: p.Error})
				return
			}
			for k := range n {
				if p := h.play("study", func(h *hand) { h.readStudy(k) }); p.Error != "" {
					_ = out.Encode(held{Study: k, Kind: dayKinds()[k%len(dayKinds())], Error: p.Error})
					return
				}
				if out.Encode(h.weigh(k)) != nil {
					return
				}
				if k == n/2 || k == n-1 {
					if f, err := os.Create(filepath.Join(folder, fmt.Sprintf("heap-%d.prof", k))); err == nil {
						_ = pprof.WriteHeapProfile(f)
						f.Close()
					}
				}
			}
		}()
	})
}

// What may be more at the end of the day than when it had warmed up: after the
// first studies of each kind all rooms were built, all models loaded, and OpenGL
// has what it keeps. MiB, and counts.
const (
	mostHeap       = 16.0
	mostWarming    = 32.0
	mostNative     = 64.0
	mostGoroutines = 6
	mostFiles      = 6
)

func TestMemoryStaysFlatOverADayOfStudiesInTheRealWindow(t *testing.T) {
	n := 10
	if os.Getenv("LONGYING_SOAK") != "" {
		n = 60
	}
	folder := os.Getenv("LONGYING_SCREENSHOTS")
	if folder == "" {
		folder = t.TempDir()
	}
	limit := handLimit
	if os.Getenv("LONGYING_SOAK") != "" {
		limit = 50 * time.Minute
	}
	if out, err := asDesktop(t, "1366x768", folder, limit, dayFolder+"="+folder, dayStudies+"="+strconv.Itoa(n)); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	f, err := os.Open(filepath.Join(folder, "held.json"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all []held
	for dec := json.NewDecoder(f); dec.More(); {
		var w held
		if err := dec.Decode(&w); err != nil {
			t.Fatal(err)
		}
		if w.Error != "" {
			t.Fatalf("study %d, a %s: %s", w.Study+1, w.Kind, w.Error)
		}
		t.Logf("%2d %-10s heap %6.1f  resident %6.1f  native %6.1f MiB  %d goroutines  %d files", w.Study+1, w.Kind, w.Heap, w.Resident, w.Native, w.Goroutines, w.Files)
		all = append(all, w)
	}
	if len(all) != n {
		t.Fatalf("%d of %d studies", len(all), n)
	}
	// The median of a round of all kinds after the warm-up, and of the last round. A
	// short day has but two rounds, and its first is the warm-up.
	kinds := len(dayKinds())
	warm, heap := 2*kinds, mostHeap
	if n == 2*kinds {
		warm, heap = 0, mostWarming
	}
	median := func(from int, of func(held) float64) float64 {
		var v []float64
		for _, w := range all[from : from+kinds] {
			v = append(v, of(w))
		}
		slices.Sort(v)
		return v[kinds/2]
	}
	for _, c := range []struct {
		what string
		most float64
		of   func(held) float64
	}{
		{"MiB of heap", heap, func(w held) float64 { return w.Heap }},
		{"MiB of native memory", mostNative, func(w held) float64 { return w.Native }},
		{"goroutines", mostGoroutines, func(w held) float64 { return float64(w.Goroutines) }},
		{"open files", mostFiles, func(w held) float64 { return float64(w.Files) }},
	} {
		if a, b := median(warm, c.of), median(n-kinds, c.of); b-a > c.most {
			t.Errorf("%s: %.1f after the warm-up, %.1f at the end of the day", c.what, a, b)
		}
	}
}
