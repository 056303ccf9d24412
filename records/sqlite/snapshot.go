package sqlite

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	sqlite3 "github.com/mattn/go-sqlite3"

	"longying/records"
)

// snapshotStep is how many pages are copied between two looks at the context.
const snapshotStep = 2048

// Snapshot copies the last committed state of the record, page for page, into
// the database of another folder, while this program and others go on. progress,
// which may be nil, is told the pages done and their number. What is cut short
// leaves no database there. Errors: ErrDiskFull, fs.ErrExist.
func (s *Store) Snapshot(ctx context.Context, folder string, progress func(done, total int)) error {
	path := filepath.Join(folder, DatabaseFile)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("the copy of the record cannot be made: %w", err)
	}
	f.Close()
	if err := s.snapshot(ctx, path, progress); err != nil {
		return errors.Join(fmt.Errorf("the record cannot be copied: %w", explain(err)), os.Remove(path))
	}
	return nil
}

func (s *Store) snapshot(ctx context.Context, path string, progress func(done, total int)) (err error) {
	conn, err := s.reader.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	// The copy is of one state: a transaction that reads keeps it while others
	// write, so that the copy never has to begin again.
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err := schemaVersion(ctx, tx); err != nil {
		return err
	}
	return conn.Raw(func(c any) error {
		source, ok := c.(*sqlite3.SQLiteConn)
		if !ok {
			return fmt.Errorf("a connection of type %T", c)
		}
		return copyPages(ctx, path, source, progress)
	})
}

func copyPages(ctx context.Context, path string, source *sqlite3.SQLiteConn, progress func(done, total int)) (err error) {
	opened, err := (&sqlite3.SQLiteDriver{}).Open(dsn(path, nil))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, opened.Close()) }()
	to, ok := opened.(*sqlite3.SQLiteConn)
	if !ok {
		return fmt.Errorf("a connection of type %T", opened)
	}
	b, err := to.Backup("main", source, "main")
	if err != nil {
		return err
	}
	for {
		done, err := false, ctx.Err()
		if err == nil {
			done, err = b.Step(snapshotStep)
		}
		if progress != nil && err == nil {
			progress(b.PageCount()-b.Remaining(), b.PageCount())
		}
		if err != nil {
			return errors.Join(err, b.Finish())
		}
		if done {
			return b.Finish()
		}
	}
}

// CheckIntegrity reads every page of the database and fails where one does not
// hold together with the others.
func (s *Store) CheckIntegrity(ctx context.Context) error {
	var found string
	if err := s.reader.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&found); err != nil {
		return explain(err)
	}
	if found != "ok" {
		return fmt.Errorf("the database is damaged; restore a backup: %s", found)
	}
	return nil
}

// SchemaVersion is the number of the newest migration that this program knows,
// which is that of every open database.
func SchemaVersion() (int, error) {
	known, err := shippedMigrations()
	return len(known), err
}

// InUse reports that another program has the database of a folder open.
func InUse(ctx context.Context, folder string) (bool, error) {
	path, err := filepath.Abs(filepath.Join(folder, DatabaseFile))
	if err != nil {
		return false, err
	}
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	db := openPool(dsn(path, url.Values{"_busy_timeout": {"0"}, "_locking_mode": {"EXCLUSIVE"}}), 1)
	defer db.Close()
	// In this mode the first reading wants the file for itself, which SQLite
	// refuses while any other connection has it open.
	var tables int
	err = db.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_schema`).Scan(&tables)
	var se sqlite3.Error
	if errors.As(err, &se) && (se.Code == sqlite3.ErrBusy || se.Code == sqlite3.ErrLocked) {
		return true, nil
	}
	return false, nil // a database that cannot be read is nobody's
}

// EachObject gives every SOP instance of the record, one at a time.
func (t *Tx) EachObject(f func(*records.Object) error) error {
	rows, err := t.tx.QueryContext(t.ctx, objectColumns+`ORDER BY rowid`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		o, err := scanObject(rows.Scan)
		if err != nil {
			return err
		}
		if err := f(&o); err != nil {
			return err
		}
	}
	return rows.Err()
}

// CheckSigned opens every signed document and holds its bytes against its
// hashes and signatures. It gives how many there are.
func (t *Tx) CheckSigned() (int, error) {
	rows, err := t.tx.QueryContext(t.ctx, `SELECT document_id || '/' || version, canonical, sealed FROM signed_documents`)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	n := 0
	for rows.Next() {
		var row string
		var canonical, sealed []byte
		if err := rows.Scan(&row, &canonical, &sealed); err != nil {
			return n, err
		}
		d, err := t.openSigned(row, canonical, sealed)
		if err != nil {
			return n, err
		}
		if err := checkSignatures(&d); err != nil {
			return n, err
		}
		n++
	}
	return n, rows.Err()
}
