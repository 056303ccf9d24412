package sqlite

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"longying/imaging"
	"longying/records"
)

// TestAStolenFolderShowsNobody puts a name, numbers and free text into every
// kind of entry and then searches the bytes of every file, log and shared
// memory included, in every encoding in use.
func TestAStolenFolderShowsNobody(t *testing.T) {
	folder := t.TempDir()
	s := openStore(t, folder)
	d := intent(t, s)
	doctor := records.User{Login: "zhanglei", Name: "张蕾医师", StaffNumber: "D-4711-99", Role: records.RoleRadiologist}
	update(t, s, func(tx *Tx) error {
		f := finding("2.25.1", "1.2")
		run := records.Run{StudyUID: "1.2", Reason: "刘小满 13900001234", Ref: imaging.Ref{StudyUID: "1.2"}}
		d.LastError = "刘小满 " + testID
		return errors.Join(tx.InsertFinding(f),
			tx.PutVisit(&records.Visit{PatientID: "p1", Number: "VISIT-556677", Note: "刘小满"}),
			tx.PutOrder(&records.Order{PatientID: "p1", AccessionNumber: "ACC-998877"}),
			tx.PutReport(&records.Report{StudyUID: "1.2", Findings: []records.Sentence{{Text: "刘小满 右肺结节"}}}),
			tx.PutRun(&run),
			tx.PutConsult(&records.Consult{PatientID: "p1", Title: "刘小满 会诊", Question: testID}),
			tx.PutDelivery(&d), tx.PutPayload(d.ID, []byte("刘小满 "+testID)),
			tx.AppendAttempt(&records.Attempt{DeliveryID: d.ID, Detail: "刘小满"}),
			tx.PutUser(&doctor), tx.PutSetting("organization", "刘小满医院"),
			tx.AppendAudit(&records.AuditEvent{UserName: doctor.Name, Detail: "刘小满"}), tx.PutAnnotation(annotation()), tx.PutPhrase(&records.Phrase{Key: "lxm", Title: "刘小满家长", Text: "已告知刘小满家长。"}), putMedicalRecord(tx, "p1"))
	})
	update(t, s, func(tx *Tx) error { // replaced content is gone or sealed too
		p := patient()
		p.Note = "changed"
		return tx.PutPatient(p)
	})
	secrets := []string{"刘小满", "小满", testID, "110105", "19491231", "62010200100100001", "13900001234", "139-0000-1234", "H778899", "VISIT-556677", "ACC-998877",
		"ACC-1", "Xiaoman", "右肺结节", "张蕾", "主动脉", "zhanglei", "D-4711-99", "胸部正位",
		"城关镇", "J18.900", "肺炎", "青霉素", "LAB-445566", "癌胚抗原", "胸部平扫", "外院", "县医院导出"}
	search := func(when string) {
		names, err := os.ReadDir(folder)
		if err != nil || len(names) == 0 {
			t.Fatal(err)
		}
		for _, n := range names {
			content, err := os.ReadFile(filepath.Join(folder, n.Name()))
			if err != nil {
				t.Fatal(err)
			}
			for what, enc := range map[string]interface{ String(string) (string, error) }{
				"UTF-8":     unicode.UTF8.NewEncoder(),
				"GB18030":   simplifiedchinese.GB18030.NewEncoder(),
				"UTF-16 LE": unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewEncoder(),
				"UTF-16 BE": unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM).NewEncoder(),
			} {
				for _, secret := range secrets {
					needle, err := enc.String(secret)
					if err != nil {
						t.Fatal(err)
					}
					if bytes.Contains(content, []byte(needle)) {
						t.Errorf("%s: %s shows %q as %s", when, n.Name(), secret, what)
					}
				}
			}
		}
	}
	if walSize(folder) == 0 {
		t.Fatal("nothing is in the log: the search would prove nothing of it")
	}
	search("open")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	search("closed")
	if content, _ := os.ReadFile(filepath.Join(folder, DatabaseFile)); !bytes.Contains(content, []byte("2.25.1")) {
		t.Error("not even a finding UID is found: the search looks at the wrong files")
	}
}

func TestASealedRowMovedToAnotherPersonDoesNotOpen(t *testing.T) {
	folder := t.TempDir()
	s := openStore(t, folder)
	update(t, s, func(tx *Tx) error {
		return errors.Join(tx.PutPatient(patient()), tx.PutPatient(&records.Patient{ID: "p2", Name: "他人"}))
	})
	if _, err := raw(t, folder).Exec(`UPDATE patients SET sealed = (SELECT sealed FROM patients WHERE id = 'p2') WHERE id = 'p1'`); err != nil {
		t.Fatal(err)
	}
	view(t, s, func(tx *Tx) error {
		if p, err := tx.Patient("p1"); err == nil {
			t.Errorf("p1 is now %s", p.Name)
		}
		return nil
	})
}
