package cli

import (
	"context"
	"flag"
	"fmt"
	"strings"

	"longying/app/consult"
	"longying/imaging"
	"longying/records"
)

func cmdOutbox(ctx context.Context, c *call) error {
	verb, rest, err := c.verb("list", "send", "watch", "retry", "automatic", "destinations")
	if err != nil {
		return err
	}
	if verb == "destinations" {
		c.raw = rest
		return cmdDestinations(ctx, c)
	}
	switch verb {
	case "watch":
		return c.watchOutbox(ctx, rest)
	case "automatic":
		return c.automaticSending(ctx, rest)
	}
	var now bool
	if err := c.parse(rest, func(f *flag.FlagSet) {
		f.BoolVar(&now, "now", false, "send also what waits for its next try")
	}); err != nil {
		return err
	}
	if verb == "retry" {
		if err := c.want(1, "one delivery ID"); err != nil {
			return err
		}
	}
	s, actor, err := c.signIn(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	var list []records.Delivery
	var failed int
	switch verb {
	case "list":
		list, err = s.Delivery.Outbox(ctx, actor)
	case "send":
		send := s.Delivery.Send
		if now {
			send = s.Delivery.SendNow
		}
		res, serr := send(ctx, actor)
		list, err = res.Deliveries, serr
		failed = res.Waiting + res.Refused + res.Dead
	case "retry":
		if err := s.Delivery.Retry(ctx, actor, c.args[0]); err != nil {
			return about(err, "delivery", c.args[0], lookDeliveries)
		}
		list, err = s.Delivery.Outbox(ctx, actor)
	}
	if err != nil {
		return err
	}
	for _, d := range list {
		if verb == "retry" && d.ID != c.args[0] {
			continue
		}
		if c.json {
			if err := c.emit(d); err != nil {
				return err
			}
			continue
		}
		receipt := ""
		if d.Receipt != nil {
			receipt = "  receipt " + d.Receipt.Number
		}
		c.printf("%s  %s  attempts %d%s  %s\n", d.ID, d.State, d.Attempts, receipt, strings.Trim(d.LastError+"; "+d.Note, "; "))
	}
	if failed > 0 {
		return &partError{fmt.Sprintf("%d deliveries are not acknowledged yet", failed)}
	}
	return nil
}

func cmdConsult(ctx context.Context, c *call) error {
	verb, rest, err := c.verb(append(consultSteps(), "create", "add", "opinion", "decide", "follow", "pack", "open", "reply", "merge", "correlate", "done", "postpone", "due")...)
	if err != nil {
		return err
	}
	var title, question, study, finding, visit, name, discipline, text, date, task, out, passphraseFile, replaces, radiology, pathology, followUp string
	var dissent, discordant bool
	var steps flow
	var packing packFlags
	err = c.parse(rest, func(f *flag.FlagSet) {
		steps.define(f)
		f.StringVar(&title, "title", "", "")
		f.StringVar(&question, "question", "", "")
		f.StringVar(&study, "study", "", "study UID")
		f.StringVar(&finding, "finding", "", "finding UID")
		f.StringVar(&visit, "visit", "", "visit ID")
		f.StringVar(&name, "name", "", "the member")
		f.StringVar(&discipline, "discipline", "", "")
		f.StringVar(&text, "text", "", "")
		f.BoolVar(&dissent, "dissent", false, "")
		f.StringVar(&date, "date", "", "YYYYMMDD")
		f.StringVar(&task, "task", "", "")
		f.StringVar(&replaces, "replaces", "", "the opinion that this one replaces; both are kept")
		f.StringVar(&radiology, "radiology", "", "finding UID of an image")
		f.StringVar(&pathology, "pathology", "", "finding UID of a slide")
		f.BoolVar(&discordant, "discordant", false, "needs --text")
		f.StringVar(&followUp, "follow-up", "", "follow-up ID")
		f.StringVar(&out, "out", "", "pack or reply file")
		packing.define(f)
		f.StringVar(&passphraseFile, "passphrase-file", "", "file with the pack's passphrase")
	})
	if err != nil {
		return err
	}
	if verb == "due" {
		return c.consultsDue(ctx)
	}
	if err := c.want(1, "a patient, a consult or a pack file"); err != nil {
		return err
	}
	id := c.args[0]
	switch {
	case verb == "open":
		return c.openPack(ctx, id, passphraseFile)
	case verb == "add" && finding == "" && visit == "" && study == "" && steps.medication == "":
		return usagef("consult add needs --study, --finding, --visit or --medication")
	}
	s, actor, err := c.signIn(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	switch verb {
	case "reply":
		o := records.Opinion{Member: records.Member{Name: name, Discipline: discipline}, Text: text, Dissent: dissent, FindingUID: finding, Replaces: replaces}
		return c.replyToPack(ctx, s, actor, o, passphraseFile, out)
	case "merge":
		return c.mergeReply(ctx, s, actor, passphraseFile)
	case "checklist":
		return c.checklist(ctx, s, actor, id)
	case "invite":
		return c.invitations(ctx, s, actor, id)
	case "minutes":
		return c.minutes(ctx, s, actor, id, steps.lang, out)
	}
	var m records.Consult
	switch verb {
	case "create":
		m, err = s.Consult.Create(ctx, actor, id, title, question, nil)
	case "add":
		item := records.ConsultItem{Kind: "study", Title: title, FindingUID: finding, VisitID: visit}
		switch {
		case finding != "":
			item.Kind = "finding"
		case visit != "":
			item.Kind = "visit"
		case steps.medication != "":
			item.Kind, item.Note = "medication", steps.medication
			if title == "" {
				item.Title = "用药"
			}
		default:
			item.Ref = &imaging.Ref{StudyUID: study}
		}
		m, err = s.Consult.Add(ctx, actor, id, item)
	case "opinion":
		var password string
		if password, err = c.password(); err != nil {
			return err
		}
		m, err = s.Consult.Opine(ctx, actor, id, records.Opinion{Member: records.Member{Name: name, Discipline: discipline}, Text: text, Dissent: dissent, FindingUID: finding, Replaces: replaces}, password)
	case "decide":
		var r consult.Ruling
		if r, err = c.ruling(ctx, s, actor, id, text, finding, &steps); err == nil {
			m, err = s.Consult.Decide(ctx, actor, id, r)
		}
	case "follow":
		t := consult.Task{Date: date, Text: task}
		if t.Owner, err = owned(ctx, s, actor, steps.owner); err == nil {
			m, err = s.Consult.Follow(ctx, actor, id, t)
		}
	case "correlate":
		m, err = s.Consult.Correlate(ctx, actor, id, radiology, pathology, !discordant, text)
	case "done":
		m, err = s.Consult.Complete(ctx, actor, id, followUp, text)
	case "postpone":
		m, err = s.Consult.Postpone(ctx, actor, id, followUp, date, text)
	case "pack":
		return c.writePack(ctx, s, actor, packing, passphraseFile, out)
	default:
		m, err = c.consultStep(ctx, s, actor, verb, id, date, text, discordant, &steps)
	}
	switch {
	case err != nil && verb == "create":
		return about(err, "patient", id, lookPatients)
	case err != nil:
		return err // it names the consult, and the finding or study that is not there
	}
	if c.json {
		return c.emit(m)
	}
	c.printf("%s  %s  %s  %d items, %d opinions\n", m.ID, m.State, m.Title, len(m.Items), len(m.Opinions))
	return nil
}
