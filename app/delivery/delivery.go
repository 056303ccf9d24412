// Package delivery holds the use cases that let signed reports leave the
// machine: files on demand, and the outbox to the provincial platform with its
// receipts. Only signed documents are encoded, and a delivery is always sent
// under the same document id and version with the same bytes.
package delivery

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"longying/app/trail"
	"longying/records"
	"longying/records/outbox"
	"longying/records/sqlite"
)

// Needs are what a delivery takes from the other use cases.
type Needs struct {
	// Objects writes a signed report in one of ObjectFormats: at least one object,
	// or a refusal. left says what could not be written and why, while the rest was.
	Objects func(ctx context.Context, doc *records.SignedDocument, as string) (objects [][]byte, left []string, err error)
	// Folder is the data folder: of the programs on it one sends at a time.
	Folder string
}

// Delivery is the use case.
type Delivery struct {
	store   *sqlite.Store
	needs   Needs
	now     func() time.Time
	station string
	jitter  func() float64
	backoff time.Duration

	tablesMu sync.Mutex
	tables   map[string]parsed // code tables as last read, by name
}

// New wires the use case. jitter gives numbers in [0,1) for the back-off, whose
// first pause is backoff (0: the outbox's default).
func New(store *sqlite.Store, needs Needs, now func() time.Time, jitter func() float64, backoff time.Duration) *Delivery {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return &Delivery{store: store, needs: needs, now: now, station: host, jitter: jitter, backoff: backoff}
}

func (d *Delivery) audit(tx *sqlite.Tx, actor records.User, action, object, outcome, detail string) error {
	return tx.AppendAudit(&records.AuditEvent{At: d.now(), UserID: actor.ID, UserName: actor.Name, Station: d.station,
		Action: action, Object: object, Outcome: outcome, Detail: detail})
}

// Intents are the deliveries a signed document calls for, one for each
// destination and format that has something to say of it. A preflight that names
// missing fields does not block the signature: the delivery then waits under
// "needs attention".
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
			if applies(doc, format) {
				out = append(out, d.intent(f, doc, r.Name, format))
				continue
			}
			stays, err := d.stays(tx, doc, r.Name, format)
			if err != nil {
				return nil, err
			}
			out = append(out, stays...)
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
	if problems := f.Preflight(&doc, format); len(problems) > 0 {
		return "", &records.PreflightError{Format: format, Problems: problems, Reason: "the document cannot be written as " + format + ": " + words(problems)}
	}
	data, err := f.Encode(&doc, format)
	if err != nil {
		return "", err
	}
	return d.Write(ctx, actor, &doc.Document, format, folder, doc.Document.ID+Extension(format), data)
}

// ExportFiles is Export in any of AllFormats: one that is DICOM objects may be
// several files. left says what could not be written and why, while the rest was.
func (d *Delivery) ExportFiles(ctx context.Context, actor records.User, doc records.SignedDocument, format, folder string) (paths, left []string, err error) {
	if !slices.Contains(ObjectFormats(), format) {
		path, err := d.Export(ctx, actor, doc, format, folder)
		return []string{path}, nil, err
	}
	defer trail.Outcome(ctx, d.store, actor, "export", doc.Document.ID, &err)
	if err := trail.Require(ctx, d.store, actor, records.RightExport, "export", doc.Document.ID); err != nil {
		return nil, nil, err
	}
	data, left, err := d.encode(ctx, Forms{}, &doc, format)
	if err != nil {
		return nil, nil, err
	}
	objects, err := outbox.Unpack(data)
	if err != nil {
		return nil, nil, err
	}
	for i, raw := range objects {
		name := doc.Document.ID + Extension(format)
		if len(objects) > 1 {
			name = fmt.Sprintf("%s-%d%s", doc.Document.ID, i+1, Extension(format))
		}
		path, err := d.Write(ctx, actor, &doc.Document, format, folder, name, raw)
		if err != nil {
			return paths, left, err
		}
		paths = append(paths, path)
	}
	return paths, left, nil
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
