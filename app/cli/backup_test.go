package cli

import (
	"bytes"
	"errors"
	"fmt"
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
		if path == root && errors.Is(err, fs.ErrNotExist) {
			return nil
		}
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
	studies := l.rows(stdout)
	for _, s := range studies {
		asked = append(asked, []string{"findings", "list", s["study_uid"].(string), "--json"}, []string{"report", "show", s["study_uid"].(string), "--json"})
	}
	answers := map[string]string{}
	for _, a := range asked {
		_, answers[strings.Join(a, " ")], _ = l.run(a...)
	}
	film, printed := studies[0]["study_uid"].(string), filepath.Join(t.TempDir(), "report.pdf")
	for _, s := range studies {
		if s["accession_number"] == "SAMPLE-CR-0001" {
			film = s["study_uid"].(string)
		}
	}
	l.want(ExitDone, "report", "print", film, "--out", printed)
	pdf, err := os.ReadFile(printed)
	if err != nil || !bytes.HasPrefix(pdf, []byte("%PDF-")) {
		t.Fatal(err)
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
	secrets("radiologist")               // who has the passphrase has everything, whatever their role
	l.want(ExitDone, "restore", file, "--replace")
	secrets("admin")
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
	again := filepath.Join(t.TempDir(), "again.pdf")
	l.want(ExitDone, "report", "print", film, "--out", again)
	if got, err := os.ReadFile(again); err != nil || !bytes.Equal(got, pdf) {
		t.Errorf("the printed report is not the same, %v", err)
	}
	// It goes on: a verdict, and a backup of its own.
	finding := l.rows(answers["findings list "+film+" --json"])[0]["finding_uid"].(string)
	l.want(ExitDone, "findings", "edit", finding, "--note", "对照旧片")
	secrets("admin")
	later := filepath.Join(t.TempDir(), "later")
	stdout, _ = l.want(ExitDone, "backup", later, "--json")
	count := l.rows(stdout)[0]["audit_count"].(float64)
	secrets("auditor")
	l.want(ExitDone, "audit", "verify", "--backup", file)
	l.want(ExitDone, "audit", "verify", "--backup", later)
	stdout, _ = l.want(ExitDone, "audit", "list", "--json", "--limit", "200")
	restored := false
	for _, e := range l.rows(stdout) {
		restored = restored || e["action"] == "restore" && e["user_name"] == "管理员·样本" && e["outcome"] == "ok"
	}
	if !restored {
		t.Error("the restoration is not in the audit trail")
	}

	// The older backup put back in the place of the newer state is a tail that
	// was cut: only what is kept elsewhere can show it.
	secrets("admin")
	l.want(ExitDone, "restore", file, "--replace")
	secrets("auditor")
	l.want(ExitDone, "audit", "verify")
	stdout, stderr := l.want(ExitFailed, "audit", "verify", "--backup", later, "--json")
	row := l.rows(stdout)[0]
	cut, _ := row["cut_tail"].(map[string]any)
	if row["whole"] != false || cut["code"] != "cut_tail" || cut["seq"] != row["count"].(float64)+1 || !strings.Contains(cut["reason"].(string), fmt.Sprintf("%.0f events", count)) {
		t.Errorf("the cut tail: %v", row)
	}
	if !strings.Contains(stderr, later) || !strings.Contains(stderr, "NOT whole") {
		t.Errorf("it says %q", stderr)
	}
}

// The contract of backup and restore where they fail, each with its exit code,
// a sentence that names the file, and nothing on standard output.
func TestABackupOrRestorationThatCannotBeSaysWhyAndLeavesNothing(t *testing.T) {
	l := newLine(t)
	l.as("admin")
	home := l.env["LONGYING_HOME"]
	folder := t.TempDir()
	file := filepath.Join(folder, "b")
	l.want(ExitDone, "backup", file)
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	put := func(name string, raw []byte) string {
		t.Helper()
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	changed := bytes.Clone(whole)
	changed[len(changed)/2] ^= 4
	parent := t.TempDir()
	target := filepath.Join(parent, "restored")
	key := l.env["LONGYING_KEY_FILE"]
	for _, k := range []struct {
		name string
		code int
		args []string
		home string
		key  string
		says string
	}{
		{"wrong usage", ExitUsage, []string{"restore"}, target, key, "one backup"},
		{"two files", ExitUsage, []string{"restore", file, file}, target, key, "one backup"},
		{"no file", ExitFailed, []string{"restore", filepath.Join(folder, "nosuch")}, target, key, "nosuch"},
		{"no backup", ExitFailed, []string{"restore", put("letter", []byte("dear"))}, target, key, "letter"},
		{"cut", ExitFailed, []string{"restore", put("cut", whole[:len(whole)-1])}, target, key, filepath.Join(folder, "cut")},
		{"changed", ExitFailed, []string{"restore", put("changed", changed)}, target, key, filepath.Join(folder, "changed")},
		{"no passphrase", ExitRefused, []string{"restore", file}, target, "", "LONGYING_KEY_FILE"},
		{"wrong passphrase", ExitFailed, []string{"restore", file}, target, put("key", []byte("another passphrase\n")), file},
		{"not empty", ExitRefused, []string{"restore", file}, folder, key, folder},
		{"over a backup", ExitRefused, []string{"backup", file}, home, key, file},
		{"no folder", ExitFailed, []string{"backup", filepath.Join(folder, "nosuch", "b")}, home, key, "nosuch"},
		{"inside", ExitRefused, []string{"backup", filepath.Join(home, "b")}, home, key, home},
	} {
		l.env["LONGYING_HOME"], l.env["LONGYING_KEY_FILE"] = k.home, k.key
		before := tree(t, k.home)
		for _, args := range [][]string{k.args, append(k.args[:len(k.args):len(k.args)], "--json")} {
			stdout, stderr := l.want(k.code, args...)
			if stdout != "" && args[len(args)-1] == "--json" || !strings.Contains(stderr, k.says) {
				t.Errorf("%s: %q, %q", k.name, stdout, stderr)
			}
		}
		if after := tree(t, k.home); len(after) != len(before) {
			t.Errorf("%s: %d files, %d before", k.name, len(after), len(before))
		}
		if names, _ := os.ReadDir(parent); len(names) != 0 {
			t.Errorf("%s: left %v", k.name, names)
		}
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
