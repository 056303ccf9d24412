package worker

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"image"
	"math"
	"reflect"
	"slices"
	"sync"
	"time"

	"longying/imaging/slide"
	"longying/imaging/slide/openslide"
)

// Slides opens slides of scanners' own formats through OpenSlide, each in a
// process of its own, which ends when the slide is closed. It is safe for use
// by several goroutines.
type Slides struct {
	launcher

	spareMu sync.Mutex
	spare   *process // has told formats and opened nothing: the next slide's
	shut    bool
}

var _ slide.Opener = (*Slides)(nil)

// NewSlides starts nothing yet.
func NewSlides(o Options) *Slides {
	if o.Memory <= 0 {
		o.Memory = DecodeMemory()
	}
	if o.grace <= 0 {
		o.grace = grace
	}
	if o.Timeout <= 0 {
		o.Timeout = time.Minute // of a disk in the network, too
	}
	return &Slides{launcher: launcher{kind: kindSlide, options: o}}
}

// slideJob names OpenSlide, not the file: who asks knows that, and a slide out
// of the data folder has no name of its own.
var slideJob = Job{"reading a slide with", "OpenSlide"}

// Format is slide.Opener's. The error is an *openslide.NotInstalledError or a
// *Failure.
func (s *Slides) Format(ctx context.Context, path string) (string, error) {
	p, err := s.process(ctx)
	if err != nil {
		return "", err
	}
	var a slideAnswer
	if _, _, err := p.ask(ctx, s.options.Timeout, slideQuestion{Do: slideFormat, Path: path}, 0, &a, 0); err != nil {
		return "", s.failed(ctx, p, err)
	}
	s.keep(p)
	return a.Format, a.err()
}

// OpenSlide is slide.Opener's. Errors are as Format's, and OpenSlide's own.
func (s *Slides) OpenSlide(ctx context.Context, path string) (slide.Source, error) {
	p, d, err := s.open(ctx, path)
	if err != nil {
		return nil, err
	}
	return &slideSource{slides: s, path: path, description: d, turn: make(chan struct{}, 1), process: p}, nil
}

// open gives a process with a slide open in it.
func (s *Slides) open(ctx context.Context, path string) (*process, *slide.Description, error) {
	p, err := s.process(ctx)
	if err != nil {
		return nil, nil, err
	}
	var a slideAnswer
	from, to, err := p.ask(ctx, s.options.Timeout, slideQuestion{Do: slideOpen, Path: path}, 0, &a, min(longestDescription, p.wire.most()))
	if err != nil {
		return nil, nil, s.failed(ctx, p, err)
	}
	if err := a.err(); err != nil {
		p.end()
		return nil, nil, err
	}
	d, err := descriptionOf(p.wire.memory[from:to])
	if err != nil {
		return nil, nil, p.failure(slideJob, err)
	}
	p.trim(to)
	return p, d, nil
}

// process gives the spare process, or starts one.
func (s *Slides) process(ctx context.Context) (*process, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.spareMu.Lock()
	p := s.spare
	s.spare = nil
	s.spareMu.Unlock()
	if p != nil {
		if !p.dead() {
			return p, nil
		}
		p.end()
	}
	p, err := s.launch()
	if err != nil {
		return nil, notStarted(slideJob, err)
	}
	if err := p.greet(ctx, s.kind); err != nil {
		if ctx.Err() != nil {
			p.end()
			return nil, ctx.Err()
		}
		return nil, notStarted(slideJob, p.failure(slideJob, err))
	}
	return p, nil
}

// keep puts a process back that holds no slide.
func (s *Slides) keep(p *process) {
	s.spareMu.Lock()
	defer s.spareMu.Unlock()
	if s.spare != nil || s.shut {
		p.end()
		return
	}
	s.spare = p
}

// failed ends a process in the middle of an exchange and words why.
func (s *Slides) failed(ctx context.Context, p *process, err error) error {
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		p.end()
		return err
	}
	return p.failure(slideJob, err)
}

// Close ends every process and returns when all are gone; slides that are open
// give no more pixels.
func (s *Slides) Close() error {
	s.launcher.close()
	s.spareMu.Lock()
	defer s.spareMu.Unlock()
	if s.spare != nil {
		s.spare.end()
	}
	s.spare, s.shut = nil, true
	return nil
}

// slideSource is one slide, in its process. Reads queue up behind each other.
// After a process has failed the next read starts another, which opens the
// slide again.
type slideSource struct {
	slides      *Slides
	path        string
	description *slide.Description
	turn        chan struct{} // held while the process is used

	mu      sync.Mutex
	process *process // nil after a failure
	closed  bool
}

var _ slide.Source = (*slideSource)(nil)

// Description is slide.Source's.
func (s *slideSource) Description() *slide.Description { return s.description }

// Tile is slide.Source's. When ctx ends it returns at once; a process that does
// not end its read soon then is killed. A process that fails is a *Failure.
func (s *slideSource) Tile(ctx context.Context, level, column, row int) (*slide.Tile, error) {
	if level < 0 || level >= len(s.description.Levels) {
		return nil, errors.New("the slide has no such level")
	}
	l := s.description.Levels[level]
	t := &slide.Tile{Columns: l.TileColumns, Rows: l.TileRows}
	pixels := l.TileColumns * l.TileRows
	err := s.ask(ctx, slideQuestion{Do: slideTile, Level: level, Column: column, Row: row}, int64(3*pixels), func(a *slideAnswer, b []byte) error {
		whole := a.Absent == pixels && len(b) == 0
		if a.Absent < 0 || a.Absent > pixels || len(b) != 3*pixels && !whole {
			return answerf("a tile of %d bytes with %d pixels absent for one of %d x %d", len(b), a.Absent, l.TileColumns, l.TileRows)
		}
		if t.Absent = a.Absent; !whole {
			t.RGB = bytes.Clone(b)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return t, nil
}

// Associated is slide.Source's; see Tile.
func (s *slideSource) Associated(ctx context.Context, name string) (*image.NRGBA, error) {
	var img *image.NRGBA
	err := s.ask(ctx, slideQuestion{Do: slideAssociated, Name: name}, 4*largestPicture, func(a *slideAnswer, b []byte) error {
		if a.Columns < 1 || a.Rows < 1 || a.Columns > largestPicture/a.Rows || len(b) != 4*a.Columns*a.Rows {
			return answerf("a picture of %d x %d pixels in %d bytes", a.Columns, a.Rows, len(b))
		}
		img = image.NewNRGBA(image.Rect(0, 0, a.Columns, a.Rows))
		copy(img.Pix, b)
		return nil
	})
	return img, err
}

var errSlideClosed = errors.New("the slide is closed")

// ask asks the slide's process, whose answer says something of at most size
// bytes; take copies them.
func (s *slideSource) ask(ctx context.Context, q slideQuestion, size int64, take func(a *slideAnswer, b []byte) error) error {
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	p, err := s.ready(ctx)
	if err != nil {
		<-s.turn
		return err
	}
	var a slideAnswer
	from, to, err := p.ask(ctx, s.slides.options.Timeout, q, 0, &a, size)
	if err == nil && a.err() == nil {
		err = take(&a, p.wire.memory[from:to])
	}
	switch {
	case err == nil:
		p.trim(to)
		<-s.turn
		return a.err()
	case ctx.Err() != nil && errors.Is(err, ctx.Err()):
		go s.settle(p)
		return err
	}
	err = p.failure(slideJob, err)
	if s.drop(p) {
		err = errSlideClosed
	}
	<-s.turn
	return err
}

// ready gives the slide's process; where there is none, another opens the slide
// again.
func (s *slideSource) ready(ctx context.Context) (*process, error) {
	s.mu.Lock()
	p, closed := s.process, s.closed
	s.mu.Unlock()
	if closed {
		return nil, errSlideClosed
	}
	if p != nil {
		if !p.dead() {
			return p, nil
		}
		s.drop(p)
	}
	p, d, err := s.slides.open(ctx, s.path)
	if err != nil {
		return nil, err
	}
	if !reflect.DeepEqual(d, s.description) {
		p.end()
		return nil, errors.New("the slide has changed since it was opened; open it again")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		p.end()
		return nil, errSlideClosed
	}
	s.process = p
	return p, nil
}

// drop ends the process, and reports that the slide was closed.
func (s *slideSource) drop(p *process) (closed bool) {
	p.end()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process == p {
		s.process = nil
	}
	return s.closed
}

// settle waits for the answer that nobody waits for any more, since opening a
// slide again costs more than a tile mostly does; a process that does not give
// it soon is ended.
func (s *slideSource) settle(p *process) {
	defer func() { <-s.turn }()
	if p.wire.midway() {
		s.drop(p)
		return
	}
	var a slideAnswer
	err := p.do(context.Background(), s.slides.options.grace, func() error {
		_, end, err := p.wire.receive(&a, p.top)
		p.trim(end)
		return err
	})
	if err != nil {
		s.drop(p)
	}
}

// Close is slide.Source's: it ends the process, whatever it is at.
func (s *slideSource) Close() error {
	s.mu.Lock()
	p := s.process
	s.closed = true
	s.mu.Unlock()
	if p != nil {
		p.kill()
		s.turn <- struct{}{}
		s.drop(p)
		<-s.turn
	}
	return nil
}

// The questions to a process that reads a slide.
const (
	slideFormat     = "format"
	slideOpen       = "open"
	slideTile       = "tile"
	slideAssociated = "associated"
)

type slideQuestion struct {
	Do     string `json:"do"`
	Path   string `json:"path,omitempty"`
	Level  int    `json:"level,omitempty"`
	Column int    `json:"column,omitempty"`
	Row    int    `json:"row,omitempty"`
	Name   string `json:"name,omitempty"` // of an associated picture
}

// slideAnswer is what comes back: of a slide that was opened its description in
// JSON, of a tile RGB, of a picture NRGBA, where the message says.
type slideAnswer struct {
	Format  string  `json:"format,omitempty"`
	Absent  int     `json:"absent,omitempty"`
	Columns int     `json:"columns,omitempty"`
	Rows    int     `json:"rows,omitempty"`
	Missing *string `json:"missing,omitempty"` // why OpenSlide is not there
	Error   string  `json:"error,omitempty"`
}

func (a *slideAnswer) err() error {
	switch {
	case a.Missing != nil:
		return &openslide.NotInstalledError{Reason: *a.Missing}
	case a.Error != "":
		return errors.New(a.Error)
	}
	return nil
}

// The limits of what a process may say.
const (
	longestDescription = 64 << 20
	largestPicture     = 64 << 20 // pixels
	mostLevels         = 64
	longestSide        = 1 << 24 // pixels
	largestTile        = 1024    // pixels on a side
)

// descriptionOf reads what a process says of a slide; an *answerError says that
// it cannot be.
func descriptionOf(b []byte) (*slide.Description, error) {
	var d slide.Description
	if err := json.Unmarshal(b, &d); err != nil {
		return nil, answerf("a description that cannot be read: %v", err)
	}
	if n := len(d.Levels); n < 1 || n > mostLevels {
		return nil, answerf("a slide of %d levels", n)
	}
	for i, l := range d.Levels {
		sides := []int{l.Columns, l.Rows}
		tiles := []int{l.TileColumns, l.TileRows}
		if slices.Min(sides) < 1 || slices.Max(sides) > longestSide || slices.Min(tiles) < 1 || slices.Max(tiles) > largestTile {
			return nil, answerf("level %d of %v pixels in tiles of %v", i, sides, tiles)
		}
		if l.Downsample < 1 || i == 0 && l.Downsample != 1 || l.Downsample > longestSide || math.Min(l.MicrometresX, l.MicrometresY) < 0 {
			return nil, answerf("level %d reduced %g times with %g x %g µm a pixel", i, l.Downsample, l.MicrometresX, l.MicrometresY)
		}
	}
	if len(d.OpticalPaths) > 0 || d.FocalPlanes != 1 || d.FocalPlane != 1 {
		return nil, answerf("optical paths and focal planes, which no such slide has")
	}
	return &d, nil
}

// glass is the worker's side: at most one slide.
type glass struct {
	opener slide.Opener
	source slide.Source
}

// answer receives a question and gives the function that answers it.
func (g *glass) answer(w *wire) (func() error, error) {
	var q slideQuestion
	if _, _, err := w.receive(&q, 0); err != nil {
		return nil, err
	}
	return func() error {
		a, b, err := g.reply(q)
		if err == nil {
			var to []byte
			if to, err = w.reserve(0, int64(len(b))); err == nil {
				copy(to, b)
				return w.send(a, 0, int64(len(b)))
			}
		}
		a = slideAnswer{Error: err.Error()}
		var missing *openslide.NotInstalledError
		if errors.As(err, &missing) {
			a.Missing = &missing.Reason
		}
		return w.send(a, 0, 0)
	}, nil
}

func (g *glass) reply(q slideQuestion) (a slideAnswer, b []byte, err error) {
	ctx := context.Background()
	if g.source == nil && (q.Do == slideTile || q.Do == slideAssociated) {
		return a, nil, errors.New("no slide is open")
	}
	switch q.Do {
	case slideFormat:
		a.Format, err = g.opener.Format(ctx, q.Path)
	case slideOpen:
		if g.source != nil {
			return a, nil, errors.New("a slide is open already")
		}
		if g.source, err = g.opener.OpenSlide(ctx, q.Path); err != nil {
			g.source = nil
			return a, nil, err
		}
		b, err = json.Marshal(g.source.Description())
	case slideTile:
		var t *slide.Tile
		if t, err = g.source.Tile(ctx, q.Level, q.Column, q.Row); err == nil {
			a.Absent, b = t.Absent, t.RGB
		}
	case slideAssociated:
		var img *image.NRGBA
		if img, err = g.source.Associated(ctx, q.Name); err == nil {
			a.Columns, a.Rows, b = img.Rect.Dx(), img.Rect.Dy(), img.Pix
		}
	default:
		err = errors.New("there is no such question")
	}
	return a, b, err
}
