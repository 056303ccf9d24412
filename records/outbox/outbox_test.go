package outbox

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"longying/records"
)

// memory is a Store in memory that keeps the contract of Due.
type memory struct {
	deliveries []records.Delivery
	attempts   map[string][]string // outcomes by delivery
	payloadErr error
	given      map[string]bool
}

func (m *memory) Due(_ context.Context, now time.Time) ([]records.Delivery, error) {
	var out []records.Delivery
	for _, d := range m.deliveries {
		if d.State == records.DeliveryQueued && !d.Next.After(now) {
			out = append(out, d)
		}
	}
	return out, nil
}

func (m *memory) Payload(_ context.Context, d records.Delivery) ([]byte, bool, error) {
	again := m.given[d.ID]
	if m.given == nil {
		m.given = map[string]bool{}
	}
	m.given[d.ID] = true
	return fmt.Appendf(nil, "%s version %d as %s", d.DocumentID, d.Version, d.Format), again, m.payloadErr
}

func (m *memory) Record(_ context.Context, d records.Delivery, a records.Attempt) error {
	i := slices.IndexFunc(m.deliveries, func(x records.Delivery) bool { return x.ID == d.ID })
	m.deliveries[i] = d
	m.attempts[d.ID] = append(m.attempts[d.ID], a.Outcome)
	return nil
}

// bench is a worker with a clock that jumps to whatever is next.
type bench struct {
	*memory
	worker *Worker
	now    time.Time
}

func newBench(t *testing.T, url string, policy Policy, deliveries ...records.Delivery) *bench {
	t.Helper()
	b := &bench{memory: &memory{deliveries: deliveries, attempts: map[string][]string{}}, now: time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)}
	random := rand.New(rand.NewPCG(1, 2))
	dest := map[string]Destination{"province": {Name: "province", Kind: KindHTTP, URL: url, Timeout: 2 * time.Second}}
	b.worker = NewWorker(b, dest, policy, func() time.Time { return b.now }, random.Float64)
	return b
}

// rounds runs n rounds, each as soon as something is due.
func (b *bench) rounds(t *testing.T, n int) {
	t.Helper()
	for range n {
		if err := b.worker.Round(context.Background()); err != nil {
			t.Fatal(err)
		}
		for _, d := range b.deliveries {
			if d.Next.After(b.now) {
				b.now = d.Next
			}
		}
	}
}

func delivery(id string, version int) records.Delivery {
	return records.Delivery{ID: fmt.Sprintf("%s-%d", id, version), DocumentID: id, Version: version, Destination: "province", Format: "cda", State: records.DeliveryQueued}
}

func platform(t *testing.T, file string) (*StubPlatform, *httptest.Server) {
	t.Helper()
	s, err := NewStubPlatform(file)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s)
	t.Cleanup(func() { server.Close(); s.Close() })
	return s, server
}

func TestHowAnAttemptEnds(t *testing.T) {
	tests := []struct {
		rule     string
		fault    Fault // of the first request only
		outcomes []string
		state    records.DeliveryState
		sent     int
	}{
		{"acknowledged at once", FaultNone, []string{Acknowledged}, records.DeliveryAcknowledged, 1},
		{"dropped before it was accepted: sent again", FaultCloseBefore, []string{NoAnswer, Acknowledged}, records.DeliveryAcknowledged, 2},
		{"accepted but not answered: found when asked, not sent again", FaultCloseAfter, []string{NoAnswer, AskedAndFound}, records.DeliveryAcknowledged, 1},
		{"accepted but answered with garbage: found when asked", FaultGarbageAfter, []string{NoAnswer, AskedAndFound}, records.DeliveryAcknowledged, 1},
		{"unavailable: sent again", FaultUnavailable, []string{NoAnswer, Acknowledged}, records.DeliveryAcknowledged, 2},
		{"a refusal is final", FaultRefuse, []string{Refused}, records.DeliveryRefused, 1},
	}
	for _, x := range tests {
		t.Run(x.rule, func(t *testing.T) {
			stub, server := platform(t, "")
			stub.Fault = func(n int) Fault {
				if n == 1 {
					return x.fault
				}
				return FaultNone
			}
			b := newBench(t, server.URL, Policy{}, delivery("RPT/1 甲", 1))
			b.rounds(t, 4)
			d := b.deliveries[0]
			if got := b.attempts[d.ID]; !slices.Equal(got, x.outcomes) || d.State != x.state {
				t.Errorf("outcomes %v, state %s (%s); want %v, %s", got, d.State, d.LastError, x.outcomes, x.state)
			}
			if sent, asked := stub.Requests(); sent != x.sent || asked != len(x.outcomes)-1 {
				t.Errorf("sent %d times, asked %d times; want %d sent, and asked before each attempt but the first", sent, asked, x.sent)
			}
			if x.state != records.DeliveryAcknowledged {
				return
			}
			reg := stub.Registered()
			if len(reg) != 1 || d.Receipt == nil || d.Receipt.Number != reg[0].Receipt || d.Receipt.SHA256 != reg[0].SHA256 ||
				!d.Receipt.Registered.Equal(reg[0].Registered) || reg[0].DocumentID != "RPT/1 甲" {
				t.Errorf("receipt %+v, registered %+v", d.Receipt, reg)
			}
		})
	}
}

// A platform that was killed after it accepted, and started again, still knows.
func TestAPlatformThatDiedAfterAcceptingIsAsked(t *testing.T) {
	file := filepath.Join(t.TempDir(), "registry.json")
	stub, server := platform(t, file)
	addr := server.Listener.Addr().String()
	stub.Fault = func(int) Fault { return FaultCloseAfter }
	b := newBench(t, "http://"+addr, Policy{}, delivery("A", 1))
	b.rounds(t, 1)
	server.Close()
	stub.Close()
	b.rounds(t, 1) // nobody there
	_, again := platform(t, file)
	b.worker.destinations["province"] = Destination{Name: "province", Kind: KindHTTP, URL: again.URL}
	b.rounds(t, 1)
	if got, want := b.attempts["A-1"], []string{NoAnswer, Unreachable, AskedAndFound}; !slices.Equal(got, want) {
		t.Errorf("outcomes %v, want %v", got, want)
	}
}

// What a killed stub had not finished writing was never answered.
func TestATornLineOfTheRegistryIsDropped(t *testing.T) {
	file := filepath.Join(t.TempDir(), "registry.json")
	stub, server := platform(t, file)
	b := newBench(t, server.URL, Policy{}, delivery("A", 1), delivery("B", 1))
	b.rounds(t, 1)
	stub.Close()
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for cut := 1; cut < len(whole); cut += 17 {
		if err := os.WriteFile(file, whole[:len(whole)-cut], 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := NewStubPlatform(file)
		if err != nil {
			t.Fatalf("cut by %d: %v", cut, err)
		}
		if n, want := len(s.Registered()), strings.Count(string(whole[:len(whole)-cut]), "\n"); n != want {
			t.Errorf("cut by %d: %d registered, want %d", cut, n, want)
		}
		s.Close()
	}
	os.WriteFile(file, []byte("{}\nnot JSON\n"), 0o600)
	if _, err := NewStubPlatform(file); err == nil {
		t.Error("a damaged registry was taken")
	}
}

// Whatever the platform does, none is lost and each is registered once.
func TestNoneLostNoneTwice(t *testing.T) {
	const n = 400
	stub, server := platform(t, "")
	random := rand.New(rand.NewPCG(7, 11))
	stub.Fault = func(int) Fault {
		return []Fault{FaultNone, FaultCloseBefore, FaultCloseAfter, FaultGarbageAfter, FaultUnavailable}[random.IntN(5)]
	}
	var all []records.Delivery
	for i := range n {
		all = append(all, delivery(fmt.Sprintf("DOC-%04d", i/2), i%2+1))
	}
	b := newBench(t, server.URL, Policy{}, all...)
	b.rounds(t, 60)
	for _, d := range b.deliveries {
		if d.State != records.DeliveryAcknowledged {
			t.Fatalf("delivery %s is %s: %s", d.ID, d.State, d.LastError)
		}
	}
	seen := map[string]int{}
	last := map[string]int{}
	for _, r := range stub.Registered() {
		seen[r.key()]++
		if r.Version < last[r.DocumentID] {
			t.Errorf("document %s: version %d came after %d", r.DocumentID, r.Version, last[r.DocumentID])
		}
		last[r.DocumentID] = r.Version
	}
	if len(seen) != n {
		t.Errorf("%d registered, %d sent", len(seen), n)
	}
	for k, c := range seen {
		if c != 1 {
			t.Errorf("%q registered %d times", k, c)
		}
	}
}

func TestAnotherContentUnderTheSameVersionIsRefused(t *testing.T) {
	stub, server := platform(t, "")
	b := newBench(t, server.URL, Policy{}, delivery("A", 1))
	stub.byKey["A\x001\x00cda"] = &Registration{DocumentID: "A", Version: 1, Format: "cda", SHA256: "00", Receipt: "X"}
	b.deliveries[0].Attempts = 1 // so it is asked
	asked := newBench(t, server.URL, Policy{}, delivery("A", 1))
	for _, x := range []*bench{b, asked} {
		x.rounds(t, 1)
		if d := x.deliveries[0]; d.State != records.DeliveryRefused {
			t.Errorf("state %s: %s", d.State, d.LastError)
		}
	}
}

func TestAPlatformThatCannotBeAskedIsSentToAgain(t *testing.T) {
	stub, server := platform(t, "")
	stub.Fault = func(n int) Fault {
		if n == 1 {
			return FaultCloseAfter
		}
		return FaultNone
	}
	b := newBench(t, server.URL, Policy{}, delivery("A", 1))
	dest := b.worker.destinations["province"]
	dest.CannotBeAsked = true
	b.worker.destinations["province"] = dest
	b.rounds(t, 2)
	sent, asked := stub.Requests()
	if sent != 2 || asked != 0 || len(stub.Registered()) != 1 || b.deliveries[0].State != records.DeliveryAcknowledged {
		t.Errorf("sent %d, asked %d, registered %d, state %s", sent, asked, len(stub.Registered()), b.deliveries[0].State)
	}
}

func TestADeadDestinationIsTriedOnceARoundAndGivenUpAtLast(t *testing.T) {
	_, server := platform(t, "")
	server.Close()
	b := newBench(t, server.URL, Policy{Attempts: 3}, delivery("A", 1), delivery("B", 1))
	b.rounds(t, 1)
	if len(b.attempts["A-1"]) != 1 || len(b.attempts["B-1"]) != 0 {
		t.Errorf("attempts %v: the rest of an unreachable destination was tried too", b.attempts)
	}
	b.rounds(t, 10)
	for _, d := range b.deliveries {
		if d.State != records.DeliveryDead || d.Attempts != 3 || !strings.Contains(d.LastError, "given up after 3 attempts") {
			t.Errorf("%s is %s after %d attempts: %s", d.ID, d.State, d.Attempts, d.LastError)
		}
	}
}

// Without a new count a delivery that was given up would be given up again at the
// first failure, and its pauses would begin at hours.
func TestWhatAPersonHasTriedAgainIsGivenAsManyAttemptsAsANewOne(t *testing.T) {
	_, server := platform(t, "")
	server.Close()
	b := newBench(t, server.URL, Policy{First: time.Minute, Longest: time.Hour, Attempts: 5}, delivery("A", 1))
	b.rounds(t, 10)
	b.deliveries[0] = Again(b.deliveries[0], b.now)
	if d := b.deliveries[0]; d.State != records.DeliveryQueued || d.LastError != "" || d.Cause != nil || !d.Next.Equal(b.now) {
		t.Fatalf("tried again, it stands as %+v", d)
	}
	if err := b.worker.Round(context.Background()); err != nil {
		t.Fatal(err)
	}
	if d := b.deliveries[0]; d.State != records.DeliveryQueued || d.Next.Sub(b.now) > time.Minute {
		t.Fatalf("after one more failure it is %s, next in %s", d.State, d.Next.Sub(b.now))
	}
	b.rounds(t, 10)
	if d := b.deliveries[0]; d.State != records.DeliveryDead || d.Attempts != 10 || !strings.Contains(d.LastError, "given up after 5 attempts") {
		t.Errorf("it is %s after %d attempts in all: %s", d.State, d.Attempts, d.LastError)
	}
}

func TestPausesDoubleUpToALimit(t *testing.T) {
	p := Policy{First: time.Second, Longest: 10 * time.Second, Attempts: 1000}
	for attempt, full := range map[int]time.Duration{1: 1, 2: 2, 3: 4, 4: 8, 5: 10, 6: 10, 999: 10} {
		full *= time.Second
		if lo, hi := p.Pause(attempt, 0), p.Pause(attempt, 0.999999); lo != full/2 || hi <= full*9/10 || hi > full {
			t.Errorf("attempt %d: %s to %s, want %s to %s", attempt, lo, hi, full/2, full)
		}
	}
}

func TestWhatCannotBeEncodedNeedsAttention(t *testing.T) {
	stub, server := platform(t, "")
	for _, break_ := range []func(*bench){
		func(b *bench) { b.payloadErr = errors.New("patient.name (DE02.01.039.00) is missing") },
		func(b *bench) { delete(b.worker.destinations, "province") },
	} {
		b := newBench(t, server.URL, Policy{}, delivery("A", 1))
		break_(b)
		b.rounds(t, 2)
		if d := b.deliveries[0]; d.State != records.DeliveryNeedsCare || d.LastError == "" || !slices.Equal(b.attempts["A-1"], []string{NotEncoded}) {
			t.Errorf("%+v %v", d, b.attempts)
		}
	}
	if sent, _ := stub.Requests(); sent != 0 {
		t.Errorf("%d documents were sent", sent)
	}
}

// A sender that was killed after it sent has recorded no attempt; the one that is
// started next asks all the same.
func TestASenderThatWasKilledAsksWhenItIsStartedAgain(t *testing.T) {
	stub, server := platform(t, "")
	ctx, kill := context.WithCancel(context.Background())
	stub.AfterAccept = func(int) { kill() }
	b := newBench(t, server.URL, Policy{}, delivery("A", 1))
	if err := b.worker.Round(ctx); !errors.Is(err, context.Canceled) {
		t.Fatalf("Round = %v", err)
	}
	b.rounds(t, 1)
	if sent, asked := stub.Requests(); sent != 1 || asked != 1 || !slices.Equal(b.attempts["A-1"], []string{AskedAndFound}) {
		t.Errorf("sent %d times, asked %d times, %v", sent, asked, b.attempts)
	}
}

func TestStoppingRecordsNothing(t *testing.T) {
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer server.Close()
	defer close(release)
	b := newBench(t, server.URL, Policy{}, delivery("A", 1))
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if err := b.worker.Round(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Round = %v", err)
	}
	if d := b.deliveries[0]; d.State != records.DeliveryQueued || len(b.attempts) != 0 {
		t.Errorf("%+v %v", d, b.attempts)
	}
}

func TestAFolderTakesEachDocumentOnce(t *testing.T) {
	dir := t.TempDir()
	b := newBench(t, "", Policy{}, delivery("A/../B", 1))
	b.worker.destinations["province"] = Destination{Name: "province", Kind: KindFolder, URL: dir}
	b.rounds(t, 1)
	b.deliveries[0].State = records.DeliveryQueued
	b.rounds(t, 1)
	entries, _ := os.ReadDir(dir)
	if len(entries) != 1 || !slices.Equal(b.attempts["A/../B-1"], []string{Acknowledged, AskedAndFound}) {
		t.Errorf("%v %v", entries, b.attempts)
	}
	os.WriteFile(filepath.Join(dir, entries[0].Name()), []byte("other"), 0o600)
	b.deliveries[0].State = records.DeliveryQueued
	b.rounds(t, 1)
	if d := b.deliveries[0]; d.State != records.DeliveryRefused {
		t.Errorf("another content was overwritten: %s", d.State)
	}
}

func TestEachFormatIsSentAsWhatItIs(t *testing.T) {
	for format, want := range map[string]string{"cda": "application/xml; charset=utf-8", "fhir": "application/fhir+json; charset=utf-8", "sr": "application/dicom",
		"pdf": "application/pdf", "row-csv": "text/csv; charset=utf-8", "row-json": "application/json", "row-xml": "application/xml; charset=utf-8", "x": "application/octet-stream"} {
		if got := mediaType(format, nil); got != want {
			t.Errorf("%s is sent as %s, want %s", format, got, want)
		}
	}
}
