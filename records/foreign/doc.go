// Package foreign reads what other makers' objects say was found in a study's
// pictures: the regions of structured reports (PS3.3 A.35, PS3.16 TID 1500) and
// the segments of segmentations (A.51). It decides nothing: what it gives is
// another maker's word, confirmed by nobody here. Tolerant of templates, strict
// about places: a region whose picture is not named is refused, not guessed.
package foreign
