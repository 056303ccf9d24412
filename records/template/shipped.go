package template

import (
	"embed"
	"fmt"
	"io/fs"
)

//go:embed shipped/*.json
var shipped embed.FS

// Shipped are the templates that come with the program, in the order of their
// file names.
func Shipped() ([]*Template, error) {
	names, err := fs.Glob(shipped, "shipped/*.json")
	if err != nil {
		return nil, err
	}
	var out []*Template
	for _, name := range names {
		raw, err := shipped.ReadFile(name)
		if err != nil {
			return nil, err
		}
		t, err := Parse(name, raw)
		if err != nil {
			return nil, fmt.Errorf("a shipped template: %w", err)
		}
		t.Shipped = true
		out = append(out, t)
	}
	return out, nil
}
