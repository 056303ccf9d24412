package catalogue

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"longying/app/trail"
	"longying/inference"
	"longying/models"
	"longying/records"
	"longying/records/sqlite"
)

// Trial is where a strange model runs: in a process with limits.
type Trial interface {
	Load(pkg *models.Package) (inference.Runner, error)
	Close() error
}

// trialLimit is how long the whole test of a package may take.
const trialLimit = 10 * time.Minute

// Catalogue is the use case. Its fields are set once by New.
type Catalogue struct {
	home    string
	store   *sqlite.Store
	trial   func() Trial
	now     func() time.Time
	station string
	changed func([]Entry)
}

// Stage is how far an installation is.
type Stage int

// The stages, in their order.
const (
	Copying  Stage = iota // from the stick
	Checking              // hashes, card and graph
	Testing               // the package's own test
	Stages   int   = iota // how many there are
)

// New wires the use case over a data folder; trial makes a fresh Trial for each
// package. changed, which may be nil, is told of the packages when others are at
// hand than before.
func New(home string, store *sqlite.Store, trial func() Trial, now func() time.Time, changed func([]Entry)) *Catalogue {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return &Catalogue{home: home, store: store, trial: trial, now: now, station: host, changed: changed}
}

// Reload gives the packages of the data folder, after what another program may
// have done to it, and has them count from now on.
func (c *Catalogue) Reload() []Entry {
	entries := c.List()
	if c.changed != nil {
		c.changed(entries)
	}
	return entries
}

// List gives the packages of the data folder, see List.
func (c *Catalogue) List() []Entry { return List(c.home) }

// Result is what an installation did.
type Result struct {
	Card     *models.Card
	Replaced string   // version that was there before, "" for none
	Left     []string // files that are no part of a package and stayed where they were
}

// Install takes a package from a folder or a ZIP into the data folder: copied
// within limits, hash, graph and card held against each other, and its own test
// run in a Trial. A version that is not newer than the one at hand is refused
// unless replace says so. It counts at once, in other programs from their next
// start on, and at this site it is accepted by nobody yet. stage, which may be
// nil, is told what begins. ctx ends it at any time; nothing is left of it then.
func (c *Catalogue) Install(ctx context.Context, actor records.User, from string, replace bool, stage func(Stage)) (_ Result, err error) {
	defer trail.Outcome(ctx, c.store, actor, "install_model", filepath.Base(from), &err)
	if stage == nil {
		stage = func(Stage) {}
	}
	var res Result
	if err := trail.Require(ctx, c.store, actor, records.RightConfigure, "install_model", filepath.Base(from)); err != nil {
		return res, err
	}
	src, err := openSource(from)
	if err != nil {
		return res, err
	}
	defer src.close()
	card, err := src.card()
	if err != nil {
		return res, refuse("%s: %v", from, err)
	}
	if res.Replaced, err = c.newer(card, replace); err != nil {
		return res, err
	}
	for _, folder := range []string{Folder(c.home), filepath.Join(Folder(c.home), cardsFolder)} {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return res, err
		}
	}
	c.sweep()
	staged, err := os.MkdirTemp(Folder(c.home), stagedPrefix+card.ID+"-"+card.Version+"-")
	if err != nil {
		return res, err
	}
	done := false
	defer func() {
		if !done {
			os.RemoveAll(staged)
		}
	}()
	stage(Copying)
	if res.Left, err = src.take(staged, card); err != nil {
		return res, fmt.Errorf("installing %s: %w", card.ID, err)
	}
	stage(Checking)
	pkg, err := models.Load(os.DirFS(staged), ".")
	if err != nil {
		return res, refuse("%v", err)
	}
	res.Card = pkg.Card
	if err := checkGraphs(pkg); err != nil {
		return res, refuse("%v", err)
	}
	stage(Testing)
	if err := c.try(ctx, pkg); err != nil {
		return res, err
	}
	if err := ctx.Err(); err != nil {
		return res, err
	}
	old, err := c.enter(ctx, actor, pkg, staged, replace)
	if err != nil {
		return res, err
	}
	done = true
	if old != "" {
		// A program that runs keeps what it has open; what cannot go now is swept
		// by the next installation.
		os.RemoveAll(filepath.Join(Folder(c.home), old))
	}
	c.Reload()
	return res, nil
}

const stagedPrefix = "p-"

// newer gives the version at hand, and refuses one that is not older.
func (c *Catalogue) newer(card *models.Card, replace bool) (string, error) {
	for _, e := range c.List() {
		if e.ID != card.ID {
			continue
		}
		if !replace && models.CompareVersions(card.Version, e.Version) <= 0 {
			return e.Version, &records.RefusedError{Code: "package_older", Args: []string{card.ID, e.Version, card.Version},
				Reason: fmt.Sprintf("model %s %s is here already and %s is not newer; install it with --replace if that is meant", card.ID, e.Version, card.Version)}
		}
		return e.Version, nil
	}
	return "", nil
}

// checkGraphs holds the ONNX files against the card before a runtime opens them.
func checkGraphs(pkg *models.Package) error {
	model, err := pkg.Model()
	if err != nil {
		return err
	}
	if err := pkg.Card.CheckGraph(models.ModelFile, model); err != nil {
		return err
	}
	head, err := pkg.Head()
	if err != nil || head == nil {
		return err
	}
	return pkg.Card.CheckGraph(models.HeadFile, head)
}

// try runs the package's own test.
func (c *Catalogue) try(ctx context.Context, pkg *models.Package) error {
	trial := c.trial()
	defer trial.Close()
	limited, cancel := context.WithTimeout(ctx, trialLimit)
	defer cancel()
	runner, err := trial.Load(pkg)
	if err == nil {
		err = inference.Verify(limited, pkg, runner)
	}
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case limited.Err() != nil:
		return refuse("its own test took longer than %s", trialLimit)
	}
	return refuse("%v", err)
}

// enter makes a tried package count, with its audit event.
func (c *Catalogue) enter(ctx context.Context, actor records.User, pkg *models.Package, staged string, replace bool) (old string, err error) {
	card := pkg.Card
	if err := c.keepCard(pkg); err != nil {
		return "", err
	}
	if err := syncFolder(staged); err != nil {
		return "", err
	}
	sum, err := cardHash(pkg)
	if err != nil {
		return "", err
	}
	entry := row{ID: card.ID, Version: card.Version, SHA256: card.File.SHA256, Card: sum, Folder: filepath.Base(staged), By: actor.ID, At: c.now()}
	detail := "SHA-256 " + card.File.SHA256 + ", card " + sum
	err = c.change(ctx, actor, "install_model", card.ID+"@"+card.Version, func(x *index) (string, error) {
		replaced, err := c.newer(card, replace) // somebody else may have been faster
		if err != nil {
			return "", err
		}
		if replaced != "" {
			detail += ", in place of " + replaced
		}
		if i := slices.IndexFunc(x.Installed, func(r row) bool { return r.ID == card.ID }); i >= 0 {
			old = x.Installed[i].Folder
			x.Installed[i] = entry
			return detail, nil
		}
		x.Installed = append(x.Installed, entry)
		return detail, nil
	})
	return old, err
}

// keepCard writes the card as it is, for as long as the data folder lives.
func (c *Catalogue) keepCard(pkg *models.Package) error {
	data, err := pkg.ReadFile(models.CardFile, cardLimit)
	if err != nil {
		return err
	}
	name := fmt.Sprintf("%s@%s-%s.json", pkg.Card.ID, pkg.Card.Version, pkg.Card.File.SHA256[:16])
	return replaceFile(filepath.Join(Folder(c.home), cardsFolder, name), data)
}

// change replaces installed.json inside the transaction of an audit event: both
// are there afterwards, or neither. do gives the detail of the event.
func (c *Catalogue) change(ctx context.Context, actor records.User, action, object string, do func(x *index) (string, error)) error {
	var before *index
	err := c.store.Update(ctx, func(tx *sqlite.Tx) error {
		x, err := readIndex(c.home)
		if err != nil {
			return err
		}
		was := index{Installed: slices.Clone(x.Installed)}
		detail, err := do(&x)
		if err != nil {
			return err
		}
		err = tx.AppendAudit(&records.AuditEvent{At: c.now(), UserID: actor.ID, UserName: actor.Name, Station: c.station,
			Action: action, Object: object, Outcome: "ok", Detail: detail})
		if err != nil {
			return err
		}
		before = &was
		return writeIndex(c.home, x)
	})
	if err != nil && before != nil {
		return errors.Join(err, writeIndex(c.home, *before))
	}
	return err
}

// Remove takes an installed package out of the data folder; its card is kept. A
// shipped one of the same ID counts again.
func (c *Catalogue) Remove(ctx context.Context, actor records.User, id string) (version string, err error) {
	defer trail.Outcome(ctx, c.store, actor, "remove_model", id, &err)
	if err := trail.Require(ctx, c.store, actor, records.RightConfigure, "remove_model", id); err != nil {
		return "", err
	}
	var gone row
	err = c.change(ctx, actor, "remove_model", id, func(x *index) (string, error) {
		i := slices.IndexFunc(x.Installed, func(r row) bool { return r.ID == id })
		if i < 0 {
			return "", notInstalled(c.home, id)
		}
		gone = x.Installed[i]
		x.Installed = slices.Delete(x.Installed, i, i+1)
		return fmt.Sprintf("version %s, SHA-256 %s", gone.Version, gone.SHA256), nil
	})
	if err != nil {
		return "", err
	}
	c.Reload()
	return gone.Version, os.RemoveAll(filepath.Join(Folder(c.home), gone.Folder))
}

func notInstalled(home, id string) error {
	for _, e := range List(home) {
		if e.ID == id && e.Origin == Shipped {
			return &records.RefusedError{Code: "package_shipped", Args: []string{id}, Reason: fmt.Sprintf("model %s ships with the program and cannot be removed", id)}
		}
	}
	return fmt.Errorf("model %q is not installed; longying models list shows those that are", id)
}

// sweep removes folders that nothing names and that are older than any
// installation that could still run. What cannot be removed is tried again.
func (c *Catalogue) sweep() {
	x, err := readIndex(c.home)
	if err != nil {
		return // then nothing says what counts
	}
	entries, err := os.ReadDir(Folder(c.home))
	if err != nil {
		return
	}
	for _, e := range entries {
		named := slices.ContainsFunc(x.Installed, func(r row) bool { return r.Folder == e.Name() })
		info, err := e.Info()
		if err != nil || named || !e.IsDir() || e.Name() == cardsFolder || c.now().Sub(info.ModTime()) < 24*time.Hour {
			continue
		}
		os.RemoveAll(filepath.Join(Folder(c.home), e.Name()))
	}
}
