package dicomfile

import (
	"fmt"

	"longying/imaging"
)

// shutter reads the Display Shutter module, PS3.3 C.7.6.11, and the Bitmap
// Display Shutter module, C.7.6.15; nil when there is none. The error names what
// contradicts itself.
func shutter(ds *Dataset) (*imaging.Shutter, error) {
	shapes := ds.Texts(TagShutterShape)
	if len(shapes) == 0 {
		return nil, nil
	}
	wrong := func(t Tag) error {
		return fmt.Errorf("attribute %s of the display shutter is missing or wrong", t.label())
	}
	number := func(t Tag) (int, error) {
		if v, ok := ds.IntValue(t); ok {
			return v, nil
		}
		return 0, wrong(t)
	}
	s := &imaging.Shutter{}
	for _, shape := range shapes {
		switch shape {
		case "RECTANGULAR":
			r := &imaging.ShutterRectangle{}
			for t, to := range map[Tag]*int{TagShutterLeft: &r.Left, TagShutterRight: &r.Right, TagShutterUpper: &r.Upper, TagShutterLower: &r.Lower} {
				v, err := number(t)
				if err != nil {
					return nil, err
				}
				*to = v
			}
			if r.Left > r.Right || r.Upper > r.Lower {
				return nil, fmt.Errorf("the rectangular display shutter leaves nothing open: columns %d to %d, rows %d to %d", r.Left, r.Right, r.Upper, r.Lower)
			}
			s.Rectangle = r
		case "CIRCULAR":
			centre := ds.Floats(TagShutterCenter)
			radius, err := number(TagShutterRadius)
			if err != nil || radius < 0 {
				return nil, wrong(TagShutterRadius)
			}
			if !finite(centre, 2) || len(centre) != 2 {
				return nil, wrong(TagShutterCenter)
			}
			s.Circle = &imaging.ShutterCircle{Row: int(centre[0]), Column: int(centre[1]), Radius: radius}
		case "POLYGONAL":
			v := ds.Floats(TagShutterVertices)
			if len(v) < 6 || len(v)%2 != 0 || !finite(v, len(v)) {
				return nil, wrong(TagShutterVertices)
			}
			for i := 0; i < len(v); i += 2 {
				s.Polygon = append(s.Polygon, imaging.ShutterPoint{Row: int(v[i]), Column: int(v[i+1])})
			}
		case "BITMAP":
			g, err := number(TagShutterOverlay)
			if err != nil || g < 0x6000 || g > 0x60FE || g&1 == 1 {
				return nil, wrong(TagShutterOverlay)
			}
			s.Overlay = uint16(g)
		default:
			return nil, fmt.Errorf("the display shutter has the unknown shape %q", shape)
		}
	}
	s.Presentation, _ = ds.IntValue(TagShutterPresentation)
	if lab, ok := cielab(ds, TagShutterCIELab); ok {
		s.Colour = &lab
	}
	return s, nil
}

// cielab is a colour of the standard, three values of 16 bits (PS3.3
// C.10.7.1.1), in sRGB.
func cielab(ds *Dataset, t Tag) ([3]uint8, bool) {
	v := ds.Floats(t)
	if !finite(v, 3) || len(v) != 3 {
		return [3]uint8{}, false
	}
	return imaging.RGBFromCIELab(v[0]/65535*100, v[1]/65535*255-128, v[2]/65535*255-128), true
}
