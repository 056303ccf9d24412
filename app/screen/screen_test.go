package screen_test

import (
	"os"
	"path/filepath"
	"testing"

	"longying/app/screen"
)

func TestWhatWasChangedIsThereAtTheNextStart(t *testing.T) {
	home := t.TempDir()
	s, err := screen.Load(home)
	if err != nil || s.Scheme != screen.Dark || s.Size != 100 {
		t.Fatalf("a new folder: %+v %v", s, err)
	}
	k := screen.Keep(home, s)
	want := screen.State{Language: "en", Scheme: screen.Light, Size: 130, Width: 1500, Height: 900, Panel: 0.7, Running: true, NoGlance: true, Filter: screen.Filter{User: "u", Modality: "CT", Part: "CHEST", Mine: true},
		At: screen.Place{User: "u", Study: "1.2.3", Room: "viewer", Tab: "findings", Layout: "2x2"}}
	k.Change(func(s *screen.State) { *s = want })
	if err := k.Close(); err != nil {
		t.Fatal(err)
	}
	if got, err := screen.Load(home); err != nil || got != want {
		t.Errorf("%+v %v", got, err)
	}
}

func TestAnAbsurdFileOpensANewWindow(t *testing.T) {
	for _, text := range []string{`{"width":3,"height":1e9,"size":7,"panel":2,"scheme":"pink"}`, `{"width":1e300}`, `{`, ``, `[]`} {
		home := t.TempDir()
		if err := os.WriteFile(filepath.Join(home, screen.File), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		s, _ := screen.Load(home)
		if s != (screen.State{Scheme: screen.Dark, Size: 100}) {
			t.Errorf("%s gives %+v", text, s)
		}
	}
}

func TestAFolderThatIsNotThereIsNotMade(t *testing.T) {
	home := filepath.Join(t.TempDir(), "later")
	k := screen.Keep(home, screen.State{})
	k.Change(func(s *screen.State) { s.Language = "en" })
	if err := k.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(home); !os.IsNotExist(err) {
		t.Error("the folder was made")
	}
	if err := os.Mkdir(home, 0o700); err != nil {
		t.Fatal(err)
	}
	k = screen.Keep(home, screen.State{Language: "en"})
	if err := k.Close(); err != nil {
		t.Fatal(err)
	}
	if s, _ := screen.Load(home); s.Language != "en" {
		t.Errorf("%+v", s)
	}
}
