package backup

import (
	"archive/tar"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"longying/app/trail"
	"longying/records"
	"longying/records/seal"
	"longying/records/sqlite"
)

// Backup is the use case over an open data folder.
type Backup struct {
	store   *sqlite.Store
	key     *seal.Key
	home    string
	now     func() time.Time
	station string
	free    func(folder string) (int64, error)
}

// New wires the use case.
func New(store *sqlite.Store, key *seal.Key, home string, now func() time.Time) *Backup {
	return &Backup{store: store, key: key, home: home, now: now, station: host(), free: freeSpace}
}

func host() string {
	name, err := os.Hostname()
	if err != nil {
		return "unknown"
	}
	return name
}

const objectsFolder = "objects/"

// Write makes a backup of the data folder at path, which must lie outside of
// it, while the record stays in use: the database as it stands now, and what it
// names. It is read back whole before it takes its name. A file that is there
// is refused unless replace says so. Objects that are damaged or missing stop
// nothing; they are in the result, as in the backup. ctx ends it at any time,
// and nothing is left of it then.
func (b *Backup) Write(ctx context.Context, actor records.User, path string, replace bool, progress Progress) (Result, error) {
	if err := trail.Require(ctx, b.store, actor, records.RightBackup, "backup", ""); err != nil {
		return Result{}, err
	}
	r, err := b.write(ctx, path, replace, progress)
	event := records.AuditEvent{At: b.now(), UserID: actor.ID, UserName: actor.Name, Station: b.station, Action: "backup", Object: r.ID, Outcome: "ok",
		Detail: fmt.Sprintf("audit_count=%d files=%d damaged=%d", r.AuditCount, r.Files, len(r.Damaged))}
	if refused := new(records.RefusedError); errors.As(err, &refused) {
		event.Outcome, event.Detail = "refused", refused.Code
	} else if err != nil {
		event.Outcome, event.Detail = "failed", ""
	}
	// A cancelled backup is in the trail too.
	audited := b.store.Update(context.WithoutCancel(ctx), func(tx *sqlite.Tx) error { return tx.AppendAudit(&event) })
	if err == nil && audited != nil {
		audited = fmt.Errorf("the backup %s is written and whole, but the audit trail could not take it: %w", path, audited)
	}
	return r, errors.Join(err, audited)
}

// job is one backup that is being made.
type job struct {
	*Backup
	result   Result
	progress Progress
	done     int64
	total    int64
	snapshot string // folder of the copy of the database
	files    []file
	named    map[string]bool // files of the objects that the record names
}

// file is one file of the data folder.
type file struct {
	path string // below the data folder, with slashes
	size int64
}

func (b *Backup) write(ctx context.Context, path string, replace bool, progress Progress) (Result, error) {
	j := &job{Backup: b, progress: progress, named: map[string]bool{}}
	path, err := filepath.Abs(path)
	if err != nil {
		return j.result, err
	}
	inside, err := within(b.home, path)
	if err != nil {
		return j.result, err
	}
	if inside {
		return j.result, &records.RefusedError{Code: "backup_place", Args: []string{b.home},
			Reason: "a backup inside the data folder " + b.home + " would be lost with it; name a file elsewhere, best on another disk"}
	}
	if _, err := os.Lstat(path); err == nil && !replace {
		return j.result, &records.RefusedError{Code: "backup_exists", Args: []string{path}, Reason: path + " is there already; name another file, or say --replace"}
	}
	ring, err := os.ReadFile(filepath.Join(b.home, seal.KeyringFile))
	if err != nil {
		return j.result, fmt.Errorf("the keyring cannot be read: %w", err)
	}
	if err := b.takeSnapshot(ctx, j, filepath.Dir(path)); err != nil {
		return j.result, errors.Join(err, j.removeSnapshot())
	}
	err = j.seal(ctx, path, ring, replace)
	j.result.Path = path
	return j.result, errors.Join(err, j.removeSnapshot())
}

// within reports whether path lies in folder, links followed.
func within(folder, path string) (bool, error) {
	folder, err := filepath.EvalSymlinks(folder)
	if err != nil {
		return false, err
	}
	parent, err := filepath.EvalSymlinks(filepath.Dir(path))
	if err != nil {
		return false, fmt.Errorf("the folder of the backup: %w", err)
	}
	rel, err := filepath.Rel(folder, parent)
	return err == nil && filepath.IsLocal(rel), nil
}

// snapshotPrefix names the folder that holds the copy of the database.
const snapshotPrefix = ".backup-"

// takeSnapshot copies the database and looks at what is to be copied besides,
// after it was seen that there is room.
func (b *Backup) takeSnapshot(ctx context.Context, j *job, target string) error {
	database, err := os.Stat(filepath.Join(b.home, sqlite.DatabaseFile))
	if err != nil {
		return err
	}
	if err := j.list(); err != nil {
		return err
	}
	need := database.Size()
	for _, f := range j.files {
		need += f.size
	}
	j.total = 2 * need // written, and read back
	if err := b.room(target, need+need/1000+1<<20); err != nil {
		return err
	}
	if err := sweep(b.home, snapshotPrefix, b.now()); err != nil {
		return err
	}
	if err := sweep(target, seal.UnfinishedBackup, b.now()); err != nil {
		return err
	}
	if err := b.room(b.home, database.Size()+1<<20); err != nil {
		return err
	}
	if j.snapshot, err = os.MkdirTemp(b.home, snapshotPrefix); err != nil {
		return fmt.Errorf("the copy of the record cannot be made: %w", err)
	}
	if err := b.store.Snapshot(ctx, j.snapshot, nil); err != nil {
		return err
	}
	if err := j.describe(ctx); err != nil {
		return err
	}
	copied, err := os.Stat(filepath.Join(j.snapshot, sqlite.DatabaseFile))
	if err != nil {
		return err
	}
	// Once more: what the copy names was written before it was taken.
	j.files = nil
	if err := j.list(); err != nil {
		return err
	}
	j.files = append(j.files, file{sqlite.DatabaseFile, copied.Size()})
	j.total = 0
	for _, f := range j.files {
		j.total += 2 * f.size
	}
	return nil
}

// abandoned is the age from which on something unfinished is taken for what a
// killed program left behind. A younger one may be another program's, which is
// at it now.
const abandoned = 48 * time.Hour

// sweep removes what killed programs left in a folder under names that begin so.
func sweep(folder, prefix string, now time.Time) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, e := range entries {
		info, err := e.Info()
		if err == nil && strings.HasPrefix(e.Name(), prefix) && now.Sub(info.ModTime()) > abandoned {
			if err := os.RemoveAll(filepath.Join(folder, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

// SpaceError says that a disk has too little room.
type SpaceError struct {
	Folder     string
	Need, Free int64 // bytes
}

func (e *SpaceError) Error() string {
	return fmt.Sprintf("there is too little room in %s: %d MiB are needed, %d MiB are free; nothing was written. Free some space or choose another disk", e.Folder, e.Need>>20+1, e.Free>>20)
}

func (b *Backup) room(folder string, need int64) error {
	free, err := b.free(folder)
	if err != nil {
		return fmt.Errorf("the free space of %s cannot be read: %w", folder, err)
	}
	if free < need {
		return &SpaceError{folder, need, free}
	}
	return nil
}

// list finds every file of the data folder but those that the copy of the
// database stands for, and removes what killed programs left half written.
func (j *job) list() error {
	return filepath.WalkDir(j.home, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			if errors.Is(err, fs.ErrNotExist) && path != j.home { // a temporary file that is gone again
				return nil
			}
			return err
		}
		rel, err := filepath.Rel(j.home, path)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		switch {
		case rel == ".":
			return nil
		case strings.HasPrefix(d.Name(), ".") && d.IsDir():
			return fs.SkipDir
		case strings.HasPrefix(d.Name(), seal.Unfinished):
			if info, err := d.Info(); err == nil && j.now().Sub(info.ModTime()) > abandoned {
				return os.Remove(path)
			}
			return nil
		case strings.HasPrefix(d.Name(), "."), d.IsDir(), skipped(rel):
			return nil
		case !d.Type().IsRegular():
			return fmt.Errorf("%s is no plain file, and a backup cannot hold it; put a plain file or folder in its place", path)
		}
		info, err := d.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		j.files = append(j.files, file{rel, info.Size()})
		return nil
	})
}

// describe reads the copy of the database: that it holds together, where its
// audit trail stands, and which objects it names.
func (j *job) describe(ctx context.Context) error {
	copied, err := sqlite.Open(ctx, j.snapshot, j.key, j.now)
	if err != nil {
		return err
	}
	m := &j.result.Manifest
	m.Format, m.CreatedAt = manifestFormat, j.now()
	if m.ID, err = newID(); err == nil {
		m.Schema, err = sqlite.SchemaVersion()
	}
	if err == nil {
		err = copied.CheckIntegrity(ctx)
	}
	if err == nil {
		var trail sqlite.AuditReport
		trail, err = copied.VerifyAudit(ctx)
		m.AuditCount, m.AuditHead = trail.Count, trail.Head
		if err == nil && !trail.Whole() {
			m.AuditFault = trail.FirstBroken.Reason
		}
	}
	if err == nil {
		err = copied.View(ctx, func(tx *sqlite.Tx) error {
			return tx.EachObject(func(o *records.Object) error {
				j.named[objectsFolder+o.File] = true
				return nil
			})
		})
	}
	return errors.Join(err, copied.Close())
}

func (j *job) removeSnapshot() error {
	if j.snapshot == "" {
		return nil
	}
	return os.RemoveAll(j.snapshot)
}

// seal writes the file and reads it back.
func (j *job) seal(ctx context.Context, path string, ring []byte, replace bool) error {
	r, w := io.Pipe()
	written := make(chan error, 1)
	go func() {
		err := j.pack(ctx, w)
		w.CloseWithError(err)
		written <- err
	}()
	err := j.key.WriteBackup(path, ring, r, func(s *seal.SealedFile) error { return j.readBack(ctx, s) }, replace)
	r.CloseWithError(errStopped)
	if cause := <-written; cause != nil && !errors.Is(cause, errStopped) {
		return cause // what the pipe's reader saw came from here
	}
	return err
}

var errStopped = errors.New("the backup was given up")

// pack writes the entries.
func (j *job) pack(ctx context.Context, w io.Writer) error {
	t := tar.NewWriter(w)
	if err := putJSON(t, manifestEntry, j.result.Manifest, j.now()); err != nil {
		return err
	}
	for _, f := range j.files {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := j.put(ctx, t, f); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(j.named)) { // what is left was not there
		j.result.Damaged = append(j.result.Damaged, Fault{name, "the record names it, but the file is missing; import its study again"})
	}
	c := contents{Files: j.result.Files, Bytes: j.result.Bytes, Damaged: j.result.Damaged}
	if err := putJSON(t, contentsEntry, c, j.now()); err != nil {
		return err
	}
	return t.Close()
}

func putJSON(t *tar.Writer, name string, v any, at time.Time) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if err := t.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Size: int64(len(raw)), Mode: 0o600, ModTime: at, Format: tar.FormatPAX}); err != nil {
		return err
	}
	_, err = t.Write(raw)
	return err
}

// put writes one file. One that is gone meanwhile is left out: the record as it
// stood, and the objects that it names, are all there.
func (j *job) put(ctx context.Context, t *tar.Writer, f file) error {
	source := filepath.Join(j.home, filepath.FromSlash(f.path))
	if f.path == sqlite.DatabaseFile {
		source = filepath.Join(j.snapshot, sqlite.DatabaseFile)
	}
	in, err := os.Open(source)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	if strings.HasPrefix(f.path, objectsFolder) {
		delete(j.named, f.path)
		if err := j.key.CheckSealed(source); errors.Is(err, seal.ErrDamaged) {
			j.result.Damaged = append(j.result.Damaged, Fault{f.path, err.Error()})
		} else if err != nil {
			return err
		}
		j.result.Objects++
	}
	if err := t.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: f.path, Size: info.Size(), Mode: 0o600, ModTime: info.ModTime(), Format: tar.FormatPAX}); err != nil {
		return err
	}
	n, err := io.Copy(t, &counted{ctx: ctx, r: io.LimitReader(in, info.Size()), step: j.step})
	if err == nil && n != info.Size() {
		err = errors.New("it became shorter while it was read")
	}
	if err != nil {
		return fmt.Errorf("%s: %w", source, err)
	}
	j.result.Files++
	j.result.Bytes += n
	return nil
}

func (j *job) step(n int64) {
	j.done += n
	if j.progress != nil {
		j.progress(min(j.done, j.total), j.total)
	}
}

// readBack reads what was written to its end.
func (j *job) readBack(ctx context.Context, s *seal.SealedFile) error {
	var files int64
	found, err := unpack(&counted{ctx: ctx, r: s.Content(), step: j.step}, func(*tar.Header, io.Reader) error {
		files++
		return nil
	})
	if err == nil && (found.Manifest.ID != j.result.ID || files != j.result.Files) {
		err = errors.New("it does not read back as it was written")
	}
	return err
}

// counted is a reader that a context ends and that tells how far it is.
type counted struct {
	ctx  context.Context
	r    io.Reader
	step func(n int64)
}

func (c *counted) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := c.r.Read(p)
	c.step(int64(n))
	return n, err
}
