package sqlite

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"longying/imaging"
	"longying/records"
	"longying/records/seal"
)

// writeOlder, where it is set, writes the rows of testdata/older that are not
// there yet.
const writeOlder = "LONGYING_WRITE_OLDER"

func olderFile(version int) string {
	return filepath.Join("testdata", "older", fmt.Sprintf("%04d.sql", version))
}

// older makes a database of an older schema with the rows that the program of
// that time wrote, kept in testdata/older.
func older(t *testing.T, folder string, known []migration) {
	t.Helper()
	version := len(known)
	s, err := open(context.Background(), folder, testKey(t, 1), testClock, known)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	rows, err := os.ReadFile(olderFile(version))
	if errors.Is(err, os.ErrNotExist) && os.Getenv(writeOlder) != "" {
		fill(t, s, version)
		writeRows(t, s, olderFile(version))
		return
	}
	if err != nil {
		t.Fatalf("a new schema needs rows of the one before it: run %s=1 go test ./records/sqlite -run OlderSchema (%v)", writeOlder, err)
	}
	if _, err := s.writer.Exec(string(rows)); err != nil {
		t.Fatal(err)
	}
}

// fill stores one of everything that a schema has a place for.
func fill(t *testing.T, s *Store, version int) {
	t.Helper()
	d := intent(t, s)
	update(t, s, func(tx *Tx) error {
		f := finding("2.25.1", "1.2")
		err := errors.Join(tx.InsertFinding(f), tx.PutVisit(&records.Visit{PatientID: "p1", Number: "V1", Note: "头痛"}),
			tx.PutOrder(&records.Order{PatientID: "p1", AccessionNumber: "A1"}),
			tx.PutReport(&records.Report{StudyUID: "1.2", Findings: []records.Sentence{{Text: "右肺结节"}}}),
			tx.PutRun(&records.Run{ID: "r1", StudyUID: "1.2", Outcome: "proposed", Ref: imaging.Ref{StudyUID: "1.2"}}),
			tx.PutConsult(&records.Consult{ID: "c1", PatientID: "p1", Title: "会诊"}),
			tx.PutPayload(d.ID, []byte("payload")), tx.AppendAttempt(&records.Attempt{DeliveryID: d.ID, Outcome: "no_answer"}),
			tx.PutUser(&records.User{ID: "u1", Login: "wang", Name: "王医生", Role: records.RoleRadiologist}),
			tx.PutSetting("organization", `{"name":"县医院"}`), second(tx.PutObject(&records.Object{SOPUID: "1.2.3", StudyUID: "1.2", SHA256: "ab", File: "f", Size: 7})))
		next, e := f.Confirm(records.User{ID: "u1", Name: "王医生", Role: records.RoleRadiologist}, testTime)
		return errors.Join(err, e, tx.AppendFindingVersion(&next), tx.AppendAudit(&records.AuditEvent{Action: "confirm", Object: "2.25.1"}), tx.AppendAudit(&records.AuditEvent{Action: "sign"}))
	})
	if version >= 2 {
		update(t, s, func(tx *Tx) error {
			return tx.PutCharacterSet(tx.DeviceKey(imaging.Device{Manufacturer: "M"}, ""), records.CharacterSetChoice{Used: "GB18030"})
		})
	}
	if version >= 3 {
		update(t, s, func(tx *Tx) error {
			return tx.InsertAcceptance(&records.Acceptance{ID: "a1", Model: records.ModelRef{ID: "m", Version: "1.0.0", SHA256: "cd"}, Act: records.ModelAccepted, At: testTime, ByName: "王医生"})
		})
	}
	if version >= 4 {
		update(t, s, func(tx *Tx) error {
			return tx.InsertFirstRead(&records.FirstRead{ID: "f1", StudyUID: "1.2", ModelID: "m", Answer: records.AnswerNo, Impression: "未见异常", By: "u1", ByName: "王医生", At: testTime})
		})
	}
	if version >= 6 {
		update(t, s, func(tx *Tx) error {
			return errors.Join(tx.InsertSigningKey(&seal.SigningKey{ID: "k1", UserID: "u1", Public: "04ab"}, testTime),
				tx.InsertCriticalEvent(&records.CriticalEvent{ID: "v1", StudyUID: "1.2", Act: records.CriticalFlagged, What: "张力性气胸", By: "u1", ByName: "王医生", At: testTime}))
		})
	}
	if version >= 5 {
		update(t, s, func(tx *Tx) error {
			return errors.Join(tx.PutPatient(&records.Patient{ID: "p9", Name: "张三"}),
				tx.InsertMerge(&records.Merge{ID: "m1", Act: records.ActMerge, Kept: "p1", Gone: "p9", Reason: "重复登记", By: "u1", ByName: "王医生", At: testTime}))
		})
	}
	if version >= 7 {
		update(t, s, func(tx *Tx) error { return putMedicalRecord(tx, "p1") })
	}
	if version >= 10 {
		update(t, s, func(tx *Tx) error {
			return tx.PutPhrase(&records.Phrase{ID: "ph1", Key: "wym", Title: "王医生的话", Text: "请联系王医生。", Owner: "u1", At: testTime})
		})
	}
	if version >= 9 {
		update(t, s, func(tx *Tx) error { return tx.PutAnnotation(annotation()) })
	}
}

// putMedicalRecord stores one of everything of the medical record and of an
// import.
func putMedicalRecord(tx *Tx, p string) error {
	at := func(id string) records.Source { return records.Source{System: "HIS", ID: id} }
	_, err := tx.PutIntakeReview(&records.IntakeReview{BatchID: "b1", State: records.ReviewOpen, At: testTime, Intake: records.Intake{Patient: records.Patient{Name: "刘小满"}}})
	_, e := tx.TakeMessage("刘小满 H778899", "b1")
	return errors.Join(err, e, tx.PutHealthRecord(&records.HealthRecord{PatientID: p, Address: "甘肃省榆中县城关镇"}),
		tx.PutDiagnosis(&records.DiagnosisEntry{ID: "d1", PatientID: p, Source: at("D-1"), VisitNumber: "V1", Code: "J18.900", Name: "社区获得性肺炎"}),
		tx.PutAllergy(&records.Allergy{ID: "al1", PatientID: p, Source: at("A-1"), Substance: "青霉素过敏"}),
		tx.PutLabValue(&records.LabValue{ID: "l1", PatientID: p, Source: at("LAB-445566"), Name: "癌胚抗原测定", Value: "12.5", Range: "0-5"}),
		tx.PutPastReport(&records.PastReport{ID: "r1", PatientID: p, Source: at("R-1"), Title: "胸部平扫", Findings: "外院右肺结节"}),
		tx.PutMapping(&records.Mapping{Name: "县医院导出", Columns: []records.MappedColumn{{Heading: "姓名", Field: "name"}}}),
		tx.PutBatch(&records.Batch{ID: "b1", File: "刘小满.csv", State: records.BatchStored, At: testTime}),
		tx.InsertChange("b1", &records.EntryChange{Seq: 1, Kind: records.EntryAllergy, ID: "al1", PatientID: p, After: []byte(`{"substance":"青霉素过敏"}`)}))
}

// columns of every table, but for the list of migrations.
func columns(t *testing.T, s *Store) map[string][]string {
	t.Helper()
	rows, err := s.reader.Query(`SELECT t.name, c.name FROM sqlite_schema t, pragma_table_info(t.name) c WHERE t.type = 'table' AND t.name <> 'schema_migrations' ORDER BY t.name, c.cid`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	out := map[string][]string{}
	for rows.Next() {
		var table, column string
		if err := rows.Scan(&table, &column); err != nil {
			t.Fatal(err)
		}
		out[table] = append(out[table], column)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// literals are the rows of a table, each value as SQL writes it.
func literals(t *testing.T, s *Store, table string, columns []string) []string {
	t.Helper()
	rows, err := s.reader.Query("SELECT " + strings.Join(columns, ", ") + " FROM " + table + " ORDER BY rowid")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		cells, to := make([]any, len(columns)), make([]any, len(columns))
		for i := range cells {
			to[i] = &cells[i]
		}
		if err := rows.Scan(to...); err != nil {
			t.Fatal(err)
		}
		var words []string
		for _, c := range cells {
			switch c := c.(type) {
			case nil:
				words = append(words, "NULL")
			case int64:
				words = append(words, fmt.Sprint(c))
			case []byte:
				words = append(words, "x'"+hex.EncodeToString(c)+"'")
			case string:
				words = append(words, "'"+strings.ReplaceAll(c, "'", "''")+"'")
			default:
				t.Fatalf("%s has a value of type %T", table, c)
			}
		}
		out = append(out, strings.Join(words, ", "))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

func writeRows(t *testing.T, s *Store, path string) {
	t.Helper()
	var b strings.Builder
	b.WriteString("-- Rows as the program wrote them into a database of this schema, sealed under the key of the tests.\nBEGIN;\nPRAGMA defer_foreign_keys = ON;\n")
	tables := columns(t, s)
	for _, table := range slices.Sorted(maps.Keys(tables)) {
		names := tables[table]
		for _, row := range literals(t, s, table, names) {
			fmt.Fprintf(&b, "INSERT OR REPLACE INTO %s (%s) VALUES (%s);\n", table, strings.Join(names, ", "), row)
		}
	}
	b.WriteString("COMMIT;\n")
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(b.String()), 0o644)); err != nil {
		t.Fatal(err)
	}
}

func TestEveryOlderSchemaIsBroughtUpWithEveryRow(t *testing.T) {
	known, err := shippedMigrations()
	if err != nil {
		t.Fatal(err)
	}
	for version := 1; version < len(known); version++ {
		t.Run(known[version-1].name, func(t *testing.T) {
			folder := t.TempDir()
			older(t, folder, known[:version])
			old, err := open(context.Background(), folder, testKey(t, 1), testClock, known[:version])
			if err != nil {
				t.Fatal(err)
			}
			tables := columns(t, old)
			before := map[string][]string{}
			for table, names := range tables {
				if before[table] = literals(t, old, table, names); len(before[table]) == 0 {
					t.Errorf("no row of %s: the test proves nothing of it", table)
				}
			}
			old.Close()
			s := openStore(t, folder)
			for table, names := range tables {
				after := literals(t, s, table, names)
				if table == "consults" && version < 11 {
					continue // they get a history and are sealed anew: TestAConsultOfBeforeTheStatesKeepsWhatItSaysAndGetsItsHistory
				}
				if strings.Join(after, "\n") != strings.Join(before[table], "\n") {
					t.Errorf("%s: %d rows before, %d after, or others:\n%.300s\n%.300s", table, len(before[table]), len(after), before[table], after)
				}
			}
			if r := verify(t, s); !r.Whole() || r.Count != 2 {
				t.Errorf("%d events, %+v", r.Count, r.FirstBroken)
			}
			if err := s.CheckIntegrity(t.Context()); err != nil {
				t.Error(err)
			}
			view(t, s, func(tx *Tx) error {
				p, err := tx.Patient("p1")
				history, e := tx.FindingHistory("2.25.1")
				n, e2 := tx.CheckSigned()
				due, e3 := tx.DueDeliveries(testTime, 0)
				c, e4 := tx.Consult("c1")
				if err := errors.Join(err, e, e2, e3, e4); err != nil {
					return err
				}
				if c.Title != "会诊" || c.PatientID != "p1" || len(c.History) != 2 {
					t.Errorf("the consult is %+v", c)
				}
				if p.Name != "刘小满" || len(history) != 2 || history[1].State != records.FindingConfirmed || n != 1 || len(due) != 1 {
					t.Errorf("%s, %d versions, %d signed, %d due", p.Name, len(history), n, len(due))
				}
				return nil
			})
			update(t, s, func(tx *Tx) error { return tx.AppendAudit(&records.AuditEvent{Action: "goes on"}) })
		})
	}
}

// The rows of the newest schema are written before there is a newer one.
func TestTheNewestSchemaHasItsRowsOnceItIsOlderSchema(t *testing.T) {
	if os.Getenv(writeOlder) == "" {
		t.Skip("writes testdata")
	}
	known, err := shippedMigrations()
	if err != nil {
		t.Fatal(err)
	}
	for version := 1; version <= len(known); version++ {
		older(t, t.TempDir(), known[:version])
	}
}
