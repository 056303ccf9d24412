package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"longying/records"
	"longying/records/seal"
)

var testTime = time.Date(2026, 11, 24, 8, 0, 0, 123456789, time.FixedZone("CST", 8*3600))

func testClock() time.Time { return testTime }

// soak is how many trials run: few in make test, all in make soak.
func soak(few, all int) int {
	if os.Getenv("LONGYING_SOAK") != "" {
		return all
	}
	return few
}

func testKey(t testing.TB, fill byte) *seal.Key {
	t.Helper()
	k, err := seal.NewKey(bytes.Repeat([]byte{fill}, seal.DataKeySize))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func openStore(t testing.TB, folder string) *Store {
	t.Helper()
	s, err := Open(context.Background(), folder, testKey(t, 1), testClock)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func update(t testing.TB, s *Store, f func(*Tx) error) {
	t.Helper()
	if err := s.Update(context.Background(), f); err != nil {
		t.Fatal(err)
	}
}

func view(t testing.TB, s *Store, f func(*Tx) error) {
	t.Helper()
	if err := s.View(context.Background(), f); err != nil {
		t.Fatal(err)
	}
}

// raw opens the database behind the store's back.
func raw(t testing.TB, folder string) *sql.DB {
	t.Helper()
	db := pool(filepath.Join(folder, DatabaseFile), true, 1)
	t.Cleanup(func() { db.Close() })
	return db
}

func TestEveryConnectionIsDurableStrictAndForgets(t *testing.T) {
	s := openStore(t, t.TempDir())
	for name, db := range map[string]*sql.DB{"writer": s.writer, "reader": s.reader} {
		conns := 1
		if name == "reader" {
			conns = readers
		}
		for range conns { // all at once, so that each is another connection
			conn, err := db.Conn(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "secure_delete": "1",
				"busy_timeout": "10000", "temp_store": "2", "recursive_triggers": "1", "trusted_schema": "0"} {
				var got string
				if err := conn.QueryRowContext(context.Background(), "PRAGMA "+pragma).Scan(&got); err != nil || got != want {
					t.Errorf("%s: %s = %q, want %q (%v)", name, pragma, got, want, err)
				}
			}
		}
	}
}

func TestAViewCannotWrite(t *testing.T) {
	s := openStore(t, t.TempDir())
	if err := s.View(context.Background(), func(tx *Tx) error { return tx.PutSetting("a", "b") }); err == nil {
		t.Fatal("a view wrote")
	}
}

func TestAFolderMayHaveAnyName(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "数据 #1 100%41?mode=memory&x")
	s := openStore(t, folder)
	update(t, s, func(tx *Tx) error { return tx.PutSetting("a", "b") })
	if info, err := os.Stat(filepath.Join(folder, DatabaseFile)); err != nil || info.Size() == 0 && walSize(folder) == 0 {
		t.Fatalf("the database is elsewhere: %v", err)
	}
}

func walSize(folder string) int64 {
	info, err := os.Stat(filepath.Join(folder, DatabaseFile+"-wal"))
	if err != nil {
		return 0
	}
	return info.Size()
}

func TestTheFilesAreForTheirOwnerOnly(t *testing.T) {
	folder := t.TempDir()
	s := openStore(t, folder)
	update(t, s, func(tx *Tx) error { return tx.PutSetting("a", "b") })
	names, _ := os.ReadDir(folder)
	for _, n := range names {
		if info, _ := n.Info(); info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: %v", n.Name(), info.Mode())
		}
	}
}

func TestAnUpdateIsStoredWholeOrNotAtAll(t *testing.T) {
	folder := t.TempDir()
	s := openStore(t, folder)
	study(t, s, "1.2")
	update(t, s, func(tx *Tx) error { return tx.InsertFinding(finding("2.25.1", "1.2")) })
	failure := errors.New("the audit event fails")
	err := s.Update(context.Background(), func(tx *Tx) error {
		f := finding("2.25.1", "1.2")
		f.Version, f.State = 2, records.FindingConfirmed
		if err := tx.AppendFindingVersion(f); err != nil {
			return err
		}
		if err := tx.AppendAudit(&records.AuditEvent{Action: "confirm"}); err != nil {
			return err
		}
		return failure
	})
	if !errors.Is(err, failure) {
		t.Fatal(err)
	}
	func() {
		defer func() { _ = recover() }()
		_ = s.Update(context.Background(), func(tx *Tx) error {
			if err := tx.AppendAudit(&records.AuditEvent{Action: "panics"}); err != nil {
				t.Fatal(err)
			}
			panic("inside")
		})
	}()
	ctx, cancel := context.WithCancel(context.Background())
	if err := s.Update(ctx, func(tx *Tx) error {
		if err := tx.AppendAudit(&records.AuditEvent{Action: "cancelled"}); err != nil {
			return err
		}
		cancel()
		return nil
	}); err == nil {
		t.Error("a cancelled update was acknowledged")
	}
	view(t, s, func(tx *Tx) error {
		f, err := tx.Finding("2.25.1")
		if err != nil || f.Version != 1 || f.State != records.FindingProposed {
			t.Errorf("the verdict is there without its audit event: %+v, %v", f, err)
		}
		if n, _, err := tx.AuditHead(); err != nil || n != 0 {
			t.Errorf("%d events, %v", n, err)
		}
		return nil
	})
	update(t, s, func(tx *Tx) error { return tx.PutSetting("still", "writes") })
}

func TestTwoProgramsShareAFolderSafely(t *testing.T) {
	folder := t.TempDir()
	const programs, each = 4, 25
	stores := make([]*Store, programs)
	var wg sync.WaitGroup
	for i := range stores { // opening at the same moment makes the folder once
		wg.Go(func() {
			var err error
			if stores[i], err = Open(context.Background(), folder, testKey(t, 1), testClock); err != nil {
				t.Errorf("program %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	if t.Failed() {
		t.FailNow()
	}
	for i, s := range stores {
		defer s.Close()
		wg.Go(func() {
			for n := range each {
				if err := s.Update(context.Background(), func(tx *Tx) error {
					return tx.AppendAudit(&records.AuditEvent{Action: fmt.Sprintf("%d.%d", i, n)})
				}); err != nil {
					t.Errorf("program %d: %v", i, err)
				}
			}
		})
	}
	wg.Wait()
	report, err := stores[0].VerifyAudit(context.Background())
	if err != nil || !report.Whole() || report.Count != programs*each {
		t.Fatalf("%+v, %v", report, err)
	}
}

func TestTheSecondOfTwoDoctorsIsToldThatTheFindingMovedOn(t *testing.T) {
	folder := t.TempDir()
	a, b := openStore(t, folder), openStore(t, folder)
	study(t, a, "1.2")
	update(t, a, func(tx *Tx) error { return tx.InsertFinding(finding("2.25.1", "1.2")) })
	next := finding("2.25.1", "1.2")
	next.Version, next.State = 2, records.FindingConfirmed
	update(t, a, func(tx *Tx) error { return tx.AppendFindingVersion(next) })
	err := b.Update(context.Background(), func(tx *Tx) error { return tx.AppendFindingVersion(next) })
	var stale *records.StaleError
	if !errors.As(err, &stale) || stale.Last != 2 {
		t.Fatalf("%v", err)
	}
}

func TestADatabaseFromANewerVersionIsRefusedUntouched(t *testing.T) {
	folder := t.TempDir()
	s := openStore(t, folder)
	s.Close()
	db := raw(t, folder)
	if _, err := db.Exec(`INSERT INTO schema_migrations VALUES (99, 'from the future', '')`); err != nil {
		t.Fatal(err)
	}
	db.Close()
	before, _ := os.ReadFile(filepath.Join(folder, DatabaseFile))
	_, err := Open(context.Background(), folder, testKey(t, 1), testClock)
	shipped, merr := shippedMigrations()
	if merr != nil {
		t.Fatal(merr)
	}
	var newer *NewerDatabaseError
	if !errors.As(err, &newer) || newer.Found != 99 || newer.Known != len(shipped) || !strings.Contains(err.Error(), folder) {
		t.Fatalf("%v", err)
	}
	if after, _ := os.ReadFile(filepath.Join(folder, DatabaseFile)); !bytes.Equal(before, after) {
		t.Fatal("the refused database was changed")
	}
}

func TestADatabaseOfAnotherKeyringIsRefused(t *testing.T) {
	folder := t.TempDir()
	openStore(t, folder).Close()
	if _, err := Open(context.Background(), folder, testKey(t, 2), testClock); !errors.Is(err, ErrWrongKey) {
		t.Fatalf("%v", err)
	}
	openStore(t, folder)
}

func TestAFileThatIsNoDatabaseIsRefused(t *testing.T) {
	folder := t.TempDir()
	text := bytes.Repeat([]byte("not a database "), 1000)
	if err := os.WriteFile(filepath.Join(folder, DatabaseFile), text, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(context.Background(), folder, testKey(t, 1), testClock); err == nil {
		t.Fatal("opened")
	}
	if got, _ := os.ReadFile(filepath.Join(folder, DatabaseFile)); !bytes.Equal(got, text) {
		t.Fatal("it was overwritten")
	}
}

func TestAMigrationIsAppliedWholeOnceAndFromEveryOlderSchema(t *testing.T) {
	shipped, err := shippedMigrations()
	if err != nil {
		t.Fatal(err)
	}
	next := migration{version: len(shipped) + 1, name: "next", sql: `CREATE TABLE later (id TEXT) STRICT; INSERT INTO later VALUES ('x');`}
	broken := migration{version: len(shipped) + 1, name: "broken", sql: `CREATE TABLE later (id TEXT) STRICT; INSERT INTO nowhere VALUES ('x');`}
	for from := 0; from <= len(shipped); from++ {
		folder := t.TempDir()
		if from > 0 {
			s, err := open(context.Background(), folder, testKey(t, 1), testClock, shipped[:from])
			if err != nil {
				t.Fatal(err)
			}
			s.Close()
		}
		if _, err := open(context.Background(), folder, testKey(t, 1), testClock, append(shipped[:len(shipped):len(shipped)], broken)); err == nil {
			t.Fatalf("from %d: a broken migration was applied", from)
		}
		for range 2 {
			s, err := open(context.Background(), folder, testKey(t, 1), testClock, append(shipped[:len(shipped):len(shipped)], next))
			if err != nil {
				t.Fatalf("from %d: %v", from, err)
			}
			var rows, version int
			if err := s.writer.QueryRow(`SELECT (SELECT count(*) FROM later), (SELECT max(version) FROM schema_migrations)`).Scan(&rows, &version); err != nil || rows != 1 || version != next.version {
				t.Fatalf("from %d: %d rows at version %d, %v", from, rows, version, err)
			}
			s.Close()
		}
	}
}

func TestAppendOnlyTablesCannotBeRewritten(t *testing.T) {
	folder := t.TempDir()
	s := openStore(t, folder)
	study(t, s, "1.2")
	update(t, s, func(tx *Tx) error {
		if err := tx.InsertFinding(finding("2.25.1", "1.2")); err != nil {
			return err
		}
		d := signed(t, 1)
		if err := tx.InsertSignedDocument(d); err != nil {
			return err
		}
		return tx.AppendAudit(&records.AuditEvent{Action: "x"})
	})
	for _, table := range []string{"finding_versions", "signed_documents", "audit"} {
		for _, q := range []string{"UPDATE " + table + " SET sealed = x'00'", "DELETE FROM " + table, "INSERT OR REPLACE INTO " + table + " SELECT * FROM " + table} {
			if _, err := s.writer.Exec(q); err == nil || !strings.Contains(err.Error(), "append-only") {
				t.Errorf("%s: %v", q, err)
			}
		}
	}
}
