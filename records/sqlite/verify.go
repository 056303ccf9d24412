package sqlite

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"longying/records"
)

// AuditReport says whether the audit trail is whole.
type AuditReport struct {
	Count       int64       // events that are there
	Head        string      // hex MAC of the last event that is there
	FirstBroken *AuditBreak // the first event that is changed or missing; nil: the trail is whole
	CutTail     *AuditBreak // the first of the events that are missing at the end; nil: none known
	Witnesses   int         // receipts and backups that agree with the trail
}

// Whole reports a trail without any break.
func (r AuditReport) Whole() bool { return r.FirstBroken == nil }

// AuditBreak is one place at which the trail is not what it was.
type AuditBreak struct {
	Seq    int64
	Code   string // one of the Audit... constants
	Reason string
}

// What can be wrong with the trail.
const (
	AuditChanged   = "changed"      // the event or its MAC was changed
	AuditMissing   = "missing"      // the event is not there, but later ones are
	AuditCutTail   = "cut_tail"     // the events from here on are not there
	AuditNoHead    = "head_missing" // the record of count and head is gone or does not open
	AuditBeyond    = "beyond_head"  // events behind the head that was kept
	AuditRewritten = "rewritten"    // the chain is not the one that a receipt knows
)

func (r *AuditReport) broken(seq int64, code, format string, args ...any) *AuditBreak {
	b := &AuditBreak{Seq: seq, Code: code, Reason: fmt.Sprintf(format, args...)}
	if r.FirstBroken == nil || seq < r.FirstBroken.Seq {
		r.FirstBroken = b
	}
	if code == AuditCutTail && (r.CutTail == nil || seq < r.CutTail.Seq) {
		r.CutTail = b
	}
	return b
}

// VerifyAudit walks the whole trail and checks every MAC, that no number is
// missing, that the trail ends where the kept head says, and that it agrees
// with the count and head in each receipt and with those that are known besides.
func (s *Store) VerifyAudit(ctx context.Context, known ...Witness) (AuditReport, error) {
	var r AuditReport
	err := s.View(ctx, func(t *Tx) error {
		r = AuditReport{}
		witnesses, err := t.witnesses()
		if err != nil {
			return err
		}
		witnesses = append(witnesses, known...)
		heads, last, err := t.walkAudit(&r, witnesses)
		if err != nil {
			return err
		}
		t.checkKept(&r, last)
		checkWitnesses(&r, witnesses, heads, last)
		return nil
	})
	if err != nil {
		return r, fmt.Errorf("the audit trail cannot be read: %w", err)
	}
	return r, nil
}

// Witness is a count and head of the trail that something outside of it knows.
type Witness struct {
	Name  string // what knows them: a receipt, a backup
	Count int64
	Head  string // hex
}

func (t *Tx) witnesses() ([]Witness, error) {
	var out []Witness
	err := each(t, "deliveries", func(row string, d *records.Delivery) error {
		if d.Receipt != nil && d.Receipt.AuditHead != "" {
			out = append(out, Witness{"the receipt of delivery " + row, d.Receipt.AuditCount, d.Receipt.AuditHead})
		}
		return nil
	}, `SELECT id, sealed FROM deliveries ORDER BY created_at`)
	return out, err
}

// walkAudit checks each event against the one before. It returns the heads at
// the counts that the witnesses ask for, and the last number that is there.
func (t *Tx) walkAudit(r *AuditReport, witnesses []Witness) (heads map[int64]string, last int64, err error) {
	heads = map[int64]string{}
	for _, w := range witnesses {
		heads[w.Count] = ""
	}
	rows, err := t.tx.QueryContext(t.ctx, `SELECT seq, sealed, mac FROM audit ORDER BY seq`)
	if err != nil {
		return nil, 0, err
	}
	defer rows.Close()
	var prev []byte
	for rows.Next() {
		var seq int64
		var sealed, mac []byte
		if err := rows.Scan(&seq, &sealed, &mac); err != nil {
			return nil, 0, err
		}
		r.Count++
		if seq != last+1 {
			r.broken(last+1, AuditMissing, "event %d is missing (the next one there is %d)", last+1, seq)
		} else if reason := t.auditFault(seq, prev, sealed, mac); reason != "" {
			r.broken(seq, AuditChanged, "event %d %s", seq, reason)
		}
		prev, last, r.Head = mac, seq, hex.EncodeToString(mac)
		if _, asked := heads[seq]; asked {
			heads[seq] = r.Head
		}
	}
	return heads, last, rows.Err()
}

// auditFault says what is wrong with one event, empty for nothing.
func (t *Tx) auditFault(seq int64, prev, sealed, mac []byte) string {
	event, err := t.store.key.Open(place("audit", "sealed", fmt.Sprint(seq)), sealed)
	if err != nil {
		return "was changed: it does not open"
	}
	var e records.AuditEvent
	if err := json.Unmarshal(event, &e); err != nil || e.Seq != seq {
		return "was changed: it is not the event of this number"
	}
	if string(t.store.key.AuditMAC(prev, event)) != string(mac) {
		return "was changed: its MAC does not follow from it and from the event before"
	}
	return ""
}

func (t *Tx) checkKept(r *AuditReport, last int64) {
	kept, err := t.readAuditHead()
	switch {
	case err != nil:
		r.broken(last+1, AuditNoHead, "the kept count and head cannot be read (%v)", err)
	case kept.Count > last:
		r.broken(last+1, AuditCutTail, "events %d to %d are missing at the end", last+1, kept.Count)
	case kept.Count < last:
		r.broken(kept.Count+1, AuditBeyond, "the kept head ends at event %d, but there are events up to %d", kept.Count, last)
	case kept.Head != r.Head:
		r.broken(last, AuditChanged, "event %d does not have the MAC of the kept head", last)
	}
}

func checkWitnesses(r *AuditReport, witnesses []Witness, heads map[int64]string, last int64) {
	for _, w := range witnesses {
		switch {
		case w.Count > last:
			r.broken(last+1, AuditCutTail, "%s knows %d events, but there are events up to %d only", w.Name, w.Count, last)
		case heads[w.Count] != w.Head:
			r.broken(w.Count, AuditRewritten, "event %d does not have the MAC that %s knows", w.Count, w.Name)
		default:
			r.Witnesses++
		}
	}
}
