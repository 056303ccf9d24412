package volume

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"

	"longying/imaging"
	"longying/imaging/codec"
	"longying/imaging/dicomfile"
)

// Open opens the object of an instance; the reader closes it.
type Open func(ctx context.Context, in *imaging.Instance) (*dicomfile.File, error)

// OpenSource opens the file that an instance was read from.
func OpenSource(_ context.Context, in *imaging.Instance) (*dicomfile.File, error) {
	return dicomfile.Open(in.Source)
}

// Options say how a volume is built. The zero value accepts nothing irregular.
type Options struct {
	// Accept are the warnings that the caller takes on and shows: Build refuses
	// a stack that has any other. Of pictures at one position (SamePosition)
	// the first is taken. Pictures that turn (Orientations), or whose places are
	// not known, make no volume whatever is accepted.
	Accept []Kind

	// Near, which may be nil, is asked before each picture is read which slice
	// of the stack, from 0, somebody looks at: the nearest goes first. Calls
	// come from one goroutine at a time.
	Near func() int

	// Progress, which may be nil, hears of slices done, of how many; from one
	// goroutine at a time.
	Progress func(done, total int)

	// Workers read at the same time; 0: GOMAXPROCS.
	Workers int
}

// Build reads the pictures of a stack into a volume. Voxels are stored values of
// 16 bits where all pictures have one rescale and at most 16 bits; otherwise
// modality values, or stored values of more bits, in float32.
//
// Errors are a *RefusedError, the context's, and those of reading, which name
// the file.
func Build(ctx context.Context, s Stack, open Open, d codec.Decoder, o Options) (*Volume, error) {
	v, err := plan(s, o.Accept)
	if err != nil {
		return nil, err
	}
	b := &builder{v: v, open: open, decoder: d, near: o.Near, progress: o.Progress, files: map[*imaging.Instance]*object{}}
	b.list()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	workers := o.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	v.allocate()
	var group sync.WaitGroup
	for range min(workers, len(b.jobs)) {
		group.Go(func() {
			for ctx.Err() == nil {
				j := b.next()
				if j == nil {
					return
				}
				if err := b.read(ctx, j); err != nil {
					cancel(err)
					return
				}
			}
		})
	}
	group.Wait()
	b.closeAll()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	slices.SortFunc(b.damaged, func(a, b Irregularity) int { return a.First - b.First })
	if len(b.damaged) > 0 && !slices.Contains(o.Accept, DamagedSlices) {
		return nil, &RefusedError{Reasons: b.damaged}
	}
	v.Flags = append(v.Flags, b.damaged...)
	return v, nil
}

// plan lays out a volume from the headers alone.
func plan(s Stack, accept []Kind) (*Volume, error) {
	if len(s.Slices) < 2 {
		return nil, refuse("there is one picture, and no slices behind it")
	}
	for _, i := range s.Geometry.Irregular {
		if i.Kind == Orientations {
			return nil, &RefusedError{Reasons: []Irregularity{i}}
		}
	}
	if !s.Placed {
		return nil, refuse("their headers do not say where in the patient they lie")
	}
	var refused []Irregularity
	for _, i := range s.Geometry.Warnings() {
		if !slices.Contains(accept, i.Kind) {
			refused = append(refused, i)
		}
	}
	if len(refused) > 0 {
		return nil, &RefusedError{Reasons: refused}
	}
	v := &Volume{Geometry: s.Geometry, Flags: s.Geometry.Warnings()}
	v.Slices = onePerPosition(s.Slices)
	if len(v.Slices) < 2 {
		return nil, refuse("all lie at one position")
	}
	first := v.Slices[0]
	v.Depth = len(v.Slices)
	v.Columns, v.Rows = first.Size()
	v.Plane, v.Space = *first.Plane(), first.Instance.Frame(first.Frame).Space
	if !v.Space.Known() {
		return nil, refuse("the size of a pixel is not known")
	}
	for _, sl := range v.Slices {
		p := &sl.Instance.Pixels
		if c, r := sl.Size(); c != v.Columns || r != v.Rows {
			return nil, refuse("%d × %d and %d × %d pixels", v.Columns, v.Rows, c, r)
		}
		if p.Samples != 1 || p.Photometric == "PALETTE COLOR" {
			return nil, refuse("%s is in colour", sl.Instance.Source)
		}
		if s := sl.Instance.Frame(sl.Frame).Space; s.RowMM != v.Space.RowMM || s.ColumnMM != v.Space.ColumnMM {
			return nil, refuse("pixels of %g × %g mm and of %g × %g mm", v.Space.RowMM, v.Space.ColumnMM, s.RowMM, s.ColumnMM)
		}
		v.Positions = append(v.Positions, sl.Plane().Position)
	}
	v.grid = newGrid(v.Plane, v.Space, v.Positions)
	return v, nil
}

// onePerPosition leaves out all but the first of the pictures at a position.
func onePerPosition(in []Slice) []Slice {
	normal := unit(in[0].Plane().Normal())
	var out []Slice
	last := 0.0
	for _, s := range in {
		d := s.Plane().Position.Dot(normal)
		if len(out) > 0 && d-last <= onePosition {
			continue
		}
		out, last = append(out, s), d
	}
	return out
}

// job is one frame to decode, and the slices that it holds: several of a mosaic.
type job struct {
	instance *imaging.Instance
	frame    int
	slices   []int // of the volume
	taken    bool
}

// object is a file whose frames several jobs read.
type object struct {
	once sync.Once
	file *dicomfile.File
	err  error
	left int
}

type builder struct {
	v       *Volume
	open    Open
	decoder codec.Decoder

	mu       sync.Mutex
	jobs     []*job
	at       int // all jobs before are taken
	near     func() int
	progress func(done, total int)
	done     int
	files    map[*imaging.Instance]*object
	damaged  []Irregularity
}

func (b *builder) list() {
	type frame struct {
		instance *imaging.Instance
		frame    int
	}
	known := map[frame]*job{}
	for k, s := range b.v.Slices {
		f := frame{s.Instance, s.Frame}
		j := known[f]
		if j == nil {
			j = &job{instance: s.Instance, frame: s.Frame}
			known[f] = j
			b.jobs = append(b.jobs, j)
			if b.files[s.Instance] == nil {
				b.files[s.Instance] = &object{}
			}
			b.files[s.Instance].left++
		}
		j.slices = append(j.slices, k)
	}
}

// next is the job to do now, nil when all are taken.
func (b *builder) next() *job {
	b.mu.Lock()
	defer b.mu.Unlock()
	for b.at < len(b.jobs) && b.jobs[b.at].taken {
		b.at++
	}
	if b.at == len(b.jobs) {
		return nil
	}
	best := b.jobs[b.at]
	if b.near != nil {
		at, least := b.near(), -1
		for _, j := range b.jobs[b.at:] {
			if d := max(at-j.slices[0], j.slices[0]-at); !j.taken && (least < 0 || d < least) {
				best, least = j, d
			}
		}
	}
	best.taken = true
	return best
}

func (b *builder) read(ctx context.Context, j *job) error {
	sh := b.files[j.instance]
	sh.once.Do(func() { sh.file, sh.err = b.open(ctx, j.instance) })
	if sh.err != nil {
		return sh.err
	}
	missing, damaged, err := b.fill(ctx, sh.file, j)
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if sh.left--; sh.left == 0 {
		err = sh.file.Close()
		sh.file = nil
	}
	if damaged {
		for _, k := range j.slices {
			b.damaged = append(b.damaged, Irregularity{Kind: DamagedSlices, First: k + 1, Last: k + 1, Count: missing})
		}
	}
	b.done += len(j.slices)
	if b.progress != nil {
		b.progress(b.done, len(b.v.Slices))
	}
	return err
}

// fill brings a frame into its slices: straight from the file where it lies
// there as it is to be, else through the decoder.
func (b *builder) fill(ctx context.Context, f *dicomfile.File, j *job) (missing int, damaged bool, err error) {
	if k := j.slices[0]; b.v.Slices[k].Tile == 0 {
		if done, err := b.v.readInto(k, f, j.frame); done || err != nil {
			return 0, false, err
		}
	}
	frame, err := f.Frame(ctx, b.decoder, j.frame)
	if err != nil {
		return 0, false, err
	}
	if err := frame.Check(); err != nil {
		return 0, false, fmt.Errorf("%s: %w", j.instance.Source, err)
	}
	for _, k := range j.slices {
		if err := b.v.set(k, frame); err != nil {
			return 0, false, err
		}
	}
	return frame.Missing, frame.Damaged || frame.Missing > 0, nil
}

// closeAll closes what a cancelled or failed build left open.
func (b *builder) closeAll() {
	for _, sh := range b.files {
		if sh.file != nil {
			sh.file.Close()
		}
	}
}
