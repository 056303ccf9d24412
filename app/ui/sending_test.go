package ui

import (
	"testing"
	"time"

	"fyne.io/fyne/v2/widget"

	"longying/app/delivery"
	"longying/app/ui/lang"
	"longying/app/ui/workspace"
	"longying/imaging"
)

func TestTheStatusBarSaysWhatWaitsToBeSentAndWhy(t *testing.T) {
	l, err := lang.New("")
	if err != nil {
		t.Fatal(err)
	}
	since := time.Date(2026, 11, 6, 8, 0, 0, 0, imaging.Zone())
	for _, x := range []struct {
		name   string
		st     delivery.Standing
		zh, en string
		weight widget.Importance
	}{
		{"nothing waits", delivery.Standing{}, "待上传 0", "Outbox 0", widget.LowImportance},
		{"sending", delivery.Standing{Waiting: 9, Sending: true, Done: 3, Total: 9}, "正在上传 3/9", "Sending 3/9", widget.LowImportance},
		{"away", delivery.Standing{Waiting: 9, Away: []string{"省平台"}, Since: since}, "待上传 9 · 11-06 08:00 起离线", "Outbox 9 · offline since 11-06 08:00", widget.MediumImportance},
		{"off", delivery.Standing{Waiting: 9, Off: true}, "待上传 9（自动上传已关）", "Outbox 9 (automatic sending is off)", widget.WarningImportance},
		{"care", delivery.Standing{Waiting: 1, Care: 2}, "待上传 1 · 上传需处理 2", "Outbox 1 · attention 2", widget.WarningImportance},
	} {
		for code, want := range map[lang.Code]string{lang.Chinese: x.zh, lang.English: x.en} {
			l.Set(code)
			if got, weight := outboxWords(l, x.st); got != want || weight != x.weight {
				t.Errorf("%s: %q in weight %v, want %q", x.name, got, weight, want)
			}
		}
	}
}

func TestARoundThatEndedIsToldToTheRoomsOnce(t *testing.T) {
	s, _, _, _ := opened(t)
	changed := 0
	workspace.On(s.ws, func(workspace.OutboxChanged) { changed++ })
	told := teller(s.ws)
	told(delivery.Standing{Waiting: 2})
	if changed != 0 {
		t.Error("nothing was sent")
	}
	told(delivery.Standing{Waiting: 2, Sending: true, Total: 2})
	told(delivery.Standing{Waiting: 2, Sending: true, Done: 1, Total: 2})
	if s.status.outbox.Text != s.ws.Lang.T("shell.outbox_sending", 1, 2) {
		t.Errorf("the status bar says %q", s.status.outbox.Text)
	}
	told(delivery.Standing{Waiting: 1})
	told(delivery.Standing{Waiting: 1})
	if changed != 1 {
		t.Errorf("told %d times", changed)
	}
	s.ws.Settle()
}
