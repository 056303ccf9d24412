// Package samples embeds the shipped sample study: a paediatric chest film, a
// CT series of a head phantom, a pathology slide made of tiles, and files of
// invented patients. Provenance and licence stand beside each in data/.
package samples

import (
	"embed"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

//go:embed data
var data embed.FS

// Files is the sample folder: film, ct, slide, patients.
func Files() fs.FS {
	sub, err := fs.Sub(data, "data")
	if err != nil {
		panic(err) // "data" is embedded above
	}
	return sub
}

// Extract writes every sample file under folder.
func Extract(folder string) error {
	return fs.WalkDir(Files(), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		to := filepath.Join(folder, filepath.FromSlash(path))
		if d.IsDir() {
			return os.MkdirAll(to, 0o700)
		}
		raw, err := fs.ReadFile(Files(), path)
		if err != nil {
			return err
		}
		if err := os.WriteFile(to, raw, 0o600); err != nil {
			return fmt.Errorf("the sample %s was not written: %w", path, err)
		}
		return nil
	})
}
