package dicomfile

import (
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	"longying/imaging"
)

// Attributes of a DICOMDIR, PS3.3 F.3.
const (
	TagDirectoryRecords Tag = 0x00041220
	TagRecordInUse      Tag = 0x00041410
	TagReferencedFileID Tag = 0x00041500
	TagReferencedInFile Tag = 0x00041511
)

// directory is what a DICOMDIR lists: PS3.3 F. Its records are read one after
// another; the offsets that chain them are not relied on, because many writers
// get them wrong and no record is needed to know another.
type directory struct {
	references []reference
	damage     *FormatError // why it could not be read to its end
}

// reference is a file of the file set.
type reference struct {
	components []string // of the path, as written
	object     string   // SOP Instance UID of the object in it
}

// readDirectory reads the records of a DICOMDIR whose header was read.
func readDirectory(f *File) *directory {
	d := &directory{}
	p := &parser{window: window{src: f.src, size: f.size}, big: f.bigEndian(), implicit: f.implicit, whole: true, each: TagDirectoryRecords}
	p.item = func(record *Dataset) {
		id := record.Texts(TagReferencedFileID)
		if use, ok := record.IntValue(TagRecordInUse); len(id) == 0 || ok && use == 0 { // PS3.3 F.3.2.2: inactive
			return
		}
		object := record.Text(TagReferencedInFile)
		if object == "" { // before the standard had that attribute
			object = record.Text(TagSOPInstanceUID)
		}
		d.references = append(d.references, reference{components: id, object: object})
	}
	_, _, err := p.dataset(f.start, f.size, false, 0)
	if err != nil && !errors.As(err, &d.damage) {
		d.damage = &FormatError{Code: imaging.SkipUnreadable, Offset: -1, Detail: err.Error()}
	}
	return d
}

// resolve gives the way from the folder of the DICOMDIR to a file, in the
// spelling of the file system, whose folders list reads; refused names a
// reference that leaves the file set, missing one that is not there.
func (r reference) resolve(list func(folder string) map[string]string) (way string, code imaging.SkipCode, detail string) {
	var parts []string
	for _, c := range r.components {
		parts = append(parts, strings.Split(c, "/")...)
	}
	for _, c := range parts {
		if c == ".." || c == "" || strings.Contains(c, ":") || strings.ContainsRune(c, 0) {
			return strings.Join(r.components, "/"), imaging.SkipOutside, fmt.Sprintf("%q is not a path inside the file set", strings.Join(r.components, `\`))
		}
	}
	for _, c := range parts {
		if c == "." {
			continue
		}
		actual, ok := list(way)[folded(c)]
		if !ok {
			return path.Join(parts...), imaging.SkipMissing, "there is no such file"
		}
		way = path.Join(way, actual)
	}
	return way, "", ""
}

// folded is a file name without what differs between media and file systems:
// case, the version of ISO 9660 (";1"), a trailing point.
func folded(name string) string {
	name, _, _ = strings.Cut(name, ";")
	return strings.ToLower(strings.TrimRight(name, ". "))
}

// place is where the files of a DICOMDIR may lie.
type place struct {
	list func(folder string) map[string]string // names of a folder, by their folded form
	name func(way string) string               // of a file, for people and for Open
}

func onDisk(root string) place {
	cache := map[string]map[string]string{}
	return place{
		list: func(folder string) map[string]string {
			if names, ok := cache[folder]; ok {
				return names
			}
			names := map[string]string{}
			entries, _ := os.ReadDir(filepath.Join(root, filepath.FromSlash(folder))) // a folder that cannot be read has no files
			for _, e := range entries {
				names[folded(e.Name())] = e.Name()
			}
			for _, e := range entries {
				names[e.Name()] = e.Name() // an exact name wins
			}
			cache[folder] = names
			return names
		},
		name: func(way string) string { return filepath.Join(root, filepath.FromSlash(way)) },
	}
}

// inArchive is the same of the members of a ZIP archive under a folder.
func inArchive(members map[string]bool, archive, root string) place {
	folders := map[string]map[string]string{}
	for m := range members {
		for m != "." && m != "/" {
			dir, base := path.Dir(m), path.Base(m)
			if folders[dir] == nil {
				folders[dir] = map[string]string{}
			}
			folders[dir][folded(base)] = base
			m = dir
		}
	}
	return place{
		list: func(folder string) map[string]string { return folders[path.Join(root, folder)] },
		name: func(way string) string { return archive + zipSeparator + path.Join(root, way) },
	}
}

// missing are the references that cannot be followed.
func (d *directory) missing(at place, source string) []scanned {
	var out []scanned
	for _, r := range d.references {
		if way, code, detail := r.resolve(at.list); code != "" {
			out = append(out, r.refuse(at.name(way), code, detail, source))
		}
	}
	return out
}

func (r reference) refuse(name string, code imaging.SkipCode, detail, source string) scanned {
	return scanned{path: name, object: r.object, skipped: &imaging.Skipped{Path: name, Code: code, Detail: "listed by " + source + ": " + detail}}
}

// listed are the files that a DICOMDIR on the disk lists, each once, and the
// files beside them that it does not list, marked as strangers.
func (d *directory) listed(source string, w *walker) []scanned {
	root := filepath.Dir(source)
	realRoot, err := realPath(root)
	if err != nil {
		return nil
	}
	at := onDisk(root)
	var out []scanned
	folders := map[string]bool{}
	var order []string
	for _, r := range d.references {
		way, code, detail := r.resolve(at.list)
		name := at.name(way)
		var real string
		if code == "" {
			st, err := os.Stat(name)
			switch {
			case err != nil:
				code, detail = imaging.SkipUnreadable, err.Error()
			case !st.Mode().IsRegular():
				code, detail = imaging.SkipUnreadable, "not a file"
			default:
				if real, err = realPath(name); err != nil {
					code, detail = imaging.SkipUnreadable, err.Error()
				} else if !inside(realRoot, real) {
					code, detail = imaging.SkipOutside, "a link leads out of the file set"
				}
			}
		}
		if code != "" {
			out = append(out, r.refuse(name, code, detail, source))
			continue
		}
		if folder := filepath.Dir(name); !folders[folder] {
			folders[folder] = true
			order = append(order, folder)
		}
		if w.first(real) {
			out = append(out, scanned{path: name})
		}
	}
	for _, folder := range order {
		entries, _ := os.ReadDir(folder) // it was read a moment ago
		for _, e := range entries {
			name := filepath.Join(folder, e.Name())
			if real, err := realPath(name); err == nil && e.Type().IsRegular() && !w.seen[real] {
				out = append(out, scanned{path: name, stranger: true})
			}
		}
	}
	return out
}

func inside(root, p string) bool {
	rel, err := filepath.Rel(root, p)
	return err == nil && filepath.IsLocal(rel)
}

// withoutStrangers keeps of the files that a DICOMDIR does not list those that
// are images it should have listed.
func withoutStrangers(items []scanned) []scanned {
	out := items[:0]
	for _, s := range items {
		if s.stranger {
			if s.instance == nil {
				continue
			}
			s.skipped = &imaging.Skipped{Path: s.path, Code: imaging.SkipNotListed, Header: s.instance,
				Detail: "the DICOMDIR does not list it; open the folder to take it too"}
			s.instance = nil
		}
		out = append(out, s)
	}
	return out
}
