package catalogue

import (
	"archive/zip"
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/fstest"
	"time"

	"longying/app/worker"
	"longying/inference"
	"longying/models"
)

// What a damaged file does to the runtime it does in another process: here it is
// an answer, an error or a *worker.Failure, and the next model runs.
func TestADamagedModelNeverTakesTheProgramWithIt(t *testing.T) {
	s := newSite(t, 20*time.Second)
	whole := tiny(t, "tiny", "1.0.0")
	pkg := func(model []byte) *models.Package {
		f := tiny(t, "tiny", "1.0.0", func(_ map[string]any, f files) { f[models.ModelFile] = model })
		fsys := fstest.MapFS{}
		for name, data := range f {
			fsys[name] = &fstest.MapFile{Data: data}
		}
		p, err := models.Load(fsys, ".")
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	trial := s.trial()
	defer trial.Close()
	try := func(p *models.Package) error {
		runner, err := trial.Load(p)
		if err != nil {
			return err
		}
		return inference.Verify(t.Context(), p, runner)
	}
	model := whole[models.ModelFile]
	dice := rand.New(rand.NewPCG(1, 2))
	taken, failed := 0, 0
	for i := range 40 {
		bad := slices.Clone(model)
		switch {
		case i < 8:
			bad = bad[:1+len(bad)*i/8]
		case i < 16:
			bad = append(bad[:dice.IntN(len(bad))], bytes.Repeat([]byte{byte(dice.Uint32())}, 64)...)
		default:
			for range 1 + i%3 {
				bad[dice.IntN(len(bad))] ^= byte(1 + dice.IntN(255))
			}
		}
		err := try(pkg(bad))
		var f *worker.Failure
		switch {
		case err == nil:
			taken++ // a name that nobody reads
		case errors.As(err, &f):
			t.Logf("damage %d: %v", i, f)
		}
		if err != nil {
			failed++
		}
	}
	if failed < 20 {
		t.Errorf("%d of 40 damaged models failed, %d passed", failed, taken)
	}
	if err := try(pkg(model)); err != nil {
		t.Errorf("the whole model, afterwards: %v", err)
	}
}

// The property is: an error, or a list of names that stay inside, within the
// limits.
func FuzzOpenSource(f *testing.F) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range []string{"a/card.json", "a/model.onnx", "a/test/in.f32"} {
		w, err := z.Create(name)
		if err != nil {
			f.Fatal(err)
		}
		if _, err := w.Write([]byte("hello")); err != nil {
			f.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add([]byte("PK\x05\x06"))
	path := filepath.Join(f.TempDir(), "x.zip")
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := openSource(path)
		if err != nil {
			return
		}
		defer s.close()
		for _, n := range s.names {
			if !filepath.IsLocal(n) || len(n) > longestName {
				t.Errorf("took %q", n)
			}
		}
		if _, err := s.read(models.CardFile, 1<<16); err != nil {
			return
		}
		into := t.TempDir()
		if _, err := s.take(into, &models.Card{}); err != nil {
			return
		}
	})
}
