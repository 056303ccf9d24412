// Package canvas is what shows pictures: Image (one picture of a stack with its
// words, letters and marks, under mouse and keys), Tiles (a whole-slide image),
// and what they share. Pixels of the picture are written by imaging/render only
// and nothing is tinted; marks are strokes with a dark edge, each state of a
// finding with a stroke of its own besides its colour.
//
// Sub-package view is the model behind: plain Go, without Fyne.
package canvas
