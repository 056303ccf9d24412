package catalogue

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"longying/models"
)

// draft takes out of a card what packing fills in.
func draft(card map[string]any, f files) {
	card["file"] = map[string]any{"sha256": ""}
	delete(card, "resources")
	delete(card, "schema")
	delete(card["input"].(map[string]any)["tensor"].(map[string]any), "name")
	data, err := json.Marshal(card)
	if err != nil {
		panic(err)
	}
	f[models.CardFile] = data
}

func (s *site) pack(t *testing.T, folder, out string) (Packed, error) {
	t.Helper()
	trial := s.trial()
	defer trial.Close()
	return Pack(t.Context(), folder, out, trial)
}

func TestAPackIsFilledInAndCanBeInstalled(t *testing.T) {
	s := newSite(t, time.Minute)
	from := tiny(t, "tiny", "1.0.0", draft)
	from["notes.txt"] = []byte("mine")
	folder := from.folder(t)
	out := filepath.Join(t.TempDir(), "tiny.zip")
	p, err := s.pack(t, folder, out)
	if err != nil {
		t.Fatal(err)
	}
	c := p.Card
	if c.File.Opset != 17 || c.Input.Tensor.Name != "image" || !(c.Resources.Seconds > 0) || c.Resources.CPU == "" ||
		c.Resources.MemoryMiB < 1 || models.CompareVersions(c.File.MinimumRuntime, "1.17.0") < 0 || c.Schema != models.SchemaVersion {
		t.Errorf("filled in: %+v %+v %+v", c.File, c.Input.Tensor, c.Resources)
	}
	if len(p.Left) != 1 || p.Left[0] != "notes.txt" {
		t.Errorf("left: %v", p.Left)
	}
	if data, err := os.ReadFile(filepath.Join(folder, models.CardFile)); err != nil || string(data) != string(from[models.CardFile]) {
		t.Errorf("the draft was changed: %v", err)
	}
	if res, err := s.Install(t.Context(), s.admin, out, false, nil); err != nil || res.Card.File.SHA256 != c.File.SHA256 || len(res.Left) != 0 {
		t.Errorf("got %+v, %v", res, err)
	}
	if _, err := s.pack(t, folder, out); err == nil || !strings.Contains(err.Error(), "there already") {
		t.Errorf("overwritten: %v", err)
	}
}

func TestADraftThatIsWrongOrACaseThatIsNotMetMakesNoPack(t *testing.T) {
	s := newSite(t, time.Minute)
	for name, c := range map[string]struct {
		change func(map[string]any, files)
		want   string
	}{
		"an unknown key": {func(c map[string]any, f files) { c["surprise"] = 1; draft(c, f) }, "surprise"},
		"a key twice": {func(c map[string]any, f files) {
			draft(c, f)
			f[models.CardFile] = append([]byte(`{"id":"a",`), f[models.CardFile][1:]...)
		}, "twice"},
		"no purpose":     {func(c map[string]any, f files) { delete(c, "purpose"); draft(c, f) }, "purpose"},
		"another answer": {func(c map[string]any, f files) { draft(c, f); f["test/out.f32"] = floats(0.5) }, "wanted 0.5"},
		"a shape of its own": {func(c map[string]any, f files) {
			c["input"].(map[string]any)["tensor"].(map[string]any)["shape"] = []any{-1, 1, 3, 3}
			draft(c, f)
		}, "shape"},
		"an output not in it":  {func(c map[string]any, f files) { c["outputs"].([]any)[1].(map[string]any)["name"] = "map"; draft(c, f) }, `"map"`},
		"a text for the model": {func(c map[string]any, f files) { draft(c, f); f[models.ModelFile] = []byte("hello") }, "ONNX"},
	} {
		out := filepath.Join(t.TempDir(), "x.zip")
		if _, err := s.pack(t, tiny(t, "tiny", "1.0.0", c.change).folder(t), out); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
		if _, err := os.Stat(out); err == nil {
			t.Errorf("%s: a pack was written", name)
		}
	}
}
