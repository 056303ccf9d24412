package sqlite

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"longying/records"
)

// trail writes n events.
func trail(t testing.TB, s *Store, n int) {
	t.Helper()
	for i := range n {
		update(t, s, func(tx *Tx) error {
			return tx.AppendAudit(&records.AuditEvent{UserID: "u1", UserName: "王医生", Action: "confirm", Object: fmt.Sprintf("2.25.%d", i+1), PatientID: "p1", Outcome: "ok"})
		})
	}
}

func verify(t testing.TB, s *Store) AuditReport {
	t.Helper()
	r, err := s.VerifyAudit(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAnEventIsNumberedChainedAndListedNewestFirst(t *testing.T) {
	s := openStore(t, t.TempDir())
	if r := verify(t, s); !r.Whole() || r.Count != 0 || r.Head != "" {
		t.Fatalf("an empty trail: %+v", r)
	}
	trail(t, s, 5)
	e := records.AuditEvent{Seq: 77, MAC: "forged", Action: "sign", At: testTime.Add(-time.Hour)} // a clock that jumped back
	update(t, s, func(tx *Tx) error { return tx.AppendAudit(&e) })
	if e.Seq != 6 || len(e.MAC) != 64 || !e.At.Equal(testTime.Add(-time.Hour)) {
		t.Fatalf("%+v", e)
	}
	view(t, s, func(tx *Tx) error {
		all, err := tx.AuditEvents(0, 0)
		if err != nil || len(all) != 6 || all[0] != e || all[5].Seq != 1 || !all[5].At.Equal(testTime) {
			t.Errorf("%+v, %v", all, err)
		}
		page, err := tx.AuditEvents(2, 1)
		if err != nil || len(page) != 2 || page[0].Seq != 5 || page[1].Seq != 4 {
			t.Errorf("%+v, %v", page, err)
		}
		count, head, err := tx.AuditHead()
		if err != nil || count != 6 || head != e.MAC {
			t.Errorf("%d %s, %v", count, head, err)
		}
		return nil
	})
	if r := verify(t, s); !r.Whole() || r.Count != 6 || r.Head != e.MAC {
		t.Fatalf("%+v", r)
	}
}

// tamper lets someone with the database, but without the passphrase, work on a
// trail of ten events.
func tamper(t *testing.T, before func(*Store), statements ...string) AuditReport {
	t.Helper()
	folder := t.TempDir()
	s := openStore(t, folder)
	trail(t, s, 10)
	if before != nil {
		before(s)
	}
	db := raw(t, folder)
	for _, q := range append([]string{"DROP TRIGGER audit_stay", "DROP TRIGGER audit_remain"}, statements...) {
		if _, err := db.Exec(q); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
	return verify(t, s)
}

func TestVerifyFindsWhateverWasDoneToTheTrail(t *testing.T) {
	for _, c := range []struct {
		name string
		sql  []string
		seq  int64
		code string
	}{
		{"untouched", nil, 0, ""},
		{"an event changed", []string{"UPDATE audit SET sealed = zeroblob(length(sealed)) WHERE seq = 4"}, 4, AuditChanged},
		{"a MAC changed", []string{"UPDATE audit SET mac = zeroblob(32) WHERE seq = 4"}, 4, AuditChanged},
		{"an event and its MAC copied over another", []string{"UPDATE audit SET (sealed, mac) = (SELECT sealed, mac FROM audit WHERE seq = 3) WHERE seq = 4"}, 4, AuditChanged},
		{"two events swapped", []string{"UPDATE audit SET seq = 99 WHERE seq = 4", "UPDATE audit SET seq = 4 WHERE seq = 5", "UPDATE audit SET seq = 5 WHERE seq = 99"}, 4, AuditChanged},
		{"the first removed", []string{"DELETE FROM audit WHERE seq = 1"}, 1, AuditMissing},
		{"one removed in the middle", []string{"DELETE FROM audit WHERE seq = 4"}, 4, AuditMissing},
		{"one removed and the rest moved up", []string{"DELETE FROM audit WHERE seq = 4", "UPDATE audit SET seq = -seq WHERE seq > 4", "UPDATE audit SET seq = -seq - 1 WHERE seq < 0"}, 4, AuditChanged},
		{"the last removed", []string{"DELETE FROM audit WHERE seq = 10"}, 10, AuditCutTail},
		{"the tail cut", []string{"DELETE FROM audit WHERE seq > 6"}, 7, AuditCutTail},
		{"everything removed", []string{"DELETE FROM audit"}, 1, AuditCutTail},
		{"the last changed", []string{"UPDATE audit SET mac = zeroblob(32) WHERE seq = 10"}, 10, AuditChanged},
		{"an event added", []string{"INSERT INTO audit SELECT 11, sealed, mac FROM audit WHERE seq = 10"}, 11, AuditChanged},
		{"the kept head removed", []string{"DELETE FROM meta WHERE key = 'audit_head'"}, 11, AuditNoHead},
		{"the tail cut and the kept head removed", []string{"DELETE FROM audit WHERE seq > 6", "DELETE FROM meta WHERE key = 'audit_head'"}, 7, AuditNoHead},
		{"one in the middle and the tail removed", []string{"DELETE FROM audit WHERE seq = 4 OR seq > 8"}, 4, AuditMissing},
	} {
		t.Run(c.name, func(t *testing.T) {
			ignore := "PRAGMA ignore_check_constraints = ON"
			r := tamper(t, nil, append([]string{ignore}, c.sql...)...)
			if c.code == "" {
				if !r.Whole() || r.Count != 10 {
					t.Fatalf("%+v", r)
				}
				return
			}
			if r.Whole() || r.FirstBroken.Seq != c.seq || r.FirstBroken.Code != c.code || r.FirstBroken.Reason == "" {
				t.Fatalf("%+v, want %s at %d", r.FirstBroken, c.code, c.seq)
			}
		})
	}
	r := tamper(t, nil, "DELETE FROM audit WHERE seq = 4 OR seq > 8")
	if r.CutTail == nil || r.CutTail.Seq != 9 {
		t.Errorf("the cut tail behind an earlier break: %+v", r.CutTail)
	}
}

func TestAReceiptShowsATailThatWasCutTogetherWithTheKeptHead(t *testing.T) {
	folder := t.TempDir()
	s := openStore(t, folder)
	d := intent(t, s)
	trail(t, s, 6)
	db := raw(t, folder)
	var kept []byte // what an intruder copied at event 6
	if err := db.QueryRow(`SELECT sealed FROM meta WHERE key = 'audit_head'`).Scan(&kept); err != nil {
		t.Fatal(err)
	}
	trail(t, s, 4)
	update(t, s, func(tx *Tx) error {
		count, head, err := tx.AuditHead()
		if err != nil {
			return err
		}
		d.State, d.Receipt = records.DeliveryAcknowledged, &records.Receipt{Number: "R1", AuditCount: count, AuditHead: head}
		return tx.PutDelivery(&d)
	})
	if r := verify(t, s); !r.Whole() || r.Witnesses != 1 {
		t.Fatalf("%+v", r)
	}
	exec := func(q string, args ...any) {
		t.Helper()
		if _, err := db.Exec(q, args...); err != nil {
			t.Fatal(err)
		}
	}
	exec(`DROP TRIGGER audit_remain`)
	exec(`DELETE FROM audit WHERE seq > 6`)
	exec(`UPDATE meta SET sealed = ? WHERE key = 'audit_head'`, kept)
	if r := verify(t, s); r.Whole() || r.FirstBroken.Code != AuditCutTail || r.FirstBroken.Seq != 7 || r.CutTail == nil {
		t.Fatalf("the cut tail: %+v", r.FirstBroken)
	}
	update(t, s, func(tx *Tx) error { return tx.AppendAudit(&records.AuditEvent{Action: "another"}) })
	trail(t, s, 5) // written on after the cut: the numbers are filled again, with other events
	if r := verify(t, s); r.Whole() || r.FirstBroken.Code != AuditRewritten || r.FirstBroken.Seq != 10 {
		t.Fatalf("the tail that was written anew: %+v", r.FirstBroken)
	}
}

func TestATrailThatWasWrittenAnewDoesNotEndInTheKeptHead(t *testing.T) {
	folder := t.TempDir()
	s := openStore(t, folder)
	db := raw(t, folder)
	kept := func() (head []byte) {
		if err := db.QueryRow(`SELECT sealed FROM meta WHERE key = 'audit_head'`).Scan(&head); err != nil {
			t.Fatal(err)
		}
		return head
	}
	restore := func(head []byte) {
		if _, err := db.Exec(`UPDATE meta SET sealed = ? WHERE key = 'audit_head'`, head); err != nil {
			t.Fatal(err)
		}
	}
	trail(t, s, 2)
	atTwo := kept()
	trail(t, s, 1)
	atThree := kept()
	if _, err := db.Exec(`DROP TRIGGER audit_remain; DELETE FROM audit WHERE seq = 3`); err != nil {
		t.Fatal(err)
	}
	restore(atTwo)
	update(t, s, func(tx *Tx) error { return tx.AppendAudit(&records.AuditEvent{Action: "another"}) })
	restore(atThree)
	if r := verify(t, s); r.Whole() || r.FirstBroken.Seq != 3 || r.FirstBroken.Code != AuditChanged {
		t.Fatalf("%+v", r.FirstBroken)
	}
}

func TestATrailThatLostItsEndNeverClosesOverTheGap(t *testing.T) {
	folder := t.TempDir()
	s := openStore(t, folder)
	trail(t, s, 5)
	db := raw(t, folder)
	for _, q := range []string{"DROP TRIGGER audit_remain", "DELETE FROM audit WHERE seq > 3"} {
		if _, err := db.Exec(q); err != nil {
			t.Fatal(err)
		}
	}
	trail(t, s, 1)
	if r := verify(t, s); r.Whole() || r.FirstBroken.Seq != 4 || r.FirstBroken.Code != AuditMissing {
		t.Fatalf("%+v", r.FirstBroken)
	}
	if _, err := db.Exec("DELETE FROM meta WHERE key = 'audit_head'"); err != nil {
		t.Fatal(err)
	}
	if err := s.Update(context.Background(), func(tx *Tx) error { return tx.AppendAudit(&records.AuditEvent{}) }); err == nil {
		t.Fatal("an event was appended to a trail without a head")
	}
}

func TestTheTrailOfAnotherRecordIsNotThisOne(t *testing.T) {
	a, b := t.TempDir(), t.TempDir()
	s := openStore(t, a)
	trail(t, s, 3)
	s.Close()
	other, err := Open(context.Background(), b, testKey(t, 9), testClock)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	content, _ := os.ReadFile(filepath.Join(a, DatabaseFile))
	stolen := filepath.Join(t.TempDir(), DatabaseFile)
	if err := os.WriteFile(stolen, content, 0o600); err != nil {
		t.Fatal(err)
	}
	db := raw(t, b)
	for _, q := range []string{fmt.Sprintf("ATTACH '%s' AS other", stolen), "INSERT INTO audit SELECT * FROM other.audit"} {
		if _, err := db.Exec(q); err != nil {
			t.Fatal(err)
		}
	}
	if r := verify(t, other); r.Whole() || r.FirstBroken.Seq != 1 {
		t.Fatalf("%+v", r.FirstBroken)
	}
}

// Kept six months at least (Cybersecurity Law, article 21): as long as the folder.
func TestNoStatementOfThisProgramDeletesOrChangesAnEventAndTheDatabaseRefusesIt(t *testing.T) {
	statement := regexp.MustCompile(`(?i)(DELETE\s+FROM|UPDATE|REPLACE\s+INTO|DROP\s+TABLE|ALTER\s+TABLE|INSERT\s+OR\s+REPLACE\s+INTO)\s+audit\b`)
	err := filepath.WalkDir("../..", func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, "_test.go") || !strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, ".sql") || strings.Contains(path, "testdata") {
			return err
		}
		raw, err := os.ReadFile(path)
		if found := statement.Find(raw); found != nil {
			t.Errorf("%s has %q", path, found)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	s := openStore(t, t.TempDir())
	trail(t, s, 3)
	for _, q := range []string{`DELETE FROM audit`, `DELETE FROM audit WHERE seq = 1`, `UPDATE audit SET mac = x'00'`} {
		if _, err := s.writer.Exec(q); err == nil || !strings.Contains(err.Error(), "append-only") {
			t.Errorf("%s: %v", q, err)
		}
	}
	if r := verify(t, s); !r.Whole() || r.Count != 3 {
		t.Errorf("%+v", r)
	}
}
