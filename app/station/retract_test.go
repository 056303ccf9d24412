package station

import (
	"strings"
	"testing"

	"longying/app/delivery"
	"longying/records"
	"longying/records/outbox"
)

func TestUnlinkingASignedStudyRetractsTheReportWhereItWentAndTheNextOneIsAnotherDocument(t *testing.T) {
	b := newBench(t)
	folder := t.TempDir()
	b.must(b.Delivery.PutDestination(b.ctx, b.admin, delivery.Route{
		Destination: outbox.Destination{Name: "folder", Kind: outbox.KindFolder, URL: folder}, Formats: []string{"cda", "fhir", "sr"}}, false))
	doc := b.signed("随访。")
	_, err := b.Delivery.Send(b.ctx, b.radiologist)
	b.must(err)
	_, err = b.Delivery.Export(b.ctx, b.radiologist, doc, "pdf", t.TempDir())
	b.must(err)
	_, err = b.Registry.Unlink(b.ctx, b.radiologist, b.film.StudyUID, "  ", b.password("radiologist"))
	b.refused("retract_reason", err)
	if _, err = b.Registry.Unlink(b.ctx, b.radiologist, b.film.StudyUID, "片子是另一位患者的", "wrong"); err == nil {
		t.Fatal("a retraction was signed without the password")
	}
	if ex, err := b.Registry.Examination(b.ctx, b.radiologist, b.film.StudyUID); err != nil || !ex.Link.Linked() {
		t.Fatalf("a refused unlinking has unlinked: %v", err)
	}
	done, err := b.Registry.Unlink(b.ctx, b.radiologist, b.film.StudyUID, "片子是另一位患者的", b.password("radiologist"))
	b.must(err)
	if done.Withdrawn != 1 || done.Queued != 3 || done.Copies != 1 || done.Retraction != doc.Document.DocumentID+"-2" {
		t.Errorf("%+v", done)
	}
	res, err := b.Delivery.Send(b.ctx, b.radiologist)
	b.must(err)
	if res.Acknowledged != 6 {
		t.Errorf("%+v", res)
	}
	_, err = b.Reading.Signed(b.ctx, b.radiologist, b.film.StudyUID)
	b.refused("not_signed", err)
	// Under another patient the report is another document, and the old one is not theirs.
	ps, err := b.Registry.Search(b.ctx, b.radiologist, "马志远")
	b.must(err)
	_, err = b.Registry.Link(b.ctx, b.radiologist, b.film.StudyUID, ps[0].ID)
	b.must(err)
	rec, err := b.Registry.Record(b.ctx, b.radiologist, ps[0].ID)
	b.must(err)
	if len(rec.Documents) != 0 {
		t.Error("the other patient's report is in this one's record")
	}
	next := b.signed("复查。")
	if next.Document.DocumentID == doc.Document.DocumentID || next.Document.Version != 1 || next.Document.Patient.ID != ps[0].ID {
		t.Errorf("the next report is %s for %s", next.Document.ID, next.Document.Patient.ID)
	}
	b.auditCount()
}

func TestARetractionReplacesTheCDAAndMarksTheFHIRResourcesAsEnteredInError(t *testing.T) {
	b := newBench(t)
	b.must(b.Delivery.PutDestination(b.ctx, b.admin, delivery.Route{
		Destination: outbox.Destination{Name: "folder", Kind: outbox.KindFolder, URL: t.TempDir()}, Formats: []string{"fhir"}}, false))
	doc := b.signed("随访。")
	rec, err := b.Registry.Record(b.ctx, b.radiologist, b.film.PatientID)
	b.must(err)
	if len(rec.Documents) != 1 {
		t.Fatal("no report to retract")
	}
	// Nothing was sent: there is nothing to correct, and it is not sent any more.
	done, err := b.Registry.Unlink(b.ctx, b.radiologist, b.film.StudyUID, "wrong", b.password("radiologist"))
	b.must(err)
	list, err := b.Delivery.Outbox(b.ctx, b.radiologist)
	b.must(err)
	if done.Queued != 0 || len(list) != 1 || list[0].State != records.DeliveryWithdrawn {
		t.Errorf("%+v, %+v", done, list)
	}
	b.refused("retracted", b.Delivery.Retry(b.ctx, b.radiologist, list[0].ID))
	if n, err := b.Delivery.Queue(b.ctx, b.radiologist); err != nil || n != 0 {
		t.Errorf("%d deliveries of a retracted report queued, %v", n, err)
	}
	void := doc
	void.Document.Version, void.Document.ID, void.Document.Replaces = 2, doc.Document.DocumentID+"-2", doc.Document.ID
	void.Document.Amends, void.Document.Retracts, void.Document.Abnormal = "wrong", "wrong", false
	void.Document.Withdrawn, void.Document.Findings = doc.Document.Findings, nil
	for i := range void.Document.Withdrawn {
		void.Document.Withdrawn[i].State = records.FindingWithdrawn
	}
	void.Document.FindingText, void.Document.Impression = []records.Sentence{{Text: "作废。"}}, []records.Sentence{{Text: "作废。"}}
	for format, wants := range map[string][]string{
		"fhir": {`"status": "entered-in-error"`},
		"cda":  {`typeCode="RPLC"`, doc.Document.ID},
		"sr":   nil,
	} {
		out, err := delivery.DefaultForms().Encode(&void, format)
		b.must(err)
		for _, want := range wants {
			if !strings.Contains(string(out), want) {
				t.Errorf("%s lacks %s", format, want)
			}
		}
		if n := strings.Count(string(out), "entered-in-error"); format == "fhir" && n != 3 {
			t.Errorf("%d resources are entered in error, want the study, the finding and the report", n)
		}
	}
}
