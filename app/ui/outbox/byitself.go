package outbox

import (
	"strings"
	"time"

	"fyne.io/fyne/v2/widget"

	"longying/app/delivery"
	"longying/app/ui/lang"
	"longying/imaging"
)

// sayByItself says what is sent without anybody asking.
func (r *room) sayByItself() {
	if r.standing == nil || r.unqueued.Routes == 0 {
		r.byself.Hide()
		return
	}
	text, weight := byItself(r.ws.Lang, *r.standing)
	r.byself.Importance = weight
	r.byself.SetText(text)
	r.byself.Show()
}

// byItself is that in words: whether it is on, what is away since when, and when
// the next try is.
func byItself(l *lang.Strings, st delivery.Standing) (string, widget.Importance) {
	at := func(t time.Time) string { return t.In(imaging.Zone()).Format("01-02 15:04") }
	switch {
	case st.Off:
		return l.T("outbox.by_itself_off"), widget.WarningImportance
	case st.Sending:
		return l.T("outbox.by_itself_sending", st.Done, st.Total), widget.MediumImportance
	case len(st.Away) > 0 && st.Next.IsZero():
		return l.T("outbox.by_itself_away", strings.Join(st.Away, l.T("settings.list_comma")), at(st.Since)), widget.WarningImportance
	case len(st.Away) > 0:
		return l.T("outbox.by_itself_away_until", strings.Join(st.Away, l.T("settings.list_comma")), at(st.Since), at(st.Next)), widget.WarningImportance
	case !st.Next.IsZero():
		return l.T("outbox.by_itself_next", at(st.Next)), widget.LowImportance
	}
	return l.T("outbox.by_itself_on"), widget.LowImportance
}
