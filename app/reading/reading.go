// Package reading holds the use cases of reading a study: run the models that
// fit, propose, decide, report, sign. A model only proposes; a named doctor
// confirms, edits or rejects, and only that enters a report.
package reading

import (
	"context"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"longying/app/archive"
	"longying/imaging/codec"
	"longying/imaging/slide"
	"longying/inference"
	"longying/models"
	"longying/records"
	"longying/records/sqlite"
)

// Loader makes a runner for a model package: ONNX Runtime in this process, or
// a worker process.
type Loader func(pkg *models.Package) (inference.Runner, error)

// Trust says what this site has decided about a model; nil where there is no
// record to ask, and nothing is then accepted.
type Trust func(ctx context.Context, card *models.Card) (inference.Site, error)

// Reading is the use case. Its fields are set once by New, but for the models.
// It is safe for use by several goroutines.
type Reading struct {
	store   *sqlite.Store
	archive *archive.Archive
	load    Loader
	trust   Trust
	decoder codec.Decoder
	slides  slide.Opener
	sign    Signing
	now     func() time.Time
	station string
	forms   string // folder of the hospital's own report templates; empty: none

	modelsMu sync.RWMutex // held while these are read or written
	packages []*models.Package
	broken   []error
}

// Signing is what a signature needs from the other use cases.
type Signing struct {
	// Reauthenticate checks the signer's password again.
	Reauthenticate func(ctx context.Context, actor records.User, password string) error
	// Organization is the hospital as it stands in the document.
	Organization func(ctx context.Context) (records.Organization, error)
	// Intents lists the deliveries that a signed document calls for; they are
	// inserted in the signature's own transaction.
	Intents func(tx *sqlite.Tx, doc *records.Document) ([]records.Delivery, error)
	// Retractions lists those that a retraction calls for, and stops what it
	// retracts where that is still on its way.
	Retractions func(tx *sqlite.Tx, doc *records.Document) ([]records.Delivery, error)
}

// New wires the use case. broken are model packages that could not be loaded:
// they are shown, never silently missing. forms is the folder of the hospital's
// own report templates; it need not be there.
func New(store *sqlite.Store, ar *archive.Archive, packages []*models.Package, broken []error, load Loader, trust Trust, decoder codec.Decoder, slides slide.Opener, sign Signing, forms string, now func() time.Time) *Reading {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	r := &Reading{store: store, archive: ar, load: load, trust: trust, decoder: decoder, slides: slides, sign: sign, forms: forms, now: now, station: host}
	r.SetModels(packages, broken)
	return r
}

// SetModels changes which model packages are at hand, and which were refused. A
// run that is under way goes on with the package that it began with.
func (r *Reading) SetModels(packages []*models.Package, broken []error) {
	r.modelsMu.Lock()
	defer r.modelsMu.Unlock()
	r.packages, r.broken = slices.Clone(packages), slices.Clone(broken)
}

// Models lists the model packages at hand.
func (r *Reading) Models() []*models.Package {
	r.modelsMu.RLock()
	defer r.modelsMu.RUnlock()
	return slices.Clone(r.packages)
}

// BrokenModels lists the packages that were refused, each with its reason.
func (r *Reading) BrokenModels() []error {
	r.modelsMu.RLock()
	defer r.modelsMu.RUnlock()
	return slices.Clone(r.broken)
}

func (r *Reading) model(id string) (*models.Package, error) {
	for _, p := range r.Models() {
		if p.Card.ID == id {
			return p, nil
		}
	}
	return nil, fmt.Errorf("model %q is not installed; longying models list shows those that are", id)
}

func (r *Reading) audit(tx *sqlite.Tx, actor records.User, action, object, patientID, outcome, detail string) error {
	return tx.AppendAudit(&records.AuditEvent{At: r.now(), UserID: actor.ID, UserName: actor.Name, Station: r.station,
		Action: action, Object: object, PatientID: patientID, Outcome: outcome, Detail: detail})
}
