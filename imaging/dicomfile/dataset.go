package dicomfile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Dataset is an ordered set of attributes, an object being made or an object
// read whole. The zero value is not usable; see NewDataset and File.Dataset.
//
// Setting methods return the data set, so that calls chain, and replace an
// attribute that is there. The first value that breaks a rule is kept and
// returned by Err and by Write; nothing is ever adjusted silently:
//
//	item := dicomfile.NewDataset().
//		String(dicomfile.TagCodeValue, "SH", "121071").
//		String(dicomfile.TagCodingSchemeDesignator, "SH", "DCM").
//		String(dicomfile.TagCodeMeaning, "LO", "Finding")
//	ds.Sequence(dicomfile.TagConceptName, item)
type Dataset struct {
	elements []*element // ascending tags
	text     *charset   // of values read from a file; nil means UTF-8
	err      error

	transferSyntax string // of the pixel data; empty means native
}

// element is one attribute: a value, or the items of a sequence, or the
// fragments of encapsulated pixel data. Binary values are little-endian.
type element struct {
	tag       Tag
	vr        string
	value     []byte
	items     []*Dataset
	fragments [][]byte // without the offset table
	offsets   []byte   // basic offset table
	encaps    bool
	text      *charset // of value, for text VRs; nil means UTF-8

	// of an element in a file whose value was not loaded
	at, length int64
}

// NewDataset makes an empty data set, or an empty item of a sequence.
func NewDataset() *Dataset { return &Dataset{} }

// Err is the first mistake made while setting values, of this data set or of
// an item in it; nil when there is none.
func (d *Dataset) Err() error { return d.err }

func (d *Dataset) fail(t Tag, err error) *Dataset {
	if d.err == nil {
		d.err = fmt.Errorf("attribute %s: %w", t.label(), err)
	}
	return d
}

// String sets an attribute of a text or string VR (AE AS CS DA DS DT IS LO LT
// PN SH ST TM UC UI UR UT). No values, or one empty value, makes it empty
// (type 2). Values are given in UTF-8, without padding.
func (d *Dataset) String(t Tag, vr string, v ...string) *Dataset {
	info, err := checkVR(t, vr)
	if err != nil {
		return d.fail(t, err)
	}
	if info.kind != vrText && info.kind != vrASCII {
		return d.fail(t, fmt.Errorf("VR %s does not hold text", vr))
	}
	if len(v) > 1 && !info.multi {
		return d.fail(t, fmt.Errorf("VR %s holds one value, not %d", vr, len(v)))
	}
	for _, s := range v {
		if err := checkString(vr, s); err != nil {
			return d.fail(t, err)
		}
	}
	return d.put(&element{tag: t, vr: vr, value: []byte(strings.Join(v, `\`))})
}

// Int sets an attribute of VR US, SS, UL, SL, UV, SV or IS. A value outside
// the VR's range is an error.
func (d *Dataset) Int(t Tag, vr string, v ...int) *Dataset {
	if _, err := checkVR(t, vr); err != nil {
		return d.fail(t, err)
	}
	var out []byte
	for i, n := range v {
		lo, hi := math.MinInt64, math.MaxInt64
		le := binary.LittleEndian
		switch vr {
		case "US":
			lo, hi, out = 0, math.MaxUint16, le.AppendUint16(out, uint16(n))
		case "SS":
			lo, hi, out = math.MinInt16, math.MaxInt16, le.AppendUint16(out, uint16(n))
		case "UL":
			lo, hi, out = 0, math.MaxUint32, le.AppendUint32(out, uint32(n))
		case "SL":
			lo, hi, out = math.MinInt32, math.MaxInt32, le.AppendUint32(out, uint32(n))
		case "UV":
			lo, out = 0, le.AppendUint64(out, uint64(n))
		case "SV":
			out = le.AppendUint64(out, uint64(n))
		case "IS":
			lo, hi = math.MinInt32, math.MaxInt32
			if i > 0 {
				out = append(out, '\\')
			}
			out = strconv.AppendInt(out, int64(n), 10)
		default:
			return d.fail(t, fmt.Errorf("VR %s does not hold whole numbers", vr))
		}
		if n < lo || n > hi {
			return d.fail(t, fmt.Errorf("%d is outside the range of %s", n, vr))
		}
	}
	return d.put(&element{tag: t, vr: vr, value: out})
}

// Float sets an attribute of VR FL, FD or DS. A DS value is written with as
// many digits as 16 characters hold. NaN and infinities are errors in DS.
func (d *Dataset) Float(t Tag, vr string, v ...float64) *Dataset {
	if _, err := checkVR(t, vr); err != nil {
		return d.fail(t, err)
	}
	var out []byte
	for i, x := range v {
		switch vr {
		case "FL":
			out = binary.LittleEndian.AppendUint32(out, math.Float32bits(float32(x)))
		case "FD":
			out = binary.LittleEndian.AppendUint64(out, math.Float64bits(x))
		case "DS":
			s, err := decimalString(x)
			if err != nil {
				return d.fail(t, err)
			}
			if i > 0 {
				out = append(out, '\\')
			}
			out = append(out, s...)
		default:
			return d.fail(t, fmt.Errorf("VR %s does not hold real numbers", vr))
		}
	}
	return d.put(&element{tag: t, vr: vr, value: out})
}

// decimalString is the longest form of x that DS allows, 16 characters.
func decimalString(x float64) (string, error) {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return "", fmt.Errorf("%g cannot be written as a decimal string", x)
	}
	if s := strconv.FormatFloat(x, 'g', -1, 64); len(s) <= 16 {
		return s, nil
	}
	for digits := 15; digits > 0; digits-- {
		if s := strconv.FormatFloat(x, 'g', digits, 64); len(s) <= 16 {
			return s, nil
		}
	}
	return "", fmt.Errorf("%g does not fit 16 characters", x)
}

// Attributes sets an attribute of VR AT, whose values are tags.
func (d *Dataset) Attributes(t Tag, v ...Tag) *Dataset {
	if _, err := checkVR(t, "AT"); err != nil {
		return d.fail(t, err)
	}
	var out []byte
	for _, a := range v {
		out = binary.LittleEndian.AppendUint16(out, a.Group())
		out = binary.LittleEndian.AppendUint16(out, a.Element())
	}
	return d.put(&element{tag: t, vr: "AT", value: out})
}

// Bytes sets an attribute of VR OB, OW, OL, OV, OF, OD or UN from bytes in
// little-endian order; OB and UN are padded to an even length on writing.
func (d *Dataset) Bytes(t Tag, vr string, b []byte) *Dataset {
	info, err := checkVR(t, vr)
	if err != nil {
		return d.fail(t, err)
	}
	if !info.long || info.kind != vrBinary && info.kind != vrBytes {
		return d.fail(t, fmt.Errorf("VR %s does not hold bytes", vr))
	}
	if len(b)%info.size != 0 {
		return d.fail(t, fmt.Errorf("%d bytes are not a whole number of %s values", len(b), vr))
	}
	return d.put(&element{tag: t, vr: vr, value: b})
}

// Sequence sets an attribute of VR SQ; no items makes it empty.
func (d *Dataset) Sequence(t Tag, items ...*Dataset) *Dataset {
	if _, err := checkVR(t, "SQ"); err != nil {
		return d.fail(t, err)
	}
	if slices.Contains(items, nil) || slices.Contains(items, d) {
		return d.fail(t, errors.New("an item is nil or the data set itself"))
	}
	return d.put(&element{tag: t, vr: "SQ", items: items})
}

// Delete takes attributes out.
func (d *Dataset) Delete(tags ...Tag) *Dataset {
	d.elements = slices.DeleteFunc(d.elements, func(e *element) bool { return slices.Contains(tags, e.tag) })
	return d
}

// checkVR holds that the VR exists and is one that PS3.6 gives the attribute.
func checkVR(t Tag, vr string) (vrInfo, error) {
	info, ok := vrOf(vr)
	if !ok {
		return info, fmt.Errorf("VR %q does not exist", vr)
	}
	if t.Group() < 8 || t.Element() == 0 || t.Group() >= 0xFFFC {
		return info, errors.New("this group is written by the writer, not set")
	}
	if vrs := dictionaryVRs(t); len(vrs) > 0 && !slices.Contains(vrs, vr) {
		return info, fmt.Errorf("VR %s, but the dictionary says %s", vr, strings.Join(vrs, " or "))
	}
	return info, nil
}

// put inserts or replaces.
func (d *Dataset) put(e *element) *Dataset {
	i, found := d.find(e.tag)
	if found {
		d.elements[i] = e
	} else {
		d.elements = slices.Insert(d.elements, i, e)
	}
	return d
}

func (d *Dataset) find(t Tag) (int, bool) {
	if n := len(d.elements); n > 0 && d.elements[n-1].tag < t {
		return n, false // appending, the common case
	}
	return slices.BinarySearchFunc(d.elements, t, func(e *element, t Tag) int {
		return int(int64(e.tag) - int64(t))
	})
}

func (d *Dataset) get(t Tag) *element {
	if d == nil {
		return nil
	}
	if i, ok := d.find(t); ok {
		return d.elements[i]
	}
	return nil
}
