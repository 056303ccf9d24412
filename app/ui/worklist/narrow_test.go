package worklist

import (
	"fmt"
	"testing"
	"time"

	"longying/app/ui/lang"
	"longying/imaging"
	"longying/records"
)

func TestEachFilterLeavesOutWhatItShould(t *testing.T) {
	now := time.Date(2026, 9, 22, 12, 0, 0, 0, imaging.Zone())
	standings := map[string]records.Progress{
		"1": {Stage: records.StudySigned, Signed: now.Add(-time.Hour)},
		"2": {Stage: records.StudyNew, Critical: true},
		"3": {Stage: records.StudyDraft},
	}
	list := studies()
	list[0].BodyPart, list[1].BodyPart, list[2].Description = "CHEST", "LUNG", "头部CT平扫"
	list[0].ImportedAt = now.Add(-time.Hour * 100)
	list[1].ImportedAt = now.Add(-time.Hour)
	list[2].ImportedAt = now.Add(-records.ReportDue - time.Minute)
	for _, c := range []struct {
		n    narrowing
		want string
	}{
		{narrowing{}, "123"}, {narrowing{review: true}, "3"}, {narrowing{modality: "SM"}, "2"}, {narrowing{stage: records.StudyDraft}, "3"},
		{narrowing{critical: true}, "2"}, {narrowing{days: 1}, "2"}, {narrowing{days: 7}, "12"}, {narrowing{days: 30}, "123"},
		{narrowing{part: "CHEST"}, "12"}, {narrowing{part: "HEAD"}, "3"}, {narrowing{part: "ARM"}, ""}, {narrowing{mine: true}, "1"},
		{narrowing{mine: true, part: "HEAD"}, ""}, {narrowing{overdue: true}, "3"}, {narrowing{modality: "SM", stage: records.StudyDraft}, ""},
	} {
		got := ""
		for i := range list {
			if c.n.shows(&list[i], besides{standings, map[string]bool{"1": true}, partsOf(list)}, now) {
				got += list[i].StudyUID
			}
		}
		if got != c.want {
			t.Errorf("%+v shows %s, want %s", c.n, got, c.want)
		}
	}
}

func TestAnOverdueStudySaysSoInWordsUntilItIsSigned(t *testing.T) {
	l, err := lang.New(lang.Chinese)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 9, 22, 12, 0, 0, 0, time.UTC)
	ex := records.Examination{ImportedAt: now.Add(-30 * time.Hour)}
	for _, c := range []struct {
		s    records.Progress
		want string
	}{
		{records.Progress{}, "逾期 30 小时"},
		{records.Progress{Signed: ex.ImportedAt.Add(20 * time.Minute)}, "20 分钟"},
		{records.Progress{Signed: ex.ImportedAt.Add(50 * time.Hour)}, "2 天"},
	} {
		if got := turnaroundWords(l, &ex, c.s, now); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

// BenchmarkArrange is what a change of the filter or the order costs the UI
// goroutine with 10,000 studies: by date, by name, by stage, and with a filter of
// stage, days and modality.
func BenchmarkArrange(b *testing.B) {
	l, err := lang.New(lang.Chinese)
	if err != nil {
		b.Fatal(err)
	}
	var all []records.Examination
	standings := map[string]records.Progress{}
	now := time.Now()
	for i := range 10_000 {
		ex := studies()[i%3]
		ex.StudyUID = fmt.Sprint(i)
		ex.Date = ex.Date.Add(time.Duration(i*7919%100_000) * time.Minute)
		ex.Header.Display += fmt.Sprint(i * 7919 % 10_000)
		all = append(all, ex)
		standings[ex.StudyUID] = records.Progress{Stage: records.StudyStages()[i%6]}
	}
	known := besides{standings, nil, partsOf(all)}
	for _, c := range []struct {
		name string
		by   order
		of   narrowing
	}{
		{"date", order{column: 3, down: true}, narrowing{}},
		{"name", order{}, narrowing{}},
		{"stage", order{column: columnStage}, narrowing{}},
		{"filtered", order{column: 3, down: true}, narrowing{stage: records.StudyDraft, days: 30, modality: "CR"}},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				c.by.sorted(l, all, c.of, known, now)
				modalitiesOf(all)
			}
		})
	}
}

func TestWhatAPersonReadsIsKeptForThemAloneAndWhatTheyAskedForAtAMomentIsNot(t *testing.T) {
	n := narrowing{modality: "CT", part: "CHEST", mine: true, review: true, days: 1, stage: records.StudyDraft, critical: true}
	left := n.kept("zhang")
	if got, want := keptOf(left, "zhang"), (narrowing{modality: "CT", part: "CHEST", mine: true}); got != want {
		t.Errorf("at the next start %+v, want %+v", got, want)
	}
	for _, other := range []string{"li", ""} {
		if got := keptOf(left, other); got.any() {
			t.Errorf("%q finds %+v", other, got)
		}
	}
	left.Part = "TAIL" // of a file that was edited
	if got := keptOf(left, "zhang"); got.part != "" {
		t.Errorf("%+v", got)
	}
}

func TestAFilterInForceIsNamedInWords(t *testing.T) {
	l, err := lang.New(lang.English)
	if err != nil {
		t.Fatal(err)
	}
	for want, n := range map[string]narrowing{
		"": {}, "CT, mine": {modality: "CT", mine: true}, "chest, today": {part: "CHEST", days: 1},
		"overdue": {overdue: true}, "last 7 days, Draft, critical": {days: 7, stage: records.StudyDraft, critical: true},
	} {
		if got := n.words(l); got != want || (got != "") != n.any() {
			t.Errorf("%+v is %q, want %q", n, got, want)
		}
	}
}
