package archive

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"longying/imaging"
	"longying/imaging/dicomfile"
	"longying/records"
	"longying/records/seal"
	"longying/records/sqlite"
)

// incomingFolder holds what has come of studies that are still on their way; a
// backup leaves it out.
const incomingFolder = ".incoming"

// forgotten is how long the beginning of a study is kept that nobody fetches on.
const forgotten = 14 * 24 * time.Hour

// Incoming is a study on its way from another computer. What has come is kept
// sealed, under names that say nothing, and is not in the record: a study of
// which a part is missing must not pass for a whole one. It outlives this
// program, so that what was fetched is not fetched again. It is for one
// goroutine.
type Incoming struct {
	StudyUID string

	archive *Archive
	reader  dicomfile.Reader
	folder  string
	stored  map[string]bool // SOP UIDs of the record
	came    map[string]imaging.Instance
}

// Incoming opens what has come of a study from source. Files that do not open
// are removed; so is the beginning of any study that nobody fetched on for two
// weeks.
func (a *Archive) Incoming(ctx context.Context, source, studyUID string) (*Incoming, error) {
	top := filepath.Join(filepath.Dir(a.folder), incomingFolder)
	in := &Incoming{StudyUID: studyUID, archive: a, reader: a.Reader(ctx), stored: map[string]bool{}, came: map[string]imaging.Instance{},
		folder: filepath.Join(top, hex.EncodeToString(a.key.Lookup("incoming", source+"\x00"+studyUID))[:32])}
	if err := os.MkdirAll(in.folder, 0o700); err != nil {
		return nil, fmt.Errorf("the folder for what comes in cannot be made: %w", err)
	}
	now := time.Now()
	if err := os.Chtimes(in.folder, now, now); err != nil {
		return nil, err
	}
	if err := sweepIncoming(top, now); err != nil {
		return nil, err
	}
	err := a.store.View(ctx, func(tx *sqlite.Tx) error {
		objects, err := tx.ObjectsOf(studyUID)
		for _, o := range objects {
			in.stored[o.SOPUID] = true
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(in.folder)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		path := filepath.Join(in.folder, e.Name())
		if info, err := e.Info(); err != nil || strings.HasPrefix(e.Name(), seal.Unfinished) && now.Sub(info.ModTime()) < time.Hour {
			continue // another program is writing it
		}
		instance, err := in.header(path)
		if err != nil || instance.StudyUID != studyUID || in.stored[instance.SOPInstanceUID] {
			if err := os.Remove(path); err != nil {
				return nil, err
			}
			continue
		}
		in.came[instance.SOPInstanceUID] = *instance
	}
	return in, nil
}

func sweepIncoming(top string, now time.Time) error {
	entries, err := os.ReadDir(top)
	if err != nil {
		return err
	}
	for _, e := range entries {
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		if now.Sub(info.ModTime()) > forgotten {
			if err := os.RemoveAll(filepath.Join(top, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

func (in *Incoming) open(path string) (*dicomfile.File, error) {
	sealed, err := in.archive.key.OpenSealed(path)
	if err != nil {
		return nil, err
	}
	f, err := in.reader.OpenReader(sealed, sealed.Size(), "what came")
	if err != nil {
		sealed.Close()
		return nil, err
	}
	return f, nil
}

func (in *Incoming) header(path string) (*imaging.Instance, error) {
	f, err := in.open(path)
	if err != nil {
		return nil, err
	}
	instance := *f.Instance()
	instance.Source = path
	return &instance, f.Close()
}

// Has reports an instance that is in the record or has come.
func (in *Incoming) Has(sopUID string) bool {
	_, came := in.came[sopUID]
	return came || in.stored[sopUID]
}

// Waiting is how many instances have come and are not in the record.
func (in *Incoming) Waiting() int { return len(in.came) }

// Keep seals one object that comes, to its end, and says which it is and whether
// it was not here before. What is no DICOM object, or one of another study, is a
// *NotKeptError.
func (in *Incoming) Keep(r io.Reader) (sopUID string, fresh bool, err error) {
	var random [16]byte
	rand.Read(random[:])
	path := filepath.Join(in.folder, hex.EncodeToString(random[:]))
	if err := in.archive.key.WriteSealed(path, r); err != nil {
		return "", false, err
	}
	drop := func(reason string) (string, bool, error) {
		return "", false, errors.Join(os.Remove(path), &NotKeptError{"what came", reason})
	}
	instance, err := in.header(path)
	switch {
	case err != nil:
		return drop(err.Error())
	case instance.StudyUID != in.StudyUID:
		return drop("it is an instance of another study, " + instance.StudyUID)
	case in.Has(instance.SOPInstanceUID):
		return instance.SOPInstanceUID, false, os.Remove(path)
	}
	in.came[instance.SOPInstanceUID] = *instance
	return instance.SOPInstanceUID, true, nil
}

// Studies is what has come, ordered as an import needs it: one study at most.
func (in *Incoming) Studies() []imaging.Study {
	var all []imaging.Instance
	for _, i := range in.came {
		all = append(all, i)
	}
	return dicomfile.Group(all)
}

// Put copies an instance that has come into the objects of the data folder, as
// Archive.Put does with a file.
func (in *Incoming) Put(_ context.Context, i *imaging.Instance) (records.Object, error) {
	f, err := in.open(i.Source)
	if err != nil {
		return records.Object{}, err
	}
	defer f.Close()
	return in.archive.put(i, f)
}

// Done removes what has come, once the record has it.
func (in *Incoming) Done() error {
	in.came = map[string]imaging.Instance{}
	return os.RemoveAll(in.folder)
}
