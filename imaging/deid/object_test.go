package deid

import (
	"bytes"
	"context"
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"longying/imaging/dicomfile"
)

// attribute is one element as it is written by hand here, so that what a writer
// would refuse can be written too.
type attribute struct {
	tag   dicomfile.Tag
	vr    string
	value []byte
	items [][]attribute
}

func text(t dicomfile.Tag, vr, v string) attribute {
	return attribute{tag: t, vr: vr, value: []byte(v)}
}

func sequence(t dicomfile.Tag, items ...[]attribute) attribute {
	return attribute{tag: t, vr: "SQ", items: items}
}

// encoded is explicit VR little endian, PS3.5 7.1.2.
func encoded(as []attribute) []byte {
	as = slices.Clone(as)
	slices.SortStableFunc(as, func(a, b attribute) int { return int(int64(a.tag) - int64(b.tag)) })
	le := binary.LittleEndian
	var out []byte
	for _, a := range as {
		v := a.value
		for _, item := range a.items {
			body := encoded(item)
			v = append(le.AppendUint32(append(v, 0xfe, 0xff, 0x00, 0xe0), uint32(len(body))), body...)
		}
		if len(v)%2 == 1 {
			pad := byte(' ')
			if a.vr == "UI" || a.vr == "OB" || a.vr == "UN" {
				pad = 0
			}
			v = append(slices.Clone(v), pad)
		}
		out = le.AppendUint16(le.AppendUint16(out, a.tag.Group()), a.tag.Element())
		out = append(out, a.vr...)
		if a.vr[0] == 'O' || slices.Contains([]string{"SQ", "UN", "UT", "UC", "UR", "SV", "UV"}, a.vr) {
			out = le.AppendUint32(append(out, 0, 0), uint32(len(v)))
		} else {
			out = le.AppendUint16(out, uint16(len(v)))
		}
		out = append(out, v...)
	}
	return out
}

const ctClass = "1.2.840.10008.5.1.4.1.1.2"

// object is a small CT image with further attributes, which replace its own.
func object(more ...attribute) []byte {
	base := []attribute{
		text(dicomfile.TagSOPClassUID, "UI", ctClass),
		text(dicomfile.TagSOPInstanceUID, "UI", "1.2.276.1.1"),
		text(dicomfile.TagStudyInstanceUID, "UI", "1.2.276.2.20240506"),
		text(dicomfile.TagSeriesInstanceUID, "UI", "1.2.276.3"),
		text(dicomfile.TagModality, "CS", "CT"),
		text(dicomfile.TagPatientName, "PN", "Ouyang^Xiu"),
		text(dicomfile.TagPatientID, "LO", "GS620102"),
		text(dicomfile.TagStudyDate, "DA", "20240506"),
		text(dicomfile.TagStudyTime, "TM", "070809"),
		text(dicomfile.TagPhotometric, "CS", "MONOCHROME2"),
		{tag: dicomfile.TagSamplesPerPixel, vr: "US", value: []byte{1, 0}},
		{tag: dicomfile.TagRows, vr: "US", value: []byte{2, 0}},
		{tag: dicomfile.TagColumns, vr: "US", value: []byte{2, 0}},
		{tag: dicomfile.TagBitsAllocated, vr: "US", value: []byte{8, 0}},
		{tag: dicomfile.TagBitsStored, vr: "US", value: []byte{8, 0}},
		{tag: dicomfile.TagHighBit, vr: "US", value: []byte{7, 0}},
		{tag: dicomfile.TagPixelRepresentation, vr: "US", value: []byte{0, 0}},
		{tag: dicomfile.TagPixelData, vr: "OB", value: []byte{1, 2, 3, 4}},
	}
	for _, a := range more {
		base = slices.DeleteFunc(base, func(b attribute) bool { return b.tag == a.tag })
	}
	return withMeta(append(base, more...))
}

// withMeta puts a preamble and a file meta group in front, both with a marker
// in what names programs and machines.
func withMeta(as []attribute, meta ...attribute) []byte {
	meta = append(meta, text(dicomfile.TagTransferSyntax, "UI", dicomfile.ExplicitLittle),
		text(dicomfile.TagMediaSOPClass, "UI", ctClass), text(dicomfile.TagMediaSOPInstance, "UI", "1.2.276.1.1"))
	group := encoded(meta)
	out := append(bytes.Repeat([]byte("P"), 128), "DICM"...)
	out = append(out, encoded([]attribute{{tag: 0x00020000, vr: "UL", value: binary.LittleEndian.AppendUint32(nil, uint32(len(group)))}})...)
	return append(append(out, group...), encoded(as)...)
}

func read(t testing.TB, b []byte) *dicomfile.File {
	t.Helper()
	f, err := dicomfile.OpenReader(bytes.NewReader(b), int64(len(b)), "object")
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func secret() []byte { return []byte("a secret of this test, no other") }

func profile(t testing.TB, o Options) *Profile {
	t.Helper()
	if o.Secret == nil {
		o.Secret = secret()
	}
	p, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// cleaned de-identifies an object and reads the copy.
func cleaned(t testing.TB, p *Profile, b []byte) (*dicomfile.Dataset, []byte, Result) {
	t.Helper()
	var out bytes.Buffer
	r, err := p.Object(context.Background(), read(t, b), &out)
	if err != nil {
		t.Fatal(err)
	}
	ds, err := read(t, out.Bytes()).Dataset()
	if err != nil {
		t.Fatal(err)
	}
	return ds, out.Bytes(), r
}

func shared(t testing.TB, name string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		p := filepath.Join(dir, "shared", "data", filepath.FromSlash(name))
		if _, err := os.Stat(p); err == nil {
			return p
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Skipf("no shared/data/%s here", name)
		}
		dir = up
	}
}

// value is one of a VR that no dummy has, with a word that no vocabulary has.
func value(vr, word string) []byte {
	switch vr {
	case "DA":
		return []byte("20240506")
	case "TM":
		return []byte("070809.5")
	case "DT":
		return []byte("20240506070809.5+0800")
	case "AS":
		return []byte("034Y")
	case "IS", "DS":
		return []byte("42")
	case "UI":
		return []byte("1.2.276.99.7")
	case "CS", "AE":
		return []byte(strings.ToUpper(word)[:min(len(word), 16)])
	case "SH":
		return []byte(word[:min(len(word), 16)])
	case "US", "SS":
		return []byte{7, 1}
	case "AT", "UL", "SL", "FL":
		return []byte{7, 1, 7, 65}
	case "FD", "SV", "UV":
		return []byte{7, 1, 7, 1, 7, 1, 7, 65}
	case "SQ":
		return nil
	}
	return []byte(word + strings.Repeat(" ", (8-len(word)%8)%8))
}
