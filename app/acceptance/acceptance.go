// Package acceptance holds the use cases of trusting a model at one hospital:
// try a version on a local labelled list, accept it by name with this site's
// thresholds, withdraw that, and keep score of it afterwards. A version that
// nobody here has accepted runs, but all it says is amber.
package acceptance

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"longying/app/trail"
	"longying/imaging"
	"longying/inference"
	"longying/models"
	"longying/records"
	"longying/records/sqlite"
)

// leastCases is how many cases of each kind an acceptance must rest on. With
// fewer the 95 % interval of a sensitivity of 90 % is wider than 28 points,
// and two models that differ widely cannot be told apart.
const leastCases = 20

// Predict asks one model about a study in files and keeps nothing.
type Predict func(ctx context.Context, actor records.User, study *imaging.Study, c Case, modelID string) ([]inference.Prediction, error)

// Scan reads the studies under a path.
type Scan func(ctx context.Context, path string) (*imaging.Study, error)

// Acceptance is the use case. Its fields are set once by New.
type Acceptance struct {
	store   *sqlite.Store
	scan    Scan
	predict Predict
	now     func() time.Time
	station string
}

// New wires the use case.
func New(store *sqlite.Store, scan Scan, predict Predict, now func() time.Time) *Acceptance {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return &Acceptance{store: store, scan: scan, predict: predict, now: now, station: host}
}

// Ref names a card's model as the record does.
func Ref(card *models.Card) records.ModelRef {
	return records.ModelRef{ID: card.ID, Version: card.Version, SHA256: card.File.SHA256, Name: records.Text(card.Name)}
}

// Site is what this hospital has decided about a model, for the run.
func (a *Acceptance) Site(ctx context.Context, card *models.Card) (inference.Site, error) {
	var site inference.Site
	err := a.store.View(ctx, func(tx *sqlite.Tx) error {
		got, err := tx.Accepted(Ref(card))
		if errors.Is(err, records.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		site = inference.Site{Accepted: true, Thresholds: got.Thresholds}
		if got.ReviewDue(a.now().In(imaging.Zone())) {
			site.ReviewOn = got.ReviewOn
		}
		return nil
	})
	return site, err
}

// History lists what happened to a model version at this site, oldest first.
func (a *Acceptance) History(ctx context.Context, card *models.Card) ([]records.Acceptance, error) {
	var out []records.Acceptance
	err := a.store.View(ctx, func(tx *sqlite.Tx) (err error) {
		out, err = tx.Acceptances(Ref(card))
		return err
	})
	return out, err
}

// Measure runs a model over a labelled list with the card's own thresholds and
// keeps the figures. It accepts nothing. progress may be nil.
func (a *Acceptance) Measure(ctx context.Context, actor records.User, card *models.Card, list *List, progress func(done, total int)) (_ *Report, _ records.Acceptance, err error) {
	defer trail.Outcome(ctx, a.store, actor, "measure_model", Ref(card).ID+"@"+Ref(card).Version, &err)
	if err := trail.Require(ctx, a.store, actor, records.RightAcceptModel, "measure_model", Ref(card).ID+"@"+Ref(card).Version); err != nil {
		return nil, records.Acceptance{}, err
	}
	report, err := a.measure(ctx, actor, card, list, progress)
	if err != nil {
		return nil, records.Acceptance{}, err
	}
	raw, err := json.Marshal(report)
	if err != nil {
		return nil, records.Acceptance{}, err
	}
	entry := records.Acceptance{Act: records.ModelMeasured, Model: Ref(card), List: list.SHA256, Cases: report.Judged, Refused: len(report.Refused),
		Report: raw, By: actor.ID, ByName: actor.Name, At: a.now()}
	err = a.put(ctx, actor, &entry, "measure_model", fmt.Sprintf("%d cases judged, %d refused", report.Judged, len(report.Refused)))
	return report, entry, err
}

// Accept is a named doctor's word that a version may be used here, with the
// thresholds of this site (classes left out keep the card's) and the day on
// which that is to be looked at again. It needs a measurement of this very file
// with enough cases of both kinds for each class that gets a threshold.
func (a *Acceptance) Accept(ctx context.Context, actor records.User, pkg *models.Package, measurementID string, thresholds map[string]float64, reviewOn, note string) (_ records.Acceptance, err error) {
	defer trail.Outcome(ctx, a.store, actor, "accept_model", Ref(pkg.Card).ID+"@"+Ref(pkg.Card).Version, &err)
	var entry records.Acceptance
	if err := trail.Require(ctx, a.store, actor, records.RightAcceptModel, "accept_model", Ref(pkg.Card).ID+"@"+Ref(pkg.Card).Version); err != nil {
		return entry, err
	}
	if _, err := pkg.WithThresholds(thresholds); err != nil {
		return entry, err
	}
	if reviewOn != "" {
		day, err := time.ParseInLocation(time.DateOnly, reviewOn, imaging.Zone())
		if err != nil || !day.After(a.now()) {
			return entry, fmt.Errorf("the day of the next review, %q, must be a day to come, as 2027-11-30", reviewOn)
		}
	}
	history, err := a.History(ctx, pkg.Card)
	if err != nil {
		return entry, err
	}
	var measured *records.Acceptance
	for i := range history {
		if h := &history[i]; h.Act == records.ModelMeasured && h.ID == measurementID {
			measured = h
		}
	}
	if measured == nil {
		return entry, &records.RefusedError{Code: "not_measured", Args: []string{pkg.Card.ID, pkg.Card.Version},
			Reason: fmt.Sprintf("%s %s has no such measurement at this site; measure it on a local labelled list first", pkg.Card.ID, pkg.Card.Version)}
	}
	var report Report
	if err := json.Unmarshal(measured.Report, &report); err != nil {
		return entry, fmt.Errorf("the stored measurement %s cannot be read: %w", measured.ID, err)
	}
	if err := report.enough(); err != nil {
		return entry, err
	}
	entry = records.Acceptance{Act: records.ModelAccepted, Model: Ref(pkg.Card), Measurement: measured.ID, List: measured.List, Cases: measured.Cases,
		Refused: measured.Refused, Report: measured.Report, Thresholds: thresholds, ReviewOn: reviewOn, Note: note, By: actor.ID, ByName: actor.Name, At: a.now()}
	return entry, a.put(ctx, actor, &entry, "accept_model", "measurement "+measured.ID)
}

// Withdraw takes the acceptance of a version back; it needs a reason.
func (a *Acceptance) Withdraw(ctx context.Context, actor records.User, card *models.Card, reason string) (_ records.Acceptance, err error) {
	defer trail.Outcome(ctx, a.store, actor, "withdraw_model", Ref(card).ID+"@"+Ref(card).Version, &err)
	entry := records.Acceptance{Act: records.ModelWithdrawn, Model: Ref(card), Note: reason, By: actor.ID, ByName: actor.Name, At: a.now()}
	if err := trail.Require(ctx, a.store, actor, records.RightAcceptModel, "withdraw_model", Ref(card).ID+"@"+Ref(card).Version); err != nil {
		return entry, err
	}
	if reason == "" {
		return entry, &records.RefusedError{Code: "reason_missing", Reason: "say why the acceptance is withdrawn"}
	}
	return entry, a.put(ctx, actor, &entry, "withdraw_model", reason)
}

func (a *Acceptance) put(ctx context.Context, actor records.User, entry *records.Acceptance, action, detail string) error {
	return a.store.Update(ctx, func(tx *sqlite.Tx) error {
		if err := tx.InsertAcceptance(entry); err != nil {
			return err
		}
		return tx.AppendAudit(&records.AuditEvent{At: entry.At, UserID: actor.ID, UserName: actor.Name, Station: a.station,
			Action: action, Object: entry.Model.ID + "@" + entry.Model.Version, Outcome: "ok", Detail: detail})
	})
}
