package sqlite

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"longying/records"
)

func TestAConsultOfBeforeTheStatesKeepsWhatItSaysAndGetsItsHistory(t *testing.T) {
	folder := t.TempDir()
	known, err := shippedMigrations()
	if err != nil {
		t.Fatal(err)
	}
	before := slices.IndexFunc(known, func(m migration) bool { return m.name == "0011_consult_states" })
	s, err := open(context.Background(), folder, testKey(t, 1), testClock, known[:before])
	if err != nil {
		t.Fatal(err)
	}
	made, decided, followed := testTime, testTime.Add(time.Hour), testTime.Add(2*time.Hour)
	decision := &records.Decision{Text: "手术", By: "u1", ByName: "王主任", At: decided}
	follow := []records.FollowUp{{ID: "FU-1", Date: "20270101", Task: "复查", By: "gone", At: followed}}
	old := []records.Consult{
		{ID: "c1", PatientID: "p1", Title: "准备", State: "preparing", CreatedBy: "u1", CreatedAt: made, UpdatedAt: made},
		{ID: "c2", PatientID: "p1", Title: "结论", State: "decided", CreatedBy: "u1", CreatedAt: made, UpdatedAt: decided, Decision: decision},
		{ID: "c3", PatientID: "p1", Title: "随访", State: "following", CreatedBy: "u1", CreatedAt: made, UpdatedAt: followed, Decision: decision, FollowUps: follow,
			Opinions: []records.Opinion{{ID: "OP-1", Text: "同意", Dissent: true}}},
		{ID: "c4", PatientID: "p1", Title: "无状态", CreatedAt: made, UpdatedAt: made},
	}
	update(t, s, func(tx *Tx) error {
		err := errors.Join(tx.PutPatient(&records.Patient{ID: "p1", Name: "刘小满"}), tx.PutUser(&records.User{ID: "u1", Login: "wang", Name: "王医生", Role: records.RoleRadiologist}))
		for i := range old {
			err = errors.Join(err, tx.PutConsult(&old[i]))
		}
		return err
	})
	s.Close()
	s, err = open(context.Background(), folder, testKey(t, 1), testClock, known)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	stage := func(state, by, name string, at time.Time) records.Stage {
		return records.Stage{State: state, By: by, ByName: name, At: at}
	}
	first := func(by, name string) []records.Stage {
		return []records.Stage{stage("requested", by, name, made), stage("preparing", by, name, made)}
	}
	want := map[string][]records.Stage{
		"c1": first("u1", "王医生"),
		"c2": append(first("u1", "王医生"), stage("decided", "u1", "王主任", decided)),
		"c3": append(first("u1", "王医生"), stage("decided", "u1", "王主任", decided), stage("following", "gone", "", followed)),
		"c4": first("", ""),
	}
	if err := s.View(context.Background(), func(tx *Tx) error {
		for _, o := range old {
			c, err := tx.Consult(o.ID)
			if err != nil {
				return err
			}
			same := func(a, b records.Stage) bool {
				return a.State == b.State && a.By == b.By && a.ByName == b.ByName && a.At.Equal(b.At)
			}
			if !slices.EqualFunc(c.History, want[o.ID], same) || c.State != want[o.ID][len(want[o.ID])-1].State {
				t.Errorf("%s: %s %+v", o.ID, c.State, c.History)
			}
			if c.Title != o.Title || len(c.Opinions) != len(o.Opinions) || len(c.FollowUps) != len(o.FollowUps) || (c.Decision == nil) != (o.Decision == nil) || !c.UpdatedAt.Equal(o.UpdatedAt) {
				t.Errorf("%s changed: %+v", o.ID, c)
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}
