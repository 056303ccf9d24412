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
	big      bool // big endian
	implicit bool
	whole    bool // load every value; otherwise the header alone, see File.Header
	apart    bool // with whole: the pixel data of the object is noted, not loaded
	signed   bool // pixel representation 1, for "US or SS"
	pixels   pixelPlace
	seen     int // elements and items
	scratch  *scratch
	slab     []element // elements to hand out

	slide    bool           // a whole-slide image: only the first frame's functional groups are kept, there may be 100,000s
	perFrame head           // of a slide's Per-Frame Functional Groups Sequence
	each     Tag            // of a sequence of the top level whose items are
	item     func(*Dataset) // given to this, the last one also where it is cut short, and not kept
}

// pixelPlace says where pixel data lies.
type pixelPlace struct {
	tag       Tag
	vr        string
	at        int64 // of the value
	length    int64 // of the value as the header says; -1 undefined
	available int64 // bytes up to the end of the file
	end       int64 // behind the sequence delimiter of fragments, where they were followed; else 0
}

const (
	// largestHeaderValue is the longest value kept when only the header is
	// wanted; it holds a look-up table of 65,536 16-bit entries.
	largestHeaderValue = 160 << 10
	// largestPrivateValue is the same of private attributes: numbers and short
	// text, such as b-values, not a vendor's archives.
	largestPrivateValue = 1 << 10
	// mostElements bounds the elements and items of one object.
	mostElements = 1 << 22
)

// head is the start of one element: PS3.5 7.1.2 and 7.1.3.
type head struct {
	tag    Tag
	vr     string
	length uint32
	at     int64 // of the element
	value  int64 // of the value
}

func (p *parser) u16(b []byte) uint16 {
	if p.big {
		return binary.BigEndian.Uint16(b)
	}
	return binary.LittleEndian.Uint16(b)
}

func (p *parser) u32(b []byte) uint32 {
	if p.big {
		return binary.BigEndian.Uint32(b)
	}
	return binary.LittleEndian.Uint32(b)
}

func (p *parser) head(at int64) (head, error) {
	b, err := p.bytes(at, 8)
	if err != nil {
		return head{}, err
	}
	h := head{tag: NewTag(p.u16(b), p.u16(b[2:])), at: at, value: at + 8}
	vr, long, known := explicitVR(b[4], b[5])
	if p.implicit || h.tag.Group() == 0xFFFE {
		h.length = p.u32(b[4:])
		// An explicit element inside an implicit data set: as a length, its VR
		// would run past the end of the file.
		if h.tag.Group() == 0xFFFE || !known || h.length == undefinedLength || int64(h.length) <= p.size-h.value {
			h.vr = p.lookup(h.tag)
			return h, nil
		}
	}
	switch {
	case known && !long:
		h.vr, h.length = vr, uint32(p.u16(b[6:]))
	case known, isUpper(b[4]) && isUpper(b[5]) && b[6] == 0 && b[7] == 0:
		// A VR of a later edition has the long form: PS3.5 7.1.2.
		if b, err = p.bytes(at, 12); err != nil {
			return head{}, err
		}
		h.vr, h.length, h.value = "UN", p.u32(b[8:]), at+12
		if known {
			h.vr = vr
		}
	case isUpper(b[4]) && isUpper(b[5]):
		h.vr, h.length = "UN", uint32(p.u16(b[6:]))
	default: // an implicit element inside an explicit data set, seen in the wild
		h.vr, h.length = p.lookup(h.tag), p.u32(b[4:])
		if short := uint32(p.u16(b[6:])); h.length != undefinedLength && int64(h.length) > p.size-h.value && int64(short) <= p.size-h.value {
			h.length = short // a VR of two bytes that are no letters
		}
	}
	return h, nil
}

func isUpper(b byte) bool { return b >= 'A' && b <= 'Z' }

// explicitVR is the VR that two bytes name, and whether its length has 32
// bits: PS3.5 7.1.2. It does not allocate.
func explicitVR(a, b byte) (vr string, long, ok bool) {
	switch uint16(a)<<8 | uint16(b) {
	case 'A'<<8 | 'E':
		return "AE", false, true
	case 'A'<<8 | 'S':
		return "AS", false, true
	case 'A'<<8 | 'T':
		return "AT", false, true
	case 'C'<<8 | 'S':
		return "CS", false, true
	case 'D'<<8 | 'A':
		return "DA", false, true
	case 'D'<<8 | 'S':
		return "DS", false, true
	case 'D'<<8 | 'T':
		return "DT", false, true
	case 'F'<<8 | 'D':
		return "FD", false, true
	case 'F'<<8 | 'L':
		return "FL", false, true
	case 'I'<<8 | 'S':
		return "IS", false, true
	case 'L'<<8 | 'O':
		return "LO", false, true
	case 'L'<<8 | 'T':
		return "LT", false, true
	case 'P'<<8 | 'N':
		return "PN", false, true
	case 'S'<<8 | 'H':
		return "SH", false, true
	case 'S'<<8 | 'L':
		return "SL", false, true
	case 'S'<<8 | 'S':
		return "SS", false, true
	case 'S'<<8 | 'T':
		return "ST", false, true
	case 'T'<<8 | 'M':
		return "TM", false, true
	case 'U'<<8 | 'I':
		return "UI", false, true
	case 'U'<<8 | 'L':
		return "UL", false, true
	case 'U'<<8 | 'S':
		return "US", false, true
	case 'O'<<8 | 'B':
		return "OB", true, true
	case 'O'<<8 | 'D':
		return "OD", true, true
	case 'O'<<8 | 'F':
		return "OF", true, true
	case 'O'<<8 | 'L':
		return "OL", true, true
	case 'O'<<8 | 'V':
		return "OV", true, true
	case 'O'<<8 | 'W':
		return "OW", true, true
	case 'S'<<8 | 'Q':
		return "SQ", true, true
	case 'S'<<8 | 'V':
		return "SV", true, true
	case 'U'<<8 | 'C':
		return "UC", true, true
	case 'U'<<8 | 'N':
		return "UN", true, true
	case 'U'<<8 | 'R':
		return "UR", true, true
	case 'U'<<8 | 'T':
		return "UT", true, true
	case 'U'<<8 | 'V':
		return "UV", true, true
	}
	return "", false, false
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

// add hands out an element.
func (p *parser) add(e element) *element {
	if len(p.slab) == 0 {
		p.slab = make([]element, 32)
	}
	out := &p.slab[0]
	p.slab = p.slab[1:]
	*out = e
	return out
}

// dataset reads elements from at to end, or, when delimited, to the item
// delimiter. It returns the position behind it. With an error it returns what
// came before.
func (p *parser) dataset(at, end int64, delimited bool, depth int) (*Dataset, int64, error) {
	ds := &Dataset{}
	if depth == 0 {
		if p.scratch != nil {
			ds.elements = p.scratch.list[:0]
		}
		if cap(ds.elements) == 0 {
			ds.elements = make([]*element, 0, 128)
		}
	}
	next, err := p.elements(ds, at, end, delimited, depth)
	ds.sort()
	return ds, next, err
}

func (p *parser) elements(ds *Dataset, at, end int64, delimited bool, depth int) (int64, error) {
	if depth > maxDepth {
		return at, malformed(at, "sequences are nested deeper than %d", maxDepth)
	}
	for at < end {
		if depth == 0 && end-at < 8 && p.padded(at) {
			break
		}
		h, err := p.head(at)
		if err != nil {
			return at, err
		}
		if p.seen++; p.seen > mostElements {
			return at, malformed(at, "more than %d elements", mostElements)
		}
		switch {
		case h.tag == tagItemDelimiter && delimited:
			return h.value, nil
		case h.tag.Group() == 0xFFFE: // stray: a delimiter or an item outside a sequence
			at = h.value
			continue
		case h.tag == 0 && h.length == 0 && depth == 0:
			return end, nil // zeros behind the data set
		case depth == 0 && isPixels(h.tag):
			next, err := p.pixelData(ds, h, end)
			if err != nil {
				return at, err
			}
			at = next
			continue
		}
		e, next, err := p.element(h, end, depth)
		if err != nil {
			if depth == 0 && len(ds.elements) > 0 && p.padded(at) {
				return end, nil
			}
			return at, err
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
		ds.elements = append(ds.elements, e)
	}
	if delimited {
		return at, truncated(at, "the file ends inside an item of a sequence")
	}
	return at, nil
}

// sort puts elements that were read into ascending order; of one that comes
// twice the first counts, as in DCMTK and GDCM: what comes behind the pixel data
// must not change the patient's name.
func (d *Dataset) sort() {
	ascending := true
	for i := 1; i < len(d.elements) && ascending; i++ {
		ascending = d.elements[i-1].tag < d.elements[i].tag
	}
	if ascending {
		return
	}
	slices.SortStableFunc(d.elements, func(a, b *element) int { return int(int64(a.tag) - int64(b.tag)) })
	kept := d.elements[:0]
	for i, e := range d.elements {
		if i == 0 || kept[len(kept)-1].tag != e.tag {
			kept = append(kept, e)
		}
	}
	d.elements = kept
}

func isPixels(t Tag) bool {
	return t == TagPixelData || t == TagFloatPixelData || t == TagDoublePixelData
}

// element reads one element that is not pixel data of the object; nil where it
// is skipped.
func (p *parser) element(h head, end int64, depth int) (*element, int64, error) {
	if h.length == undefinedLength {
		return p.open(h, end, depth)
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
	if !p.whole && (h.length > largestHeaderValue || h.tag.Private() && h.length > largestPrivateValue) {
		return p.add(element{tag: h.tag, vr: h.vr, at: h.value, length: int64(h.length)}), next, nil
	}
	v, err := p.bytes(h.value, int(h.length))
	if err != nil {
		return nil, 0, err
	}
	e := p.add(element{tag: h.tag, vr: h.vr, value: v})
	if e.vr == "UN" && !p.implicit { // the value is of a known attribute after all
		if vr := p.lookup(h.tag); vr != "SQ" && h.length < 0xFFFF {
			e.vr = vr
		}
	}
	if p.big {
		e.value = swapped(v, e.vr)
	}
	return e, next, nil
}

// open reads an element of undefined length: a sequence; one whose VR was lost,
// which is implicit VR little endian inside (PS3.5 6.2.2); or encapsulated
// pixels of an icon.
func (p *parser) open(h head, end int64, depth int) (*element, int64, error) {
	needed := p.whole || depth > 0 || headerSequence(h.tag)
	switch h.vr {
	case "SQ":
	case "UN":
		implicit, big := p.implicit, p.big
		defer func() { p.implicit, p.big = implicit, big }()
		p.implicit, p.big = !p.explicitInside(h.value), false
		if needed {
			e, next, err := p.sequence(h, end, true, depth)
			if err != nil { // a vendor's own encapsulation
				if e, next, ferr := p.fragments(h, end); ferr == nil {
					return e, next, nil
				}
			}
			return e, next, err
		}
	case "OB", "OW":
		if e, next, err := p.fragments(h, end); err == nil {
			return e, next, nil
		}
	default:
		return nil, 0, malformed(h.at, "attribute %s of VR %s has undefined length", h.tag.label(), h.vr)
	}
	if !needed {
		next, err := p.step(h, end, depth)
		return nil, next, err
	}
	return p.sequence(h, end, true, depth)
}

// explicitInside looks at the first element of the first item of a sequence
// whose VR was lost: some writers keep its inside explicit.
func (p *parser) explicitInside(at int64) bool {
	b, err := p.bytes(at, 16)
	if err != nil || binary.LittleEndian.Uint32(b) != 0xE000FFFE {
		return false
	}
	_, _, known := explicitVR(b[12], b[13])
	return known
}

// step goes over a sequence of undefined length without keeping it: items that
// state their length are not looked into.
func (p *parser) step(h head, end int64, depth int) (int64, error) {
	if depth > maxDepth {
		return 0, malformed(h.at, "sequences are nested deeper than %d", maxDepth)
	}
	for at := h.value; at < end; {
		item, err := p.head(at)
		if err != nil {
			return 0, err
		}
		if p.seen++; p.seen > mostElements {
			return 0, malformed(at, "more than %d elements", mostElements)
		}
		switch {
		case item.tag == tagSequenceDelim:
			return item.value, nil
		case item.tag == tagItemDelimiter: // stray
			at = item.value
		case item.tag != tagItem:
			return 0, malformed(at, "sequence %s is not closed before %s", h.tag.label(), item.tag)
		case item.length != undefinedLength:
			if at = item.value + int64(item.length); at > end {
				return 0, truncated(item.at, "an item of %s is %d bytes long, but %d are left", h.tag.label(), item.length, end-item.value)
			}
		default:
			if at, err = p.stepItem(item.value, end, depth+1); err != nil {
				return 0, err
			}
		}
	}
	return 0, truncated(end, "the file ends inside sequence %s", h.tag.label())
}

func (p *parser) stepItem(at, end int64, depth int) (int64, error) {
	for at < end {
		h, err := p.head(at)
		if err != nil {
			return 0, err
		}
		if p.seen++; p.seen > mostElements {
			return 0, malformed(at, "more than %d elements", mostElements)
		}
		switch {
		case h.tag == tagItemDelimiter:
			return h.value, nil
		case h.tag.Group() == 0xFFFE:
			at = h.value
		case h.length == undefinedLength:
			if _, at, err = p.open(h, end, depth); err != nil {
				return 0, err
			}
		default:
			if at = h.value + int64(h.length); at > end {
				return 0, truncated(h.at, "attribute %s is %d bytes long, but %d are left", h.tag.label(), h.length, max(0, end-h.value))
			}
		}
	}
	return 0, truncated(at, "the file ends inside an item of a sequence")
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
	e := p.add(element{tag: h.tag, vr: "SQ"})
	at := h.value
	few := p.slide && depth == 0 && h.tag == TagPerFrameFunctional
	if few {
		p.perFrame = h
	}
	each := p.item != nil && depth == 0 && h.tag == p.each
	for at < end {
		if few && !each && len(e.items) > 0 && !delimited {
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
					if each {
						ds, _, _ := p.dataset(item.value, end, false, depth+1)
						p.item(ds)
					}
					return nil, 0, truncated(at, "an item of %s is %d bytes long, but %d are left", h.tag.label(), item.length, end-item.value)
				}
			}
			ds, next, err := p.dataset(item.value, last, open, depth+1)
			if each {
				p.item(ds)
			}
			if err != nil {
				return nil, 0, err
			}
			at = next
			if each {
				continue
			}
			if !few || len(e.items) == 0 {
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
		if h.length == undefinedLength {
			p.pixels.length = -1
		}
	}
	if h.length != undefinedLength {
		next = h.value + int64(h.length)
		have := min(int64(h.length), end-h.value)
		if !p.whole || p.apart {
			return min(next, end), nil
		}
		v, err := p.bytes(h.value, int(have))
		if err != nil {
			return end, err
		}
		e := &element{tag: h.tag, vr: h.vr, value: v}
		if p.big {
			e.value = swapped(v, h.vr)
		}
		ds.elements = append(ds.elements, e)
		return min(next, end), nil
	}
	if !p.whole {
		return end, nil
	}
	if p.apart {
		p.whole = false
		_, next, err := p.fragments(h, end)
		p.whole = true
		if err == nil && h.tag == p.pixels.tag && h.value == p.pixels.at {
			p.pixels.end = next
		}
		return next, err
	}
	e, next, err := p.fragments(h, end)
	if err != nil {
		return end, err
	}
	ds.elements = append(ds.elements, e)
	return next, nil
}

// fragments reads encapsulated pixels: PS3.5 A.4. For the header alone they
// are stepped over, and the element is nil.
func (p *parser) fragments(h head, end int64) (*element, int64, error) {
	e := &element{tag: h.tag, vr: "OB", encaps: true}
	for at, first := h.value, true; ; first = false {
		item, err := p.head(at)
		if err != nil {
			return nil, end, err
		}
		if p.seen++; p.seen > mostElements {
			return nil, end, malformed(at, "more than %d elements", mostElements)
		}
		if item.tag == tagSequenceDelim {
			if !p.whole {
				return nil, item.value, nil
			}
			return e, item.value, nil
		}
		next := item.value + int64(item.length)
		if item.tag != tagItem || item.length == undefinedLength {
			return nil, end, malformed(at, "%s stands where a fragment of the pixel data should", item.tag)
		}
		if next > end {
			return nil, end, truncated(at, "a fragment of %s is %d bytes long, but %d are left", h.tag.label(), item.length, end-item.value)
		}
		if at = next; !p.whole {
			continue
		}
		b, err := p.bytes(item.value, int(item.length))
		if err != nil {
			return nil, end, err
		}
		if first {
			e.offsets = b
		} else {
			e.fragments = append(e.fragments, b)
		}
	}
}
