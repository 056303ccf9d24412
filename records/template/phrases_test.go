package template

import "testing"

func TestShippedPhrasesAreGoodAndEachHasAKeyOfItsOwn(t *testing.T) {
	list, err := Phrases()
	if err != nil || len(list) < 20 {
		t.Fatal(len(list), err)
	}
	seen := map[string]bool{}
	for _, p := range list {
		if err := p.Check(); err != nil || seen[p.Key] {
			t.Errorf("%s: %v (twice: %v)", p.Key, err, seen[p.Key])
		}
		seen[p.Key] = true
	}
}
