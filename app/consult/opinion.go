package consult

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"longying/app/trail"
	"longying/records"
	"longying/records/sqlite"
)

// Opine records what one member said. It never overwrites another opinion: one
// that names the version it replaces is kept beside it, and only who spoke or
// typed that version may replace it. A member who is a user gives it under their
// own password, whoever is signed in; for anybody else none is asked, and who
// typed it is kept.
func (c *Consult) Opine(ctx context.Context, actor records.User, id string, o records.Opinion, password string) (_ records.Consult, err error) {
	defer trail.Outcome(ctx, c.store, actor, "consult_opinion", id, &err)
	if err := trail.Require(ctx, c.store, actor, records.RightConsult, "consult_opinion", id); err != nil {
		return records.Consult{}, err
	}
	speaker, err := c.speaker(ctx, id, &o.Member)
	if err != nil {
		return records.Consult{}, err
	}
	o.EnteredBy, o.EnteredByName = actor.ID, actor.Name
	if speaker != nil {
		if err := c.reauthenticate(ctx, *speaker, password); err != nil {
			return records.Consult{}, err
		}
		o.EnteredBy, o.EnteredByName = speaker.ID, speaker.Name
	}
	return c.change(ctx, actor, id, records.RightConsult, records.StepOpine, "consult_opinion", func(tx *sqlite.Tx, m *records.Consult) (string, error) {
		if strings.TrimSpace(o.Text) == "" || o.Member.Name == "" {
			return "", &records.RefusedError{Code: "opinion_empty", Reason: "an opinion needs the member's name and a text"}
		}
		if speaker != nil {
			if err := trail.RequireIn(tx, *speaker, records.RightConsult); err != nil {
				return "", err
			}
		}
		o.ID, o.At, o.PackID, o.Received = newID("OP-"), c.now(), "", time.Time{}
		if o.Replaces != "" {
			before := find(m, o.Replaces)
			if before == nil || before.Member.Name != o.Member.Name || before.EnteredBy != o.EnteredBy && before.Member.UserID != o.EnteredBy {
				return "", &records.RefusedError{Code: "opinion_replaces", Args: []string{o.Replaces}, Reason: "opinion " + o.Replaces + " is not one that you gave or typed for this member in this consult; only its own author replaces it"}
			}
		}
		m.Opinions = append(m.Opinions, o)
		detail := fmt.Sprintf("dissent=%v", o.Dissent)
		if speaker != nil && speaker.ID != actor.ID {
			detail += " by " + speaker.ID // with their password, at somebody else's screen
		}
		return detail, nil
	})
}

// speaker is the user who an opinion is of: named by the ID, or the member of
// the consult of that name. Nil for somebody who is no user.
func (c *Consult) speaker(ctx context.Context, id string, who *records.Member) (*records.User, error) {
	var out *records.User
	err := c.store.View(ctx, func(tx *sqlite.Tx) error {
		m, err := tx.Consult(id)
		if err != nil {
			return fmt.Errorf("consult %s: %w", id, err)
		}
		var known []records.Member
		for _, x := range m.Members {
			if x.Name == who.Name && (who.UserID == "" || x.UserID == who.UserID) && (who.Hospital == "" || x.Hospital == who.Hospital) {
				known = append(known, x)
			}
		}
		if len(known) > 1 {
			return &records.RefusedError{Code: "member_ambiguous", Args: []string{who.Name}, Reason: "two members of this consult are called " + who.Name + "; choose the one in the list"}
		}
		if len(known) == 1 {
			who.UserID, who.Hospital = known[0].UserID, known[0].Hospital
			if who.Discipline == "" {
				who.Discipline = known[0].Discipline
			}
		}
		if who.UserID == "" {
			return nil
		}
		if out, err = tx.User(who.UserID); errors.Is(err, records.ErrNotFound) {
			return &records.RefusedError{Code: "member_unknown", Args: []string{who.Name}, Reason: who.Name + " is no user of this station"}
		}
		return err
	})
	return out, err
}
