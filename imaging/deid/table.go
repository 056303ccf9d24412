package deid

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"

	"longying/imaging/dicomfile"
)

// The actions of PS3.15 Table E.1-1a.
const (
	replaceDummy = 'D' // by a value that is not empty
	replaceEmpty = 'Z' // by an empty value, or a dummy
	remove       = 'X'
	keep         = 'K' // and recurse into sequences
	clean        = 'C' // by what is known not to identify
	mapUID       = 'U' // by a UID that is the same wherever it stood
)

// The options of the profile, columns of Table E.1-1.
const (
	optionUIDs        = "uids"
	optionDevice      = "device"
	optionPatient     = "patient"
	optionDates       = "dates"
	optionDescriptors = "descriptors"
)

//go:embed attributes.tsv
var attributesTSV string

//go:embed types.tsv
var typesTSV string

// row is one attribute of Table E.1-1.
type row struct {
	basic   string          // action, e.g. X/Z/D
	options map[string]byte // action by option
	name    string
}

// table is Table E.1-1, and what is known about the types of attributes.
type table struct {
	rows    map[dicomfile.Tag]row
	curves  row // (50xx,xxxx)
	overlay row // (60xx,3000) and (60xx,4000)
	iods    map[string]string
	top     map[dicomfile.Tag]map[string]int // by IOD
	inItem  map[[2]dicomfile.Tag]int         // by attribute and sequence
	typesOf map[dicomfile.Tag]bool           // attributes whose types are known
}

func newTable() (*table, error) {
	t := &table{rows: map[dicomfile.Tag]row{}, iods: map[string]string{}, top: map[dicomfile.Tag]map[string]int{},
		inItem: map[[2]dicomfile.Tag]int{}, typesOf: map[dicomfile.Tag]bool{}}
	for line := range strings.Lines(attributesTSV) {
		c := strings.Split(strings.TrimRight(line, "\n"), "\t")
		if strings.HasPrefix(line, "#") || len(c) != 4 {
			continue
		}
		r := row{basic: c[1], options: map[string]byte{}, name: c[3]}
		for _, o := range strings.Fields(c[2]) {
			if name, action, ok := strings.Cut(o, "="); ok && len(action) == 1 {
				r.options[name] = action[0]
			}
		}
		switch c[0] {
		case "private":
		case "50xxxxxx":
			t.curves = r
		case "60xx3000", "60xx4000":
			t.overlay = r
		default:
			tag, err := parseTag(c[0])
			if err != nil {
				return nil, err
			}
			t.rows[tag] = r
		}
	}
	for line := range strings.Lines(typesTSV) {
		c := strings.Split(strings.TrimRight(line, "\n"), "\t")
		if strings.HasPrefix(line, "#") {
			continue
		}
		if c[0] == "class" && len(c) == 3 {
			t.iods[c[1]] = c[2]
			continue
		}
		if len(c) != 4 {
			return nil, fmt.Errorf("types.tsv: %q", line)
		}
		tag, err := parseTag(c[1])
		if err != nil {
			return nil, err
		}
		kind, err := strconv.Atoi(c[2])
		if err != nil {
			return nil, err
		}
		t.typesOf[tag] = true
		for _, where := range strings.Fields(c[3]) {
			if c[0] == "top" {
				if t.top[tag] == nil {
					t.top[tag] = map[string]int{}
				}
				t.top[tag][where] = kind
				continue
			}
			sequence, err := parseTag(where)
			if err != nil {
				return nil, err
			}
			t.inItem[[2]dicomfile.Tag{tag, sequence}] = kind
		}
	}
	return t, nil
}

func parseTag(s string) (dicomfile.Tag, error) {
	n, err := strconv.ParseUint(s, 16, 32)
	if err != nil {
		return 0, fmt.Errorf("tag %q: %w", s, err)
	}
	return dicomfile.Tag(n), nil
}

// lookup is the row of an attribute; ok is false where the table has none.
func (t *table) lookup(tag dicomfile.Tag) (row, bool) {
	switch tag.Group() & 0xff01 {
	case 0x5000:
		return t.curves, true
	case 0x6000: // without its data a plane is no plane
		return t.overlay, true
	}
	r, ok := t.rows[tag]
	return r, ok
}

// kind is the type of an attribute at the top level (sequence 0) of an object
// of a SOP class, or in the items of a sequence: 1, 2 or 3, the C of 1C and 2C
// left out. 0 where it is not known.
func (t *table) kind(tag, sequence dicomfile.Tag, class string) int {
	if sequence != 0 {
		return t.inItem[[2]dicomfile.Tag{tag, sequence}]
	}
	iod, ok := t.iods[class]
	if !ok || !t.typesOf[tag] {
		return 0
	}
	if k := t.top[tag][iod]; k != 0 {
		return k
	}
	return 3
}

// resolve picks the action of a row that offers several by the type of the
// attribute (PS3.15 E.1.1): gone where it is optional, empty where it may be
// empty, otherwise a dummy, which is valid whatever the type is.
//
// X/Z/U*: the references stay, with their UIDs mapped, as is always allowed
// and keeps objects together.
func resolve(basic string, kind int) byte {
	offers := func(a string) bool { return strings.Contains("/"+basic+"/", "/"+a+"/") }
	switch {
	case len(basic) == 1:
		return basic[0]
	case offers("U*"):
		return mapUID
	case kind == 3 && offers("X"):
		return remove
	case kind >= 2 && offers("Z"), !offers("D"):
		return replaceEmpty
	}
	return replaceDummy
}
