package dicomfile

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"longying/imaging"
)

// Catalogue is what a scan found: studies in order of date, then UID, and the
// files that were not taken, in the order of the walk.
type Catalogue struct {
	Studies []imaging.Study
	Skipped []imaging.Skipped
}

// Instances counts the instances of all studies.
func (c *Catalogue) Instances() int {
	n := 0
	for i := range c.Studies {
		n += c.Studies[i].Instances()
	}
	return n
}

// Scan reads the headers of files, folders (with their subfolders; links that
// loop are followed once) and ZIP archives, whatever their names are. Every
// file that is not taken is in Skipped with its reason; that is never an
// error. Nothing found gives an empty Catalogue. A DICOMDIR is skipped: the
// files it lists are found by the walk.
//
// progress may be nil; it is called from one goroutine at a time with files
// done and files found. Work is spread over GOMAXPROCS; the result does not
// depend on it. The only errors are a path that does not exist and the
// context's.
func Scan(ctx context.Context, paths []string, progress func(done, total int)) (Catalogue, error) {
	w := walker{seen: map[string]bool{}}
	for _, p := range paths {
		if _, err := os.Stat(p); err != nil {
			if f, ok, merr := openMember(p); ok {
				w.found = append(w.found, scanned{path: p})
				if merr == nil {
					f.Close()
				}
				continue
			}
			return Catalogue{}, fmt.Errorf("%w; give a file, a folder or a ZIP archive that exists", err)
		}
		if err := w.walk(ctx, p); err != nil {
			return Catalogue{}, err
		}
	}
	items := w.found
	var next, done atomic.Int64
	var group sync.WaitGroup
	var report sync.Mutex
	for range min(runtime.GOMAXPROCS(0), len(items)) {
		group.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= len(items) {
					return
				}
				if items[i].skipped == nil {
					items[i].read(ctx)
				}
				if progress != nil {
					report.Lock()
					progress(int(done.Add(1)), len(items))
					report.Unlock()
				}
			}
		})
	}
	group.Wait()
	if err := ctx.Err(); err != nil {
		return Catalogue{}, err
	}
	return catalogue(items), nil
}

// scanned is one file on the way: what came of it.
type scanned struct {
	path     string
	instance *imaging.Instance
	skipped  *imaging.Skipped
	members  []scanned // of a ZIP archive
}

// walker lists files, each once.
type walker struct {
	found []scanned
	seen  map[string]bool // real paths of folders and files
}

func (w *walker) walk(ctx context.Context, p string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	skip := func(err error) error {
		w.found = append(w.found, scanned{path: p, skipped: &imaging.Skipped{Path: p, Code: imaging.SkipUnreadable, Detail: err.Error()}})
		return nil
	}
	st, err := os.Stat(p)
	if err != nil {
		return skip(err)
	}
	if !st.IsDir() && !st.Mode().IsRegular() {
		return skip(fmt.Errorf("not a file: %s", st.Mode().Type()))
	}
	real, err := filepath.EvalSymlinks(p)
	if err != nil {
		return skip(err)
	}
	if abs, err := filepath.Abs(real); err == nil {
		real = abs
	}
	if w.seen[real] {
		return nil
	}
	w.seen[real] = true
	if !st.IsDir() {
		w.found = append(w.found, scanned{path: p})
		return nil
	}
	entries, err := os.ReadDir(p)
	if err != nil {
		return skip(err)
	}
	// Real files before links, so that a file is named by its own path.
	slices.SortStableFunc(entries, func(a, b fs.DirEntry) int {
		return cmp.Compare(a.Type()&fs.ModeSymlink, b.Type()&fs.ModeSymlink)
	})
	for _, e := range entries {
		if err := w.walk(ctx, filepath.Join(p, e.Name())); err != nil {
			return err
		}
	}
	return nil
}

// read fills in what came of one file.
func (s *scanned) read(ctx context.Context) {
	f, err := Open(s.path)
	if err == nil {
		s.take(f)
		return
	}
	var fe *FormatError
	if errors.As(err, &fe) && fe.Code == imaging.SkipNotDICOM && isZip(s.path) {
		s.readArchive(ctx)
		return
	}
	s.skip(err)
}

func (s *scanned) take(f *File) {
	defer f.Close()
	inst := f.Instance()
	if inst.StudyUID == "" || inst.SeriesUID == "" || inst.SOPInstanceUID == "" {
		missing := TagSOPInstanceUID
		switch {
		case inst.StudyUID == "":
			missing = TagStudyInstanceUID
		case inst.SeriesUID == "":
			missing = TagSeriesInstanceUID
		}
		s.skipped = &imaging.Skipped{Path: s.path, Code: imaging.SkipNoIdentity, Detail: "attribute " + missing.label() + " is missing or empty"}
		return
	}
	s.instance = inst
}

func (s *scanned) skip(err error) {
	s.skipped = &imaging.Skipped{Path: s.path, Code: imaging.SkipUnreadable, Detail: err.Error()}
	var fe *FormatError
	if errors.As(err, &fe) {
		plain := *fe
		plain.Name = ""
		s.skipped.Code, s.skipped.Detail = fe.Code, plain.Error()
	}
}

func isZip(p string) bool {
	f, err := os.Open(p)
	if err != nil {
		return false
	}
	defer f.Close()
	var b [4]byte
	_, err = io.ReadFull(f, b[:])
	return err == nil && (string(b[:]) == zipMagic || string(b[:]) == zipMagicEmpty)
}

func (s *scanned) readArchive(ctx context.Context) {
	a, err := openArchive(s.path)
	if err != nil {
		s.skip(err)
		return
	}
	defer a.Close()
	for _, m := range a.reader.File {
		if ctx.Err() != nil {
			return
		}
		if m.FileInfo().IsDir() {
			continue
		}
		member := scanned{path: s.path + zipSeparator + memberName(m)}
		f, err := a.open(m, member.path)
		if err != nil {
			member.skip(err)
			if member.skipped.Code == imaging.SkipNotDICOM && filepath.Ext(m.Name) == ".zip" {
				member.skipped.Detail = nestedArchiveNote
			}
		} else {
			member.take(f)
		}
		s.members = append(s.members, member)
	}
}
