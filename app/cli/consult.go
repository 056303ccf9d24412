package cli

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"

	"longying/app/consult"
	"longying/app/station"
	"longying/imaging"
	"longying/records"
)

// flow is what the steps of a consult are told on the command line.
type flow struct {
	clock, place, chair, item, missing, present, done, happened, medication, owner, lang string
	needed                                                                               bool
	members, guests, tasks                                                               []string
}

func (o *flow) define(f *flag.FlagSet) {
	f.StringVar(&o.clock, "time", "", "HH:MM of the meeting")
	f.StringVar(&o.place, "place", "", "of the meeting")
	f.StringVar(&o.chair, "chair", "", "login of the chair")
	f.StringVar(&o.item, "item", "", "of the checklist")
	f.BoolVar(&o.needed, "needed", false, "the item is needed after all")
	f.StringVar(&o.missing, "missing", "", "ITEM,ITEM: what is missing and known to be")
	f.StringVar(&o.present, "present", "", "NAME,NAME: who is there")
	f.StringVar(&o.done, "done", "", "what was done")
	f.StringVar(&o.happened, "happened", "", "what came of it")
	f.StringVar(&o.medication, "medication", "", "what the patient takes")
	f.StringVar(&o.lang, "lang", "zh", "of the minutes: zh or en")
	f.StringVar(&o.owner, "owner", "", "login or name of who answers for the task")
	for name, into := range map[string]*[]string{"member": &o.members, "guest": &o.guests, "do": &o.tasks} {
		f.Func(name, map[string]string{"member": "LOGIN,DISCIPLINE", "guest": "NAME,DISCIPLINE,HOSPITAL", "do": "YYYYMMDD,OWNER,TASK"}[name],
			func(s string) error { *into = append(*into, s); return nil })
	}
}

// steps are the verbs that consultStep knows.
func consultSteps() []string {
	return []string{"accept", "checklist", "excuse", "schedule", "invite", "minutes", "begin", "outcome", "close", "withdraw"}
}

// owned is a task's owner: a colleague by login, or somebody else by name.
func owned(ctx context.Context, s *station.Station, actor records.User, who string) (records.Member, error) {
	if who == "" {
		return records.Member{}, nil
	}
	list, err := s.Consult.Colleagues(ctx, actor)
	for _, x := range list {
		if x.Login == who {
			return records.Member{UserID: x.UserID, Name: x.Name}, nil
		}
	}
	return records.Member{Name: who}, err
}

// ruling is a decision as the command line tells it. In writing it goes on
// without what the checklist lacks, and says so.
func (c *call) ruling(ctx context.Context, s *station.Station, actor records.User, id, text, findings string, o *flow) (r consult.Ruling, err error) {
	r.Text = text
	if findings != "" {
		r.Findings = strings.Split(findings, ",")
	}
	for _, t := range o.tasks {
		part := strings.SplitN(t, ",", 3)
		if len(part) != 3 {
			return r, usagef("--do wants YYYYMMDD,OWNER,TASK, not %q", t)
		}
		owner, err := owned(ctx, s, actor, part[1])
		if err != nil {
			return r, err
		}
		r.Tasks = append(r.Tasks, consult.Task{Date: part[0], Owner: owner, Text: part[2]})
	}
	m, err := s.Consult.Get(ctx, actor, id)
	if err != nil || m.State == records.ConsultMeeting {
		return r, err
	}
	list, err := s.Consult.Checklist(ctx, actor, id)
	for _, x := range records.Missing(list) {
		r.Without = append(r.Without, x.Item)
	}
	if len(r.Without) > 0 && !c.json { // the JSON has it in the decision
		c.printf("in writing, without a meeting and without: %s\n", strings.Join(r.Without, ", "))
	}
	return r, err
}

// consultStep does one step of the flow that the contract does not name.
func (c *call) consultStep(ctx context.Context, s *station.Station, actor records.User, verb, id, date, text string, discordant bool, o *flow) (m records.Consult, err error) {
	switch verb {
	case "accept":
		return s.Consult.Accept(ctx, actor, id)
	case "excuse":
		return s.Consult.Excuse(ctx, actor, id, o.item, text, o.needed)
	case "begin":
		return s.Consult.Begin(ctx, actor, id, fields(o.missing), fields(o.present))
	case "outcome":
		return s.Consult.Compare(ctx, actor, id, consult.Comparison{Done: o.done, Happened: o.happened, Concordant: !discordant, Comment: text})
	case "close":
		return s.Consult.Close(ctx, actor, id)
	case "withdraw":
		return s.Consult.Withdraw(ctx, actor, id, text)
	}
	at, err := time.ParseInLocation("20060102 15:04", date+" "+o.clock, imaging.Zone())
	if err != nil {
		return m, usagef("consult schedule needs --date YYYYMMDD --time HH:MM")
	}
	p := consult.Plan{At: at, Place: o.place, Reason: text}
	list, err := s.Consult.Colleagues(ctx, actor)
	if err != nil {
		return m, err
	}
	for _, spec := range o.members {
		login, discipline, _ := strings.Cut(spec, ",")
		x := records.Member{UserID: login, Name: login, Discipline: discipline}
		for _, u := range list {
			if u.Login == login {
				x.UserID = u.UserID
			}
		}
		if login == o.chair {
			p.Chair = x.UserID
		}
		p.Members = append(p.Members, x)
	}
	for _, spec := range o.guests {
		part := strings.SplitN(spec, ",", 3)
		if len(part) != 3 {
			return m, usagef("--guest wants NAME,DISCIPLINE,HOSPITAL, not %q", spec)
		}
		p.Members = append(p.Members, records.Member{Name: part[0], Discipline: part[1], Hospital: part[2]})
	}
	return s.Consult.Schedule(ctx, actor, id, p)
}

func fields(s string) []string {
	var out []string
	for _, x := range strings.Split(s, ",") {
		if x = strings.TrimSpace(x); x != "" {
			out = append(out, x)
		}
	}
	return out
}

// checklist prints what a consult lacks. Exit 3 where something is missing.
func (c *call) checklist(ctx context.Context, s *station.Station, actor records.User, id string) error {
	list, err := s.Consult.Checklist(ctx, actor, id)
	if err != nil {
		return err
	}
	for _, x := range list {
		if c.json {
			if err := c.emit(x); err != nil {
				return err
			}
			continue
		}
		more := ""
		if x.Excuse != nil {
			more = "  " + x.Excuse.Reason + " (" + x.Excuse.ByName + ")"
		}
		if x.Unread > 0 {
			more += fmt.Sprintf("  %d answers of models hidden until your first read", x.Unread)
		}
		if len(x.Studies) > 0 {
			more += "  " + strings.Join(x.Studies, " ")
		}
		c.printf("%-16s  %s  %d%s\n", x.Item, x.State, x.Count, more)
	}
	if n := len(records.Missing(list)); n > 0 {
		return &partError{fmt.Sprintf("%d items are missing", n)}
	}
	return nil
}

// invitations prints the list of who is invited.
func (c *call) invitations(ctx context.Context, s *station.Station, actor records.User, id string) error {
	list, err := s.Consult.Invitations(ctx, actor, id)
	if err != nil {
		return err
	}
	if c.json {
		return c.emit(list)
	}
	c.printf("%s", list.Text())
	return nil
}

// minutes prints the minutes of a consult; before its decision they are a draft.
func (c *call) minutes(ctx context.Context, s *station.Station, actor records.User, id, lang, out string) error {
	if out == "" {
		return usagef("consult minutes needs --out PDF")
	}
	data, err := s.PrintMinutes(ctx, actor, id, lang)
	if err != nil {
		return err
	}
	if err := os.WriteFile(out, data, 0o600); err != nil {
		return fmt.Errorf("the minutes were not written: %w", err)
	}
	if c.json {
		return c.emit(map[string]any{"consult": id, "path": out, "bytes": len(data)})
	}
	c.printf("%s\n", out)
	return nil
}
