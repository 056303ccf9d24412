package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	sqlite3 "github.com/mattn/go-sqlite3"

	"longying/records/seal"
)

// DatabaseFile is the name of the database inside a data folder.
const DatabaseFile = "record.db"

const (
	busyTimeout = 10 * time.Second
	readers     = 6 // connections
)

// Store is an open database. It is safe for concurrent use.
type Store struct {
	key    *seal.Key
	clock  func() time.Time
	writer *sql.DB // one connection
	reader *sql.DB
	folder string // of the database

	host    string // of audit events
	program string
}

// SetProgram says what this program is to its user, desktop or command line:
// every audit event from now on states it.
func (s *Store) SetProgram(name string) { s.program = name }

// Open opens the database of a data folder, making it where it is new, and
// brings its schema up to date. Errors: *NewerDatabaseError, ErrWrongKey,
// ErrBusy.
func Open(ctx context.Context, folder string, key *seal.Key, clock func() time.Time) (*Store, error) {
	known, err := shippedMigrations()
	if err != nil {
		return nil, err
	}
	return open(ctx, folder, key, clock, known)
}

func open(ctx context.Context, folder string, key *seal.Key, clock func() time.Time, known []migration) (*Store, error) {
	path, err := filepath.Abs(filepath.Join(folder, DatabaseFile))
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("the data folder cannot be made: %w", err)
	}
	// Made here so that the database, and its WAL with it, is for the owner only.
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("the database cannot be opened for writing: %w", err)
	}
	f.Close()
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	s := &Store{key: key, clock: clock, writer: pool(path, true, 1), reader: pool(path, false, readers), folder: filepath.Dir(path), host: host}
	if err := s.prepare(ctx, path, known); err != nil {
		s.writer.Close()
		s.reader.Close()
		return nil, fmt.Errorf("the record cannot be opened: %w", explain(err))
	}
	return s, nil
}

func (s *Store) prepare(ctx context.Context, path string, known []migration) error {
	if err := s.enterWAL(ctx); err != nil {
		return err
	}
	if err := s.migrate(ctx, path, known); err != nil {
		return err
	}
	return s.View(ctx, (*Tx).checkKey)
}

// enterWAL switches a new database to WAL. SQLite does not call its busy
// handler for this switch, so that two programs that make a folder at the same
// moment would fail here; it is tried again until busyTimeout.
func (s *Store) enterWAL(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, busyTimeout)
	defer cancel()
	for {
		var mode string
		err := s.writer.QueryRowContext(ctx, "PRAGMA journal_mode = WAL").Scan(&mode)
		if err == nil && mode != "wal" {
			return fmt.Errorf("the disk does not allow SQLite's write-ahead log (journal mode %q); put the data folder on a local disk", mode)
		}
		var se sqlite3.Error
		if err == nil || !errors.As(err, &se) || se.Code != sqlite3.ErrBusy {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// connector opens connections of one kind. It takes the place of sql.Register,
// whose drivers are global.
type connector struct {
	dsn    string
	driver *sqlite3.SQLiteDriver
}

func (c connector) Connect(context.Context) (driver.Conn, error) { return c.driver.Open(c.dsn) }
func (c connector) Driver() driver.Driver                        { return c.driver }

// pool makes a pool of connections. All pragmas but temp_store stand in the
// DSN, because they hold for one connection only.
func pool(path string, write bool, connections int) *sql.DB {
	q := url.Values{
		"_busy_timeout":       {fmt.Sprint(busyTimeout.Milliseconds())},
		"_foreign_keys":       {"on"},
		"_synchronous":        {"FULL"},
		"_secure_delete":      {"on"},
		"_recursive_triggers": {"on"}, // so that REPLACE fires the append-only triggers too
		"_txlock":             {"deferred"},
	}
	if write {
		q.Set("_txlock", "immediate")
	} else {
		q.Set("_query_only", "on")
	}
	return openPool(dsn(path, q), connections)
}

// dsn is the data source name of a database file with an absolute path.
func dsn(path string, q url.Values) string {
	p := filepath.ToSlash(path)
	if !strings.HasPrefix(p, "/") {
		p = "/" + p // C:/data
	}
	u := url.URL{Scheme: "file", Path: p, RawQuery: q.Encode()}
	return u.String()
}

func openPool(dsn string, connections int) *sql.DB {
	db := sql.OpenDB(connector{dsn: dsn, driver: &sqlite3.SQLiteDriver{ConnectHook: func(c *sqlite3.SQLiteConn) error {
		_, err := c.Exec("PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF", nil)
		return err
	}}})
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db
}

// Close writes the log back into the database and closes it.
func (s *Store) Close() error {
	readErr := s.reader.Close()
	// Another program may be reading; its own Close, or the next one, does it.
	_, _ = s.writer.Exec("PRAGMA wal_checkpoint(TRUNCATE)")
	return errors.Join(readErr, s.writer.Close())
}

// Tx is one transaction. It is not safe for concurrent use and must not leave
// the function it was given to.
type Tx struct {
	ctx   context.Context
	tx    *sql.Tx
	store *Store
}

// View runs f on one consistent state of the record; f cannot write.
func (s *Store) View(ctx context.Context, f func(*Tx) error) error {
	return s.within(ctx, s.reader, f)
}

// Update runs f in one transaction that writes: all of it is stored durably
// when Update returns nil, and none of it otherwise. An Update inside an Update
// waits for ever: pass the Tx on.
func (s *Store) Update(ctx context.Context, f func(*Tx) error) error {
	return s.within(ctx, s.writer, f)
}

func (s *Store) within(ctx context.Context, db *sql.DB, f func(*Tx) error) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return explain(err)
	}
	defer tx.Rollback() // does nothing after a commit
	if err := f(&Tx{ctx: ctx, tx: tx, store: s}); err != nil {
		return explain(err)
	}
	return explain(tx.Commit())
}
