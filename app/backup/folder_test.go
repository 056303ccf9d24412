package backup

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"longying/records"
	"longying/records/seal"
	"longying/records/sqlite"
)

const passphrase = "the passphrase of the folder"

func clock() time.Time { return time.Date(2026, 11, 26, 8, 0, 0, 0, time.UTC) }

// soak is how many trials run: few in make test, all in make soak.
func soak(few, all int) int {
	if os.Getenv("LONGYING_SOAK") != "" {
		return all
	}
	return few
}

var (
	administrator = records.User{ID: "u0", Name: "管理员", Role: records.RoleAdministrator}
	doctor        = records.User{ID: "u1", Name: "王医生", Role: records.RoleRadiologist}
)

// folder is a data folder with a person, a study of several objects, verdicts
// and a signed report.
type folder struct {
	t     testing.TB
	home  string
	key   *seal.Key
	store *sqlite.Store
}

// objectSizes of the objects: none, one byte, one chunk exactly, several chunks.
func objectSizes() []int { return []int{0, 1, 64 << 10, 150_000, 700_000} }

func newFolder(t testing.TB) *folder {
	t.Helper()
	d := &folder{t: t, home: filepath.Join(t.TempDir(), "数据 1")}
	d.must(os.Mkdir(d.home, 0o700))
	var err error
	d.key, err = seal.Create(d.home, passphrase)
	d.must(err)
	d.open()
	var objects []records.Object
	d.must(os.Mkdir(filepath.Join(d.home, "objects"), 0o700))
	for i, n := range objectSizes() {
		content := bytes.Repeat([]byte{byte(i), 'x'}, n/2+1)[:n]
		sum := sha256.Sum256(content)
		o := records.Object{SOPUID: fmt.Sprintf("1.2.%d", i+1), StudyUID: "1.2", SeriesUID: "1.2.0", SOPClass: "1.2.840.10008.5.1.4.1.1.1", Modality: "CR",
			SHA256: hex.EncodeToString(sum[:]), Size: int64(n)}
		o.File = d.key.ObjectName(o.SHA256)
		d.must(d.key.WriteSealed(d.object(o), bytes.NewReader(content)))
		objects = append(objects, o)
	}
	d.must(os.MkdirAll(filepath.Join(d.home, "models", "a-model"), 0o700))
	d.must(os.WriteFile(filepath.Join(d.home, "models", "a-model", "card.json"), []byte("{}"), 0o600))
	patient := records.Patient{ID: "p1", Name: "刘小满", Sex: records.SexFemale, BirthDate: "19491231"}
	signed := records.SignedDocument{Document: records.Document{DocumentID: "doc", Version: 1, ID: "doc-1", Patient: patient,
		Examination: records.Examination{StudyUID: "1.2", PatientID: "p1", Link: records.LinkedByRule}, FindingText: []records.Sentence{{Text: "右肺结节。"}}, SignedAt: clock()},
		SignedBy: doctor.ID, SignedAt: clock()}
	signed.Canonical, err = signed.Document.Canonical()
	d.must(err)
	signed.SHA256, signed.SM3 = seal.Digests(signed.Canonical)
	d.must(d.store.Update(t.Context(), func(tx *sqlite.Tx) error {
		err := errors.Join(tx.PutPatient(&patient), tx.PutExamination(&records.Examination{StudyUID: "1.2", PatientID: "p1", Link: records.LinkedByRule, Date: clock()}))
		for i := range objects {
			_, e := tx.PutObject(&objects[i])
			err = errors.Join(err, e)
		}
		return errors.Join(err, tx.InsertFinding(&records.Finding{UID: "2.25.1", Version: 1, StudyUID: "1.2", State: records.FindingProposed, At: clock()}),
			tx.InsertSignedDocument(&signed), tx.AppendAudit(&records.AuditEvent{Action: "import"}))
	}))
	d.verdicts(5)
	return d
}

func (d *folder) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d *folder) open() {
	d.t.Helper()
	var err error
	d.store, err = sqlite.Open(context.Background(), d.home, d.key, clock)
	d.must(err)
	store := d.store
	d.t.Cleanup(func() { store.Close() })
}

func (d *folder) object(o records.Object) string { return filepath.Join(d.home, "objects", o.File) }

// verdicts adds versions of the finding, each with its event.
func (d *folder) verdicts(n int) {
	d.t.Helper()
	for range n {
		d.must(decide(d.store))
	}
}

// decide confirms the finding, or rejects it where it is confirmed.
func decide(s *sqlite.Store) error {
	return s.Update(context.Background(), func(tx *sqlite.Tx) error {
		f, err := tx.Finding("2.25.1")
		if err != nil {
			return err
		}
		next, err := f.Confirm(doctor, clock())
		if f.State == records.FindingConfirmed {
			next, err = f.Reject(doctor, "伪影", clock())
		}
		if err != nil {
			return err
		}
		return errors.Join(tx.AppendFindingVersion(&next), tx.AppendAudit(&records.AuditEvent{Action: "verdict", Object: fmt.Sprintf("%s/%d", next.UID, next.Version)}))
	})
}

func (d *folder) backup() *Backup { return New(d.store, d.key, d.home, clock) }

// write makes a backup that must succeed.
func (d *folder) write() (path string, r Result) {
	d.t.Helper()
	path = filepath.Join(d.t.TempDir(), "backup")
	r, err := d.backup().Write(d.t.Context(), administrator, path, false, nil)
	d.must(err)
	return path, r
}

// restore restores with the key that is known, which spares argon2id.
func (d *folder) restore(path, home string, change ...func(*Restoring)) (Restored, error) {
	d.t.Helper()
	r := Restoring{Path: path, Home: home, Clock: clock}
	for _, c := range change {
		c(&r)
	}
	f, err := seal.OpenBackup(path)
	if err != nil {
		return Restored{}, err
	}
	defer f.Close()
	return restore(d.t.Context(), r, f, d.key)
}

// state is what a record holds, for comparison: the objects and their content,
// the signed documents, and last each version of the finding, so that an earlier
// state is the beginning of a later one; without the trail.
func state(t testing.TB, home string, key *seal.Key) (text string, trail sqlite.AuditReport) {
	t.Helper()
	s, err := sqlite.Open(context.Background(), home, key, clock)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var b bytes.Buffer
	err = s.View(context.Background(), func(tx *sqlite.Tx) error {
		p, err := tx.Patient("p1")
		if err != nil {
			return err
		}
		n, err := tx.CheckSigned()
		if err != nil {
			return err
		}
		fmt.Fprintln(&b, p.Name, p.BirthDate, n)
		if err := tx.EachObject(func(o *records.Object) error {
			fmt.Fprintln(&b, o.SOPUID, o.SHA256)
			return nil
		}); err != nil {
			return err
		}
		history, err := tx.FindingHistory("2.25.1")
		if err != nil {
			return err
		}
		for _, f := range history {
			fmt.Fprintln(&b, f.Version, f.State, f.ByName, f.Reason)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	trail, err = s.VerifyAudit(context.Background())
	if err != nil || !trail.Whole() {
		t.Fatalf("the trail of %s: %+v, %v", home, trail.FirstBroken, err)
	}
	return b.String(), trail
}

// files are the contents below a folder, without the database.
func files(t testing.TB, root string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil || skipped(rel) && rel != seal.KeyringFile {
			return err
		}
		raw, err := os.ReadFile(path)
		out[rel] = string(raw)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// only wants nothing else in a folder.
func only(t testing.TB, when, folder string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	slices.Sort(want)
	if !slices.Equal(names, want) {
		t.Errorf("%s: %q in %s, want %q", when, names, filepath.Base(folder), want)
	}
}

// lastEvent is the newest event of the trail.
func (d *folder) lastEvent() records.AuditEvent {
	d.t.Helper()
	var e records.AuditEvent
	d.must(d.store.View(context.Background(), func(tx *sqlite.Tx) error {
		all, err := tx.AuditEvents(1, 0)
		if err == nil && len(all) == 1 {
			e = all[0]
		}
		return err
	}))
	return e
}
