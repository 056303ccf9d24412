package workspace

import (
	"os"
	"path/filepath"
	"testing"

	"longying/app/ui/lang"
	"longying/records"
)

func TestAProblemIsSaidInTheReadersLanguageWithWhereToMendIt(t *testing.T) {
	l, err := lang.New("")
	if err != nil {
		t.Fatal(err)
	}
	ps := []records.Problem{{Field: "patient.id_number", DE: "DE02.01.030.00", What: records.ProblemMissing},
		{Field: "impression", DE: "DE04.50.132.00", What: records.ProblemTooLong, Limit: 200, Got: 231},
		{Field: "visit.diagnoses[1].code", What: records.ProblemMalformed, Value: "X"}, {Field: "series[0].uid", What: records.ProblemMissing}}
	want := "· 缺少：身份证号 (DE02.01.030.00)，请在人口登记中补正\n· 诊断印象 (DE04.50.132.00) 有 231 字，平台最多接收 200 字，请在报告正文中补正\n" +
		"· 诊断代码 不能发送：X，请在就诊记录中补正\n· 缺少：series[0].uid，请在图像信息中补正"
	if got := Problems(l, ps); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	l.Set(lang.English)
	if got, want := Problems(l, ps[:1]), "· Missing: resident ID number (DE02.01.030.00); mend it in the population register"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAFormatThatCannotBeWrittenIsSaidFieldByFieldInTheReadersLanguage(t *testing.T) {
	l, err := lang.New("")
	if err != nil {
		t.Fatal(err)
	}
	refusal := &records.PreflightError{Format: "cda", Problems: []records.Problem{{Field: "patient.id_number", DE: "DE02.01.030.00", What: records.ProblemMissing}}, Reason: "in English"}
	want := "还不能写成" + l.T("format.cda") + "：\n· 缺少：身份证号 (DE02.01.030.00)，请在人口登记中补正"
	if got := Explained(l, refusal); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A path that leads through a file, or to a folder, is a slip of the pen like any
// other; the system's own words for it are of no language.
func TestAPathThatCannotBeAFileIsSaidInTheReadersLanguage(t *testing.T) {
	l, err := lang.New(lang.Chinese)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	file := filepath.Join(folder, "a")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	through := filepath.Join(file, "b")
	_, err = os.Open(through)
	if got := Explained(l, err); got != l.T("error.no_file", through) {
		t.Error(got)
	}
	_, err = os.ReadFile(folder)
	if got := Explained(l, err); got != l.T("error.folder", folder) && got != l.T("error.permission", folder) { // Windows does not let a folder be opened
		t.Error(got)
	}
}
