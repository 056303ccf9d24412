package ort

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The runtime's telemetry client writes a session file into the temporary folder
// and its identifier and queue into the user's cache as soon as it is made. None
// of them may appear: what is not made cannot send.
func TestTheRuntimeIsStartedWithoutItsTelemetry(t *testing.T) {
	if dir := os.Getenv("ORT_TEST_TELEMETRY"); dir != "" {
		env := open(t)
		s := load(t, env, "tiny")
		if _, err := s.Run(t.Context(), image(1, 2, 3, 4), []string{"probability"}); err != nil {
			t.Fatal(err)
		}
		return
	}
	open(t).Close() // skips where the library is not there
	home := t.TempDir()
	for _, dir := range []string{"tmp", "cache", "config", "data", "state"} {
		if err := os.Mkdir(filepath.Join(home, dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	library, err := FindLibrary(LibraryPaths(os.Getenv("LONGYING_ORT_LIBRARY"), "", userCache(t))...)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0], "-test.run", "^"+t.Name()+"$", "-test.v")
	for _, v := range os.Environ() {
		if name, _, _ := strings.Cut(v, "="); name != silence && name != "TMPDIR" && name != "HOME" && !strings.HasPrefix(name, "XDG_") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	cmd.Env = append(cmd.Env, "ORT_TEST_TELEMETRY="+home, "LONGYING_ORT_LIBRARY="+library, "HOME="+home, "TMPDIR="+filepath.Join(home, "tmp"),
		"XDG_CACHE_HOME="+filepath.Join(home, "cache"), "XDG_CONFIG_HOME="+filepath.Join(home, "config"),
		"XDG_DATA_HOME="+filepath.Join(home, "data"), "XDG_STATE_HOME="+filepath.Join(home, "state"))
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "PASS") {
		t.Fatalf("%v: %s", err, out)
	}
	err = filepath.WalkDir(home, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			t.Errorf("running a model left %s", strings.TrimPrefix(path, home))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func userCache(t *testing.T) string {
	t.Helper()
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return dir
}
