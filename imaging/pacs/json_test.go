package pacs

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime/multipart"
	"net/textproto"
	"reflect"
	"strings"
	"testing"

	"longying/imaging/bounded"
)

func readOne(t *testing.T, text string) Dataset {
	t.Helper()
	var out Dataset
	if err := ReadJSON(strings.NewReader(text), func(d Dataset) error { out = d; return nil }); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return out
}

func TestJSONIsReadAsTheStandardHasItAndAsServersWriteIt(t *testing.T) {
	for text, want := range map[string]Dataset{
		// PS3.18 F.2, after its example
		`[{"00080005":{"vr":"CS","Value":["ISO_IR 192"]},"00100010":{"vr":"PN","Value":[{"Alphabetic":"Wang^XiaoDong","Ideographic":"王^小東"}]},"00201206":{"vr":"IS","Value":[4]},"00080061":{"vr":"CS","Value":["CT","PET"]},"00080050":{"vr":"SH"}}]`: {
			0x00080005: {VR: "CS", Values: []string{"ISO_IR 192"}}, 0x00100010: {VR: "PN", Values: []string{"Wang^XiaoDong=王^小東"}},
			0x00201206: {VR: "IS", Values: []string{"4"}}, 0x00080061: {VR: "CS", Values: []string{"CT", "PET"}}, 0x00080050: {VR: "SH"}},
		"\uFEFF" + `{"0020000d":{"vr":"UI","Value":"1.2"}}`:                             {0x0020000D: {VR: "UI", Values: []string{"1.2"}}},
		`[{"00100010":{"vr":"PN","Value":["王^小明"]}}]`:                                   {0x00100010: {VR: "PN", Values: []string{"王^小明"}}},
		`[{"00100010":{"Value":[{"Ideographic":"王^小明"}]}}]`:                             {0x00100010: {Values: []string{"=王^小明"}}},
		`[{"00201208":{"vr":"IS","Value":["12"]}}]`:                                     {0x00201208: {VR: "IS", Values: []string{"12"}}},
		`[{"00100020":{"vr":"LO","Value":[12]}}]`:                                       {0x00100020: {VR: "LO", Values: []string{"12"}}},
		`[{"00100020":{"vr":"LO","Value":[null,"a"]}}]`:                                 {0x00100020: {VR: "LO", Values: []string{"", "a"}}},
		`[{"00100020":{"vr":"LO","Value":null}}]`:                                       {0x00100020: {VR: "LO"}},
		`[{"00100020":7,"x":1,"00100030":{"vr":"DA","Value":[["19700101"]]}}]`:          {0x00100030: {VR: "DA"}},
		`[{"00081198":{"vr":"SQ","Value":[{"00081155":{"vr":"UI","Value":["1.2"]}}]}}]`: {0x00081198: {VR: "SQ", Items: []Dataset{{0x00081155: {VR: "UI", Values: []string{"1.2"}}}}}},
		`[{"00282000":{"vr":"OB","InlineBinary":"AAEC"}}]`:                              {0x00282000: {VR: "OB", Inline: []byte{0, 1, 2}}},
		`[{"7FE00010":{"vr":"OW","BulkDataURI":"http://a/b"}}]`:                         {0x7FE00010: {VR: "OW", BulkDataURI: "http://a/b"}},
	} {
		if got := readOne(t, text); !reflect.DeepEqual(got, want) {
			t.Errorf("%s\nis read as %v,\nwant         %v", text, got, want)
		}
	}
}

func TestJSONIsWrittenStrictly(t *testing.T) {
	good := Dataset{
		0x00080005: {VR: "CS", Values: []string{"ISO_IR 192"}}, 0x00100010: {VR: "PN", Values: []string{"Wang^X=王^小"}}, 0x00201206: {VR: "IS", Values: []string{"4"}},
		0x00280030: {VR: "DS", Values: []string{"0.5", ""}}, 0x00209165: {VR: "AT", Values: []string{"0020000d"}}, 0x00282000: {VR: "OB", Inline: []byte{1}},
		0x00081199: {VR: "SQ", Items: []Dataset{{0x00081155: {VR: "UI", Values: []string{"1.2"}}}}}, 0x00080050: {VR: "SH"},
	}
	b, err := json.Marshal(good)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"00080005":{"vr":"CS","Value":["ISO_IR 192"]},"00080050":{"vr":"SH"},"00081199":{"vr":"SQ","Value":[{"00081155":{"vr":"UI","Value":["1.2"]}}]},"00100010":{"vr":"PN","Value":[{"Alphabetic":"Wang^X","Ideographic":"王^小"}]},"00201206":{"vr":"IS","Value":[4]},"00209165":{"vr":"AT","Value":["0020000D"]},"00280030":{"vr":"DS","Value":[0.5,null]},"00282000":{"vr":"OB","InlineBinary":"AQ=="}}`
	if string(b) != want {
		t.Errorf("%s\nwant\n%s", b, want)
	}
	for name, e := range map[string]Element{
		"an unknown VR": {VR: "XX"}, "no VR": {Values: []string{"a"}}, "no number": {VR: "IS", Values: []string{"a"}}, "no finite number": {VR: "DS", Values: []string{"NaN"}},
		"bytes as text": {VR: "LO", Values: []string{"\xb0\xa1"}}, "text in OB": {VR: "OB", Values: []string{"a"}}, "bytes in LO": {VR: "LO", Inline: []byte{1}},
		"two kinds": {VR: "UN", Inline: []byte{1}, BulkDataURI: "x"}, "items in LO": {VR: "LO", Items: []Dataset{{}}}, "no tag": {VR: "AT", Values: []string{"x"}},
	} {
		if b, err := json.Marshal(Dataset{1: e}); err == nil {
			t.Errorf("%s is written: %s", name, b)
		}
	}
}

func FuzzReadJSON(f *testing.F) {
	f.Add([]byte(`[{"00080005":{"vr":"CS","Value":["ISO_IR 192"]},"00100010":{"vr":"PN","Value":[{"Alphabetic":"a","Ideographic":"王^小東"}]}}]`))
	f.Add([]byte(`{"00081198":{"vr":"SQ","Value":[{"00081155":{"vr":"UI","Value":["1.2"]}}]},"00282000":{"vr":"OB","InlineBinary":"AAEC"}}`))
	f.Add([]byte("\uFEFF[null,{}]"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		bounded.Run(t, 64<<20, func() {
			_ = ReadJSON(bytes.NewReader(raw), func(d Dataset) error {
				s := study(d)
				_ = s.Name.Display()
				if b, err := json.Marshal(d); err == nil { // what can be written is read back the same
					var again Dataset
					if err := ReadJSON(bytes.NewReader(b), func(d Dataset) error { again = d; return nil }); err != nil {
						t.Fatalf("%s: %v", b, err)
					}
					if c, err := json.Marshal(again); err != nil || !bytes.Equal(b, c) {
						t.Fatalf("%s\nbecomes\n%s: %v", b, c, err)
					}
				}
				return nil
			})
		})
	})
}

func FuzzReadParts(f *testing.F) {
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	_ = m.SetBoundary("xyz")
	p, _ := m.CreatePart(textproto.MIMEHeader{"Content-Type": {"application/dicom"}})
	_, _ = p.Write([]byte("DICM"))
	_ = m.Close()
	f.Add(`multipart/related; type="application/dicom"; boundary=xyz`, b.Bytes())
	f.Add(`multipart/related; type=application/dicom; boundary="xyz"`, b.Bytes()[:b.Len()-5])
	f.Fuzz(func(t *testing.T, kind string, raw []byte) {
		bounded.Run(t, 64<<20, func() {
			whole := 0
			err := ReadParts(kind, bytes.NewReader(raw), func(p Part) error {
				n, err := io.Copy(io.Discard, p)
				if err == nil {
					whole += int(n)
				}
				return err
			})
			if whole > len(raw) || err == nil && !bytes.Contains(raw, []byte("--")) {
				t.Fatalf("%d bytes of %d: %v", whole, len(raw), err)
			}
		})
	})
}

func TestAPartIsWholeOrAnError(t *testing.T) {
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for _, text := range []string{"one object", "another object"} {
		p, err := m.CreatePart(textproto.MIMEHeader{"Content-Type": {"application/dicom; transfer-syntax=1.2.840.10008.1.2.1"}})
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(p, text)
	}
	m.Close()
	for cut := range b.Len() {
		var got []string
		err := ReadParts(`multipart/related; type=application/dicom; boundary=`+m.Boundary(), bytes.NewReader(b.Bytes()[:cut]), func(p Part) error {
			text, err := io.ReadAll(p)
			if err == nil {
				if p.Type != "application/dicom" {
					t.Errorf("its type is %q", p.Type)
				}
				got = append(got, string(text))
			}
			return err
		})
		for i, g := range got {
			if g != []string{"one object", "another object"}[i] {
				t.Fatalf("cut at %d: %q passes for whole", cut, g)
			}
		}
		if err == nil && len(got) < 2 || errors.Is(err, nil) && cut < b.Len()-4 {
			t.Fatalf("cut at %d: %d parts and no error", cut, len(got))
		}
	}
}
