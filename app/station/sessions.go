package station

import (
	"context"
	"errors"
	"os"
	"sync"

	"longying/inference"
	"longying/inference/ort"
	"longying/models"
)

// ModelLoader loads models: Sessions in this process, worker.Models each in a
// process of its own.
type ModelLoader interface {
	// Load gives a session of a model package; closing it gives it back.
	Load(pkg *models.Package) (inference.Runner, error)
	// Runtime is the version of ONNX Runtime, or why it cannot be loaded.
	Runtime() (string, error)
	Close() error
}

var _ ModelLoader = (*Sessions)(nil)

// SessionOptions say where ONNX Runtime lies and how it is used.
type SessionOptions struct {
	Library    string // of ONNX Runtime; "": looked for, see ort.LibraryPaths
	Executable string // this program
	Provider   string // one of ort.Providers, however a person spells it; "": the CPU
	Warm       int64  // memory of the sessions kept warm, in bytes as ort.Memory reckons; 0: ort.WarmMemory
}

// Sessions keeps one ONNX Runtime environment and one session a model, made
// where they are first used and kept warm while they fit in the memory: beyond
// it those that nobody uses are closed, the one unused for longest first.
type Sessions struct {
	options SessionOptions

	mu    sync.Mutex
	env   *ort.Environment
	byKey map[string]*warm
	clock uint64 // counts uses
}

// NewSessions looks for the runtime library only when the first model runs.
func NewSessions(o SessionOptions) *Sessions {
	if o.Warm <= 0 {
		o.Warm = ort.WarmMemory
	}
	return &Sessions{options: o, byKey: map[string]*warm{}}
}

// warm is a session that several callers take turns at (ort.Session queues them).
type warm struct {
	inference.Runner
	memory int64
	users  int
	last   uint64 // Sessions.clock of the last use
}

// lent is a session in the hands of one caller; closing it gives it back.
type lent struct {
	inference.Runner
	give func() error
}

var _ inference.Runner = (*lent)(nil)

// Close gives the session back.
func (l *lent) Close() error { return l.give() }

// Load gives a session of a model package. A provider other than the CPU is used
// only where the package passes its own test on it.
func (s *Sessions) Load(pkg *models.Package) (inference.Runner, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := pkg.Key()
	w, ok := s.byKey[key]
	if !ok {
		model, err := pkg.Model()
		if err != nil {
			return nil, err
		}
		runner, err := s.load(pkg, model)
		if err != nil {
			return nil, err
		}
		w = &warm{Runner: runner, memory: ort.Memory(pkg.Card, int64(len(model)))}
		s.byKey[key] = w
	}
	w.users++
	s.clock++
	w.last = s.clock
	give := sync.OnceValue(func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		w.users--
		return s.trim()
	})
	return &lent{w.Runner, give}, s.trim()
}

// load makes a session, on the provider asked for where the package's own test
// passes there.
func (s *Sessions) load(pkg *models.Package, model []byte) (inference.Runner, error) {
	if err := s.open(); err != nil {
		return nil, err
	}
	head, err := pkg.Head()
	if err != nil {
		return nil, err
	}
	provider := ort.ProviderNamed(s.options.Provider)
	session, err := s.env.Load(model, pkg.Card, ort.Options{Provider: provider, Head: head})
	if err != nil || session.Provider() != provider || provider == ort.CPU {
		return session, err
	}
	failed := inference.Verify(context.Background(), pkg, session)
	if failed == nil {
		return session, nil
	}
	if err := session.Close(); err != nil {
		return nil, err
	}
	return s.env.Load(model, pkg.Card, ort.Options{Instead: ort.Refused(provider, failed), Head: head})
}

// trim closes sessions that nobody uses while all take too much memory.
func (s *Sessions) trim() error {
	var errs error
	for {
		var total int64
		oldest := ""
		for key, w := range s.byKey {
			total += w.memory
			if w.users == 0 && (oldest == "" || w.last < s.byKey[oldest].last) {
				oldest = key
			}
		}
		if total <= s.options.Warm || oldest == "" {
			return errs
		}
		errs = errors.Join(errs, s.byKey[oldest].Runner.Close())
		delete(s.byKey, oldest)
	}
}

func (s *Sessions) open() error {
	if s.env != nil {
		return nil
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = "" // then the library can only lie beside the program
	}
	path, err := ort.FindLibrary(ort.LibraryPaths(s.options.Library, s.options.Executable, cache)...)
	if err != nil {
		return err
	}
	s.env, err = ort.Open(path)
	return err
}

// Runtime is the runtime's version, or why it cannot be loaded.
func (s *Sessions) Runtime() (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.open(); err != nil {
		return "", err
	}
	return s.env.Version(), nil
}

// Close ends every session and the environment.
func (s *Sessions) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var first error
	for _, r := range s.byKey {
		if err := r.Runner.Close(); err != nil && first == nil {
			first = err
		}
	}
	s.byKey = map[string]*warm{}
	if s.env != nil {
		if err := s.env.Close(); err != nil && first == nil {
			first = err
		}
		s.env = nil
	}
	return first
}
