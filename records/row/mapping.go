package row

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// Mapping says what a row consists of.
type Mapping struct {
	Name    string   `json:"name"`
	Columns []Column `json:"columns"`
	// Tables are the hospital's code tables, by their name: code by what it is of.
	Tables map[string]map[string]string `json:"-"`
}

// Column is one data element of a row.
type Column struct {
	Code     string            `json:"code"`               // its heading: a data element (DE...) or a name of the platform's
	Title    string            `json:"title"`              // for people
	From     string            `json:"from,omitempty"`     // a field, see FieldNames
	Text     string            `json:"text,omitempty"`     // a constant, in place of From
	Values   map[string]string `json:"values,omitempty"`   // translates a value; one that is not in it is malformed
	Table    string            `json:"table,omitempty"`    // translates by an imported code table; a value that is not in it stays
	Required bool              `json:"required,omitempty"` //
	Limit    int               `json:"limit,omitempty"`    // in characters; 0: none is known
}

//go:embed mapping.json
var shipped []byte

// Default is the shipped mapping.
func Default() Mapping {
	m, err := ParseMapping(shipped)
	if err != nil {
		return Mapping{} // a test parses the shipped file
	}
	return m
}

// ParseMapping reads a mapping file. Its error names what is wrong in it: an
// unknown key or field, a column without a code, one code twice.
func ParseMapping(raw []byte) (Mapping, error) {
	var m Mapping
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&m); err != nil {
		return Mapping{}, fmt.Errorf("the mapping cannot be read: %w", err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return Mapping{}, fmt.Errorf("the mapping cannot be read: something follows its end")
	}
	if len(m.Columns) == 0 {
		return Mapping{}, fmt.Errorf("the mapping has no columns")
	}
	known, seen := lookup(), map[string]bool{}
	for i, c := range m.Columns {
		at := fmt.Sprintf("column %d (%s) of the mapping", i+1, c.Code)
		switch {
		case strings.TrimSpace(c.Code) == "" || !writable(c.Code) || !writable(c.Title):
			return Mapping{}, fmt.Errorf("%s has no usable code or title", at)
		case seen[c.Code]:
			return Mapping{}, fmt.Errorf("%s: its code is used twice", at)
		case c.From != "" && c.Text != "":
			return Mapping{}, fmt.Errorf("%s has both a field and a text", at)
		case c.From == "" && c.Text == "":
			return Mapping{}, fmt.Errorf("%s has neither a field (from) nor a text", at)
		case c.From != "" && known[c.From] == nil:
			return Mapping{}, fmt.Errorf("%s: there is no field %q; the fields are %s", at, c.From, strings.Join(FieldNames(), ", "))
		case c.Limit < 0:
			return Mapping{}, fmt.Errorf("%s: a limit of %d characters", at, c.Limit)
		}
		seen[c.Code] = true
	}
	return m, nil
}
