package volume

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"longying/imaging"
)

// gate is a Read whose frames of 40 bytes come when the test lets them.
type gate struct {
	mu      sync.Mutex
	asked   []int
	arrived chan int
	let     chan struct{}
	broken  map[int]bool
	group   sync.WaitGroup
}

func newGate() *gate {
	return &gate{arrived: make(chan int, 1000), let: make(chan struct{}, 1000), broken: map[int]bool{}}
}

func (g *gate) read(ctx context.Context, s Slice) (*imaging.Frame, error) {
	n := s.Instance.Number - 1
	g.mu.Lock()
	g.asked = append(g.asked, n)
	broken := g.broken[n]
	g.mu.Unlock()
	g.arrived <- n
	select {
	case <-g.let:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if broken {
		return nil, fmt.Errorf("slice %d is broken", n)
	}
	return imaging.NewFrame(s.Instance.Pixels), nil
}

func (g *gate) spawn(f func()) { g.group.Go(f) }

// open lets so many frames come.
func (g *gate) open(n int) {
	for range n {
		g.let <- struct{}{}
	}
}

func (g *gate) took() []int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.asked)
}

func many(n int) []Slice {
	var list []imaging.Instance
	for k := range n {
		list = append(list, axial(k+1, float64(k)))
	}
	return Slices(series(list...))
}

const frame40 = 4 * 5 * 2 // bytes of a frame of many

func loader(t *testing.T, c *Cache, g *gate, s []Slice) *Loader {
	t.Helper()
	l := NewLoader(t.Context(), c, s, g.read, g.spawn)
	l.workers = 1
	t.Cleanup(func() {
		l.Close()
		g.group.Wait()
	})
	return l
}

func TestTheFirstPictureComesAtOnceAndTheOthersInTheOrderOfScrolling(t *testing.T) {
	g := newGate()
	l := loader(t, NewCache(1<<20), g, many(9))
	g.open(100)
	if f, err := l.Load(t.Context(), 4); err != nil || f == nil {
		t.Fatal(f, err)
	}
	g.group.Wait()
	// Forward first, because nobody has scrolled yet; each step back counts two.
	got := g.took()
	slices.Sort(got[:2]) // these two are asked for together
	if want := []int{4, 5, 6, 3, 7, 8, 2, 1, 0}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if l.Ready() != 9 {
		t.Errorf("%d are ready", l.Ready())
	}
	if l.Show(0) == nil {
		t.Error("what was read ahead is not there")
	}
}

func TestReadingFollowsTheReaderAndItsDirection(t *testing.T) {
	g := newGate()
	l := loader(t, NewCache(1<<20), g, many(40))
	l.Show(10)
	<-g.arrived // 10 is being read
	<-g.arrived // and 11, ahead
	l.Show(30)
	l.Show(28) // back
	g.open(3)  // 10 and 11, then what is nearest now
	for range 2 {
		<-g.arrived
	}
	if got := g.took(); !slices.Contains(got[2:], 28) {
		t.Errorf("%v: where the reader is was not read next", got)
	}
	g.open(100)
	g.group.Wait()
	order := g.took()
	if at := slices.Index(order, 28); slices.Index(order, 27) < at || slices.Index(order, 27) > slices.Index(order, 29) {
		t.Errorf("%v: it does not follow the direction", order)
	}
}

func TestAPictureThatIsWantedDoesNotWaitForThoseReadAhead(t *testing.T) {
	g := newGate()
	l := loader(t, NewCache(1<<20), g, many(40))
	l.Show(0)
	<-g.arrived
	<-g.arrived // two are at work: the wanted one, and one ahead
	l.Show(39)
	g.open(1)
	if n := <-g.arrived; n != 39 {
		t.Errorf("%d was read instead of what is wanted", n)
	}
}

func TestTheCacheStaysUnderItsLimitAndKeepsWhatIsNear(t *testing.T) {
	const room = 10
	c := NewCache(room * frame40)
	g := newGate()
	s := many(200)
	l := loader(t, c, g, s)
	g.open(1000)
	for _, at := range []int{0, 1, 2, 3, 50, 51, 120, 119, 118, 199, 60} {
		if _, err := l.Load(t.Context(), at); err != nil {
			t.Fatal(err)
		}
		g.group.Wait()
		if used, limit := c.Used(); used > limit || used != len(c.frames)*frame40 {
			t.Fatalf("%d bytes of %d with %d frames", used, limit, len(c.frames))
		}
		if c.Get(s[at]) == nil {
			t.Fatalf("the slice in front, %d, was not kept", at)
		}
	}
	// Came down from 199: those below 60 are ahead.
	var kept []int
	for i := range s {
		if c.Get(s[i]) != nil {
			kept = append(kept, i)
		}
	}
	if want := []int{54, 55, 56, 57, 58, 59, 60, 61, 62, 63}; !slices.Equal(kept, want) {
		t.Errorf("%v, want %v", kept, want)
	}
	// It does not read the same slices again and again.
	before := len(g.took())
	for range 5 {
		l.Show(60)
		g.group.Wait()
	}
	if n := len(g.took()) - before; n != 0 {
		t.Errorf("%d slices were read although there is no room for more", n)
	}
}

func TestViewportsShareTheCacheAndEachKeepsWhatItLooksAt(t *testing.T) {
	c := NewCache(12 * frame40)
	g := newGate()
	g.open(1000)
	a, b := many(50), many(50)
	la, lb := loader(t, c, g, a), loader(t, c, g, b)
	for _, step := range []struct {
		l  *Loader
		at int
	}{{la, 20}, {lb, 40}, {la, 21}, {lb, 5}} {
		if _, err := step.l.Load(t.Context(), step.at); err != nil {
			t.Fatal(err)
		}
		g.group.Wait()
	}
	if c.Get(a[21]) == nil || c.Get(b[5]) == nil || c.Get(a[22]) == nil || c.Get(b[4]) == nil {
		t.Error("the neighbours of both are not kept")
	}
	// What is no longer shown goes first.
	la.Close()
	if _, err := lb.Load(t.Context(), 6); err != nil {
		t.Fatal(err)
	}
	g.group.Wait()
	for i := range a {
		if c.Get(a[i]) != nil {
			t.Errorf("slice %d of the closed series takes the room of the open one", i)
		}
	}
}

func TestASmallerLimitTakesEffectAtOnce(t *testing.T) {
	c := NewCache(20 * frame40)
	g := newGate()
	g.open(100)
	s := many(20)
	l := loader(t, c, g, s)
	if _, err := l.Load(t.Context(), 10); err != nil {
		t.Fatal(err)
	}
	g.group.Wait()
	c.SetLimit(3 * frame40)
	if used, _ := c.Used(); used != 3*frame40 || c.Get(s[10]) == nil {
		t.Errorf("%d bytes", used)
	}
	c.SetLimit(1) // what is looked at stays
	if used, _ := c.Used(); used != frame40 || c.Get(s[10]) == nil {
		t.Errorf("%d bytes", used)
	}
	c.Clear()
	if used, _ := c.Used(); used != 0 {
		t.Errorf("%d bytes", used)
	}
}

func TestABrokenPictureIsSaidWhenItIsWantedAndHoldsUpNothing(t *testing.T) {
	g := newGate()
	g.broken[3] = true
	g.open(100)
	l := loader(t, NewCache(1<<20), g, many(8))
	if _, err := l.Load(t.Context(), 2); err != nil {
		t.Fatal(err)
	}
	g.group.Wait()
	if l.Ready() != 7 {
		t.Errorf("%d are ready", l.Ready())
	}
	for range 2 { // and again, when somebody comes back to it
		if _, err := l.Load(t.Context(), 3); err == nil || err.Error() != "slice 3 is broken" {
			t.Error(err)
		}
	}
}

func TestClosingASeriesEndsItsReading(t *testing.T) {
	g := newGate()
	l := loader(t, NewCache(1<<20), g, many(30))
	failed := make(chan error)
	go func() {
		_, err := l.Load(t.Context(), 5)
		failed <- err
	}()
	<-g.arrived
	l.Close()
	if err := <-failed; !errors.Is(err, ErrClosed) && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	g.group.Wait() // nothing reads any more
	if n := len(g.took()); n > 2 {
		t.Errorf("%d were read", n)
	}
	if _, err := l.Load(t.Context(), 6); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
	g.group.Wait()
}

func TestGivingUpWaitingLeavesTheReadingToGoOn(t *testing.T) {
	g := newGate()
	l := loader(t, NewCache(1<<20), g, many(3))
	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan error)
	go func() {
		_, err := l.Load(ctx, 1)
		failed <- err
	}()
	<-g.arrived
	cancel()
	if err := <-failed; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	g.open(10)
	g.group.Wait()
	if l.Ready() != 3 {
		t.Errorf("%d are ready", l.Ready())
	}
}

func TestALoaderThatReadsNothingAheadReadsWhatIsLookedAtAlone(t *testing.T) {
	g := newGate()
	l := loader(t, NewCache(1<<20), g, many(9))
	l.Ahead(0)
	g.open(100)
	for _, at := range []int{2, 4, 2} {
		if f, err := l.Load(t.Context(), at); err != nil || f == nil {
			t.Fatal(f, err)
		}
	}
	g.group.Wait()
	if got := g.took(); !slices.Equal(got, []int{2, 4}) {
		t.Errorf("%v were read; 2 and 4 were looked at", got)
	}
}
