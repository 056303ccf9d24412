package worker

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Options say how worker processes are run. The zero value is ready.
type Options struct {
	Executable string        // the program to start, where the running one cannot be named; else not used
	Processes  int           // most at a time; 0: as many as this machine has CPUs for; for models as many as Warm has room for
	Memory     int64         // bytes that one may take; 0: see DecodeMemory and RunMemory
	Timeout    time.Duration // for one run, or for one frame without what its size adds; 0: 15 minutes, 30 seconds
	Provider   string        // of ONNX Runtime, one of ort.Providers however a person spells it; "": the CPU
	Warm       int64         // memory that the models kept warm may take together, in bytes as ort.Memory reckons, with 64 MiB for each process; 0: ort.WarmMemory

	// For tests: pixels pass through the connection; another grace; more of the
	// environment.
	piped bool
	grace time.Duration
	env   []string
}

// DecodeMemory is the limit of a process that decodes, in bytes: half of this
// machine's memory, within 1 and 4 GiB. JPEG 2000 takes about three times the
// frame as 32-bit integers.
func DecodeMemory() int64 { return min(max(machineMemory()/2, 1<<30), 4<<30) }

// RunMemory is the limit of a process that runs a model, in bytes: three
// quarters of this machine's memory, within 2 and 16 GiB.
func RunMemory() int64 { return min(max(machineMemory()/4*3, 2<<30), 16<<30) }

// assumedMemory is the memory of an office PC.
const assumedMemory = 8 << 30

const (
	startLimit = 20 * time.Second // for a process until it is ready: a slow disk, a virus scanner
	// grace is how long a frame that nobody waits for any more may take to its
	// end: starting another process costs more than a frame mostly does. The
	// process is gone within 500 ms of the cancellation, or free again.
	grace = 250 * time.Millisecond
)

// connection is this program's end, and what the child is given.
type connection struct {
	wire     *wire
	control  []*os.File
	theirs   []*os.File
	memory   *os.File // nil where it is not shared
	deadline interface{ SetDeadline(time.Time) error }
}

// started closes what only the child needs.
func (c *connection) started() {
	for _, f := range c.theirs {
		f.Close()
	}
	c.theirs = nil
}

// close gives everything back. Nobody may be using the memory.
func (c *connection) close() {
	c.started()
	for _, f := range c.control {
		f.Close()
	}
	if c.memory == nil {
		return
	}
	c.memory.Close()
	if c.wire != nil && c.wire.memory != nil {
		unmap(c.wire.memory)
		c.wire.memory = nil
	}
}

// process is one worker. One goroutine at a time uses it.
type process struct {
	*connection
	cmd         *exec.Cmd
	stderr      lastWords
	memoryLimit int64
	gone        chan struct{} // closed when it has ended and was waited for
	ending      sync.Once

	top   int64         // where the memory of an answer ends at the latest
	limit time.Duration // of the exchange that runs
	late  atomic.Bool   // it was interrupted for taking longer

	mu       sync.Mutex
	exchange uint64 // counts them
	waiting  bool   // one runs
}

// kill ends the process at once.
func (p *process) kill() {
	// It fails only for a process that has ended.
	_ = p.cmd.Process.Kill()
}

// end ends the process and gives back what it had; its user calls it, once it
// has done with the memory.
func (p *process) end() {
	p.ending.Do(func() {
		p.kill()
		go func() {
			<-p.gone
			p.connection.close()
		}()
	})
}

// dead reports a process that has ended.
func (p *process) dead() bool {
	select {
	case <-p.gone:
		return true
	default:
		return false
	}
}

// do runs one exchange of messages. When ctx ends or limit passes it returns at
// once, with the context's error or another; the process is then in the middle
// of an exchange.
func (p *process) do(ctx context.Context, limit time.Duration, talk func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	p.limit = limit
	p.late.Store(false)
	p.mu.Lock()
	p.exchange++
	id := p.exchange
	p.waiting = true
	p.mu.Unlock()
	stop := context.AfterFunc(ctx, func() { p.interrupt(id, false) })
	timer := time.AfterFunc(limit, func() { p.interrupt(id, true) })
	err := talk()
	stop()
	timer.Stop()
	p.mu.Lock()
	p.waiting = false
	if p.deadline != nil {
		err = errors.Join(err, p.deadline.SetDeadline(time.Time{}))
	}
	p.mu.Unlock()
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// interrupt ends the wait of an exchange that still runs.
func (p *process) interrupt(id uint64, late bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.waiting || p.exchange != id {
		return
	}
	if late {
		p.late.Store(true)
	}
	if p.deadline == nil || p.deadline.SetDeadline(time.Unix(1, 0)) != nil {
		p.kill()
	}
}

// ask sends a message about bytes 0..to of the memory and receives the answer
// about bytes that end at top or before.
func (p *process) ask(ctx context.Context, limit time.Duration, question any, to int64, answer any, top int64) (from, end int64, err error) {
	p.top = top
	err = p.do(ctx, limit, func() error {
		if err := p.wire.send(question, 0, to); err != nil {
			return err
		}
		var err error
		from, end, err = p.wire.receive(answer, top)
		return err
	})
	return from, end, err
}

// trim gives memory up to end back where it was much.
func (p *process) trim(end int64) {
	switch {
	case end <= memoryKept:
	case p.wire.shared:
		shrink(p.memory)
	default:
		p.wire.memory = nil
	}
}

// greeting is the first message of a process that is ready.
type greeting struct {
	Protocol string `json:"protocol"`
}

// protocol names the form of the messages and the kind of worker.
func protocol(kind string) string { return "longying-worker-1-" + kind }

// greet waits until a process that was started is ready.
func (p *process) greet(ctx context.Context, kind string) error {
	var g greeting
	err := p.do(ctx, startLimit, func() error {
		_, _, err := p.wire.receive(&g, 0)
		return err
	})
	if err == nil && g.Protocol != protocol(kind) {
		return answerf("it is another version of the program (%q); close all windows and start again", g.Protocol)
	}
	return err
}

// launcher starts processes and knows those that live. On Linux a child is
// killed when the thread that started it ends, so one thread starts them all and
// lives as long as they may.
type launcher struct {
	kind    string // decode, run or slide
	options Options

	mu      sync.Mutex
	closed  bool
	living  map[*process]bool
	waiting sync.WaitGroup // for their ends
	starts  chan func()
}

var errClosed = errors.New("it is closed")

// launch starts a process; greet is to follow.
func (l *launcher) launch() (*process, error) {
	p := &process{memoryLimit: l.options.Memory, gone: make(chan struct{})}
	p.cmd = l.command()
	p.cmd.Stderr = &p.stderr
	p.cmd.WaitDelay = time.Second
	var err error
	if p.connection, err = connect(p.cmd, l.options.piped); err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		p.connection.close()
		return nil, errClosed
	}
	if l.starts == nil {
		l.starts, l.living = make(chan func()), map[*process]bool{}
		go serveThread(l.starts)
	}
	done := make(chan error)
	l.starts <- func() { done <- p.cmd.Start() }
	if err := <-done; err != nil {
		p.connection.close()
		return nil, err
	}
	p.started()
	l.living[p] = true
	l.waiting.Go(func() {
		// How it ended is read from ProcessState.
		_ = p.cmd.Wait()
		l.mu.Lock()
		delete(l.living, p)
		l.mu.Unlock()
		close(p.gone)
	})
	return p, nil
}

// serveThread runs functions on one thread, which ends with starts.
func serveThread(starts <-chan func()) {
	runtime.LockOSThread()
	for f := range starts {
		f()
	}
}

func (l *launcher) command() *exec.Cmd {
	name := thisProgram
	if name == "" {
		name = l.options.Executable
	}
	cmd := exec.Command(name, "worker", l.kind, strconv.FormatInt(l.options.Memory, 10))
	for _, v := range os.Environ() {
		// A worker needs no name of a data folder, a key or a password.
		if !strings.HasPrefix(v, "LONGYING_") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	cmd.Env = append(append(cmd.Env, "GOTRACEBACK=single"), l.options.env...)
	return cmd
}

// close ends every process and returns when all are gone.
func (l *launcher) close() {
	l.mu.Lock()
	l.closed = true
	for p := range l.living {
		p.kill()
	}
	l.mu.Unlock()
	l.waiting.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.starts != nil {
		close(l.starts)
		l.starts = nil
	}
}

// pids are the processes that live, for tests.
func (l *launcher) pids() []int {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []int
	for p := range l.living {
		out = append(out, p.cmd.Process.Pid)
	}
	return out
}
