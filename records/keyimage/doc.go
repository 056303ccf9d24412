// Package keyimage writes the key images of a signed report as DICOM objects: a
// Grayscale Softcopy Presentation State (PS3.3 A.33.1), which says how an image
// was seen and what was found on it, and a Secondary Capture (A.8.1) with the
// same burned in, for viewers that show neither states nor reports.
//
// Both mark confirmed findings only. Neither has a place for what a model had a
// part in, so the layer's and the derivation's description say it in words. No
// name of a patient is written into pixels.
package keyimage
