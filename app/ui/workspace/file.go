package workspace

import (
	"fmt"
	"os"
	"path/filepath"
)

// WriteFile writes a file of a person's own, as a whole or not at all.
func WriteFile(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	part := path + ".part"
	if err := os.WriteFile(part, data, 0o600); err != nil {
		return fmt.Errorf("the file was not written: %w", err)
	}
	return os.Rename(part, path)
}
