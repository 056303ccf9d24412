package deid

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"golang.org/x/text/encoding/simplifiedchinese"

	"longying/imaging/dicomfile"
)

// everyAttribute is every attribute of the dictionary with its first VR.
func everyAttribute() map[dicomfile.Tag]string {
	out := map[dicomfile.Tag]string{}
	for _, g := range []uint16{0x08, 0x10, 0x12, 0x14, 0x16, 0x18, 0x20, 0x22, 0x24, 0x28, 0x32, 0x34, 0x38, 0x3a, 0x40, 0x42, 0x44, 0x46, 0x48, 0x50, 0x52, 0x54, 0x60, 0x62,
		0x64, 0x66, 0x68, 0x6a, 0x70, 0x72, 0x74, 0x76, 0x78, 0x80, 0x82, 0x88, 0x100, 0x400, 0x2000, 0x2010, 0x2020, 0x2030, 0x2040, 0x2050, 0x2100, 0x2110, 0x2120, 0x2130,
		0x2200, 0x3002, 0x3004, 0x3006, 0x3008, 0x300a, 0x300c, 0x300e, 0x3010, 0x4000, 0x4008, 0x4010, 0x5002, 0x5200, 0x5400, 0x5600, 0x6002} {
		for e := range 0x10000 {
			t := dicomfile.NewTag(g, uint16(e))
			if vrs := t.VRs(); e != 0 && len(vrs) > 0 {
				out[t] = vrs[0]
			}
		}
	}
	return out
}

func isString(vr string) bool {
	return len(vr) == 2 && strings.Contains("AE AS CS DA DS DT IS LO LT PN SH ST TM UC UI UR UT", vr)
}

// structural attributes make the object what it is; without them it is none.
func structural(t dicomfile.Tag) bool {
	switch t {
	case dicomfile.TagSpecificCharacterSet, dicomfile.TagSOPClassUID, dicomfile.TagNumberOfFrames, dicomfile.TagPhotometric:
		return true
	}
	return false
}

const (
	markerHan   = "张伟明"
	markerLatin = "ZHANGWEIMING"
)

// marked is the marker as it would stand in a VR. form encodes text.
func marked(vr string, form func(string) []byte) []byte {
	switch vr {
	case "LO", "LT", "PN", "SH", "ST", "UC", "UT":
		return append(form(markerHan), " "+markerLatin...)[:]
	case "DA":
		return []byte(markerLatin[:8])
	}
	return []byte(markerLatin)
}

func forms(s string) map[string][]byte {
	gb, _ := simplifiedchinese.GB18030.NewEncoder().String(s)
	var wide []byte
	for _, u := range utf16.Encode([]rune(s)) {
		wide = append(wide, byte(u), byte(u>>8))
	}
	return map[string][]byte{"UTF-8": []byte(s), "GB18030": []byte(gb), "UTF-16LE": wide}
}

func gb18030(s string) []byte {
	b, _ := simplifiedchinese.GB18030.NewEncoder().String(s)
	return []byte(b)
}

// Somebody whose name stands in every attribute there is, of whatever VR, with
// whatever rubbish that makes, also in items, in items of items, in private
// attributes, in attributes that no dictionary has, in bytes, in the file meta
// group and in the preamble, is nowhere in the copy.
func TestAPersonNamedInEveryAttributeIsNamedNowhereInTheCopy(t *testing.T) {
	dictionary := everyAttribute()
	if len(dictionary) < 4500 {
		t.Fatalf("%d attributes in the dictionary", len(dictionary))
	}
	for set, form := range map[string]func(string) []byte{"GB18030": gb18030, "ISO_IR 192": func(s string) []byte { return []byte(s) }} {
		var flat []attribute
		for tag, vr := range dictionary {
			if structural(tag) {
				continue
			}
			switch {
			case isString(vr):
				flat = append(flat, attribute{tag: tag, vr: vr, value: marked(vr, form)})
			case vr == "OB" && tag.Group() != 0x7fe0:
				flat = append(flat, attribute{tag: tag, vr: vr, value: append([]byte{0, 9, 9}, forms(markerHan)["UTF-16LE"]...)})
			}
		}
		secretly := []attribute{
			text(0x00290010, "LO", markerLatin), {tag: 0x00291001, vr: "LO", value: form(markerHan)}, {tag: 0x00291002, vr: "OB", value: form(markerHan)},
			{tag: 0x00291003, vr: "UN", value: form(markerHan)}, sequence(0x00291004, []attribute{{tag: dicomfile.TagPatientName, vr: "PN", value: form(markerHan)}}),
			{tag: 0x0018eee0, vr: "LO", value: form(markerHan)}, // in no dictionary
			{tag: 0x00182ffe, vr: "UN", value: form(markerHan)},
		}
		deep := slices.Clip(append(append([]attribute{}, flat...), secretly...)) // an append to it is another slice
		all := append(deep, sequence(dicomfile.TagReferencedSeries, deep, append(deep, sequence(0x00081250, deep))),
			attribute{tag: 0x00189004, vr: "UN", value: form(markerHan)}, // a CS of the dictionary
			attribute{tag: 0x00082218, vr: "UN", value: encoded([]attribute{sequence(dicomfile.TagConceptName, []attribute{{tag: dicomfile.TagCodeMeaning, vr: "LO", value: form(markerHan)}})})},
			text(dicomfile.TagSpecificCharacterSet, "CS", set), text(dicomfile.TagPatientName, "PN", markerLatin+"="+string(form(markerHan))))
		seen := map[dicomfile.Tag]bool{}
		var unique []attribute
		for i := len(all) - 1; i >= 0; i-- { // the last one counts
			if a := all[i]; !seen[a.tag] {
				seen[a.tag] = true
				unique = append(unique, a)
			}
		}
		source := object(append(unique, text(dicomfile.TagSOPInstanceUID, "UI", "1.2.3"), text(dicomfile.TagStudyInstanceUID, "UI", "1.2.4"), text(dicomfile.TagSeriesInstanceUID, "UI", "1.2.5"))...)
		source = bytes.Replace(source, bytes.Repeat([]byte("P"), 128), append([]byte(markerLatin), make([]byte, 128-len(markerLatin))...), 1)
		source = bytes.Replace(source, encoded([]attribute{text(dicomfile.TagTransferSyntax, "UI", dicomfile.ExplicitLittle)}),
			encoded([]attribute{text(dicomfile.TagTransferSyntax, "UI", dicomfile.ExplicitLittle), text(0x00020013, "SH", markerLatin), text(0x00020016, "AE", markerLatin),
				text(0x00020100, "UI", "1.2.3"), {tag: 0x00020102, vr: "OB", value: []byte(markerLatin)}}), 1)
		if n := bytes.Count(source, []byte(markerLatin)); n < 4*1500 {
			t.Fatalf("%d markers in the source", n)
		}
		for name, o := range map[string]Options{"basic": {}, "every option": {ModifiedDates: true, Device: true, Descriptors: true, Patient: true, UIDs: true}} {
			ds, raw, r := cleaned(t, profile(t, o), source)
			for _, marker := range []string{markerHan, markerHan[:6], markerLatin, "Zhangweiming", "zhangweiming", markerLatin[:8]} {
				for encoding, b := range forms(marker) {
					if i := bytes.Index(raw, b); i >= 0 {
						t.Errorf("%s, %s: %q is in the copy in %s at byte %d, behind %q", set, name, marker, encoding, i, raw[max(0, i-24):i])
					}
				}
			}
			if len(ds.Tags()) < 100 || !bytes.Equal(ds.Raw(dicomfile.TagPixelData), []byte{1, 2, 3, 4}) {
				t.Errorf("%s, %s: %d attributes are left, pixels %v", set, name, len(ds.Tags()), ds.Raw(dicomfile.TagPixelData))
			}
			if len(r.Warnings) == 0 {
				t.Errorf("%s, %s: nothing was warned of", set, name)
			}
		}
	}
}

// Where each attribute holds a word of its own, that no other names, what stays
// is what the standard's table does not have, and of that no free text.
func TestOnlyShortTextThatTheStandardDoesNotListIsKept(t *testing.T) {
	table, err := newTable()
	if err != nil {
		t.Fatal(err)
	}
	var flat []attribute
	words := map[dicomfile.Tag]string{}
	for tag, vr := range everyAttribute() {
		if isString(vr) && !structural(tag) && tag.Group()&0xff00 != 0x5000 {
			words[tag] = "QZ" + strings.NewReplacer("0", "G", "1", "H", "2", "I", "3", "J", "4", "K", "5", "L", "6", "M", "7", "N", "8", "O", "9", "P").Replace(strings.Trim(strings.ReplaceAll(tag.String(), ",", ""), "()"))
			flat = append(flat, text(tag, vr, words[tag]))
		}
	}
	_, raw, _ := cleaned(t, profile(t, Options{}), object(append(flat, text(dicomfile.TagSOPInstanceUID, "UI", "1.2.3"), text(dicomfile.TagCodingSchemeDesignator, "SH", "DCM"))...))
	kept := 0
	for tag, word := range words {
		vr := tag.VRs()[0]
		if !bytes.Contains(raw, []byte(word)) {
			continue
		}
		kept++
		if _, listed := table.lookup(tag); listed {
			t.Errorf("%s %s is in Table E.1-1, and its value is in the copy", tag, tag.Name())
		}
		if !strings.Contains("CS SH LO UC", vr) && !strings.HasPrefix(tag.Name(), "Coding Scheme") && tag.Name() != "URN Code Value" {
			t.Errorf("%s %s of VR %s: its value is in the copy", tag, tag.Name(), vr)
		}
	}
	if kept < 500 {
		t.Errorf("%d values are left of %d: what describes an image went too", kept, len(words))
	}
}
