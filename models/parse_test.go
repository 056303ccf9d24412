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
	occlusion := func(size, step int, fraction float64) map[string]any {
		return map[string]any{"size": size, "step": step, "value": 0, "box_fraction": fraction}
	}
	step := func(i int, key string) keys { return keys{"input", "preprocess", i, key} }
	for name, c := range map[string]struct {
		card  string
		path  keys
		value any
		want  string
	}{
		"another schema":                  {"film", keys{"schema"}, "longying-card/2", `"schema"`},
		"id in capitals":                  {"film", keys{"id"}, "Film", `"id"`},
		"id that leaves the folder":       {"film", keys{"id"}, "../film", `"id"`},
		"version in words":                {"film", keys{"version"}, "first", `"version"`},
		"no Chinese name":                 {"film", keys{"name", "zh"}, " ", `"name.zh"`},
		"no English label":                {"film", keys{"outputs", 0, "classes", 0, "label", "en"}, "", `"outputs[0].classes[0].label.en"`},
		"no Chinese failure":              {"film", keys{"evidence", "known_failures", 0, "zh"}, "", `"evidence.known_failures[0].zh"`},
		"hash of 63 digits":               {"film", keys{"file", "sha256"}, strings.Repeat("a", 63), `"file.sha256"`},
		"hash in capitals":                {"film", keys{"file", "sha256"}, strings.Repeat("A", 64), `"file.sha256"`},
		"hash with a letter g":            {"film", keys{"file", "sha256"}, strings.Repeat("g", 64), `"file.sha256"`},
		"opset 6":                         {"film", keys{"file", "opset"}, 6, `"file.opset"`},
		"another file":                    {"film", keys{"file", "name"}, "../../model.onnx", `"file.name"`},
		"unknown task":                    {"film", keys{"task"}, "diagnosis", `"task"`},
		"task as a number":                {"film", keys{"task"}, 1, `"task"`},
		"lower-case modality":             {"film", keys{"input", "modalities", 0}, "dx", `"input.modalities[0]"`},
		"ages turned around":              {"film", keys{"input", "age_years", "min"}, 9, `"input.age_years"`},
		"unknown step":                    {"film", step(0, "step"), "equalise", "equalise"},
		"missing parameter":               {"film", step(2, "step"), "clip", "low"},
		"surplus parameter":               {"film", step(0, "low"), 1, "low"},
		"unknown interpolation":           {"film", step(1, "interpolation"), "lanczos", "bilinear"},
		"tensor of another size":          {"film", keys{"input", "tensor", "shape", 3}, 5, `"input.tensor.shape"`},
		"tensor of another order":         {"film", keys{"input", "tensor", "order"}, "NHWC", `"input.tensor.order"`},
		"mean of two channels":            {"slide", keys{"input", "preprocess", 1}, map[string]any{"step": "mean-std", "mean": []any{1, 2}, "std": []any{1, 1}}, "mean-std"},
		"no outputs":                      {"film", keys{"outputs"}, []any{}, `"outputs"`},
		"unknown output":                  {"film", keys{"outputs", 1, "kind"}, "heat", `"outputs[1].kind"`},
		"no classes":                      {"film", keys{"outputs", 0, "classes"}, []any{}, `"outputs[0].classes"`},
		"map of an unknown class":         {"film", keys{"outputs", 1, "for_class"}, "x", `"outputs[1].for_class"`},
		"box of nothing":                  {"film", keys{"outputs", 1, "box_fraction"}, 0, `"outputs[1].box_fraction"`},
		"threshold above 1":               {"film", class("threshold"), 1.5, `"outputs[0].classes[0].threshold"`},
		"threshold below 0":               {"film", class("threshold"), -0.1, `"outputs[0].classes[0].threshold"`},
		"threshold 0":                     {"film", class("threshold"), 0, `"outputs[0].classes[0].threshold"`},
		"band beside the threshold":       {"film", class("unsure"), []any{0.6, 0.7}, `"outputs[0].classes[0].unsure"`},
		"band of three":                   {"film", class("unsure"), []any{0.4, 0.5, 0.6}, `"outputs[0].classes[0].unsure"`},
		"band above 1":                    {"film", class("unsure"), []any{0.4, 1.6}, `"outputs[0].classes[0].unsure"`},
		"unknown code scheme":             {"film", keys{"outputs", 0, "classes", 0, "code", "scheme"}, "SNOMED", `"outputs[0].classes[0].code.scheme"`},
		"code without a value":            {"film", keys{"outputs", 0, "classes", 0, "code", "value"}, "", `"outputs[0].classes[0].code.value"`},
		"nothing is proposed":             {"film", class("proposes"), false, "proposes"},
		"proposes is a word":              {"film", class("proposes"), "yes", "proposes"},
		"null":                            {"film", class("code"), nil, `"outputs[0].classes[0].code"`},
		"a text where a list is":          {"film", keys{"authors"}, "me", `"authors"`},
		"a list where a text is":          {"film", keys{"maker"}, []any{}, `"maker"`},
		"an object where a text is":       {"film", keys{"maker"}, map[string]any{}, `"maker"`},
		"metric off its interval":         {"film", keys{"evidence", "metrics", 0, "high"}, 0.85, `"evidence.metrics[0].value"`},
		"no reference cases":              {"film", keys{"tests", "cases"}, "", `"tests.cases"`},
		"cases outside":                   {"film", keys{"tests", "preprocess"}, "../x.json", `"tests.preprocess"`},
		"slide typing, no slide":          {"film", keys{"task"}, "slide-typing", `"slide"`},
		"unknown scale, no region":        {"slide", keys{"input", "marked_region"}, false, `"slide.micrometres_per_pixel"`},
		"unknown scale, not amber":        {"slide", keys{"input", "always_amber"}, false, `"slide.micrometres_per_pixel"`},
		"amber without a reason":          {"slide", keys{"input", "amber_reason", "zh"}, "", `"input.amber_reason.zh"`},
		"unknown aggregation":             {"slide", keys{"slide", "aggregation"}, "max", `"slide.aggregation"`},
		"tissue share above 1":            {"slide", keys{"slide", "tissue_fraction"}, 30, `"slide.tissue_fraction"`},
		"class of another organ":          {"slide", class("organ"), "bone", `"outputs[0].classes[0].organ"`},
		"a sex that is a word":            {"volume", keys{"input", "sex", 0}, "male", `"input.sex[0]"`},
		"spacing turned around":           {"volume", keys{"input", "spacing_mm", "min"}, 3, `"input.spacing_mm"`},
		"spacing of 0":                    {"volume", keys{"input", "spacing_mm", "min"}, 0, `"input.spacing_mm"`},
		"thickness of 2 m":                {"volume", keys{"input", "slice_thickness_mm", "max"}, 2000, `"input.slice_thickness_mm"`},
		"unknown contrast rule":           {"volume", keys{"input", "contrast"}, "yes", `"input.contrast"`},
		"one slice":                       {"volume", keys{"input", "slices", "min"}, 1, `"input.slices"`},
		"slices of an image":              {"film", keys{"input", "slices"}, map[string]any{"min": 2, "max": 3}, `"input.slices"`},
		"no frames":                       {"boxes", keys{"input", "frames", "min"}, 0, `"input.frames"`},
		"unknown tensor type":             {"volume", keys{"input", "tensor", "type"}, "double", `"input.tensor.type"`},
		"tensor values turned around":     {"volume", keys{"input", "tensor", "values", "min"}, 11, `"input.tensor.values"`},
		"window of another size":          {"volume", keys{"input", "sliding_window", "size", 0}, 16, `"input.tensor.shape"`},
		"window of two axes":              {"volume", keys{"input", "sliding_window", "size"}, []any{64, 64}, `"input.sliding_window.size"`},
		"window wholly overlapped":        {"volume", keys{"input", "sliding_window", "overlap"}, 1, `"input.sliding_window.overlap"`},
		"statistic off its band":          {"volume", keys{"input", "statistics", "mean", "high"}, -0.5, `"input.statistics.mean"`},
		"percentiles that fall":           {"volume", keys{"input", "statistics", "p50", "value"}, -4, `"input.statistics.p50"`},
		"axes of two directions":          {"volume", step(1, "axes"), "LRS", "axes"},
		"axes in small letters":           {"volume", step(1, "axes"), "lps", "axes"},
		"reorient of an image":            {"film", keys{"input", "preprocess", 1}, map[string]any{"step": "reorient", "axes": "LPS"}, "reorient"},
		"spacing of 0 mm":                 {"volume", step(2, "y"), 0, "mm"},
		"cubic in space":                  {"volume", step(2, "interpolation"), "cubic", "linear"},
		"image resampled along z":         {"film", keys{"input", "preprocess", 1}, map[string]any{"step": "resample-spacing", "x": 1, "y": 1, "z": 1, "interpolation": "linear"}, "resample-spacing"},
		"window of no width":              {"volume", step(3, "window_width"), 0, "window_width"},
		"percentile 101":                  {"volume", step(4, "high"), 101, "percentiles"},
		"unknown mask":                    {"volume", step(5, "mask"), "brain", "mask"},
		"order without depth":             {"volume", step(6, "order"), "NCHW", "reorient"},
		"grey of grey":                    {"film", keys{"input", "preprocess", 1}, map[string]any{"step": "rgb-to-grey"}, "three channels"},
		"nearest with antialias":          {"boxes", step(3, "antialias"), true, "antialias"},
		"padding at the left":             {"boxes", step(4, "place"), "left", "place"},
		"crop of another size":            {"boxes", step(5, "width"), 319, `"input.tensor.shape"`},
		"unknown stain method":            {"pooled", step(1, "method"), "vahadane", "macenko"},
		"stain of two rows":               {"pooled", step(1, "target"), []any{[]any{1, 1}, []any{1, 1}}, `target"`},
		"alpha of half the pixels":        {"pooled", step(1, "alpha"), 50, "alpha"},
		"unknown activation":              {"volume", keys{"outputs", 0, "activation"}, "relu", `"outputs[0].activation"`},
		"activation of a map":             {"film", keys{"outputs", 1, "activation"}, "sigmoid", `"outputs[1].activation"`},
		"exclusive sigmoid":               {"volume", keys{"outputs", 0, "activation"}, "sigmoid", `"outputs[0].exclusive"`},
		"temperature below 0":             {"pooled", keys{"outputs", 0, "temperature"}, -1, `"outputs[0].temperature"`},
		"mask without an index":           {"volume", class("index"), -1, `"outputs[0].classes[0].index"`},
		"index of a film's class":         {"film", class("index"), 0, `"outputs[0].classes[0].index"`},
		"segment of another scheme":       {"volume", keys{"outputs", 0, "classes", 0, "segment", "type", "scheme"}, "SNM3", `"outputs[0].classes[0].segment.type.scheme"`},
		"square millimetres of a volume":  {"volume", keys{"outputs", 0, "classes", 0, "post_processing", "minimum_mm2"}, 1, `"outputs[0].classes[0].post_processing"`},
		"a unit nobody knows":             {"volume", keys{"outputs", 1, "measurements", 0, "unit"}, "ml", `"outputs[1].measurements[0].unit"`},
		"measurement times 0":             {"volume", keys{"outputs", 1, "measurements", 0, "scale"}, 0, `"outputs[1].measurements[0].scale"`},
		"a SNOMED code in letters":        {"volume", class("code"), map[string]any{"value": "T-28000", "scheme": "SCT", "meaning": "Lung"}, `"outputs[0].classes[0].code.value"`},
		"no boxes to detect":              {"film", keys{"task"}, "detection", `"boxes"`},
		"no mask to segment":              {"film", keys{"task"}, "segmentation", `"segmentation"`},
		"detection block of a film":       {"film", keys{"detection"}, map[string]any{"box_format": "xyxy", "box_unit": "pixels", "score_threshold": 0.1, "nms_iou": 0.5, "maximum_boxes": 9}, `"detection"`},
		"unknown box format":              {"boxes", keys{"detection", "box_format"}, "xywh", `"detection.box_format"`},
		"boxes in millimetres":            {"boxes", keys{"detection", "box_unit"}, "mm", `"detection.box_unit"`},
		"boxes dropped above a threshold": {"boxes", keys{"detection", "score_threshold"}, 0.6, `"detection.score_threshold"`},
		"overlap of 0":                    {"boxes", keys{"detection", "nms_iou"}, 0, `"detection.nms_iou"`},
		"a group without scores":          {"boxes", keys{"outputs", 4, "group"}, "other", `the group "coarse"`},
		"labels for one scale only":       {"boxes", keys{"outputs", 5, "group"}, "fine", `the group "coarse"`},
		"attention without a head":        {"slide", keys{"slide", "aggregation"}, "attention", `"slide.aggregation"`},
		"top-k without k":                 {"slide", keys{"slide", "aggregation"}, "top-k", `"slide.top_k"`},
		"head outside":                    {"pooled", keys{"outputs", 0, "head", "file"}, "../head.onnx", `"outputs[0].head.file"`},
		"head of any length":              {"pooled", keys{"outputs", 0, "head", "shape", 2}, -1, `"outputs[0].head.shape"`},
		"scale off by more than half":     {"pooled", keys{"slide", "scale_tolerance"}, 0.6, `"slide.scale_tolerance"`},
		"point of an unknown class":       {"boxes", keys{"evidence", "operating_points", 0, "class"}, "x", `"evidence.operating_points[0].class"`},
		"sensitivity off its interval":    {"boxes", keys{"evidence", "operating_points", 0, "sensitivity", "low"}, 0.92, `"evidence.operating_points[0].sensitivity.value"`},
		"calibration of nobody":           {"boxes", keys{"evidence", "calibration", 0, "n"}, 0, `"evidence.calibration[0].n"`},
		"picture outside":                 {"boxes", keys{"evidence", "calibration", 0, "picture"}, "/x.png", `"evidence.calibration[0].picture"`},
		"private scheme without a name":   {"film", keys{"outputs", 0, "classes", 0, "code", "scheme"}, "99", `"outputs[0].classes[0].code.scheme"`},
		"a region model without its crop": {"region", keys{"input", "region_crop"}, map[string]any{"width": 0, "height": 48}, `"input.region_crop"`},
		"a crop of a film":                {"film", keys{"input", "region_crop"}, map[string]any{"width": 4, "height": 6}, `"input.region_crop"`},
		"a crop that nobody marks":        {"region", keys{"input", "marked_region"}, false, `"input.marked_region"`},
		"crop and tensor of two sizes":    {"region", keys{"input", "region_crop", "width"}, 49, `"input.tensor.shape"`},
		"a head that hangs on itself":     {"region", keys{"outputs", 1, "only_if"}, "solid", `"outputs[1].only_if"`},
		"a head that hangs on a later":    {"region", keys{"outputs", 0, "only_if"}, "solid", `"outputs[0].only_if"`},
		"a mask that hangs on a class":    {"volume", keys{"outputs", 0, "only_if"}, "lung", `"outputs[0].only_if"`},
		"a patch larger than the tensor":  {"film", keys{"outputs", 0, "occlusion"}, occlusion(5, 1, 0.5), `"outputs[0].occlusion.size"`},
		"steps that leave gaps":           {"film", keys{"outputs", 0, "occlusion"}, occlusion(2, 3, 0.5), `"outputs[0].occlusion.step"`},
		"a box of no occlusion":           {"film", keys{"outputs", 0, "occlusion"}, occlusion(2, 1, 0), `"outputs[0].occlusion.box_fraction"`},
		"occlusion of a map":              {"film", keys{"outputs", 1, "occlusion"}, occlusion(2, 1, 0.5), `"outputs[1].occlusion"`},
		"occlusion of a marked region":    {"region", keys{"outputs", 0, "occlusion"}, occlusion(2, 1, 0.5), `"outputs[0].occlusion"`},
		"unsure_below above 1":            {"slide", keys{"outputs", 0, "unsure_below"}, 60, `"outputs[0].unsure_below"`},
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
	for _, name := range []string{"slide", "volume", "boxes", "pooled", "region"} {
		f.Add(encode(f, card(f, name)))
	}
	f.Add([]byte(`{"input":{"preprocess":[{"step":"resize"}]}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Parse(data)
		if err == nil && c.Check() != nil {
			t.Errorf("taken, but %v", c.Check())
		}
	})
}

// A draft is filled in or refused; what is filled in is a card.
func FuzzCompleteCard(f *testing.F) {
	for _, name := range []string{"film", "volume", "pooled"} {
		f.Add(encode(f, card(f, name)))
	}
	f.Add([]byte(`{"file":{},"input":{"tensor":{}},"outputs":[{"head":{}}]}`))
	facts := Facts{SHA256: strings.Repeat("a", 64), Graph: Graph{Opset: 17, Inputs: []ValueInfo{{Name: "image", Shape: []int64{-1, 1, 6, 4}}}}, MinimumRuntime: "1.17.0", CPU: "x"}
	f.Fuzz(func(t *testing.T, draft []byte) {
		data, c, err := CompleteCard(draft, facts)
		if err != nil {
			return
		}
		again, err := Parse(data)
		if err != nil || again.ID != c.ID || c.File.SHA256 != facts.SHA256 {
			t.Errorf("%v", err)
		}
	})
}
