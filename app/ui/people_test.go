package ui

import (
	"os"
	"path/filepath"
	"testing"

	"longying/app/ui/workspace"
)

// press does what a key's action of the room in front does.
func pressed(t *testing.T, s *shell, label string) {
	t.Helper()
	for _, a := range s.front.Live() {
		if string(a.Label) == label {
			a.Do()
			s.ws.Settle()
			return
		}
	}
	t.Fatalf("the room has no action %s", label)
}

func TestAFileOfPeopleIsStoredOnlyOnceItWasSeenAndIsTakenBackByAKey(t *testing.T) {
	s, _, st, sample := opened(t)
	user := sample.Users["radiologist"]
	path := filepath.Join(t.TempDir(), "people.csv")
	if err := os.WriteFile(path, []byte("姓名,身份证号\n李样本,11010519491231002X\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	known := func() int {
		t.Helper()
		found, err := st.Registry.Search(t.Context(), user, "11010519491231002X")
		if err != nil {
			t.Fatal(err)
		}
		return len(found)
	}
	drop := func() {
		workspace.Publish(s.ws, workspace.ImportWanted{Paths: []string{path}})
		s.ws.Settle()
	}
	drop()
	if known() != 0 {
		t.Fatal("stored before anybody saw it")
	}
	pressed(t, s, "people.leave")
	if known() != 0 {
		t.Fatal("a file that was left is stored")
	}
	drop()
	pressed(t, s, "people.store")
	if known() != 1 {
		t.Fatal("not stored")
	}
	pressed(t, s, "worklist.undo_import")
	if known() != 0 {
		t.Error("not taken back")
	}
}
