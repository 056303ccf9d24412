package station

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"longying/app/admin"
	"longying/app/delivery"
	"longying/records"
	"longying/records/outbox"
)

// platform is a stub of a platform that comes and goes, under one address.
type platform struct {
	*outbox.StubPlatform
	t      *testing.T
	addr   string
	server *http.Server
	ended  chan struct{}
}

// newPlatform is one that is not there yet.
func newPlatform(t *testing.T) *platform {
	t.Helper()
	stub, err := outbox.NewStubPlatform("")
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &platform{StubPlatform: stub, t: t, addr: l.Addr().String()}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *platform) route(name string, formats ...string) delivery.Route {
	return delivery.Route{Formats: formats, Destination: outbox.Destination{Name: name, Kind: outbox.KindHTTP, URL: "http://" + p.addr, InClear: true}}
}

func (p *platform) start() {
	p.t.Helper()
	l, err := net.Listen("tcp", p.addr)
	if err != nil {
		p.t.Fatal(err)
	}
	p.server, p.ended = &http.Server{Handler: p}, make(chan struct{})
	go func() {
		defer close(p.ended)
		if err := p.server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			p.t.Error(err)
		}
	}()
	p.t.Cleanup(p.stop)
}

func (p *platform) stop() {
	if p.server == nil {
		return
	}
	if err := p.server.Close(); err != nil {
		p.t.Error(err)
	}
	<-p.ended
	p.server = nil
}

// clock is what a test says that it is.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) forward(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// nap is a sender that has nothing to do for a time.
type nap struct {
	pause time.Duration
	ring  chan time.Time
}

// sending is a sender that runs, and whose pauses the test ends.
type sending struct {
	*delivery.Sender
	naps  chan nap
	last  delivery.Standing // as told before the last nap
	ended chan error
}

// sender runs one until the test ends, and waits for its first nap.
func (b *bench) sender(s *Station, actor records.User) *sending {
	out := &sending{naps: make(chan nap), ended: make(chan error, 1)}
	var told delivery.Standing
	ctx, cancel := context.WithCancel(b.ctx)
	after := func(d time.Duration) <-chan time.Time {
		out.last = told // read by the test after the nap is handed over
		ring := make(chan time.Time, 1)
		select {
		case out.naps <- nap{d, ring}:
		case <-ctx.Done():
		}
		return ring
	}
	out.Sender = s.Delivery.NewSender(after, func(st delivery.Standing) { told = st })
	if actor.ID != "" {
		out.Sender = s.Delivery.NewSenderOf(actor, after, func(st delivery.Standing) { told = st })
	}
	go func() { out.ended <- out.Run(ctx) }()
	b.t.Cleanup(func() {
		cancel()
		<-out.ended
	})
	return out
}

// deliveries by their state.
func (b *bench) deliveries() map[records.DeliveryState]int {
	b.t.Helper()
	all, err := b.Delivery.Outbox(b.ctx, b.radiologist)
	b.must(err)
	out := map[records.DeliveryState]int{}
	for _, d := range all {
		out[d.State]++
	}
	return out
}

func TestWhatIsSignedWhileThePlatformIsAwayForWeeksIsSentInOrderByItselfOnceItIsBack(t *testing.T) {
	c := &clock{now: time.Now()}
	b := newBenchAt(t, c.Now)
	p := newPlatform(t)
	b.must(b.Delivery.PutDestination(b.ctx, b.admin, p.route("省平台", "cda", "fhir", "sr"), false))
	s := b.sender(b.Station, records.User{})
	n := <-s.naps
	b.signed("随访。")
	s.Wake() // as the window does after a signature
	n = <-s.naps
	_, err := b.Reading.Amend(b.ctx, b.radiologist, b.film.StudyUID, "补充建议")
	b.must(err)
	b.signed("复查。")
	s.Wake()
	began, tries := c.Now(), 0
	longest := time.Duration(0)
	for n = <-s.naps; c.Now().Sub(began) < 21*24*time.Hour; n = <-s.naps {
		if got := s.last; got.Waiting != 6 || !slices.Equal(got.Away, []string{"省平台"}) || got.Since.After(began) || got.Sending {
			t.Fatalf("after %v it stands %+v", c.Now().Sub(began), got)
		}
		// A minute is as long as it sleeps at most; nothing happens in most of them.
		longest = max(longest, s.last.Next.Sub(c.Now()))
		step := max(n.pause, s.last.Next.Sub(c.Now()))
		c.forward(step)
		n.ring <- c.Now()
		tries++
	}
	if tries < 50 || tries > 2000 || longest > outbox.LongestPause {
		t.Errorf("in three weeks it looked %d times; the longest pause was %v", tries, longest)
	}
	if sent, asked := p.Requests(); sent+asked != 0 {
		t.Fatal("the platform was there")
	}
	p.start()
	c.forward(outbox.LongestPause)
	n.ring <- c.Now()
	n = <-s.naps
	if s.last.Waiting != 0 || s.last.Away != nil || s.last.Sending {
		t.Errorf("it stands %+v", s.last)
	}
	if got := b.deliveries(); got[records.DeliveryAcknowledged] != 6 || len(got) != 1 {
		t.Errorf("%v", got)
	}
	var order []string
	for _, r := range p.Registered() {
		order = append(order, fmt.Sprintf("%s%d", r.Format, r.Version))
	}
	if got := strings.Join(order, " "); got != "cda1 fhir1 sr1 cda2 fhir2 sr2" {
		t.Errorf("registered %s", got)
	}
	if sent, _ := p.Requests(); sent != 6 {
		t.Errorf("sent %d times", sent)
	}
	events, err := b.Admin.AuditEvents(b.ctx, b.auditor, admin.AuditFilter{User: delivery.Automatically})
	b.must(err)
	if len(events) < 6 || events[0].Action != "deliver" || events[0].Object == "" {
		t.Errorf("the trail has %d events of sending by itself", len(events))
	}
}

func TestASignatureIsSentAtOnceAndNothingWhileItIsSwitchedOff(t *testing.T) {
	b := newBench(t)
	p := newPlatform(t)
	p.start()
	b.must(b.Delivery.PutDestination(b.ctx, b.admin, p.route("省平台", "cda"), false))
	on, err := b.Delivery.Automatic(b.ctx)
	b.must(err)
	if !on {
		t.Error("a destination that was entered is not sent to")
	}
	b.refused("right", b.Delivery.SetAutomatic(b.ctx, b.radiologist, false))
	b.must(b.Delivery.SetAutomatic(b.ctx, b.admin, false))
	s := b.sender(b.Station, records.User{})
	<-s.naps
	b.signed("随访。")
	s.Wake()
	<-s.naps
	if sent, _ := p.Requests(); sent != 0 || !s.last.Off || s.last.Waiting != 1 {
		t.Fatalf("sent %d times while it is off; it stands %+v", sent, s.last)
	}
	b.must(b.Delivery.SetAutomatic(b.ctx, b.admin, true))
	s.Wake()
	<-s.naps
	if got := b.deliveries(); got[records.DeliveryAcknowledged] != 1 || s.last.Off {
		t.Errorf("%v; it stands %+v", got, s.last)
	}
}

func TestASenderOfAPersonEndsWhenTheyMayNotSendAnyMore(t *testing.T) {
	b := newBench(t)
	s := b.sender(b.Station, b.radiologist)
	<-s.naps
	b.must(b.Admin.SetLocked(b.ctx, b.admin, b.radiologist.Login, true))
	s.Wake()
	err := <-s.ended
	b.refused("locked", err)
	s.ended <- err
}

// A platform that cannot be asked would take twice what two programs send: one
// of them waits for the other.
func TestTwoProgramsOnOneFolderSendEachDeliveryOnce(t *testing.T) {
	b := newBench(t)
	stub, err := outbox.NewStubPlatform("")
	b.must(err)
	server := httptest.NewServer(stub)
	t.Cleanup(server.Close)
	want := 0
	for i := range 8 {
		r := delivery.Route{Formats: []string{"cda", "fhir", "sr", "row-csv"}, Destination: outbox.Destination{Name: fmt.Sprint("d", i), Kind: outbox.KindHTTP, URL: server.URL, InClear: true, CannotBeAsked: true}}
		b.must(b.Delivery.PutDestination(b.ctx, b.admin, r, false))
		want += len(r.Formats)
	}
	b.signed("随访。")
	passphrase, err := os.ReadFile(b.sample.KeyFile)
	b.must(err)
	second, err := Open(b.ctx, Options{Home: b.Home, Passphrase: strings.TrimSpace(string(passphrase))})
	b.must(err)
	t.Cleanup(func() { b.must(second.Close()) })
	var both sync.WaitGroup
	for _, s := range []*Station{b.Station, second} {
		both.Go(func() {
			if _, err := s.Delivery.SendNow(b.ctx, b.radiologist); err != nil {
				t.Error(err)
			}
		})
	}
	both.Wait()
	if sent, _ := stub.Requests(); sent != want {
		t.Errorf("%d deliveries were sent %d times", want, sent)
	}
	if got := b.deliveries(); got[records.DeliveryAcknowledged] != want {
		t.Errorf("%v", got)
	}
}
