package dicomfile

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
)

const undefinedLength = 0xFFFFFFFF

// Write writes a Part 10 file: preamble, file meta group (PS3.10 7.1, with
// the SOP class and instance of the data set), and the data set in explicit
// VR little endian or, with SetEncapsulatedPixels, in that syntax.
//
// It is strict: any mistake kept by Err is returned, SOP Class UID and SOP
// Instance UID must be present and valid, lengths are even, tags ascend, and
// Specific Character Set is always written as ISO_IR 192. Nothing is written
// when it returns an error that is not of w.
func Write(w io.Writer, ds *Dataset) error {
	for _, t := range []Tag{TagSOPClassUID, TagSOPInstanceUID} {
		if err := CheckUID(ds.Text(t)); err != nil {
			return fmt.Errorf("write DICOM object: attribute %s: %w", t.label(), err)
		}
	}
	ts := ds.transferSyntax
	if ts == "" {
		ts = ExplicitLittle
	}
	if err := writeAs(w, ds, ts); err != nil {
		return fmt.Errorf("write DICOM object: %w", err)
	}
	return nil
}

func writeAs(w io.Writer, ds *Dataset, ts string) error {
	ds = ds.withUTF8()
	enc := encoder{implicit: ts == ImplicitLittle}
	pixels := len(ds.elements)
	for i, e := range ds.elements {
		if e.tag >= TagFloatPixelData {
			pixels = i
			break
		}
	}
	head, err := enc.elements(nil, ds, ds.elements[:pixels], 0)
	if err != nil {
		return err
	}
	meta, err := fileMeta(ds, ts)
	if err != nil {
		return err
	}
	var tail []byte
	var big *element
	if pixels < len(ds.elements) { // written without a second copy in memory
		big = ds.elements[pixels]
		if err := enc.fits(big); err != nil {
			return err
		}
		if tail, err = enc.elements(nil, ds, ds.elements[pixels+1:], 0); err != nil {
			return err
		}
	}
	bw := bufio.NewWriterSize(w, 1<<16)
	bw.Write(make([]byte, 128))
	bw.WriteString("DICM")
	bw.Write(meta)
	bw.Write(head)
	if big != nil {
		enc.stream(bw, big)
	}
	bw.Write(tail)
	return bw.Flush() // bufio keeps the first error
}

// fileMeta is group 0002, always explicit VR little endian: PS3.10 7.1.
func fileMeta(ds *Dataset, ts string) ([]byte, error) {
	str := func(t Tag, vr, v string) *element { return &element{tag: t, vr: vr, value: []byte(v)} }
	group := []*element{
		{tag: TagFileMetaVersion, vr: "OB", value: []byte{0, 1}},
		str(TagMediaSOPClass, "UI", ds.Text(TagSOPClassUID)),
		str(TagMediaSOPInstance, "UI", ds.Text(TagSOPInstanceUID)),
		str(TagTransferSyntax, "UI", ts),
		str(TagImplementationClass, "UI", implementationClassUID),
		str(TagImplementationVersion, "SH", implementationVersion),
	}
	body, err := encoder{}.elements(nil, &Dataset{}, group, 0)
	if err != nil {
		return nil, err
	}
	length := &element{tag: NewTag(2, 0), vr: "UL", value: binary.LittleEndian.AppendUint32(nil, uint32(len(body)))}
	out, err := encoder{}.elements(nil, &Dataset{}, []*element{length}, 0)
	return append(out, body...), err
}

// withUTF8 is a shallow copy that declares ISO_IR 192.
func (d *Dataset) withUTF8() *Dataset {
	c := *d
	c.elements = append([]*element(nil), d.elements...)
	return c.put(&element{tag: TagSpecificCharacterSet, vr: "CS", value: []byte("ISO_IR 192")})
}

// maxDepth bounds nesting, in writing and in reading.
const maxDepth = 1024

// encoder writes elements in little-endian order, PS3.5 7.1.
type encoder struct{ implicit bool }

func (enc encoder) elements(out []byte, d *Dataset, elements []*element, depth int) ([]byte, error) {
	if d.err != nil {
		return nil, d.err
	}
	if depth > maxDepth {
		return nil, fmt.Errorf("sequences are nested deeper than %d", maxDepth)
	}
	for _, e := range elements {
		if depth > 0 && e.tag == TagSpecificCharacterSet {
			continue // the top level's UTF-8 holds for the items
		}
		if e.encaps { // of an icon, or a vendor's own
			var b bytes.Buffer
			w := bufio.NewWriter(&b)
			enc.stream(w, e)
			w.Flush() // into memory: it cannot fail
			out = append(out, b.Bytes()...)
			continue
		}
		var value []byte
		if e.vr == "SQ" {
			for _, item := range e.items {
				body, err := enc.elements(nil, item, item.elements, depth+1)
				if err != nil {
					return nil, fmt.Errorf("in %s: %w", e.tag.label(), err)
				}
				value = appendTag(value, tagItem)
				value = binary.LittleEndian.AppendUint32(value, uint32(len(body)))
				value = append(value, body...)
			}
		} else {
			value = e.encoded()
		}
		n := *e
		n.value = value
		if err := enc.fits(&n); err != nil {
			return nil, err
		}
		out = enc.header(out, e, uint32(len(value)))
		out = append(out, value...)
	}
	return out, nil
}

// encoded is the value in UTF-8 or little-endian, of even length.
func (e *element) encoded() []byte {
	info, _ := vrOf(e.vr)
	v := e.value
	if e.text != nil && info.kind == vrText {
		v = []byte(strings.TrimRight(e.text.decode(v, e.vr == "PN"), " \x00"))
	}
	if len(v)%2 == 1 {
		v = append(v[:len(v):len(v)], info.pad)
	}
	return v
}

func (enc encoder) fits(e *element) error {
	info, ok := vrOf(e.vr)
	if !ok {
		return fmt.Errorf("attribute %s: VR %q does not exist", e.tag.label(), e.vr)
	}
	limit := uint64(math.MaxUint16 - 1)
	if info.long || enc.implicit {
		limit = undefinedLength - 1
	}
	if uint64(len(e.value)) > limit {
		return fmt.Errorf("attribute %s: %d bytes do not fit VR %s", e.tag.label(), len(e.value), e.vr)
	}
	return nil
}

func (enc encoder) header(out []byte, e *element, length uint32) []byte {
	le := binary.LittleEndian
	out = appendTag(out, e.tag)
	if enc.implicit {
		return le.AppendUint32(out, length)
	}
	out = append(out, e.vr...)
	if info, _ := vrOf(e.vr); info.long {
		return le.AppendUint32(append(out, 0, 0), length)
	}
	return le.AppendUint16(out, uint16(length))
}

// stream writes pixel data: native, or encapsulated as PS3.5 A.4 says.
func (enc encoder) stream(w *bufio.Writer, e *element) {
	if !e.encaps {
		v := e.encoded()
		w.Write(enc.header(nil, e, uint32(len(v))))
		w.Write(v)
		return
	}
	w.Write(enc.header(nil, e, undefinedLength))
	for i := -1; i < len(e.fragments); i++ {
		b := e.offsets
		if i >= 0 {
			b = e.fragments[i]
		}
		w.Write(binary.LittleEndian.AppendUint32(appendTag(nil, tagItem), uint32(len(b)+len(b)%2)))
		w.Write(b)
		if len(b)%2 == 1 {
			w.WriteByte(0)
		}
	}
	w.Write(appendTag(nil, tagSequenceDelim))
	w.Write([]byte{0, 0, 0, 0})
}

func appendTag(out []byte, t Tag) []byte {
	out = binary.LittleEndian.AppendUint16(out, t.Group())
	return binary.LittleEndian.AppendUint16(out, t.Element())
}

// Rewrite copies an object with some attributes changed: change gets the whole
// data set and may set and delete. Pixel bytes and transfer syntax stay as
// they are, except that explicit big endian and deflated objects are written
// as explicit VR little endian. Text becomes UTF-8. A changed object is
// another object: give it a NewUID for its SOP Instance UID.
func Rewrite(src *File, w io.Writer, change func(*Dataset) error) error {
	ds, err := src.Dataset()
	if err != nil {
		return err
	}
	if change != nil {
		if err := change(ds); err != nil {
			return fmt.Errorf("rewrite %s: %w", src.name, err)
		}
	}
	if ds.Text(TagSOPClassUID) == "" || ds.Text(TagSOPInstanceUID) == "" {
		return fmt.Errorf("rewrite %s: %w", src.name, errors.New("it has no SOP Class UID or SOP Instance UID"))
	}
	ts := src.transferSyntax
	if ts == ExplicitBig || ts == DeflatedExplicitLittle || ts == "" {
		ts = ExplicitLittle
	}
	if err := writeAs(w, ds, ts); err != nil {
		return fmt.Errorf("rewrite %s: %w", src.name, err)
	}
	return nil
}
