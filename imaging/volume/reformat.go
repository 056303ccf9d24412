package volume

import (
	"context"
	"math"

	"longying/imaging"
)

// mostCuts bounds the pictures of one reformatted stack.
const mostCuts = 4096

// Reformatted is a volume as pictures cut in another orientation, which scroll,
// are windowed and stand beside others as any stack does. They are of no SOP
// instance: nothing may refer to them.
type Reformatted struct {
	Series imaging.Series
	Stack  Stack

	volume *Volume
	cuts   map[*imaging.Instance]Cut
}

// Reformat cuts a volume throughout: one picture for each step of the smaller
// side of a voxel in its slice, from end to end. slab and thickness are those of
// each Cut. The pictures carry the volume's irregularities as warnings.
func (v *Volume) Reformat(o Orientation, slab Slab, thickness float64) *Reformatted {
	low, _ := v.Extent(o)
	return v.ReformatAlong(o.Axes(), scaled(o.Axes().Along, low), slab, thickness)
}

// ReformatAlong is Reformat in any direction; one of the pictures goes through a
// place in the patient.
func (v *Volume) ReformatAlong(a Axes, through imaging.Vec, slab Slab, thickness float64) *Reformatted {
	low, high := v.extent(a.Along)
	step := min(v.Space.RowMM, v.Space.ColumnMM)
	if (high-low)/step > mostCuts-2 {
		step = (high - low) / (mostCuts - 2)
	}
	at := through.Dot(a.Along)
	first := at - math.Floor((at-low)/step+1e-6)*step
	n := max(int(math.Floor((high-first)/step+1e-6))+1, 1)
	cuts := make([]Cut, n)
	for k := range cuts {
		cuts[k] = v.CutAlong(a, first+float64(k)*step)
		cuts[k].Slab, cuts[k].Thickness = slab, thickness
	}
	return v.reformatted(cuts, step)
}

// reformatted makes pictures of cuts that lie step mm apart.
func (v *Volume) reformatted(cuts []Cut, step float64) *Reformatted {
	first := v.Slices[0].Instance
	r := &Reformatted{volume: v, cuts: make(map[*imaging.Instance]Cut, len(cuts))}
	r.Series = imaging.Series{UID: "", Modality: first.Modality, Number: first.Study.SeriesNumber, BodyPart: first.BodyPart, Instances: make([]imaging.Instance, len(cuts))}
	head := first.Frame(v.Slices[0].Frame)
	acquired := first.Acquisition // the earliest of all: to it the decay of a tracer is counted
	for _, s := range v.Slices {
		if a := s.Instance.Acquisition; !a.Time.IsZero() && (acquired.Time.IsZero() || a.Time.Before(acquired.Time)) {
			acquired = a
		}
	}
	for k, c := range cuts {
		in := &r.Series.Instances[k]
		*in = imaging.Instance{StudyUID: first.StudyUID, SeriesUID: first.SeriesUID, PET: first.PET, Acquisition: acquired, Number: k + 1, Modality: first.Modality, BodyPart: first.BodyPart, Laterality: first.Laterality,
			PatientPosition: first.PatientPosition, ImageType: []string{"DERIVED", "SECONDARY", "REFORMATTED"}, Manufacturer: first.Manufacturer, ModelName: first.ModelName,
			StationName: first.StationName, ContentDate: first.ContentDate, SeriesDescription: first.SeriesDescription, LossyCompression: first.LossyCompression,
			LossyRatio: first.LossyRatio, TransferSyntaxUID: first.TransferSyntaxUID, ContrastAgent: first.ContrastAgent, PresentationShape: first.PresentationShape,
			Patient: first.Patient, Study: first.Study}
		in.Pixels = imaging.PixelDescription{Rows: c.Rows, Columns: c.Columns, Frames: 1, Samples: 1, BitsAllocated: 16, BitsStored: 16, HighBit: 15,
			Signed: v.Int16 != nil, Float: v.Float32 != nil, Photometric: "MONOCHROME2", Compressed: first.Pixels.Compressed}
		if v.Inverted {
			in.Pixels.Photometric = "MONOCHROME1"
		}
		if v.Padding == math.Trunc(v.Padding) && math.Abs(v.Padding) < 1<<20 {
			padding := int(v.Padding)
			in.Pixels.PaddingValue = &padding
		}
		plane := c.Plane
		in.Plane, in.Space = &plane, c.Space
		in.SliceThickness = step
		if c.Slab != Thin {
			in.SliceThickness = c.Thickness
		}
		in.ModalityLUT = imaging.ModalityLUT{Slope: v.Slope, Intercept: v.Intercept, Type: v.Unit}
		in.VOI, in.Windows = head.VOI, head.Windows
		r.cuts[in] = c
		r.Stack.Slices = append(r.Stack.Slices, Slice{Instance: in, Frame: 1})
	}
	n := unit(cuts[0].Plane.Normal())
	r.Stack.Placed = true
	r.Stack.Geometry = Geometry{Normal: n, Spacing: step, Irregular: v.Flags}
	if len(cuts) > 1 {
		r.Stack.Geometry.Step = minus(cuts[1].Plane.Position, cuts[0].Plane.Position)
	}
	return r
}

// Has reports that a picture is one of these.
func (r *Reformatted) Has(s Slice) bool {
	_, ok := r.cuts[s.Instance]
	return ok
}

// Cut is the plane of a picture; false where it is none of these.
func (r *Reformatted) Cut(s Slice) (Cut, bool) {
	c, ok := r.cuts[s.Instance]
	return c, ok
}

// Read cuts the frame of a picture.
func (r *Reformatted) Read(ctx context.Context, s Slice) (*imaging.Frame, error) {
	section, err := r.volume.Reslice(ctx, r.cuts[s.Instance])
	if err != nil {
		return nil, err
	}
	return section.Frame, nil
}
