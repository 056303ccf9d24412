package foreign

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"longying/imaging"
	"longying/imaging/dicomfile"
	"longying/records"
)

// mostPixels bounds what the masks of one object hold, each cut to what is set: a
// whole body in a hundred segments stays far below.
const mostPixels = 256 << 20

// segmented are the segments of a segmentation (PS3.3 C.8.20) as they are read.
type segmented struct {
	found []Finding
	at    map[int]int // by segment number
	lost  map[string]int
	held  int // pixels of masks
}

// segments reads a segmentation: binary, fractional (of which what is at least
// half) or a label map, whose pixels are the numbers of segments.
func segments(ds *dicomfile.Dataset, in *imaging.Instance, origin records.Origin, frame func(int) (*imaging.Frame, error)) ([]Finding, []string, error) {
	s := &segmented{at: map[int]int{}, lost: map[string]int{}}
	kind := ds.Text(tagSegmentation)
	labels := in.SOPClassUID == labelmap || kind == "LABELMAP"
	for _, x := range ds.Items(tagSegments) {
		n, ok := x.IntValue(tagSegmentNumber)
		if !ok || labels && n == 0 { // 0 is what is in no segment
			continue
		}
		if _, twice := s.at[n]; twice {
			s.lost["describes a segment a second time"]++
			continue
		}
		s.at[n] = len(s.found)
		s.found = append(s.found, described(x, n, origin, kind == "FRACTIONAL"))
	}
	limit := 1.0
	if kind == "FRACTIONAL" {
		most, ok := ds.IntValue(tagMostFractional)
		if !ok || most < 1 {
			most = 255
		}
		limit = float64(most) / 2
	}
	padding, padded := ds.IntValue(tagPadding)
	if !labels || !padded {
		padding = 0
	}
	shared := ds.Item(dicomfile.TagSharedFunctional)
	for k, g := range ds.Items(dicomfile.TagPerFrameFunctional) {
		number := 0
		if !labels {
			var ok bool
			if number, ok = g.Item(tagSegmentOf).IntValue(tagSegmentOfNumber); !ok {
				number, ok = shared.Item(tagSegmentOf).IntValue(tagSegmentOfNumber)
			}
			if _, known := s.at[number]; !ok || !known {
				s.lost["is of no segment"]++
				continue
			}
		}
		of := g.Item(tagDerivationImages).Item(tagSourceImages)
		if of.Text(tagReferencedUID) == "" {
			of = shared.Item(tagDerivationImages).Item(tagSourceImages)
		}
		place := Place{SOPUID: of.Text(tagReferencedUID)}
		if place.SOPUID == "" {
			s.lost["names no picture"]++
			continue
		}
		place.Frame, _ = of.IntValue(tagReferencedFrame)
		p, err := frame(k + 1)
		if err != nil {
			s.lost[err.Error()]++
			continue
		}
		place.Columns, place.Rows = p.Columns, p.Rows
		if labels {
			s.labelled(place, p, padding)
			continue
		}
		s.add(s.at[number], place, cut(p, func(v float64) bool { return v >= limit }, bounds(p, func(v float64) int {
			if v >= limit {
				return 1
			}
			return 0
		})[1]))
	}
	var refused []string
	for why, n := range s.lost {
		refused = append(refused, fmt.Sprintf("%d frames: %s", n, why))
	}
	slices.Sort(refused)
	return slices.DeleteFunc(s.found, func(f Finding) bool { return len(f.Places) == 0 }), refused, nil
}

// described is a segment without its places.
func described(x *dicomfile.Dataset, n int, origin records.Origin, half bool) Finding {
	f := Finding{Origin: origin, Half: half}
	f.Origin.Item, f.Origin.Label = fmt.Sprintf("segment %d", n), x.Text(tagSegmentLabel)
	f.Origin.Tracking = x.Text(tagTrackingUID)
	id := x.Item(tagAlgorithmID)
	f.Origin.Algorithm = strings.TrimSpace(id.Text(tagAlgorithmNameOf) + " " + id.Text(tagAlgorithmVersion))
	if f.Origin.Algorithm == "" {
		f.Origin.Algorithm = x.Text(tagAlgorithmName)
	}
	f.Code = coded(x.Item(tagSegmentType))
	region := x.Item(tagAnatomicRegion)
	f.Site = coded(region)
	f.Side = sideOf(coded(region.Item(tagRegionModifier)))
	if f.Origin.Label == "" && f.Code != nil {
		f.Origin.Label = f.Code.Meaning
	}
	if lab := x.Floats(tagSegmentColour); len(lab) == 3 {
		c := sRGB(lab[0]*100/65535, lab[1]*255/65535-128, lab[2]*255/65535-128)
		f.Colour = &c
	}
	return f
}

// labelled parts a frame of a label map by its segments.
func (s *segmented) labelled(place Place, p *imaging.Frame, padding int) {
	boxes := bounds(p, func(v float64) int {
		if int(v) == padding || v < 1 {
			return 0
		}
		return int(v)
	})
	numbers := make([]int, 0, len(boxes))
	for n := range boxes {
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	for _, n := range numbers {
		i, known := s.at[n]
		if !known {
			s.lost[fmt.Sprintf("holds label %d, which no segment describes", n)]++
			continue
		}
		s.add(i, place, cut(p, func(v float64) bool { return int(v) == n }, boxes[n]))
	}
}

func (s *segmented) add(i int, place Place, m *Mask) {
	switch {
	case m == nil:
	case s.held+len(m.In) > mostPixels:
		s.lost["is more than is shown of one object"]++
	default:
		s.held += len(m.In)
		place.Mask = m
		s.found[i].Places = append(s.found[i].Places, place)
	}
}

// box holds what is set of one segment in one frame: from X0, Y0 on, below X1, Y1.
type box struct{ x0, y0, x1, y1 int }

// bounds are the boxes of the classes of a frame's pixels; class 0 is none.
func bounds(p *imaging.Frame, class func(v float64) int) map[int]*box {
	out := map[int]*box{}
	var last *box
	was := 0
	for y := range p.Rows {
		for x := range p.Columns {
			n := class(p.At(y*p.Columns + x))
			if n == 0 {
				continue
			}
			if last == nil || n != was {
				if last = out[n]; last == nil {
					last = &box{x, y, x + 1, y + 1}
					out[n] = last
				}
				was = n
			}
			last.x0, last.x1, last.y1 = min(last.x0, x), max(last.x1, x+1), y+1
		}
	}
	return out
}

// cut is the mask within a box; nil without one.
func cut(p *imaging.Frame, in func(v float64) bool, b *box) *Mask {
	if b == nil {
		return nil
	}
	m := &Mask{X: b.x0, Y: b.y0, Columns: b.x1 - b.x0, Rows: b.y1 - b.y0}
	m.In = make([]bool, m.Columns*m.Rows)
	for y := range m.Rows {
		for x := range m.Columns {
			m.In[y*m.Columns+x] = in(p.At((b.y0+y)*p.Columns + b.x0 + x))
		}
	}
	return m
}

// sRGB is a colour of PCS-Values, CIE L*a*b* under D50 (PS3.3 C.10.7.1.1), adapted
// to D65 by Bradford's matrix and limited to what sRGB holds.
func sRGB(l, a, b float64) [3]uint8 {
	inverse := func(t float64) float64 {
		if t > 6.0/29 {
			return t * t * t
		}
		return 3 * (6.0 / 29) * (6.0 / 29) * (t - 4.0/29)
	}
	fy := (l + 16) / 116
	x, y, z := 0.96422*inverse(fy+a/500), inverse(fy), 0.82521*inverse(fy-b/200)
	x, y, z = 0.9555766*x-0.0230393*y+0.0631636*z, -0.0282895*x+1.0099416*y+0.0210077*z, 0.0122982*x-0.0204830*y+1.3299098*z
	level := func(v float64) uint8 {
		if v <= 0.0031308 {
			v *= 12.92
		} else {
			v = 1.055*math.Pow(v, 1/2.4) - 0.055
		}
		return uint8(math.Round(255 * min(max(v, 0), 1)))
	}
	return [3]uint8{level(3.2404542*x - 1.5371385*y - 0.4985314*z), level(-0.9692660*x + 1.8760108*y + 0.0415560*z), level(0.0556434*x - 0.2040259*y + 1.0572252*z)}
}
