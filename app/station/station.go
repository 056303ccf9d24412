// Package station wires one open data folder: the store, the archive, the model
// sessions and every use case over them. The command line and the desktop both
// start here; nothing else knows how the pieces fit.
package station

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"longying/app/acceptance"
	"longying/app/admin"
	"longying/app/archive"
	"longying/app/backup"
	"longying/app/catalogue"
	"longying/app/consult"
	"longying/app/delivery"
	"longying/app/reading"
	"longying/app/registry"
	"longying/app/trail"
	"longying/app/transfer"
	"longying/app/worker"
	"longying/imaging"
	"longying/imaging/codec"
	"longying/imaging/codec/native"
	"longying/imaging/slide"
	"longying/imaging/slide/openslide"
	"longying/inference"
	"longying/records"
	"longying/records/report"
	"longying/records/seal"
	"longying/records/sqlite"
)

// Options say which data folder to open, and how.
type Options struct {
	Home       string
	Passphrase string
	Keyring    seal.Keyring     // opens the folder where no passphrase is given and it is remembered there; nil: none
	Library    string           // path of libonnxruntime; empty: looked for
	Executable string           // this program
	Clock      func() time.Time // nil: time.Now
	Backoff    time.Duration    // first pause after a failed delivery; 0: the outbox default
	Decoder    codec.Decoder    // nil: in this process
	Provider   string           // of ONNX Runtime in this process, see SessionOptions
	Models     ModelLoader      // nil: in this process; else the caller closes it
	Slides     slide.Opener     // of slides that are no DICOM objects; nil: in this process
	Program    string           // desktop or cli, for the audit trail
}

// Station is one open data folder with its use cases.
type Station struct {
	Home      string
	Archive   *archive.Archive
	Registry  *registry.Registry
	Reading   *reading.Reading
	Consult   *consult.Consult
	Delivery  *delivery.Delivery
	Transfer  *transfer.Transfer // from and to a PACS
	Admin     *admin.Admin
	Backup    *backup.Backup
	Trust     *acceptance.Acceptance // of models at this site
	Catalogue *catalogue.Catalogue   // of model packages
	Decoder   codec.Decoder          // of every frame

	now    func() time.Time
	secret []byte // of de-identification, derived from the key
	store  *sqlite.Store
	models ModelLoader
	own    *Sessions // models, where they are in this process
}

// Home is the data folder: LONGYING_HOME, or the platform's user data folder.
func Home(getenv func(string) string) (string, error) {
	if h := getenv("LONGYING_HOME"); h != "" {
		return filepath.Abs(h)
	}
	if d := getenv("XDG_DATA_HOME"); d != "" {
		return filepath.Join(d, "longying"), nil
	}
	home := getenv("HOME")
	switch runtime.GOOS {
	case "windows":
		if d := getenv("LOCALAPPDATA"); d != "" {
			return filepath.Join(d, "Longying"), nil
		}
	case "darwin":
		if home != "" {
			return filepath.Join(home, "Library", "Application Support", "Longying"), nil
		}
	}
	if home == "" {
		return "", errors.New("no data folder: set LONGYING_HOME")
	}
	return filepath.Join(home, ".local", "share", "longying"), nil
}

// Fresh reports a folder that holds no data yet.
func Fresh(home string) bool { return !seal.Exists(home) && !backup.Pending(home) }

// Open opens a data folder, making it where it is new; the passphrase then
// becomes the folder's. The models that cannot be loaded are kept with their
// reason in Reading.BrokenModels.
func Open(ctx context.Context, o Options) (*Station, error) {
	now := o.Clock
	if now == nil {
		now = time.Now
	}
	if err := backup.Finish(o.Home); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(o.Home, 0o700); err != nil {
		return nil, fmt.Errorf("the data folder cannot be made: %w", err)
	}
	var key *seal.Key
	var err error
	switch {
	case o.Passphrase == "" && o.Keyring != nil && seal.Remembered(o.Home):
		key, err = seal.Recall(o.Home, o.Keyring)
	case seal.Exists(o.Home):
		key, err = seal.Unlock(o.Home, o.Passphrase)
	default:
		key, err = seal.Create(o.Home, o.Passphrase)
	}
	if err != nil {
		return nil, err
	}
	store, err := sqlite.Open(ctx, o.Home, key, now)
	if err != nil {
		return nil, err
	}
	store.SetProgram(o.Program)
	decoder := o.Decoder
	if decoder == nil {
		decoder = native.Decoder{}
	}
	slides := o.Slides
	if slides == nil {
		slides = openslide.Local{}
	}
	ar, err := archive.New(store, key, o.Home, decoder, slides)
	if err != nil {
		store.Close()
		return nil, err
	}
	s := &Station{Home: o.Home, Archive: ar, Decoder: decoder, store: store, models: o.Models, now: now, secret: key.Lookup("de-identification", "")}
	if s.models == nil {
		s.own = NewSessions(SessionOptions{Library: o.Library, Executable: o.Executable, Provider: o.Provider})
		s.models = s.own
	}
	s.Admin = admin.New(store, now)
	s.Backup = backup.New(store, key, o.Home, now)
	s.Delivery = delivery.New(store, delivery.Needs{Objects: s.objects, Folder: o.Home}, now, rand.Float64, o.Backoff)
	s.Registry = registry.New(store, ar, registry.Correction{Reauthenticate: s.Admin.Reauthenticate,
		Retract: func(tx *sqlite.Tx, actor records.User, ex *records.Examination, withdrawn []records.Finding, reason, password string) (*records.SignedDocument, int, error) {
			return s.Reading.Retract(tx, actor, ex, withdrawn, reason, password)
		}}, now)
	s.Trust = acceptance.New(store, s.scanCase, s.predictCase, now)
	s.Catalogue = catalogue.New(o.Home, store, func() catalogue.Trial {
		return worker.NewModels(worker.Options{Executable: o.Executable}, o.Library, o.Executable)
	}, now, func(entries []catalogue.Entry) { s.Reading.SetModels(catalogue.Usable(entries)) })
	packages, broken := catalogue.Usable(s.Catalogue.List())
	s.Reading = reading.New(store, ar, packages, broken, s.models.Load, s.Trust.Site, decoder, slides, reading.Signing{
		Reauthenticate: s.Admin.Reauthenticate, Organization: s.Admin.Organization, Intents: s.Delivery.Intents, Retractions: s.Delivery.Retractions}, filepath.Join(o.Home, "templates"), now)
	s.Consult = consult.New(store, ar, s.Admin.Reauthenticate, s.consultNeeds(), now)
	s.Transfer = transfer.New(store, ar, transfer.Needs{Signed: s.Reading.Signed, Objects: s.stored,
		Import: func(ctx context.Context, actor records.User, in *archive.Incoming, progress func(done, total int)) (transfer.Received, error) {
			res, err := s.Registry.ImportIncoming(ctx, actor, in, progress)
			return transfer.Received{Studies: res.Studies, Skipped: res.Skipped}, err
		}}, now)
	return s, nil
}

// scanCase reads the one study of a case of a labelled list.
func (s *Station) scanCase(ctx context.Context, path string) (*imaging.Study, error) {
	cat, err := s.Archive.Reader(ctx).Scan(ctx, []string{path}, nil)
	if err != nil {
		return nil, err
	}
	switch len(cat.Studies) {
	case 1:
		return &cat.Studies[0], nil
	case 0:
		if len(cat.Skipped) > 0 {
			return nil, fmt.Errorf("no DICOM study under %s: %s", path, cat.Skipped[0].Detail)
		}
		return nil, fmt.Errorf("no DICOM study under %s", path)
	}
	return nil, fmt.Errorf("%s holds %d studies; a case is one", path, len(cat.Studies))
}

func (s *Station) predictCase(ctx context.Context, actor records.User, study *imaging.Study, c acceptance.Case, modelID string) ([]inference.Prediction, error) {
	return s.Reading.Predict(ctx, actor, study, reading.Request{ModelIDs: []string{modelID}, SOPUID: c.SOPUID, Region: c.Region, Organ: c.Organ, AsIs: true})
}

// VerifyAudit checks the whole audit chain, also against the count and head
// that a backup states, where one is named.
func (s *Station) VerifyAudit(ctx context.Context, actor records.User, known string) (sqlite.AuditReport, error) {
	if known == "" {
		return s.Admin.VerifyAudit(ctx, actor)
	}
	if err := trail.Require(ctx, s.store, actor, records.RightAudit, "verify_audit", ""); err != nil {
		return sqlite.AuditReport{}, err
	}
	m, err := s.Backup.Known(ctx, known)
	if err != nil {
		return sqlite.AuditReport{}, err
	}
	return s.Admin.VerifyAudit(ctx, actor, sqlite.Witness{Name: "the backup " + known, Count: m.AuditCount, Head: m.AuditHead})
}

// Restoring says which backup becomes the data folder o.Home. Login, where it
// is not empty, is who restores, a user of the restored record.
type Restoring struct {
	Path            string
	Login, Password string
	Code            string // of the second factor, where the user has one
	Replace         bool   // a data folder that is there is moved aside
	Progress        backup.Progress
}

// Restore makes a data folder out of a backup, see backup.Restore.
func Restore(ctx context.Context, o Options, r Restoring) (backup.Restored, error) {
	now := o.Clock
	if now == nil {
		now = time.Now
	}
	b := backup.Restoring{Path: r.Path, Home: o.Home, Passphrase: o.Passphrase, Replace: r.Replace, Clock: now, Progress: r.Progress, Program: o.Program}
	if r.Login != "" {
		b.SignIn = func(ctx context.Context, store *sqlite.Store) (records.User, error) {
			return admin.New(store, now).SignInWithCode(ctx, r.Login, r.Password, r.Code)
		}
	}
	return backup.Restore(ctx, b)
}

// Close ends the sessions and closes the store.
func (s *Station) Close() error {
	var err error
	if s.own != nil {
		err = s.own.Close()
	}
	return errors.Join(err, s.store.Close())
}

// Runtime says which ONNX Runtime is loaded, or why none is.
func (s *Station) Runtime() (version string, err error) { return s.models.Runtime() }

// Predictor gives the models alone, without the record: for files that are
// analysed and not kept. Models that are installed in the data folder home, which
// may be empty, are among them. The caller closes the loader.
func Predictor(home string, loader ModelLoader, decoder codec.Decoder, slides slide.Opener) *reading.Reading {
	packages, broken := catalogue.Usable(catalogue.List(home))
	return reading.New(nil, nil, packages, broken, loader.Load, nil, decoder, slides, reading.Signing{}, "", time.Now)
}

// PrintReport is the newest signed report of a study as a PDF with its key
// images.
func (s *Station) PrintReport(ctx context.Context, actor records.User, studyUID string) (_ []byte, err error) {
	defer trail.Outcome(ctx, s.store, actor, "print", studyUID, &err)
	if err := trail.Require(ctx, s.store, actor, records.RightExport, "print", studyUID); err != nil {
		return nil, err
	}
	doc, err := s.Reading.Signed(ctx, actor, studyUID)
	if err != nil {
		return nil, err
	}
	images, err := s.Reading.KeyImages(ctx, &doc.Document)
	if err != nil {
		return nil, err
	}
	data, err := printed(&doc, images)
	if err != nil {
		return nil, err
	}
	return data, s.Delivery.Printed(ctx, actor, &doc.Document)
}

// PrintMinutes is the minutes of a consult as a PDF with the places that were
// laid before it, in "zh" or "en"; before its decision they are a draft.
func (s *Station) PrintMinutes(ctx context.Context, actor records.User, id, lang string) ([]byte, error) {
	org, err := s.Admin.Organization(ctx)
	if err != nil {
		return nil, err
	}
	m, places, err := s.Consult.PrintedMinutes(ctx, actor, id, org)
	if err != nil {
		return nil, err
	}
	opt := report.Options{Lang: lang}
	for _, k := range places {
		img, err := s.Archive.PictureAs(ctx, k.Ref, k.View)
		if err != nil {
			return nil, fmt.Errorf("the picture of %s: %w", k.Caption, err)
		}
		caption := k.Caption
		if s := report.ViewWords(k.View, lang); s != "" {
			caption += " · " + s
		}
		opt.KeyImages, opt.Captions = append(opt.KeyImages, img), append(opt.Captions, caption)
	}
	var b bytes.Buffer
	err = report.MinutesPDF(&m, opt, &b)
	return b.Bytes(), err
}

func printed(doc *records.SignedDocument, images []image.Image) ([]byte, error) {
	var b bytes.Buffer
	err := report.PDF(doc, report.Options{Lang: "zh", KeyImages: images}, &b)
	return b.Bytes(), err
}
