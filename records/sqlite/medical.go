package sqlite

import (
	"errors"
	"slices"
	"strings"

	"longying/records"
)

const kindSource = "entry/source"

// medical is an entry of the medical record that is known by its source.
type medical struct {
	id, patientID *string
	source        records.Source
	visit         string
}

// putMedical stores an entry of the medical record. The same source is the same
// entry: its ID is filled and its content replaced. A source that is another
// person's entry is a *records.ConflictError.
func putMedical[T any](t *Tx, table string, m medical, v *T) error {
	if m.source.System == "" || m.source.ID == "" {
		return &records.RefusedError{Code: "entry_source", Reason: "an entry of the medical record needs its source and the source's number for it"}
	}
	key := t.lookup(kindSource, table+"\x00"+m.source.System+"\x00"+m.source.ID)
	id, err := t.text(`SELECT id FROM `+table+` WHERE source_key = ?`, key)
	switch {
	case errors.Is(err, records.ErrNotFound):
		if id = *m.id; id == "" {
			id = newID()
		}
	case err != nil:
		return err
	default:
		owner, err := t.text(`SELECT patient_id FROM `+table+` WHERE id = ?`, id)
		if err != nil {
			return err
		}
		if owner != *m.patientID {
			return &records.ConflictError{What: table, ID: id, Detail: "it belongs to another patient"}
		}
	}
	*m.id = id
	sealed, err := t.seal(table, id, v)
	if err != nil {
		return err
	}
	return t.exec(`INSERT INTO `+table+` (id, patient_id, source_key, visit_key, sealed) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET visit_key = excluded.visit_key, sealed = excluded.sealed`,
		id, *m.patientID, key, t.lookup(kindVisit, records.FoldNumber(m.visit)), sealed)
}

func bySource[T any](t *Tx, table string, s records.Source) (*T, error) {
	return one[T](t, table, `SELECT id, sealed FROM `+table+` WHERE source_key = ?`, t.lookup(kindSource, table+"\x00"+s.System+"\x00"+s.ID))
}

func ofPatient[T any](t *Tx, table, patientID string) ([]T, error) {
	return all[T](t, table, `SELECT id, sealed FROM `+table+` WHERE patient_id = ?`, patientID)
}

// PutDiagnosis stores a diagnosis; see putMedical.
func (t *Tx) PutDiagnosis(d *records.DiagnosisEntry) error {
	return putMedical(t, "diagnoses", medical{&d.ID, &d.PatientID, d.Source, d.VisitNumber}, d)
}

// PutAllergy stores an allergy; see putMedical.
func (t *Tx) PutAllergy(a *records.Allergy) error {
	return putMedical(t, "allergies", medical{&a.ID, &a.PatientID, a.Source, ""}, a)
}

// PutLabValue stores a laboratory value; see putMedical.
func (t *Tx) PutLabValue(v *records.LabValue) error {
	return putMedical(t, "laboratory_values", medical{&v.ID, &v.PatientID, v.Source, v.VisitNumber}, v)
}

// PutPastReport stores another system's report; see putMedical.
func (t *Tx) PutPastReport(r *records.PastReport) error {
	return putMedical(t, "past_reports", medical{&r.ID, &r.PatientID, r.Source, r.VisitNumber}, r)
}

// DiagnosisBySource is the diagnosis that a source knows by a number.
func (t *Tx) DiagnosisBySource(s records.Source) (*records.DiagnosisEntry, error) {
	return bySource[records.DiagnosisEntry](t, "diagnoses", s)
}

// AllergyBySource is the allergy that a source knows by a number.
func (t *Tx) AllergyBySource(s records.Source) (*records.Allergy, error) {
	return bySource[records.Allergy](t, "allergies", s)
}

// LabValueBySource is the value that a source knows by a number.
func (t *Tx) LabValueBySource(s records.Source) (*records.LabValue, error) {
	return bySource[records.LabValue](t, "laboratory_values", s)
}

// PastReportBySource is the report that a source knows by a number.
func (t *Tx) PastReportBySource(s records.Source) (*records.PastReport, error) {
	return bySource[records.PastReport](t, "past_reports", s)
}

// DiagnosesOf lists a patient's diagnoses, newest first.
func (t *Tx) DiagnosesOf(patientID string) ([]records.DiagnosisEntry, error) {
	out, err := ofPatient[records.DiagnosisEntry](t, "diagnoses", patientID)
	slices.SortFunc(out, func(a, b records.DiagnosisEntry) int { return newest(a.Date, b.Date, a.Code+a.ID, b.Code+b.ID) })
	return out, err
}

// AllergiesOf lists a patient's allergies, those that stand first.
func (t *Tx) AllergiesOf(patientID string) ([]records.Allergy, error) {
	out, err := ofPatient[records.Allergy](t, "allergies", patientID)
	slices.SortFunc(out, func(a, b records.Allergy) int {
		if a.Stands() != b.Stands() {
			if a.Stands() {
				return -1
			}
			return 1
		}
		return strings.Compare(a.Substance+a.ID, b.Substance+b.ID)
	})
	return out, err
}

// LabValuesOf lists a patient's laboratory values, newest first.
func (t *Tx) LabValuesOf(patientID string) ([]records.LabValue, error) {
	out, err := ofPatient[records.LabValue](t, "laboratory_values", patientID)
	slices.SortFunc(out, func(a, b records.LabValue) int {
		return newest(a.Time, b.Time, a.Panel+"\x00"+a.Code+a.Name+a.ID, b.Panel+"\x00"+b.Code+b.Name+b.ID)
	})
	return out, err
}

// PastReportsOf lists a patient's reports of other systems, newest first.
func (t *Tx) PastReportsOf(patientID string) ([]records.PastReport, error) {
	out, err := ofPatient[records.PastReport](t, "past_reports", patientID)
	slices.SortFunc(out, func(a, b records.PastReport) int { return newest(a.Date, b.Date, a.ID, b.ID) })
	return out, err
}

func newest(a, b, idA, idB string) int {
	if c := strings.Compare(b, a); c != 0 {
		return c
	}
	return strings.Compare(idA, idB)
}

// PutHealthRecord stores what the resident health record holds of a person.
func (t *Tx) PutHealthRecord(h *records.HealthRecord) error {
	sealed, err := t.seal("health_records", h.PatientID, h)
	if err != nil {
		return err
	}
	return t.exec(`INSERT INTO health_records (patient_id, sealed) VALUES (?, ?) ON CONFLICT (patient_id) DO UPDATE SET sealed = excluded.sealed`, h.PatientID, sealed)
}

// HealthRecord is what the resident health record holds of a person, empty
// where there is none.
func (t *Tx) HealthRecord(patientID string) (records.HealthRecord, error) {
	h, err := one[records.HealthRecord](t, "health_records", `SELECT patient_id, sealed FROM health_records WHERE patient_id = ?`, patientID)
	if errors.Is(err, records.ErrNotFound) {
		return records.HealthRecord{PatientID: patientID}, nil
	}
	if err != nil {
		return records.HealthRecord{}, err
	}
	return *h, nil
}

// VisitByNumber is a patient's visit.
func (t *Tx) VisitByNumber(patientID, number string) (*records.Visit, error) {
	return one[records.Visit](t, "visits", `SELECT id, sealed FROM visits WHERE patient_id = ? AND number_key = ?`,
		patientID, t.store.key.Lookup(kindVisit, records.FoldNumber(number)))
}

// DataElements reads the data elements that the database says its fields hold.
func (t *Tx) DataElements() ([]records.DataElement, error) {
	rows, err := t.tx.QueryContext(t.ctx, `SELECT entry, field, element FROM data_elements ORDER BY rowid`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []records.DataElement
	for rows.Next() {
		var e records.DataElement
		if err := rows.Scan(&e.Table, &e.Field, &e.Code); err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, rows.Err()
}
