package sqlite

import (
	"errors"
	"slices"
	"testing"

	"longying/records"
)

func TestTheDatabaseHoldsTheSameDataElementsAsTheProgram(t *testing.T) {
	s := openStore(t, t.TempDir())
	view(t, s, func(tx *Tx) error {
		got, err := tx.DataElements()
		if !slices.Equal(got, records.DataElements()) {
			t.Errorf("the database says %v", got)
		}
		return err
	})
}

func TestTheSameSourceIsTheSameEntryAndNeverAnotherPersons(t *testing.T) {
	s := openStore(t, t.TempDir())
	update(t, s, func(tx *Tx) error {
		return errors.Join(tx.PutPatient(patient()), tx.PutPatient(&records.Patient{ID: "p2", Name: "他人"}),
			tx.PutVisit(&records.Visit{PatientID: "p1", Number: "V1"}), putMedicalRecord(tx, "p1"))
	})
	again := records.LabValue{PatientID: "p1", Source: records.Source{System: "HIS", ID: "LAB-445566"}, Name: "CEA", Value: "13"}
	update(t, s, func(tx *Tx) error { return tx.PutLabValue(&again) })
	view(t, s, func(tx *Tx) error {
		labs, err := tx.LabValuesOf("p1")
		if err != nil || len(labs) != 1 || labs[0].Value != "13" || labs[0].ID != "l1" {
			t.Errorf("%+v, %v", labs, err)
		}
		visits, err := tx.VisitsOf("p1")
		if err != nil || len(visits) != 1 || len(visits[0].Diagnoses) != 1 || visits[0].Diagnoses[0].Code != "J18.900" {
			t.Errorf("the visit's diagnosis: %+v, %v", visits, err)
		}
		return nil
	})
	other := records.LabValue{PatientID: "p2", Source: again.Source, Name: "CEA"}
	var conflict *records.ConflictError
	if err := s.Update(t.Context(), func(tx *Tx) error { return tx.PutLabValue(&other) }); !errors.As(err, &conflict) {
		t.Errorf("an entry changed its person: %v", err)
	}
}
