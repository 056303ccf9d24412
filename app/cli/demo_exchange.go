package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"longying/app/consult"
	"longying/app/delivery"
	"longying/app/station"
	"longying/imaging"
	"longying/records"
	"longying/records/outbox"
)

func (d *demo) holdConsult(ctx context.Context) error {
	c := d.station.Consult
	m, err := c.Create(ctx, d.radiologist, d.patient.ID, "肺部病变影像-病理会诊（样本）", "影像与病理是否一致，下一步如何处理？", []records.Member{
		{UserID: d.radiologist.ID, Name: d.radiologist.Name, Discipline: "放射科"},
		{UserID: d.pathologist.ID, Name: d.pathologist.Name, Discipline: "病理科"},
		{UserID: d.clinician.ID, Name: d.clinician.Name, Discipline: "儿科"},
	})
	if err != nil {
		return err
	}
	rec, err := d.station.Registry.Record(ctx, d.radiologist, d.patient.ID)
	if err != nil {
		return err
	}
	items := []records.ConsultItem{
		{Kind: "study", Title: "胸片", Ref: &imaging.Ref{StudyUID: d.film}},
		{Kind: "finding", Title: "胸片所见：" + d.filmFinding.Label.Zh, FindingUID: d.filmFinding.UID},
		{Kind: "finding", Title: "切片分型：" + d.slideFinding.Label.Zh, FindingUID: d.slideFinding.UID},
	}
	for _, v := range rec.Visits {
		items = append(items, records.ConsultItem{Kind: "visit", Title: "就诊 " + v.Date + " " + v.Department, VisitID: v.ID})
	}
	for _, it := range items {
		if m, err = c.Add(ctx, d.radiologist, m.ID, it); err != nil {
			return err
		}
	}
	missing, err := d.prepareConsult(ctx, m.ID, m.Members)
	if err != nil {
		return err
	}
	// Each member types their own password at the chair's screen.
	for _, o := range []struct {
		login string
		records.Opinion
	}{
		{"pathologist", records.Opinion{Member: m.Members[1], Text: "切片标记区域倾向腺癌，尺度未知，需免疫组化确认。", FindingUID: d.slideFinding.UID}},
		{"clinician", records.Opinion{Member: m.Members[2], Text: "患儿症状符合感染，主张先抗感染治疗后复查，不急于再取材。", Dissent: true}},
	} {
		password, err := d.sample.Password(o.login)
		if err != nil {
			return err
		}
		if _, err := c.Opine(ctx, d.radiologist, m.ID, o.Opinion, password+"x"); err == nil {
			return errors.New("an opinion was taken without the member's password")
		}
		if m, err = c.Opine(ctx, d.radiologist, m.ID, o.Opinion, password); err != nil {
			return err
		}
	}
	if m, err = c.Correlate(ctx, d.radiologist, m.ID, d.filmFinding.UID, d.slideFinding.UID, false, "胸片为肺炎征象，切片标记区域倾向腺癌，二者未能互相解释。"); err != nil {
		return err
	}
	date := time.Now().In(imaging.Zone()).AddDate(0, 0, 14).Format("20060102")
	if m, err = c.Decide(ctx, d.radiologist, m.ID, consult.Ruling{Text: "先行免疫组化；同时抗感染治疗，复查胸片后再议。", Findings: []string{d.filmFinding.UID, d.slideFinding.UID},
		Tasks: []consult.Task{{Date: date, Text: "免疫组化", Owner: m.Members[1]}}}); err != nil {
		return err
	}
	if m, err = c.Follow(ctx, d.radiologist, m.ID, consult.Task{Date: date, Text: "复查胸片，核对免疫组化结果", Owner: m.Members[2]}); err != nil {
		return err
	}
	dissent := 0
	for _, o := range m.Opinions {
		if o.Dissent {
			dissent++
		}
	}
	d.say("consult %s: %d items, met without %s (named, kept in the minutes), %d opinions each under the member's own password (%d dissenting, kept), radiology and pathology stated discordant with the reason, a decision, two tasks with their owners due on %s",
		m.ID, len(m.Items), strings.Join(missing, ", "), len(m.Opinions), dissent, date)
	return d.packConsult(ctx, m.ID)
}

// prepareConsult schedules the meeting and begins it without what the checklist
// lacks, named.
func (d *demo) prepareConsult(ctx context.Context, id string, members []records.Member) (missing []string, err error) {
	c := d.station.Consult
	if _, err = c.Excuse(ctx, d.radiologist, id, records.CheckMedication, "样本患儿未用药", false); err != nil {
		return nil, err
	}
	if _, err = c.Schedule(ctx, d.radiologist, id, consult.Plan{At: time.Now().Add(time.Hour), Place: "三楼会诊室（样本）", Chair: d.radiologist.ID, Members: members}); err != nil {
		return nil, err
	}
	list, err := c.Checklist(ctx, d.radiologist, id)
	if err != nil {
		return nil, err
	}
	for _, x := range records.Missing(list) {
		missing = append(missing, x.Item)
	}
	var refused *records.RefusedError
	if _, err := c.Begin(ctx, d.radiologist, id, nil, nil); len(missing) > 0 && !errors.As(err, &refused) {
		return nil, fmt.Errorf("the meeting began without saying what is missing (%v)", err)
	}
	_, err = c.Begin(ctx, d.radiologist, id, missing, []string{members[0].Name, members[1].Name, members[2].Name})
	return missing, err
}

func (d *demo) packConsult(ctx context.Context, id string) error {
	const passphrase = "demo pack passphrase 样本"
	d.pack = filepath.Join(d.home, "export", id+".lymdt")
	var sealed bytes.Buffer
	if _, err := d.station.Consult.WritePack(ctx, d.radiologist, id, consult.PackOptions{Passphrase: passphrase}, &sealed, nil); err != nil {
		return err
	}
	if err := os.WriteFile(d.pack, sealed.Bytes(), 0o600); err != nil {
		return err
	}
	if bytes.Contains(sealed.Bytes(), []byte(d.patient.Name)) {
		return errors.New("the pack shows the patient's name")
	}
	if _, err := consult.OpenPack(ctx, bytes.NewReader(sealed.Bytes()), passphrase+"x", nil); err == nil {
		return errors.New("a wrong passphrase opened the pack")
	}
	p, err := consult.OpenPack(ctx, bytes.NewReader(sealed.Bytes()), passphrase, nil)
	if err != nil {
		return err
	}
	d.say("packed into one sealed file and opened again: %d key images, %d DICOM objects, %d findings, %d signed report (%s, %d KiB)",
		len(p.Images), len(p.Objects), len(p.Findings), len(p.Documents), d.pack, sealed.Len()>>10)
	return d.replyFromElsewhere(ctx, id, passphrase)
}

// replyFromElsewhere opens the pack in a second data folder, which knows nothing
// of the patient, and merges the opinion that comes back.
func (d *demo) replyFromElsewhere(ctx context.Context, id, passphrase string) error {
	folder, err := os.MkdirTemp("", "longying-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	second, sample, err := station.OpenSample(ctx, station.Options{Home: filepath.Join(folder, "home"), Program: "cli"})
	if err != nil {
		return err
	}
	defer second.Close()
	f, err := os.Open(d.pack)
	if err != nil {
		return err
	}
	defer f.Close()
	p, err := consult.OpenPack(ctx, f, passphrase, nil)
	if err != nil {
		return err
	}
	var reply bytes.Buffer
	_, err = second.Consult.Reply(ctx, sample.Users["pathologist"], p, records.Opinion{
		Member: records.Member{Name: "外院病理会诊（样本）", Discipline: "病理科"}, Text: "标记区域形态支持腺癌，同意补做免疫组化。", FindingUID: d.slideFinding.UID}, passphrase, &reply)
	if err != nil {
		return err
	}
	sealed := reply.Bytes()
	m, added, err := d.station.Consult.Merge(ctx, d.radiologist, bytes.NewReader(sealed), passphrase)
	if err != nil {
		return err
	}
	_, again, err := d.station.Consult.Merge(ctx, d.radiologist, bytes.NewReader(sealed), passphrase)
	if err != nil {
		return err
	}
	if m.ID != id || added != 1 || again != 0 {
		return fmt.Errorf("the reply merged %d opinions and, read again, %d; want 1 and 0", added, again)
	}
	d.say("the pack opened in a second data folder, and an opinion came back as a sealed reply of %d bytes: merged once, read again nothing changed, %d opinions now", len(sealed), len(m.Opinions))
	return nil
}

func (d *demo) export(ctx context.Context) error {
	folder := filepath.Join(d.home, "export")
	for _, format := range []string{"cda", "fhir", "sr"} {
		path, err := d.station.Delivery.Export(ctx, d.radiologist, d.signed, format, folder)
		if err != nil {
			return err
		}
		d.exports = append(d.exports, filepath.Base(path))
	}
	d.say("exported the signed report as WS/T 500.6 CDA, FHIR R4 transaction and DICOM SR: %s in %s", strings.Join(d.exports, ", "), folder)
	return nil
}

// configureRoute names the stub platform as the destination, before the
// signature: its transaction inserts the delivery intents.
func (d *demo) configureRoute(ctx context.Context) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("no port on the loopback: %w", err)
	}
	d.address = l.Addr().String()
	if err := l.Close(); err != nil {
		return err
	}
	return d.station.Delivery.PutDestination(ctx, d.administrator, delivery.Route{
		Destination: outbox.Destination{Name: "province-stub", Kind: outbox.KindHTTP, URL: "http://" + d.address, Timeout: 5 * time.Second},
		Formats:     []string{"cda", "fhir", "sr"},
	}, false)
}

// stub starts the stub platform as a process of its own on the demo's port.
func (d *demo) stub(ctx context.Context, args ...string) (*exec.Cmd, error) {
	cmd := exec.CommandContext(ctx, d.c.Executable, append([]string{"platform-stub", "--addr", d.address,
		"--state", filepath.Join(d.home, "platform-stub.json")}, args...)...)
	cmd.Stderr = d.c.Stderr
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("the stub platform does not start: %w", err)
	}
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		conn, err := net.DialTimeout("tcp", d.address, time.Second)
		if err == nil {
			return cmd, conn.Close()
		}
	}
	// The error of a process that did not start well is the time-out's.
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	return nil, errors.New("the stub platform did not answer within 10 seconds")
}

// round sends once what is due, waiting for the back-off to pass.
func (d *demo) round(ctx context.Context) (delivery.SendResult, error) {
	list, err := d.station.Delivery.Outbox(ctx, d.radiologist)
	if err != nil {
		return delivery.SendResult{}, err
	}
	var next time.Time
	for _, del := range list {
		if del.State == records.DeliveryQueued && del.Next.After(next) {
			next = del.Next
		}
	}
	select {
	case <-time.After(time.Until(next)):
	case <-ctx.Done():
		return delivery.SendResult{}, ctx.Err()
	}
	return d.station.Delivery.Send(ctx, d.radiologist)
}

func (d *demo) deliver(ctx context.Context) error {
	killed, err := d.stub(ctx)
	if err != nil {
		return err
	}
	if err := killed.Process.Kill(); err != nil {
		return err
	}
	_ = killed.Wait() // killed on purpose: its exit state says just that
	res, err := d.round(ctx)
	if err != nil {
		return err
	}
	if res.Acknowledged != 0 || res.Waiting == 0 {
		return errors.New("a dead platform acknowledged something")
	}
	d.say("the stub platform (loopback, %s) was killed before the delivery: %d deliveries wait and will be retried", d.address, res.Waiting)

	dying, err := d.stub(ctx, "--die-after-accept", "1")
	if err != nil {
		return err
	}
	if res, err = d.round(ctx); err != nil {
		return err
	}
	_ = dying.Wait() // it ended itself after accepting, as asked
	if res.Acknowledged != 0 {
		return errors.New("a platform that never answered counts as an acknowledgement")
	}
	d.say("started again, it accepted one document and died before it answered: %d deliveries wait", res.Waiting)

	alive, err := d.stub(ctx)
	if err != nil {
		return err
	}
	defer func() {
		_ = alive.Process.Kill()
		_ = alive.Wait()
	}()
	for range 10 {
		if res, err = d.round(ctx); err != nil {
			return err
		}
		if res.Waiting == 0 {
			break
		}
	}
	if res.Acknowledged != len(res.Deliveries) || res.Acknowledged == 0 {
		return fmt.Errorf("%d of %d deliveries are acknowledged", res.Acknowledged, len(res.Deliveries))
	}
	var receipts []string
	attempts, found := 0, 0
	for _, del := range res.Deliveries {
		receipts = append(receipts, del.Format+" "+del.Receipt.Number)
		tried, err := d.station.Delivery.Attempts(ctx, d.radiologist, del.ID)
		if err != nil {
			return err
		}
		attempts += len(tried)
		for _, a := range tried {
			if a.Outcome == outbox.AskedAndFound {
				found++
			}
		}
	}
	if found == 0 {
		return errors.New("the platform was not asked before the unanswered document was sent again")
	}
	d.say("delivered under the same document id and version: receipts %s; %d attempts, %d found registered when asked", strings.Join(receipts, ", "), attempts, found)
	if err := d.countRegistered(ctx, len(res.Deliveries)); err != nil {
		return err
	}
	return d.correct(ctx)
}

// correct amends the report that was delivered: the correction goes after it under
// the same document id as version 2, and each receipt names it.
func (d *demo) correct(ctx context.Context) error {
	r := d.station.Reading
	first := d.signed.Document
	rep, err := r.Amend(ctx, d.radiologist, d.film, "补充随访建议（样本）")
	if err != nil {
		return err
	}
	if _, err := r.SaveDraft(ctx, d.radiologist, d.film, rep.Findings, append(rep.Impression, records.Sentence{Text: "建议治疗后复查胸片。"})); err != nil {
		return err
	}
	if d.signed, err = r.Sign(ctx, d.radiologist, d.film, d.password); err != nil {
		return err
	}
	doc := d.signed.Document
	if doc.DocumentID != first.DocumentID || doc.Version != first.Version+1 || doc.Replaces != first.ID {
		return fmt.Errorf("the correction is document %s version %d, which replaces %q", doc.DocumentID, doc.Version, doc.Replaces)
	}
	cda, err := delivery.DefaultForms().Encode(&d.signed, "cda")
	if err != nil {
		return err
	}
	if !bytes.Contains(cda, []byte(`typeCode="RPLC"`)) || !bytes.Contains(cda, []byte(first.ID)) {
		return errors.New("the CDA of the correction does not say what it replaces (RPLC)")
	}
	res, err := d.round(ctx)
	if err != nil {
		return err
	}
	var receipts []string
	for _, del := range res.Deliveries {
		if del.Version == doc.Version && del.Receipt != nil {
			receipts = append(receipts, del.Format+" "+del.Receipt.Number)
		}
	}
	if len(receipts) == 0 || res.Acknowledged != len(res.Deliveries) {
		return fmt.Errorf("%d of %d deliveries are acknowledged after the correction", res.Acknowledged, len(res.Deliveries))
	}
	d.say("corrected after delivery: %s version %d replaces version %d (RPLC, with its reason), and was delivered: receipts %s", doc.DocumentID, doc.Version, first.Version, strings.Join(receipts, ", "))
	return d.countRegistered(ctx, len(res.Deliveries))
}

// countRegistered asks the platform how often it registered each document.
func (d *demo) countRegistered(ctx context.Context, want int) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+d.address+"/documents", nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	var list []json.RawMessage
	if err := json.NewDecoder(resp.Body).Decode(&list); err != nil {
		return fmt.Errorf("the stub platform's list cannot be read: %w", err)
	}
	d.registered = len(list)
	if d.registered != want {
		return fmt.Errorf("the platform registered %d documents where %d were sent", d.registered, want)
	}
	d.say("the platform has registered each document once: %d of %d", d.registered, want)
	return nil
}

func (d *demo) verifyAudit(ctx context.Context) error {
	rep, err := d.station.Admin.VerifyAudit(ctx, d.auditor)
	if err != nil {
		return err
	}
	if !rep.Whole() {
		return fmt.Errorf("the audit trail is not whole: event %d: %s", rep.FirstBroken.Seq, rep.FirstBroken.Reason)
	}
	d.numbers["audit_events"] = rep.Count
	d.say("the audit chain is whole: %d events, head %s", rep.Count, rep.Head)
	return nil
}

func (d *demo) summary() error {
	took := time.Since(d.started).Round(100 * time.Millisecond)
	if d.c.json {
		d.numbers["seconds"] = took.Seconds()
		d.numbers["home"] = d.home
		d.numbers["finding_uid"] = d.filmFinding.UID
		d.numbers["document_id"] = d.signed.Document.DocumentID
		d.numbers["registered"] = d.registered
		return d.c.emit(d.numbers)
	}
	d.c.printf("\nDone in %s. All people and the case are invented; the models are not medical devices.\n", took)
	d.c.printf("One finding all the way: %s, from the film to %d receipts.\n", d.filmFinding.UID, d.registered)
	d.c.printf("Report %s; consult pack %s; exports beside them.\n", d.pdf, d.pack)
	d.c.printf("Go on by hand: . %s && longying studies\n", quote(filepath.Join(d.home, "demo.env")))
	return nil
}
