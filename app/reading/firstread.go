package reading

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"longying/app/trail"
	"longying/records"
	"longying/records/sqlite"
)

// LockedModels are the models that this department shows to a doctor only after
// their own impression is saved.
func (r *Reading) LockedModels(ctx context.Context) ([]string, error) {
	var out []string
	err := r.store.View(ctx, func(tx *sqlite.Tx) (err error) {
		out, err = tx.LockedModels()
		return err
	})
	return out, err
}

// LockModel is the department's setting for one model.
func (r *Reading) LockModel(ctx context.Context, actor records.User, modelID string, on bool) (err error) {
	defer trail.Outcome(ctx, r.store, actor, "configure", records.SettingFirstRead+"/"+modelID, &err)
	if err := trail.Require(ctx, r.store, actor, records.RightConfigure, "configure", records.SettingFirstRead+"/"+modelID); err != nil {
		return err
	}
	if _, err := r.model(modelID); err != nil && on {
		return err
	}
	return r.store.Update(ctx, func(tx *sqlite.Tx) error {
		locked, err := tx.LockedModels()
		if err != nil {
			return err
		}
		locked = slices.DeleteFunc(locked, func(id string) bool { return id == modelID })
		detail := "shown at once"
		if on {
			locked, detail = append(locked, modelID), "after a first read"
		}
		slices.Sort(locked)
		raw, err := json.Marshal(locked)
		if err != nil {
			return err
		}
		if err := tx.PutSetting(records.SettingFirstRead, string(raw)); err != nil {
			return err
		}
		return r.audit(tx, actor, "configure", records.SettingFirstRead+"/"+modelID, "", "ok", detail)
	})
}

// SaveFirstRead keeps a doctor's own impression on a model's question, before
// anything of that model is shown to them about the study. It is saved once.
func (r *Reading) SaveFirstRead(ctx context.Context, actor records.User, studyUID, modelID string, answer records.Answer, impression string) (_ records.FirstRead, err error) {
	defer trail.Outcome(ctx, r.store, actor, "first_read", studyUID, &err)
	out := records.FirstRead{StudyUID: studyUID, ModelID: modelID, Answer: answer, Impression: strings.TrimSpace(impression), By: actor.ID, ByName: actor.Name, At: r.now()}
	if err := trail.Require(ctx, r.store, actor, records.RightVerdict, "first_read", studyUID); err != nil {
		return out, err
	}
	if err := out.Check(); err != nil {
		return out, err
	}
	err = r.store.Update(ctx, func(tx *sqlite.Tx) error {
		ex, err := tx.Examination(studyUID)
		if err != nil {
			return err
		}
		hidden, err := tx.HiddenModels(studyUID, actor)
		if err != nil {
			return err
		}
		if !slices.Contains(hidden, modelID) {
			return &records.RefusedError{Code: "first_read_late", Args: []string{modelID},
				Reason: "what model " + modelID + " says about this study is not hidden from you; a first read would no longer be one"}
		}
		if err := tx.InsertFirstRead(&out); err != nil {
			return err
		}
		return r.audit(tx, actor, "first_read", studyUID, ex.PatientID, "ok", modelID)
	})
	return out, err
}

// HiddenModels are the models that have been asked about a study and of which a
// person sees nothing there before their own first read.
func (r *Reading) HiddenModels(ctx context.Context, actor records.User, studyUID string) ([]string, error) {
	if err := trail.Require(ctx, r.store, actor, records.RightViewPatient, "view_study", studyUID); err != nil {
		return nil, err
	}
	var out []string
	err := r.store.View(ctx, func(tx *sqlite.Tx) (err error) {
		out, err = missingFirstReads(tx, actor, studyUID)
		return err
	})
	return out, err
}

// FirstReads are the first reads of a study that a person may see: their own,
// and those of others on models that are not hidden from them.
func (r *Reading) FirstReads(ctx context.Context, actor records.User, studyUID string) ([]records.FirstRead, error) {
	if err := trail.Require(ctx, r.store, actor, records.RightViewPatient, "view_study", studyUID); err != nil {
		return nil, err
	}
	var out []records.FirstRead
	err := r.store.View(ctx, func(tx *sqlite.Tx) error {
		hidden, err := tx.HiddenModels(studyUID, actor)
		if err != nil {
			return err
		}
		out, err = tx.FirstReadsOf(studyUID)
		out = slices.DeleteFunc(out, func(f records.FirstRead) bool { return slices.Contains(hidden, f.ModelID) })
		return err
	})
	return out, err
}

func missingFirstReads(tx *sqlite.Tx, actor records.User, studyUID string) ([]string, error) {
	hidden, err := tx.HiddenModels(studyUID, actor)
	if err != nil || len(hidden) == 0 {
		return nil, err
	}
	runs, err := tx.RunsOf(studyUID)
	if err != nil {
		return nil, err
	}
	return records.Unread(hidden, runs), nil
}

// requireFirstReads refuses what must not happen while a doctor's own first read
// is missing: the report, because it states what the findings are.
func requireFirstReads(tx *sqlite.Tx, actor records.User, studyUID string) error {
	missing, err := missingFirstReads(tx, actor, studyUID)
	if err != nil || len(missing) == 0 {
		return err
	}
	return errFirstRead(missing)
}

func errFirstRead(models []string) error {
	names := strings.Join(models, ", ")
	return &records.RefusedError{Code: "first_read", Args: []string{names},
		Reason: "hidden until first read: save your own impression first on " + names + " (longying findings first-read)"}
}

// requireShown refuses an act on a finding that is hidden from the person.
func requireShown(tx *sqlite.Tx, actor records.User, f *records.Finding) error {
	if f.Model == nil {
		return nil
	}
	hidden, err := tx.HiddenModels(f.StudyUID, actor)
	if err != nil {
		return err
	}
	if slices.Contains(hidden, f.Model.ID) {
		return errFirstRead([]string{f.Model.ID})
	}
	return nil
}
