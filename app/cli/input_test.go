package cli

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"longying/imaging/dicomfile"
)

func TestInfoNamesEveryFieldOfTheContractAndEachSkippedFile(t *testing.T) {
	l := newLine(t)
	dir := sampleFolder(t)
	stdout, stderr := l.want(ExitPart, "info", "--json", filepath.Join(dir, "film")) // LICENSE and PROVENANCE.md are no DICOM
	rows := l.rows(stdout)
	var film map[string]any
	skipped := 0
	for _, r := range rows {
		if _, ok := r["skipped"]; ok {
			skipped++
			continue
		}
		film = r
	}
	if film == nil || skipped != 2 || strings.Count(stderr, "skipped") < 2 {
		t.Fatalf("rows %v, standard error %q", rows, stderr)
	}
	for _, field := range []string{"path", "study_uid", "series_uid", "sop_uid", "modality", "rows", "columns", "frames", "transfer_syntax",
		"photometric", "character_set", "patient_name", "patient_id", "decodable"} {
		if _, ok := film[field]; !ok {
			t.Errorf("the field %s is missing", field)
		}
	}
	if film["patient_name"] != "Liu^Xiaoman=刘^小满" || film["rows"] != 224.0 || film["decodable"] != true {
		t.Errorf("the film is described as %v", film)
	}
}

func TestOptionsMayComeBeforeOrAfterArguments(t *testing.T) {
	l := newLine(t)
	film := filepath.Join(sampleFolder(t), "film", "film.dcm")
	out := t.TempDir()
	first, _ := l.want(ExitDone, "decode", film, "--out", filepath.Join(out, "a"), "--json", "--frame", "1")
	second, _ := l.want(ExitDone, "decode", "--json", "--frame=1", "--out", filepath.Join(out, "b"), film)
	if first != second {
		t.Errorf("%q and %q", first, second)
	}
	a, err1 := os.ReadFile(filepath.Join(out, "a"))
	b, err2 := os.ReadFile(filepath.Join(out, "b"))
	if err1 != nil || err2 != nil || len(a) != 224*224 || !bytes.Equal(a, b) {
		t.Errorf("%d and %d bytes (%v, %v)", len(a), len(b), err1, err2)
	}
	row := l.rows(first)[0]
	for k, want := range map[string]any{"rows": 224.0, "columns": 224.0, "samples": 1.0, "bits_allocated": 8.0, "bits_stored": 8.0, "signed": false, "photometric": "MONOCHROME2"} {
		if row[k] != want {
			t.Errorf("%s is %v, want %v", k, row[k], want)
		}
	}
	l.want(ExitUsage, "decode", film, "--frame", "2", "--out", filepath.Join(out, "c"))
}

func TestRenderWritesAPNGAtNativeSize(t *testing.T) {
	l := newLine(t)
	dir := sampleFolder(t)
	png := filepath.Join(t.TempDir(), "ct.png")
	l.want(ExitDone, "render", filepath.Join(dir, "ct", "ct01.dcm"), "--window", "40,80", "--out", png)
	raw, err := os.ReadFile(png)
	if err != nil || !bytes.HasPrefix(raw, []byte("\x89PNG")) {
		t.Fatalf("no PNG (%v)", err)
	}
	stdout, _ := l.want(ExitDone, "render", filepath.Join(dir, "film", "film.dcm"))
	if !strings.HasPrefix(stdout, "\x89PNG") {
		t.Error("without --out the picture goes to standard output")
	}
}

// aged copies the sample film with another age.
func aged(t *testing.T, age string) string {
	t.Helper()
	src, err := dicomfile.Open(filepath.Join(sampleFolder(t), "film", "film.dcm"))
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	path := filepath.Join(t.TempDir(), "film.dcm")
	if age == "malformed" {
		err = malformAge(src, path)
	} else {
		err = rewriteAge(src, path, age, "")
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func TestAnalyzeAnswersByTheContractOnAFileThatIsNotKept(t *testing.T) {
	l := newLine(t)
	dir := sampleFolder(t)
	film := filepath.Join(dir, "film", "film.dcm")
	stdout, _ := l.want(ExitDone, "analyze", film, "--model", filmModel, "--json")
	row := l.rows(stdout)[0]
	for _, field := range []string{"model", "version", "outcome", "reason", "label", "code", "scheme", "probability", "value", "unit",
		"study_uid", "series_uid", "sop_uid", "frame", "region"} {
		if _, ok := row[field]; !ok {
			t.Errorf("the field %s is missing", field)
		}
	}
	if row["outcome"] != "proposed" || row["probability"].(float64) < 0.8 {
		t.Errorf("the sample film gave %v", row)
	}
	// The tissue model refuses a film, the film model answers: done in part.
	l.want(ExitPart, "analyze", film)
	for _, age := range []string{"045Y", "006Y", "011M", "", "malformed"} {
		stdout, stderr := l.want(ExitRefused, "analyze", aged(t, age), "--model", filmModel, "--json")
		row := l.rows(stdout)[0]
		if row["outcome"] != "refused" || row["reason"] == "" || row["probability"] != nil || row["label"] != "" || stderr == "" {
			t.Errorf("age %q gave %v", age, row)
		}
	}
	l.want(ExitDone, "analyze", aged(t, "001Y"), "--model", filmModel)
	l.want(ExitDone, "analyze", aged(t, "005Y"), "--model", filmModel)
	l.want(ExitRefused, "analyze", filepath.Join(dir, "ct"), "--model", filmModel)
	slide := filepath.Join(dir, "slide", "slide.dcm")
	l.want(ExitRefused, "analyze", slide, "--model", slideModel)                                                     // no region
	l.want(ExitRefused, "analyze", slide, "--model", slideModel, "--region", "448,224,1120,448", "--organ", "colon") // the header says lung
	l.want(ExitRefused, "analyze", slide, "--model", slideModel, "--region", "448,224,1120,448", "--organ", "bone")  // an organ it does not know
	l.want(ExitRefused, "analyze", slide, "--model", slideModel, "--region", "448,224,9999,448", "--organ", "lung")  // leaves the slide
	l.want(ExitFailed, "analyze", film, "--model", "nosuch")                                                         // no such model
	l.want(ExitDone, "analyze", slide, "--model", slideModel, "--region", "448,224,1120,448")                        // the header's organ is enough
	stdout, _ = l.want(ExitDone, "analyze", slide, "--model", slideModel, "--region", "448,224,1120,448", "--organ", "lung", "--json")
	if row := l.rows(stdout)[0]; row["outcome"] != "proposed" || row["amber"] == nil || row["code"] == "" {
		t.Errorf("the tumour region gave %v", row)
	}
}

func TestBadInputGivesOneClearErrorAndTheRestGoesOn(t *testing.T) {
	l := newLine(t)
	dir := sampleFolder(t)
	empty := t.TempDir()
	if _, stderr := l.want(ExitFailed, "info", empty); !strings.Contains(stderr, empty) {
		t.Errorf("an empty folder says %q", stderr)
	}
	texts := t.TempDir()
	if err := os.WriteFile(filepath.Join(texts, "notes.txt"), []byte("not an image"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, stderr := l.want(ExitFailed, "info", texts); !strings.Contains(stderr, "notes.txt") {
		t.Errorf("a folder of text files says %q", stderr)
	}
	l.want(ExitFailed, "info", filepath.Join(texts, "nosuch"))
	whole, err := os.ReadFile(filepath.Join(dir, "ct", "ct01.dcm"))
	if err != nil {
		t.Fatal(err)
	}
	mixed := t.TempDir()
	cut := filepath.Join(mixed, "cut.dcm")
	if err := os.WriteFile(cut, whole[:600], 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(mixed, "good.dcm"), whole, 0o600); err != nil {
		t.Fatal(err)
	}
	stdout, stderr := l.want(ExitPart, "info", mixed, "--json")
	if !strings.Contains(stderr, "cut.dcm") || !slices.ContainsFunc(l.rows(stdout), func(r map[string]any) bool { return r["modality"] == "CT" }) {
		t.Errorf("a truncated file beside a good one: %q, %q", stdout, stderr)
	}
	archive := filepath.Join(t.TempDir(), "cd.zip")
	f, err := os.Create(archive)
	if err != nil {
		t.Fatal(err)
	}
	zw := zip.NewWriter(f)
	w, err := zw.Create("DICOM/无扩展名")
	if err == nil {
		_, err = w.Write(whole)
	}
	if err != nil || zw.Close() != nil || f.Close() != nil {
		t.Fatal("the archive was not made")
	}
	stdout, _ = l.want(ExitDone, "info", archive, "--json")
	if r := l.rows(stdout)[0]; r["patient_name"] != "Ma^Zhicheng=马^志成" {
		t.Errorf("a GB18030 name in a ZIP reads %v", r["patient_name"])
	}
}

func TestDoctorSaysWhatIsMissingAndHowToMendIt(t *testing.T) {
	l := newLine(t)
	l.want(ExitDone, "doctor", "--json")
	l.env["LONGYING_ORT_LIBRARY"] = filepath.Join(t.TempDir(), "nosuch.so")
	stdout, _ := l.want(ExitPart, "doctor")
	if !strings.Contains(stdout, "MISSING") || !strings.Contains(stdout, "make setup") {
		t.Errorf("a missing runtime is reported as %q", stdout)
	}
}

func TestModelsAreListedShownAndVerified(t *testing.T) {
	l := newLine(t)
	stdout, _ := l.want(ExitDone, "models", "list", "--json")
	for _, card := range l.rows(stdout) {
		id := card["id"].(string)
		l.want(ExitDone, "models", "verify", id)
		text, _ := l.want(ExitDone, "models", "show", id)
		if !strings.Contains(text, "95 % CI") || !strings.Contains(text, "medical device") {
			t.Errorf("the card of %s does not say what was measured or that it is no medical device", id)
		}
	}
	l.want(ExitFailed, "models", "show", "nosuch")
}
