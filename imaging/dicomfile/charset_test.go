package dicomfile

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Names as pydicom 3.0.2 reads them from the same files, except chrGB2312, whose
// name group is that of PS3.5 annex K: pydicom takes its escape sequence for
// text.
func TestNamesAgreeWithPydicom(t *testing.T) {
	want := map[string]string{
		"pydicom/chrArab.dcm":                 "قباني^لنزار",
		"pydicom/chrFren.dcm":                 "Buc^Jérôme",
		"pydicom/chrFrenMulti.dcm":            "Buc^Jérôme",
		"pydicom/chrGerm.dcm":                 "Äneas^Rüdiger",
		"pydicom/chrGreek.dcm":                "Διονυσιος",
		"pydicom/chrH31.dcm":                  "Yamada^Tarou=山田^太郎=やまだ^たろう",
		"pydicom/chrH32.dcm":                  "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう",
		"pydicom/chrHbrw.dcm":                 "שרון^דבורה",
		"pydicom/chrI2.dcm":                   "Hong^Gildong=洪^吉洞=홍^길동",
		"pydicom/chrJapMulti.dcm":             "やまだ^たろう",
		"pydicom/chrJapMultiExplicitIR6.dcm":  "やまだ^たろう",
		"pydicom/chrKoreanMulti.dcm":          "김희중",
		"pydicom/chrRuss.dcm":                 "Люкceмбypг",
		"pydicom/chrX1.dcm":                   "Wang^XiaoDong=王^小東",
		"pydicom/chrX2.dcm":                   "Wang^XiaoDong=王^小东",
		"fo-dicom/chrH32.dcm":                 "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう",
		"fo-dicom/chrI2.dcm":                  "Hong^Gildong=洪^吉洞=홍^길동",
		"fo-dicom/chrJapMultiExplicitIR6.dcm": "やまだ^たろう",
		"fo-dicom/chrGB2312.dcm":              "Zhang^XiaoDong=张^小东",
	}
	for name, expected := range want {
		t.Run(name, func(t *testing.T) {
			f, err := Open(shared(t, "dicom/charset/"+name))
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			if got := f.Instance().Patient.Name.String(); got != expected {
				t.Errorf("%q, want %q", got, expected)
			}
			if note := f.Instance().CharacterSetNote; note != "" {
				t.Errorf("declared text was read otherwise: %s", note)
			}
		})
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

func TestUndeclaredChineseIsFoundAndSaid(t *testing.T) {
	cases := []struct {
		name, terms, bytes, want string
		noted                    bool
	}{
		{"GB18030 under nothing", "", "\xcd\xf5^\xd0\xa1\xb6\xab", "王^小东", true},
		{"GB18030 under ISO_IR 100", "ISO_IR 100", "\xcd\xf5^\xd0\xa1\xb6\xab", "王^小东", true},
		{"GBK with a low second byte under ISO_IR 6", "ISO_IR 6", "\xd6\xec\xe9\x46\xbb\xf9", "朱镕基", true},
		{"UTF-8 under ISO_IR 100", "ISO_IR 100", "王^小東", "王^小東", true},
		{"French under ISO_IR 100", "ISO_IR 100", "Buc^J\xe9r\xf4me", "Buc^Jérôme", false},
		{"German under ISO_IR 100", "ISO_IR 100", "\xc4neas^R\xfcdiger", "Äneas^Rüdiger", false},
		{"one lone high byte beside Chinese is not GB18030", "ISO_IR 100", "\xcd\xf5 \xe9", "Íõ é", false},
		{"an accent before a letter beside a pair is Latin-1", "ISO_IR 100", "\xcd\xf5M\xfcller", "ÍõMüller", false},
		{"plain under nothing", "", "Wang^XiaoDong", "Wang^XiaoDong", false},
		{"Cyrillic stays what it declares", "ISO_IR 144", "\xbb\xee\xda", "Люк", false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			ds := sample(1, func(d *Dataset) {
				d.put(&element{tag: TagPatientName, vr: "PN", value: []byte(c.bytes)})
				d.Delete(TagPatientID)
			})
			b := written(t, ds)
			// The writer declares ISO_IR 192; put the case's declaration in its place.
			declared := (c.terms + "          ")[:10]
			b = []byte(strings.Replace(string(b), "ISO_IR 192", declared, 1))
			in := opened(t, b).Instance()
			if in.Patient.Name.String() != c.want || (in.CharacterSetNote != "") != c.noted {
				t.Errorf("%q, note %q", in.Patient.Name, in.CharacterSetNote)
			}
		})
	}
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
