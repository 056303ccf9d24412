package cli

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"longying/app/station"
)

// secrets is a keyring in memory.
type secrets map[string]string

func (k secrets) Get(id string) (string, error) {
	if s, ok := k[id]; ok {
		return s, nil
	}
	return "", errors.New("no such secret")
}
func (k secrets) Set(id, secret string) error { k[id] = secret; return nil }
func (k secrets) Delete(id string) error      { delete(k, id); return nil }

func TestAFolderThatAKeyringRemembersOpensWithoutItsPassphrase(t *testing.T) {
	home := filepath.Join(t.TempDir(), "home")
	s, sample, err := station.OpenSample(t.Context(), station.Options{Home: home})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	ring := secrets{}
	env := map[string]string{"LONGYING_HOME": home, "LONGYING_KEY_FILE": sample.KeyFile}
	run := func(login string, want int, args ...string) {
		t.Helper()
		env["LONGYING_USER"], env["LONGYING_PASSWORD_FILE"] = login, sample.PasswordFile[login]
		code := Run(t.Context(), args, Env{Stdout: os.Stderr, Stderr: os.Stderr, Getenv: func(k string) string { return env[k] }, Keyring: ring})
		if code != want {
			t.Fatalf("%v: exit code %d, want %d", args, code, want)
		}
	}
	run("radiologist", ExitRefused, "keyring", "on")
	if len(ring) != 0 {
		t.Fatal("a doctor without the right gave the key away")
	}
	run("admin", ExitDone, "keyring", "on")
	delete(env, "LONGYING_KEY_FILE")
	run("radiologist", ExitDone, "studies")
	run("admin", ExitDone, "keyring", "status", "--json")
	run("admin", ExitDone, "keyring", "off")
	if len(ring) != 0 {
		t.Error("the keyring still has the key")
	}
	run("radiologist", ExitRefused, "studies") // now it asks for the passphrase's file
}
