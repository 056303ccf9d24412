package imaging

import (
	"math"
	"slices"
)

// UltrasoundRegion is one item of the Sequence of Ultrasound Regions, PS3.3
// C.8.5.5: a part of the picture with axes of its own.
type UltrasoundRegion struct {
	X0, Y0, X1, Y1 int // columns and rows of its corners, all included
	Format         int // Region Spatial Format: 1 is 2D (tissue or flow), 2 M-mode, 3 spectrum, 4 wave form, 5 graphics
	UnitX, UnitY   int // Physical Units Direction: 3 is cm
	DeltaX, DeltaY float64
}

// The values of a region that is a picture of space.
const (
	ultrasound2D = 1
	ultrasoundCM = 3
)

// has reports a point in the pixels of the region.
func (u UltrasoundRegion) has(p Point) bool {
	return p.X >= float64(u.X0) && p.X <= float64(u.X1+1) && p.Y >= float64(u.Y0) && p.Y <= float64(u.Y1+1)
}

// space is what its pixels measure; false where its axes are no lengths.
func (u UltrasoundRegion) space() (Spacing, bool) {
	s := Spacing{RowMM: math.Abs(u.DeltaY) * 10, ColumnMM: math.Abs(u.DeltaX) * 10, Source: SpacingRegion}
	fine := func(v float64) bool { return v > 0 && !math.IsInf(v, 0) }
	return s, u.Format == ultrasound2D && u.UnitX == ultrasoundCM && u.UnitY == ultrasoundCM && fine(s.RowMM) && fine(s.ColumnMM)
}

// silent reports a region that claims nothing: no spatial format, and axes in no
// unit. Echo machines put one over the whole screen, below the others.
func (u UltrasoundRegion) silent() bool { return u.Format == 0 && u.UnitX == 0 && u.UnitY == 0 }

// spacingAt is the spacing that holds at all the points; without points, the one
// that all regions in space agree on.
func spacingAt(regions []UltrasoundRegion, points []Point) (Spacing, Uncalibrated) {
	regions = slices.DeleteFunc(slices.Clone(regions), UltrasoundRegion.silent)
	if len(regions) == 0 {
		return Spacing{}, NoSpacing
	}
	var common []int // regions that hold all the points
	anywhere := len(points) == 0
	inSome := true
	for i, u := range regions {
		if !slices.ContainsFunc(points, func(p Point) bool { return !u.has(p) }) {
			common = append(common, i)
		}
	}
	for _, p := range points {
		inSome = inSome && slices.ContainsFunc(regions, func(u UltrasoundRegion) bool { return u.has(p) })
	}
	switch {
	case len(common) == 0 && inSome:
		return Spacing{}, AcrossRegions
	case len(common) == 0:
		return Spacing{}, OutsideRegions
	}
	var found Spacing
	for _, i := range common {
		s, ok := regions[i].space()
		switch {
		case !ok && anywhere:
		case !ok: // a region over the points that is no picture of space: which of them is meant is not known
			return Spacing{}, RegionNotInSpace
		case found.Known() && found != s:
			return Spacing{}, RegionsDisagree
		default:
			found = s
		}
	}
	if !found.Known() {
		return Spacing{}, RegionNotInSpace
	}
	return found, Calibrated
}
