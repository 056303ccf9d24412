package cli

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"longying/imaging/dicomfile"
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

// A transfer syntax without a decoder is no secret: info says that the object is
// not decodable, decode and render name it, and leave no file.
func TestATransferSyntaxThatThisVersionLacksIsNamed(t *testing.T) {
	src, err := dicomfile.Open(filepath.Join(sampleFolder(t), "film", "film.dcm"))
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	l, dir := newLine(t), t.TempDir()
	for uid, name := range map[string]string{"1.2.840.10008.1.2.4.110": "JPEG XL", "1.2.840.10008.1.2.4.102": "H.264 video", "1.2.840.10008.1.2.4.100": "MPEG-2 video"} {
		ds, err := src.Dataset()
		if err != nil {
			t.Fatal(err)
		}
		ds.SetEncapsulatedPixels(uid, src.Instance().Pixels, []byte("\xff\x0a a stream"))
		var b bytes.Buffer
		if err := dicomfile.Write(&b, ds); err != nil {
			t.Fatal(err)
		}
		path, out := filepath.Join(dir, uid), filepath.Join(dir, "out")
		if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		stdout, _ := l.want(ExitDone, "info", path, "--json")
		if rows := l.rows(stdout); len(rows) != 1 || rows[0]["decodable"] != false || rows[0]["transfer_syntax"] != uid {
			t.Errorf("%s: %v", name, rows)
		}
		for _, command := range []string{"decode", "render"} {
			stdout, stderr := l.want(ExitLater, command, path, "--out", out)
			if stdout != "" || !strings.Contains(stderr, name) || !strings.Contains(stderr, path) {
				t.Errorf("%s: %q, %q", name, stdout, stderr)
			}
			if _, err := os.Stat(out); err == nil {
				t.Errorf("%s left a file", command)
			}
		}
	}
}
