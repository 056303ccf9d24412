package dicomfile

import (
	"encoding/binary"
	"errors"
	"io"
	"os"
	"sync"

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
	close          io.Closer

	index    sync.Once
	frames   []frameSpan
	indexErr error
}

// Open reads the header of a file, or of a member of a ZIP archive written as
// archive.zip!inner/path. Errors are a *FormatError or of the file system.
func Open(path string) (*File, error) {
	if _, err := os.Stat(path); err != nil {
		if f, ok, zerr := openMember(path); ok {
			return f, zerr
		}
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	st, err := f.Stat()
	if err == nil && !st.Mode().IsRegular() {
		err = &FormatError{Name: path, Code: imaging.SkipUnreadable, Offset: -1, Detail: "not a regular file"}
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	file, err := OpenReader(f, st.Size(), path)
	if err != nil {
		f.Close()
		return nil, err
	}
	file.close = f
	return file, nil
}

// OpenReader reads the header of an object of size bytes; name is used in
// errors and as Instance.Source. r must stay readable until Close, which does
// not close it. Not more of r is read than the header needs, and only its
// first kilobyte when it is not DICOM. Errors are a *FormatError.
func OpenReader(r io.ReaderAt, size int64, name string) (*File, error) {
	f, err := openReader(r, size, name)
	if err != nil {
		var fe *FormatError
		if errors.As(err, &fe) {
			fe.Name = name
		}
		return nil, err
	}
	return f, nil
}

func openReader(r io.ReaderAt, size int64, name string) (*File, error) {
	w := window{src: r, size: size}
	first := make([]byte, min(sniffSize, max(size, 0)))
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
	meta := &Dataset{}
	if l.meta {
		p := &parser{window: w, order: binary.LittleEndian, whole: true}
		if meta, at, err = p.meta(at); err != nil {
			return nil, err
		}
		w = p.window
		f.transferSyntax = meta.Text(TagTransferSyntax)
	}
	if meta.Text(TagMediaSOPClass) == mediaDirectoryClass {
		return nil, &FormatError{Code: imaging.SkipDirectory, Offset: -1, Detail: "a DICOMDIR, an index of other files"}
	}
	f.implicit = l.implicit
	switch f.transferSyntax {
	case ExplicitBig:
		f.order = binary.BigEndian
	case DeflatedExplicitLittle:
		in, err := inflate(r, at, size)
		if err != nil {
			return nil, err
		}
		f.src, f.size, at = in, in.Size(), 0
		w = window{src: in, size: in.Size()}
	}
	if !l.meta && l.big {
		f.order = binary.BigEndian
	}
	f.start = at
	f.correctEncoding(&w)
	p := &parser{window: w, order: f.order, implicit: f.implicit}
	if f.head, _, err = p.dataset(at, f.size, false, 0); err != nil {
		if p.pixels.tag == 0 {
			return nil, err
		} // what comes behind the pixels is not needed
	}
	if len(f.head.elements) == 0 {
		return nil, malformed(at, "the file has no data set behind its meta group")
	}
	f.pixels, f.perFrame = p.pixels, p.perFrame
	if f.transferSyntax == "" {
		f.transferSyntax = ExplicitLittle
		switch {
		case f.order == binary.ByteOrder(binary.BigEndian):
			f.transferSyntax = ExplicitBig
		case f.implicit:
			f.transferSyntax = ImplicitLittle
		}
	}
	f.instance = describe(f)
	return f, nil
}

// meta reads group 0002, which is explicit VR little endian, to its last
// element; its group length is not relied on.
func (p *parser) meta(at int64) (*Dataset, int64, error) {
	ds := &Dataset{}
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
			ds.put(e)
		}
		at = next
	}
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
	_, explicit := vrOf(string(b[4:6]))
	little, big := binary.LittleEndian.Uint16(b), binary.BigEndian.Uint16(b)
	switch {
	case f.order == binary.ByteOrder(binary.BigEndian) && little < big && little <= 0x10:
		f.order = binary.LittleEndian
	case f.order == binary.ByteOrder(binary.LittleEndian) && big < little && big <= 0x10 && explicit:
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
	p := &parser{window: window{src: f.src, size: f.size}, order: f.order, implicit: f.implicit, whole: true}
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
