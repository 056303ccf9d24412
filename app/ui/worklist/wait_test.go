package worklist

import (
	"strings"
	"testing"
	"time"

	"longying/app/transfer"
	"longying/imaging"
	"longying/imaging/pacs"
)

func TestTheTownshipQueueIsInTheOrderInWhichSomebodyHasToCare(t *testing.T) {
	now := time.Date(2026, 11, 27, 12, 0, 0, 0, imaging.Zone())
	made := func(uid string, ago time.Duration) pacs.Study {
		return pacs.Study{UID: uid, Date: now.Add(-ago), Exact: true, Institution: "甲"}
	}
	day := func(uid string, back int) pacs.Study {
		return pacs.Study{UID: uid, Date: time.Date(2026, 11, 27-back, 0, 0, 0, 0, imaging.Zone()), Institution: "乙"}
	}
	studies := []pacs.Study{
		made("fresh", 5*time.Minute), made("late", 121*time.Minute), made("exactly", 2*time.Hour), made("half", time.Hour), made("later", 5*time.Hour),
		made("signed", 3*time.Hour), made("signed before", 26*time.Hour), made("ahead", -time.Hour), made("a little ahead", -time.Minute),
		{UID: "no date", Institution: "甲"}, day("today", 0), day("yesterday", 1), day("signed, day only", 1),
	}
	here := map[string]transfer.Here{"signed": {Instances: 1, Signed: now.Add(-2 * time.Hour)}, "signed before": {Signed: now.Add(-26*time.Hour + 90*time.Minute)},
		"signed, day only": {Signed: now}, "late": {Instances: 3}}
	got := waitingOf(studies, here, now, 2*time.Hour, "")
	want := []struct {
		uid   string
		level level
		took  time.Duration
	}{
		{"yesterday", overdue, 12 * time.Hour}, {"later", overdue, 5 * time.Hour}, {"late", overdue, 121 * time.Minute}, {"exactly", overdue, 2 * time.Hour},
		{"half", soon, time.Hour}, {"fresh", waits, 5 * time.Minute}, {"a little ahead", waits, 0}, {"today", waits, 0},
		{"no date", timeless, -1}, {"ahead", timeless, -time.Hour},
		{"signed", reported, time.Hour}, {"signed before", reported, 90 * time.Minute}, {"signed, day only", reported, 12 * time.Hour},
	}
	if len(got) != len(want) {
		t.Fatalf("%d studies", len(got))
	}
	for i, w := range want {
		if got[i].UID != w.uid || got[i].level != w.level || w.uid != "no date" && got[i].took != w.took {
			t.Errorf("place %d: %s, level %d, %s; want %s, level %d, %s", i, got[i].UID, got[i].level, got[i].took, w.uid, w.level, w.took)
		}
	}
	n, median := counts(got)
	if n != [5]int{4, 1, 3, 2, 3} || median != time.Hour {
		t.Errorf("counted %v, median %s", n, median)
	}
	if one := waitingOf(studies, here, now, 2*time.Hour, "乙"); len(one) != 3 {
		t.Errorf("%d studies of one site", len(one))
	}
	if s := strings.Join(sitesOf(studies), " "); s != "乙 甲" && s != "甲 乙" {
		t.Errorf("the sites are %q", s)
	}
	if clock(125*time.Minute+59*time.Second) != "2:05" {
		t.Error(clock(125 * time.Minute))
	}
}
