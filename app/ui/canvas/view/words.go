package view

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"longying/app/ui/lang"
	"longying/imaging"
	"longying/imaging/volume"
)

// Identity is who is on the picture, as the patient bar says it.
type Identity struct {
	Name, Sex, Age string
	Mismatch       bool
	Sample         bool
}

// Facts are what the words over a picture are made of.
type Facts struct {
	Identity Identity
	Study    *imaging.Study
	Series   *imaging.Series
	Stack    *volume.Stack // of Series; nil while the order of its pictures is not known
	Instance *imaging.Instance
	Frame    int // from 1
	Window   imaging.VOILUT
	Colour   bool
	Preset   string // ID of the preset in use, empty: none
	Own      bool   // the window is the file's own or was computed from it
	Zoom     float64
	State    State
	Missing  int // pixels that the file did not hold
	Note     string
	Display  string  // what the check of the monitor says; empty: it was not checked
	TrueSize bool    // as large as what it shows
	Cine     float64 // pictures a second at which it plays; 0: it stands
	CineReal float64 // that came in the last second, where it is behind; 0: it is not
	CineOwn  bool    // the rate is the file's own
	Colours  string  // name of the colour map that is on; empty: none

	Applied *imaging.PresentationState // in force for this picture; nil: none
	Refused string                     // why the chosen state is not applied; empty when it is
	Covered bool                       // the file has overlays or a display shutter
	Bare    bool                       // and they are hidden
	Damaged []string                   // what is wrong with an overlay
}

// Corners are the words in the four corners, a line each. Safe is what stays
// when the others are hidden: identity and side.
type Corners struct {
	TopLeft, TopRight, BottomLeft, BottomRight []string
	Safe                                       []string
	// Warnings are what is irregular in the stack. They stay when the others are
	// hidden.
	Warnings []string
	// Dispensable are lines of the lower corners that a small viewport goes without,
	// the first first: what the status bar says too, what is as usual, what can be read
	// off when the viewport is large. A lossy picture, sides that are not stated and
	// the window are never among them.
	Dispensable []string
}

// mostWarnings is how many lines of warnings lie over a picture.
const mostWarnings = 4

// Words makes the overlay.
func Words(l *lang.Strings, f Facts) Corners {
	var c Corners
	who := strings.TrimSpace(f.Identity.Name + "  " + f.Identity.Sex + "  " + f.Identity.Age)
	c.Safe = lines(who)
	if f.Identity.Sample {
		c.Safe = append(c.Safe, l.T("shell.sample"))
	}
	if f.Identity.Mismatch {
		c.Safe = append(c.Safe, l.T("canvas.mismatch"))
	}
	if f.Applied != nil {
		c.Safe = append(c.Safe, l.T("canvas.presentation", StateTitle(f.Applied)))
	}
	if f.Colours != "" {
		c.Safe = append(c.Safe, l.T("canvas.colours", f.Colours))
	}
	if f.Refused != "" {
		c.Safe = append(c.Safe, l.T("canvas.presentation_refused", f.Refused))
	}
	c.TopLeft = c.Safe
	if f.Study != nil {
		date := ""
		if !f.Study.Date.IsZero() {
			date = f.Study.Date.In(imaging.Zone()).Format("2006-01-02 15:04")
		}
		c.TopRight = lines(f.Study.InstitutionName, date)
	}
	if f.Series != nil {
		c.TopRight = append(c.TopRight, lines(strings.TrimSpace(f.Series.Modality+" "+f.Series.Description))...)
	}
	if f.Stack != nil {
		c.TopRight = append(c.TopRight, lines(StackName(l, f.Stack))...)
		c.Warnings = Warnings(l, f.Stack, f.State.Slice, mostWarnings)
	}
	in := f.Instance
	if in == nil {
		return c
	}
	if !f.Colour {
		c.BottomLeft = append(c.BottomLeft, windowWords(l, f))
	}
	zoom := l.T("canvas.zoom", strconv.Itoa(int(f.Zoom*100+0.5)))
	if f.TrueSize {
		zoom += "  " + l.T("canvas.true_now")
	}
	c.BottomLeft = append(c.BottomLeft, zoom)
	if turned := turnWords(l, f.State); turned != "" {
		c.BottomLeft = append(c.BottomLeft, turned)
	}
	if f.Applied != nil {
		if a := f.Applied.Area(in.SOPInstanceUID, f.Frame); a != nil && a.Mode == imaging.TrueSize {
			c.BottomLeft = append(c.BottomLeft, l.T("canvas.true_size"))
		}
	}
	c.BottomLeft = append(c.BottomLeft, sliceWords(l, f)...)
	if f.Cine > 0 {
		c.BottomLeft = append(c.BottomLeft, cineWords(l, f))
	}

	c.BottomRight = append(c.BottomRight, compression(l, in), spacing(l, in.Frame(f.Frame).Space))
	if f.Missing > 0 {
		c.BottomRight = append(c.BottomRight, l.T("canvas.missing", f.Missing))
	}
	if f.Covered && f.Applied == nil {
		if f.Bare {
			c.BottomRight = append(c.BottomRight, l.T("canvas.overlays_hidden"))
		} else {
			c.BottomRight = append(c.BottomRight, l.T("canvas.overlays_shown"))
		}
	}
	for _, note := range f.Damaged {
		c.BottomRight = append(c.BottomRight, l.T("canvas.overlay_damaged", note))
	}
	if left, right, top, bottom := Edges(in, f.Frame); left+right+top+bottom == "" {
		c.BottomRight = append(c.BottomRight, l.T("canvas.orientation_unknown"))
	}
	if f.Display == "" {
		f.Display = l.T("shell.not_calibrated")
	}
	c.BottomRight = append(c.BottomRight, f.Display)
	c.Dispensable = dispensable(l, f, zoom)
	return c
}

func dispensable(l *lang.Strings, f Facts, zoom string) []string {
	out := []string{f.Display}
	if !f.Instance.LossyCompression {
		out = append(out, compression(l, f.Instance))
	}
	if !f.TrueSize {
		out = append(out, zoom)
	}
	of := f.Instance.Frame(f.Frame)
	if of.Space.Known() {
		out = append(out, spacing(l, of.Space))
	}
	place := placeWords(l, of)
	slices.Reverse(place)
	return append(out, place...)
}

// placeWords is where a frame lies, and how thick it is.
func placeWords(l *lang.Strings, of imaging.FunctionalGroups) []string {
	if of.Plane == nil {
		return nil
	}
	out := []string{l.T("canvas.position", fmt.Sprintf("%.1f", of.Plane.Depth()))}
	if of.SliceThickness > 0 { // on a line of its own: in two viewports one would reach the letters below
		out = append(out, l.T("canvas.thickness", number(of.SliceThickness)))
	}
	return out
}

func lines(in ...string) []string {
	var out []string
	for _, s := range in {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}

func windowWords(l *lang.Strings, f Facts) string {
	if f.Window.Table != nil {
		return l.T("canvas.voi_table", f.Window.Explanation)
	}
	width, center := f.Window.Width, f.Window.Center
	if width >= wideWindow {
		width, center = math.Round(width), math.Round(center)
	}
	s := l.T("canvas.window", number(width), number(center))
	if f.Preset != "" {
		s += "  " + l.T(lang.Key("preset."+f.Preset))
	}
	if f.State.Invert {
		s += "  " + l.T("canvas.inverted")
	}
	return s
}

// wideWindow is the width from which no fraction of a value can be seen.
const wideWindow = 20

// number writes a value without needless digits.
func number(v float64) string {
	if v == float64(int64(v)) {
		return strconv.FormatInt(int64(v), 10)
	}
	return strconv.FormatFloat(v, 'g', 4, 64)
}

func turnWords(l *lang.Strings, s State) string {
	var parts []string
	if s.Flip {
		parts = append(parts, l.T("canvas.flipped"))
	}
	if s.Rotate%360 != 0 {
		parts = append(parts, l.T("canvas.rotated", s.Rotate))
	}
	return strings.Join(parts, "  ")
}

func sliceWords(l *lang.Strings, f Facts) []string {
	if f.Stack == nil {
		return []string{l.T("canvas.order_unknown")}
	}
	var out []string
	switch in := f.Stack.Slices; {
	case len(in) < 2:
	case f.Stack.Placed || in[0].Instance == in[len(in)-1].Instance:
		out = append(out, l.T("canvas.slice", f.State.Slice+1, f.State.Slices))
	default:
		out = append(out, l.T("canvas.slice_by_number", f.State.Slice+1, f.State.Slices))
	}
	return append(out, placeWords(l, f.Instance.Frame(f.Frame))...)
}

func compression(l *lang.Strings, in *imaging.Instance) string {
	switch {
	case in.LossyCompression && in.LossyRatio > 0:
		return l.T("canvas.lossy_ratio", number(in.LossyRatio))
	case in.LossyCompression:
		return l.T("canvas.lossy")
	case in.Pixels.Compressed:
		return l.T("canvas.compressed")
	}
	return l.T("canvas.uncompressed")
}

func spacing(l *lang.Strings, space imaging.Spacing) string {
	if !space.Known() {
		return l.T("canvas.spacing_unknown")
	}
	mm := number(space.RowMM)
	switch space.Source {
	case imaging.SpacingDetector:
		return l.T("canvas.spacing_detector", mm)
	case imaging.SpacingRegion:
		return l.T("canvas.spacing_ultrasound", mm)
	case imaging.SpacingCalibrated:
		return l.T("canvas.spacing_calibrated", mm)
	}
	return l.T("canvas.spacing_patient", mm)
}

// Side is the side marker of an instance: its laterality in words, or empty.
func Side(l *lang.Strings, in *imaging.Instance) string {
	if in == nil {
		return ""
	}
	switch in.Laterality {
	case "L":
		return l.T("canvas.side_left")
	case "R":
		return l.T("canvas.side_right")
	case "B":
		return l.T("canvas.side_both")
	}
	return ""
}
