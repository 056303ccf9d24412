package dicomfile

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

// VRs are the value representations that PS3.6 gives the attribute: several
// where it says "US or SS", none where it is private or not in the dictionary.
func (t Tag) VRs() []string { return dictionaryVRs(t) }

// Attributes reads the whole object but for its pixel data, which Copy takes
// from the file: memory follows the header, however large the pixels are.
func (f *File) Attributes() (*Dataset, error) {
	ds, _, err := f.attributes()
	return ds, err
}

func (f *File) attributes() (*Dataset, pixelPlace, error) {
	p := &parser{window: window{src: f.src, size: f.size}, big: f.bigEndian(), implicit: f.implicit, whole: true, apart: true}
	ds, _, err := p.dataset(f.start, f.size, false, 0)
	if err != nil {
		var fe *FormatError
		if errors.As(err, &fe) {
			fe.Name = f.name
		}
		return nil, pixelPlace{}, err
	}
	ds.setCharset(f.head.text)
	return ds, p.pixels, nil
}

// Copy writes an object made of the attributes of ds and of the pixel data of
// src, which is copied bit for bit, fragments and offset table too, and never
// held in memory. It is as strict as Write: ds, which holds no pixel data of
// its own, has a valid SOP class and instance, text becomes UTF-8, and the file
// meta group and the preamble are new. Explicit big endian and deflated objects
// become explicit VR little endian. Pixel data that is cut short is an error.
func Copy(src *File, ds *Dataset, w io.Writer) error {
	fail := func(err error) error { return fmt.Errorf("copy %s: %w", src.name, err) }
	if ds.err != nil {
		return fail(ds.err)
	}
	for _, t := range []Tag{TagSOPClassUID, TagSOPInstanceUID} {
		if err := CheckUID(ds.Text(t)); err != nil {
			return fail(fmt.Errorf("attribute %s: %w", t.label(), err))
		}
	}
	_, px, err := src.attributes()
	if err != nil {
		return err
	}
	ts := src.transferSyntax
	if ts == ExplicitBig || ts == DeflatedExplicitLittle || ts == "" {
		ts = ExplicitLittle
	}
	enc := encoder{implicit: ts == ImplicitLittle}
	ds = ds.withUTF8()
	first := len(ds.elements)
	for i, e := range ds.elements {
		if isPixels(e.tag) {
			return fail(fmt.Errorf("attribute %s is copied, not set", e.tag.label()))
		}
		if px.tag != 0 && e.tag > px.tag && i < first {
			first = i
		}
	}
	head, err := enc.elements(nil, ds, ds.elements[:first], 0)
	if err != nil {
		return fail(err)
	}
	tail, err := enc.elements(nil, ds, ds.elements[first:], 0)
	if err != nil {
		return fail(err)
	}
	meta, err := fileMeta(ds, ts)
	if err != nil {
		return fail(err)
	}
	bw := bufio.NewWriterSize(w, 1<<16)
	bw.Write(make([]byte, 128))
	bw.WriteString("DICM")
	bw.Write(meta)
	bw.Write(head)
	if px.tag != 0 {
		if err := enc.copyPixels(bw, src, px); err != nil {
			return fail(err)
		}
	}
	bw.Write(tail)
	return bw.Flush() // bufio keeps the first error
}

// copyPixels streams pixel data from the file: PS3.5 8.1 native, A.4
// encapsulated.
func (enc encoder) copyPixels(w *bufio.Writer, src *File, px pixelPlace) error {
	e := &element{tag: px.tag, vr: px.vr}
	length := px.length
	if length < 0 {
		if px.end == 0 || src.bigEndian() {
			return errors.New("the fragments of its pixel data cannot be followed to their end")
		}
		e.vr, length = "OB", px.end-px.at
		w.Write(enc.header(nil, e, undefinedLength))
		_, err := io.Copy(w, io.NewSectionReader(src.src, px.at, length))
		return err
	}
	if px.available < length {
		return fmt.Errorf("the pixel data is cut short: the file holds %d of its %d bytes", px.available, length)
	}
	if length+length%2 >= undefinedLength {
		return fmt.Errorf("%d bytes of pixel data do not fit", length)
	}
	w.Write(enc.header(nil, e, uint32(length+length%2)))
	r := io.Reader(io.NewSectionReader(src.src, px.at, length))
	if info, _ := vrOf(px.vr); src.bigEndian() && info.size > 1 {
		r = &swapping{r: r, vr: px.vr}
	}
	if _, err := io.Copy(w, r); err != nil {
		return err
	}
	if length%2 == 1 {
		return w.WriteByte(0)
	}
	return nil
}

// swapping reads big endian words in little-endian order.
type swapping struct {
	r    io.Reader
	vr   string
	buf  [1 << 15]byte
	left []byte
}

func (s *swapping) Read(p []byte) (int, error) {
	if len(s.left) == 0 {
		n, err := io.ReadFull(s.r, s.buf[:])
		if n == 0 {
			return 0, err
		}
		s.left = swapped(s.buf[:n], s.vr)
	}
	n := copy(p, s.left)
	s.left = s.left[n:]
	return n, nil
}
