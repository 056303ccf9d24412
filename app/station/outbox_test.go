package station

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"longying/app/delivery"
	"longying/imaging/endpoint"
	"longying/imaging/pacs/orthanc"
	"longying/records"
	"longying/records/outbox"
	"longying/records/sqlite"
)

// inOrthanc is the file of an object as Orthanc's own REST API gives it.
func inOrthanc(t *testing.T, p *orthanc.Process, sopUID string) []byte {
	t.Helper()
	base := strings.TrimSuffix(p.URL, "/dicom-web")
	do := func(method, path, body string) []byte {
		req, err := http.NewRequest(method, base+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.SetBasicAuth(orthanc.User, p.Password)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		raw, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s, %v", path, resp.Status, err)
		}
		return raw
	}
	var found []struct{ Path string }
	if err := json.Unmarshal(do(http.MethodPost, "/tools/lookup", sopUID), &found); err != nil || len(found) != 1 {
		t.Fatalf("Orthanc knows %d objects as %s: %v", len(found), sopUID, err)
	}
	return do(http.MethodGet, found[0].Path+"/file", "")
}

// The objects of a signed report go through the outbox to a real Orthanc, which
// gives back the bytes that were kept to be sent; sent again, it is asked first.
func TestObjectsGoThroughTheOutboxToThePACSAndComeBackUnchanged(t *testing.T) {
	p, err := orthanc.Start(context.Background(), t.TempDir(), orthanc.Settings{})
	if errors.Is(err, orthanc.ErrMissing) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Stop)
	b := newBench(t)
	access := endpoint.Access{User: orthanc.User, Password: p.Password}
	formats := append([]string{"sr"}, delivery.ObjectFormats()...)
	route := delivery.Route{Destination: outbox.Destination{Name: "县 PACS", Kind: outbox.KindSTOW, URL: p.URL, Access: access}, Formats: formats}
	b.must(b.Delivery.PutDestination(b.ctx, b.admin, route, false))
	b.must(b.Delivery.TryDestination(b.ctx, b.admin, delivery.Route{Destination: outbox.Destination{Name: "县 PACS", Kind: outbox.KindSTOW, URL: p.URL, Access: endpoint.Access{User: orthanc.User}}}, true))
	b.segmented()
	res, err := b.Delivery.Send(b.ctx, b.radiologist)
	b.must(err)
	if res.Acknowledged != len(formats) || len(res.Deliveries) != len(formats) {
		t.Fatalf("%+v", res)
	}
	for _, del := range res.Deliveries {
		var kept []byte
		b.must(b.store.View(b.ctx, func(tx *sqlite.Tx) (err error) {
			kept, err = tx.Payload(del.ID)
			return err
		}))
		if !bytes.Equal(kept, inOrthanc(t, p, del.Receipt.Number)) {
			t.Errorf("%s: Orthanc gives other bytes back under %s", del.Format, del.Receipt.Number)
		}
		// As if the answer had been lost.
		del.State, del.Receipt, del.Attempts = records.DeliveryQueued, nil, 0
		b.must(b.store.Update(b.ctx, func(tx *sqlite.Tx) error { return tx.PutDelivery(&del) }))
	}
	res, err = b.Delivery.Send(b.ctx, b.radiologist)
	b.must(err)
	for _, del := range res.Deliveries {
		tries, err := b.Delivery.Attempts(b.ctx, b.radiologist, del.ID)
		b.must(err)
		if del.State != records.DeliveryAcknowledged || len(tries) != 2 || tries[1].Outcome != outbox.AskedAndFound {
			t.Errorf("%s: %s, %+v", del.Format, del.State, tries)
		}
	}
}

// What a destination never had is not sent as a correction of nothing; what it may
// have and the new version has not any more is said to stand there.
func TestAVersionWithoutItsMaskSaysThatTheOldSegmentationStandsThere(t *testing.T) {
	b := newBench(t)
	route := delivery.Route{Destination: outbox.Destination{Name: "folder", Kind: outbox.KindFolder, URL: t.TempDir()}, Formats: []string{"sr", "seg"}}
	b.must(b.Delivery.PutDestination(b.ctx, b.admin, route, false))
	doc, _, _ := b.segmented()
	res, err := b.Delivery.Send(b.ctx, b.radiologist)
	b.must(err)
	if res.Acknowledged != 2 {
		t.Fatalf("%+v", res)
	}
	_, err = b.Reading.Amend(b.ctx, b.radiologist, b.ct.StudyUID, "误判")
	b.must(err)
	_, err = b.Reading.Reject(b.ctx, b.radiologist, doc.Document.Findings[0].UID, "误判")
	b.must(err)
	_, err = b.Reading.Draft(b.ctx, b.radiologist, b.ct.StudyUID)
	b.must(err)
	_, err = b.Reading.SaveDraft(b.ctx, b.radiologist, b.ct.StudyUID, []records.Sentence{{Text: "余未见异常。"}}, []records.Sentence{{Text: "随访。"}})
	b.must(err)
	_, err = b.Reading.Sign(b.ctx, b.radiologist, b.ct.StudyUID, b.password("radiologist"))
	b.must(err)
	res, err = b.Delivery.Send(b.ctx, b.radiologist)
	b.must(err)
	states := map[string]records.DeliveryState{}
	for _, del := range res.Deliveries {
		if del.Version == 2 {
			states[del.Format] = del.State
		}
	}
	if len(states) != 2 || states["sr"] != records.DeliveryAcknowledged || states["seg"] != records.DeliveryNeedsCare {
		t.Errorf("%v", states)
	}
}

// Secrets are given to nobody, an address in clear has to be allowed, and what is
// for a destination that is switched off waits.
func TestADestinationKeepsItsSecretsAndCanBeSwitchedOff(t *testing.T) {
	b := newBench(t)
	route := delivery.Route{Destination: outbox.Destination{Name: "省平台", Kind: outbox.KindFHIR, URL: "http://platform.example/fhir",
		Access: endpoint.Access{User: "u", Password: "geheim-7391"}}, Formats: []string{"fhir"}}
	var wrong *outbox.Error
	if err := b.Delivery.PutDestination(b.ctx, b.admin, route, false); !errors.As(err, &wrong) || wrong.Code != "in_clear" {
		t.Errorf("an address in clear: %v", err)
	}
	route.InClear = true
	b.must(b.Delivery.PutDestination(b.ctx, b.admin, route, false))
	list, err := b.Delivery.Destinations(b.ctx, b.radiologist)
	b.must(err)
	if len(list) != 1 || !list[0].Holds.Password || list[0].Route().Password != "" {
		t.Fatalf("%+v", list)
	}
	bad := list[0].Route()
	bad.Formats = []string{"cda"}
	if err := b.Delivery.PutDestination(b.ctx, b.admin, bad, true); !errors.As(err, &wrong) || wrong.Code != "format" {
		t.Errorf("CDA to a FHIR server: %v", err)
	}
	b.must(b.Delivery.SwitchDestination(b.ctx, b.admin, "省平台", true))
	b.signed("随访。")
	res, err := b.Delivery.SendNow(b.ctx, b.radiologist)
	b.must(err)
	if len(res.Deliveries) != 1 || res.Deliveries[0].State != records.DeliveryQueued || res.Deliveries[0].Attempts != 0 {
		t.Errorf("%+v", res.Deliveries)
	}
	b.must(b.Delivery.RemoveDestination(b.ctx, b.admin, "省平台"))
	if err := b.Delivery.RemoveDestination(b.ctx, b.admin, "省平台"); !errors.Is(err, records.ErrNotFound) {
		t.Error(err)
	}
}
