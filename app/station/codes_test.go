package station

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"

	"longying/app/delivery"
	"longying/records"
	"longying/records/outbox"
)

// put writes a file in a folder of the test.
func (b *bench) put(name, text string) string {
	b.t.Helper()
	path := filepath.Join(b.t.TempDir(), name)
	b.must(os.WriteFile(path, []byte(text), 0o600))
	return path
}

func TestACodeTableIsImportedAndEachRefusedRowIsNamed(t *testing.T) {
	b := newBench(t)
	path := b.put("icd.csv", "代码,名称\nR91.x00,肺占位\nJ18.900,肺炎\nnosuch,某病\nJ18.900,肺炎\n,无代码\nA00.000x001,霍乱\n")
	res, err := b.Delivery.ImportCodes(b.ctx, b.admin, delivery.TableICD10, path)
	b.must(err)
	if res.Codes != 3 || len(res.Refused) != 3 {
		t.Fatalf("%+v", res)
	}
	for i, want := range []string{`line 4: "nosuch"`, "line 5: the code J18.900 stands in line 3", "line 6: it has no code"} {
		if !strings.Contains(res.Refused[i], want) {
			t.Errorf("refused %q, want %q", res.Refused[i], want)
		}
	}
	list, err := b.Delivery.Codes(b.ctx)
	b.must(err)
	if len(list) != 1 || list[0].Name != delivery.TableICD10 || len(list[0].Codes) != 3 || list[0].Codes[0].Name != "肺占位" {
		t.Errorf("%+v", list)
	}
	// GB18030 is read too, and a table with nothing in it changes nothing.
	gb, err := simplifiedchinese.GB18030.NewEncoder().String("code,name\nC34.1,肺上叶\n")
	b.must(err)
	if _, err := b.Delivery.ImportCodes(b.ctx, b.admin, delivery.TableTopography, b.put("top.csv", gb)); err != nil {
		t.Error(err)
	}
	if _, err := b.Delivery.ImportCodes(b.ctx, b.admin, delivery.TableICD10, b.put("bad.csv", "code,name\n123,x\n")); err == nil || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("a table without one good row: %v", err)
	}
	list, err = b.Delivery.Codes(b.ctx)
	b.must(err)
	if len(list) != 2 || len(list[0].Codes) != 3 || list[1].Codes[0].Name != "肺上叶" {
		t.Errorf("%+v", list)
	}
	_, err = b.Delivery.ImportCodes(b.ctx, b.radiologist, delivery.TableICD10, path)
	b.refused("right", err)
}

func TestTablesAndMappingChangeWhatLeaves(t *testing.T) {
	b := newBench(t)
	doc := b.signed("随访。")
	read := func(format string) string {
		path, err := b.Delivery.Export(b.ctx, b.radiologist, doc, format, t.TempDir())
		b.must(err)
		raw, err := os.ReadFile(path)
		b.must(err)
		return string(raw)
	}
	modality := doc.Document.Examination.Modality
	_, err := b.Delivery.ImportCodes(b.ctx, b.admin, delivery.TableItems, b.put("items.csv", "code,name,modality\nXM-0042,胸部正位片,"+modality+"\n"))
	b.must(err)
	if !strings.Contains(read("cda"), "XM-0042") || !strings.Contains(read("row-csv"), "XM-0042") {
		t.Error("the item's code does not leave")
	}
	_, err = b.Delivery.ImportCodes(b.ctx, b.admin, delivery.TableMapping, b.put("map.json", `{"columns":[{"code":"XM","from":"patient.name"}]}`))
	b.must(err)
	if got := read("row-csv"); got != "XM\n"+doc.Document.Patient.Name+"\n" {
		t.Errorf("%q", got)
	}
	if _, err = b.Delivery.ImportCodes(b.ctx, b.admin, delivery.TableMapping, b.put("map.json", `{"columns":[{"code":"XM","from":"patient.nmae"}]}`)); err == nil || !strings.Contains(err.Error(), "patient.nmae") {
		t.Errorf("an unknown field: %v", err)
	}
	b.must(b.Delivery.RemoveCodes(b.ctx, b.admin, delivery.TableMapping))
	if !strings.Contains(read("row-csv"), "DE02.01.039.00") {
		t.Error("the shipped mapping does not come back")
	}
}

// A preflight never blocks a signature: the delivery waits, and says for what.
func TestACodeThatTheTableDoesNotHaveWaitsUnderNeedsAttention(t *testing.T) {
	b := newBench(t)
	folder := t.TempDir()
	_, err := b.Delivery.ImportCodes(b.ctx, b.admin, delivery.TableICD10, b.put("icd.csv", "code,name\nA00.000,霍乱\n"))
	b.must(err)
	b.must(b.Delivery.PutDestination(b.ctx, b.admin, delivery.Route{
		Destination: outbox.Destination{Name: "folder", Kind: outbox.KindFolder, URL: folder}, Formats: []string{"cda", "row-csv", "sr"}}, false))
	doc := b.signed("随访。")
	if doc.Document.Visit == nil || len(doc.Document.Visit.Diagnoses) == 0 {
		t.Skip("the sample has no diagnosis")
	}
	list, err := b.Delivery.Outbox(b.ctx, b.radiologist)
	b.must(err)
	for _, d := range list {
		if d.Format == "sr" { // which carries no diagnosis of the visit
			if d.State != records.DeliveryQueued {
				t.Errorf("%s: %s, %s", d.ID, d.State, d.LastError)
			}
			continue
		}
		if d.State != records.DeliveryNeedsCare || !strings.Contains(d.LastError, "visit.diagnoses[0].code (DE05.01.024.00)") || !strings.Contains(d.LastError, "icd-10") {
			t.Errorf("%s: %s, %s", d.ID, d.State, d.LastError)
		}
	}
	b.must(b.Delivery.RemoveCodes(b.ctx, b.admin, delivery.TableICD10))
	b.must(b.Delivery.Retry(b.ctx, b.radiologist, list[0].ID))
	ps, err := b.Delivery.Problems(b.ctx, b.radiologist, list[0].ID)
	b.must(err)
	if len(ps) != 0 {
		t.Errorf("%v", ps)
	}
	if len(list) != 3 {
		t.Errorf("%d deliveries", len(list))
	}
}
