package peer

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

func TestAScriptIsTimedAndItsRefusalIsAnError(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3 here")
	}
	t.Setenv("LONGYING_PEERS", python)
	script := filepath.Join(t.TempDir(), "script.py")
	if err := os.WriteFile(script, []byte(`
import time
from peer import serve
def sleep(seconds):
    print("a library's own noise")
    return lambda: time.sleep(seconds)
def refuse():
    raise ValueError("not this one")
serve(sleep, refuse)
`), 0o600); err != nil {
		t.Fatal(err)
	}
	p := Start(t, script)
	if s, err := p.Seconds("sleep", 0.03); err != nil || s < 0.03 || s > 3 {
		t.Errorf("%g s, %v", s, err)
	}
	if _, err := p.Seconds("refuse"); err == nil || err.Error() != "refuse: ValueError: not this one" {
		t.Error(err)
	}
	if _, err := p.Seconds("unknown"); err == nil {
		t.Error("a function that the script has not was timed")
	}
	if s, err := p.Seconds("sleep", 0.001); err != nil || s < 0.001 {
		t.Errorf("%g s, %v", s, err)
	}
}
