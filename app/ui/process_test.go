package ui

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// handLimit is how long a script at the keys may take: some ten times what it takes.
const handLimit = 5 * time.Minute

// asDesktop runs this test program again, as the desktop, on an X server of its
// own with the folder as its home, and returns what it printed. The window wants
// the main goroutine and a toolkit of its own, so it is a process of its own. One
// that is not at its end when the time is up prints what each of its goroutines
// is at, and is ended.
func asDesktop(t testing.TB, size, folder string, limit time.Duration, variables ...string) ([]byte, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGQUIT) }
	cmd.WaitDelay = 30 * time.Second // then it is killed, and what holds its output is let go
	cmd.Env = append(os.Environ(), "DISPLAY="+xserver(t, size), "WAYLAND_DISPLAY=", "LIBGL_ALWAYS_SOFTWARE=1", "GOTRACEBACK=all",
		"HOME="+folder, "XDG_CONFIG_HOME="+filepath.Join(folder, "config"), "XDG_CACHE_HOME="+filepath.Join(folder, "cache"))
	cmd.Env = append(cmd.Env, variables...)
	out, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		return out, fmt.Errorf("it was not at its end after %v: %s", limit, stuck(string(out)))
	}
	return out, err
}

// stuck is what the window and the script at its keys were at, of all that a
// process prints of its goroutines.
func stuck(dump string) string {
	var out []string
	for _, g := range strings.Split(dump, "\n\n") {
		if !strings.HasPrefix(g, "goroutine 1 ") && !strings.Contains(g, "(*hand)") {
			continue
		}
		lines := strings.Split(g, "\n")
		state := lines[0]
		var calls []string
		for _, line := range lines[1:] {
			call := line[:max(strings.LastIndex(line, "("), 0)]
			if call != "" && !strings.HasPrefix(call, "\t") && !strings.HasPrefix(call, "runtime") && len(calls) < 12 {
				calls = append(calls, "  "+call)
			}
		}
		out = append(out, state+"\n"+strings.Join(calls, "\n"))
	}
	return strings.Join(out, "\n")
}
