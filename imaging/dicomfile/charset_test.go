package dicomfile

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"longying/imaging"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// Every text attribute of every character set file, items of sequences too, as
// pydicom reads it; see testdata/charset.py. Where pydicom does not follow the
// standard its own reading stands here.
func TestTextAgreesWithPydicom(t *testing.T) {
	var want struct{ Files map[string]map[string]string }
	b, err := os.ReadFile("testdata/charset.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &want); err != nil {
		t.Fatal(err)
	}
	// pydicom takes the escape sequence of ISO 2022 IR 58 for text in these: PS3.5 annex K.
	want.Files["dicom/charset/fo-dicom/chrGB2312.dcm"]["00100010"] = "Zhang^XiaoDong=张^小东"
	compared := 0
	for name, texts := range want.Files {
		f, err := Open(shared(t, name))
		if err != nil {
			t.Error(err)
			continue
		}
		ds, err := f.Dataset()
		if err != nil {
			t.Error(err)
		}
		got := map[string]string{}
		textsOf(ds, "", got)
		for key, expected := range texts {
			compared++
			if trimmed(got[key]) != trimmed(expected) {
				t.Errorf("%s %s: %q, pydicom has %q", name, key, got[key], expected)
			}
		}
		if note := f.Instance().CharacterSetNote; note != "" {
			t.Errorf("%s: declared text was read otherwise: %s", name, note)
		}
		f.Close()
	}
	if compared < 300 {
		t.Errorf("only %d attributes compared", compared)
	}
}

// trimmed leaves out padding, which pydicom keeps in places, and the empty
// groups at the end of a name, which it drops.
func trimmed(s string) string {
	parts := strings.Split(s, "\\")
	for i, p := range parts {
		parts[i] = strings.TrimRight(strings.Trim(p, " \x00"), "^= ")
	}
	return strings.Join(parts, "\\")
}

func textsOf(ds *Dataset, prefix string, out map[string]string) {
	for _, t := range ds.Tags() {
		key := prefix + strings.NewReplacer("(", "", ",", "", ")", "").Replace(t.String())
		for i, item := range ds.Items(t) {
			textsOf(item, fmt.Sprintf("%s[%d].", key, i), out)
		}
		if info, _ := vrOf(ds.VR(t)); info.kind == vrText {
			out[key] = strings.Join(ds.Texts(t), "\\")
		}
	}
}

func TestASequenceItemHasItsOwnCharacterSet(t *testing.T) {
	for _, name := range []string{"chrSQEncoding.dcm", "chrSQEncoding1.dcm"} {
		f, err := Open(shared(t, "dicom/charset/pydicom/"+name))
		if err != nil {
			t.Fatal(err)
		}
		ds, err := f.Dataset()
		if err != nil {
			t.Fatal(err)
		}
		if got := ds.Item(NewTag(0x32, 0x1064)).Text(TagPatientName); got != "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう" {
			t.Errorf("%s: %q", name, got)
		}
		f.Close()
	}
}

// Every code of every character set, as Python's codecs (which pydicom uses)
// read it; see testdata/repertoires.py.
func TestEveryRepertoireIsWhole(t *testing.T) {
	var want struct {
		Single map[string]string
		Multi  map[string]struct {
			Cells, SHA256 string
			Count         int
		}
	}
	b, err := os.ReadFile("testdata/repertoires.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &want); err != nil {
		t.Fatal(err)
	}
	for number, text := range want.Single {
		for _, term := range []string{"ISO_IR " + number, "ISO 2022 IR " + number} {
			cs, ok := newCharset([]string{term})
			code := byte(0xA0)
			for _, r := range text {
				if got := cs.decode([]byte{code}, false); got != string(r) || !ok {
					t.Errorf("%s %02X: %q, want %q", term, code, got, r)
				}
				code++
			}
		}
		if page, escape := pageEscape(number); escape != "" { // the same by code extension
			cs, _ := newCharset([]string{"", "ISO 2022 IR " + page})
			var codes []byte
			for code := 0xA0; code < 0x100; code++ {
				codes = append(codes, byte(code))
			}
			if got := cs.decode(append([]byte("\x1b"+escape), codes...), false); got != text {
				t.Errorf("ISO 2022 IR %s by its escape sequence: %q, want %q", number, got, text)
			}
		}
	}
	// Two signs where Python's gb2312 follows an older table than GBK and GB18030 do.
	newer := map[string]map[string]string{"ISO 2022 IR 58": {"·": "・", "—": "―"}}
	for term, table := range want.Multi {
		cs, ok := newCharset([]string{"", term})
		first, lead, rows, columns, before := 0xA1, 0xA1, 94, 94, ""
		switch term {
		case "ISO 2022 IR 87":
			first, lead, before = 0x21, 0x21, "\x1b$B"
		case "ISO 2022 IR 159":
			first, lead, before = 0x21, 0x21, "\x1b$(D"
		case "ISO 2022 IR 149":
			before = "\x1b$)C"
		case "ISO 2022 IR 58":
			before = "\x1b$)A"
		default:
			cs, ok = newCharset([]string{term})
			first, lead, rows, columns = 0x80, 0x81, 126, 127
		}
		bits, good := new(big.Int).SetString(table.Cells, 16)
		if !ok || !good || bits.BitLen() != rows*columns+1 {
			t.Fatalf("%s: %d bits", term, bits.BitLen())
		}
		var text strings.Builder
		count := 0
		for cell := range rows * columns {
			if bits.Bit(rows*columns-1-cell) == 0 {
				continue
			}
			c := cs.decode(append([]byte(before), byte(lead+cell/columns), byte(first+cell%columns)), false)
			if older, ok := newer[term][c]; ok {
				c = older
			}
			text.WriteString(c)
			count++
		}
		if sum := sha256.Sum256([]byte(text.String())); count != table.Count || hex.EncodeToString(sum[:]) != table.SHA256 {
			t.Errorf("%s: the characters of its %d cells differ from Python's", term, count)
		}
	}
}

// pageEscape is the escape sequence that designates a single-byte set to G1,
// PS3.3 table C.12-3.
func pageEscape(number string) (string, string) {
	return number, map[string]string{"100": "-A", "101": "-B", "109": "-C", "110": "-D", "144": "-L", "127": "-G", "126": "-F", "138": "-H", "148": "-M", "166": "-T", "203": "-b", "13": ")I"}[number]
}

// The examples of PS3.5 annexes H, I, J, K and PS3.3 C.12, byte by byte.
func TestCharacterSetsDecodeTheStandardsExamples(t *testing.T) {
	cases := []struct{ terms, bytes, want string }{
		{`ISO_IR 100`, "Buc^J\xe9r\xf4me", "Buc^Jérôme"},
		{`ISO_IR 101`, "W\xa3odzimierz", "WŁodzimierz"},
		{`ISO_IR 109`, "\xa6", "Ĥ"},
		{`ISO_IR 110`, "\xbf", "ŋ"},
		{`ISO_IR 148`, "\xdd\xfd", "İı"},
		{`ISO_IR 166`, "\xca\xc1\xaa\xd2\xc2", "สมชาย"},
		{`ISO_IR 13`, "\xd4\xcf\xc0\xde^\xc0\xdb\xb3", "ﾔﾏﾀﾞ^ﾀﾛｳ"},
		{`\ISO 2022 IR 87`, "Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B", "Yamada^Tarou=山田^太郎=やまだ^たろう"},
		{`\ISO 2022 IR 159`, "\x1b$(D0!\x1b(B", "丂"},
		{`\ISO 2022 IR 149`, "Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7=\x1b$)C\xc8\xab^\x1b$)C\xb1\xe6\xb5\xbf", "Hong^Gildong=洪^吉洞=홍^길동"},
		{`\ISO 2022 IR 58`, "Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab=", "Zhang^XiaoDong=张^小东="},
		{`ISO 2022 IR 100\ISO 2022 IR 144`, "\xe9\x1b-L\xbb", "éЛ"},
		{`ISO 2022 IR 100\ISO 2022 IR 149`, "\x1b$)C\xfb\xf3^J\xe9", "洪^Jé"}, // ^ returns to the first set
		{`GB18030`, "Wang^XiaoDong=\xcd\xf5^\xd0\xa1\xb6\xab=", "Wang^XiaoDong=王^小东="},
		{`GBK`, "\xd6\xec\xe9\x46\xbb\xf9", "朱镕基"},
		{`ISO_IR 192`, "王^小東", "王^小東"},
		{`ISO-IR 100`, "\xe9", "é"},
	}
	for _, c := range cases {
		cs, ok := newCharset(strings.Split(c.terms, `\`))
		if got := cs.decode([]byte(c.bytes), true); got != c.want || !ok {
			t.Errorf("%s: %q, want %q", c.terms, got, c.want)
		}
	}
}

// declaring is a file whose header states a character set and holds text that
// may be in another.
func declaring(t testing.TB, terms, name string, change func(*Dataset)) []byte {
	t.Helper()
	ds := sample(1, func(d *Dataset) {
		d.put(&element{tag: TagPatientName, vr: "PN", value: []byte(name)})
		d.Delete(TagPatientID)
		if change != nil {
			change(d)
		}
	})
	b := written(t, ds)
	// The writer declares ISO_IR 192; put the case's declaration in its place.
	mark := []byte("\x08\x00\x05\x00CS\x0a\x00ISO_IR 192")
	if len(terms)%2 == 1 {
		terms += " "
	}
	return bytes.Replace(b, mark, append([]byte("\x08\x00\x05\x00CS"+string(rune(len(terms)))+"\x00"), terms...), 1)
}

func TestUndeclaredAndWronglyDeclaredTextIsFoundAndSaid(t *testing.T) {
	twice := func(s string) string { return string([]rune(latin1(s))) }
	cases := []struct{ what, terms, bytes, want, in string }{
		{"GB18030 under nothing", "", "\xcd\xf5^\xd0\xa1\xb6\xab", "王^小东", "GB18030"},
		{"GB18030 under ISO_IR 100", "ISO_IR 100", "\xcd\xf5^\xd0\xa1\xb6\xab", "王^小东", "GB18030"},
		{"GBK with a low second byte under ISO_IR 6", "ISO_IR 6", "\xd6\xec\xe9\x46\xbb\xf9", "朱镕基", "GB18030"},
		{"GB18030 under ISO_IR 192", "ISO_IR 192", "\xcd\xf5^\xd0\xa1\xb6\xab", "王^小东", "GB18030"},
		{"GB18030 that is UTF-8 by its bytes, under nothing", "", gb(t, "小一^一些影"), "小一^一些影", "GB18030"},
		{"GB 2312 under ISO 2022 IR 58 without its escape sequences", `\ISO 2022 IR 58`, gb(t, "王小东"), "王小东", `\ISO 2022 IR 58`},
		{"UTF-8 under nothing", "", "王^小東", "王^小東", "ISO_IR 192"},
		{"UTF-8 under ISO_IR 100", "ISO_IR 100", "王^小東", "王^小東", "ISO_IR 192"},
		{"UTF-8 under GB18030", "GB18030", "欧阳娜娜", "欧阳娜娜", "ISO_IR 192"},
		{"UTF-8 under ISO 2022 IR 58", `\ISO 2022 IR 58`, "欧阳娜娜", "欧阳娜娜", "ISO_IR 192"},
		{"UTF-8 made UTF-8 twice", "ISO_IR 192", twice("王小东"), "王小东", UTF8Twice},
		{"the same under ISO_IR 100", "ISO_IR 100", twice("王小东"), "王小东", UTF8Twice},
		{"a name after its pinyin", "ISO_IR 100", "Wang^XiaoDong=" + gb(t, "王^小东"), "Wang^XiaoDong=王^小东", "GB18030"},
		{"GB18030 as declared", "GB18030", gb(t, "王小东"), "王小东", "GB18030"},
		{"French under ISO_IR 100", "ISO_IR 100", "Buc^J\xe9r\xf4me", "Buc^Jérôme", "ISO_IR 100"},
		{"German under ISO_IR 100", "ISO_IR 100", "\xc4neas^R\xfcdiger", "Äneas^Rüdiger", "ISO_IR 100"},
		{"German under GB18030", "GB18030", "Sch\xf6nland^R\xfcdiger", "Schönland^Rüdiger", "ISO_IR 100"},
		{"plain under nothing", "", "Wang^XiaoDong", "Wang^XiaoDong", ""},
		{"Cyrillic as declared", "ISO_IR 144", "\xbb\xee\xda", "Люк", "ISO_IR 144"},
		{"Hangul as declared", `\ISO 2022 IR 149`, "\x1b$)C\xb1\xe8\xc8\xf1\xc1\xdf", "김희중", `\ISO 2022 IR 149`},
	}
	for _, c := range cases {
		t.Run(c.what, func(t *testing.T) {
			in := opened(t, declaring(t, c.terms, c.bytes, nil)).Instance()
			if in.Patient.Name.String() != c.want || in.TextCharacterSet != c.in || in.CharacterSet != c.terms || in.TextDoubtful {
				t.Errorf("%q in %q, declared %q, doubtful %v: %s", in.Patient.Name, in.TextCharacterSet, in.CharacterSet, in.TextDoubtful, in.CharacterSetNote)
			}
			changed := c.in != c.terms
			if (in.CharacterSetNote != "") != changed || (len(in.TextReadings) >= 2) != changed {
				t.Errorf("note %q, readings %+v", in.CharacterSetNote, in.TextReadings)
			}
			if changed && in.TextReadings[0].CharacterSet != c.terms {
				t.Errorf("the declared reading is not the first: %+v", in.TextReadings)
			}
		})
	}
}

func latin1(s string) []rune {
	var out []rune
	for i := range len(s) {
		out = append(out, rune(s[i]))
	}
	return out
}

// Where both readings are possible the declared one stays, is marked, and both
// are there to choose from.
func TestDoubtfulTextStaysAsDeclaredAndIsMarked(t *testing.T) {
	for _, c := range []struct{ what, terms, bytes, shown, other string }{
		{"one high byte too many for GB18030", "ISO_IR 100", "\xcd\xf5 \xe9", "Íõ é", "�"},
		{"Chinese or a German name", "ISO_IR 100", "\xcd\xf5M\xfcller", "ÍõMüller", "王M黮ler"},
		{"bytes that nothing reads", "ISO_IR 192", "\xff\xfe\x81", "���", ""},
		{"bytes that only GB18030 reads, as signs", "ISO_IR 192", "\x80\x81\x82^FUZZ", "���^FUZZ", "€亗^FUZZ"},
		{"a character that a site defined itself", "GB18030", gb(t, "王") + "\xaa\xa1", "王\ue000", ""},
	} {
		in := opened(t, declaring(t, c.terms, c.bytes, nil)).Instance()
		if in.Patient.Name.String() != c.shown || !in.TextDoubtful || in.CharacterSetNote == "" || len(in.TextReadings) == 0 {
			t.Errorf("%s: %q, doubtful %v, %q, %+v", c.what, in.Patient.Name, in.TextDoubtful, in.CharacterSetNote, in.TextReadings)
		}
		found := c.other == "" || c.other == "�"
		sum := 0.0
		for _, r := range in.TextReadings {
			found = found || r.Name == c.other
			sum += r.Confidence
		}
		if !found || sum > 1.001 {
			t.Errorf("%s: readings %+v", c.what, in.TextReadings)
		}
	}
}

// A sign in a description is no reason to doubt a name, and text that a VR cut
// in the middle of a character is still text.
func TestOtherTextThanTheNameCountsAndRaisesNoDoubt(t *testing.T) {
	in := opened(t, declaring(t, "", "Wang^XiaoDong", func(d *Dataset) {
		d.put(&element{tag: TagStudyDescription, vr: "LO", value: []byte("tilt 30\xb0 ")})
	})).Instance()
	if in.Study.Description != "tilt 30°" || in.TextDoubtful {
		t.Errorf("%q, doubtful %v", in.Study.Description, in.TextDoubtful)
	}
	cut := []byte(gb(t, "甘肃省人民医院影像中心"))[:16] // SH holds 16 bytes on old devices
	in = opened(t, declaring(t, "ISO_IR 100", gb(t, "王小东"), func(d *Dataset) {
		d.put(&element{tag: TagStationName, vr: "SH", value: append([]byte("a"), cut[:15]...)})
	})).Instance()
	if in.TextCharacterSet != "GB18030" || in.Patient.Name.String() != "王小东" {
		t.Errorf("%q in %s: %s", in.Patient.Name, in.TextCharacterSet, in.CharacterSetNote)
	}
}

// What a person chose for a device holds for its next object, unless its text
// is not valid in that character set.
func TestTheChoiceForADeviceIsApplied(t *testing.T) {
	asked := 0
	var device imaging.Device
	rd := Reader{CharacterSet: func(d imaging.Device, declared string) string {
		asked++
		device = d
		if d.StationName == "CT01" && declared == "ISO_IR 100" {
			return "GB18030"
		}
		return ""
	}}
	open := func(station, name string) *imaging.Instance {
		b := declaring(t, "ISO_IR 100", name, func(d *Dataset) {
			d.put(&element{tag: TagManufacturer, vr: "LO", value: []byte(gb(t, "东软") + " ")})
			d.put(&element{tag: TagStationName, vr: "SH", value: []byte(station)})
		})
		f, err := rd.OpenReader(bytes.NewReader(b), int64(len(b)), "x")
		if err != nil {
			t.Fatal(err)
		}
		return f.Instance()
	}
	if in := open("CT01", "\xcd\xf5M\xfcller"); in.Patient.Name.String() != "王M黮ler" || in.TextDoubtful || in.TextCharacterSet != "GB18030" || in.CharacterSetNote == "" {
		t.Errorf("%+v", in.Patient.Name)
	}
	if device != (imaging.Device{Manufacturer: gb(t, "东软"), StationName: "CT01"}) || asked != 1 {
		t.Errorf("asked %d times, last for %q", asked, device)
	}
	if in := open("CT02", "\xcd\xf5M\xfcller"); in.Patient.Name.String() != "ÍõMüller" || !in.TextDoubtful {
		t.Errorf("another device: %q", in.Patient.Name)
	}
	// Valid in the set chosen, but plainly UTF-8: the choice is kept and the name marked.
	if in := open("CT01", "司马懿德"); in.TextCharacterSet != "GB18030" || !in.TextDoubtful || len(in.TextReadings) < 2 {
		t.Errorf("text of another device: %q, doubtful %v, %+v", in.Patient.Name, in.TextDoubtful, in.TextReadings)
	}
	if in := open("CT01", "Jos\xe9"); in.Patient.Name.String() != "José" || in.TextCharacterSet != "ISO_IR 100" {
		t.Errorf("text that is not valid in the set chosen: %q", in.Patient.Name)
	}
}

// Thousands of invented names in the character sets of their languages, made by
// the Python package Faker: see testdata/names.py. The bound is the rule: no
// name is changed into a wrong one in Chinese text under the declarations met in
// China, and nearly all are read rightly without asking.
func TestNamesInBulkAreReadRightOrMarked(t *testing.T) {
	b, err := os.ReadFile("testdata/names.json")
	if err != nil {
		t.Fatal(err)
	}
	var names map[string][]string
	if err := json.Unmarshal(b, &names); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		language, written string
		declared          []string
		share             float64 // read rightly and without doubt, at least
	}{
		{"zh_CN", "GB18030", []string{"", "ISO_IR 100", "ISO_IR 192", "GB18030"}, 0.98},
		{"zh_CN", "ISO_IR 192", []string{"", "ISO_IR 100", "GB18030", "ISO_IR 192"}, 0.999},
		{"fr_FR", "ISO_IR 100", []string{"ISO_IR 100"}, 0.98},
		{"de_DE", "ISO_IR 100", []string{"ISO_IR 100"}, 0.98},
		{"pt_BR", "ISO_IR 100", []string{"ISO_IR 100"}, 0.95},
		{"ru_RU", "ISO_IR 144", []string{"ISO_IR 144"}, 0.99},
		{"el_GR", "ISO_IR 126", []string{"ISO_IR 126"}, 0.99},
		{"ko_KR", "ISO 2022 IR 149", []string{"ISO 2022 IR 149"}, 0.96},
		{"th_TH", "ISO_IR 166", []string{"ISO_IR 166"}, 0.99},
		{"cs_CZ", "ISO_IR 101", []string{"ISO_IR 101"}, 0.97},
	} {
		for _, declared := range c.declared {
			right, all := 0, 0
			for _, name := range names[c.language] {
				raw := encoded(t, c.written, name)
				if isASCII(raw) {
					continue
				}
				in := opened(t, declaring(t, declared, string(raw), nil)).Instance()
				got := in.Patient.Name.String()
				all++
				switch {
				case got == name && !in.TextDoubtful:
					right++
				case got != name && !in.TextDoubtful:
					t.Errorf("%s in %s under %q: read as %q without doubt: %s", name, c.written, declared, got, in.CharacterSetNote)
				}
			}
			if float64(right) < c.share*float64(all) || all < 30 {
				t.Errorf("%s in %s under %q: %d of %d read rightly without doubt", c.language, c.written, declared, right, all)
			}
		}
	}
}

func encoded(t testing.TB, term, s string) []byte {
	t.Helper()
	var e encoding.Encoding
	switch term {
	case "ISO_IR 192":
		return []byte(s)
	case "GB18030":
		e = simplifiedchinese.GB18030
	case "ISO 2022 IR 149":
		e = korean.EUCKR
	default:
		e, _ = singleByte(strings.TrimPrefix(term, "ISO_IR "))
	}
	b, err := e.NewEncoder().Bytes([]byte(s))
	if err != nil {
		return nil // a letter that the set does not have
	}
	return b
}

func TestEveryCharsetFileOpens(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join(shared(t, "dicom/charset"), "*", "*.dcm"))
	for _, name := range files {
		f, err := Open(name)
		if err != nil {
			t.Error(err)
			continue
		}
		if strings.Contains(f.Instance().Patient.Name.String(), "�") {
			t.Errorf("%s: %q", name, f.Instance().Patient.Name)
		}
		f.Close()
	}
	if _, err := os.Stat(files[0]); err != nil {
		t.Fatal(err)
	}
}

// The worklist's name in UTF-8 beside the device's own text in GB18030: neither
// set reads both, so the name is marked, its own reading is offered, and can be
// chosen.
func TestTwoCharacterSetsInOneHeaderAreToldApart(t *testing.T) {
	b := declaring(t, "ISO_IR 100", "欧阳娜娜", func(d *Dataset) {
		d.put(&element{tag: TagManufacturer, vr: "LO", value: []byte(gb(t, "东软") + " ")})
	})
	in := opened(t, b).Instance()
	best := imaging.TextReading{}
	for _, r := range in.TextReadings {
		if r.Confidence > best.Confidence {
			best = r
		}
	}
	if !in.TextDoubtful || in.TextCharacterSet != "ISO_IR 100" || best.Name != "欧阳娜娜" || best.Confidence < 0.99 {
		t.Errorf("read in %s, doubtful %v, %+v", in.TextCharacterSet, in.TextDoubtful, in.TextReadings)
	}
	rd := Reader{CharacterSet: func(imaging.Device, string) string { return "ISO_IR 192" }}
	f, err := rd.OpenReader(bytes.NewReader(b), int64(len(b)), "x")
	if err != nil || f.Instance().Patient.Name.String() != "欧阳娜娜" || f.Instance().TextDoubtful {
		t.Errorf("chosen: %+v, %v", f.Instance().TextReadings, err)
	}
}
