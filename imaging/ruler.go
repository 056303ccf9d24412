package imaging

import "math"

// Uncalibrated says why lengths on a frame have no millimetres.
type Uncalibrated string

// Why a ruler counts pixels.
const (
	Calibrated       Uncalibrated = ""
	NoSpacing        Uncalibrated = "no_spacing"       // the header says nothing of what a pixel measures
	OutsideRegions   Uncalibrated = "outside_region"   // a point lies in no calibrated region
	AcrossRegions    Uncalibrated = "across_regions"   // the points lie in different regions
	RegionNotInSpace Uncalibrated = "region_no_space"  // M-mode, a spectrum: its axes are no lengths
	RegionsDisagree  Uncalibrated = "regions_disagree" // regions overlap, and each has another scale
)

// Ruler is what lengths between points of one frame are measured with: the
// distance between rows and columns and where it is from, or pixels and why.
type Ruler struct {
	Space Spacing
	// Magnification is the Estimated Radiographic Magnification Factor
	// (0018,1114) that the spacing at the detector was divided by; 0: none.
	Magnification float64
	Why           Uncalibrated
	aspect        float64 // height of a pixel over its width, where Space is not known
}

// Ruler is what lengths between points of frame n, counted from 1, are measured
// with. PS3.3 10.7.1.3: Pixel Spacing where it is that of the patient or
// calibrated; Imager Pixel Spacing, which is at the detector, divided by the
// magnification where the header estimates it, and named either way. In
// ultrasound only within one region whose axes are both centimetres in space,
// PS3.3 C.8.5.5. Where there is none of these it counts pixels, and says why.
func (in *Instance) Ruler(n int, points ...Point) Ruler {
	r := Ruler{aspect: 1}
	if a := in.Pixels.AspectRatio; a > 0.01 && a < 100 {
		r.aspect = a
	}
	if len(in.Regions) > 0 {
		r.Space, r.Why = spacingAt(in.Regions, points)
		return r
	}
	r.Space = in.Frame(n).Space
	if !r.Space.Known() {
		r.Space, r.Why = Spacing{}, NoSpacing
		return r
	}
	if m := in.Magnification; r.Space.Source == SpacingDetector && m > 1 && m < 10 {
		r.Space.RowMM, r.Space.ColumnMM, r.Magnification = r.Space.RowMM/m, r.Space.ColumnMM/m, m
	}
	return r
}

// Known reports whether lengths are in millimetres.
func (r Ruler) Known() bool { return r.Space.Known() }

// Length is the distance between two points in millimetres, or in pixels where
// the ruler knows none.
func (r Ruler) Length(a, b Point) float64 {
	if !r.Known() {
		return math.Hypot(b.X-a.X, b.Y-a.Y)
	}
	return math.Hypot((b.X-a.X)*r.Space.ColumnMM, (b.Y-a.Y)*r.Space.RowMM)
}

// Area turns an area in pixels into mm², or leaves it where none are known.
func (r Ruler) Area(pixels float64) float64 {
	if !r.Known() {
		return pixels
	}
	return pixels * r.Space.ColumnMM * r.Space.RowMM
}

// vector is the way from a to b with both axes in the same unit, so that angles
// are those of the body and not of the pixel grid.
func (r Ruler) vector(a, b Point) Point {
	if r.Known() {
		return Point{(b.X - a.X) * r.Space.ColumnMM, (b.Y - a.Y) * r.Space.RowMM}
	}
	return Point{b.X - a.X, (b.Y - a.Y) * r.aspect}
}

// Angle is the angle at a vertex between the ways to a and b, 0 to 180 degrees;
// false where one of them has no length.
func (r Ruler) Angle(a, vertex, b Point) (float64, bool) {
	return between(r.vector(vertex, a), r.vector(vertex, b))
}

// Cobb is the angle between two end plates, each given by two points in either
// order: 0 to 180 degrees. Which of the two angles of a pair of lines is meant
// is told by the spine, which runs from the middle of one to the middle of the
// other: seen along it, each plate is followed from the same side. A curve of
// more than 90 degrees is so not taken for its supplement, and no side of the
// picture has to be up. False where a line has no length, or both have one
// middle.
func (r Ruler) Cobb(a, b, c, d Point) (float64, bool) {
	u, v := r.vector(a, b), r.vector(c, d)
	spine := r.vector(middle(a, b), middle(c, d))
	if across(spine, u) < 0 {
		u = Point{-u.X, -u.Y}
	}
	if across(spine, v) < 0 {
		v = Point{-v.X, -v.Y}
	}
	if spine == (Point{}) {
		return 0, false
	}
	return between(u, v)
}

// Thorax is a cardiothoracic ratio (Danzer 1919): the greatest transverse
// diameter of the heart over that of the chest inside of the ribs.
type Thorax struct {
	Ratio        float64
	Heart, Chest float64 // mm, or pixels where no millimetres are known
}

// Thorax measures the heart between the points on its right and left border, at
// whatever height, along the line between the two inner borders of the ribs: a
// film that is not straight, or borders at two heights, make the heart no wider.
// False where the chest has no width.
func (r Ruler) Thorax(heart, chest [2]Point) (Thorax, bool) {
	across := r.vector(chest[0], chest[1])
	wide := math.Hypot(across.X, across.Y)
	if wide == 0 {
		return Thorax{}, false
	}
	h := r.vector(heart[0], heart[1])
	t := Thorax{Heart: math.Abs(h.X*across.X+h.Y*across.Y) / wide, Chest: wide}
	t.Ratio = t.Heart / t.Chest
	return t, true
}

func middle(a, b Point) Point { return Point{(a.X + b.X) / 2, (a.Y + b.Y) / 2} }

func across(u, v Point) float64 { return u.X*v.Y - u.Y*v.X }

// between is the angle between two directions in degrees.
func between(u, v Point) (float64, bool) {
	if u == (Point{}) || v == (Point{}) {
		return 0, false
	}
	return math.Atan2(math.Abs(across(u, v)), u.X*v.X+u.Y*v.Y) * 180 / math.Pi, true
}
