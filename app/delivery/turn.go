package delivery

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// turnFile is locked while a program sends: of two on one data folder, or of a
// person's round and one by itself, the second waits. The system takes the lock
// away from a program that ends, however it ends.
const turnFile = "sending.lock"

// errTaken: another round is going on.
var errTaken = errors.New("another round is going on in this data folder")

// tryTurn takes the turn, or is errTaken. release gives it back. Without a folder
// nobody else is there.
func tryTurn(folder string) (release func() error, err error) {
	if folder == "" {
		return func() error { return nil }, nil
	}
	f, err := os.OpenFile(filepath.Join(folder, turnFile), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("nothing was sent: %w", err)
	}
	if err := lock(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f.Close, nil // closed, it is unlocked
}

// takeTurn takes the turn as soon as it is free.
func takeTurn(ctx context.Context, folder string) (release func() error, err error) {
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	for {
		if release, err = tryTurn(folder); !errors.Is(err, errTaken) {
			return release, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-look.C:
		}
	}
}
