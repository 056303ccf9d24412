package ort

import (
	"errors"
	"fmt"
	"os"
	"sync"

	onnxruntime "github.com/yalue/onnxruntime_go"
)

// ErrOpen is returned by Open while this process has an Environment already.
var ErrOpen = errors.New("ONNX Runtime is open in this process already; use that environment")

// The binding keeps one environment a process in variables of its own, without
// a lock; this is its lock.
var binding sync.Mutex

// Environment is ONNX Runtime, loaded. Its methods may be called from several
// goroutines.
type Environment struct {
	mu       sync.Mutex
	sessions int
	closed   bool
	version  string
}

// silence keeps ONNX Runtime from reporting to its maker. Official builds hold a
// telemetry client that is on by default and sends events over the network; this
// variable, read before the library starts, keeps the client, its uploader and
// its device identifier from being made (the runtime's Privacy.md). Nothing of a
// hospital's work leaves this machine by it.
const silence = "ORT_DISABLE_TELEMETRY"

// Open loads the library from a file and starts ONNX Runtime, without its
// telemetry. A second Open before Close is ErrOpen; a file that is not there is a
// *MissingError.
func Open(libraryPath string) (*Environment, error) {
	if _, err := FindLibrary(libraryPath); err != nil {
		return nil, err
	}
	binding.Lock()
	defer binding.Unlock()
	if onnxruntime.IsInitialized() {
		return nil, ErrOpen
	}
	if err := os.Setenv(silence, "1"); err != nil {
		return nil, fmt.Errorf("ONNX Runtime is not started, because its telemetry cannot be turned off: %w", err)
	}
	onnxruntime.SetSharedLibraryPath(libraryPath)
	if err := onnxruntime.InitializeEnvironment(onnxruntime.WithLogLevelError()); err != nil {
		return nil, fmt.Errorf("ONNX Runtime library %s cannot be loaded: %w; it must be version %s or newer for this machine: run `make setup`", libraryPath, err, RuntimeVersion)
	}
	// Builds that do not know the variable know this call.
	if err := onnxruntime.DisableTelemetry(); err != nil {
		return nil, errors.Join(fmt.Errorf("ONNX Runtime is not used, because its telemetry cannot be turned off: %w", err), onnxruntime.DestroyEnvironment())
	}
	return &Environment{version: onnxruntime.GetVersion()}, nil
}

// Version is the version of the loaded library, e.g. 1.32.0.
func (e *Environment) Version() string { return e.version }

// Close unloads ONNX Runtime. Sessions must be closed before: open ones are an
// error and the environment stays. Closing twice does nothing.
func (e *Environment) Close() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return nil
	}
	if e.sessions > 0 {
		return fmt.Errorf("ONNX Runtime still has %d open sessions; close them first", e.sessions)
	}
	binding.Lock()
	defer binding.Unlock()
	e.closed = true
	if err := onnxruntime.DestroyEnvironment(); err != nil {
		return fmt.Errorf("closing ONNX Runtime: %w", err)
	}
	return nil
}

// hold counts a session in; release counts it out.
func (e *Environment) hold() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return errors.New("ONNX Runtime is closed")
	}
	e.sessions++
	return nil
}

func (e *Environment) release() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.sessions--
}
