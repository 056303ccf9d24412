package sqlite

import (
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"longying/records"
)

// place is the additional data of a sealed value: a value copied to another
// row, column or table does not open.
func place(table, column, row string) string { return table + "/" + column + "/" + row }

// seal is the sealed column of a row: JSON, sealed.
func (t *Tx) seal(table, row string, v any) ([]byte, error) {
	plain, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("an entry of %s cannot be stored: %w", table, err)
	}
	return t.store.key.Seal(place(table, "sealed", row), plain), nil
}

func (t *Tx) open(table, row string, sealed []byte, into any) error {
	plain, err := t.store.key.Open(place(table, "sealed", row), sealed)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(plain, into); err != nil {
		return fmt.Errorf("the entry %s of %s cannot be read: %w", row, table, err)
	}
	return nil
}

// each runs a query of two columns, the row's identity and its sealed column.
func each[T any](t *Tx, table string, f func(row string, v *T) error, query string, args ...any) error {
	rows, err := t.tx.QueryContext(t.ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var row string
		var sealed sql.RawBytes
		if err := rows.Scan(&row, &sealed); err != nil {
			return err
		}
		v := new(T)
		if err := t.open(table, row, sealed, v); err != nil {
			return err
		}
		if err := f(row, v); err != nil {
			return err
		}
	}
	return rows.Err()
}

// all lists the entries that a query for each finds; none is an empty list.
func all[T any](t *Tx, table, query string, args ...any) ([]T, error) {
	var out []T
	err := each(t, table, func(_ string, v *T) error {
		out = append(out, *v)
		return nil
	}, query, args...)
	return out, err
}

// one is the first entry, or records.ErrNotFound.
func one[T any](t *Tx, table, query string, args ...any) (*T, error) {
	found, err := all[T](t, table, query, args...)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, records.ErrNotFound
	}
	return &found[0], nil
}

func (t *Tx) exec(query string, args ...any) error {
	_, err := t.tx.ExecContext(t.ctx, query, args...)
	return err
}

// text is one string of the first row, or records.ErrNotFound.
func (t *Tx) text(query string, args ...any) (string, error) {
	var s string
	err := t.tx.QueryRowContext(t.ctx, query, args...).Scan(&s)
	if errors.Is(err, sql.ErrNoRows) {
		return "", records.ErrNotFound
	}
	return s, err
}

// lookup is the keyed hash of a value, nil where the value is empty.
func (t *Tx) lookup(kind, value string) []byte {
	if value == "" {
		return nil
	}
	return t.store.key.Lookup(kind, value)
}

// nullable stores an empty string as NULL.
func nullable(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// nanos is a time in a plain column, 0 for none.
func nanos(at time.Time) int64 {
	if at.IsZero() {
		return 0
	}
	return at.UnixNano()
}

// newID is a random UUID (RFC 9562, version 4).
func newID() string {
	var b [16]byte
	rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
