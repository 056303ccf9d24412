package row

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"strings"
	"unicode/utf8"

	"longying/records"
)

// Form is one way to write a row.
type Form string

// The forms.
const (
	CSV  Form = "csv"  // RFC 4180 in UTF-8, lines ended by LF: a line of codes, a line of values
	JSON Form = "json" // one object, its members in the columns' order
	XML  Form = "xml"  // <row><element code="..." title="...">value</element>...</row>
)

// Forms are all forms.
func Forms() []Form { return []Form{CSV, JSON, XML} }

// Preflight names what keeps a document from being written by the mapping:
// required values that are missing, values over their limit, values that the
// mapping does not translate or that XML cannot hold.
func Preflight(doc *records.SignedDocument, m Mapping) []records.Problem {
	_, problems := values(doc, m)
	return problems
}

// Encode writes a document as one row. It returns *records.Problems where
// Preflight names any, and the refusal of Document.Check when the document may
// not be signed, as when a finding in it was not confirmed.
func Encode(doc *records.SignedDocument, m Mapping, form Form) ([]byte, error) {
	if err := doc.Document.Check(); err != nil {
		return nil, fmt.Errorf("data-element row: %w", err)
	}
	row, problems := values(doc, m)
	if len(problems) > 0 {
		return nil, &records.Problems{As: "data-element row", List: problems}
	}
	switch form {
	case CSV:
		return asCSV(m, row)
	case JSON:
		return asJSON(m, row)
	case XML:
		return asXML(m, row)
	}
	return nil, fmt.Errorf("data-element row: form %q is not known; one of %v", form, Forms())
}

func values(doc *records.SignedDocument, m Mapping) ([]string, []records.Problem) {
	var out []string
	var problems []records.Problem
	known := lookup()
	for _, c := range m.Columns {
		v := c.Text
		if get := known[c.From]; get != nil {
			v = get(doc)
		}
		p := records.Problem{Field: place(c.From), DE: c.Code}
		original := v
		if to := m.Tables[c.Table][strings.TrimSpace(v)]; to != "" {
			v = to
		}
		if c.Values != nil && v != "" {
			to, ok := c.Values[v]
			if !ok {
				p.What, p.Value = records.ProblemMalformed, v
				problems = append(problems, p)
				out = append(out, "")
				continue
			}
			v = to
		}
		switch n := utf8.RuneCountInString(v); {
		case strings.TrimSpace(v) == "" && c.Required:
			p.What = records.ProblemMissing
		case !writable(v):
			p.What, p.Value = records.ProblemMalformed, original
		case c.Limit > 0 && n > c.Limit:
			p.What, p.Limit, p.Got = records.ProblemTooLong, c.Limit, n
		}
		if p.What != "" {
			problems = append(problems, p)
		}
		out = append(out, v)
	}
	return out, problems
}

// place is the field of the Document behind a field of the mapping.
func place(from string) string { return strings.TrimPrefix(from, "document.") }

func asCSV(m Mapping, row []string) ([]byte, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b) // CRLF would also change the line feeds inside a value
	codes := make([]string, len(m.Columns))
	for i, c := range m.Columns {
		codes[i] = c.Code
	}
	if err := w.WriteAll([][]string{codes, row}); err != nil {
		return nil, fmt.Errorf("data-element row: %w", err)
	}
	return b.Bytes(), nil
}

func asJSON(m Mapping, row []string) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	b.WriteString("{")
	for i, c := range m.Columns {
		if i > 0 {
			b.WriteString(",")
		}
		b.WriteString("\n ")
		for k, s := range []string{c.Code, row[i]} {
			if err := enc.Encode(s); err != nil {
				return nil, fmt.Errorf("data-element row: %w", err)
			}
			b.Truncate(b.Len() - 1) // the encoder ends with a line feed
			if k == 0 {
				b.WriteString(": ")
			}
		}
	}
	b.WriteString("\n}\n")
	return b.Bytes(), nil
}

func asXML(m Mapping, row []string) ([]byte, error) {
	type element struct {
		Code  string `xml:"code,attr"`
		Title string `xml:"title,attr,omitempty"`
		Value string `xml:",chardata"`
	}
	out := struct {
		XMLName  xml.Name  `xml:"row"`
		Mapping  string    `xml:"mapping,attr,omitempty"`
		Elements []element `xml:"element"`
	}{Mapping: m.Name}
	for i, c := range m.Columns {
		out.Elements = append(out.Elements, element{c.Code, c.Title, row[i]})
	}
	raw, err := xml.MarshalIndent(out, "", " ")
	if err != nil {
		return nil, fmt.Errorf("data-element row: %w", err)
	}
	return append([]byte(xml.Header), append(raw, '\n')...), nil
}

// writable reports whether every character may stand in an XML 1.0 document
// (production 2, Char); encoding/xml would replace the others silently.
func writable(s string) bool {
	if !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		ok := r == '\t' || r == '\n' || r == '\r' || r >= 0x20 && r <= 0xd7ff || r >= 0xe000 && r <= 0xfffd || r >= 0x10000
		if !ok {
			return false
		}
	}
	return true
}
