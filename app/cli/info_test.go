package cli

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Every file of the reference data is in the answer once, with the fields of
// the contract or with the reason why it was skipped.
func TestInfoAccountsForEveryFileOfTheReferenceData(t *testing.T) {
	root := shared(t, "data")
	l := newLine(t)
	stdout, stderr := l.want(ExitPart, "info", root, "--json")
	seen := map[string]int{}
	for _, r := range l.rows(stdout) {
		path, _ := r["path"].(string)
		seen[path]++
		reason, skipped := r["skipped"].(string)
		if skipped && (reason == "" || !strings.Contains(reason, ": ") || !strings.Contains(stderr, path)) {
			t.Errorf("%s: skipped without a reason: %q", path, reason)
		}
		if skipped && len(r) == 2 {
			continue
		}
		for _, field := range []string{"path", "study_uid", "series_uid", "sop_uid", "modality", "rows", "columns", "frames", "transfer_syntax",
			"photometric", "character_set", "patient_name", "patient_id", "decodable"} {
			if _, ok := r[field]; !ok {
				t.Errorf("%s: the field %s is missing", path, field)
			}
		}
		if !skipped && (r["study_uid"] == "" || r["series_uid"] == "" || r["sop_uid"] == "") {
			t.Errorf("%s: taken without an identity", path)
		}
	}
	files := 0
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			if files++; seen[p] != 1 {
				t.Errorf("%s is in the answer %d times", p, seen[p])
			}
		}
		return err
	})
	if err != nil || files < 1000 {
		t.Errorf("%d files, %v", files, err)
	}
}

func TestInfoSaysHowTextWasReadAndWhatIsCutShort(t *testing.T) {
	film, err := os.ReadFile(filepath.Join(sampleFolder(t), "film", "film.dcm"))
	if err != nil {
		t.Fatal(err)
	}
	i := bytes.Index(film, []byte("CS\x0a\x00ISO_IR 192"))
	if i < 0 {
		t.Fatal("the film does not declare ISO_IR 192")
	}
	copy(film[i+4:], "ISO_IR 100")
	dir := t.TempDir()
	name := filepath.Join(dir, "film")
	if err := os.WriteFile(name, film[:len(film)-100], 0o600); err != nil {
		t.Fatal(err)
	}
	l := newLine(t)
	stdout, stderr := l.want(ExitPart, "info", name, "--json")
	row := l.rows(stdout)[0]
	if row["character_set"] != "ISO_IR 100→ISO_IR 192" || row["patient_name"] != "Liu^Xiaoman=刘^小满" {
		t.Errorf("%v: %v", row["character_set"], row["patient_name"])
	}
	if readings, _ := row["readings"].([]any); len(readings) != 2 {
		t.Errorf("readings %v", row["readings"])
	}
	if cut, _ := row["truncated"].(string); !strings.Contains(cut, "cut short") || !strings.Contains(stderr, name) {
		t.Errorf("truncated %q, standard error %q", cut, stderr)
	}
}
