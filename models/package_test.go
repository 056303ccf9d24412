package models

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
)

// film is a package in a folder, whose card carries the hash of its model.
func film(t *testing.T, dir string) fstest.MapFS {
	t.Helper()
	model := []byte("not really a graph")
	sum := sha256.Sum256(model)
	tree := card(t, "film")
	set(tree, keys{"file", "sha256"}, hex.EncodeToString(sum[:]))
	return fstest.MapFS{
		dir + "/card.json":  {Data: encode(t, tree)},
		dir + "/model.onnx": {Data: model},
	}
}

func TestAPackageIsLoadedWithItsModel(t *testing.T) {
	p, err := Load(film(t, "film"), "film")
	if err != nil {
		t.Fatal(err)
	}
	model, err := p.Model()
	if err != nil || string(model) != "not really a graph" || p.Card.ID != "film" {
		t.Errorf("got %q, %v", model, err)
	}
}

func TestAModelWhoseHashDiffersGivesOneClearError(t *testing.T) {
	files := film(t, "film")
	p, err := Load(files, "film")
	if err != nil {
		t.Fatal(err)
	}
	files["film/model.onnx"] = &fstest.MapFile{Data: []byte("not really a Graph")}
	// printf 'not really a Graph' | sha256sum
	const found = "34c894d907eec7ef0a8366c72efa69732213ce21e72072ea499b2bfe8facd5b0"
	_, loading := Load(files, "film")
	_, reading := p.Model() // changed after it was loaded
	for name, err := range map[string]error{"Load": loading, "Model": reading} {
		var wrong *HashError
		if !errors.As(err, &wrong) || wrong.ID != "film" || wrong.Found != found || wrong.Expected != p.Card.File.SHA256 {
			t.Errorf("%s: got %v", name, err)
			continue
		}
		for _, part := range []string{"film", "model.onnx", found, wrong.Expected, "install the package again"} {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%s: %q does not name %q", name, err, part)
			}
		}
	}
}

func TestTheHeadIsHashedAsTheModelIs(t *testing.T) {
	files := fstest.MapFS{"pooled/model.onnx": {Data: []byte("graph")}, "pooled/head.onnx": {Data: []byte("head")}}
	tree := card(t, "pooled")
	hash := func(s string) string { sum := sha256.Sum256([]byte(s)); return hex.EncodeToString(sum[:]) }
	set(tree, keys{"file", "sha256"}, hash("graph"))
	set(tree, keys{"outputs", 0, "head", "sha256"}, hash("head"))
	files["pooled/card.json"] = &fstest.MapFile{Data: encode(t, tree)}
	p, err := Load(files, "pooled")
	if err != nil {
		t.Fatal(err)
	}
	if head, err := p.Head(); err != nil || string(head) != "head" {
		t.Errorf("got %q, %v", head, err)
	}
	files["pooled/head.onnx"] = &fstest.MapFile{Data: []byte("Head")}
	_, loading := Load(files, "pooled")
	_, reading := p.Head()
	for _, err := range []error{loading, reading} {
		var wrong *HashError
		if !errors.As(err, &wrong) || wrong.File != HeadFile || !strings.Contains(err.Error(), "head.onnx") {
			t.Errorf("got %v", err)
		}
	}
}

func TestAFolderThatIsNoSoundPackageIsAnErrorThatNamesIt(t *testing.T) {
	for name, c := range map[string]struct {
		dir    string
		change func(fstest.MapFS)
		want   string
		is     error
	}{
		"folder of another name": {"other", func(fstest.MapFS) {}, `key "id" says "film"`, nil},
		"no card":                {"film", func(f fstest.MapFS) { delete(f, "film/card.json") }, "no card.json", ErrNotPackage},
		"no model":               {"film", func(f fstest.MapFS) { delete(f, "film/model.onnx") }, "model.onnx", fs.ErrNotExist},
		"card is a text":         {"film", func(f fstest.MapFS) { f["film/card.json"] = &fstest.MapFile{Data: []byte("hello")} }, "card.json", nil},
		"card of 2 MiB":          {"film", func(f fstest.MapFS) { f["film/card.json"] = &fstest.MapFile{Data: make([]byte, 2<<20)} }, "larger than", nil},
	} {
		t.Run(name, func(t *testing.T) {
			files := film(t, c.dir)
			c.change(files)
			_, err := Load(files, c.dir)
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), c.dir) || c.is != nil && !errors.Is(err, c.is) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestOnePackageThatCannotBeLoadedDoesNotHoldUpTheOthers(t *testing.T) {
	files := film(t, "film")
	for name, file := range film(t, "damaged") {
		files[name] = file
	}
	files["README.md"] = &fstest.MapFile{Data: []byte("hello")}
	packages, errs := loadAll(files)
	if len(packages) != 1 || packages[0].Card.ID != "film" || len(errs) != 1 || !strings.Contains(errs[0].Error(), "damaged") {
		t.Errorf("got %d packages, %v", len(packages), errs)
	}
}

func TestEveryShippedPackageLoads(t *testing.T) {
	packages, errs := LoadShipped()
	for _, err := range errs {
		t.Error(err)
	}
	found := map[string]bool{}
	for _, p := range packages {
		found[p.Card.ID] = true
		if _, err := p.Model(); err != nil {
			t.Error(err)
		}
		for _, name := range []string{"LICENSE", "README.md", p.Card.Tests.Cases, p.Card.Tests.Preprocess} {
			if info, err := fs.Stat(p.Files, name); err != nil || info.Size() == 0 {
				t.Errorf("%s: %s: %v", p.Card.ID, name, err)
			}
		}
		if _, err := fs.Stat(p.Files, "train"); err == nil {
			t.Errorf("%s: the training folder is inside the program", p.Card.ID)
		}
	}
	if !found["cxr-paediatric-pneumonia"] {
		t.Errorf("shipped: %v", found)
	}
}

func TestNoShippedClassIsWordedAsNormal(t *testing.T) {
	packages, _ := LoadShipped()
	for _, p := range packages {
		for _, o := range p.Card.Outputs {
			for _, k := range o.Classes {
				if strings.Contains(strings.ToLower(k.Label.En), "normal") || strings.Contains(k.Label.Zh, "正常") {
					t.Errorf("%s: class %s is called %q, %q", p.Card.ID, k.Key, k.Label.En, k.Label.Zh)
				}
			}
		}
	}
}
