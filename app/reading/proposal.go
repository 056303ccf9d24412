package reading

import (
	"fmt"
	"strconv"
	"strings"

	"longying/imaging"
	"longying/imaging/dicomfile"
	"longying/inference"
	"longying/models"
	"longying/records"
)

// propose turns a prediction into the first version of a finding.
func (r *Reading) propose(p *inference.Prediction, run records.Run, actor records.User) records.Finding {
	f := records.Finding{UID: dicomfile.NewUID(), TrackingUID: dicomfile.NewUID(), Version: 1, StudyUID: p.Ref.StudyUID,
		State: records.FindingProposed, Label: records.Text(p.Class.Label), Ref: p.Ref, Probability: run.Probability,
		Model: &run.Model, RunID: run.ID, ProposalKey: proposalKey(p), Amber: run.Amber, By: actor.ID, ByName: actor.Name, At: run.At}
	f.TrackingID = p.Class.Key + "-" + f.UID[len(f.UID)-6:]
	f.Code, f.Site = code(p.Class.Code), code(p.Class.Site)
	f.Topography, f.Morphology, f.Grade = code(p.Class.Topography), code(p.Class.Morphology), code(p.Class.Grade)
	for i, m := range p.Measurements {
		one := records.Measurement{Concept: records.Code(m.Code), Value: rounded(m.Value), Unit: m.Unit}
		if i == 0 {
			f.Value = &one
			continue
		}
		f.Sizes = append(f.Sizes, one)
	}
	return f
}

// rounded keeps four significant digits, as people read a size; the run keeps all.
func rounded(v float64) float64 {
	out, err := strconv.ParseFloat(strconv.FormatFloat(v, 'e', 3, 64), 64)
	if err != nil {
		return v
	}
	return out
}

func code(c *models.Code) *records.Code {
	if c == nil {
		return nil
	}
	out := records.Code(*c)
	// The card says the classification's own name, the record DICOM's (PS3.16
	// table 8-1).
	if out.Scheme == "ICD-O-3" {
		out.Scheme = "ICDO3"
	}
	return &out
}

// proposalKey identifies what is proposed: model, class, instance and frame, or
// of a volume its series and first slice, and the region where a doctor marked
// one. An activation map or a mask is the model's own and may move a little, so it
// is no part of the key. Boxes of one class are told apart by where they lie: see
// sameObservation.
func proposalKey(p *inference.Prediction) string {
	place := fmt.Sprintf("%s|%d", p.Ref.SOPUID, p.Ref.Frame)
	if in := p.Trace.Inputs; len(in) > 1 {
		place = fmt.Sprintf("volume|%s|%s|%d", p.Ref.SeriesUID, in[0].SOPUID, in[0].Frame)
	}
	key := fmt.Sprintf("%s|%s|%s", p.Model.ID, p.Class.Key, place)
	switch g := p.Ref.Region; {
	case g == nil:
	case g.Kind == imaging.RegionDrawn:
		key += fmt.Sprintf("|%g,%g,%g,%g", g.X0, g.Y0, g.X1, g.Y1)
	case g.Kind == imaging.RegionDetected:
		key += fmt.Sprintf("%s%.1f,%.1f,%.1f,%.1f", boxMark, g.X0, g.Y0, g.X1, g.Y1)
	}
	return key
}

// boxMark parts a proposal's key from the detected box that it is about.
const boxMark = "|box:"

// sameBox is the least intersection over union of two boxes of one class that are
// the same observation: a box may move a little from run to run.
const sameBox = 0.5

// sameObservation finds the finding that a proposal would repeat, whatever
// verdict it has had since, and wherever a doctor moved its region to: the key
// keeps the box as it was proposed. A withdrawn finding does not count, nor one
// that is taken by another proposal of the same analysis.
func sameObservation(existing []records.Finding, key string, taken map[string]bool) *records.Finding {
	var best *records.Finding
	least := sameBox
	for i := range existing {
		f := &existing[i]
		if f.State == records.FindingWithdrawn || taken[f.UID] {
			continue
		}
		if f.ProposalKey == key {
			return f
		}
		if overlap := overlapOf(f.ProposalKey, key); overlap >= least {
			best, least = f, overlap
		}
	}
	return best
}

// overlapOf is the intersection over union of the boxes of two keys that are the
// same otherwise, 0 for all others.
func overlapOf(a, b string) float64 {
	restA, boxA, okA := boxOf(a)
	restB, boxB, okB := boxOf(b)
	if !okA || !okB || restA != restB {
		return 0
	}
	return boxA.IoU(boxB)
}

func boxOf(key string) (rest string, box inference.Box, ok bool) {
	rest, numbers, ok := strings.Cut(key, boxMark)
	parts := strings.Split(numbers, ",")
	if !ok || len(parts) != 4 {
		return key, box, false
	}
	for i, into := range []*float64{&box.X0, &box.Y0, &box.X1, &box.Y1} {
		v, err := strconv.ParseFloat(parts[i], 64)
		if err != nil {
			return key, box, false
		}
		*into = v
	}
	return rest, box, true
}
