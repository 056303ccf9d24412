package deid

import (
	"bytes"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"

	"golang.org/x/text/cases"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/language"

	"longying/imaging"
	"longying/imaging/dicomfile"
)

// identity is what names the people of one object, to be looked for in the text
// that stays.
type identity struct {
	words   map[string]bool // names in Latin letters, lower case: found as whole words
	pieces  []string        // names in Han and other scripts, numbers, addresses: found anywhere
	encoded [][]byte        // both, as they may stand in binary values
}

// The attributes whose values identify, besides every PN.
var identifying = [...]dicomfile.Tag{
	dicomfile.TagPatientID, dicomfile.TagOtherPatientIDs, dicomfile.TagAccessionNumber, dicomfile.TagPatientBirthDate, dicomfile.TagInstitutionName,
	dicomfile.TagSpecimenIdentifier, dicomfile.TagContainerIdentifier,
	0x00080081, // Institution Address
	0x00100032, // Patient's Birth Time
	0x00100033, // Patient's Birth Date in Alternative Calendar
	0x00101040, // Patient's Address
	0x00101090, // Medical Record Locator
	0x00102154, // Patient's Telephone Numbers
	0x00102155, // Patient's Telecom Information
	0x00380010, // Admission ID
	0x00380060, // Service Episode ID
	0x00401001, // Requested Procedure ID
	0x00402016, // Placer Order Number
	0x00402017, // Filler Order Number
	0x00080094, // Referring Physician's Telephone Numbers
	0x22000005, // Barcode Value
}

// gather collects the identity of an object, in its sequences too, and what is
// known of it from elsewhere.
func gather(ds *dicomfile.Dataset, known []string) *identity {
	id := &identity{words: map[string]bool{}}
	id.from(ds)
	for _, k := range known {
		id.name(k)
	}
	slices.Sort(id.pieces)
	id.pieces = slices.Compact(id.pieces)
	for w := range id.words {
		id.encode(w)
	}
	for _, p := range id.pieces {
		id.encode(p)
	}
	return id
}

func (id *identity) from(ds *dicomfile.Dataset) {
	for _, t := range ds.Tags() {
		for _, item := range ds.Items(t) {
			id.from(item)
		}
		if ds.VR(t) == "PN" {
			for _, v := range ds.Texts(t) {
				id.name(v)
			}
		} else if slices.Contains(identifying[:], t) {
			for _, v := range ds.Texts(t) {
				id.add(v)
			}
		}
	}
}

func (id *identity) name(v string) {
	if slices.Contains([]string{"anonymous", "anonymized", "removed", "unknown", "none"}, strings.ToLower(strings.Trim(v, "^= "))) {
		return
	}
	n := imaging.ParsePersonName(v)
	if c := n.Characters(); len([]rune(c)) >= 2 {
		id.add(c)
	}
	for _, part := range strings.FieldsFunc(v, func(r rune) bool { return r == '^' || r == '=' || unicode.IsSpace(r) || r == ',' }) {
		id.add(part)
	}
}

// add takes a value that identifies: two characters of a script without word
// spaces, three letters, or five of a number are the least that is looked for.
func (id *identity) add(v string) {
	v = strings.ToLower(strings.TrimSpace(v))
	letters, wide, figures := 0, 0, 0
	for _, r := range v {
		switch {
		case r >= 0x2e80:
			wide++
		case unicode.IsLetter(r):
			letters++
		case unicode.IsDigit(r):
			figures++
		}
	}
	switch {
	case wide >= 2, figures >= 5, figures > 0 && letters+figures >= 5:
		if strings.Trim(v, "0. -") != "" {
			id.pieces = append(id.pieces, v)
		}
	case letters >= 3 && figures == 0 && wide == 0 && strings.Contains(v, " "):
		id.pieces = append(id.pieces, v)
	case letters >= 3 && figures == 0 && wide == 0:
		id.words[v] = true
	}
}

func (id *identity) encode(v string) {
	if len(v) < 6 {
		return // too short to be told from numbers
	}
	for _, form := range []string{v, strings.ToUpper(v), cases.Title(language.Und, cases.NoLower).String(v)} {
		id.encoded = append(id.encoded, []byte(form))
		if gb, err := simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(form)); err == nil {
			id.encoded = append(id.encoded, gb)
		}
		var wide []byte
		for _, u := range utf16.Encode([]rune(form)) {
			wide = append(wide, byte(u), byte(u>>8))
		}
		id.encoded = append(id.encoded, wide)
	}
}

// in reports a text in which one of the people is named.
func (id *identity) in(text string) bool {
	text = strings.ToLower(text)
	for _, p := range id.pieces {
		if strings.Contains(text, p) {
			return true
		}
	}
	if len(id.words) == 0 {
		return false
	}
	if id.words[strings.TrimSpace(text)] {
		return true
	}
	for _, w := range strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) }) {
		if id.words[w] {
			return true
		}
	}
	return false
}

// inBytes is in for a binary value.
func (id *identity) inBytes(b []byte) bool {
	for _, e := range id.encoded {
		if bytes.Contains(b, e) {
			return true
		}
	}
	return false
}
