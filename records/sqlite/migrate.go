package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"sort"
	"strconv"
	"strings"
	"time"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// migration takes the schema from the version before to its own.
type migration struct {
	version int
	name    string
	sql     string
	after   func(*Tx) error // in the same transaction, for what needs the key
}

// shippedMigrations are the files migrations/NNNN_name.sql, numbered from 1
// without gaps.
func shippedMigrations() ([]migration, error) {
	names, err := fs.Glob(migrationFiles, "migrations/*.sql")
	if err != nil {
		return nil, err
	}
	sort.Strings(names)
	var out []migration
	for i, name := range names {
		text, err := fs.ReadFile(migrationFiles, name)
		if err != nil {
			return nil, err
		}
		base := strings.TrimSuffix(strings.TrimPrefix(name, "migrations/"), ".sql")
		number, _, _ := strings.Cut(base, "_")
		version, err := strconv.Atoi(number)
		if err != nil || version != i+1 {
			return nil, fmt.Errorf("migration %s is not number %d", name, i+1)
		}
		out = append(out, migration{version: version, name: base, sql: string(text)})
	}
	after := map[string]func(*Tx) error{"0001_record": (*Tx).writeMeta, "0011_consult_states": (*Tx).consultHistories}
	for i := range out {
		out[i].after = after[out[i].name]
	}
	return out, nil
}

// migrate applies what is missing, each migration in one transaction that also
// records it. The version is read inside that transaction, so that two programs
// do not apply one twice.
func (s *Store) migrate(ctx context.Context, path string, known []migration) error {
	newest := 0
	for _, m := range known {
		newest = max(newest, m.version)
	}
	found, err := schemaVersion(ctx, s.writer)
	if err != nil {
		return err
	}
	if found > newest {
		return &NewerDatabaseError{Path: path, Found: found, Known: newest}
	}
	if found == newest {
		return nil
	}
	for _, m := range known {
		err := s.Update(ctx, func(tx *Tx) error {
			found, err := schemaVersion(ctx, tx.tx)
			if err != nil || found >= m.version {
				return err
			}
			return tx.apply(m)
		})
		if err != nil {
			return fmt.Errorf("migration %s: %w", m.name, err)
		}
	}
	return nil
}

func (t *Tx) apply(m migration) error {
	if err := t.exec(`CREATE TABLE IF NOT EXISTS schema_migrations (
		version INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at TEXT NOT NULL) STRICT`); err != nil {
		return err
	}
	if err := t.exec(m.sql); err != nil {
		return err
	}
	if m.after != nil {
		if err := m.after(t); err != nil {
			return err
		}
	}
	return t.exec(`INSERT INTO schema_migrations (version, name, applied_at) VALUES (?, ?, ?)`,
		m.version, m.name, t.store.clock().UTC().Format(time.RFC3339))
}

type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// schemaVersion is 0 for a new database.
func schemaVersion(ctx context.Context, q querier) (int, error) {
	var tables int
	if err := q.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'schema_migrations'`).Scan(&tables); err != nil {
		return 0, err
	}
	if tables == 0 {
		return 0, nil
	}
	var version sql.NullInt64
	err := q.QueryRowContext(ctx, `SELECT max(version) FROM schema_migrations`).Scan(&version)
	return int(version.Int64), err
}

// keyCheck is what the row key_check of meta holds, sealed.
const keyCheck = "longying record"

// writeMeta makes the rows that every database must have.
func (t *Tx) writeMeta() error {
	sealed, err := t.seal("meta", "key_check", keyCheck)
	if err != nil {
		return err
	}
	if err := t.exec(`INSERT INTO meta (key, sealed) VALUES ('key_check', ?)`, sealed); err != nil {
		return err
	}
	if sealed, err = t.seal("meta", "audit_head", auditHead{}); err != nil {
		return err
	}
	return t.exec(`INSERT INTO meta (key, sealed) VALUES ('audit_head', ?)`, sealed)
}

// checkKey refuses a key that did not seal this database.
func (t *Tx) checkKey() error {
	got, err := one[string](t, "meta", `SELECT key, sealed FROM meta WHERE key = 'key_check'`)
	if err != nil || *got != keyCheck {
		return errors.Join(ErrWrongKey, err)
	}
	return nil
}
