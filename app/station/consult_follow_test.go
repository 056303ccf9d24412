package station

import (
	"testing"
	"time"

	"longying/app/consult"
	"longying/imaging"
	"longying/records"
)

func TestAFollowUpComesBackUntilItIsDoneAndItsEarlierDatesStay(t *testing.T) {
	b := newBench(t)
	f := b.proposal()
	_, err := b.Reading.Confirm(b.ctx, b.radiologist, f.UID)
	b.must(err)
	m, err := b.Consult.Create(b.ctx, b.radiologist, b.film.PatientID, "题", "问", nil)
	b.must(err)
	m, err = b.Consult.Add(b.ctx, b.radiologist, m.ID, records.ConsultItem{Kind: "finding", FindingUID: f.UID})
	b.must(err)

	// A correlation joins an image and a slide, both laid before the consult.
	_, err = b.Consult.Correlate(b.ctx, b.radiologist, m.ID, f.UID, f.UID, true, "")
	b.refused("correlate_sides", err)
	_, err = b.Consult.Correlate(b.ctx, b.radiologist, m.ID, f.UID, "2.25.1", true, "")
	b.refused("finding_not_laid", err)

	_, err = b.Consult.Opine(b.ctx, b.radiologist, m.ID, records.Opinion{Member: records.Member{Name: "甲"}, Text: "随访"}, "")
	b.must(err)
	_, err = b.Consult.Decide(b.ctx, b.radiologist, m.ID, consult.Ruling{Text: "随访", Without: records.CheckItems()})
	b.must(err)
	yesterday := time.Now().In(imaging.Zone()).AddDate(0, 0, -1).Format("20060102")
	m, err = b.Consult.Follow(b.ctx, b.radiologist, m.ID, consult.Task{Date: yesterday, Text: "复查"})
	b.must(err)
	id := m.FollowUps[0].ID
	due := func(want int) []records.Reminder {
		t.Helper()
		out, err := b.Consult.Reminders(b.ctx, b.radiologist)
		b.must(err)
		if len(out) != want {
			t.Fatalf("%d reminders, want %d", len(out), want)
		}
		return out
	}
	if r := due(1)[0]; !r.Overdue || r.Date != yesterday || r.ConsultID != m.ID {
		t.Errorf("%+v", r)
	}
	_, err = b.Consult.Postpone(b.ctx, b.radiologist, m.ID, id, yesterday, "外出")
	b.refused("follow_later", err)
	_, err = b.Consult.Postpone(b.ctx, b.radiologist, m.ID, id, "29990101", " ")
	b.refused("follow_reason", err)
	m, err = b.Consult.Postpone(b.ctx, b.radiologist, m.ID, id, "29990101", "外出")
	b.must(err)
	if r := due(1)[0]; r.Overdue || r.Date != "29990101" || m.FollowUps[0].Date != yesterday {
		t.Errorf("%+v, %+v", r, m.FollowUps[0])
	}
	_, err = b.Consult.Complete(b.ctx, b.radiologist, m.ID, id, "")
	b.refused("follow_outcome", err)
	m, err = b.Consult.Complete(b.ctx, b.radiologist, m.ID, id, "病灶吸收")
	b.must(err)
	due(0)
	if g := m.FollowUps[0]; !g.Done || g.Outcome != "病灶吸收" || len(g.Postponed) != 1 {
		t.Errorf("%+v", g)
	}
	_, err = b.Consult.Complete(b.ctx, b.radiologist, m.ID, id, "另一结果")
	b.refused("follow_done", err)
}
