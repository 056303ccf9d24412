package registry

import (
	"context"
	"fmt"
	"slices"

	"longying/app/trail"
	"longying/imaging"
	"longying/records"
	"longying/records/sqlite"
)

// textOf is how a study's text was read, for its examination.
func (r *Registry) textOf(tx *sqlite.Tx, study *imaging.Study) records.HeaderText {
	t, device := records.TextOf(study)
	if t.Readings == nil {
		return records.HeaderText{}
	}
	t.Device = tx.DeviceKey(device, t.Declared)
	return t
}

// RememberCharacterSet takes a person's choice of how the text of a study is
// read, one of the character sets of its readings. It holds for the study and,
// where the headers name a device, for all that this device sends with the same
// declaration: what was imported before is read again, what comes is read so.
// A study that is not linked is tried by rule again; a link stays, and what
// differs from the register now is shown with it.
func (r *Registry) RememberCharacterSet(ctx context.Context, actor records.User, studyUID, characterSet string) (_ records.Examination, err error) {
	defer trail.Outcome(ctx, r.store, actor, "character_set", studyUID, &err)
	var out records.Examination
	if err := trail.Require(ctx, r.store, actor, records.RightLink, "character_set", studyUID); err != nil {
		return out, err
	}
	var ex records.Examination
	var same []records.Examination // others of the device
	err = r.store.View(ctx, func(tx *sqlite.Tx) error {
		found, err := tx.Examination(studyUID)
		if err != nil {
			return err
		}
		if ex = *found; ex.Text.Device == "" {
			return nil
		}
		all, err := tx.Examinations(records.ExaminationFilter{})
		for _, e := range all {
			if e.StudyUID != studyUID && e.Text.Device == ex.Text.Device {
				same = append(same, e)
			}
		}
		return err
	})
	if err != nil {
		return out, err
	}
	if !ex.Text.Offers(characterSet) {
		return out, &records.RefusedError{Code: "character_set", Args: []string{characterSet},
			Reason: fmt.Sprintf("%q is not a reading of the text of study %s", characterSet, studyUID)}
	}
	// The files are read before the transaction, which must be short.
	type reread struct {
		uid   string
		text  records.HeaderText
		study *imaging.Study
	}
	var studies []reread
	var device imaging.Device
	var sample *imaging.Instance
	for _, e := range append([]records.Examination{ex}, same...) {
		text := e.Text
		text.Used, text.ByHand = characterSet, true
		study, err := r.archive.StudyAs(ctx, e.StudyUID, text)
		if err != nil {
			return out, err
		}
		now, d := records.TextOf(study)
		text.Used, text.Doubtful = now.Used, now.Doubtful
		text.ByHand = now.Used == characterSet // not where its text is not valid in it
		if e.StudyUID == studyUID {
			text.Doubtful = false // a person looked at this one
			device, sample = d, firstOf(study)
			if !text.ByHand {
				return out, &records.RefusedError{Code: "character_set", Args: []string{characterSet},
					Reason: fmt.Sprintf("not all text of study %s is valid in %q", studyUID, characterSet)}
			}
		}
		studies = append(studies, reread{e.StudyUID, text, study})
	}
	err = r.store.Update(ctx, func(tx *sqlite.Tx) error {
		if key := ex.Text.Device; key != "" && key == tx.DeviceKey(device, ex.Text.Declared) {
			choice := records.CharacterSetChoice{Used: characterSet, Declared: ex.Text.Declared, Manufacturer: sample.Manufacturer,
				StationName: sample.StationName, AETitle: device.AETitle, UserID: actor.ID, At: r.now()}
			if err := tx.PutCharacterSet(key, choice); err != nil {
				return err
			}
		}
		for _, s := range studies {
			e, err := tx.Examination(s.uid)
			if err != nil {
				return err
			}
			if err := r.readAgain(tx, actor, e, s.text, s.study); err != nil {
				return err
			}
			if s.uid == studyUID {
				out = *e
			}
		}
		return nil
	})
	return out, err
}

func firstOf(study *imaging.Study) *imaging.Instance { return &study.Series[0].Instances[0] }

// readAgain stores what a header says now that its text is read otherwise.
func (r *Registry) readAgain(tx *sqlite.Tx, actor records.User, ex *records.Examination, text records.HeaderText, study *imaging.Study) error {
	before, changed := ex.Header.Name, "unchanged"
	fresh := newExamination(study, ex.ImportedAt)
	ex.Text, ex.Header, ex.Description, ex.Institution = text, fresh.Header, fresh.Description, fresh.Institution
	if ex.Header.Name != before {
		changed = "changed"
	}
	if err := r.audit(tx, actor, "character_set", ex.StudyUID, ex.PatientID, "ok",
		fmt.Sprintf("text declared as %q is read as %q; the name is %s", text.Declared, text.Used, changed)); err != nil {
		return err
	}
	switch {
	case study.HeadersDisagree:
		ex.LinkConflicts = slices.DeleteFunc(ex.LinkConflicts, func(c records.Conflict) bool { return c.Field == "headers" })
		ex.LinkConflicts = append(ex.LinkConflicts, records.Conflict{Field: "headers", Header: study.HeaderDifference})
	case ex.Link.Linked():
		p, err := tx.Patient(ex.PatientID)
		if err != nil {
			return err
		}
		ex.LinkConflicts = records.CompareHeader(ex.Header, *p)
	default:
		return r.linkByRule(tx, actor, ex)
	}
	return tx.PutExamination(ex)
}
