package outbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"longying/records"
)

// folder is a destination that is a folder, of this machine or of a share.
type folder struct {
	dest Destination
	now  func() time.Time
}

// send writes a document under a name made of its id, version and format; where
// it is several objects, each with its number. What lies there already is never
// overwritten.
func (f folder) send(_ context.Context, p parcel) answer {
	objects, err := Unpack(p.body)
	if err != nil {
		return answer{outcome: NotEncoded, detail: err.Error(), why: unmade(f.dest.Name, err)}
	}
	base := fmt.Sprintf("%s-%d", fileName(p.DocumentID), p.Version)
	out := answer{outcome: AskedAndFound}
	for i, o := range objects {
		name := base + Extension(p.Format)
		if len(objects) > 1 {
			name = fmt.Sprintf("%s-%d%s", base, i+1, Extension(p.Format))
		}
		path := filepath.Join(f.dest.URL, name)
		there, err := os.ReadFile(path)
		switch {
		case err == nil && !bytes.Equal(there, o):
			return answer{outcome: Refused, detail: fmt.Sprintf("%s has other content already: it was not overwritten", path),
				why: &records.Cause{Code: causeOtherFile, Args: []string{f.dest.Name, name}}}
		case err == nil:
		case !errors.Is(err, os.ErrNotExist):
			return f.away(err)
		default:
			if err := writeWhole(f.dest.URL, name, o); err != nil {
				return f.away(err)
			}
			out.outcome, out.registered = Acknowledged, f.now()
		}
		if i == 0 {
			out.receipt = name
		}
	}
	return out
}

func (f folder) away(err error) answer {
	return answer{outcome: Unreachable, detail: fmt.Sprintf("the folder of destination %s: %v", f.dest.Name, err), why: because(causeFolder, f.dest.Name, 0, err.Error())}
}

// ask is send's own: it looks before it writes.
func (f folder) ask(context.Context, parcel) (answer, bool) { return answer{}, false }

// try writes a file and takes it away again.
func (f folder) try(context.Context) error {
	t, err := os.CreateTemp(f.dest.URL, ".trial-*")
	if err == nil {
		err = errors.Join(t.Close(), os.Remove(t.Name()))
	}
	if err != nil {
		return &Error{Kind: "unreachable", Destination: f.dest.Name, Detail: err.Error(), Err: err}
	}
	return nil
}

// fileName is an id as a file may be called on every system.
func fileName(id string) string {
	return strings.NewReplacer(":", "%3A", "*", "%2A").Replace(url.PathEscape(id))
}

// writeWhole makes a file appear with all its content, on the disk, or not. What
// an attempt that was killed has left is taken away.
func writeWhole(folder, name string, body []byte) error {
	const sending = ".sending-"
	left, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, e := range left {
		if strings.HasPrefix(e.Name(), sending+name+"-") {
			if err := os.Remove(filepath.Join(folder, e.Name())); err != nil && !errors.Is(err, os.ErrNotExist) {
				return err
			}
		}
	}
	f, err := os.CreateTemp(folder, sending+name+"-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // gone after the rename
	_, err = f.Write(body)
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), filepath.Join(folder, name)); err != nil {
		return err
	}
	return syncFolder(folder)
}

// syncFolder puts the new name on the disk. Windows does so with the rename.
func syncFolder(folder string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
