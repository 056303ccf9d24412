package sqlite

import (
	"errors"
	"testing"

	"longying/imaging"
	"longying/records"
)

// annotation is a length that a doctor drew on the study of the tests.
func annotation() *records.Annotation {
	return &records.Annotation{UID: "2.25.91", TrackingUID: "2.25.92", TrackingID: "length-1", Version: 1, State: records.AnnotationDrawn, Tool: records.ToolLength,
		Ref: imaging.Ref{StudyUID: "1.2", SeriesUID: "1.2.4", SOPUID: "1.2.3", SOPClass: "1.2.840.10008.5.1.4.1.1.2", Frame: 1}, Points: []imaging.Point{{X: 1, Y: 2}, {X: 3, Y: 4}},
		Label: "刘小满 主动脉", By: "u1", ByName: "王医生", At: testTime}
}

func TestWhatWasDrawnIsKeptVersionByVersionAndNothingOverwritesIt(t *testing.T) {
	s := openStore(t, t.TempDir())
	intent(t, s)
	first := annotation()
	second := *first
	second.Version, second.State = 2, records.AnnotationDeleted
	update(t, s, func(tx *Tx) error { return errors.Join(tx.PutAnnotation(first), tx.PutAnnotation(&second)) })
	view(t, s, func(tx *Tx) error {
		list, err := tx.AnnotationsOf("1.2")
		history, e := tx.AnnotationHistory(first.UID)
		if err := errors.Join(err, e); err != nil {
			return err
		}
		if len(list) != 1 || list[0].Version != 2 || len(history) != 2 || history[0].State != records.AnnotationDrawn || history[0].Points[1] != first.Points[1] {
			t.Errorf("%+v, %+v", list, history)
		}
		study, err := tx.StudyBehind(first.UID)
		patient, e := tx.PatientBehind(first.UID)
		if study != "1.2" || patient != "p1" {
			t.Errorf("it is of study %q and patient %q", study, patient)
		}
		return errors.Join(err, e)
	})
	err := s.Update(t.Context(), func(tx *Tx) error { return tx.PutAnnotation(&second) })
	var stale *records.StaleError
	if !errors.As(err, &stale) || stale.Last != 2 || stale.Got != 2 {
		t.Errorf("a second version 2: %v", err)
	}
	third := second
	third.Version, third.Ref.Frame = 3, 2
	var conflict *records.ConflictError
	if err := s.Update(t.Context(), func(tx *Tx) error { return tx.PutAnnotation(&third) }); !errors.As(err, &conflict) {
		t.Errorf("a version on another frame: %v", err)
	}
	for _, sql := range []string{"UPDATE annotation_versions SET state = 'drawn'", "DELETE FROM annotation_versions"} {
		if _, err := s.writer.Exec(sql); err == nil {
			t.Errorf("%s was done", sql)
		}
	}
}
