package deid

import (
	"slices"
	"strings"
	"unicode/utf8"

	"longying/imaging/dicomfile"
)

// walk treats one object.
type walk struct {
	*Profile
	class   string // SOP class
	patient string // by which the person is known, for the shift of dates
	days    int
	who     *identity
	found   map[string]bool // what is to be warned of
}

// The attributes that this package is stricter with than Table E.1-1, which
// does not have them: a birth date in another calendar, numbers of devices and
// of people, free text whose VR does not say so.
var stricter = map[dicomfile.Tag]byte{
	0x00100033: remove,       // Patient's Birth Date in Alternative Calendar
	0x00100034: remove,       // Patient's Death Date in Alternative Calendar
	0x00102295: remove,       // Breed Registration Number
	0x00181003: remove,       // Device ID
	0x00181006: remove,       // Grid ID
	0x00181010: remove,       // Secondary Capture Device ID
	0x00181803: remove,       // NTP Source Address
	0x00209453: remove,       // Frame Label
	0x00286022: remove,       // Frame of Interest Description
	0x0040a492: remove,       // Completion Flag Description
	0x00540400: replaceEmpty, // Image ID
	0x00700081: replaceEmpty, // Content Description, type 2
	0x00880130: remove,       // Storage Media File-set ID
	0x21000160: remove,       // Owner ID
	0x30020020: replaceEmpty, // Radiation Machine Name, type 2
}

// deviceOnly are those of stricter that the option to keep the device keeps.
var deviceOnly = []dicomfile.Tag{0x00181003, 0x00181006, 0x00181010, 0x30020020}

// freeText that is kept: what codes and coding schemes are called.
var codingText = []dicomfile.Tag{0x00080114, 0x00080115, 0x00080116, 0x00080119, 0x00080120, 0x0008010e}

// dataset treats the attributes of an object or of an item of a sequence.
func (w *walk) dataset(ds *dicomfile.Dataset, sequence dicomfile.Tag) {
	for _, t := range ds.Tags() {
		switch {
		case t.Private(), t.Group() < 8, len(t.VRs()) == 0:
			ds.Delete(t)
			continue
		case ds.VR(t) == "UN" && !slices.Contains(t.VRs(), "UN"), !fits(ds.VR(t), t.VRs()):
			// Its bytes are not what the dictionary says, so that nobody can say
			// what stands in them.
			ds.Delete(t)
			w.found[warnUnreadable] = true
			continue
		}
		if r, ok := w.table.lookup(t); ok {
			w.apply(ds, t, r, sequence)
		} else {
			w.unlisted(ds, t)
		}
	}
	w.localCode(ds)
}

// fits reports a VR of a file that holds what the dictionary's would: bytes
// where it says text, or a sequence where it does not, would pass unread.
func fits(vr string, want []string) bool {
	if slices.Contains(want, vr) {
		return true
	}
	number := func(v string) bool {
		return slices.Contains([]string{"US", "SS", "UL", "SL", "UV", "SV", "FL", "FD", "AT"}, v)
	}
	text := func(v string) bool { return !number(v) && v != "SQ" && v != "UN" && v[0] != 'O' }
	words := func(v string) bool { return v == "OB" || v == "OW" }
	for _, v := range want {
		if number(vr) && number(v) || text(vr) && text(v) || words(vr) && words(v) || number(vr) && text(v) {
			return true
		}
	}
	return false
}

// apply does what Table E.1-1 says about an attribute.
func (w *walk) apply(ds *dicomfile.Dataset, t dicomfile.Tag, r row, sequence dicomfile.Tag) {
	basic := resolve(r.basic, w.table.kind(t, sequence, w.class))
	action := basic
	for _, o := range w.options {
		switch a := r.options[o]; {
		case a == keep:
			action = keep
		case a == clean && action == basic:
			action = clean
		}
	}
	if slices.Contains(w.options, optionDates) && r.options[optionDates] == clean { // those of a device too
		action = clean
	}
	if action == keep {
		w.keep(ds, t)
		return
	}
	if action == clean && w.clean(ds, t, r, basic) {
		return
	}
	if action == clean {
		action = basic
	}
	w.do(ds, t, action)
}

// do removes or replaces.
func (w *walk) do(ds *dicomfile.Dataset, t dicomfile.Tag, action byte) {
	empty := len(ds.Raw(t)) == 0 && len(ds.Items(t)) == 0
	switch {
	case action == remove:
		ds.Delete(t)
	case action == mapUID && ds.VR(t) == "SQ":
		w.items(ds, t)
	case action == mapUID:
		w.mapUIDs(ds, t)
	case t == dicomfile.TagContainerIdentifier || t == dicomfile.TagSpecimenIdentifier:
		ds.String(t, "LO", w.key.pseudonym("specimen", w.patient+"\x00"+ds.Text(t)))
	case action == replaceEmpty || empty:
		setEmpty(ds, t)
	default:
		w.setDummy(ds, t)
	}
}

// items goes into the items of a sequence.
func (w *walk) items(ds *dicomfile.Dataset, t dicomfile.Tag) {
	for _, item := range ds.Items(t) {
		w.dataset(item, t)
	}
}

// keep is action K: a value that has the form of its VR and names nobody.
func (w *walk) keep(ds *dicomfile.Dataset, t dicomfile.Tag) {
	switch vr := ds.VR(t); vr {
	case "SQ":
		w.items(ds, t)
	case "UI":
		if !plainUIDs(ds.Texts(t)) {
			w.mapUIDs(ds, t)
		}
	case "OB", "OW", "UN":
		if w.who.inBytes(ds.Raw(t)) {
			ds.Delete(t)
			w.found[warnNamed] = true
		}
	default:
		w.plain(ds, t, vr)
	}
}

// plain holds that a text is what its VR allows, so that no other text can
// hide in it, and names nobody; else a dummy replaces it.
func (w *walk) plain(ds *dicomfile.Dataset, t dicomfile.Tag, vr string) {
	texts := ds.Texts(t)
	if len(texts) == 0 {
		return
	}
	ok := true
	for _, v := range texts {
		switch vr {
		case "DA":
			_, good := shiftDate(v, 0)
			ok = ok && (v == "" || good)
		case "TM":
			ok = ok && (v == "" || isTime(v))
		case "DT":
			ok = ok && (v == "" || isDateTime(v))
		case "IS", "DS":
			ok = ok && strings.Trim(v, "0123456789+-.eE ") == ""
		case "AS":
			ok = ok && len(v) <= 4 && strings.Trim(v, "0123456789DWMY ") == ""
		case "CS", "AE", "UR":
			ok = ok && ascii(v) && !w.who.in(v)
		case "LO", "SH", "LT", "ST", "UT", "UC", "PN":
			if w.who.in(v) {
				ok = false
				w.found[warnNamed] = true
			}
		}
	}
	if !ok {
		w.setDummy(ds, t)
	}
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func plainUIDs(uids []string) bool {
	for _, u := range uids {
		if u != "" && dicomfile.CheckUID(u) != nil {
			return false
		}
	}
	return true
}

// mapUIDs is action U. An empty value stays empty.
func (w *walk) mapUIDs(ds *dicomfile.Dataset, t dicomfile.Tag) {
	var out []string
	for _, v := range ds.Texts(t) {
		if v != "" && (!standardUID(v) || dicomfile.CheckUID(v) != nil) {
			v = w.key.uid(v)
		}
		out = append(out, v)
	}
	ds.String(t, "UI", out...)
}

// unlisted treats an attribute that Table E.1-1 does not have. The table is of
// attributes that may identify; the others stay, but for what can hold any
// text.
func (w *walk) unlisted(ds *dicomfile.Dataset, t dicomfile.Tag) {
	if a, ok := stricter[t]; ok && !(slices.Contains(deviceOnly, t) && slices.Contains(w.options, optionDevice)) {
		w.do(ds, t, a)
		return
	}
	switch vr := setVR(ds, t); {
	case vr == "SQ":
		w.items(ds, t)
	case vr == "PN":
		w.do(ds, t, replaceDummy)
	case vr == "DA" || vr == "DT":
		if !slices.Contains(w.options, optionDates) || !w.shiftDates(ds, t) {
			w.do(ds, t, replaceDummy)
		}
	case vr == "TM":
		if !slices.Contains(w.options, optionDates) {
			w.do(ds, t, replaceDummy)
			return
		}
		w.plain(ds, t, vr)
	case slices.Contains(codingText, t):
		w.plain(ds, t, vr)
	case vr == "UR":
		ds.Delete(t) // an address on a network of the hospital
	case vr == "LT" || vr == "ST" || vr == "UT":
		if !slices.Contains(w.options, optionDescriptors) || !w.cleanText(ds, t) {
			w.do(ds, t, replaceDummy)
		}
	case vr == "UI":
		switch t {
		case 0x0008010c, 0x00080117, 0x00080118, dicomfile.TagSOPClassUID, dicomfile.TagReferencedSOPClass: // schemes and classes
			w.keep(ds, t)
		default:
			w.mapUIDs(ds, t)
		}
	default:
		w.keep(ds, t)
	}
}

// localCode takes the meaning out of a code that a site made itself (PS3.16
// 8.2: "99" and what it likes): it is free text.
func (w *walk) localCode(ds *dicomfile.Dataset) {
	scheme := strings.ToUpper(ds.Text(dicomfile.TagCodingSchemeDesignator))
	local := strings.HasPrefix(scheme, "99") && scheme != "99SDM" || scheme == "L" || scheme == "LOCAL"
	if t := dicomfile.TagCodeMeaning; local && ds.Text(t) != "" && w.words.clean(ds.Text(t), w.who) != strings.Join(strings.Fields(ds.Text(t)), " ") {
		ds.String(t, "LO", dummyText)
	}
}
