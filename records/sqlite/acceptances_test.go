package sqlite

import (
	"errors"
	"testing"
	"time"

	"longying/records"
)

func TestAnAcceptanceHoldsForOneFileOfOneVersionUntilItIsWithdrawn(t *testing.T) {
	s := openStore(t, t.TempDir())
	film := records.ModelRef{ID: "film", Version: "1.0.0", SHA256: "aa"}
	put := func(m records.ModelRef, act records.AcceptanceAct) {
		t.Helper()
		update(t, s, func(tx *Tx) error {
			return tx.InsertAcceptance(&records.Acceptance{Act: act, Model: m, By: "u", ByName: "王敏", At: time.Unix(1, 0), Thresholds: map[string]float64{"pneumonia": .4}})
		})
	}
	accepted := func(m records.ModelRef) bool {
		t.Helper()
		ok := false
		view(t, s, func(tx *Tx) error {
			a, err := tx.Accepted(m)
			if errors.Is(err, records.ErrNotFound) {
				return nil
			}
			ok = err == nil && a.Thresholds["pneumonia"] == .4
			return err
		})
		return ok
	}
	put(film, records.ModelMeasured)
	if accepted(film) {
		t.Error("measured counts as accepted")
	}
	put(film, records.ModelAccepted)
	put(film, records.ModelMeasured)
	if !accepted(film) {
		t.Error("a later measurement took the acceptance away")
	}
	for _, other := range []records.ModelRef{{ID: "film", Version: "1.0.1", SHA256: "aa"}, {ID: "film", Version: "1.0.0", SHA256: "ab"}, {ID: "film2", Version: "1.0.0", SHA256: "aa"}} {
		if accepted(other) {
			t.Errorf("%+v is accepted too", other)
		}
	}
	put(film, records.ModelWithdrawn)
	if accepted(film) {
		t.Error("accepted after it was withdrawn")
	}
	if err := s.Update(t.Context(), func(tx *Tx) error { return tx.exec(`DELETE FROM acceptances`) }); err == nil {
		t.Error("the history was deleted")
	}
	if err := s.Update(t.Context(), func(tx *Tx) error {
		return tx.InsertAcceptance(&records.Acceptance{Model: records.ModelRef{ID: "film"}})
	}); err == nil {
		t.Error("an acceptance without version and hash was stored")
	}
}
