package seg

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"longying/imaging"
	"longying/imaging/dicomfile"
	"longying/records"
	"longying/records/composite"
)

// frames sets pixels, functional groups (PS3.3 C.7.6.16) and dimensions
// (C.7.6.17): frames are indexed by segment, then by position in the patient, or
// by number where the images have no position.
func (e *encoder) frames(ds *dicomfile.Dataset) {
	positions, index := e.positions()
	var groups []*dicomfile.Dataset
	var bits []byte
	n := 0
	for i, s := range e.object.Segments {
		for k := range s.Frames {
			f := &s.Frames[k]
			groups = append(groups, e.group(f, i+1, index(f)))
			bits = pack(bits, n*len(f.In), f.In)
			n++
		}
	}
	dimension := e.uid("dimension")
	pointer := func(tag, group dicomfile.Tag, label string) *dicomfile.Dataset {
		return dicomfile.NewDataset().
			String(tagDimensionUID, "UI", dimension).
			Attributes(tagDimensionPointer, tag).
			Attributes(tagFunctionalGroupPointer, group).
			String(tagDimensionLabel, "LO", label)
	}
	place := pointer(dicomfile.TagImagePosition, dicomfile.TagPlanePositionSeq, "Image Position Patient")
	if e.first().Plane == nil {
		place = pointer(tagInStackPosition, tagFrameContent, "In-Stack Position Number")
	}
	first := e.first()
	ds.Sequence(tagDimensions, dicomfile.NewDataset().String(tagDimensionUID, "UI", dimension)).
		Sequence(tagDimensionIndices, pointer(tagReferencedSegment, tagSegmentIdentification, "Segment Number"), place).
		Sequence(tagSharedGroups, shared(first, positions)).
		Sequence(tagFrameGroups, groups...).
		Int(dicomfile.TagNumberOfFrames, "IS", n).
		Int(dicomfile.TagSamplesPerPixel, "US", 1).
		String(dicomfile.TagPhotometric, "CS", "MONOCHROME2").
		Int(dicomfile.TagRows, "US", first.Rows).
		Int(dicomfile.TagColumns, "US", first.Columns).
		Int(dicomfile.TagBitsAllocated, "US", 1).
		Int(dicomfile.TagBitsStored, "US", 1).
		Int(dicomfile.TagHighBit, "US", 0).
		Int(dicomfile.TagPixelRepresentation, "US", 0).
		Bytes(tagPixelData, "OB", bits)
}

// pack adds one frame at a bit: frames follow one another without a gap, the
// first pixel of a byte in its lowest bit (PS3.5 8.1.1 and D.1).
func pack(bits []byte, at int, in []bool) []byte {
	for len(bits)*8 < at+len(in) {
		bits = append(bits, 0)
	}
	for i, v := range in {
		if v {
			bits[(at+i)/8] |= 1 << ((at + i) % 8)
		}
	}
	return bits
}

// positions are the depths of all frames that differ, ascending, and the index
// of a frame among them from 1; without positions, of the image in its order.
func (e *encoder) positions() ([]float64, func(*Frame) int) {
	if e.first().Plane == nil {
		order := map[string]int{}
		key := func(f *Frame) string { return fmt.Sprint(f.Ref.SOPUID, " ", f.Ref.Frame) }
		for _, s := range e.object.Segments {
			for i := range s.Frames {
				if k := key(&s.Frames[i]); order[k] == 0 {
					order[k] = len(order) + 1
				}
			}
		}
		return nil, func(f *Frame) int { return order[key(f)] }
	}
	// Rounded to a tenth of a micrometre: two frames of one slice agree.
	depth := func(f *Frame) float64 { return math.Round(f.Plane.Depth()*1e4) / 1e4 }
	var all []float64
	for _, s := range e.object.Segments {
		for i := range s.Frames {
			all = append(all, depth(&s.Frames[i]))
		}
	}
	slices.SortFunc(all, cmp.Compare[float64])
	all = slices.Compact(all)
	return all, func(f *Frame) int { return slices.Index(all, depth(f)) + 1 }
}

// shared are the groups that all frames have alike.
func shared(f *Frame, positions []float64) *dicomfile.Dataset {
	d := dicomfile.NewDataset()
	p := f.Plane
	if p == nil || !f.Space.Known() {
		return d
	}
	measures := dicomfile.NewDataset().Float(dicomfile.TagPixelSpacing, "DS", f.Space.RowMM, f.Space.ColumnMM)
	thickness := f.Thickness
	if thickness <= 0 && len(positions) > 1 {
		thickness = (positions[len(positions)-1] - positions[0]) / float64(len(positions)-1)
	}
	if thickness > 0 {
		measures.Float(dicomfile.TagSliceThickness, "DS", thickness)
	}
	return d.Sequence(dicomfile.TagPixelMeasures, measures).
		Sequence(dicomfile.TagPlaneOrientationSeq, dicomfile.NewDataset().
			Float(dicomfile.TagImageOrientation, "DS", triple(p.Row, p.Column)...))
}

func triple(vs ...imaging.Vec) []float64 {
	var out []float64
	for _, v := range vs {
		out = append(out, v[0], v[1], v[2])
	}
	return out
}

// group are the functional groups of one frame.
func (e *encoder) group(f *Frame, segment, position int) *dicomfile.Dataset {
	content := dicomfile.NewDataset().Int(tagDimensionIndexValues, "UL", segment, position)
	if f.Plane == nil {
		content.String(tagStackID, "SH", "1").Int(tagInStackPosition, "UL", position)
	}
	source := composite.SOP(f.Ref.SOPClass, f.Ref.SOPUID)
	if f.MultiFrame && f.Ref.Frame > 0 {
		source.Int(dicomfile.TagReferencedFrameNumber, "IS", f.Ref.Frame)
	}
	source.Sequence(tagPurposeOfReference, composite.Coded(records.Code{Value: "121322", Scheme: "DCM", Meaning: "Source image for image processing operation"})).
		String(tagLocationsPreserved, "CS", "YES")
	d := dicomfile.NewDataset().
		Sequence(tagFrameContent, content).
		Sequence(tagSegmentIdentification, dicomfile.NewDataset().Int(tagReferencedSegment, "US", segment)).
		Sequence(tagDerivationImage, dicomfile.NewDataset().
			Sequence(tagSourceImage, source).
			Sequence(tagDerivationCode, composite.Coded(records.Code{Value: "113076", Scheme: "DCM", Meaning: "Segmentation"})))
	if p := f.Plane; p != nil {
		d.Sequence(dicomfile.TagPlanePositionSeq, dicomfile.NewDataset().Float(dicomfile.TagImagePosition, "DS", triple(p.Position)...))
	}
	return d
}
