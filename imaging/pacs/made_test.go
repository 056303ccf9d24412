package pacs

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"

	"longying/imaging/dicomfile"
	"longying/imaging/endpoint"
	"longying/imaging/pacs/orthanc"
)

// made describes an object that a test writes byte by byte, independently of
// the writer of this program.
type made struct {
	charset             string
	name                string // as its character set writes it
	patientID           string
	study, series, sop  string
	date, time          string
	modality, accession string
	site, description   string
	class               string // empty: Secondary Capture
	pixels              int    // side of the square
}

func gb18030(t testing.TB, text string) string {
	t.Helper()
	b, err := simplifiedchinese.GB18030.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func iso2022(t testing.TB, groups ...string) string {
	t.Helper()
	out := ""
	for i, g := range groups {
		if i > 0 {
			out += "="
		}
		ascii := true
		for _, r := range g {
			ascii = ascii && r < 0x80
		}
		if ascii {
			out += g
			continue
		}
		b, err := simplifiedchinese.GBK.NewEncoder().String(g)
		if err != nil {
			t.Fatal(err)
		}
		for j, part := range bytes.Split([]byte(b), []byte("^")) { // every delimiter returns to ASCII
			if j > 0 {
				out += "^"
			}
			out += "\x1b$)A" + string(part)
		}
	}
	return out
}

func (m made) bytes() []byte {
	if m.class == "" {
		m.class = "1.2.840.10008.5.1.4.1.1.7"
	}
	var out []byte
	put := func(tag uint32, vr, value string) {
		if len(value)%2 == 1 {
			pad := " "
			if vr == "UI" || vr == "OB" {
				pad = "\x00"
			}
			value += pad
		}
		out = binary.LittleEndian.AppendUint16(out, uint16(tag>>16))
		out = binary.LittleEndian.AppendUint16(out, uint16(tag))
		out = append(out, vr...)
		if vr == "OB" || vr == "OW" {
			out = append(out, 0, 0)
			out = binary.LittleEndian.AppendUint32(out, uint32(len(value)))
		} else {
			out = binary.LittleEndian.AppendUint16(out, uint16(len(value)))
		}
		out = append(out, value...)
	}
	u16 := func(n int) string { return string(binary.LittleEndian.AppendUint16(nil, uint16(n))) }
	put(0x00020001, "OB", "\x00\x01")
	put(0x00020002, "UI", m.class)
	put(0x00020003, "UI", m.sop)
	put(0x00020010, "UI", "1.2.840.10008.1.2.1")
	put(0x00020012, "UI", "1.2.3.4")
	meta := out
	out = nil
	put(0x00020000, "UL", string(binary.LittleEndian.AppendUint32(nil, uint32(len(meta)))))
	head := append(append(make([]byte, 128), "DICM"...), out...)
	head = append(head, meta...)
	out = nil
	put(0x00080005, "CS", m.charset)
	put(0x00080016, "UI", m.class)
	put(0x00080018, "UI", m.sop)
	put(0x00080020, "DA", m.date)
	put(0x00080030, "TM", m.time)
	put(0x00080050, "SH", m.accession)
	put(0x00080060, "CS", m.modality)
	put(0x00080080, "LO", m.site)
	put(0x00081030, "LO", m.description)
	put(0x00100010, "PN", m.name)
	put(0x00100020, "LO", m.patientID)
	put(0x00100030, "DA", "19700102")
	put(0x00100040, "CS", "F")
	put(0x0020000D, "UI", m.study)
	put(0x0020000E, "UI", m.series)
	put(0x00200013, "IS", "1")
	if m.pixels > 0 {
		put(0x00280002, "US", u16(1))
		put(0x00280004, "CS", "MONOCHROME2")
		put(0x00280010, "US", u16(m.pixels))
		put(0x00280011, "US", u16(m.pixels))
		put(0x00280100, "US", u16(16))
		put(0x00280101, "US", u16(16))
		put(0x00280102, "US", u16(15))
		put(0x00280103, "US", u16(0))
		noise := make([]byte, 2*m.pixels*m.pixels)
		r := rand.NewChaCha8([32]byte([]byte(fmt.Sprintf("%-32.32s", m.sop))))
		r.Read(noise)
		put(0x7FE00010, "OW", string(noise))
	}
	return append(head, out...)
}

func (m made) object() Object {
	raw := m.bytes()
	return Object{StudyUID: m.study, SOPUID: m.sop, Size: int64(len(raw)), Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(raw)), nil }}
}

// orthancServer starts a real Orthanc with the configuration that is shipped.
func orthancServer(t testing.TB) Server {
	t.Helper()
	p, err := orthanc.Start(context.Background(), t.TempDir(), orthanc.Settings{})
	if errors.Is(err, orthanc.ErrMissing) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Stop)
	return Server{Name: "Orthanc", URL: p.URL, Access: endpoint.Access{User: orthanc.User, Password: p.Password}, Timeout: 10 * time.Second}
}

func client(t testing.TB, s Server) *Client {
	t.Helper()
	c, err := New(s)
	if err != nil {
		t.Fatal(err)
	}
	c.pause = func(int) time.Duration { return 0 }
	t.Cleanup(c.Close)
	return c
}

// kept is where a test keeps what comes.
type kept map[string][]byte

func (k kept) retrieval() Retrieval {
	return Retrieval{
		Have: func(sop string) bool { return k[sop] != nil },
		Keep: func(r io.Reader) (string, bool, error) {
			raw, err := io.ReadAll(r)
			if err != nil {
				return "", false, err
			}
			f, err := dicomfile.OpenReader(bytes.NewReader(raw), int64(len(raw)), "received")
			if err != nil {
				return "", false, &RejectedError{err.Error()}
			}
			defer f.Close()
			sop := f.Instance().SOPInstanceUID
			fresh := k[sop] == nil
			k[sop] = raw
			return sop, fresh, nil
		},
	}
}

// series is a study of n instances in a series each of the sizes given.
func study1(n, pixels int, root string) []made {
	var out []made
	for i := range n {
		out = append(out, made{charset: "ISO_IR 192", name: "Wang^Xiaoming=王^小明", patientID: "P1", study: root, series: fmt.Sprintf("%s.%d", root, 1+i%2), sop: fmt.Sprintf("%s.%d.%d", root, 1+i%2, i+1),
			date: "20260102", time: "030405", modality: "CT", accession: "A1", site: "Town A", pixels: pixels})
	}
	return out
}

func objects(ms []made) []Object {
	var out []Object
	for _, m := range ms {
		out = append(out, m.object())
	}
	return out
}
