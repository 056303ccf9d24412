// Package hl7 reads files of HL7 v2 messages (ADT and ORU^R01, v2.3 to v2.8):
// one message or many, with or without batch headers or the bytes of MLLP, in
// the character set of MSH-18.
package hl7

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/simplifiedchinese"

	"longying/records/sheet"
)

// MaxMessages is the most that one file may hold.
const MaxMessages = 200_000

// Is reports whether a file begins as HL7 v2 does.
func Is(raw []byte) bool {
	raw = bytes.TrimLeft(bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf")), "\x0b\r\n \t")
	for _, s := range []string{"MSH", "FHS", "BHS"} {
		if bytes.HasPrefix(raw, []byte(s)) && len(raw) > 8 && (raw[3] < '0' || raw[3] == '|') {
			return true
		}
	}
	return false
}

// message is one message, decoded.
type message struct {
	number   int // in the file, from 1
	text     string
	encoding string
	segments []segment
	marks    marks
	bad      error
}

// marks are the separators of MSH-1 and MSH-2 (HL7 v2.5.1, 2.5.4).
type marks struct{ field, component, repetition, escape, sub string }

type segment []string // fields; [0] is the name, and of MSH [1] is the separator itself

// split cuts a file into messages. A batch trailer that counts other messages
// than there are means that the file was cut.
func split(raw []byte) ([]message, error) {
	raw = bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))
	lines := bytes.FieldsFunc(raw, func(r rune) bool { return r == '\r' || r == '\n' })
	var out []message
	var open [][]byte
	counted, said := 0, -1
	flush := func() {
		if open != nil {
			m := decode(open)
			m.number = len(out) + 1
			out = append(out, m)
			counted++
			open = nil
		}
	}
	for _, line := range lines {
		line = bytes.Trim(line, "\x0b\x1c\x00 \t")
		if len(line) < 3 {
			continue
		}
		switch string(line[:3]) {
		case "MSH":
			flush()
			if len(out) >= MaxMessages {
				return nil, fmt.Errorf("the file has more than %d messages; split it", MaxMessages)
			}
			open = [][]byte{line}
		case "BTS":
			flush()
			if len(line) > 4 {
				field, _, _ := bytes.Cut(line[4:], line[3:4])
				if n, err := strconv.Atoi(string(field)); err == nil {
					said = n
				}
			}
			if said >= 0 && said != counted {
				return nil, fmt.Errorf("the batch says that it has %d messages, and %d are there: the file was cut or joined; export it again", said, counted)
			}
			counted, said = 0, -1
		case "FHS", "BHS", "FTS":
			flush()
			if string(line[:3]) == "BHS" {
				counted = 0
			}
		default:
			if open == nil {
				return nil, errors.New("a segment stands outside of any message; the file is no HL7 v2 file, or was cut")
			}
			open = append(open, line)
		}
	}
	flush()
	if len(out) == 0 {
		return nil, errors.New("the file has no message")
	}
	return out, nil
}

// decode reads the character set of MSH-18, which ASCII can be read for, and
// then the segments: a byte of a Chinese character may look like a separator.
func decode(lines [][]byte) message {
	msh := lines[0]
	m := message{}
	if len(msh) < 8 {
		m.bad = errors.New("the MSH segment is too short")
		return m
	}
	m.marks = marks{field: string(msh[3]), component: string(msh[4]), repetition: string(msh[5]), escape: string(msh[6]), sub: string(msh[7])}
	seen := map[byte]bool{}
	for i := 3; i < 8; i++ {
		if msh[i] >= utf8.RuneSelf || msh[i] >= '0' && msh[i] <= '9' || msh[i] >= 'A' && msh[i] <= 'z' && msh[i] != '\\' && msh[i] != '^' && msh[i] != '_' && msh[i] != '`' || seen[msh[i]] {
			m.bad = errors.New("the separators of MSH-1 and MSH-2 are not five different signs")
			return m
		}
		seen[msh[i]] = true
	}
	declared := ""
	if f := bytes.Split(msh, msh[3:4]); len(f) > 17 {
		declared, _, _ = strings.Cut(string(f[17]), m.marks.repetition)
	}
	raw := bytes.Join(lines, []byte("\r"))
	m.text, m.encoding, m.bad = read(raw, declared)
	if m.bad != nil {
		return m
	}
	for _, line := range strings.Split(m.text, "\r") {
		fields := strings.Split(line, m.marks.field)
		if fields[0] == "MSH" { // MSH-1 is the separator
			fields = append([]string{"MSH", m.marks.field}, fields[1:]...)
		}
		m.segments = append(m.segments, fields)
	}
	return m
}

// read decodes bytes by HL7 table 0211.
func read(raw []byte, declared string) (text, encoding string, err error) {
	switch strings.ToUpper(strings.TrimSpace(declared)) {
	case "GB 18030-2000", "GB18030", "GB 18030", "GBK", "GB2312":
		out, err := simplifiedchinese.GB18030.NewDecoder().Bytes(raw)
		if err != nil || bytes.ContainsRune(out, utf8.RuneError) {
			return "", "", errors.New("MSH-18 says GB 18030, but the bytes are not; correct the sender, or MSH-18")
		}
		return string(out), "GB18030", nil
	case "UNICODE UTF-8", "UTF-8", "UTF8", "UNICODE":
		if !utf8.Valid(raw) {
			return "", "", errors.New("MSH-18 says UTF-8, but the bytes are not; correct the sender, or MSH-18")
		}
		return string(raw), "UTF-8", nil
	case "8859/1":
		out, err := charmap.ISO8859_1.NewDecoder().Bytes(raw)
		return string(out), "8859/1", err
	case "", "ASCII": // says nothing of what Chinese senders write all the same
		return sheet.Text(raw)
	}
	return "", "", fmt.Errorf("MSH-18 names the character set %q, which is not read; UNICODE UTF-8 and GB 18030-2000 are", declared)
}

// first is the first segment of a name, nil where there is none.
func (m *message) first(name string) segment {
	for _, s := range m.segments {
		if s[0] == name {
			return s
		}
	}
	return nil
}

// raw is field n as it stands, still escaped.
func (s segment) raw(n int) string {
	if n < len(s) {
		return s[n]
	}
	return ""
}

// repeats are the repetitions of field n, each as components, unescaped. The
// null value "" (2.5.3) is empty: it erases nothing here.
func (m *message) repeats(s segment, n int) [][]string {
	if s.raw(n) == "" {
		return nil
	}
	var out [][]string
	for _, r := range strings.Split(s.raw(n), m.marks.repetition) {
		parts := strings.Split(r, m.marks.component)
		for i, p := range parts {
			p, _, _ = strings.Cut(p, m.marks.sub)
			if p == `""` {
				p = ""
			}
			parts[i] = strings.TrimSpace(m.unescape(p))
		}
		out = append(out, parts)
	}
	return out
}

// get is component c (from 1) of the first repetition of field n.
func (m *message) get(s segment, n, c int) string {
	if r := m.repeats(s, n); len(r) > 0 && c <= len(r[0]) {
		return r[0][c-1]
	}
	return ""
}

// whole is field n as text: repetitions are lines.
func (m *message) whole(s segment, n int) string {
	if s.raw(n) == `""` {
		return ""
	}
	return strings.TrimSpace(m.unescape(strings.ReplaceAll(s.raw(n), m.marks.repetition, "\n")))
}

// unescape replaces the sequences of HL7 v2.5.1, 2.7: separators, .br, hex.
// Highlighting is dropped; what is not known stays as it is.
func (m *message) unescape(s string) string {
	e := m.marks.escape
	if !strings.Contains(s, e) {
		return s
	}
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(s, e)
		b.WriteString(before)
		if !found {
			return b.String()
		}
		code, after, closed := strings.Cut(rest, e)
		if !closed || len(code) > 1024 {
			b.WriteString(e)
			s = rest
			continue
		}
		switch {
		case code == "F":
			b.WriteString(m.marks.field)
		case code == "S":
			b.WriteString(m.marks.component)
		case code == "T":
			b.WriteString(m.marks.sub)
		case code == "R":
			b.WriteString(m.marks.repetition)
		case code == "E":
			b.WriteString(e)
		case code == "H", code == "N":
		case code == ".br", code == ".sp":
			b.WriteString("\n")
		case strings.HasPrefix(code, "X"):
			bytes, err := hex.DecodeString(code[1:])
			text, _, e2 := read(bytes, m.encoding)
			if err != nil || e2 != nil {
				text = e + code + e
			}
			b.WriteString(text)
		default:
			b.WriteString(e + code + e)
		}
		s = after
	}
}
