package worker

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"longying/inference"
	"longying/inference/ort"
	"longying/models"
)

// cardLimit bounds card.json, in bytes.
const cardLimit = 512 << 10

// session is one model in its process, an inference.Runner. Runs queue up behind
// each other. Closing it gives it back; Models ends it.
type session struct {
	models *Models
	pkg    *models.Package
	turn   chan struct{} // held while it is used
	warm   atomic.Bool   // there is a process
	last   uint64        // Models.clock of the last use
	memory int64         // as reckoned, in bytes

	loading sync.Mutex // held while a provider is tried
	tried   bool       // it passed
	instead string     // why the CPU is used though another provider was asked for

	process *process

	said              sync.Mutex // held while these are read or written
	provider, runtime string
}

var _ inference.Runner = (*session)(nil)

// Provider is inference.Runner's.
func (s *session) Provider() string {
	s.said.Lock()
	defer s.said.Unlock()
	return s.provider
}

// RuntimeVersion is inference.Runner's.
func (s *session) RuntimeVersion() string {
	s.said.Lock()
	defer s.said.Unlock()
	return s.runtime
}

// Close gives the model back; its process stays until Models.Close.
func (s *session) Close() error { return nil }

// drop ends the process.
func (s *session) drop() {
	if s.process != nil {
		s.process.end()
		s.process = nil
	}
	s.warm.Store(false)
}

// load makes sure that the model is loaded, on the provider asked for where the
// package's own test passes there.
func (s *session) load() error {
	s.loading.Lock()
	defer s.loading.Unlock()
	provider := s.models.options.Provider
	loaded := func() error {
		s.turn <- struct{}{}
		defer func() { <-s.turn }()
		return s.ready(context.Background())
	}
	if provider == ort.CPU || s.instead != "" || s.tried {
		return loaded()
	}
	err := loaded()
	var crashed *Failure
	switch {
	case err == nil && s.Provider() != provider: // and says why
		return nil
	case err == nil:
		if err = inference.Verify(context.Background(), s.pkg, s); err == nil {
			s.tried = true
			return nil
		}
	case !errors.As(err, &crashed) || crashed.Kind == Start:
		return err
	}
	s.turn <- struct{}{}
	s.instead = ort.Refused(provider, err)
	s.drop()
	<-s.turn
	return loaded()
}

// ready makes sure that there is a process with the model loaded.
func (s *session) ready(ctx context.Context) error {
	if s.process != nil && !s.process.dead() {
		s.models.used(s)
		return nil
	}
	s.drop()
	model, err := s.pkg.Model()
	if err != nil {
		return err
	}
	head, err := s.pkg.Head()
	if err != nil {
		return err
	}
	card, err := s.pkg.ReadFile(models.CardFile, cardLimit)
	if err != nil {
		return err
	}
	job := jobOf(s.pkg)
	p, err := s.models.start(ctx, job)
	if err != nil {
		return err
	}
	size := int64(len(model) + len(head))
	into, err := p.wire.reserve(0, size)
	if err != nil {
		p.end()
		return fmt.Errorf("%s: %w", job, err)
	}
	copy(into[copy(into, model):], head)
	s.memory = processMemory + ort.Memory(s.pkg.Card, size)
	q := runQuestion{Library: s.models.library, Executable: s.models.executable, Card: card, Model: int64(len(model)), Provider: s.models.options.Provider, Instead: s.instead}
	if s.instead != "" {
		q.Provider = ort.CPU
	}
	var a runAnswer
	_, _, err = p.ask(ctx, s.models.options.Timeout, q, size, &a, 0)
	switch {
	case err != nil && ctx.Err() != nil:
		p.end()
		return ctx.Err()
	case err != nil:
		return p.failure(job, err)
	case a.err() != nil:
		p.end()
		return a.err()
	}
	p.trim(size)
	s.said.Lock()
	s.provider, s.runtime = a.Provider, a.Runtime
	s.said.Unlock()
	s.process = p
	s.warm.Store(true)
	s.models.used(s)
	return nil
}

// Run is inference.Runner's. When ctx ends it returns at once and the process is
// killed; the next run starts another. A process that fails is a *Failure.
func (s *session) Run(ctx context.Context, inputs map[string]inference.Tensor, outputs []string) (map[string]inference.Tensor, error) {
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-s.turn }()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := s.ready(ctx); err != nil {
		return nil, err
	}
	job, p := jobOf(s.pkg), s.process
	names := slices.Sorted(maps.Keys(inputs))
	headers, end := place(names, inputs, 0)
	if _, err := p.wire.reserve(0, end); err != nil {
		return nil, fmt.Errorf("%s: %w", job, err)
	}
	for _, h := range headers {
		copy(floatsAt(p.wire.memory, h.At, h.Count), inputs[h.Name].Data)
	}
	var a runAnswer
	from, to, err := p.ask(ctx, s.models.options.Timeout, runQuestion{Run: true, Inputs: headers, Outputs: outputs}, end, &a, p.wire.most())
	var out map[string]inference.Tensor
	if err == nil && a.err() == nil {
		out, err = tensorsOf(&a, outputs, p.wire.memory, max(from, end), to)
	}
	switch {
	case err != nil && ctx.Err() != nil && errors.Is(err, ctx.Err()):
		s.drop()
		return nil, err
	case err != nil:
		err = p.failure(job, err)
		s.drop()
		return nil, err
	}
	p.trim(max(end, to))
	if outOfMemory(a.Error) {
		return nil, &Failure{Kind: Memory, Job: job, Detail: a.Error}
	}
	return out, a.err()
}

// tensorsOf copies the tensors of an answer out of the memory. They must be
// those that were asked for.
func tensorsOf(a *runAnswer, want []string, memory []byte, low, high int64) (map[string]inference.Tensor, error) {
	out := make(map[string]inference.Tensor, len(a.Outputs))
	for i := range a.Outputs {
		h := &a.Outputs[i]
		if _, twice := out[h.Name]; twice || !slices.Contains(want, h.Name) {
			return nil, answerf("an output %.80q that was not asked for", h.Name)
		}
		values, err := h.floats(memory, low, high)
		if err != nil {
			return nil, err
		}
		out[h.Name] = inference.Tensor{Shape: h.Shape, Data: slices.Clone(values)}
	}
	for _, name := range want {
		if _, ok := out[name]; !ok {
			return nil, answerf("no output %q", name)
		}
	}
	return out, nil
}
