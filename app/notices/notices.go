// Package notices holds the licences of everything that is linked into the
// program, as their terms ask of whoever hands it on.
package notices

import _ "embed"

//go:embed licences.txt
var licences string

// Licences is the text: each module with its version, under the licence that it
// came with. A test holds it against the modules that are linked.
func Licences() string { return licences }
