package station

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"longying/app/admin"
	use "longying/app/consult"
	"longying/app/reading"
	"longying/imaging/deid"
	"longying/imaging/pacs"
	"longying/records"
	"longying/records/seal"
	"longying/records/sqlite"
)

// noted is an event as the trail has to hold it.
type noted struct {
	action  string
	by      records.User
	object  string // "": whatever it is
	patient string // internal ID; "": nobody's
	outcome string
}

// act is one act of the list and the events that it has to leave.
type act struct {
	name string
	code string // of the refusal; "": done. "failed": any other error
	do   func() error
	want []noted
}

// Every kind of act leaves exactly its events: who, what, whose patient, when,
// from where, outcome.
func TestEveryKindOfActIsInTheTrailWithWhoWhatWhoseWhenWhereAndOutcome(t *testing.T) {
	b := newBench(t)
	b.store.SetProgram("desktop")
	const ok, refused, failed = "ok", "refused", "failed"
	film, patient := b.film.StudyUID, b.film.PatientID
	nobody, clinician := records.User{}, b.sample.Users["clinician"]
	folder := t.TempDir()
	backup := filepath.Join(folder, "backup")
	platform := b.route(folder)
	var spare records.User
	var finding records.Finding
	var phrase records.Phrase
	var drawn records.Annotation
	foreign := b.others("2.25.9901", b.film.Header.PatientID)
	var doc records.SignedDocument
	var consult, asked records.Consult
	var secret string
	password := b.password("radiologist")
	wrong := func(login string) error { return one(b.Admin.SignIn(b.ctx, login, "wrong")) }
	taken := b.whole()
	acts := []act{
		{"login", "", func() error { return one(b.Admin.SignIn(b.ctx, "radiologist", password)) }, []noted{{"login", b.radiologist, b.radiologist.ID, "", ok}}},
		{"failed login", "sign_in", func() error { return wrong("radiologist") }, []noted{{"login", b.radiologist, b.radiologist.ID, "", refused}}},
		{"login of nobody", "sign_in", func() error { return wrong("no such login") }, []noted{{"login", nobody, "", "", refused}}},
		{"lock screen", "", func() error { return b.Admin.Leave(b.ctx, b.radiologist, "lock_screen") }, []noted{{"lock_screen", b.radiologist, b.radiologist.ID, "", ok}}},
		{"unlock screen", "", func() error { return one(b.Admin.Unlock(b.ctx, b.radiologist, password, "")) }, []noted{{"unlock_screen", b.radiologist, b.radiologist.ID, "", ok}}},
		{"failed unlocking", "sign_in", func() error { return one(b.Admin.Unlock(b.ctx, b.radiologist, "wrong", "")) }, []noted{{"unlock_screen", b.radiologist, b.radiologist.ID, "", refused}}},
		{"logout", "", func() error { return b.Admin.Leave(b.ctx, b.radiologist, "logout") }, []noted{{"logout", b.radiologist, b.radiologist.ID, "", ok}}},

		{"search", "", func() error { return one(b.Registry.Search(b.ctx, b.radiologist, "刘")) }, nil}, // not at each key
		{"what was found is opened", "", func() error { return one(b.Registry.Record(b.ctx, b.radiologist, patient)) }, []noted{{"view_record", b.radiologist, patient, patient, ok}}},
		{"view", "", func() error { return one(b.Registry.OpenStudy(b.ctx, b.radiologist, film)) }, []noted{{"view_study", b.radiologist, film, patient, ok}}},
		{"view without right", "right", func() error { return one(b.Registry.OpenStudy(b.ctx, b.admin, film)) }, []noted{{"view_study", b.admin, film, patient, refused}}},
		{"view of nobody's study", "", func() error { return one(b.Registry.OpenStudy(b.ctx, b.radiologist, b.ct.StudyUID)) }, []noted{{"view_study", b.radiologist, b.ct.StudyUID, "", ok}}},

		{"run", "", func() error {
			res, err := b.Reading.Analyze(b.ctx, b.radiologist, film, reading.Request{ModelIDs: []string{"cxr-paediatric-pneumonia"}})
			if err == nil {
				finding = res.Findings[0]
			}
			return err
		}, []noted{{"analyze", b.radiologist, film, patient, ok}}},
		{"run without right", "right", func() error { return one(b.Reading.Analyze(b.ctx, clinician, film, reading.Request{})) }, []noted{{"analyze", clinician, film, patient, refused}}},
		{"confirm", "", func() error { return one(b.Reading.Confirm(b.ctx, b.radiologist, finding.UID)) }, []noted{{"confirm", b.radiologist, "finding", patient, ok}}},
		{"reject without reason", "reason_missing", func() error { return one(b.Reading.Reject(b.ctx, b.radiologist, finding.UID, " ")) }, []noted{{"reject", b.radiologist, "finding", patient, refused}}},
		{"reject", "", func() error { return one(b.Reading.Reject(b.ctx, b.radiologist, finding.UID, "伪影")) }, []noted{{"reject", b.radiologist, "finding", patient, ok}}},
		{"undo", "", func() error { return one(b.Reading.Undo(b.ctx, b.radiologist, finding.UID)) }, []noted{{"undo", b.radiologist, "finding", patient, ok}}},
		{"edit", "", func() error {
			note := "右下野"
			return one(b.Reading.Edit(b.ctx, b.radiologist, finding.UID, records.FindingChange{Note: &note}))
		}, []noted{{"edit", b.radiologist, "finding", patient, ok}}},
		{"mark", "", func() error { b.nodule(film, 1); return nil }, []noted{{"mark", b.radiologist, "", patient, ok}}},
		{"take over", "", func() error {
			return one(b.Reading.TakeOver(b.ctx, b.radiologist, film, foreign, "segment 2", records.FindingChange{}))
		}, []noted{{"take_over", b.radiologist, "", patient, ok}}},
		{"measurement", "", func() (err error) { drawn, err = b.Reading.Annotate(b.ctx, b.radiologist, b.length(film)); return err },
			[]noted{{"annotate", b.radiologist, "", patient, ok}}},
		{"measurement is changed", "", func() error {
			label := "主动脉弓"
			return one(b.Reading.EditAnnotation(b.ctx, b.radiologist, drawn.UID, records.AnnotationChange{Label: &label}))
		}, []noted{{"edit_annotation", b.radiologist, "drawn", patient, ok}}},
		{"measurement is left out", "", func() error { return one(b.Reading.LeaveAnnotation(b.ctx, b.radiologist, drawn.UID, true)) },
			[]noted{{"leave_annotation", b.radiologist, "drawn", patient, ok}}},
		{"measurement is deleted", "", func() error { return one(b.Reading.DeleteAnnotation(b.ctx, b.radiologist, drawn.UID)) },
			[]noted{{"delete_annotation", b.radiologist, "drawn", patient, ok}}},
		{"deleted measurement is changed", "annotation_deleted", func() error { return one(b.Reading.DeleteAnnotation(b.ctx, b.radiologist, drawn.UID)) },
			[]noted{{"delete_annotation", b.radiologist, "drawn", patient, refused}}},
		{"deletion is undone", "", func() error { return one(b.Reading.UndoAnnotation(b.ctx, b.radiologist, drawn.UID, 4, 3)) },
			[]noted{{"undo_annotation", b.radiologist, "drawn", patient, ok}}},
		{"measurement without right", "right", func() error { return one(b.Reading.UndoAnnotation(b.ctx, clinician, drawn.UID, 5, 4)) },
			[]noted{{"undo_annotation", clinician, "drawn", patient, refused}}},
		{"verdict without right", "right", func() error { return one(b.Reading.Confirm(b.ctx, b.auditor, finding.UID)) }, []noted{{"confirm", b.auditor, "finding", patient, refused}}},

		{"draft", "", func() error {
			rep, err := b.Reading.Draft(b.ctx, b.radiologist, film)
			if err == nil {
				_, err = b.Reading.SaveDraft(b.ctx, b.radiologist, film, rep.Findings, append(rep.Impression, records.Sentence{Text: "随访。"}))
			}
			return err
		}, []noted{{"draft_report", b.radiologist, film, patient, ok}, {"save_report", b.radiologist, film, patient, ok}}},
		{"coded fields", "", func() error { return one(b.Reading.Fill(b.ctx, b.radiologist, film, "", nil)) }, []noted{{"fill_report", b.radiologist, film, patient, ok}}},
		{"own phrase", "", func() (err error) {
			phrase, err = b.Reading.SavePhrase(b.ctx, b.radiologist, records.Phrase{Key: "zc", Title: "正常", Text: "未见异常。", Owner: b.radiologist.ID})
			return err
		}, []noted{{"save_phrase", b.radiologist, "zc", "", ok}}},
		{"the department's phrase without right", "right", func() error {
			return one(b.Reading.SavePhrase(b.ctx, b.radiologist, records.Phrase{Key: "zc", Title: "正常", Text: "未见异常。"}))
		}, []noted{{"save_phrase", b.radiologist, "zc", "", refused}}},
		{"phrase removed", "", func() error { return b.Reading.RemovePhrase(b.ctx, b.radiologist, phrase.ID) }, []noted{{"remove_phrase", b.radiologist, "zc", "", ok}}},
		{"own template", "", func() error {
			return one(b.Reading.AddTemplate(b.ctx, b.admin, filepath.Join("..", "..", "records", "template", "testdata", "own.json")))
		}, []noted{{"configure", b.admin, "report_template", "", ok}}},
		{"setting", "", func() error { return b.Delivery.PutDestination(b.ctx, b.admin, platform, false) }, []noted{{"configure", b.admin, "destinations", "", ok}}},
		{"setting without right", "right", func() error { return b.Delivery.PutDestination(b.ctx, b.radiologist, platform, false) }, []noted{{"configure", b.radiologist, "destinations", "", refused}}},
		{"idle lock", "", func() error { return b.Admin.SetIdleLock(b.ctx, b.admin, 5) }, []noted{{"configure", b.admin, admin.SettingIdleLock, "", ok}}},
		{"PACS that does not answer", "failed", func() error {
			if err := b.Transfer.Put(b.ctx, b.admin, pacs.Server{Name: "pacs", URL: "http://127.0.0.1:1"}, false); err != nil {
				return err
			}
			return one(b.Transfer.Query(b.ctx, b.radiologist, "pacs", pacs.Query{PatientID: "1"}))
		}, []noted{{"configure", b.admin, "pacs", "", ok}, {"pacs_query", b.radiologist, "", "", failed}}},
		{"signature with a wrong password", "sign_in", func() error { return one(b.Reading.Sign(b.ctx, b.radiologist, film, "wrong")) },
			[]noted{{"reauthenticate", b.radiologist, b.radiologist.ID, "", refused}, {"sign", b.radiologist, film, patient, refused}}},
		{"signature", "", func() (err error) {
			doc, err = b.Reading.Sign(b.ctx, b.radiologist, film, password)
			return err
		}, []noted{{"reauthenticate", b.radiologist, b.radiologist.ID, "", ok}, {"signing_key", b.radiologist, "", "", ok}, {"sign", b.radiologist, "", patient, ok}}},
		{"print", "", func() error { return one(b.PrintReport(b.ctx, b.radiologist, film)) }, []noted{{"print", b.radiologist, "document", patient, ok}}},
		{"print without right", "right", func() error { return one(b.PrintReport(b.ctx, clinician, film)) }, []noted{{"print", clinician, film, patient, refused}}},
		{"export", "", func() error { return one(b.Delivery.Export(b.ctx, b.radiologist, doc, "cda", folder)) }, []noted{{"export", b.radiologist, "document", patient, ok}}},
		{"export that cannot be written", "failed", func() error {
			return one(b.Delivery.Export(b.ctx, b.radiologist, doc, "cda", filepath.Join(backup, "a file")))
		}, []noted{{"export", b.radiologist, "document", patient, failed}}},
		{"de-identification", "", func() error {
			return one(b.Deidentify(b.ctx, b.radiologist, film, deid.Options{}, filepath.Join(folder, "deid"), func(d Deidentified) error { return d.Err }))
		}, []noted{{"deidentify", b.radiologist, film, patient, ok}}},
		{"de-identification without right", "right", func() error {
			return one(b.Deidentify(b.ctx, clinician, film, deid.Options{}, filepath.Join(folder, "deid"), func(Deidentified) error { return nil }))
		}, []noted{{"deidentify", clinician, film, patient, refused}}},
		{"delivery", "", func() error { return one(b.Delivery.Send(b.ctx, b.radiologist)) }, []noted{{"deliver", b.radiologist, "", patient, ok}}},

		{"consult", "", func() (err error) {
			consult, err = b.Consult.Create(b.ctx, b.radiologist, patient, "题", "问", nil)
			return err
		}, []noted{{"consult_create", b.radiologist, "", patient, ok}}},
		{"consult is opened", "", func() error { return one(b.Consult.Get(b.ctx, clinician, consult.ID)) }, []noted{{"view_consult", clinician, "consult", patient, ok}}},
		{"consult is decided by another than the chair", "not_chair", func() error {
			return one(b.Consult.Decide(b.ctx, b.pathologist, consult.ID, use.Ruling{Text: "结论"}))
		}, []noted{{"consult_decide", b.pathologist, "consult", patient, refused}}},
		{"item of the checklist is not needed", "", func() error {
			return one(b.Consult.Excuse(b.ctx, b.radiologist, consult.ID, records.CheckSlides, "未取材", false))
		}, []noted{{"consult_excuse", b.radiologist, "consult", patient, ok}}},
		{"consult is scheduled", "", func() error {
			return one(b.Consult.Schedule(b.ctx, b.radiologist, consult.ID, use.Plan{At: time.Now().AddDate(0, 0, 1), Place: "会诊室", Chair: b.radiologist.ID, Members: b.members()}))
		}, []noted{{"consult_schedule", b.radiologist, "consult", patient, ok}}},
		{"invitations are printed", "", func() error { return one(b.Consult.Invitations(b.ctx, b.radiologist, consult.ID)) }, []noted{{"print", b.radiologist, "consult", patient, ok}}},
		{"meeting begins without saying what is missing", "consult_missing", func() error {
			return one(b.Consult.Begin(b.ctx, b.radiologist, consult.ID, nil, nil))
		}, []noted{{"consult_begin", b.radiologist, "consult", patient, refused}}},
		{"meeting begins", "", func() error {
			return one(b.Consult.Begin(b.ctx, b.radiologist, consult.ID, records.CheckItems(), nil))
		}, []noted{{"consult_begin", b.radiologist, "consult", patient, ok}}},
		{"opinion with another's password", "sign_in", func() error {
			return one(b.Consult.Opine(b.ctx, b.radiologist, consult.ID, records.Opinion{Member: records.Member{Name: b.pathologist.Name}, Text: "同意"}, password))
		}, []noted{{"reauthenticate", b.pathologist, b.pathologist.ID, "", refused}, {"consult_opinion", b.radiologist, "consult", patient, refused}}},
		{"opinion", "", func() error {
			return one(b.Consult.Opine(b.ctx, b.radiologist, consult.ID, records.Opinion{Member: records.Member{Name: b.pathologist.Name}, Text: "同意"}, b.password("pathologist")))
		}, []noted{{"reauthenticate", b.pathologist, b.pathologist.ID, "", ok}, {"consult_opinion", b.radiologist, "consult", patient, ok}}},
		{"decision", "", func() error {
			return one(b.Consult.Decide(b.ctx, b.radiologist, consult.ID, use.Ruling{Text: "手术"}))
		}, []noted{{"consult_decide", b.radiologist, "consult", patient, ok}}},
		{"outcome without the comment", "outcome_comment", func() error {
			return one(b.Consult.Compare(b.ctx, b.radiologist, consult.ID, use.Comparison{Done: "保守治疗", Happened: "好转"}))
		}, []noted{{"consult_outcome", b.radiologist, "consult", patient, refused}}},
		{"outcome", "", func() error {
			return one(b.Consult.Compare(b.ctx, b.radiologist, consult.ID, use.Comparison{Done: "手术", Happened: "好转", Concordant: true}))
		}, []noted{{"consult_outcome", b.radiologist, "consult", patient, ok}}},
		{"consult is closed", "", func() error { return one(b.Consult.Close(b.ctx, b.radiologist, consult.ID)) }, []noted{{"consult_close", b.radiologist, "consult", patient, ok}}},
		{"request of a clinician", "", func() (err error) {
			asked, err = b.Consult.Create(b.ctx, clinician, patient, "题", "问", nil)
			return err
		}, []noted{{"consult_create", clinician, "", patient, ok}}},
		{"request is accepted without right", "right", func() error { return one(b.Consult.Accept(b.ctx, clinician, asked.ID)) }, []noted{{"consult_accept", clinician, "", patient, refused}}},
		{"request is accepted", "", func() error { return one(b.Consult.Accept(b.ctx, b.radiologist, asked.ID)) }, []noted{{"consult_accept", b.radiologist, "", patient, ok}}},
		{"request is withdrawn by who asked", "", func() error { return one(b.Consult.Withdraw(b.ctx, clinician, asked.ID, "重复")) }, []noted{{"consult_withdraw", clinician, "", patient, ok}}},
		{"closed consult is withdrawn", "consult_state_closed", func() error {
			return one(b.Consult.Withdraw(b.ctx, b.radiologist, consult.ID, "重复"))
		}, []noted{{"consult_withdraw", b.radiologist, "consult", patient, refused}}},
		{"pack", "", func() error {
			return one(b.Consult.WritePack(b.ctx, b.radiologist, consult.ID, packing("a long passphrase"), io.Discard, nil))
		}, []noted{{"consult_pack", b.radiologist, "consult", patient, ok}}},
		{"pack without right", "right", func() error {
			return one(b.Consult.WritePack(b.ctx, clinician, consult.ID, packing("a long passphrase"), io.Discard, nil))
		}, []noted{{"consult_pack", clinician, "consult", patient, refused}}},
		{"images of a pack", "", func() error { return one(b.Consult.TakeImages(b.ctx, b.radiologist, taken, nil)) },
			[]noted{{"import_study", b.radiologist, "", patient, ok}, {"consult_take", b.radiologist, "", "", ok}}},

		{"new user", "", func() (err error) {
			spare, err = b.Admin.AddUser(b.ctx, b.admin, admin.NewUser{Login: "spare", Name: "备用", Role: records.RoleTechnician, Password: sparePassword})
			return err
		}, []noted{{"add_user", b.admin, "spare", "", ok}}},
		{"new user of the same login", "failed", func() error {
			return one(b.Admin.AddUser(b.ctx, b.admin, admin.NewUser{Login: "spare", Name: "另", Role: records.RoleTechnician, Password: sparePassword}))
		}, []noted{{"add_user", b.admin, "", "", failed}}},
		{"role", "", func() error { return b.Admin.SetRole(b.ctx, b.admin, "spare", records.RoleClinician) }, []noted{{"set_role", b.admin, "spare", "", ok}}},
		{"account is locked", "", func() error { return b.Admin.SetLocked(b.ctx, b.admin, "spare", true) }, []noted{{"lock_user", b.admin, "spare", "", ok}}},
		{"login of a locked account", "locked", func() error { return one(b.Admin.SignIn(b.ctx, "spare", sparePassword)) }, []noted{{"login", records.User{Name: "备用"}, "spare", "", refused}}},
		{"account is unlocked", "", func() error { return b.Admin.SetLocked(b.ctx, b.admin, "spare", false) }, []noted{{"lock_user", b.admin, "spare", "", ok}}},
		{"password is reset", "", func() error { return b.Admin.ResetPassword(b.ctx, b.admin, "spare", firstPassword) }, []noted{{"reset_password", b.admin, "spare", "", ok}}},
		{"last administrator", "last_administrator", func() error { return b.Admin.SetLocked(b.ctx, b.admin, "admin", true) }, []noted{{"lock_user", b.admin, b.admin.ID, "", refused}}},
		{"users without right", "right", func() error { return b.Admin.SetRole(b.ctx, b.radiologist, "radiologist", records.RoleAdministrator) }, []noted{{"set_role", b.radiologist, "", "", refused}}},
		{"own password", "", func() error {
			return b.Admin.ChangePassword(b.ctx, b.pathologist, b.password("pathologist"), secondPassword)
		},
			[]noted{{"reauthenticate", b.pathologist, b.pathologist.ID, "", ok}, {"change_password", b.pathologist, b.pathologist.ID, "", ok}}},
		{"second factor", "", func() error {
			secret = b.Admin.NewSecondFactor(b.pathologist).Secret
			raw, err := seal.ParseTOTPSecret(secret)
			b.must(err)
			return one(b.Admin.EnrolSecondFactor(b.ctx, b.pathologist, secondPassword, secret, telephone(raw, time.Now())))
		}, []noted{{"reauthenticate", b.pathologist, b.pathologist.ID, "", ok}, {"set_second_factor", b.pathologist, b.pathologist.ID, "", ok}}},
		{"second factor is taken away", "", func() error { return b.Admin.ResetSecondFactor(b.ctx, b.admin, "pathologist") }, []noted{{"reset_second_factor", b.admin, b.pathologist.ID, "", ok}}},

		{"import of people", "", func() error {
			return one(b.Registry.ImportPeople(b.ctx, b.radiologist, filepath.Join(b.folder, "patients", "patients-utf8.csv")))
		}, []noted{{"import_people", b.radiologist, "", "", ok}, {"link", b.radiologist, b.ct.StudyUID, "", refused}}},
		{"unlink", "", func() error {
			return one(b.Registry.Unlink(b.ctx, b.radiologist, b.slide.StudyUID, "误关联刘小满 620102202205149984", ""))
		}, []noted{{"unlink", b.radiologist, b.slide.StudyUID, patient, ok}}},
		{"link", "", func() error { return one(b.Registry.Link(b.ctx, b.radiologist, b.slide.StudyUID, patient)) }, []noted{{"link", b.radiologist, b.slide.StudyUID, patient, ok}}},

		{"trail is read", "", func() error { return one(b.Admin.AuditEvents(b.ctx, b.auditor, admin.AuditFilter{})) }, []noted{{"view_audit", b.auditor, "", "", ok}}},
		{"trail is exported", "", func() error {
			return one(b.Admin.ExportAudit(b.ctx, b.auditor, admin.AuditFilter{}, filepath.Join(folder, "trail.zip")))
		}, []noted{{"export_audit", b.auditor, "", "", ok}}},
		{"trail is exported over a file", "file_exists", func() error {
			return one(b.Admin.ExportAudit(b.ctx, b.auditor, admin.AuditFilter{}, filepath.Join(folder, "trail.zip")))
		}, []noted{{"export_audit", b.auditor, "", "", refused}}},
		{"trail is checked", "", func() error { return one(b.Admin.VerifyAudit(b.ctx, b.auditor)) }, []noted{{"verify_audit", b.auditor, "", "", ok}}},
		{"trail without right", "right", func() error { return one(b.Admin.AuditEvents(b.ctx, b.admin, admin.AuditFilter{})) }, []noted{{"view_audit", b.admin, "", "", refused}}},
		{"backup", "", func() error { return one(b.Backup.Write(b.ctx, b.admin, backup+".2", false, nil)) }, []noted{{"backup", b.admin, "", "", ok}}},
		{"backup over a file", "refused", func() error { return one(b.Backup.Write(b.ctx, b.admin, backup+".2", false, nil)) }, []noted{{"backup", b.admin, "", "", refused}}},
	}
	b.must(os.WriteFile(backup, nil, 0o600))
	host, err := os.Hostname()
	b.must(err)
	for _, a := range acts {
		seq, began := b.head(), time.Now()
		err := a.do()
		switch {
		case a.code == "":
			b.must(err)
		case a.code == "failed":
			if err == nil {
				t.Errorf("%s: done", a.name)
			}
		case a.code != "refused":
			b.refused(a.code, err)
		case err == nil:
			t.Errorf("%s: done", a.name)
		}
		events := b.since(seq)
		if len(events) != len(a.want) {
			t.Errorf("%s: %d events, want %d: %+v", a.name, len(events), len(a.want), events)
			continue
		}
		objects := map[string]string{"finding": finding.UID, "drawn": drawn.UID, "document": doc.Document.ID, "consult": consult.ID, "spare": spare.ID}
		for i, w := range a.want {
			e := events[i]
			if real, named := objects[w.object]; named {
				w.object = real
			}
			if w.by.ID == "" && w.by.Name != "" {
				w.by = spare
			}
			if e.Action != w.action || e.UserID != w.by.ID || e.UserName != w.by.Name || w.object != "" && e.Object != w.object || e.PatientID != w.patient || e.Outcome != w.outcome {
				t.Errorf("%s: %+v, want %s by %s on %q of patient %q: %s", a.name, e, w.action, w.by.Name, w.object, w.patient, w.outcome)
			}
			if raw := fmt.Sprint(e); strings.Contains(raw, "刘小满") || strings.Contains(raw, "620102202205149984") {
				t.Errorf("%s names the patient: %s", a.name, raw)
			}
			if e.At.Before(began.Add(-time.Second)) || e.At.After(time.Now().Add(time.Second)) || e.Station != host || e.Program != "desktop" || e.Seq != seq+1+int64(i) {
				t.Errorf("%s: when, where or place in the trail is wrong: %+v", a.name, e)
			}
		}
	}
	b.auditCount()

	// What a restored folder says of the restoring.
	passphrase, err := os.ReadFile(b.sample.KeyFile)
	b.must(err)
	home := filepath.Join(folder, "restored")
	o := Options{Home: home, Passphrase: string(passphrase[:len(passphrase)-1]), Program: "cli"}
	_, err = Restore(b.ctx, o, Restoring{Path: backup + ".2", Login: "radiologist", Password: password})
	b.must(err)
	restored, err := Open(b.ctx, o)
	b.must(err)
	defer restored.Close()
	b.must(restored.store.View(b.ctx, func(tx *sqlite.Tx) error {
		return tx.EachAuditEvent(func(e *records.AuditEvent) (bool, error) {
			if e.Action != "restore" || e.UserID != b.radiologist.ID || e.UserName != b.radiologist.Name || e.Outcome != ok || e.Object == "" || e.Station != host || e.Program != "cli" {
				t.Errorf("the last event is %+v", e)
			}
			return false, nil
		})
	}))
}
