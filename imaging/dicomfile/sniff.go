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
	if what := otherFormat(first); what != "" {
		return layout{}, &FormatError{Code: imaging.SkipNotDICOM, Offset: -1, Detail: what}
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

// isArchive is the detail of the refusal of a ZIP archive as a DICOM file.
const isArchive = "a ZIP archive, not a DICOM file"

// otherFormat names what lies beside images on the disks of hospitals; empty
// where the first bytes are none of these.
func otherFormat(first []byte) string {
	for _, f := range [...]struct{ magic, what string }{
		{"PK\x03\x04", isArchive},
		{"PK\x05\x06", isArchive}, // without members
		{"Rar!\x1a\x07", "a RAR archive, not a DICOM file: unpack it first"},
		{"7z\xbc\xaf\x27\x1c", "a 7-Zip archive, not a DICOM file: unpack it first"},
		{"\x1f\x8b\x08", "a gzip archive, not a DICOM file: unpack it first"},
		{"%PDF-", "a PDF document, not a DICOM file"},
		{"\x89PNG\r\n\x1a\n", "a PNG picture, not a DICOM file"},
		{"\xff\xd8\xff", "a JPEG picture, not a DICOM file"},
		{"MZ", "a Windows program, not a DICOM file"},
		{"SQLite format 3\x00", "a database, not a DICOM file"},
	} {
		if bytes.HasPrefix(first, []byte(f.magic)) {
			return f.what
		}
	}
	return ""
}

// plausible walks the elements in a piece of a file: at least two must be
// there (or one that runs past the piece), with tags ascending.
func plausible(b []byte, order binary.ByteOrder, implicit bool) bool {
	p := parser{window: window{src: bytes.NewReader(b), size: int64(len(b))}, big: order == binary.ByteOrder(binary.BigEndian), implicit: implicit}
	var last Tag
	at, n := int64(0), 0
	for ; n < 4 && at+8 <= int64(len(b)); n++ {
		if !implicit {
			if _, _, ok := explicitVR(b[at+4], b[at+5]); !ok {
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
