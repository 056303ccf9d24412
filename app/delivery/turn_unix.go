//go:build unix

package delivery

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// lock locks an open file against every other opening of it, or is errTaken.
func lock(f *os.File) error {
	err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	switch {
	case errors.Is(err, unix.EWOULDBLOCK):
		return errTaken
	case err != nil:
		return fmt.Errorf("nothing was sent: %s cannot be locked: %w", f.Name(), err)
	}
	return nil
}
