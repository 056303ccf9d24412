// Package delivery holds the use cases that let signed reports leave the
// machine: files on demand, and the outbox to the provincial platform with its
// receipts. Only signed documents are encoded, and a delivery is always sent
// under the same document id and version with the same bytes.
package delivery

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"longying/app/trail"
	"longying/records"
	"longying/records/outbox"
	"longying/records/sqlite"
)

// SettingDestinations is the key of the configured destinations.
const SettingDestinations = "destinations"

// Route is a destination with the formats it wants.
type Route struct {
	outbox.Destination
	Formats []string `json:"formats"`
}

// Delivery is the use case.
type Delivery struct {
	store   *sqlite.Store
	now     func() time.Time
	station string
	jitter  func() float64
	backoff time.Duration

	tablesMu sync.Mutex
	tables   map[string]parsed // code tables as last read, by name
}

// New wires the use case. jitter gives numbers in [0,1) for the back-off, whose
// first pause is backoff (0: the outbox's default).
func New(store *sqlite.Store, now func() time.Time, jitter func() float64, backoff time.Duration) *Delivery {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return &Delivery{store: store, now: now, station: host, jitter: jitter, backoff: backoff}
}

func (d *Delivery) audit(tx *sqlite.Tx, actor records.User, action, object, outcome, detail string) error {
	return tx.AppendAudit(&records.AuditEvent{At: d.now(), UserID: actor.ID, UserName: actor.Name, Station: d.station,
		Action: action, Object: object, Outcome: outcome, Detail: detail})
}

// Routes lists the configured destinations.
func (d *Delivery) Routes(ctx context.Context) ([]Route, error) {
	var out []Route
	err := d.store.View(ctx, func(tx *sqlite.Tx) (err error) {
		out, err = routes(tx)
		return err
	})
	return out, err
}

func routes(tx *sqlite.Tx) ([]Route, error) {
	raw, err := tx.Setting(SettingDestinations)
	if errors.Is(err, records.ErrNotFound) || err == nil && raw == "" {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var out []Route
	if err := json.Unmarshal([]byte(raw), &out); err != nil {
		return nil, fmt.Errorf("setting %s is damaged: %w", SettingDestinations, err)
	}
	return out, nil
}

// SetRoutes replaces the configured destinations.
func (d *Delivery) SetRoutes(ctx context.Context, actor records.User, rs []Route) (err error) {
	defer trail.Outcome(ctx, d.store, actor, "configure", SettingDestinations, &err)
	if err := trail.Require(ctx, d.store, actor, records.RightConfigure, "configure", SettingDestinations); err != nil {
		return err
	}
	raw, err := json.Marshal(rs)
	if err != nil {
		return err
	}
	return d.store.Update(ctx, func(tx *sqlite.Tx) error {
		if err := tx.PutSetting(SettingDestinations, string(raw)); err != nil {
			return err
		}
		return d.audit(tx, actor, "configure", SettingDestinations, "ok", fmt.Sprintf("%d destinations", len(rs)))
	})
}

// Intents are the deliveries a signed document calls for, one for each
// destination and format. A preflight that names missing fields does not block
// the signature: the delivery then waits under "needs attention".
func (d *Delivery) Intents(tx *sqlite.Tx, doc *records.Document) ([]records.Delivery, error) {
	rs, err := routes(tx)
	if err != nil {
		return nil, err
	}
	f, err := d.forms(tx)
	if err != nil {
		return nil, err
	}
	var out []records.Delivery
	for _, r := range rs {
		for _, format := range r.Formats {
			out = append(out, d.intent(f, doc, r.Name, format))
		}
	}
	return out, nil
}

// Export writes a signed document into a folder and returns the file's path.
func (d *Delivery) Export(ctx context.Context, actor records.User, doc records.SignedDocument, format, folder string) (_ string, err error) {
	defer trail.Outcome(ctx, d.store, actor, "export", doc.Document.ID, &err)
	if err := trail.Require(ctx, d.store, actor, records.RightExport, "export", doc.Document.ID); err != nil {
		return "", err
	}
	var f Forms
	err = d.store.View(ctx, func(tx *sqlite.Tx) (err error) {
		f, err = d.forms(tx)
		return err
	})
	if err != nil {
		return "", err
	}
	if problem := words(f.Preflight(&doc, format)); problem != "" {
		return "", &records.RefusedError{Code: "preflight", Args: []string{problem}, Reason: "the document cannot be written as " + format + ": " + problem}
	}
	data, err := f.Encode(&doc, format)
	if err != nil {
		return "", err
	}
	return d.Write(ctx, actor, &doc.Document, format, folder, doc.Document.ID+Extension(format), data)
}

// Write puts an exported file into a folder and that into the audit trail.
func (d *Delivery) Write(ctx context.Context, actor records.User, doc *records.Document, format, folder, name string, data []byte) (string, error) {
	if err := trail.Require(ctx, d.store, actor, records.RightExport, "export", doc.ID); err != nil {
		return "", err
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", err
	}
	path := filepath.Join(folder, name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		return "", fmt.Errorf("the export was not written: %w", err)
	}
	return path, d.store.Update(ctx, func(tx *sqlite.Tx) error {
		return tx.AppendAudit(&records.AuditEvent{At: d.now(), UserID: actor.ID, UserName: actor.Name, Station: d.station,
			Action: "export", Object: doc.ID, PatientID: doc.Patient.ID, Outcome: trail.OK, Detail: format})
	})
}

// Outbox lists every delivery, newest first.
func (d *Delivery) Outbox(ctx context.Context, actor records.User) ([]records.Delivery, error) {
	if err := trail.Require(ctx, d.store, actor, records.RightViewPatient, "list_deliveries", ""); err != nil {
		return nil, err
	}
	var out []records.Delivery
	err := d.store.View(ctx, func(tx *sqlite.Tx) (err error) {
		out, err = tx.Deliveries()
		return err
	})
	return out, err
}

// Attempts lists what was tried for one delivery, oldest first.
func (d *Delivery) Attempts(ctx context.Context, actor records.User, id string) ([]records.Attempt, error) {
	if err := trail.Require(ctx, d.store, actor, records.RightViewPatient, "list_deliveries", id); err != nil {
		return nil, err
	}
	var out []records.Attempt
	err := d.store.View(ctx, func(tx *sqlite.Tx) (err error) {
		out, err = tx.Attempts(id)
		return err
	})
	return out, err
}

// Printed puts into the audit trail that a document left the machine on paper.
func (d *Delivery) Printed(ctx context.Context, actor records.User, doc *records.Document) error {
	if err := trail.Require(ctx, d.store, actor, records.RightExport, "print", doc.ID); err != nil {
		return err
	}
	return d.store.Update(ctx, func(tx *sqlite.Tx) error {
		return tx.AppendAudit(&records.AuditEvent{At: d.now(), UserID: actor.ID, UserName: actor.Name, Station: d.station,
			Action: "print", Object: doc.ID, PatientID: doc.Patient.ID, Outcome: trail.OK})
	})
}
