package dicomfile

import (
	"archive/zip"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"os"
	"path"
	"strings"
	"unicode/utf8"

	"longying/imaging"

	"golang.org/x/text/encoding/charmap"
)

// Limits on ZIP archives, against archives made to exhaust a machine.
const (
	mostZipEntries     = 100_000
	largestZipMember   = 2 << 30 // bytes, unpacked
	largestZipRatio    = 200     // unpacked to packed, of a member and of all, looked at above zipRatioFrom
	zipRatioFrom       = 16 << 20
	zipSeparator       = "!"
	nestedArchiveNote  = "an archive inside an archive: unpack it first"
	encryptedEntryNote = "encrypted in the archive: unpack it with its password first"
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
	a, err := newArchive(f, name)
	if err != nil {
		f.Close()
		return nil, err
	}
	return a, nil
}

func newArchive(f *os.File, name string) (*archive, error) {
	st, err := f.Stat()
	if err != nil {
		return nil, err
	}
	r, err := listArchive(f, st.Size())
	var fe *FormatError
	if errors.As(err, &fe) {
		fe.Name = name
	}
	if err != nil {
		return nil, err
	}
	return &archive{f, r}, nil
}

// listArchive reads the central directory and holds it against the limits.
func listArchive(r io.ReaderAt, size int64) (*zip.Reader, error) {
	z, err := zip.NewReader(r, size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return nil, &FormatError{Code: imaging.SkipMalformed, Offset: -1, Detail: fmt.Sprintf("a damaged or incomplete ZIP archive: %v", err)}
	}
	if len(z.File) > mostZipEntries {
		return nil, &FormatError{Code: imaging.SkipTooLarge, Offset: -1,
			Detail: fmt.Sprintf("the archive has %d entries, %d are allowed: unpack it first", len(z.File), mostZipEntries)}
	}
	// Members may share their bytes, so that each keeps the limit and all
	// together do not.
	var total uint64
	for _, m := range z.File {
		if tooLarge(m) {
			continue // refused by itself
		}
		if total += m.UncompressedSize64; total < m.UncompressedSize64 {
			total = math.MaxUint64
			break
		}
	}
	if total > zipRatioFrom && total/largestZipRatio > uint64(size) {
		return nil, &FormatError{Code: imaging.SkipTooLarge, Offset: -1,
			Detail: fmt.Sprintf("the archive would unpack from %d to %d bytes, over the limit", size, total)}
	}
	return z, nil
}

func (a *archive) Close() error { return a.file.Close() }

// open gives random access to one member. It is unpacked as far as it is read.
// See Reader.read for scratch and for what comes with an error.
func (a *archive) open(rd Reader, m *zip.File, name string, mem *scratch) (*File, error) {
	size := m.UncompressedSize64
	if m.Flags&1 != 0 {
		return nil, &FormatError{Name: name, Code: imaging.SkipEncrypted, Offset: -1, Detail: encryptedEntryNote}
	}
	if tooLarge(m) {
		return nil, &FormatError{Name: name, Code: imaging.SkipTooLarge, Offset: -1,
			Detail: fmt.Sprintf("it would unpack from %d to %d bytes, over the limit: unpack it first", m.CompressedSize64, size)}
	}
	if m.Method == zip.Store && m.CompressedSize64 == size {
		at, err := m.DataOffset()
		if err != nil {
			return nil, &FormatError{Name: name, Code: imaging.SkipMalformed, Offset: -1, Detail: err.Error()}
		}
		return rd.read(io.NewSectionReader(a.file, at, int64(size)), int64(size), name, mem)
	}
	r, err := m.Open()
	if err != nil {
		return nil, &FormatError{Name: name, Code: imaging.SkipMalformed, Offset: -1, Detail: err.Error()}
	}
	f, err := rd.read(&growing{r: r, size: int64(size)}, int64(size), name, mem)
	if err != nil {
		r.Close()
		return f, err
	}
	f.close = r
	return f, nil
}

// tooLarge holds a member against the limits.
func tooLarge(m *zip.File) bool {
	size := m.UncompressedSize64
	return size > largestZipMember || size > zipRatioFrom && m.CompressedSize64 < size/largestZipRatio
}

// memberName is the member's path in UTF-8, with slashes and without a way out
// of the archive. Archives packed on a Chinese Windows have names in GB18030
// without saying so.
func memberName(m *zip.File) string {
	name := m.Name
	if own, ok := unicodePath(m); ok {
		name = own
	} else if m.Flags&0x800 == 0 || !utf8.ValidString(name) {
		name = undeclaredName(name)
	}
	return strings.TrimPrefix(path.Clean("/"+strings.ReplaceAll(name, `\`, "/")), "/")
}

// unicodePath is the Info-ZIP Unicode Path Extra Field (APPNOTE 4.6.9): version
// 1, the CRC-32 of the name that it stands for, the name in UTF-8.
func unicodePath(m *zip.File) (string, bool) {
	le := binary.LittleEndian
	for extra := m.Extra; len(extra) >= 4; {
		id, n := le.Uint16(extra), int(le.Uint16(extra[2:]))
		if extra = extra[4:]; n > len(extra) {
			break
		}
		field := extra[:n]
		extra = extra[n:]
		if id == 0x7075 && n > 5 && field[0] == 1 && le.Uint32(field[1:]) == crc32.ChecksumIEEE([]byte(m.Name)) && utf8.Valid(field[5:]) {
			return string(field[5:]), true
		}
	}
	return "", false
}

// undeclaredName reads a name whose encoding nothing states: UTF-8 or GB18030,
// whichever makes the likelier text, else code page 437, which APPNOTE names.
func undeclaredName(name string) string {
	if isASCII([]byte(name)) {
		return name
	}
	chinese := decodeGB([]byte(name))
	switch valid := !strings.ContainsRune(chinese, utf8.RuneError); {
	case utf8.ValidString(name) && (!valid || textLikelihood(name) >= textLikelihood(chinese)):
		return name
	case valid:
		return chinese
	}
	return decodeWith(charmap.CodePage437, []byte(name))
}

// openMember opens archive.zip!inner/path; ok is false when no part of the
// path before an exclamation mark is a file.
func (rd Reader) openMember(name string) (f *File, ok bool, err error) {
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
			f, err := a.open(rd, m, name, nil)
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
