package findings

import (
	"slices"
	"time"

	"longying/inference"
	"longying/models"
	"longying/records"
)

// Outcome is where a model stands on the study. The five are never mixed and
// none of them is worded as normal.
type Outcome string

// The outcomes; all but the first are those of a records.Run.
const (
	NotRun         Outcome = "not_run"
	Refused        Outcome = "refused"
	BelowThreshold Outcome = "below_threshold"
	Unsure         Outcome = "unsure"
	Proposed       Outcome = "proposed"
)

// Asked is one model and what it last said about the study.
type Asked struct {
	Card    *models.Card // nil when the model is no longer installed
	Model   records.ModelRef
	Outcome Outcome
	Runs    []records.Run // of the last time it was asked: one for each place or class
}

// AskedOf joins the installed models with the runs of a study, oldest first. An
// earlier version's runs stand under their own version.
func AskedOf(cards []*models.Card, runs []records.Run) []Asked {
	var out []Asked
	place := map[string]int{}
	key := func(id, version string) string { return id + " " + version }
	for _, c := range cards {
		place[key(c.ID, c.Version)] = len(out)
		out = append(out, Asked{Card: c, Outcome: NotRun, Model: records.ModelRef{ID: c.ID, Version: c.Version,
			SHA256: c.File.SHA256, Name: records.Text{Zh: c.Name.Zh, En: c.Name.En}}})
	}
	for _, r := range runs {
		k := key(r.Model.ID, r.Model.Version)
		i, ok := place[k]
		if !ok {
			i = len(out)
			place[k] = i
			out = append(out, Asked{Model: r.Model})
		}
		a := &out[i]
		if n := len(a.Runs); n > 0 && !sameAsking(a.Runs[n-1], r) {
			if r.At.Before(a.Runs[n-1].At) {
				continue
			}
			a.Runs = nil
		}
		a.Runs = append(a.Runs, r)
	}
	for i := range out {
		out[i].Outcome = summary(out[i].Runs)
	}
	return out
}

// sameAsking says whether two runs belong to one press of the button: those
// are stored in one transaction, each with the time of its own row.
func sameAsking(a, b records.Run) bool { return a.At.Sub(b.At).Abs() < time.Second }

// summary is the outcome that asks most of the reader.
func summary(runs []records.Run) Outcome {
	rank := map[Outcome]int{NotRun: 0, Refused: 1, BelowThreshold: 2, Unsure: 3, Proposed: 4}
	best := NotRun
	for _, r := range runs {
		if o := Outcome(r.Outcome); rank[o] > rank[best] {
			best = o
		}
	}
	return best
}

// NothingAbove names the models that ran and proposed nothing, when no model
// proposed anything and at least one ran to its end.
func NothingAbove(asked []Asked) []Asked {
	var ran []Asked
	for _, a := range asked {
		switch a.Outcome {
		case Proposed, Unsure:
			return nil
		case BelowThreshold:
			ran = append(ran, a)
		}
	}
	return ran
}

// OtherKind says that a model refused for nothing but the kind of study: a slide
// is no film.
func (a Asked) OtherKind() bool {
	return len(a.Runs) > 0 && !slices.ContainsFunc(a.Runs, func(r records.Run) bool {
		switch inference.ReasonCode(r.ReasonCode) {
		case inference.ReasonModality, inference.ReasonNotSlide, inference.ReasonSlideOnly:
			return false
		}
		return true
	})
}

// fittingFirst puts the models for this modality before the others.
func fittingFirst(asked []Asked, modality string) []Asked {
	other := func(a Asked) int {
		if a.Card != nil && len(a.Card.Input.Modalities) > 0 && !slices.Contains(a.Card.Input.Modalities, modality) {
			return 1
		}
		return 0
	}
	out := slices.Clone(asked)
	slices.SortStableFunc(out, func(a, b Asked) int { return other(a) - other(b) })
	return out
}
