//go:build unix

package backup

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"longying/records/seal"
	"longying/records/sqlite"
)

// The variables that tell the child process of these tests what to do.
const (
	childJob    = "LONGYING_TEST_BACKUP_JOB" // "backup", "restore"
	childHome   = "LONGYING_TEST_BACKUP_HOME"
	childFile   = "LONGYING_TEST_BACKUP_FILE"
	childLimit  = "LONGYING_TEST_BACKUP_LIMIT" // of the size of a file, in bytes; 0: none
	childReport = "child: "                    // how its lines begin
)

// TestChild is the child: it makes one backup, or one restoration, and says when
// it begins and how it ended.
func TestChild(t *testing.T) {
	job := os.Getenv(childJob)
	if job == "" {
		t.Skip("the child process of other tests")
	}
	home, file := os.Getenv(childHome), os.Getenv(childFile)
	d := &folder{t: t, home: home}
	var err error
	if job == "backup" {
		d.key, err = seal.Unlock(home, passphrase)
		d.must(err)
		d.open()
	}
	if n, _ := strconv.ParseUint(os.Getenv(childLimit), 10, 64); n > 0 {
		d.must(unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: n, Max: n}))
	}
	fmt.Println(childReport + "begins")
	if job == "backup" {
		_, err = d.backup().Write(context.Background(), administrator, file, true, nil)
	} else {
		_, err = Restore(context.Background(), Restoring{Path: file, Home: home, Passphrase: passphrase, Replace: true, Clock: clock})
	}
	fmt.Printf("%s%v\n", childReport, err)
}

// runChild starts the child. killAfter, where it is positive, is when it is
// killed, counted from when it begins. It gives what the child said at last, and
// how long it went on.
func runChild(t *testing.T, job, home, file string, limit int64, killAfter time.Duration) (said string, took time.Duration) {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^TestChild$", "-test.timeout=120s")
	child.Env = append(os.Environ(), childJob+"="+job, childHome+"="+home, childFile+"="+file, fmt.Sprintf("%s=%d", childLimit, limit))
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	all, lines := "", bufio.NewScanner(out)
	var began time.Time
	for lines.Scan() {
		all += lines.Text() + "\n"
		text, ok := strings.CutPrefix(lines.Text(), childReport)
		if !ok {
			continue
		}
		if said == "" {
			began = time.Now()
			if killAfter > 0 {
				time.AfterFunc(killAfter, func() { child.Process.Kill() })
			}
		}
		said, took = text, time.Since(began)
	}
	_, _ = io.Copy(io.Discard, out)
	_ = child.Wait() // it may have been killed
	if said == "" {
		t.Fatalf("the child says nothing: %s", all)
	}
	return said, took
}

// TestABackupThatIsKilledLeavesAWholeFileOrNone kills a process that makes a
// backup over an older one, at random moments.
func TestABackupThatIsKilledLeavesAWholeFileOrNone(t *testing.T) {
	if testing.Short() {
		t.Skip("kills processes for seconds")
	}
	d := newFolder(t)
	file := filepath.Join(t.TempDir(), "b")
	said, span := runChild(t, "backup", d.home, file, 0, 0)
	if said != "<nil>" {
		t.Fatal(said)
	}
	killed, trials := 0, soak(8, 100)
	for trial := range trials {
		d.verdicts(1)
		if said, _ := runChild(t, "backup", d.home, file, 0, time.Duration(rand.Int64N(int64(span)))); said == "begins" {
			killed++
		}
		want, _ := state(t, d.home, d.key)
		home := filepath.Join(t.TempDir(), "new")
		_, err := d.restore(file, home)
		if err != nil {
			t.Fatalf("trial %d: %v", trial, err)
		}
		if got, _ := state(t, home, d.key); !strings.HasPrefix(want, got) {
			t.Fatalf("trial %d: what was restored is of no moment of the record: %s", trial, got)
		}
		os.RemoveAll(filepath.Dir(home))
	}
	if killed == 0 {
		t.Error("every child was faster: the test proves nothing")
	}
	t.Logf("%d of %d killed in the midst", killed, trials)
}

// TestARestorationThatIsKilledLeavesTheOldFolderOrTheNew kills a process that
// restores over a data folder, at random moments.
func TestARestorationThatIsKilledLeavesTheOldFolderOrTheNew(t *testing.T) {
	if testing.Short() {
		t.Skip("kills processes for seconds")
	}
	d := newFolder(t)
	file, _ := d.write()
	restored, _ := state(t, d.home, d.key)
	d.verdicts(3)
	d.must(d.store.Close())
	old, _ := state(t, d.home, d.key)
	kept := filepath.Join(t.TempDir(), "kept")
	d.must(os.CopyFS(kept, os.DirFS(d.home)))
	parent := filepath.Dir(d.home)
	said, span := runChild(t, "restore", d.home, file, 0, 0)
	if said != "<nil>" {
		t.Fatal(said)
	}
	outcomes, trials := map[string]int{}, soak(8, 100)
	for trial := range trials {
		entries, err := os.ReadDir(parent)
		d.must(err)
		for _, e := range entries {
			d.must(os.RemoveAll(filepath.Join(parent, e.Name())))
		}
		d.must(os.CopyFS(d.home, os.DirFS(kept)))
		runChild(t, "restore", d.home, file, 0, time.Duration(rand.Int64N(int64(span))))
		waits := Pending(d.home)
		d.must(Finish(d.home)) // as the next start does
		got, _ := state(t, d.home, d.key)
		switch {
		case got == old && !waits:
			outcomes["old"]++
		case got == restored:
			outcomes["new"]++
		default:
			t.Fatalf("trial %d: neither the old folder nor the new: %s", trial, got)
		}
		for path, content := range files(t, kept) {
			if files(t, d.home)[path] != content {
				t.Fatalf("trial %d: %s is not what it was", trial, path)
			}
		}
	}
	if outcomes["old"] == 0 {
		t.Error("every child was faster: the test proves nothing")
	}
	t.Logf("%v of %d", outcomes, trials)
}

// TestAFullDiskLeavesNoBackupAndNoFolder limits how large a file of the child
// may become, so that the copy of the record, the backup or what is restored is
// cut short wherever the limit falls.
func TestAFullDiskLeavesNoBackupAndNoFolder(t *testing.T) {
	d := newFolder(t)
	whole, _ := d.write()
	want, _ := state(t, d.home, d.key)
	info, err := os.Stat(whole)
	d.must(err)
	failed := 0
	for range soak(4, 60) {
		limit := 4096 + rand.Int64N(info.Size()-8192)
		file := filepath.Join(t.TempDir(), "b")
		if said, _ := runChild(t, "backup", d.home, file, limit, 0); said == "<nil>" || said == "begins" {
			t.Fatalf("limit %d: %s", limit, said)
		}
		failed++
		only(t, "a full disk", filepath.Dir(file))
		if names, _ := filepath.Glob(filepath.Join(d.home, ".*")); len(names) != 0 {
			t.Errorf("left in the data folder: %v", names)
		}
		if got, _ := state(t, d.home, d.key); got != want {
			t.Fatal("the record is not what it was")
		}
		home := filepath.Join(t.TempDir(), "new")
		limit = 100 + rand.Int64N(600_000) // the largest file is larger
		if said, _ := runChild(t, "restore", home, whole, limit, 0); said == "<nil>" || said == "begins" {
			t.Fatalf("limit %d: %s", limit, said)
		}
		only(t, "a full disk", filepath.Dir(home))
	}
	// The record goes on, and its failed backups are in the trail.
	d.verdicts(1)
	events := 0
	d.must(d.store.View(t.Context(), func(tx *sqlite.Tx) error {
		all, err := tx.AuditEvents(0, 0)
		for _, e := range all {
			if e.Action == "backup" && e.Outcome == "failed" {
				events++
			}
		}
		return err
	}))
	if _, err := os.Stat(whole); errors.Is(err, os.ErrNotExist) {
		t.Error("the other backup is gone")
	}
	t.Logf("%d backups and as many restorations cut short, %d of them in the trail", failed, events)
}
