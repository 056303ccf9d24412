package help_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"testing"
	"time"

	"longying/app/screen"
	"longying/app/ui/help"
	"longying/app/ui/lang"
	"longying/app/ui/workspace"
	"longying/records"
)

// trace is what Go writes of a panic, with a patient in its value and in a path.
const trace = `panic: no study of 张三 620102199001011234

goroutine 1 gp=0xc000002380 m=0 mp=0x1234 [running]:
longying/app/ui.(*shell).show(0xc0000b2000, {0xc00001, 0x6})
	/home/zhangsan/src/longying/app/ui/shell.go:301 +0x1d
main.main()
	/home/zhangsan/src/longying/app/main.go:20 +0x25
created by main.run in goroutine 1
张三 was here
panic: runtime error: index out of range [5] with length 3
`

func TestAProblemReportNamesNoPatientNorTheirNumberNorAFolder(t *testing.T) {
	strs, err := lang.New(lang.Chinese)
	if err != nil {
		t.Fatal(err)
	}
	secret := []string{"张三", "620102199001011234", "zhangsan", "2.25.77"}
	var j workspace.Journal
	j.Room("viewer")
	for _, err := range []error{
		&records.RefusedError{Code: "patient_mismatch", Reason: "张三 is not 620102199001011234", Args: []string{"张三", "620102199001011234"}},
		&records.RefusedError{Code: "no_such_code", Reason: "张三"},
		fmt.Errorf("study 2.25.77: %w", errors.New("张三")),
		&fs.PathError{Op: "open", Path: "/home/zhangsan/张三.dcm", Err: fs.ErrNotExist},
		errors.Join(errors.New("620102199001011234"), errors.New("张三")),
	} {
		j.Problem(strs, err)
	}
	f := help.Facts{Version: "1", Models: []string{"cxr 1.0"}, Journal: j.Entries(), Crash: trace,
		Screen: screen.State{Language: "en", At: screen.Place{User: "zhangsan", Study: "2.25.77"}}}
	raw, err := help.Zip(help.Report(f, time.Unix(0, 0)))
	if err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	all := ""
	for _, file := range z.File {
		r, err := file.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		all += file.Name + "\n" + string(text)
	}
	for _, s := range secret {
		if strings.Contains(all, s) {
			t.Errorf("the report holds %q:\n%s", s, all)
		}
	}
	for _, s := range []string{"viewer", "*records.RefusedError", "*fs.PathError", "longying/app/ui.(*shell).show(…)", "ui/shell.go:301", "index out of range [5] with length 3", "created by main.run", "last-problem.txt"} {
		if !strings.Contains(all, s) {
			t.Errorf("the report lacks %q:\n%s", s, all)
		}
	}
}
