package consult

import (
	"context"
	"fmt"
	"strings"
	"time"

	"longying/records"
	"longying/records/sqlite"
)

// Ruling is what the chair decides.
type Ruling struct {
	Text     string
	Findings []string // FindingUIDs that it rests on
	Tasks    []Task
	// Without names what of the checklist is missing where it is decided in
	// writing, without a meeting.
	Without []string
}

// Task is something that has to be done by a day, and who answers for it.
type Task struct {
	Date  string // YYYYMMDD
	Text  string
	Owner records.Member
}

// chair refuses everybody but the chair.
func chair(tx *sqlite.Tx, m *records.Consult, actor records.User) error {
	id := m.ChairID()
	if id == actor.ID {
		return nil
	}
	name := id
	if u, err := tx.User(id); err == nil {
		name = u.Name
	}
	return &records.RefusedError{Code: "not_chair", Args: []string{name}, Reason: "only the chair of this consult, " + name + ", decides and closes it"}
}

// Decide records the decision of the chair, with its tasks. It needs at least
// one opinion, and every finding it rests on must be among the consult's items.
// Without a meeting it is a decision in writing, and what is missing of the
// checklist has to be named as before a meeting.
func (c *Consult) Decide(ctx context.Context, actor records.User, id string, r Ruling) (records.Consult, error) {
	return c.change(ctx, actor, id, records.RightConsult, records.StepDecide, "consult_decide", func(tx *sqlite.Tx, m *records.Consult) (string, error) {
		if err := chair(tx, m, actor); err != nil {
			return "", err
		}
		if strings.TrimSpace(r.Text) == "" {
			return "", &records.RefusedError{Code: "decision_empty", Reason: "the decision has no text"}
		}
		if len(m.Opinions) == 0 {
			return "", &records.RefusedError{Code: "no_opinion", Reason: "nobody has given an opinion yet; a decision needs at least one"}
		}
		for _, uid := range r.Findings {
			known := false
			for _, it := range m.Items {
				known = known || it.FindingUID == uid
			}
			if !known {
				return "", &records.RefusedError{Code: "finding_not_laid", Args: []string{uid}, Reason: "finding " + uid + " was not laid before the consult; add it first"}
			}
		}
		now := c.now()
		d := records.Decision{Text: r.Text, Findings: r.Findings, By: actor.ID, ByName: actor.Name, At: now}
		if m.State != records.ConsultMeeting {
			list, err := c.checklist(tx, m, actor)
			if err != nil {
				return "", err
			}
			d.Written, d.Missing = true, records.Missing(list)
			if err := records.Named(d.Missing, r.Without); err != nil {
				return "", err
			}
		}
		var tasks []records.FollowUp
		for _, t := range r.Tasks {
			f, err := c.task(tx, actor, t, true)
			if err != nil {
				return "", err
			}
			f.At = now
			tasks = append(tasks, f)
		}
		m.Decision = &d
		if len(tasks) > 0 {
			m.Enter(records.StepDecide, actor, now, "")
			m.FollowUps = append(m.FollowUps, tasks...)
			m.Enter(records.StepFollow, actor, now, "")
		}
		return fmt.Sprintf("written=%v, %d missing, %d tasks", d.Written, len(d.Missing), len(tasks)), nil
	})
}

// task is an open follow-up; its owner, where one is needed or named, is a user
// who may take part in consults, or somebody by name.
func (c *Consult) task(tx *sqlite.Tx, actor records.User, t Task, owned bool) (f records.FollowUp, err error) {
	if _, err := time.Parse("20060102", t.Date); err != nil {
		return f, &records.RefusedError{Code: "follow_date", Reason: fmt.Sprintf("%q is not a date (YYYYMMDD)", t.Date)}
	}
	if strings.TrimSpace(t.Text) == "" {
		return f, &records.RefusedError{Code: "follow_task", Reason: "a follow-up date needs a task"}
	}
	f = records.FollowUp{ID: newID("FU-"), Date: t.Date, Task: strings.TrimSpace(t.Text), By: actor.ID, At: c.now()}
	if t.Owner.UserID == "" && strings.TrimSpace(t.Owner.Name) == "" {
		if owned {
			return f, &records.RefusedError{Code: "task_owner", Args: []string{f.Task}, Reason: "the task " + f.Task + " has no owner; say who answers for it"}
		}
		return f, nil
	}
	owner, err := member(tx, t.Owner)
	f.Owner = &owner
	return f, err
}

// Follow adds a follow-up date with its task. Without an owner it is the chair's.
func (c *Consult) Follow(ctx context.Context, actor records.User, id string, t Task) (records.Consult, error) {
	return c.change(ctx, actor, id, records.RightLeadConsult, records.StepFollow, "consult_follow", func(tx *sqlite.Tx, m *records.Consult) (string, error) {
		if t.Owner.UserID == "" && strings.TrimSpace(t.Owner.Name) == "" {
			t.Owner.UserID = m.ChairID()
		}
		f, err := c.task(tx, actor, t, true)
		if err != nil {
			return "", err
		}
		m.FollowUps = append(m.FollowUps, f)
		return t.Date, nil
	})
}

// Comparison is what was done and what happened after a decision.
type Comparison struct {
	Done, Happened string
	Concordant     bool // with what was decided
	Comment        string
}

// Compare records the outcome of a consult beside its decision; where they do
// not agree a comment says why. An earlier outcome stays.
func (c *Consult) Compare(ctx context.Context, actor records.User, id string, x Comparison) (records.Consult, error) {
	return c.change(ctx, actor, id, records.RightLeadConsult, records.StepOutcome, "consult_outcome", func(_ *sqlite.Tx, m *records.Consult) (string, error) {
		done, happened, comment := strings.TrimSpace(x.Done), strings.TrimSpace(x.Happened), strings.TrimSpace(x.Comment)
		if done == "" || happened == "" {
			return "", &records.RefusedError{Code: "outcome_empty", Reason: "an outcome says what was done and what happened"}
		}
		if !x.Concordant && comment == "" {
			return "", &records.RefusedError{Code: "outcome_comment", Reason: "an outcome that does not agree with the decision needs a comment"}
		}
		m.Outcomes = append(m.Outcomes, records.Outcome{ID: newID("OC-"), Done: done, Happened: happened, Concordant: x.Concordant, Comment: comment,
			By: actor.ID, ByName: actor.Name, At: c.now()})
		return fmt.Sprintf("concordant=%v", x.Concordant), nil
	})
}

// Close ends a consult: the chair alone, once its outcome is recorded and none
// of its tasks is open.
func (c *Consult) Close(ctx context.Context, actor records.User, id string) (records.Consult, error) {
	return c.change(ctx, actor, id, records.RightConsult, records.StepClose, "consult_close", func(tx *sqlite.Tx, m *records.Consult) (string, error) {
		if err := chair(tx, m, actor); err != nil {
			return "", err
		}
		if open := m.Open(); len(open) > 0 {
			return "", &records.RefusedError{Code: "close_open", Args: []string{fmt.Sprint(len(open)), open[0].Task},
				Reason: fmt.Sprintf("%d tasks are open (%s ...): complete them first, with what came of them", len(open), open[0].Task)}
		}
		if m.Outcome() == nil {
			return "", &records.RefusedError{Code: "close_outcome", Reason: "record the outcome first: what was done, what happened, and whether it agrees with the decision"}
		}
		return "", nil
	})
}
