package sqlite

import (
	"longying/records"
)

// What an index of people in memory is made of and follows.

// CountPatients is the number of entries of the register.
func (t *Tx) CountPatients() (int, error) {
	var n int
	err := t.tx.QueryRowContext(t.ctx, `SELECT count(*) FROM patients`).Scan(&n)
	return n, err
}

// PatientsAfter lists the entries behind an ID in the order of IDs, at most
// limit.
func (t *Tx) PatientsAfter(id string, limit int) ([]records.Patient, error) {
	return all[records.Patient](t, "patients", `SELECT id, sealed FROM patients WHERE id > ? ORDER BY id LIMIT ?`, id, limit)
}

// AccessionNumbers are those of the orders and examinations of the people from
// first to last in the order of IDs, by patient.
func (t *Tx) AccessionNumbers(first, last string) (map[string][]string, error) {
	type numbered struct {
		PatientID       string `json:"patient_id"`
		AccessionNumber string `json:"accession_number"`
	}
	out := map[string][]string{}
	add := func(_ string, v *numbered) error {
		if v.AccessionNumber != "" {
			out[v.PatientID] = append(out[v.PatientID], v.AccessionNumber)
		}
		return nil
	}
	if err := each(t, "orders", add, `SELECT lower(hex(accession_key)), sealed FROM orders WHERE patient_id BETWEEN ? AND ?`, first, last); err != nil {
		return nil, err
	}
	return out, each(t, "examinations", add, `SELECT study_uid, sealed FROM examinations WHERE patient_id BETWEEN ? AND ?`, first, last)
}

// LastPeopleChange numbers the newest change of people, 0 for none.
func (t *Tx) LastPeopleChange() (int64, error) {
	var seq int64
	err := t.tx.QueryRowContext(t.ctx, `SELECT coalesce(max(seq), 0) FROM people_changes`).Scan(&seq)
	return seq, err
}

// PeopleChanges lists the IDs of the people who came, changed or went after a
// change, each once, and the newest change. Whole is false where some are
// forgotten: what follows them begins anew.
func (t *Tx) PeopleChanges(after int64) (ids []string, last int64, whole bool, err error) {
	var first int64
	if err := t.tx.QueryRowContext(t.ctx, `SELECT coalesce(min(seq), 0), coalesce(max(seq), 0) FROM people_changes`).Scan(&first, &last); err != nil {
		return nil, 0, false, err
	}
	if last <= after {
		return nil, after, true, nil
	}
	if first > after+1 {
		return nil, last, false, nil
	}
	rows, err := t.tx.QueryContext(t.ctx, `SELECT DISTINCT patient_id FROM people_changes WHERE seq > ?`, after)
	if err != nil {
		return nil, 0, false, err
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, 0, false, err
		}
		ids = append(ids, id)
	}
	return ids, last, true, rows.Err()
}

// Absorbed lists, of each entry that stands for others, those others.
func (t *Tx) Absorbed() (map[string][]string, error) {
	rows, err := t.tx.QueryContext(t.ctx, `SELECT kept, gone FROM merges m WHERE act = ?
		AND NOT EXISTS (SELECT 1 FROM merges l WHERE l.gone = m.gone AND l.rowid > m.rowid)`, records.ActMerge)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	into := map[string]string{}
	for rows.Next() {
		var kept, gone string
		if err := rows.Scan(&kept, &gone); err != nil {
			return nil, err
		}
		into[gone] = kept
	}
	out := map[string][]string{}
	for gone := range into {
		person := gone
		for range len(into) { // a chain, never a ring
			next, ok := into[person]
			if !ok {
				break
			}
			person = next
		}
		out[person] = append(out[person], gone)
	}
	return out, rows.Err()
}
