package seal

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
)

// Unfinished is how the name of a file begins until it is whole; that of a
// killed program keeps it.
const Unfinished = ".sealing-"

// writeAtomic writes a file so that at any moment the path holds the old
// content or the new, and after it returns the new survives a power cut: a
// temporary file in the same folder, synced, renamed, the folder synced.
func writeAtomic(path string, fill func(*os.File) error) error {
	return writeAtomicAs(path, Unfinished, fill)
}

// writeAtomicAs is writeAtomic with the first part of the temporary file's name.
func writeAtomicAs(path, unfinished string, fill func(*os.File) error) error {
	temp, err := writeTemp(filepath.Dir(path), unfinished, fill)
	if err != nil {
		return err
	}
	if err := os.Rename(temp, path); err != nil {
		os.Remove(temp)
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// writeTemp writes and syncs a temporary file that only the owner may read.
func writeTemp(folder, unfinished string, fill func(*os.File) error) (path string, err error) {
	f, err := os.CreateTemp(folder, unfinished+"*")
	if err != nil {
		return "", err
	}
	err = fill(f)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		os.Remove(f.Name())
		return "", err
	}
	return f.Name(), nil
}

// syncFolder makes a rename durable. Windows has no such call and needs none.
func syncFolder(folder string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
