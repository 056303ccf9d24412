package worker

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"maps"
	"math"
	"slices"
	"sync"
	"time"
	"unsafe"

	"longying/inference"
	"longying/inference/ort"
	"longying/models"
)

// Models loads model packages, each into a process of its own, and keeps them
// warm while they fit in Options.Warm and are at most Options.Processes: beyond it
// the one unused for longest that does not run is ended, and loaded again when it
// is wanted. It is safe for use by several
// goroutines.
type Models struct {
	launcher
	library, executable string

	mapMu    sync.Mutex
	sessions map[string]*session // by id and hash
	clock    uint64              // counts uses
}

// processMemory is what a process takes besides its model, in bytes.
const processMemory = 64 << 20

// NewModels starts nothing yet. library is the path of ONNX Runtime, empty where
// it is looked for beside executable, this program, and in the user's cache.
func NewModels(o Options, library, executable string) *Models {
	if o.Processes <= 0 {
		o.Processes = math.MaxInt
	}
	if o.Warm <= 0 {
		o.Warm = ort.WarmMemory
	}
	o.Provider = ort.ProviderNamed(o.Provider)
	if o.Memory <= 0 {
		o.Memory = RunMemory()
	}
	if o.Timeout <= 0 {
		o.Timeout = 15 * time.Minute
	}
	return &Models{launcher: launcher{kind: kindRun, options: o}, library: library, executable: executable, sessions: map[string]*session{}}
}

// Memory is the limit of one process, in bytes.
func (m *Models) Memory() int64 { return m.options.Memory }

// Load starts a process with a model package in it, or gives the one that is
// there. Errors are those of ort.Environment.Load, and *Failure.
//
// A provider other than the CPU is used only where the package passes its own
// test on it.
func (m *Models) Load(pkg *models.Package) (inference.Runner, error) {
	s := m.session(pkg)
	if err := s.load(); err != nil {
		return nil, err
	}
	return s, nil
}

// session gives the one of a package.
func (m *Models) session(pkg *models.Package) *session {
	m.mapMu.Lock()
	defer m.mapMu.Unlock()
	key := pkg.Key()
	s, ok := m.sessions[key]
	if !ok {
		s = &session{models: m, pkg: pkg, turn: make(chan struct{}, 1)}
		m.sessions[key] = s
	}
	return s
}

// PeakMemory is the most memory that the process of a loaded model has taken, in
// bytes, the tensors that pass included; 0 where none is loaded or this system
// does not tell.
func (m *Models) PeakMemory(pkg *models.Package) int64 {
	m.mapMu.Lock()
	s := m.sessions[pkg.Key()]
	m.mapMu.Unlock()
	if s == nil {
		return 0
	}
	s.turn <- struct{}{}
	defer func() { <-s.turn }()
	if s.process == nil {
		return 0
	}
	return peakOf(s.process.cmd.Process.Pid)
}

// Runtime is the version of ONNX Runtime as a process of its own finds it, or
// why it cannot be loaded.
func (m *Models) Runtime() (string, error) {
	job := Job{"looking for", "ONNX Runtime"}
	p, err := m.start(context.Background(), job)
	if err != nil {
		return "", err
	}
	defer p.end()
	var a runAnswer
	q := runQuestion{Library: m.library, Executable: m.executable}
	if _, _, err := p.ask(context.Background(), startLimit, q, 0, &a, 0); err != nil {
		return "", p.failure(job, err)
	}
	return a.Version, a.err()
}

// start starts an empty process.
func (m *Models) start(ctx context.Context, job Job) (*process, error) {
	p, err := m.launch()
	if err != nil {
		return nil, notStarted(job, err)
	}
	if err := p.greet(ctx, m.kind); err != nil {
		if ctx.Err() != nil {
			p.end()
			return nil, ctx.Err()
		}
		return nil, notStarted(job, p.failure(job, err))
	}
	return p, nil
}

// Close ends every process and returns when all are gone; what runs fails.
func (m *Models) Close() error {
	m.launcher.close()
	m.mapMu.Lock()
	all := slices.Collect(maps.Values(m.sessions))
	m.mapMu.Unlock()
	for _, s := range all {
		s.turn <- struct{}{} // what ran has failed: its process is gone
		s.drop()
		<-s.turn
	}
	return nil
}

// used counts a use of a session, and ends processes that are idle where there
// are too many.
func (m *Models) used(s *session) {
	m.mapMu.Lock()
	defer m.mapMu.Unlock()
	m.clock++
	s.last = m.clock
	warm := []*session{}
	for _, o := range m.sessions {
		if o != s && o.warm.Load() {
			warm = append(warm, o)
		}
	}
	slices.SortFunc(warm, func(a, b *session) int { return cmp.Compare(a.last, b.last) })
	total, count := s.memory, 1
	for _, o := range warm {
		total, count = total+o.memory, count+1
	}
	for _, o := range warm {
		if total <= m.options.Warm && count <= m.options.Processes {
			break
		}
		select {
		case o.turn <- struct{}{}:
			total, count = total-o.memory, count-1
			o.drop()
			<-o.turn
		default: // it runs
		}
	}
}

// runQuestion is a question to a process that runs a model: to load one, whose
// bytes lie at 0 and its head's behind them, to run it, or with neither, which runtime there is.
type runQuestion struct {
	Library    string         `json:"library,omitempty"`
	Executable string         `json:"executable,omitempty"`
	Card       []byte         `json:"card,omitempty"`  // card.json
	Model      int64          `json:"model,omitempty"` // bytes of the model
	Provider   string         `json:"provider,omitempty"`
	Instead    string         `json:"instead,omitempty"` // see ort.Options
	Run        bool           `json:"run,omitempty"`
	Inputs     []tensorHeader `json:"inputs,omitempty"`
	Outputs    []string       `json:"outputs,omitempty"`
}

// tensorHeader is a tensor whose float32 values lie at At.
type tensorHeader struct {
	Name  string  `json:"name"`
	Shape []int64 `json:"shape"`
	At    int64   `json:"at"`
	Count int64   `json:"count"` // of the values
}

// runAnswer is what comes back.
type runAnswer struct {
	Version  string         `json:"version,omitempty"` // of the library
	Runtime  string         `json:"runtime,omitempty"`
	Provider string         `json:"provider,omitempty"`
	Outputs  []tensorHeader `json:"outputs,omitempty"`
	Error    string         `json:"error,omitempty"`
	Looked   []string       `json:"looked,omitempty"` // where the library is not
}

func (a *runAnswer) err() error {
	switch {
	case a.Looked != nil:
		return &ort.MissingError{Looked: a.Looked}
	case a.Error != "":
		return errors.New(a.Error)
	}
	return nil
}

// tensorAlign is what the values of each tensor are aligned to, in bytes.
const tensorAlign = 64

func aligned(n int64) int64 { return (n + tensorAlign - 1) &^ (tensorAlign - 1) }

// place lays tensors one behind the other from at on. Values are not copied yet.
func place(names []string, tensors map[string]inference.Tensor, at int64) ([]tensorHeader, int64) {
	out := make([]tensorHeader, 0, len(names))
	for _, name := range names {
		t := tensors[name]
		at = aligned(at)
		out = append(out, tensorHeader{Name: name, Shape: t.Shape, At: at, Count: int64(len(t.Data))})
		at += 4 * int64(len(t.Data))
	}
	return out, at
}

// floats are the values of a tensor in memory; an *answerError says that they
// are not in it, or not as many as the shape says.
func (h *tensorHeader) floats(memory []byte, low, high int64) ([]float32, error) {
	count := int64(1)
	for _, d := range h.Shape {
		if d < 0 || d > 0 && count > math.MaxInt32*8/d {
			return nil, answerf("tensor %.80q of shape %v", h.Name, h.Shape)
		}
		count *= d
	}
	if len(h.Shape) > 16 || h.Count != count || h.At < low || h.At%4 != 0 || h.At > high || h.Count > (high-h.At)/4 {
		return nil, answerf("tensor %.80q of shape %v with %d values at %d of %d", h.Name, h.Shape, h.Count, h.At, high)
	}
	return floatsAt(memory, h.At, h.Count), nil
}

// floatsAt are bytes as float32 in the machine's order; at is a multiple of 4.
func floatsAt(memory []byte, at, count int64) []float32 {
	if count == 0 {
		return nil
	}
	return unsafe.Slice((*float32)(unsafe.Pointer(&memory[at])), count)
}

func missing(err error) []string {
	var m *ort.MissingError
	if errors.As(err, &m) && errors.Is(err, fs.ErrNotExist) {
		return m.Looked
	}
	return nil
}

func jobOf(pkg *models.Package) Job { return Job{"model", pkg.Card.ID} }
