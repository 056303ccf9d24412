// Package transfer holds the use cases around a PACS: which servers are
// configured, what they have, fetching studies from them into the record, and
// storing signed reports and other objects there. Each question and each
// transfer is audited, without names or numbers of patients.
package transfer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"longying/app/archive"
	"longying/app/trail"
	"longying/imaging"
	"longying/imaging/endpoint"
	"longying/imaging/pacs"
	"longying/records"
	"longying/records/sqlite"
)

// settingServers is the key of the configured servers, secrets included: the
// value is sealed like every setting.
const settingServers = "pacs"

// Received is what the import of an incoming study did.
type Received struct {
	Studies []records.Examination
	Skipped []imaging.Skipped
}

// Needs are what a transfer takes from the other use cases.
type Needs struct {
	// Import takes what came into the record, as a folder is imported.
	Import func(ctx context.Context, actor records.User, in *archive.Incoming, progress func(done, total int)) (Received, error)
	// Signed is the newest signed report of a study.
	Signed func(ctx context.Context, actor records.User, studyUID string) (records.SignedDocument, error)
	// Objects writes a signed report as DICOM objects, as one of the kinds but
	// AsObjects. left says what could not be written and why, while the rest was.
	Objects func(ctx context.Context, doc *records.SignedDocument, as string) (objects [][]byte, left []string, err error)
}

// Transfer is the use case.
type Transfer struct {
	store   *sqlite.Store
	archive *archive.Archive
	needs   Needs
	now     func() time.Time
	station string
}

// New wires the use case.
func New(store *sqlite.Store, ar *archive.Archive, needs Needs, now func() time.Time) *Transfer {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return &Transfer{store: store, archive: ar, needs: needs, now: now, station: host}
}

func (t *Transfer) audit(ctx context.Context, actor records.User, action, object, patientID string, failed error, detail string) error {
	outcome := "ok"
	if failed != nil {
		outcome = "failed"
		if kind := pacs.KindOf(failed); kind != "" {
			detail = strings.TrimPrefix(detail+"; "+string(kind), "; ")
		} else if errors.Is(failed, context.Canceled) {
			detail = strings.TrimPrefix(detail+"; cancelled", "; ")
		}
	}
	// What was done is written down also where the person cancelled it.
	return t.store.Update(context.WithoutCancel(ctx), func(tx *sqlite.Tx) error {
		return tx.AppendAudit(&records.AuditEvent{At: t.now(), UserID: actor.ID, UserName: actor.Name, Station: t.station,
			Action: action, Object: object, PatientID: patientID, Outcome: outcome, Detail: detail})
	})
}

func servers(tx *sqlite.Tx) ([]pacs.Server, error) {
	raw, err := tx.Setting(settingServers)
	if errors.Is(err, records.ErrNotFound) || err == nil && raw == "" {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var out []pacs.Server
	if err := json.Unmarshal([]byte(raw), &out); err != nil {
		return nil, fmt.Errorf("setting %s is damaged: %w", settingServers, err)
	}
	return out, nil
}

// Entry is a configured server as it may be shown: without its secrets.
type Entry struct {
	Name    string `json:"name"`
	URL     string `json:"url"`
	User    string `json:"user,omitempty"`
	Site    string `json:"site,omitempty"`
	Gateway string `json:"gateway,omitempty"`
	endpoint.Holds
}

// mayList is for those who use a PACS and those who configure it.
func (t *Transfer) mayList(ctx context.Context, actor records.User, action, name string) error {
	return trail.RequireAny(ctx, t.store, actor, []records.Right{records.RightConfigure, records.RightViewPatient}, action, name)
}

// Servers lists the configured servers, the one that is used where none is named
// first.
func (t *Transfer) Servers(ctx context.Context, actor records.User) ([]Entry, error) {
	if err := t.mayList(ctx, actor, "list_pacs", ""); err != nil {
		return nil, err
	}
	var out []Entry
	err := t.store.View(ctx, func(tx *sqlite.Tx) error {
		all, err := servers(tx)
		out = nil
		for _, s := range all {
			out = append(out, Entry{s.Name, s.URL, s.User, s.Site, s.Gateway, s.Holds()})
		}
		return err
	})
	return out, err
}

// change replaces the list of servers.
func (t *Transfer) change(ctx context.Context, actor records.User, detail string, f func([]pacs.Server) ([]pacs.Server, error)) (err error) {
	defer trail.Outcome(ctx, t.store, actor, "configure", settingServers, &err)
	if err := trail.Require(ctx, t.store, actor, records.RightConfigure, "configure", settingServers); err != nil {
		return err
	}
	return t.store.Update(ctx, func(tx *sqlite.Tx) error {
		all, err := servers(tx)
		if err != nil {
			return err
		}
		if all, err = f(all); err != nil {
			return err
		}
		raw, err := json.Marshal(all)
		if err != nil {
			return err
		}
		if err := tx.PutSetting(settingServers, string(raw)); err != nil {
			return err
		}
		return tx.AppendAudit(&records.AuditEvent{At: t.now(), UserID: actor.ID, UserName: actor.Name, Station: t.station,
			Action: "configure", Object: settingServers, Outcome: "ok", Detail: detail})
	})
}

// Put adds a server, or changes the one of its name. Where keep is set, secrets
// and certificates that are empty stay as they are: they are never shown, so
// that who changes an address need not know them. They stay only while the
// address keeps its host, so that nobody can have them sent elsewhere.
func (t *Transfer) Put(ctx context.Context, actor records.User, s pacs.Server, keep bool) error {
	return t.change(ctx, actor, "put "+s.Name, func(all []pacs.Server) ([]pacs.Server, error) {
		i := slices.IndexFunc(all, func(x pacs.Server) bool { return x.Name == s.Name })
		if i >= 0 && keep {
			s = s.Keeping(all[i])
		}
		if err := s.Check(); err != nil {
			return nil, err
		}
		if i < 0 {
			return append(all, s), nil
		}
		all[i] = s
		return all, nil
	})
}

// Remove forgets a server.
func (t *Transfer) Remove(ctx context.Context, actor records.User, name string) error {
	return t.change(ctx, actor, "remove "+name, func(all []pacs.Server) ([]pacs.Server, error) {
		n := len(all)
		all = slices.DeleteFunc(all, func(x pacs.Server) bool { return x.Name == name })
		if len(all) == n {
			return nil, fmt.Errorf("PACS %s: %w", name, records.ErrNotFound)
		}
		return all, nil
	})
}

// client is a client of a configured server; an empty name is the first one's.
func (t *Transfer) client(ctx context.Context, name string) (*pacs.Client, error) {
	var s *pacs.Server
	err := t.store.View(ctx, func(tx *sqlite.Tx) error {
		all, err := servers(tx)
		for i := range all {
			if s == nil && (name == "" || all[i].Name == name) {
				s = &all[i]
			}
		}
		return err
	})
	switch {
	case err != nil:
		return nil, err
	case s == nil && name == "":
		return nil, &records.RefusedError{Code: "no_pacs", Reason: "no PACS is configured; an administrator adds one in the settings or with longying pacs add"}
	case s == nil:
		return nil, fmt.Errorf("PACS %s: %w", name, records.ErrNotFound)
	}
	return pacs.New(*s)
}

// Echo asks a configured server whether it answers, and how long that took.
func (t *Transfer) Echo(ctx context.Context, actor records.User, name string) (string, time.Duration, error) {
	if err := t.mayList(ctx, actor, "pacs_echo", name); err != nil {
		return "", 0, err
	}
	c, err := t.client(ctx, name)
	if err != nil {
		return "", 0, err
	}
	defer c.Close()
	began := time.Now()
	err = c.Echo(ctx)
	return c.Server(), time.Since(began), err
}

// Try asks a server that is not, or not yet, configured so, e.g. before it is
// saved. Where keep is set, what is empty is taken from the one of its name.
func (t *Transfer) Try(ctx context.Context, actor records.User, s pacs.Server, keep bool) error {
	if err := trail.Require(ctx, t.store, actor, records.RightConfigure, "pacs_echo", s.Name); err != nil {
		return err
	}
	err := t.store.View(ctx, func(tx *sqlite.Tx) error {
		all, err := servers(tx)
		if i := slices.IndexFunc(all, func(x pacs.Server) bool { return x.Name == s.Name }); i >= 0 && keep {
			s = s.Keeping(all[i])
		}
		return err
	})
	if err != nil {
		return err
	}
	c, err := pacs.New(s)
	if err != nil {
		return err
	}
	defer c.Close()
	return c.Echo(ctx)
}

// Query asks a server for studies.
func (t *Transfer) Query(ctx context.Context, actor records.User, name string, q pacs.Query) (pacs.Found, error) {
	if err := trail.Require(ctx, t.store, actor, records.RightViewPatient, "pacs_query", name); err != nil {
		return pacs.Found{}, err
	}
	if err := q.Check(); err != nil {
		return pacs.Found{}, err
	}
	c, err := t.client(ctx, name)
	if err != nil {
		return pacs.Found{}, err
	}
	defer c.Close()
	found, err := c.Studies(ctx, q)
	detail := fmt.Sprintf("by %s: %d studies", asked(q), len(found.Studies))
	return found, errors.Join(err, t.audit(ctx, actor, "pacs_query", c.Server(), "", err, detail))
}

// asked names the fields of a query, never their values.
func asked(q pacs.Query) string {
	var fields []string
	for _, f := range []struct{ name, value string }{{"study", q.StudyUID}, {"patient", q.PatientID}, {"name", q.Name}, {"accession", q.Accession},
		{"modality", q.Modality}, {"date", q.From + q.To}, {"site", q.Site}} {
		if f.value != "" {
			fields = append(fields, f.name)
		}
	}
	if len(fields) == 0 {
		return "nothing"
	}
	return strings.Join(fields, ", ")
}
