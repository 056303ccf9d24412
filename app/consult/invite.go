package consult

import (
	"context"
	"fmt"
	"strings"

	"longying/app/trail"
	"longying/records"
	"longying/records/sqlite"
)

// Invitations is the list of who is invited to a consult, to print or to read
// out over the telephone. It holds the patient's name: members have to know whom
// it is about.
type Invitations struct {
	ID       string           `json:"id"`
	Title    string           `json:"title"`
	Question string           `json:"question"`
	Patient  string           `json:"patient"`
	Sample   bool             `json:"sample,omitempty"`
	Schedule records.Schedule `json:"schedule"`
}

// Invitations is the list of a consult that is scheduled.
func (c *Consult) Invitations(ctx context.Context, actor records.User, id string) (out Invitations, err error) {
	defer trail.Outcome(ctx, c.store, actor, "print", id, &err)
	if err := trail.Require(ctx, c.store, actor, records.RightLeadConsult, "print", id); err != nil {
		return out, err
	}
	err = c.store.Update(ctx, func(tx *sqlite.Tx) error {
		m, err := tx.Consult(id)
		if err != nil {
			return fmt.Errorf("consult %s: %w", id, err)
		}
		s := m.Scheduled()
		if s == nil {
			return &records.RefusedError{Code: "consult_state_preparing", Reason: "consult " + id + " has no schedule yet; nobody can be invited"}
		}
		p, err := tx.Patient(m.PatientID)
		if err != nil {
			return err
		}
		out = Invitations{ID: m.ID, Title: m.Title, Question: m.Question, Patient: p.Name, Sample: p.Sample, Schedule: *s}
		return c.audit(tx, actor, "print", id, m.PatientID, fmt.Sprintf("invitations, %d members", len(s.Members)))
	})
	return out, err
}

// Text is the list in Chinese, one member a line, by discipline as scheduled.
func (v Invitations) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "多学科会诊邀请 %s\n%s\n", v.ID, v.Title)
	if v.Sample {
		b.WriteString("【样本数据，人物与病情均为虚构】\n")
	}
	fmt.Fprintf(&b, "患者：%s\n会诊目的：%s\n时间：%s\n地点：%s\n主持人：%s\n", v.Patient, v.Question, minute(v.Schedule.At), v.Schedule.Place, memberWords(v.Schedule.Chair))
	if v.Schedule.Reason != "" {
		fmt.Fprintf(&b, "【已改期】%s\n", v.Schedule.Reason)
	}
	b.WriteString("\n序号\t学科\t姓名\t医院\t通知时间\t签收\n")
	for i, x := range v.Schedule.Members {
		hospital := x.Hospital
		if hospital == "" {
			hospital = "本院"
		}
		fmt.Fprintf(&b, "%d\t%s\t%s\t%s\t\t\n", i+1, x.Discipline, x.Name, hospital)
	}
	return b.String()
}
