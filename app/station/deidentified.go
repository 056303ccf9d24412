package station

import (
	"context"
	"errors"
	"fmt"
	"os"

	"longying/app/trail"
	"longying/imaging"
	"longying/imaging/deid"
	"longying/imaging/dicomfile"
	"longying/records"
	"longying/records/sqlite"
)

// Deidentified is one object of a study that was de-identified, or why it was not.
type Deidentified struct {
	From   string // SOP Instance UID in the record
	Result deid.Result
	Err    error // nil: written
}

// Deidentify writes the images of a study into a folder without saying whose
// they are, one object after the other to each. What cannot be made safe is
// told and left out. The secret of o is the data folder's own: the same patient
// has the same pseudonym, UIDs and shift of dates each time, and nobody without
// the key finds the way back.
func (s *Station) Deidentify(ctx context.Context, actor records.User, studyUID string, o deid.Options, folder string, each func(Deidentified) error) (written int, err error) {
	defer trail.Outcome(ctx, s.store, actor, "deidentify", studyUID, &err)
	if err := trail.Require(ctx, s.store, actor, records.RightExport, "deidentify", studyUID); err != nil {
		return 0, err
	}
	ex, err := s.Registry.Examination(ctx, actor, studyUID)
	if err != nil {
		return 0, fmt.Errorf("study %s: %w", studyUID, err)
	}
	o.Secret = s.secret
	p, err := deid.New(o)
	if err != nil {
		return 0, err
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return 0, fmt.Errorf("the folder for de-identified objects cannot be made: %w", err)
	}
	study, err := s.Archive.Study(ctx, studyUID)
	if err != nil {
		return 0, err
	}
	left := 0
	for i := range study.Series {
		for k := range study.Series[i].Instances {
			one := Deidentified{From: study.Series[i].Instances[k].SOPInstanceUID}
			one.Result, one.Err = s.deidentify(ctx, p, &study.Series[i].Instances[k], folder)
			if errors.Is(one.Err, context.Canceled) {
				return written, one.Err
			}
			if one.Err == nil {
				written++
			} else {
				left++
			}
			if err := each(one); err != nil {
				return written, err
			}
		}
	}
	return written, s.store.Update(ctx, func(tx *sqlite.Tx) error {
		return tx.AppendAudit(&records.AuditEvent{At: s.now(), UserID: actor.ID, UserName: actor.Name, Action: "deidentify", Object: studyUID, PatientID: ex.PatientID, Outcome: "ok",
			Detail: fmt.Sprintf("%d objects written, %d left out, into %s", written, left, folder)})
	})
}

func (s *Station) deidentify(ctx context.Context, p *deid.Profile, in *imaging.Instance, folder string) (deid.Result, error) {
	var f *dicomfile.File
	f, err := s.Archive.Open(ctx, in.SOPInstanceUID)
	if err != nil {
		return deid.Result{}, err
	}
	defer f.Close()
	return p.Write(ctx, f, folder)
}
