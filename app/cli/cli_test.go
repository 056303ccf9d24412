package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"testing"

	"longying/app/samples"
	"longying/app/worker"
	"longying/records/sqlite"
)

// TestMain lets this test binary stand in for the program when the demo starts
// its stub platform, or --isolate a worker, as a process of its own.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "worker" {
		os.Exit(worker.Main(os.Args[2:]))
	}
	if len(os.Args) > 1 && os.Args[1] == "platform-stub" {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
		code := Run(ctx, os.Args[1:], Env{Stdout: os.Stdout, Stderr: os.Stderr, Getenv: os.Getenv})
		stop()
		os.Exit(code)
	}
	os.Exit(m.Run())
}

// line runs one command line.
type line struct {
	t   *testing.T
	env map[string]string
}

func newLine(t *testing.T) *line {
	t.Helper()
	return &line{t, map[string]string{"LONGYING_HOME": filepath.Join(t.TempDir(), "home"), "LONGYING_ORT_LIBRARY": os.Getenv("LONGYING_ORT_LIBRARY")}}
}

func (l *line) run(args ...string) (code int, stdout, stderr string) {
	l.t.Helper()
	var out, errs bytes.Buffer
	code = Run(l.t.Context(), args, Env{Stdout: &out, Stderr: &errs, Executable: os.Args[0],
		Getenv: func(k string) string { return l.env[k] }})
	return code, out.String(), errs.String()
}

// want runs a command that must end with a code.
func (l *line) want(code int, args ...string) (stdout, stderr string) {
	l.t.Helper()
	got, stdout, stderr := l.run(args...)
	if got != code {
		l.t.Fatalf("longying %s: exit code %d, want %d\n%s%s", strings.Join(args, " "), got, code, stdout, stderr)
	}
	return stdout, stderr
}

// rows reads one JSON object a line, and fails on anything else.
func (l *line) rows(stdout string) []map[string]any {
	l.t.Helper()
	var out []map[string]any
	for _, text := range strings.Split(strings.TrimSpace(stdout), "\n") {
		var row map[string]any
		if err := json.Unmarshal([]byte(text), &row); err != nil {
			l.t.Fatalf("standard output holds a line that is no JSON object: %q", text)
		}
		out = append(out, row)
	}
	return out
}

func sampleFolder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := samples.Extract(dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

// shared is a file of the inputs beside the project, or a skip where they are
// not there.
func shared(t *testing.T, path ...string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		p := filepath.Join(append([]string{dir, "shared"}, path...)...)
		if _, err := os.Stat(p); err == nil {
			return p
		}
	}
	t.Skipf("shared/%s is not beside the project", filepath.Join(path...))
	return ""
}

// tool is a validator on this machine. In CI it must be there.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("%s is missing; make setup installs it", name)
		}
		t.Skipf("%s is not installed; make setup brings it", name)
	}
	return path
}

func TestTheDemoRunsTheWholeLineAndItsExportsAreValid(t *testing.T) {
	l := newLine(t)
	// A temporary folder of its own: others work in the common one.
	t.Setenv("TMPDIR", t.TempDir())
	stdout, _ := l.want(ExitDone, "demo", "--json")
	if left, err := os.ReadDir(os.TempDir()); err != nil || len(left) > 0 {
		t.Errorf("the demo left something in the temporary folder: %v, %v", left, err)
	}
	rows := l.rows(stdout)
	sum := rows[len(rows)-1]
	for key, want := range map[string]float64{"registered": 6, "confirmed": 1, "edited": 1, "rejected": 1, "refusals": 4} {
		if sum[key] != want {
			t.Errorf("the summary says %s = %v, want %v", key, sum[key], want)
		}
	}
	uid := sum["finding_uid"].(string)
	home := l.env["LONGYING_HOME"]
	export := func(ending string) string {
		found, err := filepath.Glob(filepath.Join(home, "export", "*"+ending))
		if err != nil || len(found) != 1 {
			t.Fatalf("%d files end in %s (%v)", len(found), ending, err)
		}
		return found[0]
	}
	t.Run("the finding's identity is in FHIR and SR", func(t *testing.T) {
		raw, err := os.ReadFile(export(".fhir.json"))
		if err != nil || !bytes.Contains(raw, []byte(uid)) {
			t.Errorf("the FHIR transaction does not name finding %s (%v)", uid, err)
		}
		raw, err = os.ReadFile(export(".sr.dcm"))
		if err != nil || !bytes.Contains(raw, []byte(uid)) {
			t.Errorf("the SR does not name finding %s (%v)", uid, err)
		}
	})
	t.Run("the CDA validates against the schema", func(t *testing.T) {
		xmllint := tool(t, "xmllint")
		out, err := exec.Command(xmllint, "--noout", "--schema", shared(t, "data", "standards", "cda", "sdschemas", "SDA.xsd"), export(".cda.xml")).CombinedOutput()
		if err != nil {
			t.Errorf("%v: %s", err, out)
		}
	})
	t.Run("the SR passes dciodvfy and dsrdump", func(t *testing.T) {
		// Its exit status says nothing; its lines do.
		out, _ := exec.Command(tool(t, "dciodvfy"), "-new", export(".sr.dcm")).CombinedOutput()
		if !bytes.Contains(out, []byte("Comprehensive3DSR")) || bytes.Contains(out, []byte("Error")) {
			t.Errorf("dciodvfy: %s", out)
		}
		if out, err := exec.Command(tool(t, "dsrdump"), export(".sr.dcm")).CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, out)
		}
	})
	t.Run("the PDF's text is Chinese and names the report", func(t *testing.T) {
		out, err := exec.Command(tool(t, "pdftotext"), export(".pdf"), "-").Output()
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"刘小满", "肺炎征象", sum["document_id"].(string)} {
			if !bytes.Contains(out, []byte(want)) {
				t.Errorf("the PDF does not say %q", want)
			}
		}
	})
	t.Run("no name or number is readable in the database or the objects", func(t *testing.T) { searchBytes(t, home) })
	// What the demo left is looked at before the table of commands changes it.
	t.Run("later commands work on the folder", func(t *testing.T) { laterCommands(t, &line{t, maps.Clone(l.env)}, home) })
	t.Run("every command answers by the contract", func(t *testing.T) { everyCommand(t, &line{t, maps.Clone(l.env)}, home) })
	t.Run("a PACS", func(t *testing.T) { withPACS(t, &line{t, maps.Clone(l.env)}, home) })
	if _, stderr := l.want(ExitRefused, "demo"); !strings.Contains(stderr, "holds data already") {
		t.Errorf("a second demo on the same folder says %q", stderr)
	}
}

// listTemp names what lies in the temporary folder under the program's name.
func searchBytes(t *testing.T, home string) {
	t.Helper()
	for _, pattern := range []string{sqlite.DatabaseFile + "*", "objects/*"} {
		files, err := filepath.Glob(filepath.Join(home, pattern))
		if err != nil || len(files) == 0 {
			t.Fatalf("nothing matches %s (%v)", pattern, err)
		}
		for _, f := range files {
			raw, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			for _, secret := range []string{"刘小满", "620102202205149984", "Xiaoman", "马志成", "肺腺癌，", "胸廓对称"} {
				if bytes.Contains(raw, []byte(secret)) {
					t.Errorf("%s shows %q", f, secret)
				}
			}
		}
	}
}

func laterCommands(t *testing.T, l *line, home string) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(home, "demo.env"))
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range strings.Split(strings.TrimSpace(string(raw)), "\n") {
		k, v, ok := strings.Cut(strings.TrimPrefix(text, "export "), "=")
		if !ok {
			t.Fatalf("demo.env has the line %q", text)
		}
		l.env[k] = strings.Trim(v, "'")
	}
	stdout, _ := l.want(ExitDone, "studies", "--json")
	studies := l.rows(stdout)
	if len(studies) != 3 {
		t.Fatalf("%d studies, want 3", len(studies))
	}
	film := ""
	for _, s := range studies {
		if s["accession_number"] == "SAMPLE-CR-0001" {
			film = s["study_uid"].(string)
		}
	}
	stdout, _ = l.want(ExitDone, "findings", "list", film, "--json")
	if f := l.rows(stdout); len(f) != 1 || f[0]["state"] != "confirmed" {
		t.Errorf("the film's findings: %v", f)
	}
	l.want(ExitRefused, "report", "sign", film)        // signed already
	l.want(ExitRefused, "report", "amend", film)       // no reason
	l.want(ExitRefused, "audit", "verify")             // a radiologist has no right to it
	l.want(ExitRefused, "users", "list")               // nor to this
	l.want(ExitDone, "report", "show", film, "--json") //
	l.want(ExitDone, "outbox", "list", "--json")
	l.want(ExitDone, "export", film, "--as", "cda", "--out", filepath.Join(home, "again"))
	l.want(ExitRefused, "export", film, "--as", "seg", "--out", home) // its finding rests on no mask
	password := l.env["LONGYING_PASSWORD_FILE"]
	l.env["LONGYING_PASSWORD_FILE"] = l.env["LONGYING_KEY_FILE"]
	l.want(ExitRefused, "studies") // a wrong password
	l.env["LONGYING_KEY_FILE"], l.env["LONGYING_PASSWORD_FILE"] = password, password
	l.want(ExitFailed, "studies") // a wrong key
}

func TestWrongUsageIsExitCodeTwo(t *testing.T) {
	l := newLine(t)
	for _, args := range [][]string{{"nosuch"}, {"info"}, {"decode"}, {"decode", "x"}, {"--nosuch"}, {"info", "--nosuch", "x"}, {"models", "nosuch"},
		{"render", "x", "--window", "5"}, {"analyze"}, {"consult", "open", "x"},
		{"models", "install"}, {"models", "remove"}, {"models", "pack"}, {"models", "show", "x", "--lang", "fr"}} {
		l.want(ExitUsage, args...)
	}
}

func TestAWrongCallIsFoundBeforeAnybodySignsIn(t *testing.T) {
	l := newLine(t)
	for _, args := range [][]string{{"models", "x"}, {"findings"}, {"findings", "x", "1.2"}, {"findings", "list"}, {"findings", "edit", "1.2"}, {"patients", "x"},
		{"patients", "show"}, {"patients", "link", "1.2"}, {"patients", "unlink"}, {"patients", "import"}, {"report", "x", "1.2"}, {"report", "sign"},
		{"report", "print", "1.2"}, {"export", "1.2"}, {"outbox", "x"}, {"outbox", "retry"}, {"consult", "x", "1"}, {"consult", "add", "1"},
		{"audit"}, {"audit", "x"}, {"users", "x"}, {"users", "add"}, {"users", "lock"}, {"version", "x"}, {"version", "--x"}, {"licences", "x"}, {"demo", "x"},
		{"import"}, {"open"}, {"doctor", "--x"}, {"pacs"}, {"pacs", "x"}, {"pacs", "retrieve"}, {"pacs", "retrieve", "x"}, {"pacs", "store"}, {"pacs", "store", "x"},
		{"pacs", "store", "1.2", "--as", "cda"}, {"pacs", "add"}, {"pacs", "add", "x"}, {"pacs", "remove"}, {"pacs", "query", "--date", "today"}, {"pacs", "query", "x"}} {
		if _, stderr := l.want(ExitUsage, args...); strings.Count(stderr, "\n") != 1 {
			t.Errorf("%v says %q", args, stderr)
		}
	}
}

func TestNobodySignedInIsRefused(t *testing.T) {
	l := newLine(t)
	for _, args := range [][]string{{"studies"}, {"import", t.TempDir()}, {"patients", "review"}, {"audit", "verify"}, {"outbox", "list"}, {"pacs", "query"}} {
		l.want(ExitRefused, args...)
	}
}
