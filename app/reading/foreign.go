package reading

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"longying/app/trail"
	"longying/imaging"
	"longying/imaging/dicomfile"
	"longying/records"
	"longying/records/foreign"
	"longying/records/sqlite"
)

// ourMaker is who signs this program's own objects: what they say is in the record.
const ourMaker = "Longying"

// Foreign is what other makers' objects in a study say was found in its pictures,
// confirmed by nobody here.
type Foreign struct {
	Findings []foreign.Finding
	Hidden   []string // models whose answers wait for the reader's own first read: until it is there no maker's word is shown
	Lost     []Lost
}

// Lost is something of another maker's object that is not shown.
type Lost struct {
	SOPUID string
	Code   string // "part": Why says why; "elsewhere": N places are on pictures that are not here, or of another size; "patient": the object names another patient; "unread": Err
	Label  string
	Why    string
	N      int
	Err    error
}

// Foreign reads the structured reports and segmentations of other makers in a
// study. To a doctor who owes a first read nothing of them is told, as nothing is
// of a model: whoever has seen one answer has no first read of their own.
func (r *Reading) Foreign(ctx context.Context, actor records.User, studyUID string) (Foreign, error) {
	var out Foreign
	if err := trail.Require(ctx, r.store, actor, records.RightViewPatient, "view_study", studyUID); err != nil {
		return out, err
	}
	study, err := r.archive.Study(ctx, studyUID)
	if err != nil {
		return out, err
	}
	var objects []string
	for i := range study.Series {
		for _, in := range study.Series[i].Instances {
			if foreign.Known(in.SOPClassUID) && in.Manufacturer != ourMaker {
				objects = append(objects, in.SOPInstanceUID)
			}
		}
	}
	if len(objects) == 0 {
		return out, nil
	}
	var ex *records.Examination
	err = r.store.View(ctx, func(tx *sqlite.Tx) (err error) {
		if out.Hidden, err = missingFirstReads(tx, actor, studyUID); err != nil {
			return err
		}
		ex, err = tx.Examination(studyUID)
		return err
	})
	if err != nil || len(out.Hidden) > 0 {
		return out, err
	}
	for _, uid := range objects {
		found, lost, err := r.foreignObject(ctx, study, ex, uid)
		if ctx.Err() != nil {
			return out, ctx.Err()
		}
		if err != nil {
			lost = append(lost, Lost{SOPUID: uid, Code: "unread", Err: err})
		}
		out.Findings, out.Lost = append(out.Findings, found...), append(out.Lost, lost...)
	}
	return out, nil
}

// foreignObject reads one object. One that names another patient than its study
// says nothing here.
func (r *Reading) foreignObject(ctx context.Context, study *imaging.Study, ex *records.Examination, uid string) ([]foreign.Finding, []Lost, error) {
	f, err := r.archive.Open(ctx, uid)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	ds, err := f.Dataset()
	if err != nil {
		return nil, nil, err
	}
	if id := ds.Text(dicomfile.TagPatientID); id != "" && ex.Header.PatientID != "" && id != ex.Header.PatientID {
		return nil, []Lost{{SOPUID: uid, Code: "patient"}}, nil
	}
	found, refused, err := foreign.Read(f, func(n int) (*imaging.Frame, error) { return f.Frame(ctx, r.decoder, n) })
	if err != nil {
		return nil, nil, err
	}
	var lost []Lost
	for _, why := range refused {
		lost = append(lost, Lost{SOPUID: uid, Code: "part", Why: why})
	}
	for i := range found {
		n := len(found[i].Places)
		found[i].Places = fitting(found[i].Places, study)
		if n -= len(found[i].Places); n > 0 {
			lost = append(lost, Lost{SOPUID: uid, Code: "elsewhere", Label: found[i].Origin.Label, N: n})
		}
	}
	return slices.DeleteFunc(found, func(f foreign.Finding) bool { return len(f.Places) == 0 }), lost, nil
}

// fitting are the places on pictures of the study, masks only on those of their
// own size: an outline in the wrong place would be worse than none.
func fitting(places []foreign.Place, study *imaging.Study) []foreign.Place {
	return slices.DeleteFunc(places, func(p foreign.Place) bool {
		in, _ := find(study, p.SOPUID)
		return in == nil || in.Pixels.Rows == 0 || p.Frame > max(1, in.Pixels.Frames) ||
			p.Mask != nil && (p.Columns != in.Pixels.Columns || p.Rows != in.Pixels.Rows)
	})
}

// TakeOver makes what one part of another maker's object says the actor's own
// finding, with what they say otherwise. The object is read again here: what is
// kept is what it says, whoever asks. It is of the study and of its patient, and a
// part is taken over once.
func (r *Reading) TakeOver(ctx context.Context, actor records.User, studyUID, objectUID, item string, change records.FindingChange) (_ records.Finding, err error) {
	defer trail.Outcome(ctx, r.store, actor, "take_over", studyUID, &err)
	var out records.Finding
	if err := trail.Require(ctx, r.store, actor, records.RightVerdict, "take_over", studyUID); err != nil {
		return out, err
	}
	study, err := r.archive.Study(ctx, studyUID)
	if err != nil {
		return out, err
	}
	var ex *records.Examination
	err = r.store.View(ctx, func(tx *sqlite.Tx) (err error) {
		if ex, err = linkedExamination(tx, studyUID); err != nil {
			return err
		}
		return requireForeign(tx, actor, studyUID, objectUID)
	})
	if err != nil {
		return out, err
	}
	found, lost, err := r.foreignObject(ctx, study, ex, objectUID)
	if err != nil {
		return out, err
	}
	at := slices.IndexFunc(found, func(f foreign.Finding) bool { return f.Origin.Item == item })
	if at < 0 {
		if slices.ContainsFunc(lost, func(l Lost) bool { return l.Code == "patient" }) {
			return out, &records.RefusedError{Code: "other_patient", Reason: "object " + objectUID + " names another patient than its study"}
		}
		return out, &records.RefusedError{Code: "taken_gone", Args: []string{item}, Reason: fmt.Sprintf("object %s says nothing as %s that lies on a picture of the study", objectUID, item)}
	}
	made, err := records.TakeOver(dicomfile.NewUID(), dicomfile.NewUID(), saidBy(&found[at], study), change, actor, r.now())
	if err != nil {
		return out, err
	}
	err = r.store.Update(ctx, func(tx *sqlite.Tx) error {
		ex, err := linkedExamination(tx, studyUID)
		if err != nil {
			return err
		}
		if err := requireForeign(tx, actor, studyUID, objectUID); err != nil {
			return err
		}
		standing, err := tx.FindingsOf(studyUID)
		if err != nil {
			return err
		}
		if err := records.RefuseTaken(records.Taken(standing, made.Origin)); err != nil {
			return err
		}
		out = made
		if err := tx.InsertFinding(&out); err != nil {
			return err
		}
		return r.audit(tx, actor, "take_over", out.UID, ex.PatientID, "ok", made.Origin.At())
	})
	return out, err
}

// requireForeign refuses an object that is not of the study, and any while the
// actor's own first read is missing.
func requireForeign(tx *sqlite.Tx, actor records.User, studyUID, objectUID string) error {
	if err := requireFirstReads(tx, actor, studyUID); err != nil {
		return err
	}
	o, err := tx.Object(objectUID)
	if errors.Is(err, records.ErrNotFound) {
		return fmt.Errorf("object %s: %w", objectUID, err)
	}
	if err != nil {
		return err
	}
	if o.StudyUID != studyUID {
		return &records.RefusedError{Code: "other_study", Reason: "object " + objectUID + " is of another study"}
	}
	return nil
}

// saidBy is what another maker says as a finding without identity, in the picture
// in which most of it lies.
func saidBy(f *foreign.Finding, study *imaging.Study) records.Finding {
	origin := f.Origin
	out := records.Finding{Origin: &origin, Label: records.InItsLetters(origin.Label), Code: f.Code, Site: f.Site, Laterality: f.Side}
	most := -1.0
	for i := range f.Places {
		p := &f.Places[i]
		in, series := find(study, p.SOPUID)
		region, size := p.Bounds()
		region.X0, region.Y0 = max(region.X0, 0), max(region.Y0, 0)
		region.X1, region.Y1 = min(region.X1, float64(in.Pixels.Columns)), min(region.Y1, float64(in.Pixels.Rows))
		region.Kind = imaging.RegionTaken
		if size <= most || region.Valid(in.Pixels.Columns, in.Pixels.Rows) != nil {
			continue
		}
		most = size
		out.Ref = imaging.Ref{StudyUID: study.UID, SeriesUID: series, SOPUID: p.SOPUID, SOPClass: in.SOPClassUID, Frame: max(1, p.Frame), Region: &region}
	}
	if out.Ref.SOPUID == "" {
		in, series := find(study, f.Places[0].SOPUID)
		out.Ref = imaging.Ref{StudyUID: study.UID, SeriesUID: series, SOPUID: in.SOPInstanceUID, SOPClass: in.SOPClassUID, Frame: max(1, f.Places[0].Frame)}
	}
	for i, m := range f.Measured {
		if i == 0 {
			out.Value = &m
		} else {
			out.Sizes = append(out.Sizes, m)
		}
	}
	return out
}
