package canvas

import (
	"context"
	"time"

	"longying/app/ui/canvas/view"
)

// Cine shows the pictures of a viewport one after another until it is stopped.
// A picture is waited for while it is being decoded: none is left out.
type Cine struct {
	image *Image
	tick  func(ctx context.Context, every time.Duration, step func()) // tests give their own
	rate  float64                                                     // pictures a second; 0: the file's own
	stop  func()
	came  []time.Time // when the pictures of the last second came
}

// NewCine makes one that stands still.
func NewCine(i *Image) *Cine { return &Cine{image: i, tick: i.ticking} }

// Playing reports that it runs.
func (c *Cine) Playing() bool { return c.stop != nil }

// Rate is the pictures a second.
func (c *Cine) Rate() float64 {
	own := 0.0
	if s, ok := c.image.Shown(); ok {
		own = s.Instance.FrameRate
	}
	return view.CineRate(c.rate, own)
}

// Toggle starts or stops it. One picture alone does not play.
func (c *Cine) Toggle() {
	if c.Playing() {
		c.Stop()
		return
	}
	if len(c.image.slices) < 2 {
		return
	}
	ctx, cancel := context.WithCancel(c.image.ws.Context())
	c.stop, c.came = cancel, nil
	c.tick(ctx, time.Duration(float64(time.Second)/c.Rate()), c.step)
	c.image.Refresh()
}

// Stop leaves the picture that is shown.
func (c *Cine) Stop() {
	if c.stop != nil {
		c.stop()
		c.stop = nil
		c.image.Refresh()
	}
}

// Faster changes the rate by steps of a fifth, up or down.
func (c *Cine) Faster(steps int) {
	c.rate = view.CineFaster(c.Rate(), steps)
	if c.Playing() {
		c.Stop()
		c.Toggle()
	}
}

// step shows the next picture, after the last the first again.
func (c *Cine) step() {
	i := c.image
	if c.stop == nil || i.loading || len(i.slices) == 0 {
		return
	}
	now := time.Now()
	for len(c.came) > 0 && now.Sub(c.came[0]) > time.Second {
		c.came = c.came[1:]
	}
	c.came = append(c.came, now)
	i.SetState(i.state.ScrollTo((i.state.Slice + 1) % len(i.slices)))
}

// real is how many pictures came in the last second where they are behind the
// rate, 0 where they are not or nothing is known yet.
func (c *Cine) real() float64 {
	n := len(c.came)
	if n < 4 {
		return 0
	}
	took := c.came[n-1].Sub(c.came[0]).Seconds()
	if got := float64(n-1) / took; took > 0.5 && got < 0.9*c.Rate() {
		return got
	}
	return 0
}

// own reports that it plays at the file's own rate.
func (c *Cine) own() bool {
	s, ok := c.image.Shown()
	return ok && c.rate == 0 && s.Instance.FrameRate > 0
}

// ticking calls step on the UI goroutine at each tick; one that comes while the
// last is not done is dropped.
func (i *Image) ticking(ctx context.Context, every time.Duration, step func()) {
	i.ws.Go(func() {
		t := time.NewTicker(every)
		defer t.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-t.C:
			}
			done := make(chan struct{})
			i.ws.Do(func() {
				defer close(done)
				if ctx.Err() == nil {
					step()
				}
			})
			select {
			case <-ctx.Done():
				return
			case <-done:
			}
		}
	})
}
