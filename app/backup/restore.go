package backup

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"longying/records"
	"longying/records/seal"
	"longying/records/sqlite"
)

// Restoring says what is to be restored, and where to.
type Restoring struct {
	Path       string // of the backup
	Home       string // data folder that is to be made
	Passphrase string // that the data folder had when the backup was made
	Replace    bool   // a data folder that is there is moved aside; else it is refused
	Clock      func() time.Time
	// SignIn finds who acts, in the restored record. Nil: nobody is named, the
	// passphrase alone stands for who restores. It opens everything in the backup,
	// and without a name no right could be asked for: so none is asked of a name
	// either, which only has to be somebody's who can sign in.
	SignIn   func(ctx context.Context, store *sqlite.Store) (records.User, error)
	Progress Progress
	Program  string // desktop or cli, for the audit trail
}

// Restored is what was restored.
type Restored struct {
	Result
	Home  string `json:"home"`
	Aside string `json:"aside,omitempty"` // where the data folder that was there lies now
}

// Restore makes a data folder out of a backup. Everything is unpacked beside
// Home and verified there, the seal of every byte, the database, the audit
// trail against the head that the backup states, each object against its hash
// in the record, each signed document against its hashes; only then it takes
// its place. Whatever fails leaves Home as it was. The restoration is an event
// of the restored audit trail.
func Restore(ctx context.Context, r Restoring) (Restored, error) {
	var out Restored
	f, err := seal.OpenBackup(r.Path)
	if err != nil {
		return out, err
	}
	defer f.Close()
	key, err := f.Unlock(r.Passphrase)
	if err != nil {
		return out, err
	}
	return restore(ctx, r, f, key)
}

// restore restores a backup whose key is known.
func restore(ctx context.Context, r Restoring, f *seal.Backup, key *seal.Key) (out Restored, err error) {
	content, err := f.Content(key)
	if err != nil {
		return out, err
	}
	if err := r.checkPlace(ctx, content.Size()); err != nil {
		return out, err
	}
	out.Home = r.Home
	temp, err := os.MkdirTemp(filepath.Dir(r.Home), filepath.Base(r.Home)+restoringPart+"*")
	if err != nil {
		return out, fmt.Errorf("the data folder cannot be restored: %w", err)
	}
	defer os.RemoveAll(temp) // nothing is there any more when it has taken its place
	w := &restoring{Restoring: r, key: key, folder: temp, total: content.Size()}
	if out.Result, err = w.unpack(ctx, content); err == nil {
		err = writeFile(filepath.Join(temp, seal.KeyringFile), bytes.NewReader(f.Keyring()))
	}
	if err == nil {
		err = w.verify(ctx, &out.Result)
	}
	if err == nil {
		err = syncTree(temp)
	}
	if err == nil {
		err = ctx.Err()
	}
	if err == nil {
		err = r.checkFree(ctx) // somebody may have opened it meanwhile
	}
	if err != nil {
		return out, fmt.Errorf("nothing was restored: %w", err)
	}
	out.Aside, err = w.takePlace()
	return out, err
}

// restoringPart stands in the name of a folder that is unpacked into.
const restoringPart = ".restoring-"

// checkPlace refuses a home with something in it, one that is in use, and a
// disk without room. What killed restorations left beside it is removed.
func (r *Restoring) checkPlace(ctx context.Context, size int64) error {
	home, err := filepath.Abs(r.Home)
	if err != nil {
		return err
	}
	if err := Finish(home); err != nil {
		return err
	}
	if real, err := filepath.EvalSymlinks(home); err == nil {
		home = real // what a link leads to is moved, not the link
	}
	r.Home = home
	parent := filepath.Dir(r.Home)
	if err := os.MkdirAll(parent, 0o700); err != nil {
		return err
	}
	if err := r.checkFree(ctx); err != nil {
		return err
	}
	if err := sweep(parent, filepath.Base(r.Home)+restoringPart, r.Clock()); err != nil {
		return err
	}
	free, err := freeSpace(parent)
	if err != nil {
		return fmt.Errorf("the free space of %s cannot be read: %w", parent, err)
	}
	if need := size + size/100 + 1<<20; free < need {
		return &SpaceError{parent, need, free}
	}
	return nil
}

// checkFree refuses a home with something in it, unless it may be replaced, and
// one that is in use.
func (r *Restoring) checkFree(ctx context.Context) error {
	entries, err := os.ReadDir(r.Home)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if len(entries) > 0 && !r.Replace {
		return &records.RefusedError{Code: "restore_home", Args: []string{r.Home},
			Reason: r.Home + " is not empty; name a new folder in LONGYING_HOME, or say --replace, which moves what is there aside"}
	}
	if len(entries) > 0 {
		used, err := sqlite.InUse(ctx, r.Home)
		if err != nil {
			return err
		}
		if used {
			return &records.RefusedError{Code: "restore_in_use", Args: []string{r.Home},
				Reason: "another program has the data folder " + r.Home + " open; close it first"}
		}
	}
	return nil
}

// restoring is one restoration under way.
type restoring struct {
	Restoring
	key    *seal.Key
	folder string
	done   int64
	total  int64
}

func (w *restoring) step(n int64) {
	w.done += n
	if w.Progress != nil {
		w.Progress(min(w.done, w.total), w.total)
	}
}

func (w *restoring) unpack(ctx context.Context, s *seal.SealedFile) (Result, error) {
	r := Result{Path: w.Path}
	u, err := unpack(&counted{ctx: ctx, r: s.Content(), step: w.step}, func(h *tar.Header, content io.Reader) error {
		r.Files++
		r.Bytes += h.Size
		path, err := filepath.Localize(h.Name)
		if err != nil || skipped(h.Name) && h.Name != sqlite.DatabaseFile {
			return fmt.Errorf("its entry %q is not a file of a data folder", h.Name)
		}
		return writeFile(filepath.Join(w.folder, path), content)
	})
	r.Manifest, r.Damaged = u.Manifest, u.Contents.Damaged
	if err != nil && ctx.Err() == nil {
		var path *fs.PathError // of a file that is written, not of the backup
		if err = seal.BackupDamage(w.Path, err); !errors.Is(err, seal.ErrDamaged) && !errors.As(err, &path) {
			err = &seal.DamagedBackupError{Path: w.Path, Reason: err.Error()}
		}
	}
	return r, err
}

// writeFile writes a file that is not there yet, durably.
func writeFile(path string, content io.Reader) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, content)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// verify holds the unpacked folder against what the backup and the record say,
// and puts the restoration into the audit trail.
func (w *restoring) verify(ctx context.Context, r *Result) (err error) {
	store, err := sqlite.Open(ctx, w.folder, w.key, w.Clock)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	store.SetProgram(w.Program)
	if err := store.CheckIntegrity(ctx); err != nil {
		return err
	}
	trail, err := store.VerifyAudit(ctx)
	if err != nil {
		return err
	}
	if trail.Count != r.AuditCount || trail.Head != r.AuditHead || trail.Whole() != (r.AuditFault == "") {
		return &seal.DamagedBackupError{Path: w.Path, Reason: fmt.Sprintf("its audit trail has %d events with head %s, but the backup states %d with head %s", trail.Count, trail.Head, r.AuditCount, r.AuditHead)}
	}
	known := map[string]bool{}
	for _, d := range r.Damaged {
		known[d.File] = true
	}
	err = store.View(ctx, func(tx *sqlite.Tx) error {
		if _, err := tx.CheckSigned(); err != nil {
			return err
		}
		return tx.EachObject(func(o *records.Object) error {
			r.Objects++
			if known[objectsFolder+o.File] {
				return nil
			}
			return w.checkObject(ctx, o)
		})
	})
	if err != nil {
		return err
	}
	event := records.AuditEvent{At: w.Clock(), Station: host(), Action: "restore", Object: r.ID, Outcome: "ok",
		Detail: fmt.Sprintf("made=%s audit_count=%d files=%d damaged=%d", r.CreatedAt.UTC().Format(time.RFC3339), r.AuditCount, r.Files, len(r.Damaged))}
	if w.SignIn == nil {
		event.Detail += " by=passphrase"
	} else {
		actor, err := w.SignIn(ctx, store)
		if err != nil {
			return err
		}
		event.UserID, event.UserName = actor.ID, actor.Name
	}
	return store.Update(ctx, func(tx *sqlite.Tx) error { return tx.AppendAudit(&event) })
}

// checkObject opens one object and holds its content against the record.
func (w *restoring) checkObject(ctx context.Context, o *records.Object) error {
	s, err := w.key.OpenSealed(filepath.Join(w.folder, "objects", o.File))
	if err != nil {
		return fmt.Errorf("object %s: %w", o.SOPUID, err)
	}
	defer s.Close()
	h := sha256.New()
	n, err := io.Copy(h, &counted{ctx: ctx, r: s.Content(), step: func(int64) {}})
	if err == nil && (n != o.Size || hex.EncodeToString(h.Sum(nil)) != o.SHA256) {
		err = seal.ErrDamaged
	}
	if err != nil {
		return fmt.Errorf("object %s does not have the content that the record states: %w", o.SOPUID, err)
	}
	return nil
}

// syncTree makes the folders of a tree durable; its files are already.
func syncTree(root string) error {
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		return syncFolder(path)
	})
}

// syncFolder makes what happened to the names in a folder durable. Windows has
// no such call and needs none.
func syncFolder(folder string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	f, err := os.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// waiting is the name under which a verified folder waits for its place.
func waiting(home string) string { return home + ".restored" }

// takePlace moves what is there aside and puts the restored folder in its
// place. A crash between the two is mended by Finish.
func (w *restoring) takePlace() (aside string, err error) {
	ready := waiting(w.Home)
	if err := os.RemoveAll(ready); err != nil { // of a restoration that ended before it moved anything
		return "", err
	}
	if err := os.Rename(w.folder, ready); err != nil {
		return "", err
	}
	if err := syncFolder(filepath.Dir(w.Home)); err != nil { // before the other goes: one of them must be there
		return "", err
	}
	if err := os.Remove(w.Home); err != nil && !errors.Is(err, fs.ErrNotExist) { // empty, or it is moved
		if aside, err = free(w.Home + w.Clock().Format(".before-restore-20060102-150405")); err != nil {
			return "", err
		}
		if err := os.Rename(w.Home, aside); err != nil {
			return "", errors.Join(fmt.Errorf("the data folder that is there cannot be moved aside, nothing was changed: %w", err), os.RemoveAll(ready))
		}
	}
	if err := Finish(w.Home); err != nil {
		if aside != "" {
			err = errors.Join(err, os.Rename(aside, w.Home))
		}
		return "", err
	}
	return aside, nil
}

// free is a path that nothing has.
func free(path string) (string, error) {
	for i := 1; i < 1000; i++ {
		try := path
		if i > 1 {
			try = fmt.Sprintf("%s-%d", path, i)
		}
		if _, err := os.Lstat(try); errors.Is(err, fs.ErrNotExist) {
			return try, nil
		}
	}
	return "", &fs.PathError{Op: "move aside to", Path: path, Err: fs.ErrExist}
}

// Pending reports a restored folder that waits for its place, which nothing
// holds: the program was killed between two renames.
func Pending(home string) bool {
	if _, err := os.Lstat(home); !errors.Is(err, fs.ErrNotExist) {
		return false
	}
	return seal.Exists(waiting(home))
}

// Finish gives a restored folder that waits its place, where that is free. It
// is called before a data folder is opened.
func Finish(home string) error {
	if !Pending(home) {
		return nil
	}
	if err := os.Rename(waiting(home), home); err != nil {
		return fmt.Errorf("the restored folder %s cannot be moved to %s; move it by hand: %w", waiting(home), home, err)
	}
	return syncFolder(filepath.Dir(home))
}
