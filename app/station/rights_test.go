package station

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	_ "github.com/mattn/go-sqlite3"

	"longying/app/acceptance"
	"longying/app/admin"
	"longying/app/consult"
	"longying/app/delivery"
	"longying/app/reading"
	"longying/app/registry"
	"longying/imaging"
	"longying/imaging/deid"
	"longying/imaging/pacs"
	"longying/models"
	"longying/records"
	"longying/records/auditmessage"
	"longying/records/cda"
	"longying/records/sqlite"
)

// useCase is one row of the matrix: a method of a use case that is called in
// somebody's name, and whom it serves.
type useCase struct {
	name string // package.Type.Method
	any  []records.Right
	all  []records.Right // besides
	// free: whoever is signed in may. What it says then is no matter of rights.
	free bool
	call func(ctx context.Context, u records.User) error
}

func (c useCase) may(r records.Role) bool {
	return c.free || (len(c.any) == 0 || slices.ContainsFunc(c.any, r.May)) && !slices.ContainsFunc(c.all, func(x records.Right) bool { return !r.May(x) })
}

// outside are methods that take a user and stand in no matrix, with the reason.
func outside() map[string]string {
	return map[string]string{
		"admin.Admin.SetPreference":        "the language of the window: also before signing in",
		"admin.Admin.NewSecondFactor":      "makes a random secret and touches no record",
		"reading.Reading.Predict":          "of the caller's own files: reads and keeps nothing of the record",
		"reading.Reading.Retract":          "inside of the transaction of Unlink, which is in the matrix; asks RightReport itself",
		"reading.Reading.Waiting":          "nothing waits for who may not review: an empty list, see the test below",
		"registry.Registry.ImportIncoming": "takes an archive.Incoming, which only Retrieve makes; asks RightImport itself",
	}
}

// fixture is what the calls of the matrix act on.
type fixture struct {
	*bench
	finding, consult, delivery, critical string
	annotation                           string
	length                               records.Annotation
	doc                                  records.SignedDocument
	people                               *registry.PeopleFile
	csv, folder                          string
	pkg                                  *models.Package
	password                             func(records.User) string
	others                               []records.Patient
}

const rollingPassword, sparePassword = "Gunlun-2026-Longying", "Beiyong-2026-Longying"

func newFixture(t *testing.T) *fixture {
	b := newBench(t)
	f := &fixture{bench: b, csv: filepath.Join(b.folder, "patients", "patients-utf8.csv"), folder: t.TempDir()}
	server := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	b.must(b.Transfer.Put(b.ctx, b.admin, pacs.Server{Name: "pacs", URL: server.URL}, false))
	b.must(b.Delivery.PutDestination(b.ctx, b.admin, b.route(f.folder), false))
	f.doc = b.signed("随访。")
	f.finding = f.doc.Document.Findings[0].UID
	f.length = b.length(b.film.StudyUID)
	drawn, err := b.Reading.Annotate(b.ctx, b.radiologist, f.length)
	b.must(err)
	f.annotation = drawn.UID
	list, err := b.Delivery.Outbox(b.ctx, b.radiologist)
	b.must(err)
	f.delivery = list[0].ID
	m, err := b.Consult.Create(b.ctx, b.radiologist, b.film.PatientID, "题", "问", nil)
	b.must(err)
	f.consult = m.ID
	_, err = b.Consult.Opine(b.ctx, b.radiologist, m.ID, records.Opinion{Member: records.Member{Name: "陈临"}, Text: "同意"}, "")
	b.must(err)
	v, err := b.Reading.FlagCritical(b.ctx, b.radiologist, b.film.StudyUID, "", "张力性气胸")
	b.must(err)
	f.critical = v.ValueID
	f.people, err = b.Registry.ReadPeople(b.ctx, b.radiologist, f.csv, nil)
	b.must(err)
	f.pkg = b.Reading.Models()[0]
	_, err = b.Admin.AddUser(b.ctx, b.admin, admin.NewUser{Login: "spare", Name: "备用", Role: records.RoleAuditor, Password: sparePassword})
	b.must(err)
	f.others, err = b.Registry.Search(b.ctx, b.radiologist, "620102196903089976")
	b.must(err)
	return f
}

// length is a line of 30 pixels on the first picture of a study.
func (b *bench) length(study string) records.Annotation {
	b.t.Helper()
	opened, err := b.Archive.Study(b.ctx, study)
	b.must(err)
	in := &opened.Series[0].Instances[0]
	a := records.Annotation{Tool: records.ToolLength, Points: []imaging.Point{{X: 10, Y: 20}, {X: 40, Y: 20}},
		Ref: imaging.Ref{StudyUID: study, SeriesUID: in.SeriesUID, SOPUID: in.SOPInstanceUID, SOPClass: in.SOPClassUID, Frame: 1}}
	a.Values, a.Basis, err = records.Measured(b.ctx, a.Tool, a.Points, records.Picture{Instance: in, Number: 1})
	b.must(err)
	return a
}

// route is a destination that is a folder.
func (b *bench) route(folder string) delivery.Route {
	r := delivery.Route{Formats: []string{"fhir"}}
	r.Name, r.Kind, r.URL = "folder", "folder", folder
	return r
}

// one is a call that gives a value besides its error.
func one[T any](_ T, err error) error { return err }

// cases is the matrix. Its calls are good ones: they say who may not before they
// say anything else.
func (f *fixture) cases() []useCase {
	film, patient := f.film.StudyUID, f.film.PatientID
	model := f.pkg.Card.ID
	sentence := []records.Sentence{{Text: "胸廓对称。"}}
	rights := func(r ...records.Right) []records.Right { return r }
	c := func(name string, any []records.Right, call func(ctx context.Context, u records.User) error) useCase {
		return useCase{name: name, any: any, call: call}
	}
	both := func(name string, all []records.Right, call func(ctx context.Context, u records.User) error) useCase {
		return useCase{name: name, all: all, call: call}
	}
	free := func(name string, call func(ctx context.Context, u records.User) error) useCase {
		return useCase{name: name, free: true, call: call}
	}
	type U = records.User
	type X = context.Context
	view, imports, link := rights(records.RightViewPatient), rights(records.RightImport), rights(records.RightLink)
	verdict, writes, exports := rights(records.RightVerdict), rights(records.RightReport), rights(records.RightExport)
	consults, leads := rights(records.RightConsult), rights(records.RightLeadConsult)
	users, configures, audits := rights(records.RightManageUsers), rights(records.RightConfigure), rights(records.RightAudit)
	accepts := rights(records.RightAcceptModel)
	lists := rights(records.RightConfigure, records.RightViewPatient)
	return []useCase{
		c("registry.Registry.Studies", view, func(x X, u U) error { return one(f.Registry.Studies(x, u, records.ExaminationFilter{})) }),
		c("registry.Registry.Examination", view, func(x X, u U) error { return one(f.Registry.Examination(x, u, film)) }),
		c("registry.Registry.OpenStudy", view, func(x X, u U) error { return one(f.Registry.OpenStudy(x, u, film)) }),
		c("registry.Registry.Priors", view, func(x X, u U) error { return one(f.Registry.Priors(x, u, film)) }),
		c("registry.Registry.Later", view, func(x X, u U) error { return one(f.Registry.Later(x, u, film)) }),
		c("registry.Registry.OpenPrior", view, func(x X, u U) error { return one(f.Registry.OpenPrior(x, u, f.slide.StudyUID, film)) }),
		c("registry.Registry.StillPrior", view, func(x X, u U) error { return f.Registry.StillPrior(x, u, f.slide.StudyUID, film) }),
		c("registry.Registry.Search", view, func(x X, u U) error { return one(f.Registry.Search(x, u, "刘")) }),
		c("registry.Registry.SearchAll", view, func(x X, u U) error { return one(f.Registry.SearchAll(x, u, "刘")) }),
		c("registry.Registry.Find", view, func(x X, u U) error { return one(f.Registry.Find(x, u, "刘")) }),
		c("registry.Registry.Record", view, func(x X, u U) error { return one(f.Registry.Record(x, u, patient)) }),
		c("registry.Registry.Import", imports, func(x X, u U) error {
			return one(f.Registry.Import(x, u, []string{filepath.Join(f.bench.folder, "patients")}, nil))
		}),
		c("registry.Registry.ReadPeople", imports, func(x X, u U) error { return one(f.Registry.ReadPeople(x, u, f.csv, nil)) }),
		c("registry.Registry.PreviewPeople", imports, func(x X, u U) error { return one(f.Registry.PreviewPeople(x, u, f.people)) }),
		c("registry.Registry.StorePeople", imports, func(x X, u U) error { return one(f.Registry.StorePeople(x, u, f.people)) }),
		c("registry.Registry.ImportPeople", imports, func(x X, u U) error { return one(f.Registry.ImportPeople(x, u, f.csv)) }),
		c("registry.Registry.Batches", imports, func(x X, u U) error { return one(f.Registry.Batches(x, u)) }),
		c("registry.Registry.UndoBatch", imports, func(x X, u U) error { return one(f.Registry.UndoBatch(x, u, "none")) }),
		c("registry.Registry.Mappings", imports, func(x X, u U) error { return one(f.Registry.Mappings(x, u)) }),
		c("registry.Registry.Mapping", imports, func(x X, u U) error { return one(f.Registry.Mapping(x, u, "m")) }),
		c("registry.Registry.SaveMapping", imports, func(x X, u U) error { return f.Registry.SaveMapping(x, u, records.Mapping{Name: "m"}) }),
		c("registry.Registry.IntakeReviews", view, func(x X, u U) error { return one(f.Registry.IntakeReviews(x, u)) }),
		c("registry.Registry.DecideIntake", link, func(x X, u U) error { return one(f.Registry.DecideIntake(x, u, "none", false, "重复")) }),
		c("registry.Registry.Review", view, func(x X, u U) error { return one(f.Registry.Review(x, u)) }),
		c("registry.Registry.Link", link, func(x X, u U) error { return one(f.Registry.Link(x, u, f.ct.StudyUID, patient)) }),
		c("registry.Registry.NeedsRetraction", view, func(x X, u U) error { return one(f.Registry.NeedsRetraction(x, u, film)) }),
		c("registry.Registry.Unlink", link, func(x X, u U) error { return one(f.Registry.Unlink(x, u, f.slide.StudyUID, "误", f.password(u))) }),
		c("registry.Registry.Compare", view, func(x X, u U) error {
			_, _, _, _, err := f.Registry.Compare(x, u, patient, f.others[0].ID)
			return err
		}),
		c("registry.Registry.Merge", link, func(x X, u U) error {
			return one(f.Registry.Merge(x, u, patient, f.others[0].ID, "同一人", false))
		}),
		c("registry.Registry.Unmerge", link, func(x X, u U) error {
			_, _, err := f.Registry.Unmerge(x, u, f.others[0].ID, "非同一人")
			return err
		}),
		c("registry.Registry.RememberCharacterSet", link, func(x X, u U) error { return one(f.Registry.RememberCharacterSet(x, u, film, "GB18030")) }),

		c("reading.Reading.Analyze", rights(records.RightAnalyze), func(x X, u U) error {
			return one(f.Reading.Analyze(x, u, f.ct.StudyUID, reading.Request{ModelIDs: []string{model}}))
		}),
		c("reading.Reading.Findings", view, func(x X, u U) error { return one(f.Reading.Findings(x, u, film)) }),
		c("reading.Reading.History", view, func(x X, u U) error { return one(f.Reading.History(x, u, f.finding)) }),
		c("reading.Reading.Runs", view, func(x X, u U) error { return one(f.Reading.Runs(x, u, film)) }),
		c("reading.Reading.Confirm", verdict, func(x X, u U) error { return one(f.Reading.Confirm(x, u, f.finding)) }),
		c("reading.Reading.Edit", verdict, func(x X, u U) error {
			note := "右下"
			return one(f.Reading.Edit(x, u, f.finding, records.FindingChange{Note: &note}))
		}),
		c("reading.Reading.Reject", verdict, func(x X, u U) error { return one(f.Reading.Reject(x, u, f.finding, "伪影")) }),
		both("reading.Reading.Undo", rights(records.RightViewPatient, records.RightVerdict), func(x X, u U) error { return one(f.Reading.Undo(x, u, f.finding)) }),
		c("reading.Reading.Mark", verdict, func(x X, u U) error {
			return one(f.Reading.Mark(x, u, imaging.Ref{StudyUID: film}, records.FindingChange{Label: &records.Text{Zh: "结节", En: "Nodule"}}))
		}),
		c("reading.Reading.Annotations", view, func(x X, u U) error { return one(f.Reading.Annotations(x, u, film)) }),
		c("reading.Reading.Annotate", verdict, func(x X, u U) error { return one(f.Reading.Annotate(x, u, f.length)) }),
		c("reading.Reading.EditAnnotation", verdict, func(x X, u U) error {
			label := "主动脉"
			return one(f.Reading.EditAnnotation(x, u, f.annotation, records.AnnotationChange{Label: &label}))
		}),
		c("reading.Reading.Foreign", view, func(x X, u U) error { return one(f.Reading.Foreign(x, u, film)) }),
		c("reading.Reading.TakeOver", verdict, func(x X, u U) error {
			return one(f.Reading.TakeOver(x, u, film, "2.25.9900", "segment 1", records.FindingChange{}))
		}),
		c("reading.Reading.LeaveAnnotation", verdict, func(x X, u U) error { return one(f.Reading.LeaveAnnotation(x, u, f.annotation, true)) }),
		c("reading.Reading.AnnotationHistory", view, func(x X, u U) error { return one(f.Reading.AnnotationHistory(x, u, f.annotation)) }),
		c("reading.Reading.DeleteAnnotation", verdict, func(x X, u U) error { return one(f.Reading.DeleteAnnotation(x, u, f.annotation)) }),
		c("reading.Reading.UndoAnnotation", verdict, func(x X, u U) error { return one(f.Reading.UndoAnnotation(x, u, f.annotation, 3, 2)) }),
		c("reading.Reading.Priors", view, func(x X, u U) error { return one(f.Reading.Priors(x, u, f.finding)) }),
		c("reading.Reading.Follow", verdict, func(x X, u U) error { return one(f.Reading.Follow(x, u, f.finding, f.finding)) }),
		c("reading.Reading.Unfollow", verdict, func(x X, u U) error { return one(f.Reading.Unfollow(x, u, f.finding, "误")) }),
		c("reading.Reading.LockModel", configures, func(x X, u U) error { return f.Reading.LockModel(x, u, model, false) }),
		c("reading.Reading.SaveFirstRead", verdict, func(x X, u U) error {
			return one(f.Reading.SaveFirstRead(x, u, film, model, records.Answer("yes"), "肺炎"))
		}),
		c("reading.Reading.HiddenModels", view, func(x X, u U) error { return one(f.Reading.HiddenModels(x, u, film)) }),
		c("reading.Reading.FirstReads", view, func(x X, u U) error { return one(f.Reading.FirstReads(x, u, film)) }),
		c("reading.Reading.Draft", writes, func(x X, u U) error { return one(f.Reading.Draft(x, u, film)) }),
		c("reading.Reading.Report", view, func(x X, u U) error { return one(f.Reading.Report(x, u, film)) }),
		c("reading.Reading.SaveDraft", writes, func(x X, u U) error { return one(f.Reading.SaveDraft(x, u, film, sentence, sentence)) }),
		c("reading.Reading.Phrases", rights(records.RightReport, records.RightConfigure), func(x X, u U) error { return one(f.Reading.Phrases(x, u)) }),
		c("reading.Reading.SavePhrase", writes, func(x X, u U) error {
			return one(f.Reading.SavePhrase(x, u, records.Phrase{Key: "k", Title: "题", Text: "文。", Owner: u.ID}))
		}),
		c("reading.Reading.RemovePhrase", writes, func(x X, u U) error { return f.Reading.RemovePhrase(x, u, "none") }),
		c("reading.Reading.Fill", writes, func(x X, u U) error { return one(f.Reading.Fill(x, u, film, "", nil)) }),
		c("reading.Reading.TemplatesFor", view, func(x X, u U) error { return one(f.Reading.TemplatesFor(x, u, film)) }),
		c("reading.Reading.AddTemplate", configures, func(x X, u U) error {
			return one(f.Reading.AddTemplate(x, u, filepath.Join("..", "..", "records", "template", "testdata", "own.json")))
		}),
		c("reading.Reading.RemoveTemplate", configures, func(x X, u U) error { return f.Reading.RemoveTemplate(x, u, "own-form") }),
		c("reading.Reading.Contradictions", writes, func(x X, u U) error { return one(f.Reading.Contradictions(x, u, film)) }),
		c("reading.Reading.Answer", writes, func(x X, u U) error {
			return one(f.Reading.Answer(x, u, film, records.Contradiction{Code: records.ContradictsSex, Text: "x"}, "有意"))
		}),
		c("reading.Reading.SetTwoSignatures", configures, func(x X, u U) error { return f.Reading.SetTwoSignatures(x, u, false) }),
		c("reading.Reading.Submit", writes, func(x X, u U) error { return one(f.Reading.Submit(x, u, film, f.password(u))) }),
		c("reading.Reading.Return", writes, func(x X, u U) error { return one(f.Reading.Return(x, u, film, "补充")) }),
		c("reading.Reading.Sign", writes, func(x X, u U) error { return one(f.Reading.Sign(x, u, film, f.password(u))) }),
		c("reading.Reading.Amend", writes, func(x X, u U) error { return one(f.Reading.Amend(x, u, film, "补充")) }),
		c("reading.Reading.Signed", view, func(x X, u U) error { return one(f.Reading.Signed(x, u, film)) }),
		c("reading.Reading.FlagCritical", writes, func(x X, u U) error { return one(f.Reading.FlagCritical(x, u, film, "", "气胸")) }),
		c("reading.Reading.TellCritical", writes, func(x X, u U) error {
			return one(f.Reading.TellCritical(x, u, f.critical, "急诊科", "电话", false))
		}),
		c("reading.Reading.WithdrawCritical", writes, func(x X, u U) error { return one(f.Reading.WithdrawCritical(x, u, f.critical, "误报")) }),
		c("reading.Reading.Critical", view, func(x X, u U) error { return one(f.Reading.Critical(x, u, film)) }),
		c("reading.Reading.OpenCritical", view, func(x X, u U) error { return one(f.Reading.OpenCritical(x, u)) }),
		c("reading.Reading.Standings", view, func(x X, u U) error { return one(f.Reading.Standings(x, u)) }),
		c("reading.Reading.Mine", view, func(x X, u U) error { return one(f.Reading.Mine(x, u)) }),

		c("consult.Consult.Create", consults, func(x X, u U) error { return one(f.Consult.Create(x, u, patient, "题", "问", nil)) }),
		c("consult.Consult.Add", leads, func(x X, u U) error {
			return one(f.Consult.Add(x, u, f.consult, records.ConsultItem{Kind: "study", Ref: &imaging.Ref{StudyUID: film}}))
		}),
		c("consult.Consult.Opine", consults, func(x X, u U) error {
			return one(f.Consult.Opine(x, u, f.consult, records.Opinion{Member: records.Member{Name: u.Name}, Text: "同意"}, ""))
		}),
		c("consult.Consult.Decide", consults, func(x X, u U) error { return one(f.Consult.Decide(x, u, f.consult, consult.Ruling{Text: "结论"})) }),
		c("consult.Consult.Follow", leads, func(x X, u U) error {
			return one(f.Consult.Follow(x, u, f.consult, consult.Task{Date: "20271201", Text: "复查"}))
		}),
		c("consult.Consult.Accept", leads, func(x X, u U) error { return one(f.Consult.Accept(x, u, f.consult)) }),
		c("consult.Consult.Checklist", consults, func(x X, u U) error { return one(f.Consult.Checklist(x, u, f.consult)) }),
		c("consult.Consult.Excuse", leads, func(x X, u U) error {
			return one(f.Consult.Excuse(x, u, f.consult, records.CheckSlides, "无标本", false))
		}),
		c("consult.Consult.Schedule", leads, func(x X, u U) error {
			return one(f.Consult.Schedule(x, u, f.consult, consult.Plan{At: time.Now().AddDate(0, 0, 1), Place: "会诊室"}))
		}),
		c("consult.Consult.Colleagues", consults, func(x X, u U) error { return one(f.Consult.Colleagues(x, u)) }),
		c("consult.Consult.Invitations", leads, func(x X, u U) error { return one(f.Consult.Invitations(x, u, f.consult)) }),
		c("consult.Consult.Begin", leads, func(x X, u U) error { return one(f.Consult.Begin(x, u, f.consult, nil, nil)) }),
		c("consult.Consult.Compare", leads, func(x X, u U) error {
			return one(f.Consult.Compare(x, u, f.consult, consult.Comparison{Done: "手术", Happened: "好转", Concordant: true}))
		}),
		c("consult.Consult.Close", consults, func(x X, u U) error { return one(f.Consult.Close(x, u, f.consult)) }),
		c("consult.Consult.Withdraw", consults, func(x X, u U) error { return one(f.Consult.Withdraw(x, u, "none", "重复申请")) }),
		c("consult.Consult.Get", consults, func(x X, u U) error { return one(f.Consult.Get(x, u, f.consult)) }),
		c("consult.Consult.List", consults, func(x X, u U) error { return one(f.Consult.List(x, u)) }),
		both("consult.Consult.PrintedMinutes", rights(records.RightExport, records.RightConsult), func(x X, u U) error {
			_, _, err := f.Consult.PrintedMinutes(x, u, f.consult, f.doc.Document.Organization)
			return err
		}),
		both("consult.Consult.Document", rights(records.RightExport, records.RightConsult), func(x X, u U) error {
			_, _, err := f.Consult.Document(x, u, f.consult, cda.ConsultForm("cda"), f.doc.Document.Organization)
			return err
		}),
		c("consult.Consult.WritePack", leads, func(x X, u U) error {
			return one(f.Consult.WritePack(x, u, f.consult, consult.PackOptions{Passphrase: "short"}, io.Discard, nil))
		}),
		c("consult.Consult.PlanPack", leads, func(x X, u U) error { return one(f.Consult.PlanPack(x, u, f.consult, consult.PackOptions{}, nil)) }),
		both("consult.Consult.TakeImages", rights(records.RightConsult, records.RightImport), func(x X, u U) error {
			return one(f.Consult.TakeImages(x, u, &consult.Pack{ID: "PACK-1"}, nil))
		}),
		c("consult.Consult.Correlate", leads, func(x X, u U) error { return one(f.Consult.Correlate(x, u, f.consult, "1", "2", true, "")) }),
		c("consult.Consult.Complete", leads, func(x X, u U) error { return one(f.Consult.Complete(x, u, f.consult, "FU-0", "好转")) }),
		c("consult.Consult.Postpone", leads, func(x X, u U) error {
			return one(f.Consult.Postpone(x, u, f.consult, "FU-0", "20270101", "外出"))
		}),
		c("consult.Consult.Reminders", consults, func(x X, u U) error { return one(f.Consult.Reminders(x, u)) }),
		c("consult.Consult.Reply", consults, func(x X, u U) error {
			return one(f.Consult.Reply(x, u, &consult.Pack{ID: "PACK-1"}, records.Opinion{Member: records.Member{Name: u.Name}, Text: "同意"}, "a long passphrase", io.Discard))
		}),
		c("consult.Consult.Merge", leads, func(x X, u U) error {
			_, _, err := f.Consult.Merge(x, u, strings.NewReader("no reply"), "a long passphrase")
			return err
		}),

		c("delivery.Delivery.ImportCodes", configures, func(x X, u U) error {
			return one(f.Delivery.ImportCodes(x, u, delivery.TableICD10, filepath.Join(f.folder, "none.csv")))
		}),
		c("delivery.Delivery.RemoveCodes", configures, func(x X, u U) error { return f.Delivery.RemoveCodes(x, u, delivery.TableICD10) }),
		c("delivery.Delivery.Destinations", lists, func(x X, u U) error { return one(f.Delivery.Destinations(x, u)) }),
		c("delivery.Delivery.PutDestination", configures, func(x X, u U) error { return f.Delivery.PutDestination(x, u, f.route(f.folder), false) }),
		c("delivery.Delivery.RemoveDestination", configures, func(x X, u U) error { return f.Delivery.RemoveDestination(x, u, "none") }),
		c("delivery.Delivery.SwitchDestination", configures, func(x X, u U) error { return f.Delivery.SwitchDestination(x, u, "folder", false) }),
		c("delivery.Delivery.TryDestination", configures, func(x X, u U) error { return f.Delivery.TryDestination(x, u, f.route(f.folder), false) }),
		c("delivery.Delivery.EchoDestination", rights(records.RightConfigure, records.RightExport), func(x X, u U) error { return one(f.Delivery.EchoDestination(x, u, "folder")) }),
		c("delivery.Delivery.Export", exports, func(x X, u U) error { return one(f.Delivery.Export(x, u, f.doc, "fhir", f.folder)) }),
		c("delivery.Delivery.ExportFiles", exports, func(x X, u U) error {
			_, _, err := f.Delivery.ExportFiles(x, u, f.doc, delivery.AsEncapsulated, f.folder)
			return err
		}),
		c("delivery.Delivery.Write", exports, func(x X, u U) error {
			return one(f.Delivery.Write(x, u, &f.doc.Document, "fhir", f.folder, "x", nil))
		}),
		c("delivery.Delivery.Printed", exports, func(x X, u U) error { return f.Delivery.Printed(x, u, &f.doc.Document) }),
		c("delivery.Delivery.Outbox", view, func(x X, u U) error { return one(f.Delivery.Outbox(x, u)) }),
		c("delivery.Delivery.Attempts", view, func(x X, u U) error { return one(f.Delivery.Attempts(x, u, f.delivery)) }),
		both("delivery.Delivery.Send", rights(records.RightExport, records.RightViewPatient), func(x X, u U) error { return one(f.Delivery.Send(x, u)) }),
		both("delivery.Delivery.SendNow", rights(records.RightExport, records.RightViewPatient), func(x X, u U) error { return one(f.Delivery.SendNow(x, u)) }),
		c("delivery.Delivery.Standing", exports, func(x X, u U) error { return one(f.Delivery.Standing(x, u)) }),
		c("delivery.Delivery.NewSenderOf", exports, func(x X, u U) error {
			ctx, stop := context.WithCancel(x)
			defer stop()
			err := f.Delivery.NewSenderOf(u, time.After, func(delivery.Standing) { stop() }).Run(ctx)
			if errors.Is(err, context.Canceled) {
				return nil
			}
			return err
		}),
		c("delivery.Delivery.SetAutomatic", configures, func(x X, u U) error { return f.Delivery.SetAutomatic(x, u, true) }),
		c("delivery.Delivery.Document", view, func(x X, u U) error { return one(f.Delivery.Document(x, u, f.delivery)) }),
		c("delivery.Delivery.Problems", view, func(x X, u U) error { return one(f.Delivery.Problems(x, u, f.delivery)) }),
		c("delivery.Delivery.Retry", exports, func(x X, u U) error { return f.Delivery.Retry(x, u, f.delivery) }),
		c("delivery.Delivery.Receipts", view, func(x X, u U) error { return one(f.Delivery.Receipts(x, u, film)) }),
		c("delivery.Delivery.Unqueued", view, func(x X, u U) error { return one(f.Delivery.Unqueued(x, u)) }),
		c("delivery.Delivery.Queue", exports, func(x X, u U) error { return one(f.Delivery.Queue(x, u)) }),

		c("transfer.Transfer.Servers", lists, func(x X, u U) error { return one(f.Transfer.Servers(x, u)) }),
		c("transfer.Transfer.Put", configures, func(x X, u U) error {
			return f.Transfer.Put(x, u, pacs.Server{Name: "other", URL: "http://127.0.0.1:1"}, false)
		}),
		c("transfer.Transfer.Remove", configures, func(x X, u U) error { return f.Transfer.Remove(x, u, "none") }),
		c("transfer.Transfer.Echo", lists, func(x X, u U) error {
			_, _, err := f.Transfer.Echo(x, u, "pacs")
			return err
		}),
		c("transfer.Transfer.Try", configures, func(x X, u U) error { return f.Transfer.Try(x, u, pacs.Server{Name: "pacs", URL: "nonsense"}, false) }),
		c("transfer.Transfer.Query", view, func(x X, u U) error { return one(f.Transfer.Query(x, u, "pacs", pacs.Query{})) }),
		c("transfer.Transfer.Watch", view, func(x X, u U) error { return one(f.Transfer.Watch(x, u, "pacs", pacs.Query{}, false)) }),
		c("transfer.Transfer.Here", view, func(x X, u U) error { return one(f.Transfer.Here(x, u, []string{film})) }),
		both("transfer.Transfer.Retrieve", rights(records.RightImport, records.RightViewPatient), func(x X, u U) error {
			return one(f.Transfer.Retrieve(x, u, "pacs", film, nil))
		}),
		c("transfer.Transfer.StoreStudy", exports, func(x X, u U) error { return one(f.Transfer.StoreStudy(x, u, "none", film, nil, nil)) }),
		c("transfer.Transfer.StoreFiles", exports, func(x X, u U) error {
			_, _, err := f.Transfer.StoreFiles(x, u, "none", nil, nil)
			return err
		}),

		c("admin.Admin.SetOrganization", configures, func(x X, u U) error { return f.Admin.SetOrganization(x, u, f.doc.Document.Organization) }),
		c("admin.Admin.SetIdleLock", configures, func(x X, u U) error { return f.Admin.SetIdleLock(x, u, 10) }),
		c("admin.Admin.NoteDisplayCheck", lists, func(x X, u U) error { return f.Admin.NoteDisplayCheck(x, u, true, "") }),
		c("admin.Admin.NoteDisplayInterval", configures, func(x X, u U) error { return f.Admin.NoteDisplayInterval(x, u, 12) }),
		free("admin.Admin.NameOf", func(x X, u U) error { return one(f.Admin.NameOf(x, u, "none")) }),
		c("admin.Admin.AuditEvents", audits, func(x X, u U) error { return one(f.Admin.AuditEvents(x, u, admin.AuditFilter{Limit: 1})) }),
		c("admin.Admin.ExportAudit", audits, func(x X, u U) error {
			return one(f.Admin.ExportAudit(x, u, admin.AuditFilter{Limit: 1}, filepath.Join(f.folder, "trail.xml")))
		}),
		c("admin.Admin.VerifyAudit", audits, func(x X, u U) error { return one(f.Admin.VerifyAudit(x, u)) }),
		c("admin.Admin.AddUser", users, func(x X, u U) error {
			return one(f.Admin.AddUser(x, u, admin.NewUser{Login: "added by " + string(u.Role), Name: "新", Role: records.RoleAuditor, Password: sparePassword}))
		}),
		c("admin.Admin.Users", users, func(x X, u U) error { return one(f.Admin.Users(x, u)) }),
		c("admin.Admin.SetLocked", users, func(x X, u U) error { return f.Admin.SetLocked(x, u, "spare", true) }),
		c("admin.Admin.SetRole", users, func(x X, u U) error { return f.Admin.SetRole(x, u, "spare", records.RoleClinician) }),
		c("admin.Admin.ResetPassword", users, func(x X, u U) error { return f.Admin.ResetPassword(x, u, "spare", sparePassword) }),
		c("admin.Admin.ResetSecondFactor", users, func(x X, u U) error { return f.Admin.ResetSecondFactor(x, u, "spare") }),
		free("admin.Admin.Reauthenticate", func(x X, u U) error { return f.Admin.Reauthenticate(x, u, f.password(u)) }),
		free("admin.Admin.Unlock", func(x X, u U) error { return one(f.Admin.Unlock(x, u, f.password(u), "")) }),
		free("admin.Admin.Leave", func(x X, u U) error { return f.Admin.Leave(x, u, "logout") }),
		free("admin.Admin.ChangePassword", func(x X, u U) error { return f.Admin.ChangePassword(x, u, f.password(u), f.password(u)) }),
		free("admin.Admin.EnrolSecondFactor", func(x X, u U) error {
			return one(f.Admin.EnrolSecondFactor(x, u, f.password(u), f.Admin.NewSecondFactor(u).Secret, ""))
		}),
		free("admin.Admin.RemoveSecondFactor", func(x X, u U) error { return f.Admin.RemoveSecondFactor(x, u, f.password(u)) }),

		c("backup.Backup.Write", rights(records.RightBackup), func(x X, u U) error {
			return one(f.Backup.Write(x, u, filepath.Join(f.folder, "backup"), true, nil))
		}),
		c("catalogue.Catalogue.Install", configures, func(x X, u U) error {
			return one(f.Catalogue.Install(x, u, filepath.Join(f.folder, "none.zip"), false, nil))
		}),
		c("catalogue.Catalogue.Remove", configures, func(x X, u U) error { return one(f.Catalogue.Remove(x, u, "none")) }),
		c("acceptance.Acceptance.Measure", accepts, func(x X, u U) error {
			_, _, err := f.Trust.Measure(x, u, f.pkg.Card, &acceptance.List{Cases: []acceptance.Case{{Path: filepath.Join(f.folder, "none.dcm")}}}, nil)
			return err
		}),
		c("acceptance.Acceptance.Accept", accepts, func(x X, u U) error {
			return one(f.Trust.Accept(x, u, f.pkg, "none", nil, "20271231", ""))
		}),
		c("acceptance.Acceptance.Withdraw", accepts, func(x X, u U) error { return one(f.Trust.Withdraw(x, u, f.pkg.Card, "试用")) }),
		c("acceptance.Acceptance.Scorecard", rights(records.RightAcceptModel, records.RightConfigure), func(x X, u U) error {
			return one(f.Trust.Scorecard(x, u, f.pkg.Card, time.Time{}, time.Time{}))
		}),

		both("station.Station.ExportObjects", rights(records.RightExport, records.RightViewPatient), func(x X, u U) error {
			_, _, err := f.ExportObjects(x, u, film, delivery.AsEncapsulated, f.folder)
			return err
		}),
		both("station.Station.Deidentify", rights(records.RightExport, records.RightViewPatient), func(x X, u U) error {
			return one(f.Deidentify(x, u, film, deid.Options{}, f.folder, func(Deidentified) error { return nil }))
		}),
		both("station.Station.ExportConsult", rights(records.RightExport, records.RightConsult), func(x X, u U) error {
			return one(f.ExportConsult(x, u, f.consult, cda.ConsultForm("cda"), f.folder))
		}),
		c("station.Station.VerifyAudit", audits, func(x X, u U) error { return one(f.VerifyAudit(x, u, "")) }),
		c("station.Station.RememberKey", configures, func(x X, u U) error { return f.RememberKey(x, u, "a wrong passphrase", nil) }),
		c("station.Station.ForgetKey", configures, func(x X, u U) error { return f.ForgetKey(x, u, nil) }),
		both("station.Station.PrintReport", rights(records.RightExport, records.RightViewPatient), func(x X, u U) error {
			return one(f.PrintReport(x, u, film))
		}),
		both("station.Station.PrintMinutes", rights(records.RightExport, records.RightConsult), func(x X, u U) error {
			return one(f.PrintMinutes(x, u, f.consult, "zh"))
		}),
	}
}

// asked are the methods of the use cases that are called in somebody's name.
func asked(t *testing.T) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir("..", func(path string, d os.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir():
			if d.Name() == "ui" || d.Name() == "cli" {
				return filepath.SkipDir // they call use cases
			}
			return nil
		case !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		for _, decl := range file.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if !ok || f.Recv == nil || !f.Name.IsExported() {
				continue
			}
			receiver := f.Recv.List[0].Type
			if star, ok := receiver.(*ast.StarExpr); ok {
				receiver = star.X
			}
			name, ok := receiver.(*ast.Ident)
			if !ok || !name.IsExported() {
				continue
			}
			for _, p := range f.Type.Params.List {
				if s, ok := p.Type.(*ast.SelectorExpr); ok && s.Sel.Name == "User" {
					out = append(out, file.Name.Name+"."+name.Name+"."+f.Name.Name)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// content is a digest of the whole record but for the trail: of every row as it
// lies on the disk.
func content(t *testing.T, db *sql.DB) string {
	t.Helper()
	h := sha256.New()
	names, err := db.Query(`SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT IN ('audit', 'meta') ORDER BY name`)
	if err != nil {
		t.Fatal(err)
	}
	var tables []string
	for names.Next() {
		var name string
		if err := names.Scan(&name); err != nil {
			t.Fatal(err)
		}
		tables = append(tables, name)
	}
	if err := errors.Join(names.Err(), names.Close()); err != nil || len(tables) < 10 {
		t.Fatal(tables, err)
	}
	for _, table := range tables {
		rows, err := db.Query(`SELECT * FROM "` + table + `" ORDER BY 1`)
		if err != nil {
			t.Fatal(err)
		}
		columns, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		row := make([]sql.RawBytes, len(columns))
		into := make([]any, len(columns))
		for i := range row {
			into[i] = &row[i]
		}
		for rows.Next() {
			if err := rows.Scan(into...); err != nil {
				t.Fatal(err)
			}
			for _, column := range row {
				fmt.Fprintf(h, "%s %d ", table, len(column))
				h.Write(column)
			}
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			t.Fatal(err)
		}
	}
	return string(h.Sum(nil))
}

// since are the events after one of the trail, oldest first.
func (b *bench) since(seq int64) []records.AuditEvent {
	b.t.Helper()
	var out []records.AuditEvent
	b.must(b.store.View(b.ctx, func(tx *sqlite.Tx) error {
		return tx.EachAuditEvent(func(e *records.AuditEvent) (bool, error) {
			if e.Seq > seq {
				out = append(out, *e)
			}
			return e.Seq > seq, nil
		})
	}))
	slices.Reverse(out)
	return out
}

func (b *bench) head() (seq int64) {
	b.t.Helper()
	b.must(b.store.View(b.ctx, func(tx *sqlite.Tx) (err error) {
		seq, _, err = tx.AuditHead()
		return err
	}))
	return seq
}

// of is the refusal that an error is, empty for none of the rights.
func refusal(err error) string {
	var r *records.RefusedError
	if errors.As(err, &r) && slices.Contains([]string{"right", "locked", "not_signed_in", "must_change"}, r.Code) {
		return r.Code
	}
	return ""
}

func TestEveryUseCaseIsInTheMatrixOfRights(t *testing.T) {
	var listed []string
	for _, c := range (&fixture{bench: &bench{}, pkg: &models.Package{Card: &models.Card{}}}).cases() {
		if len(c.any)+len(c.all) == 0 && !c.free {
			t.Errorf("%s asks for no right", c.name)
		}
		listed = append(listed, c.name)
	}
	for name := range outside() {
		listed = append(listed, name)
	}
	methods := asked(t)
	for _, name := range methods {
		if !slices.Contains(listed, name) {
			t.Errorf("%s is called in somebody's name; say in the matrix who may", name)
		}
	}
	for _, name := range listed {
		if !slices.Contains(methods, name) {
			t.Errorf("there is no %s any more", name)
		}
	}
}

// Every use case, asked by every role, by a locked account, by one that has to
// choose a password, and by nobody. Who may is not refused for a right; who may
// not is refused, nothing of the record changes, and that is in the trail. They
// ask with a session in which they still could: what counts is the record.
func TestEveryUseCaseServesTheRolesOfTheTableAndNoOther(t *testing.T) {
	f := newFixture(t)
	f.password = func(records.User) string { return rollingPassword }
	rolling, err := f.Admin.AddUser(f.ctx, f.admin, admin.NewUser{Login: "rolling", Name: "轮换", StaffNumber: "R1", Role: records.RoleAuditor, Password: rollingPassword})
	f.must(err)
	db, err := sql.Open("sqlite3", "file:"+filepath.ToSlash(filepath.Join(f.Home, sqlite.DatabaseFile))+"?mode=ro")
	f.must(err)
	defer db.Close()
	put := func(change func(u *records.User)) records.User {
		t.Helper()
		var u *records.User
		f.must(f.store.Update(f.ctx, func(tx *sqlite.Tx) (err error) {
			if u, err = tx.User(rolling.ID); err != nil {
				return err
			}
			change(u)
			u.Release()
			return tx.PutUser(u)
		}))
		return *u
	}
	cases := f.cases()
	refuse := func(c useCase, u records.User, code string) {
		t.Helper()
		before, seq := content(t, db), f.head()
		err := c.call(f.ctx, u)
		if got := refusal(err); got != code {
			t.Errorf("%s, %s (%s): %v, want the refusal %q", c.name, u.Login, u.Role, err, code)
			return
		}
		if content(t, db) != before {
			t.Errorf("%s, %s (%s): refused, and the record changed", c.name, u.Login, u.Role)
		}
		events := f.since(seq)
		if len(events) != 1 || events[0].Outcome != "refused" || events[0].UserID != u.ID || events[0].Detail != code || events[0].Action == "" || events[0].Station == "" || events[0].At.IsZero() {
			t.Errorf("%s, %s (%s): in the trail %+v", c.name, u.Login, u.Role, events)
		}
	}
	allowed, refused := 0, 0
	for _, role := range records.Roles() {
		now := put(func(u *records.User) { u.Role = role })
		for _, c := range cases {
			if c.may(role) {
				allowed++
				if err := c.call(f.ctx, now); refusal(err) != "" {
					t.Errorf("%s, %s: %v", c.name, role, err)
				}
				continue
			}
			refused++
			session := now
			for _, could := range records.Roles() {
				if c.may(could) {
					session.Role = could
				}
			}
			refuse(c, session, "right")
		}
	}
	session := put(func(u *records.User) { u.Role, u.Locked = records.RoleReviewer, true })
	session.Locked = false
	for _, c := range cases {
		if !c.free {
			session.Role = records.RoleReviewer
			refuse(c, session, "locked")
			refuse(c, records.User{}, "not_signed_in")
			refused += 2
		}
	}
	session = put(func(u *records.User) { u.Locked, u.MustChange = false, true })
	session.MustChange = false
	for _, c := range cases {
		if !c.free {
			refuse(c, session, "must_change")
			refused++
		}
	}
	for _, e := range f.since(0) {
		if !auditmessage.Known(e.Action) {
			t.Errorf("there is no DICOM audit message for the action %q", e.Action)
		}
	}
	t.Logf("%d use cases: %d calls were allowed, %d refused", len(cases), allowed, refused)
	f.auditCount()
}

func TestNothingWaitsForWhoMayNotReview(t *testing.T) {
	f := newFixture(t)
	seq := f.head()
	for _, u := range []records.User{f.radiologist, f.admin, f.auditor} {
		u.Role = records.RoleReviewer // in the session, no more in the record
		if list, err := f.Reading.Waiting(f.ctx, u); err != nil || len(list) != 0 {
			t.Errorf("%s: %v, %v", u.Login, list, err)
		}
	}
	if events := f.since(seq); len(events) != 0 {
		t.Errorf("%+v", events)
	}
}
