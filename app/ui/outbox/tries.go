package outbox

import (
	"slices"

	"longying/app/ui/lang"
	"longying/imaging"
	"longying/records"
)

// Tries says what was tried, the last first. Attempts that ended one after the other
// in the same way are one line: of a platform that was away for weeks there are
// hundreds, and the one that ended otherwise would be lost among them.
func Tries(l *lang.Strings, as []records.Attempt) []string {
	const stamp = "2006-01-02 15:04:05"
	var out []string
	said := func(a records.Attempt) string {
		text := l.Or(lang.Key("attempt."+a.Outcome), a.Outcome)
		if a.Detail != "" {
			text += "  " + Because(l, a.Cause, a.Detail)
		}
		return text
	}
	as = slices.Clone(as)
	slices.Reverse(as)
	for len(as) > 0 {
		text, n := said(as[0]), 1
		for n < len(as) && said(as[n]) == text {
			n++
		}
		last, first := as[0].At.In(imaging.Zone()).Format(stamp), as[n-1].At.In(imaging.Zone()).Format(stamp)
		if n == 1 {
			out = append(out, last+"  "+text)
		} else {
			out = append(out, l.T("outbox.tries", first, last, n)+"  "+text)
		}
		as = as[n:]
	}
	return out
}

// WhatNow is what a person does about a delivery that is not sent by itself any
// more, empty where it is on its way or has arrived.
func WhatNow(l *lang.Strings, d records.Delivery) string {
	switch d.State {
	case records.DeliveryDead:
		return l.T("outbox.given_up", d.Attempts-d.Spent)
	case records.DeliveryRefused:
		return l.T("outbox.refused")
	}
	return ""
}
