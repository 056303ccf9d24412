package dicomfile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"longying/imaging"
)

// mediaDirectoryClass is the SOP class of a DICOMDIR.
const mediaDirectoryClass = "1.2.840.10008.1.3.10"

// File is one open DICOM file. Its methods may be called at the same time.
type File struct {
	name           string
	object         io.ReaderAt // the whole file
	objectSize     int64
	src            io.ReaderAt // of the data set: the file, or its inflated form
	size           int64
	start          int64 // of the data set in src
	transferSyntax string
	order          binary.ByteOrder
	implicit       bool
	head           *Dataset
	pixels         pixelPlace
	perFrame       head // of a slide's Per-Frame Functional Groups Sequence
	instance       *imaging.Instance
	sourceAE       string     // (0002,0016), as its bytes stand
	directory      *directory // of a DICOMDIR
	close          io.Closer

	index frameIndex
}

// Reader opens files and folders with what a site knows about its devices. The
// zero value knows nothing. Its methods may be called at the same time.
type Reader struct {
	// CharacterSet, when not nil, is asked for the character set that a person
	// chose for a device whose text is not in the one it declares: a Defined
	// Term of (0008,0005), or empty where nobody chose. A term in which the
	// text is not valid is not used.
	CharacterSet func(d imaging.Device, declared string) string
}

// Open is Reader.Open of a reader that knows nothing.
func Open(path string) (*File, error) { return Reader{}.Open(path) }

// OpenReader is Reader.OpenReader of a reader that knows nothing.
func OpenReader(r io.ReaderAt, size int64, name string) (*File, error) {
	return Reader{}.OpenReader(r, size, name)
}

// Open reads the header of a file, or of a member of a ZIP archive written as
// archive.zip!inner/path. Errors are a *FormatError or of the file system.
func (rd Reader) Open(path string) (*File, error) {
	st, err := os.Stat(path)
	if err != nil {
		if f, ok, zerr := rd.openMember(path); ok {
			return f, zerr
		}
		return nil, err
	}
	if !st.Mode().IsRegular() { // opening a pipe would wait for its writer
		return nil, &FormatError{Name: path, Code: imaging.SkipUnreadable, Offset: -1, Detail: "not a regular file"}
	}
	f, err := rd.openFile(path, nil)
	if err != nil {
		return nil, err
	}
	return f, nil
}

// openFile reads the header of a regular file; see read for scratch and for
// what comes with an error.
func (rd Reader) openFile(path string, s *scratch) (*File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	st, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, err
	}
	file, err := rd.read(f, st.Size(), path, s)
	if err != nil {
		f.Close()
		return file, err
	}
	file.close = f
	return file, nil
}

// OpenReader reads the header of an object of size bytes; name is used in
// errors and as Instance.Source. r must stay readable until Close, which does
// not close it. Not more of r is read than the header needs, and only its
// first kilobyte when it is not DICOM. Errors are a *FormatError.
func (rd Reader) OpenReader(r io.ReaderAt, size int64, name string) (*File, error) {
	f, err := rd.read(r, size, name, nil)
	if err != nil {
		return nil, err
	}
	return f, nil
}

// read is OpenReader. The header of a file that breaks off in it is returned
// beside the error as far as it was read: for showing, not for use. With
// scratch, which may be nil, the File is good until the next file is read with
// it; its Instance stays.
func (rd Reader) read(r io.ReaderAt, size int64, name string, s *scratch) (*File, error) {
	f, err := rd.header(r, size, name, s)
	var fe *FormatError
	if errors.As(err, &fe) {
		fe.Name = name
	}
	return f, err
}

func (rd Reader) header(r io.ReaderAt, size int64, name string, s *scratch) (*File, error) {
	w := window{src: r, size: size}
	first := s.buffer()
	if n := int(min(sniffSize, max(size, 0))); cap(first) >= n {
		first = first[:n]
	}
	if n, err := r.ReadAt(first, 0); n < len(first) {
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, &FormatError{Code: imaging.SkipUnreadable, Offset: 0, Detail: err.Error()}
		}
		first = first[:n]
	}
	l, err := sniff(first)
	if err != nil {
		return nil, err
	}
	w.buf = first
	f := &File{name: name, object: r, objectSize: size, src: r, size: size, order: binary.LittleEndian}
	at := l.start
	meta, slab := &Dataset{}, s.slab()
	if l.meta {
		p := &parser{window: w, whole: true, slab: slab}
		if meta, at, err = p.meta(at); err != nil {
			return nil, err
		}
		w, slab = p.window, p.slab
		f.transferSyntax = meta.Text(TagTransferSyntax)
		f.sourceAE = strings.Trim(string(meta.Raw(TagSourceAETitle)), " \x00")
	}
	index := meta.Text(TagMediaSOPClass) == mediaDirectoryClass
	f.implicit = l.implicit
	var broken error
	switch f.transferSyntax {
	case ExplicitBig:
		f.order = binary.BigEndian
	case DeflatedExplicitLittle:
		in, n, cut, err := inflate(r, at, size)
		if err != nil {
			return nil, err
		}
		f.src, f.size, at, broken = in, n, 0, cut
		w = window{src: in, size: n}
	}
	if !l.meta && l.big {
		f.order = binary.BigEndian
	}
	f.start = at
	f.correctEncoding(&w)
	p := &parser{window: w, big: f.bigEndian(), implicit: f.implicit, scratch: s, slab: slab}
	f.head, _, err = p.dataset(at, f.size, false, 0)
	if s != nil {
		s.list = f.head.elements
	}
	f.pixels, f.perFrame = p.pixels, p.perFrame
	if f.transferSyntax == "" {
		f.transferSyntax = ExplicitLittle
		switch {
		case f.bigEndian():
			f.transferSyntax = ExplicitBig
		case f.implicit:
			f.transferSyntax = ImplicitLittle
		}
	}
	switch {
	case f.pixels.tag != 0:
		err = nil // what comes behind the pixels is not needed
	case broken != nil:
		err = broken
	}
	if index || f.head.Text(TagSOPClassUID) == mediaDirectoryClass {
		f.directory = readDirectory(f)
		return f, &FormatError{Code: imaging.SkipDirectory, Offset: -1, Detail: "a DICOMDIR, an index of other files"}
	}
	if len(f.head.elements) == 0 {
		if err == nil {
			err = malformed(at, "the file has no data set behind its meta group")
		}
		return nil, err
	}
	f.instance = rd.describe(f, s)
	if err != nil {
		return f, err
	}
	f.instance.Truncated = f.missing(broken)
	return f, nil
}

// bigEndian is the byte order as found.
func (f *File) bigEndian() bool { return f.order == binary.ByteOrder(binary.BigEndian) }

// missing says what the file does not hold of its pixel data, for people;
// empty when it holds all.
func (f *File) missing(broken error) string {
	px := f.pixels
	switch {
	case px.tag == 0:
		return ""
	case px.length < 0:
		// The end of the fragments is looked for from behind, where it is in a
		// whole file, so that they need not be walked.
		var end [8]byte
		if px.available >= 8 {
			if _, err := f.src.ReadAt(end[:], px.at+px.available-8); err == nil && NewTag(f.order.Uint16(end[:]), f.order.Uint16(end[2:])) == tagSequenceDelim {
				return ""
			}
		}
		p := &parser{window: window{src: f.src, size: f.size}, big: f.bigEndian()}
		_, _, err := p.fragments(head{tag: px.tag, value: px.at}, px.at+px.available)
		var fe *FormatError
		if !errors.As(err, &fe) || fe.Code != imaging.SkipTruncated {
			return ""
		}
		return "the pixel data is cut short: " + fe.Detail
	case px.available < px.length:
		return fmt.Sprintf("the pixel data is cut short: the file holds %d of its %d bytes", px.available, px.length)
	case broken != nil:
		return broken.Error()
	}
	return ""
}

// meta reads group 0002, which is explicit VR little endian, to its last
// element; its group length is not relied on.
func (p *parser) meta(at int64) (*Dataset, int64, error) {
	ds := &Dataset{elements: make([]*element, 0, 16)}
	for at+8 <= p.size {
		b, err := p.bytes(at, 2)
		if err != nil {
			return nil, 0, err
		}
		if binary.LittleEndian.Uint16(b) != 2 {
			break
		}
		h, err := p.head(at)
		if err != nil {
			return nil, 0, err
		}
		e, next, err := p.element(h, p.size, 1)
		if err != nil {
			return nil, 0, err
		}
		if e != nil {
			ds.elements = append(ds.elements, e)
		}
		at = next
	}
	ds.sort()
	return ds, at, nil
}

// correctEncoding believes the first element more than the transfer syntax:
// its VR and the byte order of its group show how it is written.
func (f *File) correctEncoding(w *window) {
	f.implicit = f.implicit || f.transferSyntax == ImplicitLittle
	b, err := w.bytes(f.start, 8)
	if err != nil {
		return
	}
	_, _, explicit := explicitVR(b[4], b[5])
	little, big := binary.LittleEndian.Uint16(b), binary.BigEndian.Uint16(b)
	switch {
	case f.bigEndian() && little < big && little <= 0x10:
		f.order = binary.LittleEndian
	case !f.bigEndian() && big < little && big <= 0x10 && explicit:
		f.order = binary.BigEndian
	}
	f.implicit = !explicit && little != 0xFFFE
}

// Instance is what the header says. It is shared: do not change it.
func (f *File) Instance() *imaging.Instance { return f.instance }

// Name is the name the file was opened under.
func (f *File) Name() string { return f.name }

// Header is the top level of the data set as far as the header was read: text,
// numbers and the sequences that Instance is made from, without pixel data,
// other sequences and values over 160 KiB. See Dataset for all of it.
func (f *File) Header() *Dataset { return f.head }

// Dataset reads the whole object, pixel data included.
func (f *File) Dataset() (*Dataset, error) {
	p := &parser{window: window{src: f.src, size: f.size}, big: f.bigEndian(), implicit: f.implicit, whole: true}
	ds, _, err := p.dataset(f.start, f.size, false, 0)
	if err != nil {
		var fe *FormatError
		if errors.As(err, &fe) {
			fe.Name = f.name
		}
		return nil, err
	}
	ds.setCharset(f.head.text)
	if e := ds.get(TagPixelData); e != nil && e.encaps {
		ds.transferSyntax = f.transferSyntax
	}
	return ds, nil
}

// Close releases the file.
func (f *File) Close() error {
	if f.close == nil {
		return nil
	}
	return f.close.Close()
}

// setCharset gives every text of a data set read from a file its character
// set; an item may declare its own, PS3.3 C.12.1.1.2.
func (d *Dataset) setCharset(cs *charset) {
	d.text = cs
	for _, e := range d.elements {
		e.text = cs
		for _, item := range e.items {
			own := cs
			if item.Has(TagSpecificCharacterSet) {
				own, _ = newCharset(item.Texts(TagSpecificCharacterSet))
			}
			item.setCharset(own)
		}
	}
}
