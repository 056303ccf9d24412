package models

import (
	"os"
	"path/filepath"
	"testing"
)

// A warm session is found by the key: an installed version that changes the card
// alone must not be answered by the session of the old one.
func TestAnotherCardWithTheSameGraphIsAnotherModel(t *testing.T) {
	packages, _ := LoadShipped()
	if len(packages) == 0 {
		t.Fatal("no package ships")
	}
	p := packages[0]
	dir := filepath.Join(t.TempDir(), p.Card.ID)
	if err := os.CopyFS(dir, p.Files); err != nil {
		t.Fatal(err)
	}
	load := func() *Package {
		t.Helper()
		out, err := Load(os.DirFS(dir), ".")
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	same := load()
	if same.Key() != p.Key() {
		t.Errorf("a copy has the key %s, the original %s", same.Key(), p.Key())
	}
	file := filepath.Join(dir, CardFile)
	card, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, append(card, ' ', '\n'), 0o600); err != nil {
		t.Fatal(err)
	}
	if load().Key() == p.Key() {
		t.Error("another card has the same key")
	}
}
