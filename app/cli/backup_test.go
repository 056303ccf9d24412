package cli

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// tree is every file below a folder by its path, without the database and its
// logs.
func tree(t *testing.T, root string) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(d.Name(), "record.db") {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		out[rel], err = os.ReadFile(path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// The whole demo, backed up and restored into a folder that is new: what the
// command line says of the one it says of the other, every file is the same, and
// the audit trail goes on.
func TestARestoredFolderIsTheOneThatWasBackedUp(t *testing.T) {
	l := newLine(t)
	l.want(ExitDone, "demo", "--json")
	home := l.env["LONGYING_HOME"]
	secrets := func(login string) {
		l.env["LONGYING_USER"], l.env["LONGYING_KEY_FILE"] = login, filepath.Join(home, "secrets", "key")
		l.env["LONGYING_PASSWORD_FILE"] = filepath.Join(home, "secrets", login+".password")
	}
	file := filepath.Join(t.TempDir(), "备份 1")
	secrets("radiologist")
	l.want(ExitRefused, "backup", file) // has no right to it
	secrets("admin")
	l.want(ExitUsage, "backup")
	l.want(ExitRefused, "backup", filepath.Join(home, "models", "..", "inside")) // it would be lost with the folder
	stdout, _ := l.want(ExitDone, "backup", file, "--json")
	made := l.rows(stdout)
	if len(made) != 1 || made[0]["file"] != file || made[0]["objects"] == 0.0 || made[0]["audit_head"] == "" {
		t.Fatalf("%v", made)
	}
	l.want(ExitRefused, "backup", file) // it is there
	l.want(ExitDone, "backup", file, "--replace")
	if names, _ := os.ReadDir(filepath.Dir(file)); len(names) != 1 {
		t.Errorf("left beside the backup: %v", names)
	}
	if names, _ := filepath.Glob(filepath.Join(home, ".*")); len(names) != 0 {
		t.Errorf("left in the data folder: %v", names)
	}
	secrets("auditor")
	l.want(ExitDone, "audit", "verify", "--backup", file)
	asked := [][]string{{"studies", "--json"}, {"outbox", "list", "--json"}}
	secrets("radiologist")
	stdout, _ = l.want(ExitDone, "studies", "--json")
	for _, s := range l.rows(stdout) {
		asked = append(asked, []string{"findings", "list", s["study_uid"].(string), "--json"}, []string{"report", "show", s["study_uid"].(string), "--json"})
	}
	answers := map[string]string{}
	for _, a := range asked {
		_, answers[strings.Join(a, " ")], _ = l.run(a...)
	}
	before := tree(t, home)

	moved := t.TempDir() // the secrets of a real folder do not lie in it
	if err := os.Rename(filepath.Join(home, "secrets"), filepath.Join(moved, "secrets")); err != nil {
		t.Fatal(err)
	}
	home, l.env["LONGYING_HOME"] = moved, filepath.Join(t.TempDir(), "new", "folder")
	secrets("admin")
	l.env["LONGYING_KEY_FILE"] = l.env["LONGYING_PASSWORD_FILE"]
	l.want(ExitFailed, "restore", file) // a wrong passphrase
	secrets("admin")
	l.env["LONGYING_PASSWORD_FILE"] = l.env["LONGYING_KEY_FILE"]
	l.want(ExitRefused, "restore", file) // a wrong password of the one who is named
	secrets("admin")
	if names, _ := os.ReadDir(filepath.Dir(l.env["LONGYING_HOME"])); len(names) != 0 {
		t.Errorf("refused, but something was left: %v", names)
	}
	stdout, _ = l.want(ExitDone, "restore", file, "--json")
	if r := l.rows(stdout); len(r) != 1 || r[0]["home"] != l.env["LONGYING_HOME"] || r[0]["objects"] != made[0]["objects"] {
		t.Errorf("%v", r)
	}
	l.want(ExitRefused, "restore", file) // not empty now
	stdout, _ = l.want(ExitDone, "restore", file, "--replace", "--json")
	if aside, _ := l.rows(stdout)[0]["aside"].(string); len(tree(t, aside)) != len(before) {
		t.Errorf("moved aside to %q", aside)
	}
	after := tree(t, l.env["LONGYING_HOME"])
	if len(after) != len(before) {
		t.Errorf("%d files, %d before", len(after), len(before))
	}
	for path, content := range before {
		if !bytes.Equal(after[path], content) {
			t.Errorf("%s is not the same", path)
		}
	}
	secrets("radiologist")
	for _, a := range asked {
		if _, got, _ := l.run(a...); got != answers[strings.Join(a, " ")] {
			t.Errorf("longying %s says something else:\n%s\n%s", strings.Join(a, " "), answers[strings.Join(a, " ")], got)
		}
	}
	secrets("auditor")
	l.want(ExitDone, "audit", "verify", "--backup", file)
	stdout, _ = l.want(ExitDone, "audit", "list", "--json", "--limit", "20")
	restored := false
	for _, e := range l.rows(stdout) {
		restored = restored || e["action"] == "restore" && e["user_name"] == "管理员·样本" && e["outcome"] == "ok"
	}
	if !restored {
		t.Error("the restoration is not in the audit trail")
	}
}

func TestABackupHoldsNothingInPlainText(t *testing.T) {
	l := newLine(t)
	l.as("admin")
	home := l.env["LONGYING_HOME"]
	folder := sampleFolder(t)
	l.as("radiologist")
	l.want(ExitDone, "patients", "import", filepath.Join(folder, "patients", "patients-utf8.csv"))
	l.run("import", folder)
	stdout, _ := l.want(ExitDone, "studies", "--json")
	if err := os.WriteFile(filepath.Join(home, "note.txt"), []byte("马志远 620102"), 0o600); err != nil {
		t.Fatal(err)
	}
	secrets := []string{"马志远", "620102", "admin", "radiologist", "李影", "objects/", "secrets/", "record.db", "SQLite format", "ustar", "manifest", "DICM", "audit"}
	for _, s := range l.rows(stdout) {
		secrets = append(secrets, s["study_uid"].(string))
	}
	l.as("admin")
	file := filepath.Join(t.TempDir(), "b")
	l.want(ExitDone, "backup", file)
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if len(raw) < 1<<20 || !bytes.Contains(raw, []byte("argon2id")) {
		t.Fatal("this is no backup: the search would prove nothing")
	}
	for _, s := range secrets {
		if bytes.Contains(raw, []byte(s)) {
			t.Errorf("the backup shows %q", s)
		}
	}
}
