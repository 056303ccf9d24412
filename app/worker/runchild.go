package worker

import (
	"context"
	"errors"
	"maps"
	"os"
	"slices"

	"longying/inference"
	"longying/inference/ort"
	"longying/models"
)

// loader opens the runtime and, where there is a model, loads it.
type loader func(q runQuestion, model []byte) (runner inference.Runner, version string, err error)

// runtimeChild is ONNX Runtime in the worker.
type runtimeChild struct{ env *ort.Environment }

func (r *runtimeChild) load(q runQuestion, model []byte) (inference.Runner, string, error) {
	if r.env == nil {
		cache, err := os.UserCacheDir()
		if err != nil {
			cache = "" // then the library can only lie beside the program
		}
		path, err := ort.FindLibrary(ort.LibraryPaths(q.Library, q.Executable, cache)...)
		if err != nil {
			return nil, "", err
		}
		if r.env, err = ort.Open(path); err != nil {
			return nil, "", err
		}
	}
	if q.Card == nil {
		return nil, r.env.Version(), nil
	}
	card, err := models.Parse(q.Card)
	if err != nil {
		return nil, "", err
	}
	if q.Model < 0 || q.Model > int64(len(model)) {
		return nil, "", errNoModel
	}
	s, err := r.env.Load(model[:q.Model:q.Model], card, ort.Options{Provider: q.Provider, Instead: q.Instead, Head: model[q.Model:]})
	if err != nil {
		return nil, "", err
	}
	return s, r.env.Version(), nil
}

// runs is the worker that runs one model.
type runs struct {
	load   loader
	runner inference.Runner
}

// answer receives a question and gives the function that answers it.
func (r *runs) answer(w *wire) (func() error, error) {
	var q runQuestion
	_, to, err := w.receive(&q, w.most())
	if err != nil {
		return nil, err
	}
	return func() error {
		if !q.Run {
			return w.send(r.loaded(q, w.memory[:to:to]), 0, 0)
		}
		a, outputs := r.run(q, w.memory, to)
		end := int64(0)
		start := aligned(to)
		if a.Error == "" {
			a.Outputs, end = place(slices.Sorted(maps.Keys(outputs)), outputs, start)
		}
		if _, err := w.reserve(start, max(start, end)); err != nil {
			a, end = runAnswer{Error: err.Error()}, 0
		}
		if end == 0 {
			return w.send(a, 0, 0)
		}
		for _, h := range a.Outputs {
			copy(floatsAt(w.memory, h.At, h.Count), outputs[h.Name].Data)
		}
		return w.send(a, start, end)
	}, nil
}

func (r *runs) loaded(q runQuestion, model []byte) runAnswer {
	runner, version, err := r.load(q, model)
	if err != nil {
		return runAnswer{Error: err.Error(), Looked: missing(err)}
	}
	a := runAnswer{Version: version}
	if runner != nil {
		r.runner = runner
		a.Runtime, a.Provider = runner.RuntimeVersion(), runner.Provider()
	}
	return a
}

func (r *runs) run(q runQuestion, memory []byte, end int64) (runAnswer, map[string]inference.Tensor) {
	if r.runner == nil {
		return runAnswer{Error: errNoModel.Error()}, nil
	}
	inputs := map[string]inference.Tensor{}
	for _, h := range q.Inputs {
		if h.At < 0 || h.Count < 0 || h.Count > (end-h.At)/4 {
			return runAnswer{Error: "an input lies outside the memory"}, nil
		}
		inputs[h.Name] = inference.Tensor{Shape: h.Shape, Data: floatsAt(memory, h.At, h.Count)}
	}
	out, err := r.runner.Run(context.Background(), inputs, q.Outputs)
	if err != nil {
		return runAnswer{Error: err.Error()}, nil
	}
	return runAnswer{}, out
}

var errNoModel = errors.New("no model is loaded")
