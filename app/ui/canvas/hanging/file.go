package hanging

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"longying/app/ui/canvas/view"
	"longying/imaging"
)

// FileName is the name of a hospital's protocols in the data folder: JSON, with
// no keys but those of the types below.
const FileName = "hanging-protocols.json"

// Version is that of the file's form.
const Version = 1

// Book is what the file says.
type Book struct {
	Own     []Protocol
	Without []string // IDs of shipped protocols that are not used
	Faults  []Fault  // of what was left out
}

// Fault is why a protocol, or the whole file, is not used. Code can be
// translated ("hangingfault."+Code), Args are its arguments.
type Fault struct {
	Line     int    // from 1
	Protocol string // its name; empty: the file as a whole
	Code     string
	Args     []string
}

func (f Fault) Error() string {
	at := fmt.Sprintf("%s, line %d", FileName, f.Line)
	if f.Protocol != "" {
		at += ", protocol " + f.Protocol
	}
	return at + ": " + f.Code + " " + strings.Join(f.Args, " ")
}

// The form of the file. A protocol's viewports stand row by row.
type (
	fileProtocol struct {
		Name      string         `json:"name"`
		Match     fileMatch      `json:"match"`
		Columns   int            `json:"columns"`
		Rows      int            `json:"rows"`
		Viewports []fileViewport `json:"viewports"`
		Scroll    string         `json:"scroll,omitempty"` // apart, position, slice
		Link      bool           `json:"link,omitempty"`
		Fill      bool           `json:"fill,omitempty"`
	}
	fileMatch struct {
		Modality []string `json:"modality,omitempty"`
		Part     []string `json:"part,omitempty"`
		Views    []string `json:"views,omitempty"`
		Words    []string `json:"words,omitempty"`
		Least    int      `json:"least,omitempty"`
		Most     int      `json:"most,omitempty"`
	}
	fileViewport struct {
		Modality   string      `json:"modality,omitempty"`
		Projection []string    `json:"projection,omitempty"`
		Laterality string      `json:"laterality,omitempty"`
		Plane      string      `json:"plane,omitempty"`
		Words      []string    `json:"words,omitempty"`
		Prefer     string      `json:"prefer,omitempty"`
		Same       bool        `json:"same,omitempty"`
		Prior      int         `json:"prior,omitempty"`
		Preset     string      `json:"preset,omitempty"`
		Window     *fileWindow `json:"window,omitempty"`
		Rotate     int         `json:"rotate,omitempty"`
		Flip       bool        `json:"flip,omitempty"`
		Invert     bool        `json:"invert,omitempty"`
		Chest      string      `json:"chest_wall,omitempty"`
		Colours    string      `json:"colours,omitempty"`
	}
	fileWindow struct {
		Width  float64 `json:"width"`
		Center float64 `json:"center"`
	}
)

// Read reads a file. A protocol with a fault is left out, and so is the whole
// file where it is no JSON of this form; each says its line. Maps are the colour
// maps that there are.
func Read(raw []byte, maps []string) Book {
	var b Book
	lineAt := func(offset int64) int { return 1 + bytes.Count(raw[:min(max(int(offset), 0), len(raw))], []byte("\n")) }
	fault := func(offset int64, name, code string, args ...string) {
		b.Faults = append(b.Faults, Fault{lineAt(offset), name, code, args})
	}
	whole := func(offset int64, code string, args ...string) Book {
		return Book{Faults: []Fault{{lineAt(offset), "", code, args}}}
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	if !json.Valid(raw) {
		var any json.RawMessage
		err := json.Unmarshal(raw, &any)
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			return whole(syntax.Offset, "syntax", syntax.Error())
		}
		return whole(0, "syntax", fmt.Sprint(err))
	}
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return whole(0, "form", "{")
	}
	version := false
	seen := map[string]bool{}
	for dec.More() {
		t, err := dec.Token()
		if err != nil {
			return whole(dec.InputOffset(), "syntax", err.Error())
		}
		key, at := fmt.Sprint(t), dec.InputOffset()
		if seen[key] {
			return whole(at, "twice", key)
		}
		seen[key] = true
		switch key {
		case "version":
			var v int
			if err := dec.Decode(&v); err != nil || v != Version {
				return whole(at, "version", fmt.Sprint(Version))
			}
			version = true
		case "without":
			if err := dec.Decode(&b.Without); err != nil {
				return whole(at, "type", key)
			}
			for _, id := range b.Without {
				if !slices.ContainsFunc(Shipped(), func(p Protocol) bool { return p.ID == id }) {
					fault(at, "", "value", "without", id)
				}
			}
		case "protocols":
			if t, err := dec.Token(); err != nil || t != json.Delim('[') {
				return whole(at, "type", key)
			}
			for dec.More() {
				var one json.RawMessage
				if err := dec.Decode(&one); err != nil {
					return whole(dec.InputOffset(), "syntax", err.Error())
				}
				from := dec.InputOffset() - int64(len(one))
				p, offset, code, args := readOne(one, maps)
				name := p.Name
				if code == "" && slices.ContainsFunc(b.Own, func(q Protocol) bool { return q.Name == name }) {
					code, args = "twice", []string{name}
				}
				if code != "" {
					fault(from+offset, name, code, args...)
					continue
				}
				b.Own = append(b.Own, p)
			}
			if _, err := dec.Token(); err != nil {
				return whole(dec.InputOffset(), "syntax", err.Error())
			}
		default:
			return whole(at, "unknown", key)
		}
	}
	if !version {
		return whole(0, "missing", "version")
	}
	return b
}

// readOne reads a protocol; code is why it is not used, at offset of raw.
func readOne(raw []byte, maps []string) (p Protocol, offset int64, code string, args []string) {
	var f fileProtocol
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&f); err != nil {
		p.Name = nameOf(raw)
		var wrong *json.UnmarshalTypeError
		if errors.As(err, &wrong) {
			return p, wrong.Offset, "type", []string{wrong.Field}
		}
		if key, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
			return p, int64(max(bytes.Index(raw, []byte(key)), 0)), "unknown", []string{strings.Trim(key, `"`)}
		}
		return p, dec.InputOffset(), "syntax", []string{err.Error()}
	}
	if _, err := dec.Token(); err != io.EOF {
		return p, dec.InputOffset(), "syntax", nil
	}
	p = Protocol{Name: strings.TrimSpace(f.Name), Layout: view.Layout{Columns: f.Columns, Rows: f.Rows}, Link: f.Link, Fill: f.Fill,
		Match: Match(f.Match)}
	// where is where a value stands in the file, as near as its key.
	bad := func(key, value string) (Protocol, int64, string, []string) {
		at := bytes.Index(raw, []byte(`"`+value+`"`))
		if value == "" || at < 0 {
			at = bytes.Index(raw, []byte(`"`+key+`"`))
		}
		return p, int64(max(at, 0)), "value", []string{key, value}
	}
	if p.Name == "" {
		return p, 0, "missing", []string{"name"}
	}
	if f.Columns < 1 || f.Columns > 4 {
		return bad("columns", fmt.Sprint(f.Columns))
	}
	if f.Rows < 1 || f.Rows > 4 {
		return bad("rows", fmt.Sprint(f.Rows))
	}
	if len(f.Viewports) == 0 || len(f.Viewports) > f.Columns*f.Rows {
		return bad("viewports", fmt.Sprint(len(f.Viewports)))
	}
	scrolls := map[string]view.Scrolling{"": view.Apart, "apart": view.Apart, "position": view.ByPosition, "slice": view.BySlice}
	how, ok := scrolls[f.Scroll]
	if !ok {
		return bad("scroll", f.Scroll)
	}
	p.Scroll = how
	for _, part := range f.Match.Part {
		if !slices.Contains(view.Parts(), part) {
			return bad("part", part)
		}
	}
	for _, v := range f.Viewports {
		switch {
		case !slices.Contains([]string{"", "axial", "coronal", "sagittal"}, v.Plane):
			return bad("plane", v.Plane)
		case !slices.Contains([]string{"", "L", "R", "B"}, v.Laterality):
			return bad("laterality", v.Laterality)
		case !slices.Contains([]string{"", "left", "right"}, v.Chest):
			return bad("chest_wall", v.Chest)
		case v.Rotate%90 != 0 || v.Rotate < 0 || v.Rotate > 270:
			return bad("rotate", fmt.Sprint(v.Rotate))
		case v.Prior < 0 || v.Prior > 9:
			return bad("prior", fmt.Sprint(v.Prior))
		case v.Colours != "" && !slices.Contains(maps, v.Colours):
			return bad("colours", v.Colours)
		case v.Preset != "" && !slices.ContainsFunc(view.Presets("CT"), func(x view.Preset) bool { return x.ID == v.Preset }):
			return bad("preset", v.Preset)
		case v.Window != nil && !(v.Window.Width > 0):
			return bad("width", fmt.Sprint(v.Window.Width))
		}
		one := Viewport{Show: Show{v.Modality, v.Projection, v.Laterality, v.Plane, v.Words, v.Prefer, v.Same, v.Prior},
			Preset: v.Preset, Rotate: v.Rotate, Flip: v.Flip, Invert: v.Invert, Chest: v.Chest, Colours: v.Colours}
		if v.Window != nil {
			one.Window = &imaging.VOILUT{Width: v.Window.Width, Center: v.Window.Center}
		}
		p.Viewports = append(p.Viewports, one)
	}
	return p, 0, "", nil
}

// nameOf is the name of a protocol that cannot be read.
func nameOf(raw []byte) string {
	var f struct {
		Name string `json:"name"`
	}
	if err := json.Unmarshal(raw, &f); err != nil {
		return ""
	}
	return f.Name
}

// Write is a file with the protocols of a book, as Read takes it.
func Write(b Book) ([]byte, error) {
	out := struct {
		Version   int            `json:"version"`
		Without   []string       `json:"without,omitempty"`
		Protocols []fileProtocol `json:"protocols"`
	}{Version: Version, Without: b.Without, Protocols: []fileProtocol{}}
	scrolls := map[view.Scrolling]string{view.ByPosition: "position", view.BySlice: "slice"}
	for _, p := range b.Own {
		f := fileProtocol{Name: p.Name, Match: fileMatch(p.Match),
			Columns: p.Layout.Columns, Rows: p.Layout.Rows, Scroll: scrolls[p.Scroll], Link: p.Link, Fill: p.Fill}
		for _, v := range p.Viewports {
			s := v.Show
			one := fileViewport{Modality: s.Modality, Projection: s.Projection, Laterality: s.Laterality, Plane: s.Plane, Words: s.Words, Prefer: s.Prefer,
				Same: s.Same, Prior: s.Prior, Preset: v.Preset, Rotate: v.Rotate, Flip: v.Flip, Invert: v.Invert, Chest: v.Chest, Colours: v.Colours}
			if v.Window != nil {
				one.Window = &fileWindow{v.Window.Width, v.Window.Center}
			}
			f.Viewports = append(f.Viewports, one)
		}
		out.Protocols = append(out.Protocols, f)
	}
	raw, err := json.MarshalIndent(out, "", "  ")
	return append(raw, '\n'), err
}
