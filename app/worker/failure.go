package worker

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"
)

// Kind is how a worker process failed.
type Kind string

// The kinds of failure. The desktop's language files hold the same behind
// "error.worker_".
const (
	Crashed  Kind = "crashed"   // it ended by itself or was ended from outside
	TimedOut Kind = "timed_out" // it did not answer in time and was ended
	Memory   Kind = "memory"    // it needed more memory than its limit
	Answer   Kind = "answer"    // what it answered cannot be, and it was ended
	Start    Kind = "start"     // it could not be started
)

// Failure says that a worker process failed over one frame or one run. Nothing
// else is lost: the next one gets a fresh process.
type Failure struct {
	Kind Kind
	Job
	Detail string // for a log: the signal, the runtime's own words
}

// Job is what a worker process is asked for.
type Job struct {
	Doing   string // e.g. "decoding"
	Subject string // the transfer syntax, or the model's id
}

func (j Job) String() string { return strings.TrimSpace(j.Doing + " " + j.Subject) }

// Error says what happened and what to do.
func (f *Failure) Error() string {
	var s string
	switch f.Kind {
	case TimedOut:
		s = "it did not end in time and was stopped"
	case Memory:
		s = "it needs more memory than a worker process may have"
	case Answer:
		s = "the worker process gave an answer that cannot be, and was stopped"
	case Start:
		s = "the worker process could not be started; install the program again, or close others to free memory"
	default:
		s = "the worker process crashed on it; the rest is not affected"
	}
	s = f.Job.String() + ": " + s
	if f.Detail != "" {
		s += " (" + f.Detail + ")"
	}
	return s
}

// answerError is an answer that cannot be.
type answerError struct{ detail string }

func (e *answerError) Error() string { return e.detail }

func answerf(format string, args ...any) error { return &answerError{fmt.Sprintf(format, args...)} }

// lastWords keeps those lines of a process's standard error that tell why it
// died, and nothing else of it.
type lastWords struct {
	mu    sync.Mutex
	line  []byte // that is not whole yet
	lines []string
}

const (
	longestLine = 200
	mostLines   = 4
)

// Write is io.Writer's.
func (t *lastWords) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range b {
		switch {
		case c == '\n':
			t.keep()
		case len(t.line) < longestLine:
			t.line = append(t.line, c)
		}
	}
	return len(b), nil
}

func (t *lastWords) keep() {
	line := strings.ToValidUTF8(string(t.line), "?")
	t.line = t.line[:0]
	if len(t.lines) < mostLines && (telling(line) || outOfMemory(line)) {
		t.lines = append(t.lines, line)
	}
}

func (t *lastWords) kept() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.keep()
	return t.lines
}

// telling reports a line in which a dying process says why: the Go runtime's,
// the C library's, C++'s.
func telling(line string) bool {
	for _, s := range []string{"fatal error: ", "panic: ", "SIG", "[signal ", "terminate called", "double free", "corrupted", "free(): ", "malloc(): ", "munmap_chunk"} {
		if strings.HasPrefix(line, s) {
			return true
		}
	}
	return false
}

// ended words how a process ended that was not told to. One that had come near
// its limit of memory ended because of it, whatever it died of: a library that is
// given no memory may well crash.
func ended(state *os.ProcessState, words []string, limit int64) (Kind, string) {
	kind := Crashed
	if peakMemory(state) > limit/4*3 || slices.ContainsFunc(words, outOfMemory) {
		kind = Memory
	}
	return kind, strings.Join(append([]string{state.String()}, words...), "; ")
}

// outOfMemory reports the words with which the Go runtime, C++ and ONNX Runtime
// say that there is no memory left.
func outOfMemory(text string) bool {
	for _, s := range []string{"out of memory", "cannot allocate memory", "bad_alloc", "bad allocation", "Failed to allocate memory", "pthread_create failed: Resource temporarily unavailable"} {
		if strings.Contains(text, s) {
			return true
		}
	}
	return false
}

// failure words why an exchange with a process failed; the process is ended.
func (p *process) failure(job Job, err error) error {
	f := &Failure{Kind: Crashed, Job: job}
	var answer *answerError
	switch {
	case p.late.Load():
		f.Kind, f.Detail = TimedOut, "stopped after "+p.limit.Round(time.Second).String()
	case errors.As(err, &answer):
		f.Kind, f.Detail = Answer, answer.detail
	}
	if f.Kind != Crashed {
		p.end()
		return f
	}
	// A process that has closed its connection is about to end: how it does so
	// by itself is what is to be told.
	select {
	case <-p.gone:
	case <-time.After(dyingLimit):
	}
	p.end()
	<-p.gone
	f.Kind, f.Detail = ended(p.cmd.ProcessState, p.stderr.kept(), p.memoryLimit)
	return f
}

// dyingLimit is how long a process that has closed its connection may take to
// end.
const dyingLimit = 300 * time.Millisecond

// notStarted words why there is no process.
func notStarted(job Job, err error) error {
	var f *Failure
	if errors.As(err, &f) {
		f.Kind, f.Job = Start, job
		return f
	}
	var exit *exec.Error
	if errors.As(err, &exit) {
		err = exit.Err
	}
	return &Failure{Kind: Start, Job: job, Detail: err.Error()}
}
