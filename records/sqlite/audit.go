package sqlite

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"longying/records"
)

// auditHead is where the chain stands. It is kept, sealed, beside the trail and
// changed in the same transaction, so that a trail that lost its end does not
// match it.
type auditHead struct {
	Count int64  `json:"count"`
	Head  string `json:"head"` // hex MAC of the last event, empty for none
}

func (t *Tx) readAuditHead() (auditHead, error) {
	h, err := one[auditHead](t, "meta", `SELECT key, sealed FROM meta WHERE key = 'audit_head'`)
	if err != nil {
		return auditHead{}, fmt.Errorf("the head of the audit trail cannot be read; run longying audit verify and restore a backup: %w", err)
	}
	return *h, nil
}

// AppendAudit adds one event to the trail and fills its Seq and MAC, and At
// where it is empty. The event is chained to the head that was kept, not to the
// last row, so that a trail that lost its end never closes over the gap.
func (t *Tx) AppendAudit(e *records.AuditEvent) error {
	head, err := t.readAuditHead()
	if err != nil {
		return err
	}
	prev, err := hex.DecodeString(head.Head)
	if err != nil {
		return fmt.Errorf("the head of the audit trail is damaged: %w", err)
	}
	next := *e
	next.Seq, next.MAC = head.Count+1, ""
	if next.At.IsZero() {
		next.At = t.store.clock()
	}
	next.At = next.At.UTC().Round(0)
	event, err := json.Marshal(next)
	if err != nil {
		return fmt.Errorf("the audit event cannot be stored: %w", err)
	}
	mac := t.store.key.AuditMAC(prev, event)
	row := fmt.Sprint(next.Seq)
	if err := t.exec(`INSERT INTO audit (seq, sealed, mac) VALUES (?, ?, ?)`, next.Seq, t.store.key.Seal(place("audit", "sealed", row), event), mac); err != nil {
		return err
	}
	next.MAC = hex.EncodeToString(mac)
	sealed, err := t.seal("meta", "audit_head", auditHead{next.Seq, next.MAC})
	if err != nil {
		return err
	}
	if err := t.exec(`UPDATE meta SET sealed = ? WHERE key = 'audit_head'`, sealed); err != nil {
		return err
	}
	*e = next
	return nil
}

// AuditHead is the number of events and the MAC of the last, as receipts and
// backups keep them.
func (t *Tx) AuditHead() (count int64, head string, err error) {
	h, err := t.readAuditHead()
	return h.Count, h.Head, err
}

// AuditEvents lists the trail, newest first. Limit 0 means all.
func (t *Tx) AuditEvents(limit, offset int) ([]records.AuditEvent, error) {
	if limit <= 0 {
		limit = -1
	}
	rows, err := t.tx.QueryContext(t.ctx, `SELECT seq, sealed, mac FROM audit ORDER BY seq DESC LIMIT ? OFFSET ?`, limit, max(0, offset))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []records.AuditEvent
	for rows.Next() {
		var seq int64
		var sealed, mac []byte
		if err := rows.Scan(&seq, &sealed, &mac); err != nil {
			return nil, err
		}
		var e records.AuditEvent
		if err := t.open("audit", fmt.Sprint(seq), sealed, &e); err != nil {
			return nil, err
		}
		e.MAC = hex.EncodeToString(mac)
		out = append(out, e)
	}
	return out, errors.Join(rows.Err())
}
