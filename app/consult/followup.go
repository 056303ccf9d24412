package consult

import (
	"context"
	"fmt"
	"sort"
	"strings"
	"time"

	"longying/app/trail"
	"longying/imaging"
	"longying/records"
	"longying/records/sqlite"
)

// followUp is an open follow-up of a consult.
func followUp(m *records.Consult, id string) (*records.FollowUp, error) {
	for i := range m.FollowUps {
		if f := &m.FollowUps[i]; f.ID == id {
			if f.Done {
				return nil, &records.RefusedError{Code: "follow_done", Args: []string{id}, Reason: "follow-up " + id + " is done already; its outcome stays"}
			}
			return f, nil
		}
	}
	return nil, fmt.Errorf("follow-up %s of consult %s: %w", id, m.ID, records.ErrNotFound)
}

// Complete records that a follow-up is done, with its outcome.
func (c *Consult) Complete(ctx context.Context, actor records.User, id, followUpID, outcome string) (records.Consult, error) {
	return c.change(ctx, actor, id, records.RightLeadConsult, records.StepRemind, "consult_follow", func(_ *sqlite.Tx, m *records.Consult) (string, error) {
		f, err := followUp(m, followUpID)
		if err != nil {
			return "", err
		}
		if strings.TrimSpace(outcome) == "" {
			return "", &records.RefusedError{Code: "follow_outcome", Reason: "say what came of the follow-up"}
		}
		f.Done, f.Outcome, f.DoneBy, f.DoneByName, f.DoneAt = true, outcome, actor.ID, actor.Name, c.now()
		return "done " + f.ID, nil
	})
}

// Postpone moves a follow-up to a later date (YYYYMMDD) for a reason; the dates
// before stay.
func (c *Consult) Postpone(ctx context.Context, actor records.User, id, followUpID, date, reason string) (records.Consult, error) {
	return c.change(ctx, actor, id, records.RightLeadConsult, records.StepRemind, "consult_follow", func(_ *sqlite.Tx, m *records.Consult) (string, error) {
		f, err := followUp(m, followUpID)
		if err != nil {
			return "", err
		}
		if _, err := time.Parse("20060102", date); err != nil {
			return "", &records.RefusedError{Code: "follow_date", Reason: fmt.Sprintf("%q is not a date (YYYYMMDD)", date)}
		}
		if date <= f.Due() {
			return "", &records.RefusedError{Code: "follow_later", Args: []string{f.Due()}, Reason: "a follow-up is postponed to a date after " + f.Due()}
		}
		if strings.TrimSpace(reason) == "" {
			return "", &records.RefusedError{Code: "follow_reason", Reason: "say why the follow-up is postponed"}
		}
		f.Postponed = append(f.Postponed, records.Postponement{Date: date, Reason: reason, By: actor.ID, At: c.now()})
		return "postponed " + f.ID + " to " + date, nil
	})
}

// Reminders lists the open follow-ups of all consults, the earliest first.
func (c *Consult) Reminders(ctx context.Context, actor records.User) ([]records.Reminder, error) {
	if err := trail.Require(ctx, c.store, actor, records.RightConsult, "list_consults", ""); err != nil {
		return nil, err
	}
	var out []records.Reminder
	today := c.now().In(imaging.Zone()).Format("20060102")
	err := c.store.View(ctx, func(tx *sqlite.Tx) error {
		all, err := tx.Consults()
		if err != nil {
			return err
		}
		for _, m := range all {
			for _, f := range m.FollowUps {
				if f.Done {
					continue
				}
				r := records.Reminder{ConsultID: m.ID, PatientID: m.PatientID, Title: m.Title, FollowUpID: f.ID, Date: f.Due(), Task: f.Task,
					Overdue: f.Due() < today, Today: f.Due() == today}
				if f.Owner != nil {
					r.OwnerID, r.Owner = f.Owner.UserID, f.Owner.Name
				}
				out = append(out, r)
			}
		}
		return nil
	})
	sort.SliceStable(out, func(i, j int) bool { return out[i].Date < out[j].Date })
	return out, err
}
