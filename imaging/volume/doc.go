// Package volume makes stacks and volumes of the pictures of a series.
//
// Split sorts a series into stacks: one orientation, echo, b-value, phase,
// acquisition each, in the order of position. Check finds what is irregular in
// a stack (missing slices, uneven spacing, gantry tilt, ...) and names it with
// slices and millimetres; nothing is smoothed over. Build reads a stack into a
// Volume, Reslice and Slab cut through it with its true geometry. Loader reads
// the pictures of a stack in the order in which somebody scrolls, into a Cache
// of bounded size.
//
// The unit is the frame, so that enhanced multi-frame objects and series of
// single slices behave alike. Positions are in millimetres in the patient
// coordinate system (LPS, PS3.3 C.7.6.2.1.1).
package volume
