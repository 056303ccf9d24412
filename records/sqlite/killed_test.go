package sqlite

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"longying/records"
)

// killedFolder names the data folder to the child process of
// TestAKilledProcessLosesNoAcknowledgedVerdict.
const killedFolder = "LONGYING_TEST_KILLED_FOLDER"

// observations is on how many findings the children decide in turn.
const observations = 7

// verdictsFolder makes a data folder with the findings that are decided on.
func verdictsFolder(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	s := openStore(t, folder)
	study(t, s, "1.2")
	update(t, s, func(tx *Tx) error {
		for i := range observations {
			if err := tx.InsertFinding(finding(fmt.Sprintf("2.25.%d", i+1), "1.2")); err != nil {
				return err
			}
		}
		return nil
	})
	s.Close()
	return folder
}

// verdict decides on one finding anew, with its audit event, and gives the
// version that it made.
func verdict(s *Store, i int) (uid string, version int, err error) {
	doctor := records.User{ID: "u1", Name: "王医生", Role: records.RoleRadiologist}
	uid = fmt.Sprintf("2.25.%d", i%observations+1)
	err = s.Update(context.Background(), func(tx *Tx) error {
		f, err := tx.Finding(uid)
		if err != nil {
			return err
		}
		next, err := f.Reject(doctor, "伪影", testTime)
		if f.State == records.FindingRejected {
			next, err = f.Confirm(doctor, testTime)
		}
		if err != nil {
			return err
		}
		if err := tx.AppendFindingVersion(&next); err != nil {
			return err
		}
		version = next.Version
		return tx.AppendAudit(&records.AuditEvent{Action: "verdict", Object: fmt.Sprintf("%s/%d", uid, version)})
	})
	return uid, version, err
}

// TestVerdictsUntilKilled is the child: it decides on findings one after the
// other and acknowledges each on standard output after Update has returned.
func TestVerdictsUntilKilled(t *testing.T) {
	folder := os.Getenv(killedFolder)
	if folder == "" {
		t.Skip("the child process of TestAKilledProcessLosesNoAcknowledgedVerdict")
	}
	s := openStore(t, folder)
	for i := 0; ; i++ {
		uid, version, err := verdict(s, i)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Printf("ack %s %d\n", uid, version)
	}
}

func TestAKilledProcessLosesNoAcknowledgedVerdict(t *testing.T) {
	if testing.Short() {
		t.Skip("kills processes for seconds")
	}
	folder := verdictsFolder(t)
	acknowledged := map[string]int{}
	verdicts, rounds := 0, soak(12, 200)
	for round := range rounds {
		early := round%4 == 3 // while it opens, too
		n := killChild(t, folder, early, acknowledged)
		if n == 0 && !early {
			t.Fatalf("round %d: the child acknowledged nothing", round)
		}
		verdicts += n
		checkSurvivors(t, folder, acknowledged)
	}
	t.Logf("%d acknowledged verdicts, killed %d times", verdicts, rounds)
}

// killChild runs the child, kills it at a random moment after its first verdict,
// or after it was started, and adds what it acknowledged.
func killChild(t *testing.T, folder string, early bool, acknowledged map[string]int) int {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^TestVerdictsUntilKilled$", "-test.timeout=60s")
	child.Env = append(os.Environ(), killedFolder+"="+folder)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	kill := func() {
		time.AfterFunc(time.Duration(rand.IntN(30_000))*time.Microsecond, func() { child.Process.Kill() })
	}
	if early {
		kill()
	}
	n := 0
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		var uid string
		var version int
		if _, err := fmt.Sscanf(lines.Text(), "ack %s %d", &uid, &version); err != nil {
			if strings.HasPrefix(lines.Text(), "=== ") {
				continue
			}
			if n > 0 { // the line at which it was cut
				continue
			}
			t.Fatalf("the child says %q", lines.Text())
		}
		if acknowledged[uid] = max(acknowledged[uid], version); n == 0 && !early {
			kill()
		}
		n++
	}
	_ = child.Wait() // it was killed
	return n
}

// checkSurvivors opens a folder: every acknowledged version is there, each with
// its event, none without, the trail and the database hold together. It gives
// how many verdicts there are.
func checkSurvivors(t *testing.T, folder string, acknowledged map[string]int) (versions int) {
	t.Helper()
	s, err := Open(context.Background(), folder, testKey(t, 1), testClock)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if r := verify(t, s); !r.Whole() {
		t.Fatalf("the audit trail: %+v", r.FirstBroken)
	}
	view(t, s, func(tx *Tx) error {
		audited := map[string]bool{}
		events, err := tx.AuditEvents(0, 0)
		if err != nil {
			return err
		}
		for _, e := range events {
			audited[e.Object] = true
		}
		for i := range observations {
			uid := fmt.Sprintf("2.25.%d", i+1)
			acked := acknowledged[uid]
			history, err := tx.FindingHistory(uid)
			if err != nil {
				return err
			}
			if len(history) < acked {
				t.Errorf("%s: version %d was acknowledged, %d are there", uid, acked, len(history))
			}
			for i, f := range history {
				if f.Version != i+1 {
					t.Errorf("%s: version %d at place %d", uid, f.Version, i+1)
				}
				if f.Version > 1 {
					versions++
					if !audited[fmt.Sprintf("%s/%d", uid, f.Version)] {
						t.Errorf("%s: version %d has no audit event", uid, f.Version)
					}
				}
			}
		}
		if versions != len(events) {
			t.Errorf("%d verdicts, %d events", versions, len(events))
		}
		var ok string
		if err := s.reader.QueryRowContext(context.Background(), "PRAGMA integrity_check").Scan(&ok); err != nil || ok != "ok" {
			t.Errorf("integrity: %s, %v", ok, err)
		}
		return nil
	})
	return versions
}
