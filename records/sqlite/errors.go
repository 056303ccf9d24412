package sqlite

import (
	"errors"
	"fmt"
	"syscall"

	sqlite3 "github.com/mattn/go-sqlite3"
)

// The errors of the store that a caller decides on, besides those of records.
var (
	// ErrBusy is returned when another program held the write lock too long.
	ErrBusy = errors.New("another program is writing to the data folder; nothing was stored, try again")
	// ErrDiskFull is returned when there is no room; nothing was stored.
	ErrDiskFull = errors.New("the disk is full; nothing was stored, free some space and try again")
	// ErrDisk is returned when the disk could not be read or written for another
	// reason.
	ErrDisk = errors.New("the disk with the data folder does not work as it should; what was asked is not stored, check the disk and its connection")
	// ErrWrongKey is returned when a database was sealed under another key
	// than the one it is opened with.
	ErrWrongKey = errors.New("the database belongs to another keyring; put the keyring.json and the database of the same backup together")
)

// NewerDatabaseError refuses a database that a newer version of the program
// has written.
type NewerDatabaseError struct {
	Path  string
	Found int // schema version of the database
	Known int // newest that this program knows
}

func (e *NewerDatabaseError) Error() string {
	return fmt.Sprintf("the database %s has schema version %d, this program knows up to %d: it was used by a newer version of Longying; start that version, or restore a backup made before the upgrade. Nothing was changed",
		e.Path, e.Found, e.Known)
}

// explain adds to an error of SQLite what it means and what to do.
func explain(err error) error {
	var se sqlite3.Error
	if !errors.As(err, &se) {
		return err
	}
	switch se.Code {
	case sqlite3.ErrBusy, sqlite3.ErrLocked:
		return fmt.Errorf("%w (%w)", ErrBusy, err)
	case sqlite3.ErrFull:
		return fmt.Errorf("%w (%w)", ErrDiskFull, err)
	case sqlite3.ErrIoErr:
		switch se.SystemErrno {
		case syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG: // SQLite knows the first only
			return fmt.Errorf("%w (%w)", ErrDiskFull, err)
		}
		return fmt.Errorf("%w (%w)", ErrDisk, err)
	case sqlite3.ErrCorrupt, sqlite3.ErrNotADB:
		return fmt.Errorf("the database is damaged; restore a backup: %w", err)
	}
	if se.ExtendedCode == sqlite3.ErrConstraintForeignKey {
		return fmt.Errorf("an entry refers to something that is not in the record; nothing was stored: %w", err)
	}
	return err
}
