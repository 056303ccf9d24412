package sqlite

import (
	"context"
	"errors"
	"testing"
	"time"

	"longying/records"
)

// intent stores a signed document and the intent to send it.
func intent(t *testing.T, s *Store) records.Delivery {
	t.Helper()
	study(t, s, "1.2")
	d := records.Delivery{DocumentID: "doc", Version: 1, Destination: "province", Format: "cda", StudyUID: "1.2", State: records.DeliveryQueued}
	update(t, s, func(tx *Tx) error {
		if err := tx.InsertDelivery(&d); err != nil { // before its document: the order within a transaction is free
			return err
		}
		return tx.InsertSignedDocument(signed(t, 1))
	})
	return d
}

func TestADeliveryIsIntendedOnce(t *testing.T) {
	s := openStore(t, t.TempDir())
	d := intent(t, s)
	again := records.Delivery{DocumentID: "doc", Version: 1, Destination: "province", Format: "cda", State: records.DeliveryRefused}
	update(t, s, func(tx *Tx) error { return tx.InsertDelivery(&again) })
	if d.ID == "" || again.ID != d.ID || again.State != records.DeliveryQueued || !again.CreatedAt.Equal(testTime) {
		t.Errorf("%+v", again)
	}
	other := again
	other.ID, other.Format = "", "fhir"
	update(t, s, func(tx *Tx) error { return tx.InsertDelivery(&other) })
	if err := s.Update(context.Background(), func(tx *Tx) error {
		return tx.InsertDelivery(&records.Delivery{DocumentID: "doc", Version: 2, Destination: "province", Format: "cda"})
	}); err == nil {
		t.Error("the intent to send what was never signed was stored")
	}
	view(t, s, func(tx *Tx) error {
		if all, err := tx.Deliveries(); err != nil || len(all) != 2 {
			t.Errorf("%d, %v", len(all), err)
		}
		return nil
	})
	moved := d
	moved.Destination = "elsewhere"
	var conflict *records.ConflictError
	if err := s.Update(context.Background(), func(tx *Tx) error { return tx.PutDelivery(&moved) }); !errors.As(err, &conflict) {
		t.Errorf("a delivery changed its destination: %v", err)
	}
	if err := s.Update(context.Background(), func(tx *Tx) error { return tx.PutDelivery(&records.Delivery{ID: "x"}) }); !errors.Is(err, records.ErrNotFound) {
		t.Errorf("an unknown delivery: %v", err)
	}
}

func TestADeliveryIsDueWhenQueuedAndItsTimeHasCome(t *testing.T) {
	s := openStore(t, t.TempDir())
	d := intent(t, s)
	due := func(now time.Time) (n int) {
		view(t, s, func(tx *Tx) error {
			all, err := tx.DueDeliveries(now, 6*time.Hour)
			n = len(all)
			return err
		})
		return n
	}
	if due(testTime) != 1 {
		t.Error("a new intent is not due at once")
	}
	d.Next = testTime.Add(time.Minute)
	update(t, s, func(tx *Tx) error { return tx.PutDelivery(&d) })
	if due(d.Next.Add(-1)) != 0 || due(d.Next) != 1 {
		t.Error("due before its time, or not at it")
	}
	if due(d.Next.Add(-6*time.Hour)) != 0 || due(d.Next.Add(-6*time.Hour-1)) != 1 || due(d.Next.AddDate(-50, 0, 0)) != 1 {
		t.Error("a clock that was put back keeps it waiting for longer than any pause, or it does not wait for its pause")
	}
	for _, state := range []records.DeliveryState{records.DeliveryAcknowledged, records.DeliveryRefused, records.DeliveryDead, records.DeliveryNeedsCare} {
		d.State = state
		update(t, s, func(tx *Tx) error { return tx.PutDelivery(&d) })
		if due(d.Next.Add(time.Hour)) != 0 {
			t.Errorf("%s is due", state)
		}
	}
}

func TestEveryAttemptSendsTheSameBytes(t *testing.T) {
	s := openStore(t, t.TempDir())
	d := intent(t, s)
	payload := []byte("<ClinicalDocument>刘小满</ClinicalDocument>")
	view(t, s, func(tx *Tx) error {
		if _, err := tx.Payload(d.ID); !errors.Is(err, records.ErrNotFound) {
			t.Error(err)
		}
		return nil
	})
	for range 2 {
		update(t, s, func(tx *Tx) error { return tx.PutPayload(d.ID, payload) })
	}
	var conflict *records.ConflictError
	if err := s.Update(context.Background(), func(tx *Tx) error { return tx.PutPayload(d.ID, append(payload, ' ')) }); !errors.As(err, &conflict) {
		t.Errorf("other bytes: %v", err)
	}
	update(t, s, func(tx *Tx) error {
		if err := tx.AppendAttempt(&records.Attempt{DeliveryID: d.ID, At: testTime, Outcome: "no_answer"}); err != nil {
			return err
		}
		return tx.AppendAttempt(&records.Attempt{DeliveryID: d.ID, At: testTime, Outcome: "acknowledged"})
	})
	view(t, s, func(tx *Tx) error {
		if got, err := tx.Payload(d.ID); err != nil || string(got) != string(payload) {
			t.Errorf("%q, %v", got, err)
		}
		if got, err := tx.Attempts(d.ID); err != nil || len(got) != 2 || got[0].Outcome != "no_answer" {
			t.Errorf("%+v, %v", got, err)
		}
		return nil
	})
}

func TestReportsRunsConsultsUsersAndSettingsComeBackAsStored(t *testing.T) {
	s := openStore(t, t.TempDir())
	study(t, s, "1.2")
	report := records.Report{StudyUID: "1.2", DocumentID: "doc", Version: 1, State: records.ReportDraft, Findings: []records.Sentence{{Text: "右肺结节。"}}}
	run := records.Run{StudyUID: "1.2", Outcome: "refused", Reason: "the age is missing", Result: []byte(`{"a":1}`)}
	consult := records.Consult{PatientID: "p1", Title: "多学科会诊", State: records.ConsultPreparing}
	user := records.User{Login: "Wang", Name: "王医生", Role: records.RoleRadiologist, PasswordHash: "$argon2id$x", CreatedAt: testTime}
	update(t, s, func(tx *Tx) error {
		return errors.Join(tx.PutReport(&report), tx.PutRun(&run), tx.PutConsult(&consult), tx.PutUser(&user), tx.PutSetting("organization", "县医院"))
	})
	report.State, user.Failures, consult.State = records.ReportSigned, 3, records.ConsultDecided
	update(t, s, func(tx *Tx) error {
		return errors.Join(tx.PutReport(&report), tx.PutConsult(&consult), tx.PutUser(&user), tx.PutSetting("organization", "市医院"))
	})
	var dup *records.DuplicateError
	if err := s.Update(context.Background(), func(tx *Tx) error { return tx.PutUser(&records.User{Login: " wang "}) }); !errors.As(err, &dup) {
		t.Errorf("a login twice: %v", err)
	}
	view(t, s, func(tx *Tx) error {
		if got, err := tx.Report("1.2"); err != nil || got.State != records.ReportSigned || got.Findings[0].Text != "右肺结节。" {
			t.Errorf("%+v, %v", got, err)
		}
		if got, err := tx.RunsOf("1.2"); err != nil || len(got) != 1 || got[0].ID != run.ID || run.ID == "" || string(got[0].Result) != `{"a":1}` {
			t.Errorf("%+v, %v", got, err)
		}
		for name, list := range map[string]func() ([]records.Consult, error){"all": tx.Consults, "of": func() ([]records.Consult, error) { return tx.ConsultsOf("p1") }} {
			if got, err := list(); err != nil || len(got) != 1 || got[0].ID != consult.ID || got[0].State != records.ConsultDecided {
				t.Errorf("%s: %+v, %v", name, got, err)
			}
		}
		if got, err := tx.UserByLogin("WANG"); err != nil || got.PasswordHash != user.PasswordHash || got.Failures != 3 || got.ID != user.ID {
			t.Errorf("%+v, %v", got, err)
		}
		if got, err := tx.User(user.ID); err != nil || got.Login != "Wang" {
			t.Errorf("%+v, %v", got, err)
		}
		if got, err := tx.Users(); err != nil || len(got) != 1 || got[0].PasswordHash == "" {
			t.Errorf("%+v, %v", got, err)
		}
		if got, err := tx.Setting("organization"); err != nil || got != "市医院" {
			t.Errorf("%q, %v", got, err)
		}
		for name, err := range map[string]error{"report": second(tx.Report("9")), "consult": second(tx.Consult("9")), "user": second(tx.User("9")), "login": second(tx.UserByLogin("")),
			"setting": second(tx.Setting("9")), "patient": second(tx.Patient("9")), "examination": second(tx.Examination("9")), "finding": second(tx.Finding("9")), "delivery": second(tx.Delivery("9"))} {
			if !errors.Is(err, records.ErrNotFound) {
				t.Errorf("%s that is not there: %v", name, err)
			}
		}
		return nil
	})
}

func second[T any](_ T, err error) error { return err }
