package lang_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"longying/app/ui/lang"
	"longying/records"
)

// A refusal is worded by its code; a code without words would show the English
// sentence to a Chinese reader.
func TestEveryRefusalHasWordsInBothLanguages(t *testing.T) {
	code := regexp.MustCompile(`(?:RefusedError\{Code: |refuseVerdict\(|\.refuse\()"([a-z_]+)"`)
	found := 0
	err := filepath.WalkDir("../../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range code.FindAllStringSubmatch(string(source), -1) {
			found++
			for _, l := range lang.Codes() {
				words := read(t, l)
				if strings.HasSuffix(m[1], "_") { // completed with a state
					for _, state := range records.ConsultStates() {
						if _, ok := words["refused."+m[1]+state]; !ok {
							t.Errorf("%s refuses with %q, which %s has no words for", filepath.Base(path), m[1]+state, l)
						}
					}
					continue
				}
				if _, ok := words["refused."+m[1]]; !ok {
					t.Errorf("%s refuses with %q, which %s has no words for", filepath.Base(path), m[1], l)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if found < 30 {
		t.Errorf("only %d refusals found; has their form changed?", found)
	}
}
