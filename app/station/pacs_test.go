package station

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"

	"longying/app/transfer"
	"longying/imaging/endpoint"
	"longying/imaging/pacs"
	"longying/imaging/pacs/orthanc"
	"longying/records"
)

// Every kind of object of a signed report goes to a real Orthanc, and comes back
// into the record with the bytes that left.
func TestEveryObjectOfASignedReportIsStoredInThePACSAndComesBackUnchanged(t *testing.T) {
	p, err := orthanc.Start(context.Background(), t.TempDir(), orthanc.Settings{})
	if errors.Is(err, orthanc.ErrMissing) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Stop)
	b := newBench(t)
	doc, inputs, _ := b.segmented()
	b.must(b.Transfer.Put(b.ctx, b.admin, pacs.Server{Name: "a", URL: p.URL, Access: endpoint.Access{User: orthanc.User, Password: p.Password}}, false))
	sent, err := b.Transfer.StoreStudy(b.ctx, b.radiologist, "a", b.ct.StudyUID, transfer.Kinds(), nil)
	b.must(err)
	if sent.Failed() != 0 || len(sent.Left) != 0 || len(sent.Outcomes) != 5+len(inputs) {
		t.Fatalf("%d outcomes: %+v", len(sent.Outcomes), sent)
	}
	res, err := b.Transfer.Retrieve(b.ctx, b.radiologist, "a", b.ct.StudyUID, nil)
	b.must(err)
	if !res.Whole() || res.Kept != 5 || res.Known != len(inputs) || res.Examination.PatientID != doc.Document.Patient.ID {
		t.Fatalf("%+v", res)
	}
	classes := map[string]bool{}
	for _, as := range transfer.Kinds()[:5] {
		raws, _, err := b.stored(b.ctx, &doc, as)
		b.must(err)
		for _, raw := range raws {
			found := false
			for _, o := range sent.Outcomes {
				f, err := b.Archive.Open(b.ctx, o.SOPUID)
				b.must(err)
				got, err := io.ReadAll(f.Object())
				b.must(err)
				if bytes.Equal(got, raw) {
					found = true
					classes[f.Instance().SOPClassUID] = true
				}
				f.Close()
			}
			if !found {
				t.Errorf("the %s that left is not what came back", as)
			}
		}
	}
	if len(classes) != 5 {
		t.Errorf("%d kinds of object came back: %v", len(classes), classes)
	}
	list, err := b.Registry.Studies(b.ctx, b.radiologist, records.ExaminationFilter{Text: b.ct.AccessionNumber})
	b.must(err)
	if len(list) != 1 {
		t.Errorf("%d studies", len(list))
	}
}
