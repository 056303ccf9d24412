package dicomfile

import (
	"bytes"
	"encoding/binary"

	"longying/imaging"
)

// layout says where the data set of a file starts and how it is encoded.
type layout struct {
	start    int64 // of the file meta group, or of the data set when there is none
	meta     bool
	implicit bool
	big      bool
}

// sniff looks at the first kilobyte of a file: PS3.10 7.1's preamble and DICM,
// or, where a device left them out, a data set that is plausible from its
// first bytes. Anything else is not DICOM.
func sniff(first []byte) (layout, error) {
	if len(first) >= 132 && string(first[128:132]) == "DICM" {
		return layout{start: 132, meta: true}, nil
	}
	if bytes.HasPrefix(first, []byte(zipMagic)) {
		return layout{}, &FormatError{Code: imaging.SkipNotDICOM, Offset: -1, Detail: "a ZIP archive, not a DICOM file"}
	}
	// A preamble of another length in front of a real meta group.
	if i := bytes.Index(first, []byte("DICM\x02\x00")); i >= 0 {
		return layout{start: int64(i) + 4, meta: true}, nil
	}
	for _, start := range []int64{0, 128, 132} {
		if int64(len(first)) < start+8 {
			break
		}
		b := first[start:]
		switch g := binary.LittleEndian.Uint16(b); {
		case g == 2 && plausible(b, binary.LittleEndian, false):
			return layout{start: start, meta: true}, nil
		case g == 8 && plausible(b, binary.LittleEndian, false):
			return layout{start: start}, nil
		case g == 8 && plausible(b, binary.LittleEndian, true):
			return layout{start: start, implicit: true}, nil
		case binary.BigEndian.Uint16(b) == 8 && plausible(b, binary.BigEndian, false):
			return layout{start: start, big: true}, nil
		}
	}
	return layout{}, &FormatError{Code: imaging.SkipNotDICOM, Offset: -1, Detail: "not a DICOM file: no DICM mark and no DICOM data set at its start"}
}

// plausible walks the elements in a piece of a file: at least two must be
// there (or one that runs past the piece), with tags ascending.
func plausible(b []byte, order binary.ByteOrder, implicit bool) bool {
	p := parser{window: window{src: bytes.NewReader(b), size: int64(len(b))}, order: order, implicit: implicit}
	var last Tag
	at, n := int64(0), 0
	for ; n < 4 && at+8 <= int64(len(b)); n++ {
		if !implicit {
			if _, ok := vrOf(string(b[at+4 : at+6])); !ok {
				return false
			}
		}
		h, err := p.head(at)
		if err != nil || h.tag <= last && n > 0 || h.tag.Group() > 0x7FE0 || h.length > 1<<20 && h.length != undefinedLength {
			return false
		}
		if n == 0 && h.tag.Element() > 0x0100 {
			return false
		}
		last = h.tag
		if h.length == undefinedLength {
			return n > 0
		}
		at = h.value + int64(h.length)
	}
	return n >= 2 || n == 1 && at > int64(len(b))
}
