package dicomfile

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
)

// parser reads the elements of a data set: PS3.5 chapter 7. It never recurses
// deeper than maxDepth and never reads a value longer than the file.
type parser struct {
	window
	order    binary.ByteOrder
	implicit bool
	whole    bool // load every value; otherwise the header alone, see header
	signed   bool // pixel representation 1, for "US or SS"
	pixels   pixelPlace
	seen     int // elements and items

	slide    bool           // a whole-slide image: only the first frame's functional groups are kept, there may be 100,000s
	perFrame head           // of a slide's Per-Frame Functional Groups Sequence
	frame    func(*Dataset) // when not nil, gets each item of that sequence, which is then not kept
}

// pixelPlace says where pixel data lies.
type pixelPlace struct {
	tag       Tag
	vr        string
	at        int64 // of the value
	length    int64 // of the value as the header says; -1 undefined
	available int64 // bytes up to the end of the file
}

// largestHeaderValue is the longest value kept when only the header is wanted;
// it holds a look-up table of 65,536 16-bit entries.
const largestHeaderValue = 160 << 10

// mostElements bounds the elements of one object.
const mostElements = 1 << 22

// head is the start of one element: PS3.5 7.1.2 and 7.1.3.
type head struct {
	tag    Tag
	vr     string
	length uint32
	at     int64 // of the element
	value  int64 // of the value
}

func (p *parser) head(at int64) (head, error) {
	b, err := p.bytes(at, 8)
	if err != nil {
		return head{}, err
	}
	h := head{tag: NewTag(p.order.Uint16(b), p.order.Uint16(b[2:])), at: at, value: at + 8}
	if p.implicit || h.tag.Group() == 0xFFFE {
		h.length = p.order.Uint32(b[4:])
		h.vr = p.lookup(h.tag)
		return h, nil
	}
	vr := b[4:6]
	info, known := vrOf(string(vr))
	switch {
	case known && !info.long:
		h.vr, h.length = knownVR(vr), uint32(p.order.Uint16(b[6:]))
	case known, isUpper(vr[0]) && isUpper(vr[1]) && b[6] == 0 && b[7] == 0:
		// A VR of a later edition has the long form: PS3.5 7.1.2.
		if b, err = p.bytes(at, 12); err != nil {
			return head{}, err
		}
		h.vr, h.length, h.value = "UN", p.order.Uint32(b[8:]), at+12
		if known {
			h.vr = knownVR(vr)
		}
	case isUpper(vr[0]) && isUpper(vr[1]):
		h.vr, h.length = "UN", uint32(p.order.Uint16(b[6:]))
	default: // an implicit element inside an explicit data set, seen in the wild
		h.length = p.order.Uint32(b[4:])
		h.vr = p.lookup(h.tag)
	}
	return h, nil
}

func isUpper(b byte) bool { return b >= 'A' && b <= 'Z' }

// knownVR is the string of a VR without allocating for each element.
func knownVR(b []byte) string {
	const all = "AEASATCSDADSDTFDFLISLOLTOBODOFOLOVOWPNSHSLSQSSSTSVTMUCUIULUNURUSUTUV"
	for i := 0; i < len(all); i += 2 {
		if all[i] == b[0] && all[i+1] == b[1] {
			return all[i : i+2]
		}
	}
	return "UN"
}

// lookup is the VR of an element that does not carry one.
func (p *parser) lookup(t Tag) string {
	if t.Element() == 0 {
		return "UL"
	}
	vrs := dictionaryVRs(t)
	switch {
	case len(vrs) == 0:
		return "UN"
	case len(vrs) == 1:
		if _, ok := vrOf(vrs[0]); !ok {
			return "UN"
		}
		return vrs[0]
	case slices.Contains(vrs, "SS") && p.signed && t != TagLUTDescriptor:
		return "SS"
	case slices.Contains(vrs, "US") && !(slices.Contains(vrs, "OW") && t == TagLUTData):
		return "US"
	case slices.Contains(vrs, "OW"):
		return "OW"
	}
	return vrs[0]
}

// dataset reads elements from at to end, or, when delimited, to the item
// delimiter. It returns the position behind it.
func (p *parser) dataset(at, end int64, delimited bool, depth int) (*Dataset, int64, error) {
	ds := &Dataset{}
	if depth == 0 {
		ds.elements = make([]*element, 0, 128)
	}
	if depth > maxDepth {
		return ds, at, malformed(at, "sequences are nested deeper than %d", maxDepth)
	}
	for at < end {
		if depth == 0 && end-at < 8 {
			break // padding that is too short to be an element
		}
		h, err := p.head(at)
		if err != nil {
			return ds, at, err
		}
		if p.seen++; p.seen > mostElements {
			return ds, at, malformed(at, "more than %d elements", mostElements)
		}
		switch {
		case h.tag == tagItemDelimiter && delimited:
			return ds, h.value, nil
		case h.tag.Group() == 0xFFFE: // stray: a delimiter or an item outside a sequence
			at = h.value
			continue
		case h.tag == 0 && h.length == 0 && depth == 0:
			return ds, end, nil // zeros behind the data set
		case depth == 0 && isPixels(h.tag):
			next, err := p.pixelData(ds, h, end)
			if err != nil {
				return ds, at, err
			}
			at = next
			continue
		}
		e, next, err := p.element(h, end, depth)
		if err != nil {
			return ds, at, err
		}
		at = next
		if e == nil {
			continue
		}
		switch {
		case e.tag == TagPixelRepresentation && len(e.value) >= 1:
			p.signed = e.value[0] == 1
		case e.tag == TagSOPClassUID && depth == 0 && !p.whole:
			p.slide = strings.TrimRight(string(e.value), "\x00 ") == slideMicroscopyClass
		}
		ds.put(e)
	}
	if delimited {
		return ds, at, truncated(at, "the file ends inside an item of a sequence")
	}
	return ds, at, nil
}

func isPixels(t Tag) bool {
	return t == TagPixelData || t == TagFloatPixelData || t == TagDoublePixelData
}

// element reads one element that is not pixel data; nil where it is skipped.
func (p *parser) element(h head, end int64, depth int) (*element, int64, error) {
	if h.length == undefinedLength {
		switch h.vr {
		case "SQ":
			return p.sequence(h, end, true, depth)
		case "UN", "OB", "OW": // a sequence whose VR was lost: implicit VR inside, PS3.5 6.2.2
			was := p.implicit
			p.implicit = p.implicit || h.vr == "UN"
			e, next, err := p.sequence(h, end, true, depth)
			p.implicit = was
			return e, next, err
		}
		return nil, 0, malformed(h.at, "attribute %s of VR %s has undefined length", h.tag.label(), h.vr)
	}
	next := h.value + int64(h.length)
	if next > end {
		return nil, 0, truncated(h.at, "attribute %s is %d bytes long, but %d are left", h.tag.label(), h.length, max(0, end-h.value))
	}
	if h.tag.Element() == 0 {
		return nil, next, nil // group length, retired
	}
	if h.vr == "SQ" {
		if !p.whole && depth == 0 && !headerSequence(h.tag) {
			return nil, next, nil
		}
		return p.sequence(h, next, false, depth)
	}
	if !p.whole && h.length > largestHeaderValue {
		return &element{tag: h.tag, vr: h.vr, at: h.value, length: int64(h.length)}, next, nil
	}
	v, err := p.bytes(h.value, int(h.length))
	if err != nil {
		return nil, 0, err
	}
	e := &element{tag: h.tag, vr: h.vr, value: v}
	if e.vr == "UN" && !p.implicit { // the value is of a known attribute after all
		if vr := p.lookup(h.tag); vr != "SQ" && h.length < 0xFFFF {
			e.vr = vr
		}
	}
	if p.order == binary.ByteOrder(binary.BigEndian) {
		e.value = swapped(v, e.vr)
	}
	return e, next, nil
}

// swapped is a big endian value in little-endian order.
func swapped(v []byte, vr string) []byte {
	info, _ := vrOf(vr)
	if info.size < 2 {
		return v
	}
	out := bytes.Clone(v)
	for i := 0; i+info.size <= len(out); i += info.size {
		slices.Reverse(out[i : i+info.size])
	}
	return out
}

// sequence reads items up to end, or to the sequence delimiter: PS3.5 7.5.
func (p *parser) sequence(h head, end int64, delimited bool, depth int) (*element, int64, error) {
	e := &element{tag: h.tag, vr: "SQ"}
	at := h.value
	few := p.slide && depth == 0 && h.tag == TagPerFrameFunctional
	if few {
		p.perFrame = h
	}
	for at < end {
		if few && p.frame == nil && len(e.items) > 0 && !delimited {
			return e, end, nil
		}
		if end-at < 8 && !delimited {
			return e, end, nil
		}
		item, err := p.head(at)
		if err != nil {
			return nil, 0, err
		}
		if p.seen++; p.seen > mostElements {
			return nil, 0, malformed(at, "more than %d elements", mostElements)
		}
		switch item.tag {
		case tagSequenceDelim:
			if delimited {
				return e, item.value, nil
			}
			at = item.value
		case tagItemDelimiter: // stray
			at = item.value
		case tagItem:
			last := end
			open := item.length == undefinedLength
			if !open {
				if last = item.value + int64(item.length); last > end {
					return nil, 0, truncated(at, "an item of %s is %d bytes long, but %d are left", h.tag.label(), item.length, end-item.value)
				}
			}
			ds, next, err := p.dataset(item.value, last, open, depth+1)
			if err != nil {
				return nil, 0, err
			}
			at = next
			if few && p.frame != nil {
				p.frame(ds)
			} else if !few || len(e.items) == 0 {
				e.items = append(e.items, ds)
			}
		default:
			if !delimited {
				return nil, 0, malformed(at, "%s stands where an item of %s should", item.tag, h.tag.label())
			}
			return nil, 0, malformed(at, "sequence %s is not closed before %s", h.tag.label(), item.tag)
		}
	}
	if delimited {
		return nil, 0, truncated(at, "the file ends inside sequence %s", h.tag.label())
	}
	return e, end, nil
}

// pixelData notes where the pixels are and, for a whole object, loads them.
// Pixel data that is cut short is noted, not refused.
func (p *parser) pixelData(ds *Dataset, h head, end int64) (next int64, err error) {
	if p.pixels.tag == 0 {
		p.pixels = pixelPlace{tag: h.tag, vr: h.vr, at: h.value, length: int64(h.length), available: end - h.value}
	}
	if h.length != undefinedLength {
		next = h.value + int64(h.length)
		have := min(int64(h.length), end-h.value)
		if !p.whole {
			return min(next, end), nil
		}
		v, err := p.bytes(h.value, int(have))
		if err != nil {
			return end, err
		}
		e := &element{tag: h.tag, vr: h.vr, value: v}
		if p.order == binary.ByteOrder(binary.BigEndian) {
			e.value = swapped(v, h.vr)
		}
		ds.put(e)
		return min(next, end), nil
	}
	p.pixels.length = -1
	if !p.whole {
		return end, nil
	}
	e := &element{tag: h.tag, vr: "OB", encaps: true}
	for at, first := h.value, true; ; first = false {
		item, err := p.head(at)
		if err != nil {
			return end, err
		}
		if item.tag == tagSequenceDelim {
			ds.put(e)
			return item.value, nil
		}
		if item.tag != tagItem || item.length == undefinedLength {
			return end, malformed(at, "%s stands where a fragment of the pixel data should", item.tag)
		}
		b, err := p.bytes(item.value, int(item.length))
		if err != nil {
			return end, err
		}
		if first {
			e.offsets = b
		} else {
			e.fragments = append(e.fragments, b)
		}
		at = item.value + int64(item.length)
	}
}
