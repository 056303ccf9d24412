package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// rehearsals is the pattern of the folders in which Rehearse works: hidden, so
// that no backup takes them. One that a killed program left is removed by a
// later rehearsal.
const (
	rehearsals     = ".rehearsal-*"
	rehearsalStale = 24 * time.Hour
)

// Rehearse runs f on a copy of the record as it stands, and throws the copy
// away: f sees what its writing would do, while everybody else goes on writing.
// The copy lies in the data folder, sealed as the record is. What f returns is
// returned. Errors of the copy: ErrDiskFull.
func (s *Store) Rehearse(ctx context.Context, f func(*Tx) error) (err error) {
	removeStale(s.folder, s.clock())
	folder, err := os.MkdirTemp(s.folder, rehearsals)
	if err != nil {
		return fmt.Errorf("the record cannot be copied for a look: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	if err := s.Snapshot(ctx, folder, nil); err != nil {
		return err
	}
	copied, err := Open(ctx, folder, s.key, s.clock)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, copied.reader.Close(), copied.writer.Close()) }()
	err = copied.within(ctx, copied.writer, func(tx *Tx) error {
		if err := f(tx); err != nil {
			return err
		}
		return errRehearsed
	})
	if errors.Is(err, errRehearsed) {
		return nil
	}
	return err
}

// errRehearsed takes a rehearsal's transaction back: nothing need be written.
var errRehearsed = errors.New("rehearsed")

func removeStale(folder string, now time.Time) {
	found, err := filepath.Glob(filepath.Join(folder, rehearsals))
	if err != nil {
		return
	}
	for _, one := range found {
		if info, err := os.Stat(one); err == nil && info.IsDir() && now.Sub(info.ModTime()) > rehearsalStale {
			os.RemoveAll(one) // another look at it comes with the next rehearsal
		}
	}
}
