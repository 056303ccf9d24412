package imaging

// Overlay is one overlay plane: PS3.3 C.9.2 and, for one of several frames,
// C.9.3. Bits is nil in a header; it is filled in with a frame, see
// Frame.Overlays.
type Overlay struct {
	Group         uint16 // 6000, 6002 ... 60FE: the repeating group
	Rows, Columns int
	Row, Column   int    // Overlay Origin (60xx,0050): where its first pixel lies in the image, from 1; also 0, negative or outside
	ROI           bool   // Overlay Type (60xx,0040) R, a region of interest; otherwise G, graphics
	Subtype       string // (60xx,0045)
	Label         string // (60xx,1500)
	Description   string // (60xx,0022)
	Layer         string // Overlay Activation Layer (60xx,1001), empty: not activated in a layer
	Frames        int    // Number of Frames in Overlay (60xx,0015), 0 when absent: the one plane is for all frames
	FirstFrame    int    // Image Frame Origin (60xx,0051), from 1: the frame of the image that its first frame belongs to
	Embedded      bool   // its bits lie in the pixel data, at BitPosition: retired in 2004, and still met
	BitPosition   int    // (60xx,0102)
	Note          string // for people: what is wrong with it; empty when nothing is

	Bits []byte // a row after the other without padding, the lowest bit first: PS3.5 8.1.2
}

// Frame is which frame of the overlay, from 0, lies over frame n of the image,
// from 1; false where none does.
func (o *Overlay) Frame(n int) (int, bool) {
	if o.Frames == 0 {
		return 0, true
	}
	k := n - max(1, o.FirstFrame)
	return k, k >= 0 && k < o.Frames
}

// At reports the bit over a pixel of the image, counted from 0. Outside the
// overlay it is false.
func (o *Overlay) At(column, row int) bool {
	x, y := column-(o.Column-1), row-(o.Row-1)
	if x < 0 || y < 0 || x >= o.Columns || y >= o.Rows {
		return false
	}
	i := y*o.Columns + x
	return i/8 < len(o.Bits) && o.Bits[i/8]>>(i%8)&1 == 1
}
