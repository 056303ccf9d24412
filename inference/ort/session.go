package ort

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"

	"longying/inference"
	"longying/models"

	onnxruntime "github.com/yalue/onnxruntime_go"
)

// Options choose how a session runs.
type Options struct {
	Threads  int    // inside one operator; 0 means all CPUs but one, which is the screen's, at least one
	Provider string // one of Providers that is asked for; "" and "CPU": the CPU. Where it cannot be had, the CPU is used and Session.Provider says why
	Instead  string // why the CPU is used though another provider was asked for, for Session.Provider
	Head     []byte // of a card that has one: head.onnx, whose hash has been checked (models.Package.Head)
}

// Tolerance is how much a result on the CPU may depend on the size of the batch
// and the number of threads, in parts of its size and at least of 1: sums are
// taken in another order.
const Tolerance = 1e-5

// WarmMemory is how much memory sessions that are kept warm may take together
// unless another limit is set, in bytes.
const WarmMemory = 2 << 30

// Memory is what a session is reckoned to take, in bytes: what its card says was
// measured, and at least three times the file (the file, its weights, and those
// packed for this machine).
func Memory(card *models.Card, model int64) int64 {
	return max(int64(card.Resources.MemoryMiB)<<20, 3*model)
}

// Session is one loaded model, an inference.Runner. Runs of one session queue
// up behind each other; use it from one goroutine at a time, and one session for
// each goroutine that shall run at the same time.
type Session struct {
	env      *Environment
	id       string
	input    string
	takes    onnxruntime.TensorElementDataType
	outputs  []string
	rooms    []onnxruntime.Shape // of the outputs that are float16, else nil; -1 is the batch
	provider string
	head     *Session // of the second file of a card, nil where it has none

	mu      sync.Mutex // held while running and closing
	session *onnxruntime.DynamicAdvancedSession
}

var _ inference.Runner = (*Session)(nil)

// Load makes a session of a model whose hash has been checked
// (models.Package.Model). Its inputs and outputs must be those of the card, by
// name, type and shape, and the library new enough for it. A provider other than
// the CPU is to be tried with inference.Verify before it is believed.
func (e *Environment) Load(model []byte, card *models.Card, options Options) (*Session, error) {
	if err := e.hold(); err != nil {
		return nil, fmt.Errorf("model %s: %w", card.ID, err)
	}
	session, err := e.load(model, card, options)
	if err != nil {
		e.release()
		return nil, fmt.Errorf("model %s: %w", card.ID, err)
	}
	if h := card.Head(); h != nil {
		if session.head, err = e.Load(options.Head, headCard(card, h), options); err != nil {
			return nil, errors.Join(fmt.Errorf("%s: %w", models.HeadFile, err), session.Close())
		}
	}
	return session, nil
}

// headCard is what a card says of its second file, as a card of its own.
func headCard(card *models.Card, h *models.Head) *models.Card {
	out := &models.Card{ID: card.ID, File: card.File}
	out.Input.Tensor = models.TensorDef{Name: h.Input, Shape: h.Shape}
	for i := range card.Outputs {
		if o := &card.Outputs[i]; o.Head == h {
			out.Outputs = append(out.Outputs, models.Output{Name: h.Output, Kind: models.OutputLogits, Classes: o.Classes})
		}
	}
	if h.Attention != "" {
		out.Outputs = append(out.Outputs, models.Output{Name: h.Attention, Kind: models.OutputEmbedding})
	}
	return out
}

func (e *Environment) load(model []byte, card *models.Card, options Options) (*Session, error) {
	if older(e.version, card.File.MinimumRuntime) {
		return nil, fmt.Errorf("it needs ONNX Runtime %s, this is %s: run `make setup`", card.File.MinimumRuntime, e.version)
	}
	if len(model) == 0 {
		return nil, fmt.Errorf("%s is empty; install the package again", models.ModelFile)
	}
	inputs, outputs, err := onnxruntime.GetInputOutputInfoWithONNXData(model)
	if err != nil {
		return nil, fmt.Errorf("%s cannot be loaded: %w; install the package again", models.ModelFile, err)
	}
	if err := matchCard(card, inputs, outputs); err != nil {
		return nil, err
	}
	s := &Session{env: e, id: card.ID, input: card.Input.Tensor.Name, takes: inputs[0].DataType, provider: CPU}
	for _, out := range card.Outputs {
		s.outputs = append(s.outputs, out.Name)
		var room onnxruntime.Shape
		if info := find(outputs, out.Name); info.DataType == onnxruntime.TensorElementDataTypeFloat16 {
			room = info.Dimensions
		}
		s.rooms = append(s.rooms, room)
	}
	instead := options.Instead
	if p := options.Provider; p != "" && p != CPU {
		if err = s.open(model, options); err == nil {
			s.provider = p
			return s, nil
		}
		instead = Refused(p, err)
	}
	options.Provider = CPU
	if err := s.open(model, options); err != nil {
		return nil, fmt.Errorf("%s cannot be loaded: %w; install the package again", models.ModelFile, err)
	}
	if instead != "" {
		s.provider = CPU + "; " + instead
	}
	return s, nil
}

// open makes the session with the provider of the options, or says why not.
func (s *Session) open(model []byte, options Options) error {
	o, err := sessionOptions(options)
	if err != nil {
		return err
	}
	defer o.Destroy()
	if err := appendProvider(o, options.Provider); err != nil {
		return err
	}
	s.session, err = onnxruntime.NewDynamicAdvancedSessionWithONNXData(model, []string{s.input}, s.outputs, o)
	return err
}

func sessionOptions(options Options) (*onnxruntime.SessionOptions, error) {
	threads := options.Threads
	if threads <= 0 {
		threads = max(1, runtime.NumCPU()-1)
	}
	o, err := onnxruntime.NewSessionOptions()
	if err != nil {
		return nil, fmt.Errorf("ONNX Runtime session options: %w", err)
	}
	err = errors.Join(o.SetIntraOpNumThreads(threads), o.SetInterOpNumThreads(1), o.SetLogSeverityLevel(onnxruntime.LoggingLevelError))
	if err != nil {
		o.Destroy()
		return nil, fmt.Errorf("ONNX Runtime session options: %w", err)
	}
	return o, nil
}

// Provider is the execution provider, one of Providers; where another was asked
// for than is used, the reason follows behind "; ".
func (s *Session) Provider() string { return s.provider }

// RuntimeVersion is "ONNX Runtime" and the library's version.
func (s *Session) RuntimeVersion() string { return "ONNX Runtime " + s.env.version }

// Close frees the model. Closing twice does nothing.
func (s *Session) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.session == nil {
		return nil
	}
	err := s.session.Destroy()
	s.session = nil
	s.env.release()
	if s.head != nil {
		err = errors.Join(err, s.head.Close())
	}
	return err
}

// Run evaluates the graph on the one input that the card names and returns the
// outputs asked for; where those are its head's, the head on its input. When ctx is done ONNX Runtime is told to stop, which it does
// between two operators, and the error is ctx.Err().
func (s *Session) Run(ctx context.Context, inputs map[string]inference.Tensor, outputs []string) (map[string]inference.Tensor, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.session == nil {
		return nil, fmt.Errorf("model %s: the session is closed", s.id)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if s.head != nil && !slices.ContainsFunc(outputs, func(name string) bool { return !slices.Contains(s.head.outputs, name) }) {
		return s.head.Run(ctx, inputs, outputs)
	}
	in, ok := inputs[s.input]
	if !ok || len(inputs) != 1 {
		return nil, fmt.Errorf("model %s takes exactly the input %q", s.id, s.input)
	}
	if in.Size() != int64(len(in.Data)) || len(in.Data) == 0 {
		return nil, fmt.Errorf("model %s: input %q of shape %v holds %d values", s.id, s.input, in.Shape, len(in.Data))
	}
	values, err := s.evaluate(ctx, in)
	defer func() {
		for _, v := range values {
			if v != nil {
				v.Destroy()
			}
		}
	}()
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fmt.Errorf("model %s: %w", s.id, err)
	}
	all := map[string]inference.Tensor{}
	for i, v := range values {
		if !slices.Contains(outputs, s.outputs[i]) {
			continue
		}
		t, err := output(v)
		if err != nil {
			return nil, fmt.Errorf("model %s: output %q: %w", s.id, s.outputs[i], err)
		}
		all[s.outputs[i]] = t
	}
	chosen := make(map[string]inference.Tensor, len(outputs))
	for _, name := range outputs {
		t, ok := all[name]
		if !ok {
			return nil, fmt.Errorf("model %s has no output %q", s.id, name)
		}
		chosen[name] = t
	}
	return chosen, nil
}

// evaluate runs the graph; the values it returns, also beside an error, are to
// be destroyed.
func (s *Session) evaluate(ctx context.Context, in inference.Tensor) ([]onnxruntime.Value, error) {
	input, err := input(in, s.takes)
	if err != nil {
		return nil, fmt.Errorf("input %q: %w", s.input, err)
	}
	defer input.Destroy()
	options, err := onnxruntime.NewRunOptions()
	if err != nil {
		return nil, fmt.Errorf("ONNX Runtime run options: %w", err)
	}
	defer options.Destroy()
	// The options outlive the call that terminates them: when it cannot be
	// stopped any more, wait for it.
	told := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(told)
		options.Terminate() //nolint:errcheck // it fails only on destroyed options
	})
	values, err := s.places(in.Shape[0])
	if err == nil {
		err = s.session.RunWithOptions([]onnxruntime.Value{input}, values, options)
	}
	if !stop() {
		<-told
		if err == nil {
			err = ctx.Err()
		}
	}
	return values, err
}

// places makes room for the outputs that the binding cannot make room for; the
// others are nil. Those made are returned beside an error too.
func (s *Session) places(batch int64) ([]onnxruntime.Value, error) {
	values := make([]onnxruntime.Value, len(s.outputs))
	for i, room := range s.rooms {
		if room == nil {
			continue
		}
		shape := room.Clone()
		if len(shape) > 0 && shape[0] == -1 {
			shape[0] = batch
		}
		v, err := onnxruntime.NewCustomDataTensor(shape, make([]byte, 2*shape.FlattenedSize()), onnxruntime.TensorElementDataTypeFloat16)
		if err != nil {
			return values, fmt.Errorf("output %q: %w", s.outputs[i], err)
		}
		values[i] = v
	}
	return values, nil
}
