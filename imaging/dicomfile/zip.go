package dicomfile

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"
	"unicode/utf8"

	"longying/imaging"
)

// Limits on ZIP archives, against archives made to exhaust a machine.
const (
	mostZipEntries     = 100_000
	largestZipMember   = 2 << 30 // bytes, unpacked
	largestZipRatio    = 200     // unpacked to packed, looked at above zipRatioFrom
	zipRatioFrom       = 16 << 20
	zipSeparator       = "!"
	zipMagic           = "PK\x03\x04"
	zipMagicEmpty      = "PK\x05\x06"
	nestedArchiveNote  = "an archive inside an archive: unpack it first"
	encryptedEntryNote = "encrypted in the archive: unpack it first"
)

// archive is an open ZIP file.
type archive struct {
	file   *os.File
	reader *zip.Reader
}

func openArchive(name string) (*archive, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	st, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, err
	}
	r, err := zip.NewReader(f, st.Size())
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		f.Close()
		return nil, &FormatError{Name: name, Code: imaging.SkipMalformed, Offset: -1, Detail: fmt.Sprintf("a damaged ZIP archive: %v", err)}
	}
	if len(r.File) > mostZipEntries {
		f.Close()
		return nil, &FormatError{Name: name, Code: imaging.SkipTooLarge, Offset: -1,
			Detail: fmt.Sprintf("the archive has %d entries, %d are allowed", len(r.File), mostZipEntries)}
	}
	return &archive{f, r}, nil
}

func (a *archive) Close() error { return a.file.Close() }

// open gives random access to one member. It is unpacked as far as it is read.
func (a *archive) open(m *zip.File, name string) (*File, error) {
	size := m.UncompressedSize64
	if size > largestZipMember || size > zipRatioFrom && m.CompressedSize64 < size/largestZipRatio {
		return nil, &FormatError{Name: name, Code: imaging.SkipTooLarge, Offset: -1,
			Detail: fmt.Sprintf("it would unpack from %d to %d bytes, over the limit", m.CompressedSize64, size)}
	}
	if m.Flags&1 != 0 {
		return nil, &FormatError{Name: name, Code: imaging.SkipUnreadable, Offset: -1, Detail: encryptedEntryNote}
	}
	if m.Method == zip.Store && m.CompressedSize64 == size {
		at, err := m.DataOffset()
		if err != nil {
			return nil, &FormatError{Name: name, Code: imaging.SkipMalformed, Offset: -1, Detail: err.Error()}
		}
		return OpenReader(io.NewSectionReader(a.file, at, int64(size)), int64(size), name)
	}
	r, err := m.Open()
	if err != nil {
		return nil, &FormatError{Name: name, Code: imaging.SkipMalformed, Offset: -1, Detail: err.Error()}
	}
	f, err := OpenReader(&growing{r: r, size: int64(size)}, int64(size), name)
	if err != nil {
		r.Close()
		return nil, err
	}
	f.close = r
	return f, nil
}

// memberName is the member's path in UTF-8, with slashes and without a way out
// of the archive.
func memberName(m *zip.File) string {
	name := m.Name
	if !utf8.ValidString(name) { // archives packed on a Chinese Windows
		name = decodeWith(gbk(), []byte(name))
	}
	return strings.TrimPrefix(path.Clean("/"+strings.ReplaceAll(name, `\`, "/")), "/")
}

// openMember opens archive.zip!inner/path; ok is false when no part of the
// path before an exclamation mark is a file.
func openMember(name string) (f *File, ok bool, err error) {
	for i := 0; i < len(name); i++ {
		if name[i] != zipSeparator[0] {
			continue
		}
		if st, err := os.Stat(name[:i]); err != nil || !st.Mode().IsRegular() {
			continue
		}
		a, err := openArchive(name[:i])
		if err != nil {
			return nil, true, err
		}
		for _, m := range a.reader.File {
			if memberName(m) != name[i+1:] {
				continue
			}
			f, err := a.open(m, name)
			if err != nil {
				a.Close()
				return nil, true, err
			}
			f.close = closers{f.close, a}
			return f, true, nil
		}
		a.Close()
		return nil, true, &FormatError{Name: name, Code: imaging.SkipUnreadable, Offset: -1, Detail: "the archive has no such member"}
	}
	return nil, false, nil
}

// closers closes one after the other and gives the first error.
type closers []io.Closer

func (c closers) Close() error {
	var first error
	for _, x := range c {
		if x == nil {
			continue
		}
		if err := x.Close(); err != nil && first == nil {
			first = err
		}
	}
	return first
}
