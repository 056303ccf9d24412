package consult

import (
	"testing"
	"time"

	"longying/app/consult"
	"longying/imaging"
	"longying/records"
)

func TestTheListShowsWhatIsMineTodaysAndOverdue(t *testing.T) {
	today := time.Date(2026, 12, 8, 8, 30, 0, 0, imaging.Zone())
	list := []records.Consult{
		{ID: "asked", CreatedBy: "me", State: records.ConsultPreparing},
		{ID: "member", Members: []records.Member{{UserID: "me"}}, State: records.ConsultClosed},
		{ID: "meets", State: records.ConsultScheduled, Schedules: []records.Schedule{{At: today, Chair: records.Member{UserID: "other"}}}},
		{ID: "met", State: records.ConsultMeeting, Schedules: []records.Schedule{{At: today}}},
		{ID: "task", State: records.ConsultFollowing},
		{ID: "late", State: records.ConsultFollowing},
		{ID: "gone", State: records.ConsultWithdrawn},
	}
	due := []records.Reminder{{ConsultID: "task", OwnerID: "me", Today: true}, {ConsultID: "late", OwnerID: "other", Overdue: true}}
	for f, want := range map[Filter]string{FilterAll: "asked member meets met task late gone ", FilterMine: "asked member task ",
		FilterToday: "meets task ", FilterOverdue: "late ", FilterOpen: "asked meets met task late "} {
		got := ""
		for _, m := range Shown(list, due, f, "me", "20261208") {
			got += m.ID + " "
		}
		if got != want {
			t.Errorf("filter %d shows %q, want %q", f, got, want)
		}
	}
}

func TestATaskALineNamesItsDayItsOwnerAndWhat(t *testing.T) {
	colleagues := []consult.Colleague{{UserID: "u1", Login: "wang", Name: "王理"}, {UserID: "u2", Login: "li1", Name: "李影"}, {UserID: "u3", Login: "li2", Name: "李影"}}
	got, bad := Tasks("2026-12-20，王理，免疫组化，加做TTF-1\n\n20270101, li2, CT\n20270101,外院张主任,电话随访", colleagues)
	if bad != "" || len(got) != 3 {
		t.Fatalf("%+v %q", got, bad)
	}
	want := []consult.Task{{Date: "20261220", Text: "免疫组化，加做TTF-1", Owner: records.Member{UserID: "u1", Name: "王理"}},
		{Date: "20270101", Text: "CT", Owner: records.Member{UserID: "u3", Name: "li2"}}, {Date: "20270101", Text: "电话随访", Owner: records.Member{Name: "外院张主任"}}}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%+v, want %+v", got[i], want[i])
		}
	}
	if _, bad := Tasks("明天复查", colleagues); bad != "明天复查" {
		t.Errorf("a line without day and owner was read: %q", bad)
	}
	if id := colleague(colleagues, "李影"); id != "" {
		t.Errorf("two of one name are %q", id)
	}
}

func TestAConsultOpensAtTheStepAtWhichItStands(t *testing.T) {
	want := map[string]int{records.ConsultRequested: pageRequest, records.ConsultPreparing: pagePrepare, records.ConsultScheduled: pageSchedule,
		records.ConsultMeeting: pageMeet, records.ConsultDecided: pageDecide, records.ConsultFollowing: pageFollow, records.ConsultClosed: pageFollow, records.ConsultWithdrawn: pageRequest}
	for _, s := range records.ConsultStates() {
		if got := PageOf(s); got != want[s] {
			t.Errorf("%s opens at %d, want %d", s, got, want[s])
		}
	}
}
