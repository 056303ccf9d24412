package outbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"longying/imaging/dicomfile"
	"longying/records"
)

// ledger is a Store of many deliveries that keeps the contract of Due. It stands
// for what is on the disk: it outlives every sender.
type ledger struct {
	all   []records.Delivery
	at    map[string]int
	given map[string]bool
	tries int
	ends  map[string]int // outcomes
}

func (l *ledger) Due(_ context.Context, now time.Time) ([]records.Delivery, error) {
	waits := map[string]bool{}
	var out []records.Delivery
	for _, d := range l.all {
		document := d.Destination + d.DocumentID
		switch {
		case d.State != records.DeliveryQueued || waits[document]:
		case d.Next.After(now):
			waits[document] = true
		default:
			out = append(out, d)
		}
	}
	return out, nil
}

func (l *ledger) Payload(_ context.Context, d records.Delivery) ([]byte, bool, error) {
	again := l.given[d.ID]
	l.given[d.ID] = true
	data, err := body(d)
	return data, again, err
}

func (l *ledger) Record(ctx context.Context, d records.Delivery, a records.Attempt) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if a.Cause == nil && a.Outcome != Acknowledged && a.Outcome != AskedAndFound {
		return fmt.Errorf("nobody is told in their language why %s: %s", a.Outcome, a.Detail)
	}
	l.all[l.at[d.ID]] = d
	l.tries++
	l.ends[a.Outcome]++
	return nil
}

// body is a document in its format, the same bytes every time.
func body(d records.Delivery) ([]byte, error) {
	switch d.Format {
	case "cda":
		return fmt.Appendf(nil, `<ClinicalDocument xmlns="urn:hl7-org:v3"><code code="C0006"/><title>检查报告</title><effectiveTime value="20261127120000"/><versionNumber value="%d"/>`+
			`<recordTarget><patientRole><id root="2.16.156.10011.1.11" extension="MZ&amp;1"/><patient><id root="2.16.156.10011.1.3" extension="X"/><name>欧阳·𬭸㛃</name></patient></patientRole></recordTarget><!--%s--></ClinicalDocument>`, d.Version, d.DocumentID), nil
	case "fhir":
		return fmt.Appendf(nil, `{"resourceType":"Bundle","type":"transaction","entry":[{"resource":{"resourceType":"DiagnosticReport","identifier":[{"value":%q},{"value":"%s-%d"}]}}]}`,
			d.DocumentID, d.DocumentID, d.Version), nil
	case "sr":
		var b bytes.Buffer
		err := dicomfile.Write(&b, dicomfile.NewDataset().
			String(dicomfile.TagSOPClassUID, "UI", "1.2.840.10008.5.1.4.1.1.88.34").
			String(dicomfile.TagSOPInstanceUID, "UI", fmt.Sprintf("%s.%d", d.DocumentID, d.Version)).
			String(dicomfile.TagStudyInstanceUID, "UI", "1.2.3").
			String(dicomfile.TagSeriesInstanceUID, "UI", "1.2.3.4").
			String(dicomfile.TagModality, "CS", "SR").
			String(dicomfile.TagPatientName, "PN", "样本"))
		return b.Bytes(), err
	}
	return fmt.Appendf(nil, "%s,%d,𬭸㛃", d.DocumentID, d.Version), nil
}

// Whatever a platform of any kind does, and however often platform and sender are
// killed and started again: none is lost, each version is registered once and with
// its own bytes, no older one after a newer one, and what may have been registered
// is asked about before it is sent again.
func TestEachDeliveryIsRegisteredOnceWhateverPlatformAndSenderDo(t *testing.T) {
	n := 300
	if os.Getenv("LONGYING_SOAK") != "" {
		n = 10_000
	}
	h := newHostile(t, 5)
	share := filepath.Join(t.TempDir(), "share")
	if err := os.Mkdir(share, 0o700); err != nil {
		t.Fatal(err)
	}
	base := h.server.URL
	const short = 150 * time.Millisecond
	destinations := map[string]Destination{
		"http":   {Name: "http", Kind: KindHTTP, URL: base + "/http", Timeout: short},
		"soap":   {Name: "soap", Kind: KindSOAP, URL: base + "/soap", Timeout: short, Sender: "HIS", Receiver: "省平台"},
		"fhir":   {Name: "fhir", Kind: KindFHIR, URL: base + "/fhir", Timeout: short},
		"stow":   {Name: "stow", Kind: KindSTOW, URL: base + "/stow", Timeout: short},
		"folder": {Name: "folder", Kind: KindFolder, URL: share},
	}
	formats := map[string]string{"http": "row-csv", "soap": "cda", "fhir": "fhir", "stow": "sr", "folder": "cda"}
	kinds := slices.Sorted(maps.Keys(destinations))
	l := &ledger{at: map[string]int{}, given: map[string]bool{}, ends: map[string]int{}}
	now := time.Date(2026, 11, 27, 8, 0, 0, 0, time.UTC)
	for i := range n {
		kind := kinds[i%len(kinds)]
		document, version := fmt.Sprint(1+i/len(kinds)/2), 1+i/len(kinds)%2
		if kind != "stow" {
			document = "LY/文 " + document
		}
		d := records.Delivery{ID: fmt.Sprintf("%s %s %d", kind, document, version), DocumentID: document, Version: version, Destination: kind,
			Format: formats[kind], State: records.DeliveryQueued, CreatedAt: now}
		l.at[d.ID] = len(l.all)
		l.all = append(l.all, d)
	}
	random := rand.New(rand.NewPCG(9, 9))
	queued := func() (left int, first time.Time) {
		for _, d := range l.all {
			if d.State == records.DeliveryQueued {
				if left++; !d.Next.IsZero() && (first.IsZero() || d.Next.Before(first)) {
					first = d.Next
				}
			}
		}
		return left, first
	}
	rounds, kills, restarts := 0, 0, 0
	for left, next := queued(); left > 0; left, next = queued() {
		if rounds++; rounds > 40*n {
			t.Fatalf("%d deliveries are still on their way after %d rounds", left, rounds)
		}
		if next.After(now) {
			now = next.Add(time.Duration(random.IntN(int(LongestPause))))
		}
		ctx, cancel := context.WithCancel(context.Background())
		h.mu.Lock()
		h.kill, h.killAt = nil, 0
		if random.IntN(4) == 0 {
			h.kill, h.killAt = cancel, h.requests+1+random.IntN(20)
		}
		h.mu.Unlock()
		gone := random.IntN(12) == 0
		addr := ""
		if gone {
			addr = h.down()
			if err := os.Rename(share, share+".away"); err != nil {
				t.Fatal(err)
			}
			restarts++
		}
		// A sender that is started anew: it knows nothing but the ledger.
		err := NewWorker(l, destinations, Policy{}, func() time.Time { return now }, random.Float64).Round(ctx)
		switch {
		case errors.Is(err, context.Canceled):
			kills++
		case err != nil:
			t.Fatal(err)
		}
		cancel()
		if gone {
			h.start(t, addr)
			if err := os.Rename(share+".away", share); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, d := range l.all {
		if d.State != records.DeliveryAcknowledged || d.Receipt == nil || d.Receipt.Number == "" {
			t.Fatalf("delivery %s is %s: %s", d.ID, d.State, d.LastError)
		}
		if d.Destination == "folder" {
			raw, err := os.ReadFile(filepath.Join(share, d.Receipt.Number))
			want, err2 := body(d)
			if err := errors.Join(err, err2); err != nil || !bytes.Equal(raw, want) {
				t.Errorf("%s: %v", d.ID, err)
			}
		} else if _, ok := h.kinds[d.Destination][fmt.Sprintf("%s-%d", d.DocumentID, d.Version)]; !ok {
			t.Errorf("%s has a receipt and is not registered", d.ID)
		}
	}
	registered := 0
	for _, r := range h.kinds {
		registered += len(r)
	}
	files, err := os.ReadDir(share)
	if err != nil {
		t.Fatal(err)
	}
	if registered+len(files) != n {
		t.Errorf("%d deliveries, %d registered and %d files", n, registered, len(files))
	}
	for document, versions := range h.order {
		if !slices.IsSorted(versions) {
			t.Errorf("%s: the versions were registered as %v", document, versions)
		}
	}
	for _, x := range h.broken {
		t.Error(x)
	}
	t.Logf("%d deliveries: sent %d times, asked %d times, %d attempts (%v); platform restarted %d times, sender killed %d times; faults %v",
		n, h.sent, h.asked, l.tries, l.ends, restarts, kills, h.faults)
}
