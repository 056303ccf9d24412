package station

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"longying/app/consult"
	"longying/app/delivery"
	"longying/app/reading"
	"longying/app/samples"
	"longying/imaging"
	"longying/records"
	"longying/records/outbox"
)

// bench is an open sample folder with its studies and people in it.
type bench struct {
	*Station
	t                                        *testing.T
	ctx                                      context.Context
	sample                                   *Sample
	admin, radiologist, pathologist, auditor records.User
	film, slide, ct                          records.Examination
	folder                                   string // of the extracted samples
}

func newBench(t *testing.T) *bench {
	t.Helper()
	return newBenchAt(t, nil)
}

// newBenchAt is newBench under a clock.
func newBenchAt(t *testing.T, now func() time.Time) *bench {
	t.Helper()
	b := &bench{t: t, ctx: t.Context(), folder: t.TempDir()}
	s, sample, err := OpenSample(b.ctx, Options{Home: filepath.Join(t.TempDir(), "home"), Library: os.Getenv("LONGYING_ORT_LIBRARY"), Backoff: time.Millisecond, Clock: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	b.Station, b.sample = s, sample
	b.admin, b.radiologist, b.pathologist, b.auditor = sample.Users["admin"], sample.Users["radiologist"], sample.Users["pathologist"], sample.Users["auditor"]
	if err := sample.Fill(b.ctx, s, nil); err != nil {
		t.Fatal(err)
	}
	if err := samples.Extract(b.folder); err != nil {
		t.Fatal(err)
	}
	list, err := s.Registry.Studies(b.ctx, b.radiologist, records.ExaminationFilter{})
	if err != nil {
		t.Fatal(err)
	}
	for _, ex := range list {
		switch ex.Modality {
		case "CR":
			b.film = ex
		case "SM":
			b.slide = ex
		case "CT":
			b.ct = ex
		}
	}
	return b
}

func (b *bench) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

// refused wants a refusal with a code.
func (b *bench) refused(code string, err error) {
	b.t.Helper()
	var r *records.RefusedError
	if !errors.As(err, &r) || r.Code != code {
		b.t.Fatalf("got %v, want the refusal %q", err, code)
	}
}

func (b *bench) password(login string) string {
	b.t.Helper()
	p, err := b.sample.Password(login)
	b.must(err)
	return p
}

// proposal is the film model's proposal on the sample film.
func (b *bench) proposal() records.Finding {
	b.t.Helper()
	res, err := b.Reading.Analyze(b.ctx, b.radiologist, b.film.StudyUID, reading.Request{ModelIDs: []string{"cxr-paediatric-pneumonia"}})
	b.must(err)
	if len(res.Findings) != 1 {
		b.t.Fatalf("%d proposals", len(res.Findings))
	}
	return res.Findings[0]
}

func (b *bench) auditCount() int64 {
	b.t.Helper()
	rep, err := b.store.VerifyAudit(b.ctx) // beside the use case, which is an event itself
	b.must(err)
	if !rep.Whole() {
		b.t.Fatalf("the audit chain is broken: %+v", rep.FirstBroken)
	}
	return rep.Count
}

func TestStudiesAreLinkedByRuleAndAContradictionGoesToTheReviewList(t *testing.T) {
	b := newBench(t)
	if b.film.LinkRule != records.RuleIDAndName || b.slide.LinkRule != records.RuleAccession || b.film.PatientID != b.slide.PatientID {
		t.Errorf("film %s, slide %s", b.film.LinkRule, b.slide.LinkRule)
	}
	if b.ct.Link != records.LinkReview || len(b.ct.LinkConflicts) == 0 || b.ct.PatientID != "" {
		t.Errorf("the CT is %s with conflicts %v", b.ct.Link, b.ct.LinkConflicts)
	}
	// Nothing may be said about a study that is nobody's.
	_, err := b.Reading.Draft(b.ctx, b.radiologist, b.ct.StudyUID)
	b.refused("not_linked", err)
	// A doctor may link it by hand; what differs stays in sight.
	ps, err := b.Registry.Search(b.ctx, b.radiologist, "马志远")
	b.must(err)
	ex, err := b.Registry.Link(b.ctx, b.radiologist, b.ct.StudyUID, ps[0].ID)
	b.must(err)
	if ex.Link != records.LinkedByHand || len(ex.LinkConflicts) == 0 {
		t.Errorf("linked by hand: %s, conflicts %v", ex.Link, ex.LinkConflicts)
	}
	_, err = b.Registry.Link(b.ctx, b.radiologist, b.ct.StudyUID, b.film.PatientID)
	b.refused("linked_already", err)
}

func TestAVerdictIsOneTransactionWithItsAuditEventAndIsNamed(t *testing.T) {
	b := newBench(t)
	f := b.proposal()
	before := b.auditCount()
	out, err := b.Reading.Confirm(b.ctx, b.radiologist, f.UID)
	b.must(err)
	if out.State != records.FindingConfirmed || out.Version != 2 || out.By != b.radiologist.ID || out.ByName != b.radiologist.Name {
		t.Errorf("confirmed as %+v", out)
	}
	if after := b.auditCount(); after != before+1 {
		t.Errorf("%d audit events for one verdict", after-before)
	}
	for _, who := range []string{"admin", "auditor", "clinician"} {
		_, err := b.Reading.Reject(b.ctx, b.sample.Users[who], f.UID, "x")
		b.refused("right", err)
	}
	history, err := b.Reading.History(b.ctx, b.radiologist, f.UID)
	b.must(err)
	if len(history) != 2 || history[0].State != records.FindingProposed {
		t.Errorf("the history holds %d versions", len(history))
	}
}

func TestRunningAModelAgainNeverMakesASecondFinding(t *testing.T) {
	b := newBench(t)
	f := b.proposal()
	_, err := b.Reading.Reject(b.ctx, b.radiologist, f.UID, "伪影")
	b.must(err)
	again := b.proposal()
	if again.UID != f.UID || again.State != records.FindingRejected {
		t.Errorf("the second run gave %s in state %s, want %s rejected", again.UID, again.State, f.UID)
	}
	all, err := b.Reading.Findings(b.ctx, b.radiologist, b.film.StudyUID)
	b.must(err)
	if len(all) != 1 {
		t.Errorf("%d findings after two runs", len(all))
	}
}

func TestOnlyConfirmedFindingsAndADecidedListCanBeSigned(t *testing.T) {
	b := newBench(t)
	f := b.proposal()
	rep, err := b.Reading.Draft(b.ctx, b.radiologist, b.film.StudyUID)
	b.must(err)
	if len(rep.Findings)+len(rep.Impression) != 0 {
		t.Fatalf("an unconfirmed proposal wrote %v %v", rep.Findings, rep.Impression)
	}
	own := []records.Sentence{{Text: "胸廓对称。"}}
	// A sentence that claims an unconfirmed finding is refused.
	_, err = b.Reading.SaveDraft(b.ctx, b.radiologist, b.film.StudyUID, []records.Sentence{{Text: "肺炎。", FindingUID: f.UID, FindingVersion: 1}}, own)
	b.refused("sentence_unconfirmed", err)
	_, err = b.Reading.SaveDraft(b.ctx, b.radiologist, b.film.StudyUID, own, own)
	b.must(err)
	password := b.password("radiologist")
	_, err = b.Reading.Sign(b.ctx, b.radiologist, b.film.StudyUID, password)
	b.refused("open_proposals", err)
	_, err = b.Reading.Confirm(b.ctx, b.radiologist, f.UID)
	b.must(err)
	rep, err = b.Reading.Draft(b.ctx, b.radiologist, b.film.StudyUID)
	b.must(err)
	if len(rep.Findings) != 2 || rep.Findings[0].FindingUID != f.UID || rep.Findings[1].Text != own[0].Text {
		t.Fatalf("the draft is %v", rep.Findings)
	}
	// The finding changes after the draft: the sentence is stale.
	note := "右下野"
	_, err = b.Reading.Edit(b.ctx, b.radiologist, f.UID, records.FindingChange{Note: &note})
	b.must(err)
	_, err = b.Reading.Sign(b.ctx, b.radiologist, b.film.StudyUID, password)
	b.refused("sentence_stale", err)
	_, err = b.Reading.Draft(b.ctx, b.radiologist, b.film.StudyUID)
	b.must(err)
	_, err = b.Reading.Sign(b.ctx, b.radiologist, b.film.StudyUID, password+"x")
	b.refused("sign_in", err)
	doc, err := b.Reading.Sign(b.ctx, b.radiologist, b.film.StudyUID, password)
	b.must(err)
	if len(doc.Document.Findings) != 1 || doc.Document.Findings[0].Version != 3 || !strings.Contains(doc.Document.Remarks, "cxr-paediatric-pneumonia") {
		t.Errorf("the document holds %+v, remarks %q", doc.Document.Findings, doc.Document.Remarks)
	}
	_, err = b.Reading.SaveDraft(b.ctx, b.radiologist, b.film.StudyUID, own, own)
	b.refused("signed_already", err)
}

// signed signs a report with an impression of a length.
func (b *bench) signed(impression string) records.SignedDocument {
	b.t.Helper()
	f := b.proposal()
	if f.State == records.FindingProposed {
		_, err := b.Reading.Confirm(b.ctx, b.radiologist, f.UID)
		b.must(err)
	}
	rep, err := b.Reading.Draft(b.ctx, b.radiologist, b.film.StudyUID)
	b.must(err)
	_, err = b.Reading.SaveDraft(b.ctx, b.radiologist, b.film.StudyUID, rep.Findings, append(rep.Impression, records.Sentence{Text: impression}))
	b.must(err)
	doc, err := b.Reading.Sign(b.ctx, b.radiologist, b.film.StudyUID, b.password("radiologist"))
	b.must(err)
	return doc
}

func TestAnAmendmentIsANewVersionThatReplacesTheSignedOneAndTheOldStays(t *testing.T) {
	b := newBench(t)
	first := b.signed("随访。")
	_, err := b.Reading.Amend(b.ctx, b.radiologist, b.film.StudyUID, " ")
	b.refused("amend_reason", err)
	_, err = b.Reading.Amend(b.ctx, b.radiologist, b.film.StudyUID, "补充建议")
	b.must(err)
	second := b.signed("复查。")
	if second.Document.Version != 2 || second.Document.DocumentID != first.Document.DocumentID || second.Document.Replaces != first.Document.ID {
		t.Errorf("version %d of %s replaces %q", second.Document.Version, second.Document.DocumentID, second.Document.Replaces)
	}
	rec, err := b.Registry.Record(b.ctx, b.radiologist, b.film.PatientID)
	b.must(err)
	if len(rec.Documents) != 2 {
		t.Errorf("%d signed versions are kept", len(rec.Documents))
	}
	xml, err := delivery.DefaultForms().Encode(&second, "cda")
	b.must(err)
	if !strings.Contains(string(xml), "RPLC") || !strings.Contains(string(xml), `versionNumber value="2"`) {
		t.Error("the CDA of version 2 does not say that it replaces version 1")
	}
}

func TestAnOverlongTextWaitsUnderNeedsAttentionAndIsNeverCut(t *testing.T) {
	b := newBench(t)
	b.must(b.Delivery.PutDestination(b.ctx, b.admin, delivery.Route{
		Destination: outbox.Destination{Name: "folder", Kind: outbox.KindFolder, URL: t.TempDir()}, Formats: []string{"cda", "fhir"}}, false))
	doc := b.signed(strings.Repeat("建议结合临床。", 60))
	list, err := b.Delivery.Outbox(b.ctx, b.radiologist)
	b.must(err)
	states := map[string]records.DeliveryState{}
	for _, d := range list {
		states[d.Format] = d.State
		if d.Format == "cda" && !strings.Contains(d.LastError, "DE04.50.132.00") {
			t.Errorf("the delivery does not name the field: %q", d.LastError)
		}
	}
	if states["cda"] != records.DeliveryNeedsCare || states["fhir"] != records.DeliveryQueued {
		t.Errorf("states %v", states)
	}
	_, err = b.Delivery.Export(b.ctx, b.radiologist, doc, "cda", t.TempDir())
	b.refused("preflight", err)
	res, err := b.Delivery.Send(b.ctx, b.radiologist)
	b.must(err)
	if res.Acknowledged != 1 || res.Waiting != 1 {
		t.Errorf("%+v", res)
	}
}

func TestAPersonWhoSendsDoesNotWaitForTheNextTry(t *testing.T) {
	b := newBench(t)
	platform := http.NewServeMux()
	server := httptest.NewServer(platform)
	defer server.Close()
	up, asked := false, 0
	platform.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		asked++
		if !up {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		w.WriteHeader(http.StatusForbidden) // an answer that settles it
	})
	b.must(b.Delivery.PutDestination(b.ctx, b.admin, delivery.Route{
		Destination: outbox.Destination{Name: "platform", Kind: outbox.KindHTTP, URL: server.URL}, Formats: []string{"fhir", "sr"}}, false))
	b.signed("随访。")
	slow := delivery.New(b.store, delivery.Needs{Objects: b.objects}, time.Now, func() float64 { return 0 }, time.Hour)
	_, err := slow.Send(b.ctx, b.radiologist)
	b.must(err)
	list, err := slow.Outbox(b.ctx, b.radiologist)
	b.must(err)
	for _, d := range list {
		if d.State != records.DeliveryQueued || !d.Next.After(time.Now()) {
			t.Fatalf("no delivery that waits for its next try: %+v", d)
		}
	}
	up = true
	first := asked
	_, err = slow.Send(b.ctx, b.radiologist)
	b.must(err)
	if asked != first {
		t.Errorf("what waits for its next try was sent without anybody's wish: %d requests", asked-first)
	}
	_, err = slow.SendNow(b.ctx, b.radiologist)
	b.must(err)
	list, err = slow.Outbox(b.ctx, b.radiologist)
	b.must(err)
	for _, d := range list {
		if d.Attempts != 2 {
			t.Errorf("a person sent, but %s was tried %d times", d.ID, d.Attempts)
		}
	}
	_, err = slow.SendNow(b.ctx, b.admin)
	b.refused("right", err)
}

func TestAReportSignedBeforeThereWasADestinationIsNotForgotten(t *testing.T) {
	b := newBench(t)
	doc := b.signed("随访。")
	u, err := b.Delivery.Unqueued(b.ctx, b.radiologist)
	b.must(err)
	if u.Routes != 0 || u.Documents != 1 || len(u.Deliveries) != 0 {
		t.Errorf("without a destination: %+v", u)
	}
	b.must(b.Delivery.PutDestination(b.ctx, b.admin, delivery.Route{
		Destination: outbox.Destination{Name: "folder", Kind: outbox.KindFolder, URL: t.TempDir()}, Formats: []string{"fhir", "sr"}}, false))
	u, err = b.Delivery.Unqueued(b.ctx, b.radiologist)
	b.must(err)
	if u.Routes != 1 || u.Documents != 1 || len(u.Deliveries) != 2 {
		t.Errorf("with a destination: %+v", u)
	}
	n, err := b.Delivery.Queue(b.ctx, b.radiologist)
	b.must(err)
	again, err := b.Delivery.Queue(b.ctx, b.radiologist)
	b.must(err)
	if n != 2 || again != 0 {
		t.Errorf("queued %d, then %d", n, again)
	}
	list, err := b.Delivery.Outbox(b.ctx, b.radiologist)
	b.must(err)
	for _, d := range list {
		if d.DocumentID != doc.Document.DocumentID || d.Version != 1 || d.State != records.DeliveryQueued {
			t.Errorf("%+v", d)
		}
	}
	_, err = b.Delivery.Queue(b.ctx, b.admin)
	b.refused("right", err)
}

func TestTheSameDocumentIsEncodedToTheSameBytes(t *testing.T) {
	b := newBench(t)
	doc := b.signed("随访。")
	for _, format := range delivery.Formats() {
		one, err := delivery.DefaultForms().Encode(&doc, format)
		b.must(err)
		two, err := delivery.DefaultForms().Encode(&doc, format)
		b.must(err)
		if string(one) != string(two) {
			t.Errorf("%s differs between two encodings", format)
		}
	}
}

func TestUnlinkingWithdrawsWhatWasSaidUnderTheWrongPatient(t *testing.T) {
	b := newBench(t)
	f := b.proposal()
	_, err := b.Reading.Confirm(b.ctx, b.radiologist, f.UID)
	b.must(err)
	_, err = b.Registry.Unlink(b.ctx, b.radiologist, b.film.StudyUID, "", "")
	b.must(err)
	all, err := b.Reading.Findings(b.ctx, b.radiologist, b.film.StudyUID)
	b.must(err)
	if len(all) != 1 || all[0].State != records.FindingWithdrawn {
		t.Errorf("after unlinking: %+v", all)
	}
	_, err = b.Reading.Confirm(b.ctx, b.radiologist, f.UID)
	b.refused("not_linked", err)
}

func TestWhatAPersonUnlinkedNoRuleLinksAgain(t *testing.T) {
	b := newBench(t)
	_, err := b.Registry.Unlink(b.ctx, b.radiologist, b.film.StudyUID, "", "")
	b.must(err)
	_, err = b.Registry.ImportPeople(b.ctx, b.radiologist, filepath.Join(b.folder, "patients", "patients-utf8.csv"))
	b.must(err)
	_, err = b.Registry.Import(b.ctx, b.radiologist, []string{b.folder}, nil)
	b.must(err)
	ex, err := b.Registry.Examination(b.ctx, b.radiologist, b.film.StudyUID)
	b.must(err)
	if ex.Link.Linked() || ex.LinkReason != "unlinked" {
		t.Errorf("the rule linked it again: %s, %s", ex.Link, ex.LinkRule)
	}
	patient := b.film.PatientID
	ex, err = b.Registry.Link(b.ctx, b.radiologist, b.film.StudyUID, patient)
	b.must(err)
	if ex.PatientID != patient || ex.LinkRule != records.RuleByHand {
		t.Errorf("a person cannot link it again: %+v", ex)
	}
}

func TestAConsultTakesOnlyConfirmedFindingsOfItsOwnPatient(t *testing.T) {
	b := newBench(t)
	f := b.proposal()
	m, err := b.Consult.Create(b.ctx, b.radiologist, b.film.PatientID, "题", "问", nil)
	b.must(err)
	_, err = b.Consult.Add(b.ctx, b.radiologist, m.ID, records.ConsultItem{Kind: "finding", FindingUID: f.UID})
	b.refused("finding_unconfirmed", err)
	_, err = b.Consult.Add(b.ctx, b.radiologist, m.ID, records.ConsultItem{Kind: "study", Ref: &imaging.Ref{StudyUID: b.ct.StudyUID}})
	b.refused("other_patient", err)
	_, err = b.Consult.Decide(b.ctx, b.radiologist, m.ID, consult.Ruling{Text: "结论"})
	b.refused("no_opinion", err)
	_, err = b.Consult.Follow(b.ctx, b.radiologist, m.ID, consult.Task{Date: "20261201", Text: "复查"})
	b.refused("consult_state_preparing", err)
}

func TestFiveWrongPasswordsHoldTheAccountUntilAnAdministratorUnlocksIt(t *testing.T) {
	b := newBench(t)
	for range 5 {
		_, err := b.Admin.SignIn(b.ctx, "clinician", "wrong-password-1")
		b.refused("sign_in", err)
	}
	_, err := b.Admin.SignIn(b.ctx, "clinician", b.password("clinician"))
	b.refused("held", err)
	b.must(b.Admin.SetLocked(b.ctx, b.admin, "clinician", false))
	_, err = b.Admin.SignIn(b.ctx, "clinician", b.password("clinician"))
	b.must(err)
}

func TestARowThatContradictsTheRegisterIsNamedAndOverwritesNothing(t *testing.T) {
	b := newBench(t)
	header := "姓名,身份证件类别代码,身份证件号码,性别代码,出生日期,备注\n"
	path := filepath.Join(t.TempDir(), "people.csv")
	rows := "刘小花,01,620102202205149984,2,2022-05-14,样本\n" + // known ID, other name
		"马志远,01,620102196903089976,2,1969-03-08,样本\n" + // sex contradicts the ID
		"马志远,01,620102196903089976,1,1969-03-09,样本\n" + // birth date contradicts the ID
		",01,620102196903089976,1,1969-03-08,样本\n" + // no name
		"马志远,01,620102196903089976,1,1969-03-08,样本,surplus\n"
	b.must(os.WriteFile(path, []byte(header+rows), 0o600))
	res, err := b.Registry.ImportPeople(b.ctx, b.radiologist, path)
	b.must(err)
	if len(res.Errors) != 5 || res.Patients != 0 {
		t.Fatalf("%d rows refused, %d people new: %v", len(res.Errors), res.Patients, res.Errors)
	}
	for _, e := range res.Errors {
		if e.Row < 2 || e.Reason == "" {
			t.Errorf("%+v", e)
		}
	}
	ps, err := b.Registry.Search(b.ctx, b.radiologist, "620102202205149984")
	b.must(err)
	if len(ps) != 1 || ps[0].Name != "刘小满" {
		t.Errorf("the register now says %+v", ps)
	}
}
