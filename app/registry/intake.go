package registry

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"longying/records"
	"longying/records/sqlite"
)

// intaker stores the rows of one file and keeps what each changed.
type intaker struct {
	tx     *sqlite.Tx
	res    *PeopleResult
	batch  records.Batch
	now    time.Time
	stated map[string]string // what the file said of a person before: patient ID and field

	item *PeopleItem
	row  int
}

func (a *intaker) refuse(row int, part, name string, e RowError) {
	a.res.Errors = append(a.res.Errors, e)
	a.res.Items = append(a.res.Items, PeopleItem{Row: row, Part: part, Name: name, Status: RowRefused, Error: &e})
}

// finish counts and sorts.
func (a *intaker) finish() {
	a.batch.Rows = a.res.Rows
	for _, it := range a.res.Items {
		switch it.Status {
		case RowNew:
			a.batch.New++
		case RowChanged:
			a.batch.Changed++
		case RowSame:
			a.batch.Same++
		case RowReview:
			a.batch.Review++
		case RowRefused:
			a.batch.Refused++
		}
	}
	slices.SortStableFunc(a.res.Items, func(x, y PeopleItem) int { return x.Row - y.Row })
	slices.SortStableFunc(a.res.Errors, func(x, y RowError) int { return x.Row - y.Row })
}

// take stores one row: who is meant, then what is said of them.
func (a *intaker) take(in *records.Intake) error {
	a.row = in.Row
	item := PeopleItem{Row: in.Row, Part: in.Part, Name: in.Patient.Name, Status: RowSame}
	a.item = &item
	fail := func(status string, e RowError) error {
		e.Row = in.Row
		item.Status, item.Error = status, &e
		a.res.Errors = append(a.res.Errors, e)
		a.res.Items = append(a.res.Items, item)
		return nil
	}
	if in.Message != "" {
		fresh, err := a.tx.TakeMessage(in.Message, a.batch.ID)
		if err != nil {
			return err
		}
		if !fresh {
			a.res.Known++
			a.res.Items = append(a.res.Items, item)
			return nil
		}
	}
	known, review, err := identify(a.tx, in)
	if err != nil {
		return err
	}
	if review == nil && in.Merge != nil {
		if review, err = a.mergeReview(in, known); err != nil {
			return err
		}
	}
	if review != nil {
		review.BatchID, review.File, review.State, review.At, review.Intake = a.batch.ID, a.batch.File, records.ReviewOpen, a.now, *in
		if _, err := a.tx.PutIntakeReview(review); err != nil {
			return err
		}
		return fail(RowReview, reviewError(review))
	}
	if known != nil && in.Message == "" {
		if f := a.contradictsFile(known.ID, in); f != "" {
			return fail(RowRefused, RowError{Field: f, Code: "differs_in_file", Args: []string{f}, Reason: "an earlier row of this file says something else of the same person in " + f + "; correct the one that is wrong"})
		}
	}
	id, err := a.person(in, known)
	if err != nil {
		var taken *records.DuplicateError
		if errors.As(err, &taken) {
			return fail(RowRefused, RowError{Field: taken.Key, Code: "duplicate", Reason: err.Error()})
		}
		return err
	}
	if in.Message == "" {
		a.contradictsFile(id, in) // remembers
	}
	if e, err := a.entries(in, id); err != nil {
		return err
	} else if e != nil {
		return fail(RowRefused, *e)
	}
	a.res.Items = append(a.res.Items, item)
	return nil
}

// mergeReview is what a message that merges two entries becomes: never a merge.
func (a *intaker) mergeReview(in *records.Intake, known *records.Patient) (*records.IntakeReview, error) {
	other, review, err := identify(a.tx, &records.Intake{Patient: *in.Merge})
	if err != nil || known == nil {
		return &records.IntakeReview{Code: "merge_unknown"}, err
	}
	rev := &records.IntakeReview{Code: "merge", PatientID: known.ID}
	if review != nil && review.PatientID != "" {
		if other, err = a.tx.Patient(review.PatientID); err != nil {
			return nil, err
		}
	}
	if other == nil {
		rev.Code = "merge_unknown"
		return rev, nil
	}
	rev.OtherID = other.ID
	rev.Differing, _ = records.ComparePatients(*other, *known)
	return rev, nil
}

func reviewError(r *records.IntakeReview) RowError {
	e := RowError{Field: "-", Code: "review_" + r.Code}
	switch r.Code {
	case "contradicts":
		e.Code, e.Field = "known_otherwise", r.Differing[0].Field
		e.Reason = "a number in this row is in the register under another name, sex, birth date or number (" + fields(r.Differing) + "); it waits on the review list: compare both with the person's ID card"
	case "number_alone":
		e.Reason = "the number is in the register, but name and birth date are not both there to agree; it waits on the review list"
	case "two_people":
		e.Reason = "the numbers in this row belong to two people of the register; it waits on the review list"
	case "merge":
		e.Reason = "the message says that two entries are one person; it waits on the review list, for a person to merge them"
	default:
		e.Reason = "the message merges an entry that is not in the register; it waits on the review list"
	}
	return e
}

// identify finds the person of the register whom a row is about: nil for
// nobody. No number identifies by itself: the name has to agree with an ID
// number, name and birth date with any other number, and nothing may
// contradict. Else the row goes to the review list.
func identify(tx *sqlite.Tx, in *records.Intake) (*records.Patient, *records.IntakeReview, error) {
	var found []*records.Patient
	byID := false
	add := func(p *records.Patient, err error) error {
		if errors.Is(err, records.ErrNotFound) {
			return nil
		}
		if err == nil && !slices.ContainsFunc(found, func(o *records.Patient) bool { return o.ID == p.ID }) {
			found = append(found, p)
		}
		return err
	}
	p := &in.Patient
	if p.IDNumber != "" {
		if err := add(tx.PatientByIDNumber(p.IDType, p.IDNumber)); err != nil {
			return nil, nil, err
		}
		byID = len(found) > 0
	}
	if p.HealthRecordNumber != "" {
		if err := add(tx.PatientByHealthRecordNumber(p.HealthRecordNumber)); err != nil {
			return nil, nil, err
		}
	}
	for _, n := range p.Numbers {
		list, err := tx.PatientsByNumber(n.Issuer, n.Number)
		if err != nil {
			return nil, nil, err
		}
		for i := range list {
			if err := add(&list[i], nil); err != nil {
				return nil, nil, err
			}
		}
	}
	if len(found) == 0 {
		return nil, nil, nil
	}
	first, err := tx.Person(found[0].ID)
	if err != nil {
		return nil, nil, err
	}
	for _, other := range found[1:] {
		person, err := tx.Person(other.ID)
		if err != nil {
			return nil, nil, err
		}
		if person != first {
			return nil, &records.IntakeReview{Code: "two_people", PatientID: found[0].ID, OtherID: other.ID}, nil
		}
	}
	known := found[0]
	differing, _ := records.ComparePatients(*p, *known)
	if len(differing) > 0 {
		return nil, &records.IntakeReview{Code: "contradicts", PatientID: known.ID, Differing: differing}, nil
	}
	if p.Name == "" || known.Name == "" || !byID && (p.BirthDate == "" || known.BirthDate == "") {
		return nil, &records.IntakeReview{Code: "number_alone", PatientID: known.ID}, nil
	}
	return known, nil, nil
}

// contradictsFile names a field of which this file said something else before:
// which of the two would stand would depend on the order of the rows.
func (a *intaker) contradictsFile(id string, in *records.Intake) string {
	h := in.Health
	for _, f := range []struct{ name, value string }{{"phone", in.Patient.Phone}, {"address", h.Address}, {"ethnicity", h.Ethnicity}, {"blood_type", h.BloodType}, {"occupation", h.Occupation},
		{"employer", h.Employer}, {"contact_name", h.ContactName}, {"contact_phone", h.ContactPhone}, {"past_history", h.PastHistory}} {
		if f.value == "" {
			continue
		}
		key := id + "\x00" + f.name
		if before, ok := a.stated[key]; ok && before != f.value {
			return f.name
		}
		a.stated[key] = f.value
	}
	return ""
}

// person stores who it is. What a row leaves empty erases nothing.
func (a *intaker) person(in *records.Intake, known *records.Patient) (string, error) {
	p := in.Patient
	status := RowNew
	if known != nil {
		p, status = *known, RowChanged
		fill := func(to *string, from string) {
			if from != "" {
				*to = from
			}
		}
		fill(&p.Phone, in.Patient.Phone)
		fill(&p.NamePinyin, in.Patient.NamePinyin)
		if p.HealthRecordNumber == "" {
			p.HealthRecordNumber = in.Patient.HealthRecordNumber
		}
		if p.IDNumber == "" {
			p.IDType, p.IDNumber = in.Patient.IDType, in.Patient.IDNumber
		}
		if p.BirthDate == "" {
			p.BirthDate = in.Patient.BirthDate
		}
		if p.Sex.DICOM() == "" && in.Patient.Sex.DICOM() != "" {
			p.Sex = in.Patient.Sex
		}
		for _, n := range in.Patient.Numbers {
			if !slices.Contains(p.Numbers, n) {
				p.Numbers = append(slices.Clone(p.Numbers), n)
			}
		}
	}
	wrote, err := a.write(records.EntryPatient, p.ID, p.ID, p, func() (string, error) { return p.ID, a.tx.PutPatient(&p) }, func() (string, string) { return p.ID, p.Name })
	switch {
	case err != nil:
		return "", err
	case known == nil:
		a.res.Patients++
	case !wrote:
		a.res.Known++
	}
	if wrote {
		a.item.Status = status
	}
	if in.Health.Empty() {
		return p.ID, nil
	}
	h, err := a.tx.HealthRecord(p.ID)
	if err != nil {
		return "", err
	}
	over(&h, in.Health)
	_, err = a.entry(records.EntryHealth, p.ID, p.ID, h, func() (string, error) { return p.ID, a.tx.PutHealthRecord(&h) }, func() (string, string) { return p.ID, "" })
	return p.ID, err
}

func over(h *records.HealthRecord, in records.HealthRecord) {
	for _, f := range []struct {
		to   *string
		from string
	}{{&h.Address, in.Address}, {&h.Ethnicity, in.Ethnicity}, {&h.BloodType, in.BloodType}, {&h.Occupation, in.Occupation}, {&h.Employer, in.Employer},
		{&h.ContactName, in.ContactName}, {&h.ContactPhone, in.ContactPhone}, {&h.PastHistory, in.PastHistory}} {
		if f.from != "" {
			*f.to = f.from
		}
	}
}

// entries stores what a row says of a person.
func (a *intaker) entries(in *records.Intake, id string) (*RowError, error) {
	visits := map[string]string{}
	for _, v := range in.Visits {
		v.PatientID = id
		old, err := a.tx.VisitByNumber(id, v.Number)
		if err != nil && !errors.Is(err, records.ErrNotFound) {
			return nil, err
		}
		if err == nil {
			keep := *old
			if v.Department == "" {
				v.Department = keep.Department
			}
			if v.Date == "" {
				v.Date = keep.Date
			}
			v.ID, v.Note = keep.ID, or(v.Note, keep.Note)
			if len(v.Diagnoses) == 0 {
				v.Diagnoses = keep.Diagnoses
			}
		}
		if _, err := a.entry(records.EntryVisit, v.ID, id, v, func() (string, error) { return v.ID, a.tx.PutVisit(&v) }, func() (string, string) { return v.ID, v.Number }); err != nil {
			return nil, err
		}
		visits[records.FoldNumber(v.Number)] = v.ID
		a.res.Visits++
	}
	for _, o := range in.Orders {
		other, err := a.tx.OrderByAccession(o.AccessionNumber)
		if err != nil && !errors.Is(err, records.ErrNotFound) {
			return nil, err
		}
		if err == nil && other.PatientID != id {
			return &RowError{Field: "accession_number", Code: "order_of_other", Reason: "this request number belongs to another person already; correct the number"}, nil
		}
		o.PatientID = id
		if len(in.Visits) == 1 {
			o.VisitID = visits[records.FoldNumber(in.Visits[0].Number)]
		}
		if other != nil {
			o.VisitID, o.Category = or(o.VisitID, other.VisitID), or(o.Category, other.Category)
		}
		if _, err := a.entry(records.EntryOrder, o.AccessionNumber, id, o, func() (string, error) { return o.AccessionNumber, a.tx.PutOrder(&o) }, func() (string, string) { return o.AccessionNumber, o.AccessionNumber }); err != nil {
			return nil, err
		}
		a.res.Orders++
	}
	for _, d := range in.Diagnoses {
		old, err := a.tx.DiagnosisBySource(d.Source)
		if e, err := otherOwner(old, err, id, func() string { return old.PatientID }); e != nil || err != nil {
			return e, err
		}
		d.PatientID = id
		if old != nil {
			d.ID = old.ID
		}
		if _, err := a.entry(records.EntryDiagnosis, d.ID, id, d, func() (string, error) { return d.ID, a.tx.PutDiagnosis(&d) }, func() (string, string) { return d.ID, or(d.Name, d.Code) }); err != nil {
			return nil, err
		}
		a.res.Entries++
	}
	for _, d := range in.Allergies {
		old, err := a.tx.AllergyBySource(d.Source)
		if e, err := otherOwner(old, err, id, func() string { return old.PatientID }); e != nil || err != nil {
			return e, err
		}
		d.PatientID = id
		if old != nil {
			d.ID = old.ID
		}
		if _, err := a.entry(records.EntryAllergy, d.ID, id, d, func() (string, error) { return d.ID, a.tx.PutAllergy(&d) }, func() (string, string) { return d.ID, d.Substance }); err != nil {
			return nil, err
		}
		a.res.Entries++
	}
	for _, d := range in.Labs {
		old, err := a.tx.LabValueBySource(d.Source)
		if e, err := otherOwner(old, err, id, func() string { return old.PatientID }); e != nil || err != nil {
			return e, err
		}
		d.PatientID = id
		if old != nil {
			d.ID = old.ID
		}
		if _, err := a.entry(records.EntryLab, d.ID, id, d, func() (string, error) { return d.ID, a.tx.PutLabValue(&d) }, func() (string, string) { return d.ID, d.Name }); err != nil {
			return nil, err
		}
		a.res.Entries++
	}
	for _, d := range in.Reports {
		old, err := a.tx.PastReportBySource(d.Source)
		if e, err := otherOwner(old, err, id, func() string { return old.PatientID }); e != nil || err != nil {
			return e, err
		}
		d.PatientID = id
		if old != nil {
			d.ID = old.ID
		}
		if _, err := a.entry(records.EntryReport, d.ID, id, d, func() (string, error) { return d.ID, a.tx.PutPastReport(&d) }, func() (string, string) { return d.ID, d.Title }); err != nil {
			return nil, err
		}
		a.res.Entries++
	}
	return nil, nil
}

// otherOwner refuses an entry that the register has under another person.
func otherOwner[T any](old *T, err error, id string, owner func() string) (*RowError, error) {
	if errors.Is(err, records.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if old != nil && owner() != id {
		return &RowError{Field: "-", Code: "entry_of_other", Reason: "the register has this entry of the source under another person; nothing was moved: correct the source, or link by hand"}, nil
	}
	return nil, nil
}

// entry writes an entry of a person's record; a row that writes anything of a
// known person changes them.
func (a *intaker) entry(kind, id, patientID string, v any, put func() (string, error), named func() (string, string)) (bool, error) {
	wrote, err := a.write(kind, id, patientID, v, put, named)
	if wrote && a.item.Status == RowSame {
		a.item.Status = RowChanged
	}
	return wrote, err
}

// write stores v where it differs from the entry that is there, and keeps both.
func (a *intaker) write(kind, id, patientID string, v any, put func() (string, error), named func() (string, string)) (bool, error) {
	var before []byte
	if id != "" {
		var err error
		if before, err = a.tx.Entry(kind, id); err != nil {
			return false, err
		}
	}
	want, err := json.Marshal(v)
	if err != nil {
		return false, err
	}
	if before != nil && bytes.Equal(before, want) {
		return false, nil
	}
	if _, err := put(); err != nil {
		return false, err
	}
	id, name := named()
	after, err := a.tx.Entry(kind, id)
	if err != nil || after == nil {
		return false, fmt.Errorf("the entry was not stored: %w", errors.Join(err, records.ErrNotFound))
	}
	if patientID == "" {
		patientID = id // the person itself
	}
	a.batch.Changes++
	a.item.Changes = append(a.item.Changes, difference(kind, name, before, after)...)
	return true, a.tx.InsertChange(a.batch.ID, &records.EntryChange{Seq: a.batch.Changes, Kind: kind, ID: id, PatientID: patientID, Row: a.row, Before: before, After: after})
}

// difference lists the fields of an entry that a row changes.
func difference(kind, name string, before, after []byte) []FieldChange {
	read := func(raw []byte) map[string]any {
		m := map[string]any{}
		if raw != nil {
			_ = json.Unmarshal(raw, &m) // what the store wrote
		}
		return m
	}
	old, now := read(before), read(after)
	text := func(v any) string {
		switch v := v.(type) {
		case nil:
			return ""
		case string:
			return v
		}
		b, err := json.Marshal(v)
		if err != nil {
			return ""
		}
		return string(b)
	}
	var out []FieldChange
	for k := range now {
		if k == "id" || k == "patient_id" || k == "visit_id" || k == "source" {
			continue
		}
		if o, n := text(old[k]), text(now[k]); o != n {
			out = append(out, FieldChange{Kind: kind, Entry: name, Field: k, Old: o, New: n})
		}
	}
	slices.SortFunc(out, func(a, b FieldChange) int { return bytes.Compare([]byte(a.Field), []byte(b.Field)) })
	return out
}
