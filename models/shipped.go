package models

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
)

// A training script and its outputs (train/) are kept in the project, not in
// the program.
//
//go:embed */card.json */model.onnx */LICENSE */README.md */*.png */test
var shipped embed.FS

// Shipped is the packages that come with the program: one folder each, named
// after the model's id.
func Shipped() fs.FS { return shipped }

// LoadShipped loads every package of Shipped that has a card, ordered by id. A
// package that cannot be loaded is left out and its error returned; the others
// are not held up.
func LoadShipped() ([]*Package, []error) { return loadAll(Shipped()) }

func loadAll(fsys fs.FS) ([]*Package, []error) {
	cards, err := fs.Glob(fsys, "*/"+CardFile)
	if err != nil {
		return nil, []error{fmt.Errorf("looking for model packages: %w", err)}
	}
	var packages []*Package
	var errs []error
	for _, card := range cards {
		p, err := Load(fsys, path.Dir(card))
		if err != nil {
			errs = append(errs, err)
			continue
		}
		packages = append(packages, p)
	}
	return packages, errs
}
