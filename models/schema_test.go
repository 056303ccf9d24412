package models

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

var update = flag.Bool("update", false, "write card.schema.json anew from the Go type")

// schemaWriter makes a JSON Schema (2020-12) of a Go type: every key that the
// type has and no other, those without omitempty required, what can be
// enumerated enumerated, and the type's comments as descriptions.
type schemaWriter struct {
	comments map[string]string // of "Type" and "Type.Field"
	defs     map[string]any
}

type object = map[string]any

// enumerated lists the allowed values by "Type.Field".
func enumerated() map[string]any {
	return map[string]any{
		"Card.Schema": []string{SchemaVersion}, "Card.Task": Tasks(), "Output.Kind": OutputKinds(), "Output.Activation": Activations(),
		"Input.Contrast": ContrastRules(), "Input.Sex": Sexes(), "TensorDef.Type": TensorTypes(), "TensorDef.Order": Orders(),
		"Slide.Aggregation": Aggregations(), "Detection.BoxFormat": BoxFormats(), "Detection.BoxUnit": BoxUnits(),
		"Measurement.Unit": Units(), "File.Name": []string{ModelFile}, "Head.File": []string{HeadFile},
		"Step.Interpolation": []string{"nearest", "bilinear", "bicubic", "linear"}, "Step.Mask": []string{"nonzero"},
		"Step.Place": []string{"centre", "corner"}, "Step.Method": []string{"macenko"}, "Step.Order": Orders(),
	}
}

func patterned() map[string]string {
	return map[string]string{
		"Card.ID": `^[a-z0-9]+(-[a-z0-9]+)*$`, "Card.Version": `^[0-9]+\.[0-9]+\.[0-9]+$`,
		"File.SHA256": `^[0-9a-f]{64}$`, "Head.SHA256": `^[0-9a-f]{64}$`, "Class.Colour": `^#[0-9a-f]{6}$`,
		"Code.Scheme": "^(" + strings.Join(CodeSchemes(), "|") + "|99[A-Z0-9_]{1,14})$",
	}
}

func (w *schemaWriter) of(t reflect.Type, at string) object {
	switch t.Kind() {
	case reflect.Pointer:
		return w.of(t.Elem(), at)
	case reflect.Struct:
		if w.defs[t.Name()] == nil {
			w.defs[t.Name()] = object{} // before its fields, should it hold itself
			w.defs[t.Name()] = w.object(t)
		}
		return object{"$ref": "#/$defs/" + t.Name()}
	case reflect.Slice:
		return object{"type": "array", "items": w.of(t.Elem(), at)}
	case reflect.Array:
		return object{"type": "array", "items": w.of(t.Elem(), at), "minItems": t.Len(), "maxItems": t.Len()}
	}
	out := object{"type": map[reflect.Kind]string{
		reflect.String: "string", reflect.Bool: "boolean", reflect.Int: "integer", reflect.Int64: "integer", reflect.Float64: "number",
	}[t.Kind()]}
	if values := enumerated()[at]; values != nil {
		out["enum"] = values
	}
	if pattern := patterned()[at]; pattern != "" {
		out["pattern"] = pattern
	}
	return out
}

func (w *schemaWriter) object(t reflect.Type) object {
	properties, required := object{}, []string{}
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		p := w.of(f.Type, t.Name()+"."+f.Name)
		if c := w.comments[t.Name()+"."+f.Name]; c != "" {
			p["description"] = c
		}
		properties[name] = p
		if options != "omitempty" {
			required = append(required, name)
		}
	}
	out := object{"type": "object", "description": w.comments[t.Name()], "properties": properties, "required": required, "additionalProperties": false}
	if t == reflect.TypeFor[Step]() {
		properties["step"].(object)["enum"] = StepNames()
		out["oneOf"] = stepForms(properties)
	}
	return out
}

// stepForms is one form for each step: its name, the parameters it must have and
// no other than it may have.
func stepForms(properties object) []any {
	var forms []any
	for _, name := range StepNames() {
		required, optional, _ := StepParameters(name)
		form := object{"step": object{"const": name}}
		for p := range properties {
			if p != "step" && !strings.Contains(","+strings.Join(append(required, optional...), ",")+",", ","+p+",") {
				form[p] = false
			}
		}
		forms = append(forms, object{"properties": form, "required": append([]string{"step"}, required...)})
	}
	return forms
}

// typeComments reads the comments of the package's types and of their fields.
func typeComments(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.TYPE {
				continue
			}
			for _, s := range g.Specs {
				spec := s.(*ast.TypeSpec)
				out[spec.Name.Name] = strings.TrimSpace(g.Doc.Text())
				if body, ok := spec.Type.(*ast.StructType); ok {
					for _, f := range body.Fields.List {
						for _, n := range f.Names {
							out[spec.Name.Name+"."+n.Name] = strings.TrimSpace(f.Comment.Text())
						}
					}
				}
			}
		}
	}
	return out
}

const schemaFile = "card.schema.json"

func TestTheSchemaSaysTheKeysOfTheGoTypeAndNoOthers(t *testing.T) {
	w := schemaWriter{comments: typeComments(t), defs: object{}}
	root := w.of(reflect.TypeFor[Card](), "")
	root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	root["title"] = "Longying model card"
	root["$defs"] = w.defs
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(root); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(schemaFile, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(have, b.Bytes()) {
		t.Errorf("%s is not the Go type's; write it anew with go test ./models -run Schema -update", schemaFile)
	}
}

func compileSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	s, err := jsonschema.NewCompiler().Compile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func validate(t *testing.T, s *jsonschema.Schema, data []byte) error {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return s.Validate(v)
}

// cards are the cards of testdata and those that ship.
func cards(t *testing.T) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	for _, pattern := range []string{"testdata/*.json", "*/card.json"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if out[f], err = os.ReadFile(f); err != nil {
				t.Fatal(err)
			}
		}
	}
	return out
}

func TestEveryCardThatTheProgramReadsIsValidByTheSchema(t *testing.T) {
	s, n := compileSchema(t), 0
	for name, data := range cards(t) {
		if _, err := Parse(data); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := validate(t, s, data); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		n++
	}
	if n < 6 {
		t.Errorf("looked at %d cards only", n)
	}
}

// A validator that knows nothing of the Go code refuses what checkKeys refuses:
// each key taken out, and a key too many in each object.
func TestTheSchemaAndTheProgramAgreeOnMissingAndSurplusKeys(t *testing.T) {
	s := compileSchema(t)
	for name, data := range cards(t) {
		var tree any
		if err := json.Unmarshal(data, &tree); err != nil {
			t.Fatal(err)
		}
		both := func(what string) {
			changed, err := json.Marshal(tree)
			if err != nil {
				t.Fatal(err)
			}
			keys, schema := checkKeys(changed, reflect.TypeFor[Card]()), validate(t, s, changed)
			// A step's parameters are optional keys of the type; only Check knows
			// which step takes which.
			if strings.Contains(what, ".preprocess[") && keys == nil {
				var c Card
				if err := json.Unmarshal(changed, &c); err != nil {
					t.Fatal(err)
				}
				for _, step := range c.Input.Preprocess {
					keys = errors.Join(keys, step.Check())
				}
			}
			if (keys == nil) != (schema == nil) {
				t.Errorf("%s, %s: the program says %v, the schema %v", name, what, keys, schema)
			}
		}
		var walk func(node any, path string)
		walk = func(node any, path string) {
			switch n := node.(type) {
			case map[string]any:
				n["surprise"] = 1
				both("surplus key in " + path)
				delete(n, "surprise")
				for key, value := range n {
					delete(n, key)
					both("without " + path + "." + key)
					n[key] = value
					walk(value, path+"."+key)
				}
			case []any:
				for i, value := range n {
					walk(value, path+"["+string(rune('0'+i%10))+"]")
				}
			}
		}
		walk(tree, "")
	}
}
