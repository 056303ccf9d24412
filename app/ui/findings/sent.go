package findings

import (
	"context"
	"errors"
	"strings"

	"longying/app/ui/lang"
	"longying/imaging"
	"longying/records"
)

// sent is what left the machine of a study: the signed report that stands, and
// its deliveries.
type sent struct {
	document   *records.SignedDocument // nil: nothing was signed
	deliveries []records.Delivery
}

// sentOf asks for it, off the UI goroutine.
func (t *tab) sentOf(ctx context.Context, user records.User, study string) (out sent, err error) {
	rep, err := t.ws.Reading.Report(ctx, user, study)
	if errors.Is(err, records.ErrNotFound) {
		return out, nil
	}
	if err != nil || rep.State != records.ReportSigned && rep.Version < 2 {
		return out, err
	}
	doc, err := t.ws.Reading.Signed(ctx, user, study)
	if err != nil {
		return out, err
	}
	out.document = &doc
	out.deliveries, err = t.ws.Delivery.Outbox(ctx, user)
	return out, err
}

// lines follow one finding on its way: the report that states it, and for each
// delivery of that version the platform's receipt, or how far it is. There are
// none where the report does not state it.
func (s sent) lines(l *lang.Strings, uid string) []string {
	if s.document == nil {
		return nil
	}
	d := s.document.Document
	stated := false
	for _, f := range d.Findings {
		stated = stated || f.UID == uid
	}
	if !stated {
		return nil
	}
	const layout = "2006-01-02 15:04:05"
	out := []string{s.document.SignedAt.In(imaging.Zone()).Format(layout) + "  " + l.T("findings.history_report", d.DocumentID, d.Version)}
	for _, x := range s.deliveries {
		if x.DocumentID != d.DocumentID || x.Version != d.Version {
			continue
		}
		where := strings.ToUpper(x.Format) + " → " + x.Destination
		if x.Receipt == nil {
			out = append(out, where+"  "+l.T(lang.Key("delivery.state."+string(x.State))))
			continue
		}
		out = append(out, x.Receipt.At.In(imaging.Zone()).Format(layout)+"  "+l.T("findings.history_receipt", where, x.Receipt.Number))
	}
	return out
}
