package cli

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"longying/imaging/dicomfile"
	"longying/imaging/pacs/orthanc"
)

// copyOf writes an object as one of another study, and gives the study's UID.
func copyOf(t *testing.T, path, to, study, accession string) {
	t.Helper()
	f, err := dicomfile.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var b bytes.Buffer
	err = dicomfile.Rewrite(f, &b, func(d *dicomfile.Dataset) error {
		d.String(dicomfile.TagStudyInstanceUID, "UI", study).String(dicomfile.TagSeriesInstanceUID, "UI", study+".1").
			String(dicomfile.TagSOPInstanceUID, "UI", dicomfile.NewUID()).String(dicomfile.TagAccessionNumber, "SH", accession)
		return d.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

// withPACS takes the demo's folder to a real Orthanc and back: what is stored
// there is found and fetched, and its rights and audit events are those of an
// import and an export.
func withPACS(t *testing.T, l *line, home string) {
	t.Helper()
	p, err := orthanc.Start(context.Background(), t.TempDir(), orthanc.Settings{})
	if errors.Is(err, orthanc.ErrMissing) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Stop)
	as := func(login string) {
		l.env["LONGYING_USER"], l.env["LONGYING_PASSWORD_FILE"] = login, filepath.Join(home, "secrets", login+".password")
	}
	l.env["LONGYING_KEY_FILE"] = filepath.Join(home, "secrets", "key")
	dir := t.TempDir()
	password := filepath.Join(dir, "password")
	if err := os.WriteFile(password, []byte(p.Password+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	as("auditor")
	events := func() map[string]int {
		stdout, _ := l.want(ExitDone, "audit", "list", "--limit", "100000", "--json")
		seen := map[string]int{}
		for _, e := range l.rows(stdout) {
			action, _ := e["action"].(string)
			if e["outcome"] != "refused" { // that is in the trail too, apart from what was done
				seen[action]++
			}
			if detail, _ := e["detail"].(string); strings.Contains(detail, "刘") || strings.Contains(detail, "TOWN") {
				t.Errorf("the audit trail names a patient: %v", e)
			}
		}
		return seen
	}
	before := events()
	as("admin")
	l.want(ExitDone, "pacs", "add", "县医院", "--url", p.URL, "--pacs-user", orthanc.User, "--pacs-password-file", password)
	l.want(ExitDone, "pacs", "echo", "--pacs", "县医院")
	l.want(ExitRefused, "pacs", "query") // an administrator sees no patients
	as("radiologist")
	stdout, _ := l.want(ExitDone, "studies", "--json")
	film, ct := "", ""
	for _, s := range l.rows(stdout) {
		switch s["accession_number"] {
		case "SAMPLE-CR-0001":
			film = s["study_uid"].(string)
		case "SAMPLE-CT-0001":
			ct = s["study_uid"].(string)
		}
	}

	stdout, _ = l.want(ExitDone, "pacs", "store", film, "--json")
	if rows := l.rows(stdout); len(rows) != 2 || rows[0]["state"] != "stored" || rows[1]["state"] != "stored" {
		t.Errorf("the signed report was stored as %v", rows)
	}
	_, stderr := l.want(ExitRefused, "pacs", "store", ct) // nothing of it is signed
	if !strings.Contains(stderr, ct) {
		t.Errorf("%q", stderr)
	}
	stdout, _ = l.want(ExitDone, "pacs", "store", film, "--as", "gsps,sc", "--json")
	marked := len(l.rows(stdout))
	if marked < 2 {
		t.Errorf("the key images were stored as %s", stdout)
	}
	l.want(ExitRefused, "pacs", "store", film, "--as", "seg") // no finding of it rests on a mask
	l.want(ExitDone, "pacs", "store", film, "--as", "objects")
	l.want(ExitDone, "pacs", "store", film, "--as", "objects") // again: the same objects

	stdout, _ = l.want(ExitDone, "pacs", "query", "--name", "刘小满", "--json")
	rows := l.rows(stdout)
	if len(rows) != 1 || rows[0]["study_uid"] != film || rows[0]["name"] != "刘小满" || rows[0]["instances"] != float64(3+marked) {
		t.Fatalf("the PACS finds %v", rows)
	}
	modalities := []string{}
	for _, m := range rows[0]["modalities"].([]any) {
		modalities = append(modalities, m.(string))
	}
	if !slices.Contains(modalities, "SR") || !slices.Contains(modalities, "DOC") {
		t.Errorf("its modalities are %v", modalities)
	}
	// The film is here; the report's objects are not.
	stdout, _ = l.want(ExitDone, "pacs", "retrieve", film, "--json")
	if r := l.rows(stdout)[0]; r["received"] != float64(2+marked) || r["known"] != 1.0 || r["instances"] != float64(3+marked) {
		t.Errorf("retrieved %v", r)
	}
	stdout, _ = l.want(ExitDone, "pacs", "retrieve", film, "--json")
	if r := l.rows(stdout)[0]; r["received"] != 0.0 || r["known"] != float64(3+marked) {
		t.Errorf("retrieved again %v", r)
	}

	// A study of the same patient that is not here: it is linked like one from a folder.
	other := filepath.Join(dir, "other.dcm")
	copyOf(t, filepath.Join(home, "samples", "film", "film.dcm"), other, "2.25.77", "TOWN 7")
	if err := os.WriteFile(filepath.Join(dir, "notes.txt"), []byte("no DICOM"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(password); err != nil {
		t.Fatal(err)
	}
	l.want(ExitPart, "pacs", "store", dir) // the notes are none
	stdout, _ = l.want(ExitDone, "pacs", "query", "--accession", "TOWN 7", "--json")
	if rows := l.rows(stdout); len(rows) != 1 || rows[0]["study_uid"] != "2.25.77" {
		t.Fatalf("the PACS finds %v", rows)
	}
	stdout, _ = l.want(ExitDone, "pacs", "retrieve", "2.25.77", "--json")
	r := l.rows(stdout)[0]
	if r["received"] != 1.0 || r["link"] == "" || r["patient_id"] == "" || r["name"] != "刘小满" {
		t.Errorf("retrieved %v", r)
	}
	l.want(ExitFailed, "pacs", "retrieve", "2.25.78") // there is none
	if left, err := filepath.Glob(filepath.Join(home, ".incoming", "*", "*")); err != nil || len(left) > 0 {
		t.Errorf("what came is left in %v (%v)", left, err)
	}
	searchBytes(t, home)

	as("auditor")
	after := events()
	for action, want := range map[string]int{"pacs_query": 2, "pacs_retrieve": 4, "pacs_store": 5} {
		if got := after[action] - before[action]; got != want {
			t.Errorf("the audit trail has %d events %s, want %d", got, action, want)
		}
	}
	l.want(ExitDone, "audit", "verify")
	as("admin")
	l.want(ExitDone, "pacs", "remove", "县医院")
}

func TestThePrintedOrthancConfigurationIsThatWhichTheTestsRunWith(t *testing.T) {
	l := newLine(t)
	stdout, _ := l.want(ExitDone, "pacs", "orthanc-config", "--http-port", "8099", "--modality-node", "HOSPITAL,192.0.2.7,11112")
	want, err := orthanc.Config(orthanc.Settings{HTTPPort: 8099, Modality: "HOSPITAL,192.0.2.7,11112"})
	if err != nil || stdout != want || !strings.Contains(stdout, `"HttpPort" : 8099`) || !strings.Contains(stdout, `"HOSPITAL", "192.0.2.7", 11112`) {
		t.Errorf("%s (%v)", stdout, err)
	}
	l.want(ExitUsage, "pacs", "orthanc-config", "--modality-node", "HOSPITAL")
}
