package registry

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"

	"longying/records"
	"longying/records/sqlite"
)

func file(t *testing.T, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// take imports a file and checks how many rows are new, changed, the same, to
// review and refused.
func take(t *testing.T, reg *Registry, path string, want [5]int) PeopleResult {
	t.Helper()
	res, err := reg.ImportPeople(t.Context(), doctor(), path)
	if err != nil {
		t.Fatal(err)
	}
	b := res.Batch
	if got := [5]int{b.New, b.Changed, b.Same, b.Review, b.Refused}; got != want {
		t.Fatalf("new, changed, the same, review, refused: %v, want %v: %+v", got, want, res.Errors)
	}
	return res
}

func record(t *testing.T, reg *Registry, text string) PatientRecord {
	t.Helper()
	found, err := reg.Search(t.Context(), doctor(), text)
	if err != nil || len(found) != 1 {
		t.Fatalf("%d people under %s, %v", len(found), text, err)
	}
	rec, err := reg.Record(t.Context(), doctor(), found[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

const peopleHeader = "姓名,身份证号,性别,出生日期,联系电话,住址,就诊流水号,就诊类型,就诊日期,科室,诊断编码,诊断名称,检验项目,检验结果,单位,参考范围,异常标志,检验时间,过敏原\n"

func TestARowOfATableIsStoredOnceAndABatchIsTakenBackToWhatWasBefore(t *testing.T) {
	reg, _ := register(t)
	id := residentID("19490101", 123)
	row := func(phone, value string) string {
		return "李明," + id + ",男,1949-01-01," + phone + ",榆中县,V1,门诊,2026-01-02,内科,J18.900,肺炎,白细胞," + value + ",10^9/L,3.5-9.5,,2026-01-02 08:30,青霉素\n"
	}
	first := file(t, "a.csv", []byte(peopleHeader+row("139", "12.1")))
	f, err := reg.ReadPeople(t.Context(), doctor(), first, nil)
	if err != nil {
		t.Fatal(err)
	}
	seen, err := reg.PreviewPeople(t.Context(), doctor(), f)
	if err != nil || len(seen.Items) != 1 || seen.Items[0].Status != RowNew || seen.Batch.Changes == 0 {
		t.Fatalf("%+v, %v", seen, err)
	}
	if found, _ := reg.Search(t.Context(), doctor(), id); len(found) != 0 {
		t.Fatal("a preview stored somebody")
	}
	take(t, reg, first, [5]int{1, 0, 0, 0, 0})
	take(t, reg, first, [5]int{0, 0, 1, 0, 0})
	rec := record(t, reg, id)
	if len(rec.Visits) != 1 || len(rec.Visits[0].Diagnoses) != 1 || len(rec.Labs) != 1 || len(rec.Allergies) != 1 || rec.Health.Address != "榆中县" {
		t.Fatalf("%+v", rec)
	}
	if flag, stated := rec.Labs[0].Abnormal(); flag != "H" || stated || rec.Labs[0].Time != "202601020830" {
		t.Errorf("%+v", rec.Labs[0])
	}
	changed := take(t, reg, file(t, "b.csv", []byte(peopleHeader+row("138", "11.0"))), [5]int{0, 1, 0, 0, 0})
	if c := changed.Items[0].Changes; len(c) != 2 || c[0].Old != "139" || c[0].New != "138" || c[1].Old != "12.1" || c[1].New != "11.0" {
		t.Errorf("old and new: %+v", c)
	}
	undone, err := reg.UndoBatch(t.Context(), doctor(), changed.Batch.ID)
	if err != nil || len(undone.Kept) != 0 {
		t.Fatalf("%+v, %v", undone, err)
	}
	if rec := record(t, reg, id); rec.Patient.Phone != "139" || rec.Labs[0].Value != "12.1" {
		t.Errorf("undoing left %+v", rec)
	}
	if _, err := reg.UndoBatch(t.Context(), doctor(), changed.Batch.ID); err == nil {
		t.Error("undone twice")
	}
}

func TestWhatWasChangedOrUsedSinceIsKeptByUndoingWithTheReason(t *testing.T) {
	reg, store := register(t)
	a, b := residentID("19490101", 123), residentID("19500101", 125)
	header := "姓名,身份证号,联系电话,检查申请单号\n"
	res := take(t, reg, file(t, "a.csv", []byte(header+"李明,"+a+",139,ACC1\n王强,"+b+",137,\n")), [5]int{2, 0, 0, 0, 0})
	take(t, reg, file(t, "b.csv", []byte(header+"王强,"+b+",136,\n")), [5]int{0, 1, 0, 0, 0})
	ex := records.Examination{StudyUID: "2.25.9", Link: records.LinkPending, AccessionNumber: "ACC1", Header: records.Header{PatientID: "x"}}
	if err := store.Update(t.Context(), func(tx *sqlite.Tx) error { return reg.linkByRule(tx, doctor(), &ex) }); err != nil || !ex.Link.Linked() {
		t.Fatal(ex.Link, err)
	}
	undone, err := reg.UndoBatch(t.Context(), doctor(), res.Batch.ID)
	if err != nil || undone.Undone != 0 || len(undone.Kept) != 3 || undone.Batch.State != records.BatchUndoneInPart {
		t.Fatalf("%+v, %v", undone, err)
	}
	codes := map[string]int{}
	for _, k := range undone.Kept {
		codes[k.Kind+" "+k.Code+" "+k.By]++
	}
	if codes["patient changed "] != 1 || codes["order used study"] != 1 || codes["patient used study"] != 1 {
		t.Error(codes)
	}
	if _, err := reg.Unlink(t.Context(), doctor(), "2.25.9", "x", ""); err != nil {
		t.Fatal(err)
	}
	undone, err = reg.UndoBatch(t.Context(), doctor(), res.Batch.ID)
	if err != nil || undone.Undone != 2 || len(undone.Kept) != 1 {
		t.Errorf("after unlinking: %+v, %v", undone, err)
	}
}

func TestNoNumberAloneIdentifiesARowAndWhatContradictsWaitsForAPerson(t *testing.T) {
	reg, _ := register(t)
	a, b := residentID("19490101", 123), residentID("19500101", 125)
	header := "姓名,身份证号,性别,出生日期,健康档案编号\n"
	take(t, reg, file(t, "a.csv", []byte(header+"李明,"+a+",1,19490101,62010200100100001\n王强,"+b+",1,19500101,\n")), [5]int{2, 0, 0, 0, 0})
	wrong := []byte(a)
	wrong[17] = "0123456789X"[(strings.IndexByte("0123456789X", wrong[17])+1)%11]
	res := take(t, reg, file(t, "b.csv", []byte(header+
		"李敏,"+a+",1,19490101,\n"+ // another name
		"李明,"+b+",1,19500101,\n"+ // the number of another
		"王强,"+b+",1,19500101,62010200100100001\n"+ // numbers of two people
		"李明,"+string(wrong)+",1,19490101,\n"+ // a slip
		"李明,"+a+",2,19490101,\n"+ // sex
		"李明,,1,19490102,62010200100100001\n")), // birth date
		[5]int{0, 0, 0, 4, 2})
	want := []string{"known_otherwise", "known_otherwise", "review_two_people", "id_check_digit", "id_says_sex", "known_otherwise"}
	for i, e := range res.Errors {
		if e.Code != want[i] || e.Row != i+2 || e.Reason == "" {
			t.Errorf("%d: %+v, want %s", i, e, want[i])
		}
	}
	waiting, err := reg.IntakeReviews(t.Context(), doctor())
	if err != nil || len(waiting) != 4 {
		t.Errorf("%d rows wait, %v", len(waiting), err)
	}
}

func TestTwoRowsOfAFileThatContradictEachOtherAreNotTakenInTheOrderTheyStand(t *testing.T) {
	reg, _ := register(t)
	a := residentID("19490101", 123)
	path := file(t, "a.csv", []byte("姓名,身份证号,电话\n李明,"+a+",139\n李明,"+a+",138\n"))
	take(t, reg, path, [5]int{1, 0, 0, 0, 1})
	take(t, reg, path, [5]int{0, 0, 1, 0, 1})
}

func TestTheSameTableReadsAlikeAsCSVInEveryEncodingAndAsXLSX(t *testing.T) {
	id := residentID("19490101", 123)
	rows := [][]string{{"姓名", "身份证号", "出生日期"}, {"𠮷㐂\U00020BB7", id, "1949-01-01"}} // characters of GB18030's four bytes
	text := strings.Join(rows[0], ",") + "\n" + strings.Join(rows[1], ",") + "\n"
	gb, err := simplifiedchinese.GB18030.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	x := excelize.NewFile()
	for i, row := range rows {
		for j, c := range row {
			cell, _ := excelize.CoordinatesToCellName(j+1, i+1)
			if err := x.SetCellStr("Sheet1", cell, c); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := x.SetCellFormula("Sheet1", "C2", "DATE(1949,1,1)"); err != nil { // never computed
		t.Fatal(err)
	}
	if err := x.SetCellFloat("Sheet1", "C2", 17899, -1, 64); err != nil { // 1949-01-01 as a day of 1900
		t.Fatal(err)
	}
	book, err := x.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{"utf8.csv": []byte(text), "bom.csv": []byte("\xef\xbb\xbf" + text), "gb18030.csv": []byte(gb), "book.xlsx": book.Bytes()} {
		reg, _ := register(t)
		take(t, reg, file(t, name, content), [5]int{1, 0, 0, 0, 0})
		if rec := record(t, reg, id); rec.Patient.Name != rows[1][0] || rec.Patient.BirthDate != "19490101" {
			t.Errorf("%s: %+v", name, rec.Patient)
		}
	}
}

func TestAMappingIsCorrectedSavedAndUsedForTheNextFile(t *testing.T) {
	reg, _ := register(t)
	id := residentID("19490101", 123)
	path := file(t, "a.csv", []byte("XM,SFZ,卡号\n李明,"+id+",77\n"))
	f, err := reg.ReadPeople(t.Context(), doctor(), path, nil)
	if err == nil || f == nil || len(f.Headings) != 3 {
		t.Fatalf("no column says who it is: %v", err)
	}
	m := f.Mapping
	m.Name = "县医院"
	for heading, to := range map[string]string{"XM": "name", "SFZ": "id_number", "卡号": "patient_number"} {
		if err := MapColumn(&m, heading, to); err != nil {
			t.Fatal(err)
		}
	}
	if MapColumn(&m, "XM", "nonsense") == nil || MapColumn(&m, "no such column", "name") == nil {
		t.Error("mapped to nothing that there is")
	}
	if err := reg.SaveMapping(t.Context(), doctor(), m); err != nil {
		t.Fatal(err)
	}
	saved, err := reg.Mapping(t.Context(), doctor(), "县医院")
	if err != nil {
		t.Fatal(err)
	}
	f, err = reg.ReadPeople(t.Context(), doctor(), path, saved)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := reg.StorePeople(t.Context(), doctor(), f); err != nil {
		t.Fatal(err)
	}
	if n := record(t, reg, "77").Patient.Numbers; len(n) != 1 || n[0].Issuer != "县医院" {
		t.Errorf("%+v", n)
	}
}

func TestAMessageIsTakenOnceAndAMergeWaitsForAPerson(t *testing.T) {
	reg, _ := register(t)
	msh := func(event, id string) string {
		return "MSH|^~\\&|HIS|YZ|||20260102||" + event + "|" + id + "|P|2.5.1||||||UNICODE UTF-8\r"
	}
	person := func(number, phone string) string {
		return "PID|1||" + number + "^^^HIS||李^明||19490101|M|||||" + phone + "\r"
	}
	path := file(t, "adt.hl7", []byte(msh("ADT^A04", "1")+person("77", "139")+msh("ADT^A08", "2")+person("77", "138")+msh("ADT^A04", "3")+person("76", "137")+
		msh("ADT^A40", "4")+person("77", "")+"MRG|76^^^HIS\r"))
	res := take(t, reg, path, [5]int{2, 1, 0, 1, 0})
	if record(t, reg, "77").Patient.Phone != "138" || len(record(t, reg, "76").Merged) != 0 {
		t.Error("the messages were not taken in order, or merged by themselves")
	}
	take(t, reg, path, [5]int{0, 0, 4, 0, 0}) // the older phone does not come back
	if record(t, reg, "77").Patient.Phone != "138" {
		t.Error("a message was taken twice")
	}
	waiting, err := reg.IntakeReviews(t.Context(), doctor())
	if err != nil || len(waiting) != 1 || waiting[0].Code != "merge" || waiting[0].PatientID != record(t, reg, "77").Patient.ID {
		t.Errorf("%+v, %v", waiting, err)
	}
	undone, err := reg.UndoBatch(t.Context(), doctor(), res.Batch.ID)
	if err != nil || len(undone.Kept) != 0 {
		t.Fatalf("%+v, %v", undone, err)
	}
	take(t, reg, path, [5]int{2, 1, 0, 1, 0})
}

func TestABundleIsStoredOnceUnderItsPatient(t *testing.T) {
	reg, _ := register(t)
	path := file(t, "bundle.json", []byte(`{"resourceType":"Bundle","entry":[
		{"resource":{"resourceType":"Patient","id":"p","identifier":[{"system":"urn:his","value":"77"}],"name":[{"text":"李明"}],"gender":"male","birthDate":"1949-01-01"}},
		{"resource":{"resourceType":"Observation","id":"o","status":"final","subject":{"reference":"Patient/p"},"code":{"text":"CEA"},"valueQuantity":{"value":12,"unit":"ng/mL"},"referenceRange":[{"high":{"value":5}}]}}]}`))
	take(t, reg, path, [5]int{1, 1, 0, 0, 0})
	take(t, reg, path, [5]int{0, 0, 2, 0, 0})
	if labs := record(t, reg, "77").Labs; len(labs) != 1 || labs[0].Range != "≤5" {
		t.Errorf("%+v", labs)
	}
}

func TestARowThatWaitsIsDecidedByAPersonAndLeavesTheIdentityAsItIs(t *testing.T) {
	reg, _ := register(t)
	id := residentID("19490101", 123)
	header := "姓名,身份证号,电话,过敏原\n"
	take(t, reg, file(t, "a.csv", []byte(header+"李明,"+id+",139,\n")), [5]int{1, 0, 0, 0, 0})
	path := file(t, "b.csv", []byte(header+"李敏,"+id+",138,青霉素\n"))
	take(t, reg, path, [5]int{0, 0, 0, 1, 0})
	waiting, err := reg.IntakeReviews(t.Context(), doctor())
	if err != nil || len(waiting) != 1 {
		t.Fatal(waiting, err)
	}
	if _, err := reg.DecideIntake(t.Context(), doctor(), waiting[0].ID, true, " "); err == nil {
		t.Error("decided without a reason")
	}
	if _, err := reg.DecideIntake(t.Context(), doctor(), waiting[0].ID, true, "与身份证核对，姓名录入有误"); err != nil {
		t.Fatal(err)
	}
	if rec := record(t, reg, id); rec.Patient.Name != "李明" || rec.Patient.Phone != "139" || len(rec.Allergies) != 1 {
		t.Errorf("%+v", rec)
	}
	if _, err := reg.DecideIntake(t.Context(), doctor(), waiting[0].ID, false, "x"); err == nil {
		t.Error("decided twice")
	}
	take(t, reg, path, [5]int{0, 0, 0, 1, 0}) // said again, and decided already
	if waiting, _ = reg.IntakeReviews(t.Context(), doctor()); len(waiting) != 0 {
		t.Error("a row that was decided waits again")
	}
}
