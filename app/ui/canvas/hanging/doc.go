// Package hanging decides how a study is hung: which layout, which series in
// which viewport, in which window. A protocol says for which studies it is and
// what goes where; matching is by pure functions over what the headers say.
// Protocols are shipped, and a hospital has its own in a file. Plain Go, no Fyne.
package hanging
