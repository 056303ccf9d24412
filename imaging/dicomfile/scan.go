package dicomfile

import (
	"archive/zip"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
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

// Scan is Reader.Scan of a reader that knows nothing.
func Scan(ctx context.Context, paths []string, progress func(done, total int)) (Catalogue, error) {
	return Reader{}.Scan(ctx, paths, progress)
}

// Scan reads the headers of files, folders (with their subfolders; links that
// loop are followed once) and ZIP archives, whatever their names are. Every
// file that is not taken is in Skipped with its reason; that is never an
// error. Nothing found gives an empty Catalogue.
//
// A DICOMDIR that is one of the paths stands for the files that it lists:
// those are taken, wherever the case of a name differs too; one that is not
// there, or that would lie outside the folder of the DICOMDIR, and DICOM
// objects beside them that it does not list are in Skipped. One that lies in a
// folder or an archive hides nothing: everything there is taken, and what it
// lists in vain is in Skipped.
//
// progress may be nil; it is called from one goroutine at a time with files
// done and files found. Work is spread over GOMAXPROCS; the result does not
// depend on it. The only errors are a path that does not exist and the
// context's.
func (rd Reader) Scan(ctx context.Context, paths []string, progress func(done, total int)) (Catalogue, error) {
	w := walker{seen: map[string]bool{}}
	for _, p := range paths {
		if _, err := os.Stat(p); err != nil {
			if f, ok, merr := rd.openMember(p); ok {
				w.found = append(w.found, scanned{path: p, member: true})
				if merr == nil {
					f.Close()
				}
				continue
			}
			return Catalogue{}, fmt.Errorf("%w; give a file, a folder or a ZIP archive that exists", err)
		}
		if err := w.start(ctx, p); err != nil {
			return Catalogue{}, err
		}
	}
	work := &crew{ctx: ctx, progress: progress, scratches: make([]scratch, max(1, runtime.GOMAXPROCS(0)))}
	work.all(w.found, func(_ int, s *scanned, mem *scratch) { s.read(rd, mem) })
	for i := range w.found {
		switch s := &w.found[i]; {
		case s.zip:
			s.readArchive(rd, work)
		case s.directory != nil && s.given:
			s.members = s.directory.listed(s.path, &w)
			work.all(s.members, func(_ int, m *scanned, mem *scratch) { m.read(rd, mem) })
			s.members = withoutStrangers(s.members)
		case s.directory != nil:
			s.members = s.directory.missing(onDisk(filepath.Dir(s.path)), s.path)
		}
	}
	if err := ctx.Err(); err != nil {
		return Catalogue{}, err
	}
	return catalogue(w.found), nil
}

// crew spreads work over the processors, each with memory of its own.
type crew struct {
	ctx         context.Context
	progress    func(done, total int)
	scratches   []scratch
	report      sync.Mutex
	done, total int
}

// all calls do for each item that has no verdict yet.
func (c *crew) all(items []scanned, do func(int, *scanned, *scratch)) {
	c.total += len(items)
	var next atomic.Int64
	var group sync.WaitGroup
	for k := range min(len(c.scratches), len(items)) {
		group.Go(func() {
			for c.ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= len(items) {
					return
				}
				if items[i].skipped == nil {
					do(i, &items[i], &c.scratches[k])
				}
				if c.progress != nil {
					c.report.Lock()
					c.done++
					c.progress(c.done, c.total)
					c.report.Unlock()
				}
			}
		})
	}
	group.Wait()
}

// scanned is one file on the way: what came of it.
type scanned struct {
	path      string
	given     bool // by the caller, not found in a folder
	member    bool // of an archive, named by the caller
	stranger  bool // beside the files that a DICOMDIR lists
	zip       bool
	object    string // SOP Instance UID of a reference that could not be followed
	instance  *imaging.Instance
	skipped   *imaging.Skipped
	directory *directory
	members   []scanned // of a ZIP archive or a DICOMDIR
}

// walker lists files, each once.
type walker struct {
	found []scanned
	seen  map[string]bool // real paths of folders and files
}

func (w *walker) skip(p string, err error) {
	w.found = append(w.found, scanned{path: p, skipped: &imaging.Skipped{Path: p, Code: imaging.SkipUnreadable, Detail: err.Error()}})
}

// first reports a real path that was not met before.
func (w *walker) first(real string) bool {
	if w.seen[real] {
		return false
	}
	w.seen[real] = true
	return true
}

// start takes a path that the caller gave, or a link.
func (w *walker) start(ctx context.Context, p string) error {
	st, err := os.Stat(p)
	if err != nil {
		w.skip(p, err)
		return nil
	}
	real, err := realPath(p)
	if err != nil {
		w.skip(p, err)
		return nil
	}
	switch {
	case st.IsDir():
		return w.folder(ctx, p, real)
	case !st.Mode().IsRegular():
		w.skip(p, fmt.Errorf("not a file: %s", st.Mode().Type()))
	case w.first(real):
		w.found = append(w.found, scanned{path: p, given: true})
	}
	return nil
}

func realPath(p string) (string, error) {
	real, err := filepath.EvalSymlinks(p)
	if err != nil {
		return "", err
	}
	return filepath.Abs(real)
}

// folder lists a folder whose real path is known; only its links need be
// looked at one by one.
func (w *walker) folder(ctx context.Context, p, real string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if !w.first(real) {
		return nil
	}
	entries, err := os.ReadDir(p)
	if err != nil {
		w.skip(p, err)
		return nil
	}
	// Real files before links, so that a file is named by its own path.
	slices.SortStableFunc(entries, func(a, b fs.DirEntry) int {
		return cmp.Compare(a.Type()&fs.ModeSymlink, b.Type()&fs.ModeSymlink)
	})
	for _, e := range entries {
		child := filepath.Join(p, e.Name())
		switch kind := e.Type(); {
		case kind.IsRegular():
			if w.first(filepath.Join(real, e.Name())) {
				w.found = append(w.found, scanned{path: child})
			}
		case kind.IsDir():
			if err := w.folder(ctx, child, filepath.Join(real, e.Name())); err != nil {
				return err
			}
		case kind&fs.ModeSymlink != 0:
			n := len(w.found)
			if err := w.start(ctx, child); err != nil {
				return err
			}
			for i := n; i < len(w.found); i++ {
				w.found[i].given = false
			}
		default:
			w.skip(child, fmt.Errorf("not a file: %s", kind))
		}
	}
	return nil
}

// read fills in what came of one file.
func (s *scanned) read(rd Reader, mem *scratch) {
	var f *File
	var err error
	if s.member {
		f, err = rd.Open(s.path)
	} else {
		f, err = rd.openFile(s.path, mem)
	}
	if err == nil {
		s.take(f)
		return
	}
	var fe *FormatError
	if errors.As(err, &fe) && fe.Code == imaging.SkipNotDICOM && fe.Detail == isArchive {
		s.zip = true
		return
	}
	s.refuse(f, err)
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
		s.skipped = &imaging.Skipped{Path: s.path, Code: imaging.SkipNoIdentity, Detail: "attribute " + missing.label() + " is missing or empty", Header: inst}
		return
	}
	s.instance = inst
}

// refuse notes why a file was not taken; f, which may be nil, is as much of it
// as was read.
func (s *scanned) refuse(f *File, err error) {
	s.skipped = &imaging.Skipped{Path: s.path, Code: imaging.SkipUnreadable, Detail: err.Error()}
	var fe *FormatError
	if errors.As(err, &fe) {
		plain := *fe
		plain.Name = ""
		s.skipped.Code, s.skipped.Detail = fe.Code, plain.Error()
	}
	if f == nil {
		return
	}
	s.skipped.Header = f.instance
	if d := f.directory; d != nil {
		s.directory = d
		if d.damage != nil {
			s.skipped.Code, s.skipped.Detail = d.damage.Code, "a DICOMDIR that cannot be read to its end: "+d.damage.Detail
		} else if len(d.references) == 0 {
			s.skipped.Detail = "a DICOMDIR that lists no files; open its folder instead"
		}
	}
}

// readArchive reads the members of a ZIP archive.
func (s *scanned) readArchive(rd Reader, work *crew) {
	a, err := openArchive(s.path)
	if err != nil {
		s.refuse(nil, err)
		return
	}
	defer a.Close()
	files := make([]*zip.File, 0, len(a.reader.File))
	names := map[string]bool{}
	for _, m := range a.reader.File {
		if m.FileInfo().IsDir() {
			continue
		}
		name := memberName(m)
		member := scanned{path: s.path + zipSeparator + name}
		if names[name] { // a path must name one object
			member.skipped = &imaging.Skipped{Path: member.path, Code: imaging.SkipConflict, Detail: "the archive has two members of this name: unpack it first"}
		}
		names[name] = true
		s.members = append(s.members, member)
		files = append(files, m)
	}
	members := s.members
	work.all(members, func(i int, m *scanned, mem *scratch) {
		f, err := a.open(rd, files[i], m.path, mem)
		if err == nil {
			m.take(f)
			return
		}
		var fe *FormatError
		if errors.As(err, &fe) && fe.Detail == isArchive {
			fe.Detail = nestedArchiveNote
		}
		m.refuse(f, err)
	})
	for i := range members {
		if d := members[i].directory; d != nil {
			inner := path.Dir(members[i].path[len(s.path)+len(zipSeparator):])
			s.members = append(s.members, d.missing(inArchive(names, s.path, inner), members[i].path)...)
		}
	}
}
