package station

import (
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

// Sessions keeps one ONNX Runtime environment and one session a model, made
// where they are first used and kept warm.
type Sessions struct {
	library, executable string

	mu    sync.Mutex
	env   *ort.Environment
	byKey map[string]*shared
}

// NewSessions looks for the runtime library only when the first model runs.
func NewSessions(library, executable string) *Sessions {
	return &Sessions{library: library, executable: executable, byKey: map[string]*shared{}}
}

// shared is a session that several callers take turns at (ort.Session queues
// them); closing it gives it back.
type shared struct{ inference.Runner }

// Close gives the session back; it stays warm until Sessions.Close.
func (s *shared) Close() error { return nil }

// Load gives a session of a model package.
func (s *Sessions) Load(pkg *models.Package) (inference.Runner, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := pkg.Card.ID + "@" + pkg.Card.File.SHA256
	if r, ok := s.byKey[key]; ok {
		return r, nil
	}
	if err := s.open(); err != nil {
		return nil, err
	}
	model, err := pkg.Model()
	if err != nil {
		return nil, err
	}
	session, err := s.env.Load(model, pkg.Card, ort.Options{})
	if err != nil {
		return nil, err
	}
	r := &shared{Runner: session}
	s.byKey[key] = r
	return r, nil
}

func (s *Sessions) open() error {
	if s.env != nil {
		return nil
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = "" // then the library can only lie beside the program
	}
	path, err := ort.FindLibrary(ort.LibraryPaths(s.library, s.executable, cache)...)
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
	s.byKey = map[string]*shared{}
	if s.env != nil {
		if err := s.env.Close(); err != nil && first == nil {
			first = err
		}
		s.env = nil
	}
	return first
}
