package delivery

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"sync"
	"testing"
	"time"

	"longying/records"
	"longying/records/outbox"
	"longying/records/seal"
	"longying/records/sqlite"
)

// killedFolder names the data folder to the senders that
// TestEachDeliveryOfTheRecordIsRegisteredOnceHoweverOftenSendersAreKilled kills.
const killedFolder = "LONGYING_TEST_SENDER_FOLDER"

// folderOf opens the record of a data folder under a key that the test knows.
func folderOf(t *testing.T, folder string) *sqlite.Store {
	t.Helper()
	key, err := seal.NewKey(bytes.Repeat([]byte{7}, seal.DataKeySize))
	if err != nil {
		t.Fatal(err)
	}
	store, err := sqlite.Open(t.Context(), folder, key, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func sending(store *sqlite.Store, folder string) *Delivery {
	return New(store, Needs{Folder: folder}, time.Now, rand.Float64, time.Millisecond)
}

// TestSendUntilKilled is the child: it sends by itself until nothing waits.
func TestSendUntilKilled(t *testing.T) {
	folder := os.Getenv(killedFolder)
	if folder == "" {
		t.Skip("the child process of another test")
	}
	store := folderOf(t, folder)
	defer store.Close()
	ctx, done := context.WithCancel(t.Context())
	defer done()
	s := sending(store, folder).NewSender(func(d time.Duration) <-chan time.Time { return time.After(min(d, 2*time.Millisecond)) }, func(st Standing) {
		switch {
		case st.Failed != nil:
			t.Error(st.Failed)
		case st.Care > 0:
			t.Error("a delivery was refused, given up, or could not be sent")
		case !st.Sending && st.Waiting == 0:
		default:
			return
		}
		done()
	})
	if err := s.Run(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// frozen signs a document as the record keeps it.
func frozen(t *testing.T, d records.Document) *records.SignedDocument {
	t.Helper()
	canonical, err := d.Canonical()
	if err != nil {
		t.Fatal(err)
	}
	out := &records.SignedDocument{Document: d, Canonical: canonical, SignedBy: d.Author.ID, SignedAt: d.SignedAt}
	out.SHA256, out.SM3 = seal.Digests(canonical)
	return out
}

// The record of a station with reports and their corrections, two programs that
// send from it and are killed at any moment, and a platform that refuses the
// connection, breaks off before and after it registered, answers garbage and is
// closed for a time: none is lost, each is registered once with the bytes that are
// kept, no version after a later one, and the trail is whole.
func TestEachDeliveryOfTheRecordIsRegisteredOnceHoweverOftenSendersAreKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("kills processes for seconds")
	}
	reports, killEvery := 6, 23
	if os.Getenv("LONGYING_SOAK") != "" {
		reports, killEvery = 1250, 211 // 10,000 deliveries
	}
	formats := []string{"cda", "fhir", "row-csv", "row-json"}
	folder := t.TempDir()
	stub, err := outbox.NewStubPlatform("")
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var children []*exec.Cmd
	faults, kills := map[outbox.Fault]int{}, 0
	random := rand.New(rand.NewPCG(3, 4))
	stub.Fault = func(request int) outbox.Fault {
		mu.Lock()
		defer mu.Unlock()
		if request%killEvery == 0 && len(children) > 0 {
			kills++
			children[random.IntN(len(children))].Process.Kill() // it may have ended by itself
		}
		f := []outbox.Fault{outbox.FaultNone, outbox.FaultNone, outbox.FaultNone, outbox.FaultNone, outbox.FaultNone,
			outbox.FaultCloseBefore, outbox.FaultCloseAfter, outbox.FaultGarbageAfter, outbox.FaultUnavailable}[random.IntN(9)]
		faults[f]++
		return f
	}
	server := httptest.NewServer(stub)
	defer server.Close()

	store := folderOf(t, folder)
	d := sending(store, folder)
	admin := records.User{ID: "a", Name: "管理员", Role: records.RoleAdministrator}
	route := Route{Formats: formats, Destination: outbox.Destination{Name: "省平台", Kind: outbox.KindHTTP, URL: server.URL, InClear: true}}
	if err := d.PutDestination(t.Context(), admin, route, false); err != nil {
		t.Fatal(err)
	}
	g := generator{rand.New(rand.NewPCG(5, 6))}
	insert := func(doc records.Document) {
		err := store.Update(t.Context(), func(tx *sqlite.Tx) error {
			ex := doc.Examination
			ex.PatientID, ex.Link = "", records.LinkReview
			if err := tx.PutExamination(&ex); err != nil {
				return err
			}
			if err := tx.InsertSignedDocument(frozen(t, doc)); err != nil {
				return err
			}
			intents, err := d.Intents(tx, &doc)
			for i := range intents {
				err = errors.Join(err, tx.InsertDelivery(&intents[i]))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for i := range reports {
		doc := g.document(i).Document
		doc.Version, doc.ID, doc.Replaces, doc.Amends = 1, doc.DocumentID+"-1", "", ""
		insert(doc)
		doc.Version, doc.ID, doc.Replaces, doc.Amends = 2, doc.DocumentID+"-2", doc.DocumentID+"-1", "补充"
		insert(doc)
	}
	want := reports * 2 * len(formats)

	var both sync.WaitGroup
	for range 2 {
		both.Go(func() {
			for starts := 0; ; starts++ {
				if starts > want {
					t.Error("started too often")
					return
				}
				child := exec.Command(os.Args[0], "-test.run=^TestSendUntilKilled$", "-test.timeout=30m")
				child.Env = append(os.Environ(), killedFolder+"="+folder)
				var out bytes.Buffer
				child.Stdout, child.Stderr = &out, &out
				if err := child.Start(); err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				children = append(children, child)
				mu.Unlock()
				err := child.Wait()
				mu.Lock()
				children = slices.DeleteFunc(children, func(c *exec.Cmd) bool { return c == child })
				mu.Unlock()
				if err == nil {
					return
				}
				if child.ProcessState.ExitCode() > 0 { // not killed
					t.Errorf("%v\n%s", err, out.String())
					return
				}
			}
		})
	}
	both.Wait()

	deliveries, err := d.Outbox(t.Context(), records.User{ID: "r", Name: "医生", Role: records.RoleRadiologist})
	if err != nil || len(deliveries) != want {
		t.Fatalf("%d deliveries of %d: %v", len(deliveries), want, err)
	}
	registered, last := map[string]outbox.Registration{}, map[string]int{}
	for _, r := range stub.Registered() {
		document := r.DocumentID + " " + r.Format
		if r.Version <= last[document] {
			t.Errorf("%s: version %d was registered after %d", document, r.Version, last[document])
		}
		last[document] = r.Version
		registered[fmt.Sprint(document, " ", r.Version)] = r
	}
	if len(registered) != want || len(stub.Registered()) != want {
		t.Errorf("%d of %d are registered, in %d entries", len(registered), want, len(stub.Registered()))
	}
	tries := 0
	for _, del := range deliveries {
		r, ok := registered[fmt.Sprint(del.DocumentID, " ", del.Format, " ", del.Version)]
		if del.State != records.DeliveryAcknowledged || del.Receipt == nil || !ok || del.Receipt.Number != r.Receipt || del.Receipt.SHA256 != r.SHA256 {
			t.Fatalf("delivery %s is %s: %s", del.ID, del.State, del.LastError)
		}
		tries += del.Attempts
	}
	report, err := store.VerifyAudit(t.Context())
	if err != nil || !report.Whole() {
		t.Errorf("the trail: %+v, %v", report.FirstBroken, err)
	}
	sent, asked := stub.Requests()
	t.Logf("%d deliveries: sent %d times, asked %d times, %d attempts recorded; senders killed %d times; faults %v", want, sent, asked, tries, kills, faults)
	if err := store.Close(); err != nil {
		t.Error(err)
	}
}
