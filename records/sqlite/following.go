package sqlite

import (
	"encoding/json"
	"errors"

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
	if err := t.tx.QueryRowContext(t.ctx, `SELECT coalesce((SELECT min(seq) FROM people_changes), 0), coalesce((SELECT max(seq) FROM people_changes), 0)`).Scan(&first, &last); err != nil {
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

// PatientsOf lists entries of the register by their IDs; one that is not there
// is left out.
func (t *Tx) PatientsOf(ids []string) (map[string]records.Patient, error) {
	list, err := json.Marshal(ids)
	if err != nil {
		return nil, err
	}
	out := map[string]records.Patient{}
	return out, each(t, "patients", func(id string, p *records.Patient) error {
		out[id] = *p
		return nil
	}, `SELECT id, sealed FROM patients WHERE id IN (SELECT value FROM json_each(?))`, string(list))
}

// PersonsOf names, of entries that were merged into others, the entry under
// which the person goes on.
func (t *Tx) PersonsOf(ids []string) (map[string]string, error) {
	into := map[string]string{}
	for ask := ids; len(ask) > 0; {
		list, err := json.Marshal(ask)
		if err != nil {
			return nil, err
		}
		ask = nil
		rows, err := t.tx.QueryContext(t.ctx, `SELECT gone, kept FROM merges m WHERE act = ? AND gone IN (SELECT value FROM json_each(?))
			AND NOT EXISTS (SELECT 1 FROM merges l WHERE l.gone = m.gone AND l.rowid > m.rowid)`, records.ActMerge, string(list))
		if err != nil {
			return nil, err
		}
		for rows.Next() {
			var gone, kept string
			if err := rows.Scan(&gone, &kept); err != nil {
				rows.Close()
				return nil, err
			}
			if _, known := into[gone]; !known {
				into[gone] = kept
				ask = append(ask, kept)
			}
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			return nil, err
		}
	}
	out := map[string]string{}
	for gone := range into {
		person := gone
		for range len(into) { // a chain, never a ring
			next, ok := into[person]
			if !ok {
				break
			}
			person = next
		}
		out[gone] = person
	}
	return out, nil
}
