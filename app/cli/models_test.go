package cli

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"longying/app/station"
	"longying/models"
)

// as signs in one of the sample's users.
func (l *line) as(login string) {
	l.t.Helper()
	if l.env["LONGYING_KEY_FILE"] == "" {
		s, sample, err := station.OpenSample(l.t.Context(), station.Options{Home: l.env["LONGYING_HOME"]})
		if err != nil {
			l.t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			l.t.Fatal(err)
		}
		l.env["LONGYING_KEY_FILE"] = sample.KeyFile
	}
	l.env["LONGYING_USER"] = login
	l.env["LONGYING_PASSWORD_FILE"] = filepath.Join(l.env["LONGYING_HOME"], "secrets", login+".password")
}

// nextVersion is the shipped film model in a folder, as version 1.9.0 with
// another name.
func nextVersion(t *testing.T) string {
	t.Helper()
	files, err := fs.Sub(models.Shipped(), filmModel)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, files); err != nil {
		t.Fatal(err)
	}
	card := filepath.Join(dir, models.CardFile)
	data, err := os.ReadFile(card)
	if err != nil {
		t.Fatal(err)
	}
	var tree map[string]any
	if err := json.Unmarshal(data, &tree); err != nil {
		t.Fatal(err)
	}
	tree["version"], tree["name"] = "1.9.0", map[string]any{"zh": "儿童胸片 新版", "en": "Next"}
	if data, err = json.Marshal(tree); err == nil {
		err = os.WriteFile(card, data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestAModelIsInstalledListedVerifiedRunAndRemoved(t *testing.T) {
	l := newLine(t)
	dir := nextVersion(t)
	film := filepath.Join(sampleFolder(t), "film", "film.dcm")
	l.as("radiologist")
	if _, stderr := l.want(ExitRefused, "models", "install", dir); !strings.Contains(stderr, "configure") {
		t.Errorf("a doctor installs: %s", stderr)
	}
	l.as("admin")
	stdout, _ := l.want(ExitDone, "models", "install", dir, "--json")
	if row := l.rows(stdout)[0]; row["version"] != "1.9.0" || row["origin"] != "installed" {
		t.Errorf("installed: %v", row)
	}
	if _, stderr := l.want(ExitRefused, "models", "install", dir); !strings.Contains(stderr, "--replace") {
		t.Errorf("the same again: %s", stderr)
	}
	l.want(ExitDone, "models", "install", "--replace", dir)
	stdout, _ = l.want(ExitDone, "models", "list", "--json")
	found := false
	for _, row := range l.rows(stdout) {
		found = found || row["id"] == filmModel && row["version"] == "1.9.0" && row["origin"] == "installed" && row["installed_by"] != ""
	}
	if !found {
		t.Errorf("not listed: %s", stdout)
	}
	if stdout, _ = l.want(ExitDone, "models", "verify", filmModel); !strings.Contains(stdout, "1.9.0") {
		t.Errorf("verified: %s", stdout)
	}
	stdout, _ = l.want(ExitDone, "models", "show", filmModel)
	for _, want := range []string{"儿童胸片 新版", "Next", "不得用于", "known failures", "233604007", "1.9.0"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("the card does not show %q:\n%s", want, stdout)
		}
	}
	if stdout, _ = l.want(ExitDone, "models", "show", filmModel, "--lang", "en"); strings.Contains(stdout, "不得用于") {
		t.Error("English shows Chinese captions")
	}
	// A command without the record finds it too.
	if stdout, _ = l.want(ExitDone, "analyze", film, "--model", filmModel, "--json"); !strings.Contains(stdout, `"1.9.0"`) {
		t.Errorf("analyze ran another version: %s", stdout)
	}
	l.want(ExitDone, "models", "remove", filmModel)
	if stdout, _ = l.want(ExitDone, "analyze", film, "--model", filmModel, "--json"); strings.Contains(stdout, `"1.9.0"`) {
		t.Errorf("analyze ran what was removed: %s", stdout)
	}
	if stdout, _ = l.want(ExitDone, "models", "show", filmModel, "--version", "1.9.0"); !strings.Contains(stdout, "只保留了模型卡") || !strings.Contains(stdout, "Next") {
		t.Errorf("the kept card: %s", stdout)
	}
	l.want(ExitFailed, "models", "show", filmModel, "--version", "3.0.0")
	l.want(ExitRefused, "models", "remove", filmModel) // ships with the program
	l.want(ExitFailed, "models", "remove", "nosuch")
	stdout, _ = l.want(ExitDone, "doctor", "--json")
	if !strings.Contains(stdout, "shipped, hash matches") {
		t.Errorf("doctor: %s", stdout)
	}
}

func TestABadPackageIsRefusedAndABrokenOneIsListedWithItsReason(t *testing.T) {
	l := newLine(t)
	l.as("admin")
	dir := nextVersion(t)
	model := filepath.Join(dir, models.ModelFile)
	good, err := os.ReadFile(model)
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"cut short": good[:len(good)/2], "changed": bytes.Replace(good, good[len(good)/2:len(good)/2+8], make([]byte, 8), 1)} {
		if err := os.WriteFile(model, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, stderr := l.want(ExitRefused, "models", "install", dir); !strings.Contains(stderr, "SHA-256") {
			t.Errorf("%s: %s", name, stderr)
		}
	}
	l.want(ExitFailed, "models", "install", filepath.Join(dir, "nosuch"))
	if err := os.WriteFile(model, good, 0o600); err != nil {
		t.Fatal(err)
	}
	l.want(ExitDone, "models", "install", dir)
	installed, err := filepath.Glob(filepath.Join(l.env["LONGYING_HOME"], "models", "p-*", models.ModelFile))
	if err != nil || len(installed) != 1 {
		t.Fatal(installed, err)
	}
	if err := os.WriteFile(installed[0], []byte("gone"), 0o600); err != nil {
		t.Fatal(err)
	}
	stdout, stderr := l.want(ExitPart, "models", "list", "--json")
	if !strings.Contains(stderr, "SHA-256") || !strings.Contains(stdout, `"broken"`) {
		t.Errorf("list: %s%s", stdout, stderr)
	}
	l.want(ExitFailed, "models", "verify", filmModel)
}

// The draft has neither hash nor opset nor seconds; the pack has them.
func TestAPackIsMadeOfADraftAndItsCases(t *testing.T) {
	l := newLine(t)
	dir := nextVersion(t)
	card := filepath.Join(dir, models.CardFile)
	data, err := os.ReadFile(card)
	if err != nil {
		t.Fatal(err)
	}
	var tree map[string]any
	if err := json.Unmarshal(data, &tree); err != nil {
		t.Fatal(err)
	}
	delete(tree, "file")
	delete(tree, "resources")
	if data, err = json.Marshal(tree); err == nil {
		err = os.WriteFile(card, data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "x.zip")
	stdout, _ := l.want(ExitDone, "models", "pack", dir, "--out", out, "--json")
	row := l.rows(stdout)[0]
	onnx, resources := row["onnx"].(map[string]any), row["resources"].(map[string]any)
	if onnx["opset"] != 17.0 || len(onnx["sha256"].(string)) != 64 || resources["seconds"] == 0.0 || resources["cpu"] == "" {
		t.Errorf("packed: %v", row)
	}
	l.as("admin")
	l.want(ExitDone, "models", "install", out)
	l.want(ExitFailed, "models", "pack", dir, "--out", out) // is there already
}
