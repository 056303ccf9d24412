package station

import (
	"errors"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"longying/inference/ort"
	"longying/models"
)

// sessions gives an empty loader; it skips where ONNX Runtime is absent, unless
// this is a build machine (CI is set).
func sessions(t *testing.T, o SessionOptions) *Sessions {
	t.Helper()
	o.Library = os.Getenv("LONGYING_ORT_LIBRARY")
	s := NewSessions(o)
	if _, err := s.Runtime(); err != nil && os.Getenv("CI") == "" {
		t.Skip(err)
	} else if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// renamed gives a package under other names.
func renamed(t *testing.T, names ...string) []*models.Package {
	t.Helper()
	packages, broken := models.LoadShipped()
	if len(packages) == 0 {
		t.Fatal(broken)
	}
	var out []*models.Package
	for _, name := range names {
		card := *packages[0].Card
		card.ID, card.Resources.MemoryMiB = name, 100
		out = append(out, &models.Package{Card: &card, Files: packages[0].Files})
	}
	return out
}

func TestTheModelUnusedForLongestIsClosedWhereTheyTakeTooMuchMemoryAndNeverOneInUse(t *testing.T) {
	s := sessions(t, SessionOptions{Warm: 250 << 20}) // two of 100 MiB
	ps := renamed(t, "a", "b", "c")
	use := func(p *models.Package) func() {
		t.Helper()
		r, err := s.Load(p)
		if err != nil {
			t.Fatal(err)
		}
		return func() {
			t.Helper()
			if err := r.Close(); err != nil {
				t.Error(err)
			}
			r.Close() // twice does nothing
		}
	}
	is := func(want string) {
		t.Helper()
		got := ""
		for _, p := range ps {
			if s.byKey[p.Key()] != nil {
				got += p.Card.ID
			}
		}
		if got != want {
			t.Errorf("%s are warm, want %s", got, want)
		}
	}
	use(ps[0])()
	use(ps[1])()
	is("ab")
	use(ps[0])() // b is the oldest now
	use(ps[2])()
	is("ac")
	a, b, c := use(ps[0]), use(ps[1]), use(ps[2])
	is("abc") // all in use
	b()
	is("ac") // b was the only one that nobody used
	c()
	a()
	is("ac")
	one := use(ps[0])
	two := use(ps[0])
	one()
	use(ps[1])()
	use(ps[2])()
	is("ac") // a has a user still
	two()
}

func TestAProviderThatFailsThePackagesTestIsReplacedByTheCPUAndSaid(t *testing.T) {
	s := sessions(t, SessionOptions{Provider: "cuda"})
	p := renamed(t, "a")[0]
	r, err := s.Load(p)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if got := r.Provider(); got != "CUDA" && !strings.HasPrefix(got, "CPU; CUDA was asked for and is not used: ") {
		t.Error(got)
	}
}

func TestAModelThatCannotBeLoadedLeavesNothingWarm(t *testing.T) {
	s := sessions(t, SessionOptions{})
	p := renamed(t, "a")[0]
	p.Files = fstest.MapFS{models.ModelFile: {Data: []byte("no model")}}
	var hash *models.HashError
	if _, err := s.Load(p); !errors.As(err, &hash) || len(s.byKey) > 0 {
		t.Errorf("%v, %d warm", err, len(s.byKey))
	}
	if ort.Memory(p.Card, 1<<30) != 3<<30 || ort.Memory(p.Card, 1) != 100<<20 {
		t.Error("the reckoned memory is neither the card's nor three times the file")
	}
}
