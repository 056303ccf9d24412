package inference

import (
	"fmt"
	"math"
	"time"

	"longying/imaging"
	"longying/models"
)

// Request is one model asked about one place.
type Request struct {
	Package  *models.Package
	Runner   Runner // has Package's model.onnx loaded
	Ref      imaging.Ref
	Given    Given
	Slide    *imaging.Slide   // slide typing: what the slide's header says; nil = nothing, its scale is then unknown
	Site     Site             // what this site has decided about the model
	Operator string           // who asked, for the trace
	Now      func() time.Time // clock, asked from two goroutines; nil means time.Now
}

// Site is what one hospital has decided about a model version after trying it on
// its own cases. The zero value has decided nothing: every result is amber.
type Site struct {
	Accepted   bool               // by a named person
	ReviewOn   string             // day of a review that is due, YYYY-MM-DD; empty when none is
	Thresholds map[string]float64 // of this site, by class; already in the package, kept in the trace
}

func (q *Request) now() time.Time {
	if q.Now == nil {
		return time.Now()
	}
	return q.Now()
}

// check reports a request that nobody could answer: a mistake of the caller.
func (q *Request) check() error {
	if q.Package == nil || q.Package.Card == nil {
		return fmt.Errorf("inference: the request names no model package")
	}
	if q.Runner == nil {
		return fmt.Errorf("model %s: no session is loaded", q.Package.Card.ID)
	}
	return nil
}

func (q *Request) card() *models.Card { return q.Package.Card }

// trace is the trace as far as it is known before the run.
func (q *Request) trace(started time.Time) Trace {
	var stated *Stated
	if !q.Given.Stated.IsZero() {
		said := q.Given.Stated
		stated = &said
	}
	return Trace{
		Stated: stated, Model: Identity(q.card()), Runtime: q.Runner.RuntimeVersion(), Provider: q.Runner.Provider(),
		Inputs: []imaging.Ref{q.place()}, Preprocess: q.card().Input.Preprocess,
		Started: started, Operator: q.Operator, SiteThresholds: q.Site.Thresholds,
	}
}

// place is Ref narrowed to the region that was marked.
func (q *Request) place() imaging.Ref {
	ref := q.Ref
	if q.Given.Region != nil {
		region := *q.Given.Region
		if region.Kind == "" {
			region.Kind = imaging.RegionDrawn
		}
		ref.Region = &region
	}
	return ref
}

// amber lists why any result of this model must be taken with care.
func (q *Request) amber() []Reason {
	var out []Reason
	card := q.card()
	if s := card.Slide; s != nil {
		if s.MicrometresPerPixel == 0 {
			out = append(out, Reason{Code: ReasonModelScale})
		}
		if q.Slide == nil || !(q.Slide.MicrometresPerPixel > 0) {
			out = append(out, Reason{Code: ReasonScaleUnknown})
		}
	}
	if card.Input.AlwaysAmber && len(out) == 0 {
		r := Reason{Code: ReasonAlwaysAmber}
		if t := card.Input.AmberReason; t != nil {
			r.Args = []string{t.En, t.Zh}
		}
		out = append(out, r)
	}
	switch {
	case !q.Site.Accepted:
		out = append(out, Reason{Code: ReasonNotAccepted})
	case q.Site.ReviewOn != "":
		out = append(out, Reason{Code: ReasonReviewDue, Args: []string{q.Site.ReviewOn}})
	}
	return out
}

// Refusal is the one Prediction of a model that was not run on ref, e.g. for the
// reason that Fits gave.
func Refusal(card *models.Card, ref imaging.Ref, reason Reason) Prediction {
	return Prediction{Model: Identity(card), Outcome: Refused, Reason: &reason, Probability: math.NaN(), Ref: ref}
}

// refuse is a refusal in the course of a run, with what is known of the trace.
func (q *Request) refuse(trace Trace, code ReasonCode, args ...string) []Prediction {
	p := Refusal(q.card(), q.place(), Reason{Code: code, Args: args})
	p.Trace = trace
	return []Prediction{p}
}
