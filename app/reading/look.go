package reading

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"longying/imaging"
	"longying/imaging/codec"
	"longying/imaging/dicomfile"
	"longying/imaging/volume"
	"longying/inference"
)

// lookAtImage gives a model the frame of one image that is meant, or all, one after
// the other (0). Of several frames, what is below threshold is said once, of the
// frame with the largest probability, and only where no frame says more. A marked
// region lies in one frame.
func (r *Reading) lookAtImage(ctx context.Context, q inference.Request, in *imaging.Instance, only int, progress inference.Progress, open opener) ([]inference.Prediction, error) {
	f, err := open(in)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	frames := max(in.Pixels.Frames, 1)
	first, last := 1, frames
	switch {
	case only < 0 || only > frames:
		return refused(q, inference.Reason{Code: inference.ReasonPixels, Args: []string{fmt.Sprintf("there is no frame %d of %d", only, frames)}}), nil
	case only > 0:
		first, last = only, only
	case frames > 1 && q.Given.Region != nil:
		return refused(q, inference.Reason{Code: inference.ReasonRegionInvalid, Args: []string{fmt.Sprintf("it is not said in which of %d frames it lies", frames)}}), nil
	}
	var out []inference.Prediction
	for n := first; n <= last; n++ {
		q.Ref.Frame = n
		frame, err := f.Frame(ctx, r.decoder, n)
		if refusal := unreadable(q, err); refusal != nil {
			return refusal, nil
		}
		if err != nil {
			return nil, err
		}
		space := in.Frame(n).Space
		subject := inference.Subject{Scale: space.Source, Image: inference.Image{Frame: frame, Number: n, ModalityLUT: in.ModalityLUT,
			Spacing: [2]float64{space.ColumnMM, space.RowMM}}}
		step := progress
		if first < last {
			step = nil
		}
		ps, err := inference.Analyze(ctx, q, subject, step)
		if err != nil {
			return nil, err
		}
		out = append(out, ps...)
		progress(n-first+1, last-first+1)
	}
	if first < last {
		out = withoutRepeats(out)
	}
	return out, nil
}

// withoutRepeats leaves out what is below threshold in single frames, head by
// head.
func withoutRepeats(all []inference.Prediction) []inference.Prediction {
	said, best := map[string]bool{}, map[string]int{}
	for i, p := range all {
		if p.Outcome != inference.BelowThreshold {
			said[p.Head] = true
			continue
		}
		if k, ok := best[p.Head]; !ok || p.Probability > all[k].Probability {
			best[p.Head] = i
		}
	}
	var out []inference.Prediction
	for i, p := range all {
		if p.Outcome != inference.BelowThreshold || !said[p.Head] && best[p.Head] == i {
			out = append(out, p)
		}
	}
	return out
}

// unreadable is the refusal of pixels in an encoding that is not decoded; nil for
// any other error, and for none.
func unreadable(q inference.Request, err error) []inference.Prediction {
	var unsupported *codec.UnsupportedError
	if !errors.As(err, &unsupported) {
		return nil
	}
	return refused(q, inference.Reason{Code: inference.ReasonPixels, Args: []string{err.Error()}})
}

func refused(q inference.Request, reason inference.Reason) []inference.Prediction {
	return []inference.Prediction{inference.Refusal(q.Package.Card, q.Ref, reason)}
}

// lookAtVolume gives a model the volume of a series: of its one stack of slices,
// or of the one that holds the picture that is meant. What is irregular in it is
// never accepted here: a model must not be given distances that are not there.
func (r *Reading) lookAtVolume(ctx context.Context, q inference.Request, s *imaging.Series, sopUID string, progress inference.Progress, open opener) ([]inference.Prediction, error) {
	q.Ref = imaging.Ref{StudyUID: q.Ref.StudyUID, SeriesUID: s.UID}
	stack, reason := stackOf(s, sopUID)
	if reason == nil {
		reason = inference.SlicesFit(q.Package.Card, len(stack.Slices))
	}
	if reason != nil {
		return refused(q, *reason), nil
	}
	v, err := volume.Build(ctx, stack, func(_ context.Context, in *imaging.Instance) (*dicomfile.File, error) { return open(in) },
		r.decoder, volume.Options{Progress: progress})
	var irregular *volume.RefusedError
	switch refusal := unreadable(q, err); {
	case refusal != nil:
		return refusal, nil
	case errors.As(err, &irregular):
		return refused(q, inference.Reason{Code: inference.ReasonVolume, Args: []string{irregular.Error()}}), nil
	case err != nil:
		return nil, err
	}
	subject := inference.Subject{Scale: v.Space.Source, Volume: given(v)}
	for _, sl := range v.Slices {
		if sl.Tile > 0 {
			return refused(q, inference.Reason{Code: inference.ReasonVolume, Args: []string{"its slices are tiles of a mosaic"}}), nil
		}
		subject.Slices = append(subject.Slices, imaging.Ref{StudyUID: q.Ref.StudyUID, SeriesUID: s.UID,
			SOPUID: sl.Instance.SOPInstanceUID, SOPClass: sl.Instance.SOPClassUID, Frame: sl.Frame})
	}
	return inference.Analyze(ctx, q, subject, progress)
}

// stackOf is the stack of slices of a series that is meant.
func stackOf(s *imaging.Series, sopUID string) (volume.Stack, *inference.Reason) {
	var found []volume.Stack
	for _, stack := range volume.Split(s) {
		if len(stack.Slices) < 2 || stack.Localizer {
			continue
		}
		if sopUID == "" || slices.ContainsFunc(stack.Slices, func(sl volume.Slice) bool { return sl.Instance.SOPInstanceUID == sopUID }) {
			found = append(found, stack)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return volume.Stack{}, &inference.Reason{Code: inference.ReasonVolume, Args: []string{"it holds no stack of slices"}}
	}
	return volume.Stack{}, &inference.Reason{Code: inference.ReasonSeveralStacks, Args: []string{fmt.Sprint(len(found))}}
}

// given is a volume as models take it. Its slices are regular, and not sheared:
// Build was asked to accept nothing else.
func given(v *volume.Volume) *inference.Volume {
	between := v.Positions[v.Depth-1]
	for i, x := range v.Positions[0] {
		between[i] -= x
	}
	step := between.Len() / float64(v.Depth-1)
	for i := range between {
		between[i] /= step * float64(v.Depth-1)
	}
	out := &inference.Volume{Values: v.Modality(), Columns: v.Columns, Rows: v.Rows, Slices: v.Depth,
		Spacing:    [3]float64{v.Space.ColumnMM, v.Space.RowMM, step},
		Directions: [3]imaging.Vec{v.Plane.Row, v.Plane.Column, between}, Photometric: "MONOCHROME2"}
	if v.Inverted {
		out.Photometric = "MONOCHROME1"
	}
	return out
}
