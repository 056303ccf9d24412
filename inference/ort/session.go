package ort

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"

	"longying/inference"
	"longying/models"

	onnxruntime "github.com/yalue/onnxruntime_go"
)

// Options choose how a session runs.
type Options struct {
	Threads int // inside one operator; 0 means all CPUs but one, at least one
}

// Session is one loaded model, an inference.Runner. Runs of one session queue
// up behind each other; use it from one goroutine at a time, and one session for
// each goroutine that shall run at the same time.
type Session struct {
	env     *Environment
	id      string
	input   string
	outputs []string

	mu      sync.Mutex // held while running and closing
	session *onnxruntime.DynamicAdvancedSession
}

var _ inference.Runner = (*Session)(nil)

// Load makes a session of a model whose hash has been checked
// (models.Package.Model). Its inputs and outputs must be those of the card, by
// name, type (float32) and shape, and the library new enough for it.
func (e *Environment) Load(model []byte, card *models.Card, options Options) (*Session, error) {
	if err := e.hold(); err != nil {
		return nil, fmt.Errorf("model %s: %w", card.ID, err)
	}
	session, err := e.load(model, card, options)
	if err != nil {
		e.release()
		return nil, fmt.Errorf("model %s: %w", card.ID, err)
	}
	return session, nil
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
	o, err := sessionOptions(options)
	if err != nil {
		return nil, err
	}
	defer o.Destroy()
	s := &Session{env: e, id: card.ID, input: card.Input.Tensor.Name}
	for _, out := range card.Outputs {
		s.outputs = append(s.outputs, out.Name)
	}
	s.session, err = onnxruntime.NewDynamicAdvancedSessionWithONNXData(model, []string{s.input}, s.outputs, o)
	if err != nil {
		return nil, fmt.Errorf("%s cannot be loaded: %w; install the package again", models.ModelFile, err)
	}
	return s, nil
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

// Provider is the execution provider.
func (s *Session) Provider() string { return "CPU" }

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
	return err
}

// Run evaluates the graph on the one input that the card names and returns the
// outputs asked for. When ctx is done ONNX Runtime is told to stop, which it does
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
		t, ok := v.(*onnxruntime.Tensor[float32])
		if !ok {
			return nil, fmt.Errorf("model %s: output %q is not float32", s.id, s.outputs[i])
		}
		all[s.outputs[i]] = inference.Tensor{Shape: t.GetShape(), Data: t.GetData()}
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
	input, err := onnxruntime.NewTensor(onnxruntime.NewShape(in.Shape...), in.Data)
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
	values := make([]onnxruntime.Value, len(s.outputs))
	err = s.session.RunWithOptions([]onnxruntime.Value{input}, values, options)
	if !stop() {
		<-told
		if err == nil {
			err = ctx.Err()
		}
	}
	return values, err
}
