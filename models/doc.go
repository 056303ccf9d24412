// Package models is the vocabulary of model packages: the Card, how a package
// is loaded and verified, and the packages that ship with the program, embedded.
//
// A card says what a model is fit for. Unknown keys, steps, units and code
// schemes are errors, never skipped: a skipped preprocessing step changes the
// answer. The package imports the standard library only; whether a card fits a
// series is decided by inference.Fits.
package models
