package worker

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"longying/imaging"
	"longying/imaging/codec"
)

// Decoder decodes in a pool of worker processes. They are started when they are
// first needed and kept. It is safe for use by several goroutines; more of them
// than there are processes wait for one another.
type Decoder struct {
	launcher
	slots chan struct{} // one for each process that may live

	idleMu sync.Mutex
	idle   []*process // the last used is used first: its memory is warm
	shut   bool
}

var _ codec.Decoder = (*Decoder)(nil)

// NewDecoder starts nothing yet.
func NewDecoder(o Options) *Decoder {
	if o.Processes <= 0 {
		o.Processes = max(1, runtime.GOMAXPROCS(0))
	}
	if o.Memory <= 0 {
		o.Memory = DecodeMemory()
	}
	if o.grace <= 0 {
		o.grace = grace
	}
	if o.Timeout <= 0 {
		o.Timeout = 30 * time.Second
	}
	return &Decoder{launcher: launcher{kind: kindDecode, options: o}, slots: make(chan struct{}, o.Processes)}
}

// Processes is the most that live at a time, Memory the limit of each in bytes.
func (d *Decoder) Processes() int { return d.options.Processes }

// Memory is the limit of one process, in bytes.
func (d *Decoder) Memory() int64 { return d.options.Memory }

// Decode is codec.Decoder's. When ctx ends it returns at once. A worker that
// fails over the frame is a *Failure.
func (d *Decoder) Decode(ctx context.Context, in codec.Encoded) (*imaging.Frame, error) {
	if codec.InGo(in) {
		return codec.Local{}.Decode(ctx, in)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := codec.CheckPixels(in.Pixels); err != nil {
		return nil, err
	}
	job := Job{"decoding", codec.Name(in.TransferSyntaxUID)}
	p, err := d.acquire(ctx, job)
	if err != nil {
		return nil, err
	}
	return d.decode(ctx, p, in, job)
}

// decode asks one process and puts it back, or ends it.
func (d *Decoder) decode(ctx context.Context, p *process, in codec.Encoded, job Job) (*imaging.Frame, error) {
	from := behind(int64(len(in.Data)))
	size := int64(in.Pixels.Rows) * int64(in.Pixels.Columns) * int64(in.Pixels.Samples) * int64((in.Pixels.BitsAllocated+7)/8)
	at, err := p.wire.reserve(0, int64(len(in.Data)))
	if err != nil {
		d.release(p)
		return nil, fmt.Errorf("%s: %w", job, err)
	}
	copy(at, in.Data)
	// Numbers that are not finite cannot be said in JSON, and no decoder asks.
	q := frameQuestion{in.TransferSyntaxUID, in.Pixels}
	q.Pixels.AspectRatio, q.Pixels.PaddingValue, q.Pixels.PaddingRange = 0, nil, nil
	limit := d.options.Timeout + time.Duration((size+int64(len(in.Data)))>>22)*time.Second
	var a frameAnswer
	start, end, err := p.ask(ctx, limit, q, int64(len(in.Data)), &a, from+size)
	var f *imaging.Frame
	switch {
	case err != nil || a.Error != nil:
	case start < int64(len(in.Data)):
		err = answerf("a frame at %d, among its encoded bytes", start)
	default:
		f, err = frameOf(in, &a, p.wire.memory[start:end])
	}
	if err == nil {
		p.trim(end)
		d.release(p)
		return f, a.Error.err()
	}
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		go d.settle(p, d.options.grace)
		return nil, err
	}
	err = p.failure(job, err)
	d.free()
	return nil, err
}

// Start starts the first process, so that the first frame need not wait for
// it, and says whether processes can be started at all: a *Failure where not.
func (d *Decoder) Start(ctx context.Context) error {
	p, err := d.acquire(ctx, Job{"starting", "a decoder"})
	if err != nil {
		return err
	}
	d.release(p)
	return nil
}

// acquire waits for a process of the pool.
func (d *Decoder) acquire(ctx context.Context, job Job) (*process, error) {
	select {
	case d.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	for p := d.take(); p != nil; p = d.take() {
		if !p.dead() {
			return p, nil
		}
		p.end()
	}
	p, err := d.launch()
	if err != nil {
		d.free()
		return nil, notStarted(job, err)
	}
	err = p.greet(ctx, d.kind)
	switch {
	case err == nil:
		return p, nil
	case ctx.Err() != nil && errors.Is(err, ctx.Err()):
		// It goes on to start: the next frame will want it.
		go d.settle(p, startLimit)
		return nil, err
	}
	err = notStarted(job, p.failure(job, err))
	d.free()
	return nil, err
}

// settle waits for the answer that nobody waits for any more; a process that
// does not give it soon is ended.
func (d *Decoder) settle(p *process, limit time.Duration) {
	if p.wire.midway() {
		p.end()
		d.free()
		return
	}
	var a struct{}
	err := p.do(context.Background(), limit, func() error {
		_, end, err := p.wire.receive(&a, p.top)
		p.trim(end)
		return err
	})
	if err != nil {
		p.end()
		d.free()
		return
	}
	d.release(p)
}

// take is the process that was used last, or nil.
func (d *Decoder) take() *process {
	d.idleMu.Lock()
	defer d.idleMu.Unlock()
	if len(d.idle) == 0 {
		return nil
	}
	p := d.idle[len(d.idle)-1]
	d.idle = d.idle[:len(d.idle)-1]
	return p
}

// release puts a process back.
func (d *Decoder) release(p *process) {
	d.idleMu.Lock()
	if d.shut {
		p.end()
	} else {
		d.idle = append(d.idle, p)
	}
	d.idleMu.Unlock()
	d.free()
}

func (d *Decoder) free() { <-d.slots }

// Close ends every process and returns when all are gone; frames that are being
// decoded fail.
func (d *Decoder) Close() error {
	d.launcher.close()
	d.idleMu.Lock()
	defer d.idleMu.Unlock()
	for _, p := range d.idle {
		p.end()
	}
	d.idle, d.shut = nil, true
	return nil
}
