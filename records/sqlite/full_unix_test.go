//go:build unix

package sqlite

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// The variables of the child process of the tests with a full disk.
const (
	fullFolder = "LONGYING_TEST_FULL_FOLDER"
	fullLimit  = "LONGYING_TEST_FULL_LIMIT" // of the size of a file, in bytes
	fullJob    = "LONGYING_TEST_FULL_JOB"   // "verdicts", "migrate"
)

// large is a migration that writes far more than a test database holds.
func large(version int) migration {
	return migration{version: version, name: "large", sql: `CREATE TABLE large (id INTEGER PRIMARY KEY, filling BLOB NOT NULL) STRICT;
		INSERT INTO large SELECT value, zeroblob(3000) FROM generated;`}
}

// withLarge are the shipped migrations and a large one.
func withLarge(t *testing.T) []migration {
	t.Helper()
	known, err := shippedMigrations()
	if err != nil {
		t.Fatal(err)
	}
	m := large(len(known) + 1)
	// No recursive query: it would want a temporary file of its own.
	rows := make([]string, 300)
	for i := range rows {
		rows[i] = fmt.Sprintf("(%d)", i)
	}
	m.sql = strings.Replace(m.sql, "FROM generated", "FROM (SELECT column1 AS value FROM (VALUES "+strings.Join(rows, ", ")+"))", 1)
	return append(known[:len(known):len(known)], m)
}

// TestUntilFull is the child: no file of its may grow beyond a limit, as if the
// disk were full.
func TestUntilFull(t *testing.T) {
	folder := os.Getenv(fullFolder)
	if folder == "" {
		t.Skip("the child process of other tests")
	}
	var s *Store
	if os.Getenv(fullJob) == "verdicts" {
		s = openStore(t, folder)
	}
	n, err := strconv.ParseUint(os.Getenv(fullLimit), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: n, Max: n}); err != nil {
		t.Fatal(err)
	}
	if s == nil {
		s, err := open(context.Background(), folder, testKey(t, 1), testClock, withLarge(t))
		if err == nil {
			s.Close()
		}
		fmt.Printf("ended %v %v\n", errors.Is(err, ErrDiskFull), err)
		return
	}
	failed := 0
	for i := 0; failed < 3; i++ { // it goes on after a failure, as the desktop would
		uid, version, err := verdict(s, i)
		if err != nil {
			fmt.Printf("ended %v %v\n", errors.Is(err, ErrDiskFull), err)
			failed++
			continue
		}
		fmt.Printf("ack %s %d\n", uid, version)
	}
}

// runFull runs the child and gives its lines.
func runFull(t *testing.T, job, folder string, limit int64) []string {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^TestUntilFull$", "-test.timeout=60s")
	child.Env = append(os.Environ(), fullFolder+"="+folder, fullJob+"="+job, fmt.Sprintf("%s=%d", fullLimit, limit))
	out, err := child.Output()
	if err != nil {
		t.Fatalf("the child failed: %v\n%s", err, out)
	}
	return strings.Split(string(out), "\n")
}

func TestAFullDiskLosesNoAcknowledgedVerdictAndIsNamed(t *testing.T) {
	if testing.Short() {
		t.Skip("runs processes for seconds")
	}
	folder := verdictsFolder(t)
	acknowledged, verdicts, trials := map[string]int{}, 0, soak(6, 100)
	for range trials {
		info, err := os.Stat(filepath.Join(folder, DatabaseFile))
		if err != nil {
			t.Fatal(err)
		}
		ended := 0
		// Sometimes the log is what reaches the limit, sometimes the database.
		for _, text := range runFull(t, "verdicts", folder, 40_000+rand.Int64N(info.Size()+400_000)) {
			var uid string
			var version int
			if _, err := fmt.Sscanf(text, "ack %s %d", &uid, &version); err == nil {
				acknowledged[uid] = max(acknowledged[uid], version)
				verdicts++
			}
			if said, ok := strings.CutPrefix(text, "ended "); ok {
				if !strings.HasPrefix(said, "true ") {
					t.Errorf("a full disk is said to be: %s", said)
				}
				ended++
			}
		}
		if ended != 3 {
			t.Errorf("the child failed %d times, not 3", ended)
		}
		if got := checkSurvivors(t, folder, acknowledged); got != verdicts {
			t.Errorf("%d verdicts, %d were acknowledged: what failed was stored", got, verdicts)
		}
	}
	t.Logf("%d full disks, %d acknowledged verdicts", trials, verdicts)
}

func TestAMigrationOnAFullDiskLeavesTheOlderSchemaAndEveryRow(t *testing.T) {
	trials := soak(6, 100)
	for trial := range trials {
		folder := verdictsFolder(t)
		acknowledged := map[string]int{}
		s := openStore(t, folder)
		for i := range 20 {
			uid, version, err := verdict(s, i)
			if err != nil {
				t.Fatal(err)
			}
			acknowledged[uid] = version
		}
		s.Close()
		before := dump(t, folder)
		said := strings.Join(runFull(t, "migrate", folder, 40_000+rand.Int64N(700_000)), "\n")
		if !strings.Contains(said, "ended true ") {
			t.Fatalf("trial %d: %s", trial, said)
		}
		if after := dump(t, folder); after != before {
			t.Fatalf("trial %d: the rows or the schema are not what they were", trial)
		}
		checkSurvivors(t, folder, acknowledged)
		// With room again it goes through.
		s, err := open(context.Background(), folder, testKey(t, 1), testClock, withLarge(t))
		if err != nil {
			t.Fatalf("trial %d: %v", trial, err)
		}
		var rows int
		if err := s.reader.QueryRow("SELECT count(*) FROM large").Scan(&rows); err != nil || rows != 300 {
			t.Errorf("trial %d: %d rows, %v", trial, rows, err)
		}
		s.Close()
	}
	t.Logf("%d migrations on a full disk", trials)
}
