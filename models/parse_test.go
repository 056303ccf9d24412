package models

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// card is a card of testdata as a tree that a test can change.
func card(t testing.TB, name string) map[string]any {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var tree map[string]any
	if err := json.Unmarshal(data, &tree); err != nil {
		t.Fatal(err)
	}
	return tree
}

func encode(t testing.TB, tree map[string]any) []byte {
	t.Helper()
	data, err := json.Marshal(tree)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// at walks to the object or list that holds the last key of a path: a string is
// a key, a number an index.
func at(tree any, path ...any) (holder any, last any) {
	for _, step := range path[:len(path)-1] {
		switch k := step.(type) {
		case string:
			tree = tree.(map[string]any)[k]
		case int:
			tree = tree.([]any)[k]
		}
	}
	return tree, path[len(path)-1]
}

type keys = []any

func set(tree map[string]any, p keys, value any) {
	holder, last := at(tree, p...)
	switch k := last.(type) {
	case string:
		holder.(map[string]any)[k] = value
	case int:
		holder.([]any)[k] = value
	}
}

func TestACardThatIsRightIsReadAsWritten(t *testing.T) {
	film, err := Parse(encode(t, card(t, "film")))
	if err != nil {
		t.Fatal(err)
	}
	if film.ID != "film" || film.Outputs[0].Classes[0].Threshold != 0.5 || film.Name.Zh != "中文 Film" || *film.Input.Preprocess[1].Width != 4 {
		t.Errorf("read %+v", film)
	}
	slide, err := Parse(encode(t, card(t, "slide")))
	if err != nil {
		t.Fatal(err)
	}
	if slide.Slide == nil || slide.Outputs[0].UnsureGap != 0.1 || slide.Outputs[0].Classes[1].Morphology.Value != "8140/3" {
		t.Errorf("read %+v", slide)
	}
}

// Every key of the cards is removed in turn: either the card allows it to be
// absent, or the error names it.
func TestAMissingKeyIsAnErrorThatNamesIt(t *testing.T) {
	optional := map[string]bool{
		"input.age_years": true, "input.max_aspect": true, "outputs[0].classes[0].code": true, "outputs[0].classes[0].unsure": true,
		"outputs[0].classes[0].colour": true, "dicom.algorithm_family": true, "evidence.prevalence": true, "evidence.operating_point": true,
		"outputs[0].unsure_below": true, "outputs[0].unsure_margin": true,
		"outputs[0].classes[0].organ": true, "outputs[0].classes[1].organ": true, "outputs[0].classes[1].topography": true,
		"outputs[0].classes[1].morphology": true, "outputs[0].classes[1].topography.version": true,
	}
	for _, name := range []string{"film", "slide"} {
		tree := card(t, name)
		var walk func(node any, path string)
		walk = func(node any, path string) {
			switch n := node.(type) {
			case map[string]any:
				for key, value := range n {
					full := strings.TrimPrefix(path+"."+key, ".")
					delete(n, key)
					_, err := Parse(encode(t, tree))
					n[key] = value
					if optional[full] {
						if err != nil {
							t.Errorf("%s without %s: %v", name, full, err)
						}
					} else if err == nil || !strings.Contains(err.Error(), key) {
						t.Errorf("%s without %s: got %v", name, full, err)
					}
					walk(value, full)
				}
			case []any:
				for i, value := range n {
					walk(value, path+"["+string(rune('0'+i))+"]")
				}
			}
		}
		walk(tree, "")
	}
}

// A key "surprise" is put into every object of the cards in turn.
func TestAnUnknownKeyAnywhereIsAnErrorThatNamesItsPath(t *testing.T) {
	objects := 0
	for _, name := range []string{"film", "slide"} {
		tree := card(t, name)
		var walk func(node any, path string)
		walk = func(node any, path string) {
			switch n := node.(type) {
			case map[string]any:
				objects++
				n["surprise"] = 1
				_, err := Parse(encode(t, tree))
				delete(n, "surprise")
				if want := strings.TrimPrefix(path+".surprise", "."); err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("%s: got %v, want %q named", name, err, want)
				}
				for key, value := range n {
					walk(value, strings.TrimPrefix(path+"."+key, "."))
				}
			case []any:
				for i, value := range n {
					walk(value, path+"["+string(rune('0'+i))+"]")
				}
			}
		}
		walk(tree, "")
	}
	if objects < 40 {
		t.Errorf("looked at %d objects only", objects)
	}
}

func TestAValueThatCannotBeMeantIsAnErrorThatNamesItsKey(t *testing.T) {
	class := func(key string) keys { return keys{"outputs", 0, "classes", 0, key} }
	step := func(i int, key string) keys { return keys{"input", "preprocess", i, key} }
	for name, c := range map[string]struct {
		card  string
		path  keys
		value any
		want  string
	}{
		"another schema":            {"film", keys{"schema"}, "longying-card/2", `"schema"`},
		"id in capitals":            {"film", keys{"id"}, "Film", `"id"`},
		"id that leaves the folder": {"film", keys{"id"}, "../film", `"id"`},
		"version in words":          {"film", keys{"version"}, "first", `"version"`},
		"no Chinese name":           {"film", keys{"name", "zh"}, " ", `"name.zh"`},
		"no English label":          {"film", keys{"outputs", 0, "classes", 0, "label", "en"}, "", `"outputs[0].classes[0].label.en"`},
		"no Chinese failure":        {"film", keys{"evidence", "known_failures", 0, "zh"}, "", `"evidence.known_failures[0].zh"`},
		"hash of 63 digits":         {"film", keys{"file", "sha256"}, strings.Repeat("a", 63), `"file.sha256"`},
		"hash in capitals":          {"film", keys{"file", "sha256"}, strings.Repeat("A", 64), `"file.sha256"`},
		"hash with a letter g":      {"film", keys{"file", "sha256"}, strings.Repeat("g", 64), `"file.sha256"`},
		"opset 6":                   {"film", keys{"file", "opset"}, 6, `"file.opset"`},
		"another file":              {"film", keys{"file", "name"}, "../../model.onnx", `"file.name"`},
		"unknown task":              {"film", keys{"task"}, "diagnosis", `"task"`},
		"task as a number":          {"film", keys{"task"}, 1, `"task"`},
		"lower-case modality":       {"film", keys{"input", "modalities", 0}, "dx", `"input.modalities[0]"`},
		"ages turned around":        {"film", keys{"input", "age_years", "min"}, 9, `"input.age_years"`},
		"unknown step":              {"film", step(0, "step"), "equalise", "equalise"},
		"missing parameter":         {"film", step(2, "step"), "clip", "low"},
		"surplus parameter":         {"film", step(0, "low"), 1, "low"},
		"unknown interpolation":     {"film", step(1, "interpolation"), "lanczos", "bilinear"},
		"tensor of another size":    {"film", keys{"input", "tensor", "shape", 3}, 5, `"input.tensor.shape"`},
		"tensor of another order":   {"film", keys{"input", "tensor", "order"}, "NHWC", `"input.tensor.order"`},
		"mean of two channels":      {"slide", keys{"input", "preprocess", 1}, map[string]any{"step": "mean-std", "mean": []any{1, 2}, "std": []any{1, 1}}, "mean-std"},
		"no outputs":                {"film", keys{"outputs"}, []any{}, `"outputs"`},
		"unknown output":            {"film", keys{"outputs", 1, "kind"}, "heat", `"outputs[1].kind"`},
		"no classes":                {"film", keys{"outputs", 0, "classes"}, []any{}, `"outputs[0].classes"`},
		"map of an unknown class":   {"film", keys{"outputs", 1, "for_class"}, "x", `"outputs[1].for_class"`},
		"box of nothing":            {"film", keys{"outputs", 1, "box_fraction"}, 0, `"outputs[1].box_fraction"`},
		"threshold above 1":         {"film", class("threshold"), 1.5, `"outputs[0].classes[0].threshold"`},
		"threshold below 0":         {"film", class("threshold"), -0.1, `"outputs[0].classes[0].threshold"`},
		"threshold 0":               {"film", class("threshold"), 0, `"outputs[0].classes[0].threshold"`},
		"band beside the threshold": {"film", class("unsure"), []any{0.6, 0.7}, `"outputs[0].classes[0].unsure"`},
		"band of three":             {"film", class("unsure"), []any{0.4, 0.5, 0.6}, `"outputs[0].classes[0].unsure"`},
		"band above 1":              {"film", class("unsure"), []any{0.4, 1.6}, `"outputs[0].classes[0].unsure"`},
		"unknown code scheme":       {"film", keys{"outputs", 0, "classes", 0, "code", "scheme"}, "SNOMED", `"outputs[0].classes[0].code.scheme"`},
		"code without a value":      {"film", keys{"outputs", 0, "classes", 0, "code", "value"}, "", `"outputs[0].classes[0].code.value"`},
		"nothing is proposed":       {"film", class("proposes"), false, "proposes"},
		"proposes is a word":        {"film", class("proposes"), "yes", "proposes"},
		"null":                      {"film", class("code"), nil, `"outputs[0].classes[0].code"`},
		"a text where a list is":    {"film", keys{"authors"}, "me", `"authors"`},
		"a list where a text is":    {"film", keys{"maker"}, []any{}, `"maker"`},
		"an object where a text is": {"film", keys{"maker"}, map[string]any{}, `"maker"`},
		"metric off its interval":   {"film", keys{"evidence", "metrics", 0, "high"}, 0.85, `"evidence.metrics[0].value"`},
		"no reference cases":        {"film", keys{"tests", "cases"}, "", `"tests.cases"`},
		"cases outside":             {"film", keys{"tests", "preprocess"}, "../x.json", `"tests.preprocess"`},
		"slide typing, no slide":    {"film", keys{"task"}, "slide-typing", `"slide"`},
		"unknown scale, no region":  {"slide", keys{"input", "marked_region"}, false, `"slide.micrometres_per_pixel"`},
		"unknown scale, not amber":  {"slide", keys{"input", "always_amber"}, false, `"slide.micrometres_per_pixel"`},
		"amber without a reason":    {"slide", keys{"input", "amber_reason", "zh"}, "", `"input.amber_reason.zh"`},
		"unknown aggregation":       {"slide", keys{"slide", "aggregation"}, "max", `"slide.aggregation"`},
		"tissue share above 1":      {"slide", keys{"slide", "tissue_fraction"}, 30, `"slide.tissue_fraction"`},
		"class of another organ":    {"slide", class("organ"), "bone", `"outputs[0].classes[0].organ"`},
		"unsure_below above 1":      {"slide", keys{"outputs", 0, "unsure_below"}, 60, `"outputs[0].unsure_below"`},
	} {
		t.Run(name, func(t *testing.T) {
			tree := card(t, c.card)
			set(tree, c.path, c.value)
			if _, err := Parse(encode(t, tree)); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %s named", err, c.want)
			}
		})
	}
}

func TestWhatIsNotOneJSONObjectIsAnError(t *testing.T) {
	good := string(encode(t, card(t, "film")))
	for name, text := range map[string]string{
		"nothing": "", "not JSON": "hello", "cut short": good[:len(good)/2], "a list": "[]", "null": "null", "a number": "7",
		"another object after": good + "{}", "a letter after": good + "x",
		"a key twice":        strings.Replace(good, `"id":`, `"id":"other","id":`, 1),
		"a key in capitals":  strings.Replace(good, `"id":`, `"ID":`, 1),
		"a number too large": strings.Replace(good, `"opset":17`, `"opset":1e400`, 1),
		"half a file opset":  strings.Replace(good, `"opset":17`, `"opset":17.5`, 1),
		"deep nesting":       strings.Repeat("[", 100000),
	} {
		if _, err := Parse([]byte(text)); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	if _, err := Parse([]byte(good + "\n\n")); err != nil {
		t.Errorf("white space after the card: %v", err)
	}
}

// The property is: an error or a card that passes Check, never a panic.
func FuzzParse(f *testing.F) {
	f.Add(encode(f, card(f, "film")))
	f.Add(encode(f, card(f, "slide")))
	f.Add([]byte(`{"input":{"preprocess":[{"step":"resize"}]}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Parse(data)
		if err == nil && c.Check() != nil {
			t.Errorf("taken, but %v", c.Check())
		}
	})
}
