package ui

import (
	"archive/zip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"longying/app/ui/lang"
	"longying/app/ui/workspace"
	"longying/records"
)

// fileOf writes a file.
func fileOf(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// zipped writes a ZIP archive of files or folders under the names given.
func zipped(t *testing.T, files map[string]string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.zip")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	z := zip.NewWriter(f)
	for name, from := range files {
		raw, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write(raw)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestWhatIsDroppedGoesWhereItBelongsByWhatItIsNotByItsName(t *testing.T) {
	card := fileOf(t, "card.json", "{}")
	folder := t.TempDir()
	ctSeries(t, folder, "2.25.91", 0, 1, 16)
	slice := filepath.Join(folder, "2.25.91-0")
	for name, c := range map[string]struct {
		path string
		want kind
	}{
		"a folder of pictures":    {folder, images},
		"one picture":             {slice, images},
		"an archive of pictures":  {zipped(t, map[string]string{"DICOM/1": slice, "DICOM/x/card.json": card}), images},
		"a table of people":       {fileOf(t, "people.csv", "姓名,性别\n"), images},
		"a text":                  {fileOf(t, "readme.zip", "no archive"), images},
		"an empty file":           {fileOf(t, "empty", ""), images},
		"a damaged archive":       {fileOf(t, "b.zip", "PK\x03\x04 and no more"), images},
		"a model's folder":        {filepath.Dir(card), model},
		"a model's archive":       {zipped(t, map[string]string{"card.json": card, "model.onnx": slice}), model},
		"a model's zipped folder": {zipped(t, map[string]string{"nodule/card.json": card}), model},
		"a pack or a reply":       {fileOf(t, "consult.zip", "age-encryption.org/v1\n-> scrypt"), sealed},
		"a backup":                {fileOf(t, "b", "LONGYBAK\x01"), backup},
		"what is there no longer": {filepath.Join(folder, "none"), gone},
	} {
		if got, err := kindOf(c.path); got != c.want || (err != nil) != (c.want == gone) {
			t.Errorf("%s: %d %v", name, got, err)
		}
	}
}

func TestEverythingDroppedArrivesOrSaysWhyNot(t *testing.T) {
	s, _, _, sample := opened(t)
	folder := t.TempDir()
	ctSeries(t, folder, "2.25.92", 0, 2, 16)
	archive := zipped(t, map[string]string{"1": filepath.Join(folder, "2.25.92-0"), "2": filepath.Join(folder, "2.25.92-1")})
	pack := fileOf(t, "board.age", "age-encryption.org/v1\n-> scrypt")
	modelFolder := filepath.Dir(fileOf(t, "card.json", "{}"))
	said := func() string {
		if s.status.said == nil {
			return ""
		}
		return s.status.said()
	}
	drop := func(paths ...string) {
		s.say(nil)
		s.drop(paths, false)
		s.ws.Settle()
	}
	s.want("critical")
	drop(archive)
	if s.front.ID != "worklist" || said() != "" {
		t.Errorf("%s %q", s.front.ID, said())
	}
	if list, err := s.ws.Registry.Studies(t.Context(), s.ws.User(), records.ExaminationFilter{}); err != nil || len(list) != 1 || list[0].StudyUID != "2.25.92" || list[0].Instances != 2 {
		t.Errorf("%+v %v", list, err)
	}
	drop(pack)
	if s.front.ID != "consult" || !strings.Contains(entries(s.front.Content), pack) || said() != "" {
		t.Errorf("the pack is asked for in %s: %q", s.front.ID, said())
	}
	drop(modelFolder)
	if said() != s.ws.Lang.T("shell.drop_model_admin", filepath.Base(modelFolder)) {
		t.Errorf("a doctor installs a model: %q", said())
	}
	drop(fileOf(t, "b", "LONGYBAK\x01"), filepath.Join(folder, "none"))
	if !strings.Contains(said(), "restore") || !strings.Contains(said(), s.ws.Lang.T("error.no_file", filepath.Join(folder, "none"))) {
		t.Errorf("%q", said())
	}
	drop(filepath.Join(folder, "none"), filepath.Join(folder, "neither"))
	for _, name := range []string{"none", "neither"} {
		if !strings.Contains(said(), s.ws.Lang.T("error.no_file", filepath.Join(folder, name))) {
			t.Errorf("%s is lost without a word: %q", name, said())
		}
	}
	drop(fileOf(t, "b", "LONGYBAK\x01"), filepath.Join(folder, "none"))
	if !s.status.strip.Visible() || s.status.long.Text() != said() {
		t.Error("what has no room in the bar is cut")
	}
	// What is said follows the language.
	s.ws.SetLanguage(lang.English)
	if !strings.Contains(s.status.long.Text(), "backup of a data folder") {
		t.Errorf("%q", s.status.long.Text())
	}
	s.ws.SetLanguage(lang.Chinese)
	s.ws.Keys.Run(saidKey())
	if s.status.strip.Visible() || said() != "" {
		t.Error("it cannot be taken away")
	}
	// The administrator sees no patients, and is told instead of ignored.
	s.ws.SetUser(sample.Users["admin"])
	s.ws.Settle()
	drop(archive)
	if said() == "" {
		t.Error("an import that is refused says nothing")
	}
	drop(modelFolder)
	if s.front.ID != "settings" || !strings.Contains(texts(s.front.Content), "card.json") {
		t.Errorf("a broken package: %s", texts(s.front.Content))
	}
	s.ws.SetUser(records.User{})
	s.drop([]string{archive}, false)
	if s.signIn.problem.Text() != s.ws.Lang.T("shell.drop_sign_in") {
		t.Errorf("before anybody signed in: %q", s.signIn.problem.Text())
	}
}

// entries is what the fields in sight hold.
func entries(o fyne.CanvasObject) string {
	var out []string
	for _, o := range test.LaidOutObjects(o) {
		if e, ok := o.(*workspace.Entry); ok && e.Visible() {
			out = append(out, e.Text)
		}
	}
	return strings.Join(out, "\n")
}

func TestFilesDroppedWhileSomethingFillsTheScreenAreRefusedInWordsThereAndNothingIsRead(t *testing.T) {
	s, w := signedIn(t)
	folder := t.TempDir()
	ctSeries(t, folder, "2.25.93", 0, 2, 16)
	turned := 0
	next := []workspace.Action{{Label: "consult.present_next", Keys: []workspace.Key{workspace.Press(fyne.KeyRight)}, Do: func() { turned++ }}}
	stage := &workspace.Stage{Content: widget.NewLabel("会诊"), Actions: func() []workspace.Action { return next }}
	workspace.Publish(s.ws, workspace.StageWanted{Stage: stage})
	why := func() string { return s.ws.Lang.T("shell.drop_stage") }
	says := func() bool { return strings.Contains(texts(w.Content()), why()) }
	if says() {
		t.Error("it is said before anything was dropped")
	}
	s.drop([]string{folder}, false)
	s.ws.Settle()
	if !says() {
		t.Errorf("the screen says %q", texts(w.Content()))
	}
	s.ws.SetLanguage(lang.English)
	if !says() {
		t.Errorf("in English the screen says %q", texts(w.Content()))
	}
	for range 2 {
		s.ws.Keys.Typed(&fyne.KeyEvent{Name: fyne.KeyRight})
	}
	if says() || turned != 2 {
		t.Errorf("after the next step it still stands, or the step was taken %d times instead of twice", turned)
	}
	s.drop([]string{folder}, false)
	workspace.Publish(s.ws, workspace.StageWanted{})
	workspace.Publish(s.ws, workspace.StageWanted{Stage: stage})
	s.ws.Settle()
	if says() {
		t.Error("it stands on the next stage")
	}
	if list, err := s.ws.Registry.Studies(t.Context(), s.ws.User(), records.ExaminationFilter{}); err != nil || len(list) != 0 {
		t.Errorf("%d studies were read, %v", len(list), err)
	}
}
