package imaging

import "time"

// Acquisition is how one picture came about, as far as its header says: what
// tells apart the pictures of a series that lie at one position. A field that
// the header does not give is zero.
type Acquisition struct {
	Number     int       // (0020,0012), or Frame Acquisition Number (0020,9156)
	Time       time.Time // (0008,002A), (0018,9074), or (0008,0022) with (0008,0032), to the microsecond
	EchoNumber int       // (0018,0086)
	EchoTime   float64   // ms: (0018,0081), or Effective Echo Time (0018,9082)
	Phase      int       // Temporal Position Identifier (0020,0100) or Index (0020,9128)
	Trigger    *float64  // ms behind the trigger: (0018,1060), or Nominal Cardiac Trigger Delay Time (0020,9153)
	Diffusion  *Diffusion

	GantryTilt           float64 // degrees, (0018,1120); nominal, its sign is the vendor's
	SpacingBetweenSlices float64 // mm, (0018,0088)
}

// Diffusion is the diffusion weighting of one picture: PS3.3 C.8.13.5.9, or
// what vendors write in its place.
type Diffusion struct {
	BValue    float64 // s/mm²
	Direction Vec     // of the gradient, as a unit vector in the patient, as the source says; zero where none is given
	Source    DiffusionSource
}

// DiffusionSource says which attribute a b-value is from.
type DiffusionSource string

// Where a b-value may come from. Vendors' attributes are found by their private
// creator, whatever block it has reserved (PS3.5 7.8.1).
const (
	DiffusionStandard      DiffusionSource = "(0018,9087)"                            // Diffusion b-value
	DiffusionSiemens       DiffusionSource = "(0019,xx0C) SIEMENS MR HEADER"          // IS
	DiffusionGE            DiffusionSource = "(0043,xx39) GEMS_PARM_01"               // IS, first value, modulo 100,000: the scanner adds 1,000,000,000
	DiffusionPhilips       DiffusionSource = "(2001,xx03) Philips Imaging DD 001"     // FL
	DiffusionUnitedImaging DiffusionSource = "(0065,xx09) Image Private Header (UIH)" // FD, as measured, the imaging gradients included
)

// Mosaic is one picture that holds the slices of a whole acquisition as tiles,
// in rows from the top left: how Siemens (MOSAIC) and United Imaging (VFRAME)
// store diffusion and functional MR.
type Mosaic struct {
	Tiles   int
	Columns int // tiles side by side
	// Planes are the positions of the tiles; nil where the header does not give
	// all of them in the open, so that none is guessed.
	Planes []Plane
}

// Down is the number of tile rows.
func (m Mosaic) Down() int { return (m.Tiles + m.Columns - 1) / max(1, m.Columns) }
