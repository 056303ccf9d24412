package catalogue

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"longying/models"
	"longying/records"
)

// Limits on what is taken from a stick.
const (
	mostFiles    = 4096
	largestFile  = 2 << 30 // bytes: an ONNX file can be no larger
	largestWhole = 6 << 30
	largestRatio = 200 // of all unpacked bytes to those of the ZIP, looked at above ratioFrom
	ratioFrom    = 64 << 20
	longestName  = 200 // bytes
)

// refuse is a package that is not taken: for people, in one sentence.
func refuse(format string, args ...any) error {
	text := fmt.Sprintf(format, args...)
	return &records.RefusedError{Code: "package", Reason: "the model package was not installed: " + text, Args: []string{text}}
}

// source is a package as it lies on a stick.
type source struct {
	fsys  fs.FS
	base  string // the folder in it that holds card.json
	names []string
	close func() error
}

// openSource opens a folder or a ZIP and lists its files. Links, devices, names
// that leave the folder and encrypted entries are refused, and so is what is too
// large. It reads no file yet.
func openSource(from string) (*source, error) {
	st, err := os.Stat(from)
	if err != nil {
		return nil, err
	}
	s := &source{}
	if st.IsDir() {
		root, err := os.OpenRoot(from) // no name leads out of it
		if err != nil {
			return nil, err
		}
		s.fsys, s.close = root.FS(), root.Close
		err = s.listFolder()
		if err != nil {
			root.Close()
			return nil, err
		}
	} else {
		z, err := zip.OpenReader(from)
		if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
			return nil, fmt.Errorf("%s is neither a folder nor a whole ZIP file: %w", from, err)
		}
		s.fsys, s.close = z, z.Close
		if err := s.listZIP(z.File, st.Size()); err != nil {
			z.Close()
			return nil, err
		}
	}
	if err := s.findCard(from); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *source) listFolder() error {
	var total int64
	return fs.WalkDir(s.fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if !info.Mode().IsRegular() {
			return refuse("%s is a link or no plain file", name)
		}
		total += info.Size()
		return s.add(name, info.Size(), total)
	})
}

func (s *source) listZIP(files []*zip.File, packed int64) error {
	var total int64
	for _, f := range files {
		name := f.Name
		if strings.HasSuffix(name, "/") {
			name = strings.TrimSuffix(name, "/")
			if !fs.ValidPath(name) {
				return refuse("the name %q leads out of the package", f.Name)
			}
			continue
		}
		switch {
		case !f.Mode().IsRegular():
			return refuse("%s is a link or no plain file", name)
		case f.Flags&1 != 0:
			return refuse("%s is encrypted; unpack it first", name)
		case f.UncompressedSize64 > largestFile:
			return refuse("%s would have %d bytes; at most %d are taken", name, f.UncompressedSize64, int64(largestFile))
		}
		total += int64(f.UncompressedSize64)
		if total > ratioFrom && total/largestRatio > packed {
			return refuse("it would unpack from %d to more than %d bytes; unpack it first", packed, total)
		}
		if err := s.add(name, int64(f.UncompressedSize64), total); err != nil {
			return err
		}
	}
	return nil
}

func (s *source) add(name string, size, total int64) error {
	switch {
	case len(s.names) >= mostFiles:
		return refuse("it holds more than %d files", mostFiles)
	case size > largestFile || total > largestWhole:
		return refuse("it is larger than %d bytes, or %s larger than %d", int64(largestWhole), name, int64(largestFile))
	case !fs.ValidPath(name) || !filepath.IsLocal(filepath.FromSlash(name)) || strings.ContainsAny(name, "\\:\x00"):
		return refuse("the name %q leads out of the package", name)
	case len(name) > longestName:
		return refuse("the name %.40q... is longer than %d bytes", name, longestName)
	}
	for _, other := range s.names {
		if strings.EqualFold(other, name) {
			return refuse("%s is there twice", name)
		}
	}
	s.names = append(s.names, name)
	return nil
}

// findCard finds the one card.json, at the top or in the one folder there.
func (s *source) findCard(from string) error {
	var bases []string
	for _, n := range s.names {
		if dir, file := path.Split(n); file == models.CardFile && strings.Count(dir, "/") <= 1 {
			bases = append(bases, path.Clean("./"+dir))
		}
	}
	if slices.Contains(bases, ".") {
		bases = []string{"."}
	}
	switch len(bases) {
	case 0:
		return fmt.Errorf("%s holds no %s: %w", from, models.CardFile, models.ErrNotPackage)
	case 1:
		s.base = bases[0]
		return nil
	}
	return fmt.Errorf("%s holds %d model packages; name one of them", from, len(bases))
}

// belongs reports the files of a package; others, such as a training folder, stay
// on the stick.
func belongs(name string, card *models.Card) bool {
	switch {
	case name == models.CardFile, name == models.ModelFile, strings.HasPrefix(name, "test/"):
		return true
	case name == models.HeadFile:
		return card.Head() != nil
	case !strings.Contains(name, "/") && (strings.HasPrefix(name, "LICENSE") || strings.HasPrefix(name, "README") || strings.HasPrefix(name, "NOTICE")):
		return true
	case name == card.Tests.Cases, name == card.Tests.Preprocess:
		return true
	}
	for _, c := range card.Evidence.Calibration {
		if c.Picture == name {
			return true
		}
	}
	return false
}

// take copies a package into an empty folder and gives the names of what was left
// out. It takes no more bytes of a file than its list said.
func (s *source) take(into string, card *models.Card) (left []string, err error) {
	var total int64
	for _, full := range s.names {
		name := full
		if s.base != "." {
			inside, ok := strings.CutPrefix(full, s.base+"/")
			if !ok {
				left = append(left, full)
				continue
			}
			name = inside
		}
		if !belongs(name, card) {
			left = append(left, name)
			continue
		}
		n, err := s.copy(full, filepath.Join(into, filepath.FromSlash(name)), largestWhole-total)
		if err != nil {
			return nil, fmt.Errorf("copying %s: %w", name, err)
		}
		total += n
	}
	return left, nil
}

func (s *source) copy(name, to string, room int64) (int64, error) {
	in, err := s.fsys.Open(name)
	if err != nil {
		return 0, err
	}
	defer in.Close()
	st, err := in.Stat()
	if err != nil || !st.Mode().IsRegular() {
		return 0, errors.Join(err, errors.New("it is no plain file any more"))
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return 0, err
	}
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return 0, err
	}
	limit := min(room, largestFile, st.Size())
	n, err := io.Copy(out, io.LimitReader(in, limit+1))
	if err == nil && n > limit {
		err = fmt.Errorf("it is larger than %d bytes", limit)
	}
	if err == nil {
		err = out.Sync()
	}
	if e := out.Close(); err == nil {
		err = e
	}
	return n, err
}

// card reads the card of the package.
func (s *source) card() (*models.Card, error) {
	data, err := s.read(models.CardFile, cardLimit)
	if err != nil {
		return nil, err
	}
	return models.Parse(data)
}

// cardLimit is what a process that runs a model takes of a card.
const cardLimit = 512 << 10
