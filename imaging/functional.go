package imaging

// FunctionalGroups are what an enhanced object says of one of its frames, the
// shared groups included: PS3.3 C.7.6.16.2. Its rescale is in ModalityLUT.
type FunctionalGroups struct {
	Plane          *Plane  // nil when the frame has no position in the patient
	Space          Spacing // Pixel Measures
	SliceThickness float64 // mm, 0 when absent
	VOI            []VOILUT
	Windows        int // how many of VOI are windows rather than tables
	RealWorld      []RealWorldValue

	ImageType      []string // Frame Type (0008,9007), else Image Type
	Acquisition    Acquisition
	StackID        string // (0020,9056), empty when absent
	InStack        int    // In-Stack Position Number (0020,9057), from 1; 0 when absent
	DimensionIndex []int  // (0020,9157): the order that the object gives its frames, PS3.3 C.7.6.17
}

// Frame is what the header says of frame n, counted from 1: its functional
// groups, or what holds for all frames.
func (in *Instance) Frame(n int) FunctionalGroups {
	if n >= 1 && n <= len(in.PerFrame) {
		return in.PerFrame[n-1]
	}
	return FunctionalGroups{Plane: in.Plane, Space: in.Space, SliceThickness: in.SliceThickness,
		VOI: in.VOI, Windows: in.Windows, RealWorld: in.RealWorld, ImageType: in.ImageType, Acquisition: in.Acquisition}
}

// RealWorldValue maps stored values to a quantity: PS3.3 C.7.6.16.2.11. It
// applies to stored values, not to the output of the modality LUT.
type RealWorldValue struct {
	First, Last      float64   // stored values mapped, both included
	Slope, Intercept float64   // used where Values is nil
	Values           []float64 // one for each stored value from First to Last
	Units            string    // code value in UCUM, e.g. g/ml{SUVbw}
	UnitsMeaning     string
	Label            string // (0040,9210)
	Explanation      string // (0028,3003)
}

// Apply maps one stored value; false outside First to Last, where the mapping
// says nothing.
func (r RealWorldValue) Apply(stored float64) (float64, bool) {
	if !(stored >= r.First && stored <= r.Last) {
		return 0, false
	}
	if r.Values == nil {
		return stored*r.Slope + r.Intercept, true
	}
	if i := int(stored - r.First); i < len(r.Values) {
		return r.Values[i], true
	}
	return 0, false
}
