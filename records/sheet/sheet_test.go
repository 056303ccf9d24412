package sheet

import (
	"archive/zip"
	"bytes"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"longying/imaging/bounded"
)

func book(t testing.TB, cells map[string]any) []byte {
	t.Helper()
	x := excelize.NewFile()
	for at, v := range cells {
		if err := x.SetCellValue("Sheet1", at, v); err != nil {
			t.Fatal(err)
		}
	}
	b, err := x.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestAnArchiveThatUnpacksToFarMoreThanATableIsRefused(t *testing.T) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create("xl/worksheets/sheet1.xml")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(make([]byte, 8<<20)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(b.Bytes()); err == nil || !strings.Contains(err.Error(), "times its size") {
		t.Errorf("%d bytes that unpack to 8 MiB: %v", b.Len(), err)
	}
	if _, err := Read([]byte{0xd0, 0xcf, 0x11, 0xe0, 1, 2, 3}); err == nil || !strings.Contains(err.Error(), "XLSX") {
		t.Errorf("an old workbook: %v", err)
	}
}

func TestARowOfAnotherLengthOrWithABareQuoteIsAnErrorAndTheOthersAreRead(t *testing.T) {
	table, err := Read([]byte("a,b\n1,2\n1,2,3\n1\"x,2\n\n3,4\n"))
	if err != nil || len(table.Rows) != 2 || table.Rows[1].Line != 6 || len(table.Bad) != 2 || table.Bad[0].Row != 3 || table.Bad[1].Row != 4 {
		t.Fatalf("%+v, %v", table, err)
	}
	table, err = Read(book(t, map[string]any{"A1": "a", "B1": "b", "A3": "1", "D3": "x", "B4": "2"}))
	if err != nil || len(table.Rows) != 1 || table.Rows[0].Line != 4 || table.Rows[0].Cells[1] != "2" || len(table.Bad) != 1 {
		t.Fatalf("%+v, %v", table, err)
	}
}

func TestDaysAsTheyAreWritten(t *testing.T) {
	csv, xlsx := &Table{Format: "csv"}, &Table{Format: "xlsx"}
	for _, s := range []string{"20220514", "2022-05-14", "2022/5/14", "2022.5.14", "2022年5月14日", "2022-05-14 08:30", "2022-05-14T08:30:00"} {
		if d, ok := csv.Day(s); !ok || d != "20220514" {
			t.Errorf("%s is %s", s, d)
		}
	}
	for _, s := range []string{"", "44695", "05/14/2022", "2022-02-30", "20221301"} {
		if d, ok := csv.Day(s); ok {
			t.Errorf("%s is %s", s, d)
		}
	}
	if d, ok := xlsx.Day("44695"); !ok || d != "20220514" { // day 44695 of 1900, by a spreadsheet
		t.Errorf("%s", d)
	}
}

func fuzz(f *testing.F) {
	f.Fuzz(func(t *testing.T, raw []byte) {
		if len(raw) > 1<<17 {
			t.Skip()
		}
		bounded.Run(t, 512<<20, func() {
			table, err := Read(raw)
			if err != nil {
				return
			}
			for _, row := range table.Rows {
				if len(row.Cells) != len(table.Headings) || row.Line < 1 {
					t.Fatalf("row %d has %d cells of %d", row.Line, len(row.Cells), len(table.Headings))
				}
			}
		})
	})
}

func FuzzCSV(f *testing.F) {
	f.Add([]byte("姓名,身份证号\n李明,11010519491231002X\n"))
	f.Add([]byte("\xef\xbb\xbfa\tb\r\n\"1\n2\"\t3\r\n"))
	f.Add([]byte("\xd0\xd5\xc3\xfb;b\n1;2\n"))
	fuzz(f)
}

func FuzzXLSX(f *testing.F) {
	f.Add(book(f, map[string]any{"A1": "姓名", "B1": "身份证号", "A2": "李明", "B2": "11010519491231002X"}))
	f.Add(book(f, map[string]any{"A1": "a", "C9": 44695.5, "B2": true}))
	fuzz(f)
}
