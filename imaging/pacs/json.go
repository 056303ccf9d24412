package pacs

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"longying/imaging"
	"longying/imaging/dicomfile"
)

// Dataset is a data set of the DICOM JSON model, PS3.18 F.
type Dataset map[dicomfile.Tag]Element

// Element is one attribute. Of Values, Items, Inline and BulkDataURI one is
// set at most.
type Element struct {
	VR          string
	Values      []string  // an empty value is ""; numbers as decimals, AT as 8 hexadecimal digits, PN as its groups joined by "="
	Items       []Dataset // of VR SQ
	Inline      []byte    // the value as stored, little-endian
	BulkDataURI string
}

// maxDepth bounds the nesting of sequences.
const maxDepth = 32

// Text is the first value, without padding; empty when absent.
func (d Dataset) Text(t dicomfile.Tag) string {
	if v := d[t].Values; len(v) > 0 {
		return strings.Trim(v[0], " \x00")
	}
	return ""
}

// Texts are all values that are not empty.
func (d Dataset) Texts(t dicomfile.Tag) []string {
	var out []string
	for _, v := range d[t].Values {
		for _, one := range strings.Split(v, `\`) { // some servers do not split
			if one = strings.Trim(one, " \x00"); one != "" {
				out = append(out, one)
			}
		}
	}
	return out
}

// Int is the first value as a number; 0 when absent or none.
func (d Dataset) Int(t dicomfile.Tag) int {
	n, err := strconv.Atoi(d.Text(t))
	if err != nil {
		return 0
	}
	return n
}

// Name is a PN value.
func (d Dataset) Name(t dicomfile.Tag) imaging.PersonName {
	return imaging.ParsePersonName(d.Text(t))
}

// moment is a date with its time, where there is one, in the zone that the data
// set states or else in China's.
func (d Dataset) moment(date, clock dicomfile.Tag) (at time.Time, exact bool) {
	zone := imaging.Zone()
	if z, ok := imaging.ParseTimezoneOffset(d.Text(tagTimezone)); ok {
		zone = z
	}
	day := strings.NewReplacer(".", "", "-", "").Replace(d.Text(date))
	hour, _, _ := strings.Cut(strings.ReplaceAll(d.Text(clock), ":", ""), ".")
	for _, layout := range []string{"20060102150405", "200601021504", "2006010215"} {
		if at, err := time.ParseInLocation(layout, day+hour, zone); err == nil && hour != "" {
			return at, true
		}
	}
	at, err := time.ParseInLocation("20060102", day, zone)
	if err != nil {
		return time.Time{}, false
	}
	return at, false
}

// ReadJSON reads data sets out of an answer, one after another, and hands each to
// take. It is tolerant: one object may stand in place of an array, a value in
// place of a list of one, a number in place of a text, a text in place of a name,
// null in place of any; tags may be in lower case, and attributes that cannot be
// read are left out. What is no JSON of this form at all, or nests beyond reason,
// is an error.
func ReadJSON(r io.Reader, take func(Dataset) error) error {
	dec := json.NewDecoder(skipMark(r))
	dec.UseNumber()
	first, err := dec.Token()
	if errors.Is(err, io.EOF) {
		return nil // an empty answer holds nothing
	}
	if err != nil {
		return err
	}
	switch first {
	case json.Delim('['):
		for dec.More() {
			var raw map[string]json.RawMessage
			if err := dec.Decode(&raw); err != nil {
				return err
			}
			if err := takeRaw(raw, take); err != nil {
				return err
			}
		}
		_, err := dec.Token()
		return err
	case json.Delim('{'):
		raw := map[string]json.RawMessage{}
		for dec.More() {
			key, err := dec.Token()
			if err != nil {
				return err
			}
			name, ok := key.(string)
			if !ok {
				return fmt.Errorf("%v stands where an attribute should", key)
			}
			var value json.RawMessage
			if err := dec.Decode(&value); err != nil {
				return err
			}
			raw[name] = value
		}
		if _, err := dec.Token(); err != nil {
			return err
		}
		return takeRaw(raw, take)
	}
	return fmt.Errorf("%v stands where a data set should", first)
}

func takeRaw(raw map[string]json.RawMessage, take func(Dataset) error) error {
	d, err := dataset(raw, 0)
	if err != nil {
		return err
	}
	return take(d)
}

// skipMark leaves out a byte order mark.
func skipMark(r io.Reader) io.Reader {
	var head [3]byte
	n, err := io.ReadFull(r, head[:])
	if n == 3 && bytes.Equal(head[:], []byte("\uFEFF")) {
		return r
	}
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return io.MultiReader(bytes.NewReader(head[:n]), failing{err})
	}
	return io.MultiReader(bytes.NewReader(head[:n]), r)
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func parseTag(key string) (dicomfile.Tag, bool) {
	if len(key) != 8 {
		return 0, false
	}
	n, err := strconv.ParseUint(key, 16, 32)
	return dicomfile.Tag(n), err == nil
}

func dataset(raw map[string]json.RawMessage, depth int) (Dataset, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("sequences are nested deeper than %d", maxDepth)
	}
	d := Dataset{}
	for key, value := range raw {
		tag, ok := parseTag(key)
		if !ok {
			continue
		}
		var in struct {
			VR           string
			Value        json.RawMessage
			InlineBinary *string
			BulkDataURI  string
		}
		if json.Unmarshal(value, &in) != nil { // matches keys in any case
			continue
		}
		e := Element{VR: in.VR, BulkDataURI: in.BulkDataURI}
		switch {
		case in.InlineBinary != nil:
			b, err := base64.StdEncoding.DecodeString(*in.InlineBinary)
			if err != nil {
				continue
			}
			e.Inline = b
		case in.BulkDataURI == "" && len(in.Value) > 0:
			if err := e.read(in.Value, depth); err != nil {
				return nil, err
			}
		}
		d[tag] = e
	}
	return d, nil
}

// read takes the values of an attribute.
func (e *Element) read(raw json.RawMessage, depth int) error {
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		list = []json.RawMessage{raw}
	}
	for _, one := range list {
		one = bytes.TrimSpace(one)
		switch {
		case len(one) == 0:
		case one[0] == '{':
			var item map[string]json.RawMessage
			if json.Unmarshal(one, &item) != nil {
				continue
			}
			if isName(item, e.VR) {
				e.Values = append(e.Values, name(item))
				continue
			}
			d, err := dataset(item, depth+1)
			if err != nil {
				return err
			}
			e.Items = append(e.Items, d)
		case one[0] == '"':
			var text string
			if json.Unmarshal(one, &text) == nil {
				e.Values = append(e.Values, text)
			}
		case one[0] == '[': // no value is a list
		case bytes.Equal(one, []byte("null")):
			if e.VR != "SQ" {
				e.Values = append(e.Values, "")
			}
		default:
			e.Values = append(e.Values, string(one))
		}
	}
	if len(e.Items) > 0 {
		e.Values = nil
	}
	return nil
}

// isName tells the value of a PN from an item of a sequence.
func isName(item map[string]json.RawMessage, vr string) bool {
	if vr == "PN" {
		return true
	}
	for key := range item {
		switch key {
		case "Alphabetic", "Ideographic", "Phonetic":
			return true
		}
	}
	return false
}

func name(item map[string]json.RawMessage) string {
	var n imaging.PersonName
	for key, raw := range item {
		var text string
		if json.Unmarshal(raw, &text) != nil {
			continue
		}
		switch strings.ToLower(key) {
		case "alphabetic":
			n.Alphabetic = text
		case "ideographic":
			n.Ideographic = text
		case "phonetic":
			n.Phonetic = text
		}
	}
	return n.String()
}

// MarshalJSON writes the data set in the form of PS3.18 F.2, its attributes
// ascending. It is strict: an unknown VR, a value that its VR cannot hold, text
// that is not UTF-8 or an attribute with two kinds of value is an error.
func (d Dataset) MarshalJSON() ([]byte, error) {
	tags := make([]dicomfile.Tag, 0, len(d))
	for t := range d {
		tags = append(tags, t)
	}
	slices.Sort(tags)
	var b bytes.Buffer
	b.WriteByte('{')
	for i, t := range tags {
		e := d[t]
		v, err := e.write()
		if err != nil {
			return nil, fmt.Errorf("attribute %s: %w", t, err)
		}
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "\"%08X\":%s", uint32(t), v)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

func (e Element) write() ([]byte, error) {
	out := struct {
		VR           string  `json:"vr"`
		Value        []any   `json:"Value,omitempty"`
		BulkDataURI  string  `json:"BulkDataURI,omitempty"`
		InlineBinary *string `json:"InlineBinary,omitempty"`
	}{VR: e.VR, BulkDataURI: e.BulkDataURI}
	kinds := 0
	for _, has := range []bool{len(e.Values) > 0, len(e.Items) > 0, len(e.Inline) > 0, e.BulkDataURI != ""} {
		if has {
			kinds++
		}
	}
	if kinds > 1 {
		return nil, errors.New("it has several kinds of value")
	}
	binary := slices.Contains([]string{"OB", "OD", "OF", "OL", "OV", "OW", "UN"}, e.VR)
	switch {
	case len(e.Items) > 0 && e.VR != "SQ", len(e.Values) > 0 && (binary || e.VR == "SQ"), len(e.Inline) > 0 && !binary:
		return nil, fmt.Errorf("its value is none of VR %s", e.VR)
	}
	if len(e.Inline) > 0 {
		text := base64.StdEncoding.EncodeToString(e.Inline)
		out.InlineBinary = &text
	}
	for _, item := range e.Items {
		out.Value = append(out.Value, item)
	}
	for _, v := range e.Values {
		one, err := value(e.VR, v)
		if err != nil {
			return nil, err
		}
		out.Value = append(out.Value, one)
	}
	if len(e.Values) == 0 && !binary && e.VR != "SQ" {
		if _, err := value(e.VR, ""); err != nil {
			return nil, err
		}
	}
	return json.Marshal(out)
}

// value is one value as JSON has it, PS3.18 F.2.3; null where it is empty.
func value(vr, v string) (any, error) {
	if !utf8.ValidString(v) {
		return nil, errors.New("it is not UTF-8")
	}
	switch vr {
	case "IS", "SL", "SS", "UL", "US", "SV", "UV":
		if v == "" {
			return nil, nil
		}
		if _, err := strconv.ParseInt(v, 10, 64); err != nil {
			if _, err := strconv.ParseUint(v, 10, 64); err != nil {
				return nil, fmt.Errorf("%q is no whole number", v)
			}
		}
		return json.Number(strings.TrimPrefix(v, "+")), nil
	case "DS", "FL", "FD":
		if v == "" {
			return nil, nil
		}
		f, err := strconv.ParseFloat(v, 64)
		if err != nil || f-f != 0 {
			return nil, fmt.Errorf("%q is no finite number", v)
		}
		return f, nil
	case "AT":
		if v == "" {
			return nil, nil
		}
		if _, ok := parseTag(v); !ok {
			return nil, fmt.Errorf("%q is no tag", v)
		}
		return strings.ToUpper(v), nil
	case "PN":
		if v == "" {
			return nil, nil
		}
		n := imaging.ParsePersonName(v)
		groups := map[string]string{}
		for key, text := range map[string]string{"Alphabetic": n.Alphabetic, "Ideographic": n.Ideographic, "Phonetic": n.Phonetic} {
			if text != "" {
				groups[key] = text
			}
		}
		return groups, nil
	case "AE", "AS", "CS", "DA", "DT", "LO", "LT", "SH", "ST", "TM", "UC", "UI", "UR", "UT":
		if v == "" {
			return nil, nil
		}
		return v, nil
	}
	return nil, fmt.Errorf("VR %q is not known", vr)
}
