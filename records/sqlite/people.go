package sqlite

import (
	"errors"
	"slices"
	"strings"

	"longying/records"
)

// The kinds of keyed hashes.
const (
	kindID           = "patient/id"
	kindIDNumber     = "patient/id_number"
	kindHealthRecord = "patient/health_record"
	kindPhone        = "patient/phone"
	kindIssued       = "patient/issuer_and_number"
	kindNumber       = "patient/number"
	kindVisit        = "visit/number"
	kindAccession    = "order/accession"
	kindLogin        = "user/login"
)

// foldID is type and number as one value, empty where there is no number.
func foldID(idType, number string) string {
	if n := records.FoldNumber(number); n != "" {
		return records.FoldNumber(idType) + "\x00" + n
	}
	return ""
}

func foldIssued(issuer, number string) string {
	if n := records.FoldNumber(number); n != "" {
		return records.FoldNumber(issuer) + "\x00" + n
	}
	return ""
}

// foldPhone is the digits of a phone number without the country code of China.
func foldPhone(phone string) string {
	digits := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, records.FoldNumber(phone))
	if rest := strings.TrimPrefix(strings.TrimPrefix(digits, "00"), "86"); len(rest) == 11 && rest[0] == '1' {
		return rest
	}
	return digits
}

// PutPatient stores a person, new or changed; an empty ID is filled. Another
// person with the same ID type and number, or the same health record number, is
// a *records.DuplicateError.
func (t *Tx) PutPatient(p *records.Patient) error {
	id := p.ID
	if id == "" {
		id = newID()
	}
	idKey, recordKey := t.lookup(kindID, foldID(p.IDType, p.IDNumber)), t.lookup(kindHealthRecord, records.FoldNumber(p.HealthRecordNumber))
	for _, taken := range []struct {
		key    []byte
		column string
		name   string
	}{{idKey, "id_key", "id_number"}, {recordKey, "health_record_key", "health_record_number"}} {
		if taken.key == nil {
			continue
		}
		other, err := t.text(`SELECT id FROM patients WHERE `+taken.column+` = ? AND id <> ?`, taken.key, id)
		if err == nil {
			return &records.DuplicateError{What: "patient", Key: taken.name, Other: other}
		}
		if !errors.Is(err, records.ErrNotFound) {
			return err
		}
	}
	stored := *p
	stored.ID = id
	sealed, err := t.seal("patients", id, stored)
	if err != nil {
		return err
	}
	if err := t.exec(`INSERT INTO patients (id, id_key, id_number_key, health_record_key, phone_key, sealed) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET id_key = excluded.id_key, id_number_key = excluded.id_number_key,
		health_record_key = excluded.health_record_key, phone_key = excluded.phone_key, sealed = excluded.sealed`,
		id, idKey, t.lookup(kindIDNumber, records.FoldNumber(p.IDNumber)), recordKey, t.lookup(kindPhone, foldPhone(p.Phone)), sealed); err != nil {
		return err
	}
	if err := t.exec(`DELETE FROM patient_numbers WHERE patient_id = ?`, id); err != nil {
		return err
	}
	for _, n := range p.Numbers {
		issued := t.lookup(kindIssued, foldIssued(n.Issuer, n.Number))
		if issued == nil {
			continue
		}
		if err := t.exec(`INSERT INTO patient_numbers (patient_id, issuer_key, number_key) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`,
			id, issued, t.lookup(kindNumber, records.FoldNumber(n.Number))); err != nil {
			return err
		}
	}
	p.ID = id
	return nil
}

// Patient is the person with our ID.
func (t *Tx) Patient(id string) (*records.Patient, error) {
	return one[records.Patient](t, "patients", `SELECT id, sealed FROM patients WHERE id = ?`, id)
}

// PatientByIDNumber is the person with an identity document.
func (t *Tx) PatientByIDNumber(idType, number string) (*records.Patient, error) {
	return one[records.Patient](t, "patients", `SELECT id, sealed FROM patients WHERE id_key = ?`, t.lookup(kindID, foldID(idType, number)))
}

// PatientByHealthRecordNumber is the person with a health record number.
func (t *Tx) PatientByHealthRecordNumber(number string) (*records.Patient, error) {
	return one[records.Patient](t, "patients", `SELECT id, sealed FROM patients WHERE health_record_key = ?`,
		t.lookup(kindHealthRecord, records.FoldNumber(number)))
}

// PatientsByNumber lists the people to whom an issuer gave a number; more than
// one is an error of the issuer that a person must sort out.
func (t *Tx) PatientsByNumber(issuer, number string) ([]records.Patient, error) {
	return all[records.Patient](t, "patients", `SELECT id, sealed FROM patients WHERE id IN
		(SELECT patient_id FROM patient_numbers WHERE issuer_key = ?) ORDER BY id`, t.lookup(kindIssued, foldIssued(issuer, number)))
}

// PatientByPhone lists the people with a phone number: families share one.
func (t *Tx) PatientByPhone(phone string) ([]records.Patient, error) {
	return all[records.Patient](t, "patients", `SELECT id, sealed FROM patients WHERE phone_key = ? ORDER BY id`, t.lookup(kindPhone, foldPhone(phone)))
}

// PatientsExactly lists the IDs of the entries that a whole number names: our
// own ID, an ID number, a health record number or a patient number.
func (t *Tx) PatientsExactly(text string) ([]string, error) {
	number := records.FoldNumber(text)
	rows, err := t.tx.QueryContext(t.ctx, `SELECT id FROM patients WHERE id = ?1 OR id_number_key = ?2 OR health_record_key = ?3
		OR id IN (SELECT patient_id FROM patient_numbers WHERE number_key = ?4) ORDER BY id`,
		strings.TrimSpace(text), t.lookup(kindIDNumber, number), t.lookup(kindHealthRecord, number), t.lookup(kindNumber, number))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		out = append(out, id)
	}
	return out, rows.Err()
}

// PatientsByWholeNumber finds people at once by a whole ID number, health record
// number, phone, patient number or accession number.
func (t *Tx) PatientsByWholeNumber(text string) ([]records.Patient, error) {
	number := records.FoldNumber(text)
	if number == "" {
		return nil, nil
	}
	return all[records.Patient](t, "patients", `SELECT id, sealed FROM patients
		WHERE id_number_key = ? OR health_record_key = ? OR phone_key = ?
		OR id IN (SELECT patient_id FROM patient_numbers WHERE number_key = ?)
		OR id IN (SELECT patient_id FROM orders WHERE accession_key = ?) ORDER BY id`,
		t.lookup(kindIDNumber, number), t.lookup(kindHealthRecord, number), t.lookup(kindPhone, foldPhone(text)),
		t.lookup(kindNumber, number), t.lookup(kindAccession, number))
}

// EachPatient runs f on every entry of the register.
func (t *Tx) EachPatient(f func(*records.Patient) error) error {
	return each(t, "patients", func(_ string, p *records.Patient) error { return f(p) }, `SELECT id, sealed FROM patients`)
}

// PutVisit stores a visit. The same number of the same patient is the same
// visit: its ID is filled and its content replaced.
func (t *Tx) PutVisit(v *records.Visit) error {
	number := t.store.key.Lookup(kindVisit, records.FoldNumber(v.Number))
	id, err := t.text(`SELECT id FROM visits WHERE patient_id = ? AND number_key = ?`, v.PatientID, number)
	switch {
	case errors.Is(err, records.ErrNotFound):
		if id = v.ID; id == "" {
			id = newID()
		}
	case err != nil:
		return err
	}
	stored := *v
	stored.ID = id
	sealed, err := t.seal("visits", id, stored)
	if err != nil {
		return err
	}
	if err := t.exec(`INSERT INTO visits (id, patient_id, number_key, sealed) VALUES (?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET patient_id = excluded.patient_id, number_key = excluded.number_key, sealed = excluded.sealed`,
		id, v.PatientID, number, sealed); err != nil {
		return err
	}
	v.ID = id
	return nil
}

// VisitsOf lists a patient's visits with their diagnoses, newest first.
func (t *Tx) VisitsOf(patientID string) ([]records.Visit, error) {
	out, err := all[records.Visit](t, "visits", `SELECT id, sealed FROM visits WHERE patient_id = ?`, patientID)
	if err != nil {
		return nil, err
	}
	diagnoses, err := t.DiagnosesOf(patientID)
	if err != nil {
		return nil, err
	}
	slices.Reverse(diagnoses) // of a visit the first one first
	for i := range out {
		v := &out[i]
		for _, d := range diagnoses {
			known := slices.ContainsFunc(v.Diagnoses, func(k records.Diagnosis) bool { return k.Code == d.Code && k.Name == d.Name })
			if !known && d.VisitNumber != "" && records.FoldNumber(d.VisitNumber) == records.FoldNumber(v.Number) {
				v.Diagnoses = append(v.Diagnoses, records.Diagnosis{Code: d.Code, Name: d.Name})
			}
		}
	}
	slices.SortFunc(out, func(a, b records.Visit) int {
		if c := strings.Compare(b.Date, a.Date); c != 0 {
			return c
		}
		return strings.Compare(a.Number, b.Number)
	})
	return out, nil
}

// PutOrder stores an order. An accession number that belongs to another
// patient's order is a *records.ConflictError: an order never changes its
// patient, because studies are linked through it.
func (t *Tx) PutOrder(o *records.Order) error {
	key := t.lookup(kindAccession, records.FoldNumber(o.AccessionNumber))
	if key == nil {
		return &records.RefusedError{Code: "accession_number", Reason: "an order needs an accession number"}
	}
	owner, err := t.text(`SELECT patient_id FROM orders WHERE accession_key = ?`, key)
	if err != nil && !errors.Is(err, records.ErrNotFound) {
		return err
	}
	if err == nil && owner != o.PatientID {
		return &records.ConflictError{What: "order", ID: o.AccessionNumber, Detail: "it belongs to another patient"}
	}
	sealed, err := t.seal("orders", orderRow(key), o)
	if err != nil {
		return err
	}
	return t.exec(`INSERT INTO orders (accession_key, patient_id, sealed) VALUES (?, ?, ?)
		ON CONFLICT (accession_key) DO UPDATE SET sealed = excluded.sealed`, key, o.PatientID, sealed)
}

// OrderByAccession is the order with an accession number.
func (t *Tx) OrderByAccession(number string) (*records.Order, error) {
	return one[records.Order](t, "orders", `SELECT lower(hex(accession_key)), sealed FROM orders WHERE accession_key = ?`,
		t.lookup(kindAccession, records.FoldNumber(number)))
}

// OrdersOf lists a patient's orders.
func (t *Tx) OrdersOf(patientID string) ([]records.Order, error) {
	out, err := all[records.Order](t, "orders", `SELECT lower(hex(accession_key)), sealed FROM orders WHERE patient_id = ?`, patientID)
	slices.SortFunc(out, func(a, b records.Order) int { return strings.Compare(a.AccessionNumber, b.AccessionNumber) })
	return out, err
}
