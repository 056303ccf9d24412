package backup

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"longying/records"
	"longying/records/seal"
	"longying/records/sqlite"
)

func refused(t *testing.T, code string, err error) {
	t.Helper()
	var r *records.RefusedError
	if !errors.As(err, &r) || r.Code != code {
		t.Errorf("got %v, want the refusal %q", err, code)
	}
}

func TestARestoredFolderHasEveryFileEveryVerdictAndTheTrail(t *testing.T) {
	d := newFolder(t)
	want, before := state(t, d.home, d.key)
	path, made := d.write()
	if made.AuditCount != before.Count || made.AuditHead != before.Head || made.Objects != int64(len(objectSizes())) || !made.Whole() {
		t.Errorf("%+v; the trail had %+v", made, before)
	}
	if e := d.lastEvent(); e.Action != "backup" || e.Outcome != "ok" || e.UserID != administrator.ID || e.Object != made.ID {
		t.Errorf("audited as %+v", e)
	}
	home := filepath.Join(t.TempDir(), "new", "folder")
	done, err := Restore(t.Context(), Restoring{Path: path, Home: home, Passphrase: passphrase, Clock: clock})
	d.must(err)
	if done.Files != made.Files || done.Bytes != made.Bytes || done.Objects != made.Objects || done.Aside != "" {
		t.Errorf("restored %+v of %+v", done, made)
	}
	got, trail := state(t, home, d.key)
	if got != want || trail.Count != before.Count+1 {
		t.Errorf("%s, %d events\nwant %s, %d and the restoration", got, trail.Count, want, before.Count)
	}
	if !maps.Equal(files(t, home), files(t, d.home)) {
		t.Error("the files are not the same")
	}
	if _, err := seal.Unlock(home, passphrase); err != nil {
		t.Error(err)
	}
	only(t, "after a restoration", filepath.Dir(home), "folder")
}

func TestABackupIsOfOneMomentWhileVerdictsGoOn(t *testing.T) {
	d := newFolder(t)
	path := filepath.Join(t.TempDir(), "b")
	want, before := state(t, d.home, d.key)
	wrote := 0
	made, err := d.backup().Write(t.Context(), administrator, path, false, func(int64, int64) {
		if wrote++; wrote < 20 {
			d.verdicts(1)
		}
	})
	d.must(err)
	if wrote == 0 || made.AuditCount != before.Count {
		t.Fatalf("%d verdicts meanwhile, %d events in it, %d before", wrote, made.AuditCount, before.Count)
	}
	home := filepath.Join(t.TempDir(), "new")
	_, err = d.restore(path, home)
	d.must(err)
	if got, _ := state(t, home, d.key); got != want {
		t.Error("it is not the record as it stood when the backup began")
	}
}

func TestOnlyWhoHasTheRightMakesABackupAndOnlyOutsideOfTheFolder(t *testing.T) {
	d := newFolder(t)
	b, other := d.backup(), t.TempDir()
	_, err := b.Write(t.Context(), doctor, filepath.Join(other, "b"), false, nil)
	refused(t, "right", err)
	for _, inside := range []string{"b", "objects/b", "models/../b"} {
		_, err = b.Write(t.Context(), administrator, filepath.Join(d.home, filepath.FromSlash(inside)), false, nil)
		refused(t, "backup_place", err)
	}
	d.must(os.Symlink(d.home, filepath.Join(other, "link")))
	_, err = b.Write(t.Context(), administrator, filepath.Join(other, "link", "b"), false, nil)
	refused(t, "backup_place", err)
	if e := d.lastEvent(); e.Action != "backup" || e.Outcome != "refused" || e.Detail != "backup_place" {
		t.Errorf("audited as %+v", e)
	}
	_, err = b.Write(t.Context(), administrator, filepath.Join(other, "nosuch", "b"), false, nil)
	var r *records.RefusedError
	if !errors.Is(err, fs.ErrNotExist) || errors.As(err, &r) {
		t.Errorf("a folder that is not there: %v", err)
	}
	d.must(os.WriteFile(filepath.Join(other, "letter"), []byte("dear"), 0o600))
	_, err = b.Write(t.Context(), administrator, filepath.Join(other, "letter"), false, nil)
	refused(t, "backup_exists", err)
	if raw, _ := os.ReadFile(filepath.Join(other, "letter")); string(raw) != "dear" {
		t.Error("it was written over")
	}
	only(t, "refused", other, "letter", "link")
}

func TestADamagedOrMissingObjectStopsNoBackupAndIsNamed(t *testing.T) {
	d := newFolder(t)
	var all []records.Object
	d.must(d.store.View(t.Context(), func(tx *sqlite.Tx) error {
		return tx.EachObject(func(o *records.Object) error { all = append(all, *o); return nil })
	}))
	d.must(os.Remove(d.object(all[1])))
	raw, err := os.ReadFile(d.object(all[3]))
	d.must(err)
	raw = raw[:len(raw)-1]
	d.must(os.WriteFile(d.object(all[3]), raw, 0o600))
	path, made := d.write()
	bad := func(fs []Fault) string {
		var names []string
		for _, f := range fs {
			names = append(names, f.File)
		}
		return strings.Join(names, " ")
	}
	want := objectsFolder + all[3].File + " " + objectsFolder + all[1].File
	if made.Whole() || bad(made.Damaged) != want {
		t.Errorf("damaged: %s, want %s", bad(made.Damaged), want)
	}
	done, err := d.restore(path, filepath.Join(t.TempDir(), "new"))
	d.must(err)
	if done.Whole() || bad(done.Damaged) != want {
		t.Errorf("restored with %s", bad(done.Damaged))
	}
}

// An object that opens under its seal but is not what the record names is found
// by the hash of its content.
func TestAnObjectThatIsNotTheOneOfTheRecordIsNotRestored(t *testing.T) {
	d := newFolder(t)
	var o records.Object
	d.must(d.store.View(t.Context(), func(tx *sqlite.Tx) error {
		return tx.EachObject(func(x *records.Object) error { o = *x; return nil })
	}))
	d.must(os.Remove(d.object(o)))
	d.must(d.key.WriteSealed(d.object(o), strings.NewReader("another picture")))
	path, _ := d.write()
	home := filepath.Join(t.TempDir(), "new")
	if _, err := d.restore(path, home); !errors.Is(err, seal.ErrDamaged) || !strings.Contains(err.Error(), o.SOPUID) {
		t.Errorf("%v", err)
	}
	only(t, "not restored", filepath.Dir(home))
}

func TestAWrongPassphraseRestoresNothing(t *testing.T) {
	d := newFolder(t)
	path, _ := d.write()
	home := filepath.Join(t.TempDir(), "new")
	_, err := Restore(t.Context(), Restoring{Path: path, Home: home, Passphrase: passphrase + " ", Clock: clock})
	var wrong *seal.PassphraseError
	if !errors.As(err, &wrong) || wrong.Code != seal.PassphraseWrong || !strings.Contains(err.Error(), path) {
		t.Errorf("%v", err)
	}
	only(t, "wrong passphrase", filepath.Dir(home))
}

func TestACutOrChangedBackupRestoresNothing(t *testing.T) {
	d := newFolder(t)
	path, _ := d.write()
	whole, err := os.ReadFile(path)
	d.must(err)
	parent := t.TempDir()
	try := func(what string, raw []byte) {
		t.Helper()
		d.must(os.WriteFile(path, raw, 0o600))
		_, err := d.restore(path, filepath.Join(parent, "new"))
		if err == nil {
			t.Fatalf("%s: it was restored", what)
		}
		if !errors.Is(err, seal.ErrDamaged) && !strings.Contains(err.Error(), "format") {
			t.Errorf("%s: %v", what, err)
		}
		only(t, what, parent)
	}
	cuts := []int{0, 7, 8, 15, 16, 100, len(whole) / 2, len(whole) - 1}
	changes := []int{0, 8, 9, 12, 15, 16, 60, 200, len(whole) - 1}
	for range soak(30, 300) {
		cuts = append(cuts, rand.IntN(len(whole)))
		changes = append(changes, rand.IntN(len(whole)))
	}
	for _, n := range cuts {
		try("cut", whole[:n])
	}
	for _, at := range changes {
		raw := []byte(string(whole))
		raw[at] ^= 1 << rand.IntN(8)
		try("changed", raw)
	}
	try("longer", append([]byte(string(whole)), 0))
	d.must(os.WriteFile(path, whole, 0o600))
	_, err = d.restore(path, filepath.Join(parent, "new"))
	d.must(err)
}

func TestTooLittleRoomIsSaidBeforeAnythingIsWritten(t *testing.T) {
	d := newFolder(t)
	target := t.TempDir()
	for _, full := range []string{d.home, target} {
		b := d.backup()
		b.free = func(folder string) (int64, error) {
			if folder == full {
				return 1 << 20, nil
			}
			return 1 << 40, nil
		}
		_, err := b.Write(t.Context(), administrator, filepath.Join(target, "b"), false, nil)
		var space *SpaceError
		if !errors.As(err, &space) || space.Folder != full {
			t.Errorf("%v", err)
		}
		only(t, "no room", target)
		only(t, "no room", d.home, "keyring.json", "models", "objects", sqlite.DatabaseFile, sqlite.DatabaseFile+"-shm", sqlite.DatabaseFile+"-wal")
	}
}

func TestACancelledBackupLeavesNothingButItsEvent(t *testing.T) {
	d := newFolder(t)
	steps := 0
	path := filepath.Join(t.TempDir(), "b")
	_, err := d.backup().Write(t.Context(), administrator, path, false, func(int64, int64) { steps++ })
	d.must(err)
	before, err := os.ReadFile(path)
	d.must(err)
	for at := 0; at < steps; at += soak(5, 1) {
		ctx, cancel := context.WithCancel(t.Context())
		seen := 0
		_, err := d.backup().Write(ctx, administrator, path, true, func(int64, int64) {
			if seen == at {
				cancel()
			}
			seen++
		})
		cancel()
		if err == nil && at == steps-1 {
			continue // it was whole already
		}
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("cancelled at step %d of %d: %v", at, steps, err)
		}
		if after, err := os.ReadFile(path); err != nil || string(after) != string(before) {
			t.Fatalf("step %d: the backup that was there is changed, %v", at, err)
		}
		if e := d.lastEvent(); e.Action != "backup" || e.Outcome != "failed" {
			t.Errorf("audited as %+v", e)
		}
	}
	only(t, "cancelled", filepath.Dir(path), "b")
	only(t, "cancelled", d.home, "keyring.json", "models", "objects", sqlite.DatabaseFile, sqlite.DatabaseFile+"-shm", sqlite.DatabaseFile+"-wal")
}

func TestACancelledRestorationLeavesTheFolderThatIsThere(t *testing.T) {
	d := newFolder(t)
	path, _ := d.write()
	parent := t.TempDir()
	home := filepath.Join(parent, "home")
	d.must(os.MkdirAll(home, 0o700))
	d.must(os.WriteFile(filepath.Join(home, "mine"), []byte("x"), 0o600))
	steps := 0
	_, err := d.restore(path, filepath.Join(t.TempDir(), "new"), func(r *Restoring) { r.Progress = func(int64, int64) { steps++ } })
	d.must(err)
	f, err := seal.OpenBackup(path)
	d.must(err)
	defer f.Close()
	for at := range steps {
		ctx, cancel := context.WithCancel(t.Context())
		seen := 0
		_, err := restore(ctx, Restoring{Path: path, Home: home, Replace: true, Clock: clock, Progress: func(int64, int64) {
			if seen == at {
				cancel()
			}
			seen++
		}}, f, d.key)
		cancel()
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("cancelled at step %d of %d: %v", at, steps, err)
		}
		only(t, "cancelled", parent, "home")
		only(t, "cancelled", home, "mine")
	}
}

func TestAFolderThatIsInUseOrNotEmptyIsNotReplaced(t *testing.T) {
	d := newFolder(t)
	path, _ := d.write()
	want, _ := state(t, d.home, d.key)
	_, err := d.restore(path, d.home)
	refused(t, "restore_home", err)
	replace := func(r *Restoring) { r.Replace = true }
	_, err = d.restore(path, d.home, replace)
	refused(t, "restore_in_use", err)
	// One that is opened while the backup is unpacked.
	d.must(d.store.Close())
	opened := false
	_, err = d.restore(path, d.home, replace, func(r *Restoring) {
		r.Progress = func(int64, int64) {
			if !opened {
				d.open()
				opened = true
			}
		}
	})
	refused(t, "restore_in_use", err)
	d.verdicts(1)
	d.must(d.store.Close())
	if got, _ := state(t, d.home, d.key); !strings.HasPrefix(got, want) || got == want {
		t.Error("the verdict that was made meanwhile is not there")
	}
	done, err := d.restore(path, d.home, replace)
	d.must(err)
	if got, _ := state(t, d.home, d.key); got != want {
		t.Error("it was not restored")
	}
	if got, _ := state(t, done.Aside, d.key); got == want {
		t.Error("what was there is not aside")
	}
	only(t, "replaced", filepath.Dir(d.home), filepath.Base(d.home), filepath.Base(done.Aside))
}

func TestARestorationThatWasKilledBetweenItsRenamesIsFinishedAtTheNextStart(t *testing.T) {
	d := newFolder(t)
	path, _ := d.write()
	want, _ := state(t, d.home, d.key)
	home := filepath.Join(t.TempDir(), "home")
	_, err := d.restore(path, home)
	d.must(err)
	if Pending(home) {
		t.Error("nothing waits, and yet it says so")
	}
	d.must(os.Rename(home, waiting(home)))
	if !Pending(home) {
		t.Fatal("it is not seen")
	}
	d.must(Finish(home))
	if got, _ := state(t, home, d.key); got != want {
		t.Error("not the restored one")
	}
	// One that was killed before the other had moved aside does not count.
	d.must(os.CopyFS(waiting(home), os.DirFS(home)))
	if Pending(home) {
		t.Error("a folder is there")
	}
	done, err := d.restore(path, home, func(r *Restoring) { r.Replace = true })
	d.must(err)
	only(t, "restored again", filepath.Dir(home), "home", filepath.Base(done.Aside))
}

func TestWhatKilledProgramsLeftIsSweptAndWhatIsAtWorkIsNot(t *testing.T) {
	d := newFolder(t)
	target := t.TempDir()
	old, young := clock().Add(-abandoned-time.Hour), clock().Add(-time.Hour)
	put := func(at time.Time, path string, folder bool) {
		t.Helper()
		if folder {
			d.must(os.Mkdir(path, 0o700))
			d.must(os.WriteFile(filepath.Join(path, "x"), nil, 0o600))
		} else {
			d.must(os.WriteFile(path, nil, 0o600))
		}
		d.must(os.Chtimes(path, at, at))
	}
	objects := filepath.Join(d.home, "objects")
	put(old, filepath.Join(d.home, snapshotPrefix+"1"), true)
	put(young, filepath.Join(d.home, snapshotPrefix+"2"), true)
	put(old, filepath.Join(target, seal.UnfinishedBackup+"1"), false)
	put(young, filepath.Join(target, seal.UnfinishedBackup+"2"), false)
	put(old, filepath.Join(target, "letter"), false)
	put(old, filepath.Join(objects, seal.Unfinished+"1"), false)
	put(young, filepath.Join(objects, seal.Unfinished+"2"), false)
	path := filepath.Join(target, "b")
	made, err := d.backup().Write(t.Context(), administrator, path, false, nil)
	d.must(err)
	only(t, "swept", target, "b", "letter", seal.UnfinishedBackup+"2")
	names, err := filepath.Glob(filepath.Join(d.home, ".*"))
	d.must(err)
	if len(names) != 1 || filepath.Base(names[0]) != snapshotPrefix+"2" {
		t.Errorf("in the data folder: %v", names)
	}
	if names, _ := filepath.Glob(filepath.Join(objects, ".*")); len(names) != 1 || filepath.Base(names[0]) != seal.Unfinished+"2" {
		t.Errorf("among the objects: %v", names)
	}
	if made.Objects != int64(len(objectSizes())) {
		t.Errorf("%d objects", made.Objects)
	}
	parent := t.TempDir()
	put(old, filepath.Join(parent, "home"+restoringPart+"1"), true)
	put(young, filepath.Join(parent, "home"+restoringPart+"2"), true)
	put(old, filepath.Join(parent, "other"+restoringPart+"1"), true)
	_, err = d.restore(path, filepath.Join(parent, "home"))
	d.must(err)
	only(t, "swept", parent, "home", "home"+restoringPart+"2", "other"+restoringPart+"1")
}
