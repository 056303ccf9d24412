package consult

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"longying/app/trail"
	"longying/imaging"
	"longying/records"
	"longying/records/sqlite"
)

// Accept takes a request on: whoever does so leads the consult until a chair is
// named.
func (c *Consult) Accept(ctx context.Context, actor records.User, id string) (records.Consult, error) {
	return c.change(ctx, actor, id, records.RightLeadConsult, records.StepAccept, "consult_accept", func(*sqlite.Tx, *records.Consult) (string, error) { return "", nil })
}

// Plan is a schedule to be.
type Plan struct {
	At      time.Time
	Place   string
	Chair   string // user ID, one of the members
	Members []records.Member
	Reason  string // where it replaces an earlier schedule
}

// Schedule sets date, place, chair and members. Set again it says why, and the
// schedule before stays.
func (c *Consult) Schedule(ctx context.Context, actor records.User, id string, p Plan) (records.Consult, error) {
	return c.change(ctx, actor, id, records.RightLeadConsult, records.StepSchedule, "consult_schedule", func(tx *sqlite.Tx, m *records.Consult) (string, error) {
		now := c.now()
		s := records.Schedule{At: p.At, Place: strings.TrimSpace(p.Place), Reason: strings.TrimSpace(p.Reason), By: actor.ID, ByName: actor.Name, Set: now}
		day := func(t time.Time) string { return t.In(imaging.Zone()).Format("20060102") }
		switch {
		case p.At.IsZero() || day(p.At) < day(now):
			return "", &records.RefusedError{Code: "schedule_past", Reason: "a consult is scheduled for today or later"}
		case s.Place == "":
			return "", &records.RefusedError{Code: "schedule_place", Reason: "say where the consult meets"}
		case m.Scheduled() != nil && s.Reason == "":
			return "", &records.RefusedError{Code: "schedule_reason", Reason: "the consult was scheduled before; say why it is moved"}
		}
		seen := map[string]bool{}
		disciplines := map[string]bool{}
		for _, x := range p.Members {
			x, err := member(tx, x)
			if err != nil {
				return "", err
			}
			if x.Discipline == "" {
				return "", &records.RefusedError{Code: "member_discipline", Args: []string{x.Name}, Reason: "say for which discipline " + x.Name + " takes part"}
			}
			if x.UserID == "" && x.Hospital == "" {
				return "", &records.RefusedError{Code: "member_hospital", Args: []string{x.Name}, Reason: x.Name + " is no user of this station; say of which hospital"}
			}
			key := x.UserID
			if key == "" {
				key = x.Name + "\x00" + x.Hospital
			}
			if seen[key] {
				return "", &records.RefusedError{Code: "member_twice", Args: []string{x.Name}, Reason: x.Name + " is among the members twice"}
			}
			seen[key] = true
			disciplines[x.Discipline] = true
			if x.UserID != "" && x.UserID == p.Chair {
				s.Chair = x
			}
			s.Members = append(s.Members, x)
		}
		if len(disciplines) < 2 {
			return "", &records.RefusedError{Code: "schedule_members", Reason: "a consult needs members of at least two disciplines"}
		}
		if s.Chair.UserID == "" {
			return "", &records.RefusedError{Code: "schedule_chair", Reason: "the chair is one of the members and a user of this station, who decides under their own name"}
		}
		m.Schedules = append(m.Schedules, s)
		m.Members = s.Members
		return fmt.Sprintf("%s, %d members", s.At.In(imaging.Zone()).Format("2006-01-02 15:04"), len(s.Members)), nil
	})
}

// member is a user who may take part in consults, by ID, with the name that the
// record has; or somebody else by name.
func member(tx *sqlite.Tx, x records.Member) (records.Member, error) {
	x.Name, x.Discipline, x.Hospital = strings.TrimSpace(x.Name), strings.TrimSpace(x.Discipline), strings.TrimSpace(x.Hospital)
	if x.UserID == "" {
		if x.Name == "" {
			return x, &records.RefusedError{Code: "member_name", Reason: "a member has no name"}
		}
		return x, nil
	}
	u, err := tx.User(x.UserID)
	if errors.Is(err, records.ErrNotFound) {
		return x, &records.RefusedError{Code: "member_unknown", Args: []string{x.Name}, Reason: x.Name + " is no user of this station"}
	}
	if err != nil {
		return x, err
	}
	if u.Locked || !u.Role.May(records.RightConsult) {
		return x, &records.RefusedError{Code: "member_may_not", Args: []string{u.Name}, Reason: u.Name + " may not take part in consults: the account is locked or its role has no right to"}
	}
	x.Name, x.Hospital = u.Name, ""
	return x, nil
}

// Colleague is a user who may take part in a consult.
type Colleague struct {
	UserID string       `json:"user_id"`
	Login  string       `json:"login"`
	Name   string       `json:"name"`
	Role   records.Role `json:"role"`
}

// Colleagues lists the users who may be members.
func (c *Consult) Colleagues(ctx context.Context, actor records.User) ([]Colleague, error) {
	if err := trail.Require(ctx, c.store, actor, records.RightConsult, "list_consults", ""); err != nil {
		return nil, err
	}
	var out []Colleague
	err := c.store.View(ctx, func(tx *sqlite.Tx) error {
		users, err := tx.Users()
		for _, u := range users {
			if !u.Locked && u.Role.May(records.RightConsult) {
				out = append(out, Colleague{UserID: u.ID, Login: u.Login, Name: u.Name, Role: u.Role})
			}
		}
		return err
	})
	return out, err
}

// Begin opens the meeting. What of the checklist is missing has to be named in
// without; it stays in the minutes. present names the members who are there.
func (c *Consult) Begin(ctx context.Context, actor records.User, id string, without, present []string) (records.Consult, error) {
	return c.change(ctx, actor, id, records.RightLeadConsult, records.StepBegin, "consult_begin", func(tx *sqlite.Tx, m *records.Consult) (string, error) {
		list, err := c.checklist(tx, m, actor)
		if err != nil {
			return "", err
		}
		missing := records.Missing(list)
		if err := records.Named(missing, without); err != nil {
			return "", err
		}
		for _, name := range present {
			known := false
			for _, x := range m.Members {
				known = known || x.Name == name
			}
			if !known {
				return "", &records.RefusedError{Code: "present_unknown", Args: []string{name}, Reason: name + " is no member of this consult"}
			}
		}
		m.Meeting = &records.Meeting{Present: present, Missing: missing, By: actor.ID, ByName: actor.Name, At: c.now()}
		return fmt.Sprintf("%d missing", len(missing)), nil
	})
}

// Withdraw takes a consult back before its decision, with a reason.
func (c *Consult) Withdraw(ctx context.Context, actor records.User, id, reason string) (records.Consult, error) {
	return c.change(ctx, actor, id, records.RightConsult, records.StepWithdraw, "consult_withdraw", func(tx *sqlite.Tx, m *records.Consult) (string, error) {
		if m.CreatedBy != actor.ID {
			if err := chair(tx, m, actor); err != nil {
				return "", err
			}
		}
		if reason = strings.TrimSpace(reason); reason == "" {
			return "", &records.RefusedError{Code: "withdraw_reason", Reason: "say why the consult is withdrawn"}
		}
		m.Enter(records.StepWithdraw, actor, c.now(), reason)
		return "", nil
	})
}
