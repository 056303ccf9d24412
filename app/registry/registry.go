// Package registry holds the use cases around whose a study is: import studies
// and people, link by rule or by hand, the review list, search, the record.
package registry

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"longying/app/archive"
	"longying/app/trail"
	"longying/imaging"
	"longying/records"
	"longying/records/sqlite"
)

// Registry is the use case. Its fields are set once by New.
type Registry struct {
	store   *sqlite.Store
	archive *archive.Archive
	correct Correction
	now     func() time.Time
	station string
	people  people
}

// Correction is what a corrected link needs from the other use cases.
type Correction struct {
	// Reauthenticate checks the person's password again: they sign a retraction.
	Reauthenticate func(ctx context.Context, actor records.User, password string) error
	// Retract makes the signed report of a study void under its patient, in the
	// unlinking's own transaction; see reading.Retract.
	Retract func(tx *sqlite.Tx, actor records.User, ex *records.Examination, withdrawn []records.Finding, reason, password string) (*records.SignedDocument, int, error)
}

// New wires the use case over a store and an archive.
func New(store *sqlite.Store, ar *archive.Archive, correct Correction, now func() time.Time) *Registry {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return &Registry{store: store, archive: ar, correct: correct, now: now, station: host, people: people{wanted: make(chan struct{}, 1)}}
}

func (r *Registry) audit(tx *sqlite.Tx, actor records.User, action, object, patientID, outcome, detail string) error {
	return tx.AppendAudit(&records.AuditEvent{At: r.now(), UserID: actor.ID, UserName: actor.Name, Station: r.station,
		Action: action, Object: object, PatientID: patientID, Outcome: outcome, Detail: detail})
}

// ImportResult says what an import of studies did.
type ImportResult struct {
	Studies []records.Examination // every study that the paths held, with its link
	Skipped []imaging.Skipped     // each file that was not taken, with its reason
	New     int                   // objects stored
	Known   int                   // objects that were there already
}

// Import copies the studies under paths (files, folders, ZIP archives; slides of
// scanners' own formats too, each a study of nobody yet) into the data folder and links each by rule. It is safe to repeat: an object that is
// there already is counted as known, one with the same UID and other content is
// skipped with its reason. progress may be nil.
func (r *Registry) Import(ctx context.Context, actor records.User, paths []string, progress func(done, total int)) (_ ImportResult, err error) {
	defer trail.Outcome(ctx, r.store, actor, "import_study", "", &err)
	var res ImportResult
	if err := trail.Require(ctx, r.store, actor, records.RightImport, "import_study", ""); err != nil {
		return res, err
	}
	cat, err := r.archive.Scan(ctx, paths)
	if err != nil {
		return res, err
	}
	res.Skipped = cat.Skipped
	err = r.take(ctx, actor, cat.Studies, r.archive.Put, &res, progress)
	return res, err
}

// ImportIncoming takes what has come of a study from another computer into the
// record, as Import does with a folder.
func (r *Registry) ImportIncoming(ctx context.Context, actor records.User, in *archive.Incoming, progress func(done, total int)) (ImportResult, error) {
	var res ImportResult
	if err := trail.Require(ctx, r.store, actor, records.RightImport, "import_study", ""); err != nil {
		return res, err
	}
	if err := r.take(ctx, actor, in.Studies(), in.Put, &res, progress); err != nil {
		return res, err
	}
	return res, in.Done()
}

// take stores studies of which put keeps each object, and links them.
func (r *Registry) take(ctx context.Context, actor records.User, studies []imaging.Study, put func(context.Context, *imaging.Instance) (records.Object, error),
	res *ImportResult, progress func(done, total int)) error {
	total, done := 0, 0
	for i := range studies {
		total += studies[i].Instances()
	}
	for i := range studies {
		study := &studies[i]
		var objects []records.Object
		for si := range study.Series {
			for ii := range study.Series[si].Instances {
				in := &study.Series[si].Instances[ii]
				if err := ctx.Err(); err != nil {
					return err
				}
				obj, err := put(ctx, in)
				var notKept *archive.NotKeptError
				if errors.As(err, &notKept) {
					res.Skipped = append(res.Skipped, imaging.Skipped{Path: in.Source, Code: imaging.SkipNotKept, Detail: notKept.Reason})
					done++
					continue
				}
				if err != nil {
					return fmt.Errorf("%s could not be copied into the data folder: %w", in.Source, err)
				}
				objects = append(objects, obj)
				done++
				if progress != nil {
					progress(done, total)
				}
			}
		}
		if len(objects) == 0 {
			continue
		}
		ex, err := r.register(ctx, actor, study, objects, res)
		if err != nil {
			return err
		}
		res.Studies = append(res.Studies, ex)
	}
	return nil
}

// register stores one study with its objects, and links it, in one transaction.
func (r *Registry) register(ctx context.Context, actor records.User, study *imaging.Study, objects []records.Object, res *ImportResult) (records.Examination, error) {
	var ex records.Examination
	fresh, known := 0, 0
	var skipped []imaging.Skipped
	err := r.store.Update(ctx, func(tx *sqlite.Tx) error {
		fresh, known, skipped = 0, 0, nil
		old, err := tx.Examination(study.UID)
		switch {
		case err == nil:
			ex = *old
		case errors.Is(err, records.ErrNotFound):
			ex = newExamination(study, r.now())
			ex.Text = r.textOf(tx, study)
		default:
			return err
		}
		if err := tx.PutExamination(&ex); err != nil {
			return err
		}
		for i := range objects {
			inserted, err := tx.PutObject(&objects[i])
			var conflict *records.ConflictError
			switch {
			case errors.As(err, &conflict):
				skipped = append(skipped, imaging.Skipped{Path: objects[i].SOPUID, Code: imaging.SkipConflict, Detail: err.Error()})
			case err != nil:
				return err
			case inserted:
				fresh++
			default:
				known++
			}
		}
		all, err := tx.ObjectsOf(study.UID)
		if err != nil {
			return err
		}
		ex.Instances = len(all)
		if err := r.audit(tx, actor, "import_study", study.UID, ex.PatientID, "ok",
			fmt.Sprintf("%d new objects, %d known, %d refused", fresh, known, len(skipped))); err != nil {
			return err
		}
		if study.HeadersDisagree {
			ex.LinkConflicts = []records.Conflict{{Field: "headers", Header: study.HeaderDifference}}
			ex.Link = records.LinkReview
			return tx.PutExamination(&ex)
		}
		if !ex.Link.Linked() {
			return r.linkByRule(tx, actor, &ex)
		}
		return tx.PutExamination(&ex)
	})
	if err != nil {
		return ex, fmt.Errorf("study %s was not stored: %w", study.UID, err)
	}
	res.New += fresh
	res.Known += known
	res.Skipped = append(res.Skipped, skipped...)
	return ex, nil
}

func newExamination(study *imaging.Study, now time.Time) records.Examination {
	ex := records.Examination{
		StudyUID: study.UID, Link: records.LinkPending, AccessionNumber: study.AccessionNumber,
		Modalities: study.Modalities(), Description: study.Description, Date: study.Date,
		Institution: study.InstitutionName, Header: records.HeaderOf(study.Patient), ImportedAt: now,
	}
	if len(study.Series) > 0 {
		ex.Modality = study.Series[0].Modality
		ex.BodyPart = study.Series[0].BodyPart
	}
	return ex
}

// Studies lists examinations, newest first.
func (r *Registry) Studies(ctx context.Context, actor records.User, f records.ExaminationFilter) ([]records.Examination, error) {
	if err := trail.Require(ctx, r.store, actor, records.RightViewPatient, "list_studies", ""); err != nil {
		return nil, err
	}
	var out []records.Examination
	err := r.store.View(ctx, func(tx *sqlite.Tx) (err error) {
		f := f
		if f.Text != "" {
			if f.Person, err = r.studyFilter(tx, f.Text); err != nil {
				return err
			}
		}
		out, err = tx.Examinations(f)
		return err
	})
	return out, err
}

// Examination is one study's row of the record.
func (r *Registry) Examination(ctx context.Context, actor records.User, studyUID string) (records.Examination, error) {
	if err := trail.Require(ctx, r.store, actor, records.RightViewPatient, "view_study", studyUID); err != nil {
		return records.Examination{}, err
	}
	var out records.Examination
	err := r.store.View(ctx, func(tx *sqlite.Tx) error {
		ex, err := tx.Examination(studyUID)
		if err != nil {
			return err
		}
		out = *ex
		return nil
	})
	return out, err
}

// OpenStudy is one study's row of the record, for somebody who looks at the
// study; the opening is audited.
func (r *Registry) OpenStudy(ctx context.Context, actor records.User, studyUID string) (records.Examination, error) {
	ex, err := r.Examination(ctx, actor, studyUID)
	if err != nil {
		return ex, err
	}
	return ex, r.store.Update(ctx, func(tx *sqlite.Tx) error {
		return r.audit(tx, actor, "view_study", studyUID, ex.PatientID, "ok", "")
	})
}

// PatientRecord is what is known of one person.
type PatientRecord struct {
	Patient      records.Patient
	Health       records.HealthRecord
	Visits       []records.Visit
	Orders       []records.Order
	Diagnoses    []records.DiagnosisEntry // those of visits too, newest first
	Allergies    []records.Allergy        // those that stand first
	Labs         []records.LabValue       // newest first
	Reports      []records.PastReport     // of other systems, newest first
	Examinations []records.Examination
	Documents    []records.SignedDocument
	Merged       []records.Patient // entries of the register that stand for this one
	Merges       []records.Merge   // every merge and unmerge in which it had a part, oldest first
}

// Record opens one person's record; the opening is audited.
func (r *Registry) Record(ctx context.Context, actor records.User, patientID string) (PatientRecord, error) {
	var rec PatientRecord
	if err := trail.Require(ctx, r.store, actor, records.RightViewPatient, "view_record", patientID); err != nil {
		return rec, err
	}
	err := r.store.Update(ctx, func(tx *sqlite.Tx) error {
		person, err := tx.Person(patientID)
		if err != nil {
			return err
		}
		patientID = person
		entries, err := tx.Entries(person)
		if err != nil {
			return err
		}
		rec = PatientRecord{}
		for i, id := range entries {
			p, err := tx.Patient(id)
			if err != nil {
				return err
			}
			if i == 0 {
				rec.Patient = *p
			} else {
				rec.Merged = append(rec.Merged, *p)
			}
			visits, err := tx.VisitsOf(id)
			if err != nil {
				return err
			}
			rec.Visits = append(rec.Visits, visits...)
			orders, err := tx.OrdersOf(id)
			if err != nil {
				return err
			}
			rec.Orders = append(rec.Orders, orders...)
			if err := addMedical(tx, &rec, id); err != nil {
				return err
			}
		}
		slices.SortStableFunc(rec.Visits, func(a, b records.Visit) int { return strings.Compare(b.Date, a.Date) })
		if rec.Merges, err = tx.MergesOf(person); err != nil {
			return err
		}
		if rec.Examinations, err = tx.Examinations(records.ExaminationFilter{PatientID: person}); err != nil {
			return err
		}
		for _, ex := range rec.Examinations {
			docs, err := tx.SignedDocuments(ex.StudyUID)
			if err != nil {
				return err
			}
			for _, d := range docs {
				if slices.Contains(entries, d.Document.Patient.ID) { // not one retracted as another's
					rec.Documents = append(rec.Documents, d)
				}
			}
		}
		return r.audit(tx, actor, "view_record", patientID, patientID, "ok", "")
	})
	return rec, err
}
