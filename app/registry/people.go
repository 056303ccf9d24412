package registry

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"

	"longying/records"
	"longying/records/sqlite"
)

// RowError is one row of a patient file that was not taken, and why.
type RowError struct {
	Row    int    // line of the row in the file, the header being line 1
	Field  string // column
	Code   string // names the reason, for a translation
	Args   []string
	Reason string // what is wrong and what to do
}

func (e RowError) Error() string {
	return fmt.Sprintf("row %d, %s: %s", e.Row, e.Field, e.Reason)
}

// PeopleResult says what an import of people did.
type PeopleResult struct {
	Encoding string // "UTF-8" or "GB18030"
	Rows     int    // data rows read
	Patients int    // new people
	Known    int    // people that were there already
	Visits   int
	Orders   int
	Errors   []RowError
	Linked   []records.Examination // studies that this import allowed to be linked
}

// The columns of a patient file; the comments name the data elements.
const (
	columnName        = "姓名"       // DE02.01.039.00
	columnIDType      = "身份证件类别代码" // DE02.01.031.00
	columnIDNumber    = "身份证件号码"   // DE02.01.030.00
	columnSex         = "性别代码"     // DE02.01.040.00
	columnBirth       = "出生日期"     // DE02.01.005.01
	columnRecord      = "健康档案编号"
	columnPhone       = "联系电话"
	columnVisit       = "就诊流水号"
	columnVisitClass  = "就诊类型代码"
	columnVisitDate   = "就诊日期"
	columnDepartment  = "科室名称"
	columnDiagnosis   = "诊断编码"
	columnDiagnosisAs = "诊断名称"
	columnOrder       = "检查申请单号"
	columnCategory    = "检查类别"
	columnNote        = "备注"
)

// SampleMark in the remarks column says that a person is invented.
const SampleMark = "样本"

type personRow struct {
	line    int
	patient records.Patient
	visit   *records.Visit
	order   *records.Order
}

// ImportPeople reads a CSV file (UTF-8, with or without a byte order mark, or
// GB18030) of people, visits and orders: one row a visit. Rows with an error
// are left out and named; the others are stored in one transaction. Importing
// a file twice changes nothing. A row whose ID number is known under another
// name is an error, never an overwrite.
func (r *Registry) ImportPeople(ctx context.Context, actor records.User, path string) (PeopleResult, error) {
	if err := records.Require(actor, records.RightImport); err != nil {
		return PeopleResult{}, err
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return PeopleResult{}, fmt.Errorf("the patient file cannot be read: %w", err)
	}
	text, encoding, err := decodeText(raw)
	if err != nil {
		return PeopleResult{}, fmt.Errorf("%s: %w", path, err)
	}
	res := PeopleResult{Encoding: encoding}
	rows, rowErrors, err := parsePeople(text)
	if err != nil {
		return res, fmt.Errorf("%s: %w", path, err)
	}
	res.Rows = len(rows) + len(rowErrors)
	res.Errors = rowErrors
	err = r.store.Update(ctx, func(tx *sqlite.Tx) error {
		for _, row := range rows {
			if err := putPerson(tx, row, &res); err != nil {
				return err
			}
		}
		return r.audit(tx, actor, "import_people", filepath.Base(path), "", "ok",
			fmt.Sprintf("%d rows, %d new people, %d rows refused", res.Rows, res.Patients, len(res.Errors)))
	})
	if err != nil {
		return res, fmt.Errorf("%s: nothing was stored: %w", path, err)
	}
	res.Linked, err = r.linkOpen(ctx, actor)
	return res, err
}

func putPerson(tx *sqlite.Tx, row personRow, res *PeopleResult) error {
	p := row.patient
	known, err := tx.PatientByIDNumber(p.IDType, p.IDNumber)
	switch {
	case errors.Is(err, records.ErrNotFound):
		if err := tx.PutPatient(&p); err != nil {
			return err
		}
		res.Patients++
	case err != nil:
		return err
	case known.Name != p.Name || known.BirthDate != p.BirthDate || known.Sex != p.Sex:
		res.Errors = append(res.Errors, RowError{Row: row.line, Field: columnIDNumber, Code: "known_otherwise", Reason: "this ID number is in the register under another name, sex or birth date; compare both with the person's ID card, then correct the row or the register"})
		return nil
	default:
		p = *known
		res.Known++
	}
	if row.visit != nil {
		row.visit.PatientID = p.ID
		if err := tx.PutVisit(row.visit); err != nil {
			return err
		}
		res.Visits++
	}
	if row.order != nil {
		other, err := tx.OrderByAccession(row.order.AccessionNumber)
		if err != nil && !errors.Is(err, records.ErrNotFound) {
			return err
		}
		if err == nil && other.PatientID != p.ID {
			res.Errors = append(res.Errors, RowError{Row: row.line, Field: columnOrder, Code: "order_of_other", Reason: "this request number belongs to another person already; correct the number"})
			return nil
		}
		row.order.PatientID = p.ID
		if row.visit != nil {
			row.order.VisitID = row.visit.ID
		}
		if err := tx.PutOrder(row.order); err != nil {
			return err
		}
		res.Orders++
	}
	return nil
}

func decodeText(raw []byte) (text, encoding string, err error) {
	raw = bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))
	if utf8.Valid(raw) {
		return string(raw), "UTF-8", nil
	}
	out, err := simplifiedchinese.GB18030.NewDecoder().Bytes(raw)
	if err != nil || bytes.ContainsRune(out, utf8.RuneError) {
		return "", "", errors.New("the text is neither UTF-8 nor GB18030; save the file as CSV UTF-8 and import it again")
	}
	return string(out), "GB18030", nil
}

func parsePeople(text string) ([]personRow, []RowError, error) {
	rd := csv.NewReader(strings.NewReader(text))
	rd.FieldsPerRecord = -1
	header, err := rd.Read()
	if err != nil {
		return nil, nil, errors.New("the file holds no header row; the first row must name the columns (姓名, 身份证件号码, ...)")
	}
	column := map[string]int{}
	for i, h := range header {
		column[strings.TrimSpace(h)] = i
	}
	for _, must := range []string{columnName, columnIDType, columnIDNumber, columnSex, columnBirth} {
		if _, ok := column[must]; !ok {
			return nil, nil, fmt.Errorf("the column %s is missing; the first row must name it", must)
		}
	}
	var rows []personRow
	var bad []RowError
	for {
		rec, err := rd.Read()
		if err == io.EOF {
			break
		}
		line, _ := rd.FieldPos(0)
		if err != nil {
			var pe *csv.ParseError
			if errors.As(err, &pe) {
				line = pe.Line
			}
			bad = append(bad, RowError{Row: line, Field: "-", Code: "csv", Reason: "the row is not well-formed CSV: " + err.Error()})
			continue
		}
		if len(rec) != len(header) {
			bad = append(bad, RowError{Row: line, Field: "-", Code: "fields", Args: []string{strconv.Itoa(len(rec)), strconv.Itoa(len(header))},
				Reason: fmt.Sprintf("the row has %d fields, the header %d; check for a missing or surplus comma", len(rec), len(header))})
			continue
		}
		get := func(name string) string {
			if i, ok := column[name]; ok {
				return strings.TrimSpace(rec[i])
			}
			return ""
		}
		row, rowErr := parsePerson(get)
		if rowErr != nil {
			rowErr.Row = line
			bad = append(bad, *rowErr)
			continue
		}
		row.line = line
		rows = append(rows, row)
	}
	return rows, bad, nil
}

func parsePerson(get func(string) string) (personRow, *RowError) {
	fail := func(field, code, reason string, args ...string) (personRow, *RowError) {
		return personRow{}, &RowError{Field: field, Code: code, Args: args, Reason: reason}
	}
	p := records.Patient{
		Name: get(columnName), IDType: get(columnIDType), IDNumber: strings.ToUpper(get(columnIDNumber)),
		Sex: records.Sex(get(columnSex)), HealthRecordNumber: get(columnRecord), Phone: get(columnPhone),
		Note: get(columnNote),
	}
	p.Sample = strings.Contains(p.Note, SampleMark)
	if p.Name == "" {
		return fail(columnName, "name_empty", "the name is empty")
	}
	birth, ok := calendarDate(get(columnBirth))
	if !ok {
		return fail(columnBirth, "date", fmt.Sprintf("%q is not a date (YYYY-MM-DD or YYYYMMDD)", get(columnBirth)), get(columnBirth))
	}
	p.BirthDate = birth
	switch p.Sex {
	case records.SexMale, records.SexFemale, records.SexUnknown, records.SexUnspecified:
	default:
		return fail(columnSex, "sex", fmt.Sprintf("%q is not a sex code of GB/T 2261.1 (0, 1, 2 or 9)", p.Sex), string(p.Sex))
	}
	if p.IDNumber == "" {
		return fail(columnIDNumber, "id_empty", "the ID number is empty")
	}
	if p.IDType == records.IDTypeResident {
		if err := records.CheckResidentID(p.IDNumber); err != nil {
			return fail(columnIDNumber, numberCode("id", err), err.Error()+"; compare it with the ID card and correct the row")
		}
		if d, err := records.ResidentIDBirthDate(p.IDNumber); err == nil && d != p.BirthDate {
			return fail(columnBirth, "id_says_birth", fmt.Sprintf("the ID number says that the birth date is %s, the row says %s; correct the one that is wrong", d, p.BirthDate), d, p.BirthDate)
		}
		if s, err := records.ResidentIDSex(p.IDNumber); err == nil && p.Sex != records.SexUnknown && s != p.Sex {
			return fail(columnSex, "id_says_sex", fmt.Sprintf("the ID number says that the sex is %s, the row says %s; correct the one that is wrong", s, p.Sex), string(s), string(p.Sex))
		}
	}
	if p.HealthRecordNumber != "" {
		if err := records.CheckHealthRecordNumber(p.HealthRecordNumber); err != nil {
			return fail(columnRecord, numberCode("record", err), err.Error())
		}
	}
	row := personRow{patient: p}
	if n := get(columnVisit); n != "" {
		date, ok := calendarDate(get(columnVisitDate))
		if !ok {
			return fail(columnVisitDate, "date", fmt.Sprintf("%q is not a date (YYYY-MM-DD or YYYYMMDD)", get(columnVisitDate)), get(columnVisitDate))
		}
		row.visit = &records.Visit{Number: n, Class: records.VisitClass(get(columnVisitClass)), Date: date, Department: get(columnDepartment)}
		switch row.visit.Class {
		case records.VisitOutpatient, records.VisitEmergency, records.VisitInpatient, records.VisitOther:
		default:
			return fail(columnVisitClass, "visit_class", fmt.Sprintf("%q is not a patient type (1, 2, 3 or 9)", row.visit.Class), string(row.visit.Class))
		}
		if c := get(columnDiagnosis); c != "" {
			row.visit.Diagnoses = []records.Diagnosis{{Code: c, Name: get(columnDiagnosisAs)}}
		}
	}
	if n := get(columnOrder); n != "" {
		row.order = &records.Order{AccessionNumber: n, Category: get(columnCategory)}
	}
	return row, nil
}

// numberCode names what is wrong with a number, e.g. "id_check_digit".
func numberCode(which string, err error) string {
	var n *records.NumberError
	if errors.As(err, &n) {
		return which + "_" + n.Code
	}
	return which
}

// calendarDate reads 2022-05-14, 2022/5/14 or 20220514 as YYYYMMDD.
func calendarDate(s string) (string, bool) {
	for _, layout := range []string{"20060102", "2006-01-02", "2006/1/2", "2006-1-2"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.Format("20060102"), true
		}
	}
	return "", false
}
