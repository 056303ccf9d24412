package sqlite

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"longying/records"
)

// dump is every row of every table with its rowid, and the schema.
func dump(t testing.TB, folder string) string {
	t.Helper()
	db := pool(filepath.Join(folder, DatabaseFile), false, 2)
	defer db.Close()
	var out bytes.Buffer
	each := func(query string, f func(cells []any)) {
		rows, err := db.Query(query)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		names, _ := rows.Columns()
		for rows.Next() {
			cells, to := make([]any, len(names)), make([]any, len(names))
			for i := range cells {
				to[i] = &cells[i]
			}
			if err := rows.Scan(to...); err != nil {
				t.Fatal(err)
			}
			f(cells)
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
	}
	var tables []string
	each(`SELECT type, name, sql FROM sqlite_schema ORDER BY name`, func(c []any) {
		fmt.Fprintln(&out, c...)
		if c[0] == "table" {
			tables = append(tables, c[1].(string))
		}
	})
	for _, name := range tables {
		fmt.Fprintln(&out, "==", name)
		each(`SELECT rowid, * FROM `+name+` ORDER BY rowid`, func(c []any) { fmt.Fprintf(&out, "%x\n", fmt.Sprint(c...)) })
	}
	return out.String()
}

func TestASnapshotIsTheRecordRowForRowWhileOthersWrite(t *testing.T) {
	folder, target := t.TempDir(), t.TempDir()
	s := openStore(t, folder)
	intent(t, s)
	update(t, s, func(tx *Tx) error {
		for i := range 2000 { // several steps of pages
			if err := tx.PutSetting(fmt.Sprintf("k%d", i), string(bytes.Repeat([]byte{'x'}, 5000))); err != nil {
				return err
			}
		}
		return nil
	})
	before := dump(t, folder)
	wrote := 0
	err := s.Snapshot(t.Context(), target, func(done, total int) {
		if done == 0 || done > total {
			t.Errorf("%d of %d pages", done, total)
		}
		// Between two steps, this program and another.
		other := openStore(t, folder)
		update(t, other, func(tx *Tx) error { return tx.AppendAudit(&records.AuditEvent{Action: "meanwhile"}) })
		update(t, s, func(tx *Tx) error {
			return tx.PutSetting(fmt.Sprintf("k%d", wrote), string(bytes.Repeat([]byte{'y'}, 9000)))
		})
		wrote++
	})
	if err != nil || wrote < 2 {
		t.Fatalf("%d steps, %v", wrote, err)
	}
	if after := dump(t, target); after != before {
		t.Error("the snapshot is not the record as it stood when it began")
	}
	if dump(t, folder) == before {
		t.Error("nothing was written meanwhile: the test proves nothing")
	}
	copied := openStore(t, target)
	if err := copied.CheckIntegrity(t.Context()); err != nil {
		t.Error(err)
	}
	if r := verify(t, copied); !r.Whole() {
		t.Error(r.FirstBroken)
	}
	view(t, copied, func(tx *Tx) error {
		if n, err := tx.CheckSigned(); n != 1 || err != nil {
			t.Errorf("%d signed documents, %v", n, err)
		}
		return nil
	})
	if err := s.Snapshot(t.Context(), target, nil); !errors.Is(err, fs.ErrExist) {
		t.Errorf("over another database: %v", err)
	}
}

func TestASnapshotThatIsCutShortLeavesNoDatabase(t *testing.T) {
	folder, target := t.TempDir(), t.TempDir()
	s := openStore(t, folder)
	update(t, s, func(tx *Tx) error {
		for i := range 2000 {
			if err := tx.PutSetting(fmt.Sprintf("k%d", i), string(bytes.Repeat([]byte{'x'}, 5000))); err != nil {
				return err
			}
		}
		return nil
	})
	ctx, cancel := context.WithCancel(t.Context())
	if err := s.Snapshot(ctx, target, func(int, int) { cancel() }); !errors.Is(err, context.Canceled) {
		t.Fatalf("%v", err)
	}
	if names, _ := os.ReadDir(target); len(names) != 0 {
		t.Errorf("left: %v", names)
	}
	update(t, s, func(tx *Tx) error { return tx.PutSetting("still", "writes") })
}

func TestASignedDocumentThatWasChangedIsFound(t *testing.T) {
	folder := t.TempDir()
	s := openStore(t, folder)
	intent(t, s)
	db := raw(t, folder)
	for _, q := range []string{`DROP TRIGGER signed_documents_stay`, `UPDATE signed_documents SET canonical = CAST(substr(canonical, 1, length(canonical) - 1) || x'00' AS BLOB)`} {
		if _, err := db.Exec(q); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.View(t.Context(), func(tx *Tx) error { _, err := tx.CheckSigned(); return err }); err == nil {
		t.Error("it is taken for what was signed")
	}
}

func TestAFolderThatAnotherProgramHasOpenIsInUse(t *testing.T) {
	folder := t.TempDir()
	ask := func(want bool, when string) {
		t.Helper()
		if used, err := InUse(t.Context(), folder); err != nil || used != want {
			t.Errorf("%s: in use %v, %v", when, used, err)
		}
	}
	ask(false, "new")
	s := openStore(t, folder)
	ask(true, "open")
	update(t, s, func(tx *Tx) error { return tx.PutSetting("a", "b") })
	ask(true, "written")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	ask(false, "closed")
	s = openStore(t, folder)
	update(t, s, func(tx *Tx) error { return tx.PutSetting("a", "c") })
	ask(true, "open again")
	view(t, s, func(tx *Tx) error {
		if v, err := tx.Setting("a"); err != nil || v != "c" {
			t.Errorf("%q, %v", v, err)
		}
		return nil
	})
}
