package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// answer is what a command of the contract has to say with --json.
type answer struct {
	as   string // login of a sample user; "": whoever acted before
	code int
	rows int    // objects on standard output; -1: however many
	says string // on standard error
	args []string
}

// answers runs commands with --json: standard output holds one object a line and
// nothing else, standard error says something where and only where the exit code
// is not 0, and no answer is worded for programmers.
func (l *line) answers(home string, table []answer) {
	l.t.Helper()
	for _, a := range table {
		if a.as != "" {
			l.env["LONGYING_USER"] = a.as
			l.env["LONGYING_PASSWORD_FILE"] = filepath.Join(home, "secrets", a.as+".password")
		}
		args := append([]string{"--json"}, a.args[1:]...)
		code, stdout, stderr := l.run(append([]string{a.args[0]}, args...)...)
		name := strings.Join(a.args, " ")
		if code != a.code {
			l.t.Errorf("%s: exit code %d, want %d: %s", name, code, a.code, stderr)
			continue
		}
		rows := 0
		if stdout != "" {
			rows = len(l.rows(stdout))
		}
		if a.rows >= 0 && rows != a.rows {
			l.t.Errorf("%s: %d objects, want %d", name, rows, a.rows)
		}
		if !strings.Contains(stderr, a.says) || code != ExitDone && stderr == "" {
			l.t.Errorf("%s: standard error is %q, want %q in it", name, stderr, a.says)
		}
		if code == ExitDone && stderr != "" {
			l.t.Errorf("%s: exit code 0, but standard error says %q", name, stderr)
		}
		if strings.Contains(stderr, "longying: not in the record") {
			l.t.Errorf("%s: %q does not name what is not there", name, stderr)
		}
	}
}

// everyCommand holds the contract on the demo's folder: what each command says
// with --json when it does its work, is called wrongly, names what is not there,
// or may not be done by this person.
func everyCommand(t *testing.T, l *line, home string) {
	t.Helper()
	l.env["LONGYING_KEY_FILE"] = filepath.Join(home, "secrets", "key")
	l.env["LONGYING_USER"], l.env["LONGYING_PASSWORD_FILE"] = "radiologist", filepath.Join(home, "secrets", "radiologist.password")
	study := map[string]string{}
	stdout, _ := l.want(ExitDone, "studies", "--json")
	for _, s := range l.rows(stdout) {
		study[s["accession_number"].(string)] = s["study_uid"].(string)
	}
	film, slide, ct := study["SAMPLE-CR-0001"], study["SAMPLE-PA-0001"], study["SAMPLE-CT-0001"]
	stdout, _ = l.want(ExitDone, "findings", "list", film, "--json")
	finding := l.rows(stdout)[0]["finding_uid"].(string)
	stdout, _ = l.want(ExitDone, "patients", "search", "刘小满", "--json")
	patient := l.rows(stdout)[0]["id"].(string)
	stdout, _ = l.want(ExitDone, "outbox", "list", "--json")
	delivery := l.rows(stdout)[0]["id"].(string)
	dir := t.TempDir()
	file := filepath.Join(home, "samples", "film", "film.dcm")
	at := func(name string) string { return filepath.Join(dir, name) }
	write := func(name, text string) string {
		t.Helper()
		if err := os.WriteFile(at(name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return at(name)
	}
	notes, password := write("notes.txt", "no picture"), write("password", "Yijian-2026-Longying")
	codes := write("codes.csv", "code,name\nR91.x00,肺占位\nx,y\n")
	nobody := "1.2.3"
	people := write("people.csv", "姓名,SFZ\n李样本,11010519491231002X\n")

	l.answers(home, []answer{
		{"", ExitDone, 1, "", []string{"version"}},
		{"", ExitDone, 1, "", []string{"licences"}},
		{"", ExitDone, 1, "", []string{"info", file}},
		{"", ExitFailed, 1, notes, []string{"info", notes}},
		{"", ExitDone, 1, "", []string{"decode", file, "--out", at("raw")}},
		{"", ExitFailed, 0, notes, []string{"decode", notes, "--out", at("raw2")}},
		{"", ExitDone, 1, "", []string{"render", file, "--out", at("png")}},
		{"", ExitUsage, 0, "--out", []string{"render", file}},
		{"", ExitDone, 1, "", []string{"import", file}},
		{"", ExitFailed, 0, notes, []string{"import", notes}},
		{"", ExitDone, 3, "", []string{"models", "list"}},
		{"", ExitDone, 1, "", []string{"models", "show", filmModel}},
		{"", ExitDone, 1, "", []string{"models", "verify", filmModel}},
		{"", ExitDone, 1, "", []string{"models", "scorecard", filmModel}},
		{"", ExitFailed, 0, "models list", []string{"models", "verify", "nosuch"}},
		{"", ExitFailed, 0, at("nosuch.csv"), []string{"models", "accept", filmModel, "--cases", at("nosuch.csv")}},
		{"", ExitFailed, 0, dir, []string{"models", "pack", dir}},
		{"", ExitRefused, 0, "configure", []string{"models", "remove", "nosuch"}},
		{"", ExitDone, 2, "", []string{"analyze", file, "--model", filmModel}},
		{"", ExitPart, 4, slideModel, []string{"analyze", film}},
		{"", ExitRefused, 3, "every model refused", []string{"analyze", ct}},
		{"", ExitFailed, 0, nobody, []string{"analyze", nobody}},
		{"", ExitFailed, 0, nobody, []string{"findings", "list", nobody}},
		{"", ExitFailed, 0, nobody, []string{"findings", "confirm", nobody}},
		{"", ExitUsage, 0, "--label", []string{"findings", "edit", finding}},
		{"", ExitDone, 2, "", []string{"findings", "history", finding}},
		{"", ExitFailed, 0, nobody, []string{"findings", "history", nobody}},
		{"", ExitDone, 0, "", []string{"findings", "priors", finding}},
		{"", ExitRefused, 0, "one study", []string{"findings", "follow", finding, finding}},
		{"", ExitFailed, 0, nobody, []string{"findings", "follow", finding, nobody}},
		{"", ExitRefused, 0, "follows no", []string{"findings", "unfollow", finding}},
		{"", ExitDone, 1, "", []string{"findings", "undo", finding}},
		{"", ExitRefused, 0, "not hidden", []string{"findings", "first-read", film, "--model", filmModel, "--answer", "no", "--impression", "未见异常"}},
		{"", ExitRefused, 0, "yes, no or unsure", []string{"findings", "first-read", film, "--model", filmModel}},
		{"", ExitRefused, 0, "configure", []string{"models", "first-read", filmModel, "on"}},
		{"", ExitUsage, 0, "on or off", []string{"models", "first-read", filmModel, "maybe"}},
		{"", ExitDone, 1, "", []string{"findings", "add", film, "--label", "结节", "--value", "diameter=12mm"}},
		{"", ExitUsage, 0, "volume=1.2mL", []string{"findings", "add", film, "--label", "结节", "--value", "diameter=12"}},
		{"", ExitRefused, 0, "not linked", []string{"findings", "add", ct, "--label", "结节"}},
		{"", ExitDone, 1, "", []string{"patients", "show", patient}},
		{"", ExitFailed, 0, nobody, []string{"patients", "link", nobody, patient}},
		{"", ExitFailed, 0, "patient nosuch", []string{"patients", "link", ct, "nosuch"}},
		{"", ExitFailed, 0, nobody, []string{"patients", "unlink", nobody}},
		{"", ExitRefused, 0, film, []string{"patients", "unlink", film}}, // its report is signed
		{"", ExitDone, 1, "", []string{"patients", "link", ct, patient}},
		{"", ExitDone, 1, "", []string{"patients", "unlink", ct}},
		{"", ExitRefused, 0, "same entry", []string{"patients", "merge", patient, patient, "--reason", "x"}},
		{"", ExitFailed, 0, nobody, []string{"patients", "merge", patient, nobody, "--reason", "x"}},
		{"", ExitRefused, 0, "no other", []string{"patients", "unmerge", patient, "--reason", "x"}},
		{"", ExitDone, 1, "", []string{"patients", "review"}},
		{"", ExitPart, 1, "row", []string{"patients", "import", filepath.Join(home, "samples", "patients", "patients-bad-row.csv")}},
		{"", ExitPart, 3, "row", []string{"patients", "import", filepath.Join(home, "samples", "patients", "patients-bad-row.csv"), "--preview"}},
		{"", ExitDone, 1, "", []string{"patients", "import", people, "--map", "SFZ=id_number", "--save-mapping", "村卫生室"}},
		{"", ExitDone, 2, "", []string{"patients", "import", people, "--mapping", "村卫生室", "--preview"}},
		{"", ExitRefused, 0, "no column holds an ID number", []string{"patients", "import", people}},
		{"", ExitFailed, 0, "nosuch", []string{"patients", "import", people, "--mapping", "nosuch"}},
		{"", ExitUsage, 0, "COLUMN=FIELD", []string{"patients", "import", people, "--map", "SFZ"}},
		{"", ExitDone, 1, "", []string{"patients", "mappings"}},
		{"", ExitDone, -1, "", []string{"patients", "batches"}},
		{"", ExitFailed, 0, "nosuch", []string{"patients", "undo", "nosuch"}},
		{"", ExitFailed, 0, "row nosuch", []string{"patients", "drop", "nosuch", "--reason", "x"}},
		{"", ExitRefused, 0, "reason", []string{"patients", "accept", "nosuch"}},
		{"", ExitUsage, 0, "one batch", []string{"patients", "undo"}},
		{"", ExitFailed, 0, nobody, []string{"report", "draft", nobody}},
		{"", ExitRefused, 0, ct, []string{"report", "draft", ct}}, // nobody knows whose it is
		{"", ExitFailed, 0, "draft", []string{"report", "show", ct}},
		{"", ExitDone, 0, "", []string{"report", "check", film}},
		{"", ExitUsage, 0, "--number", []string{"report", "answer", film, "--reason", "x"}},
		{"", ExitRefused, 0, "signed report", []string{"report", "submit", film}},
		{"", ExitRefused, 0, "does not wait", []string{"report", "return", film, "--reason", "x"}},
		{"", ExitDone, 0, "", []string{"report", "waiting"}},
		{"", ExitRefused, 0, "configure", []string{"report", "two-signatures", "on"}},
		{"", ExitUsage, 0, "on|off", []string{"report", "two-signatures"}},
		{"", ExitDone, 1, "", []string{"critical", "flag", film, "--what", "张力性气胸"}},
		{"", ExitFailed, 0, nobody, []string{"critical", "told", nobody, "--to", "急诊科"}},
		{"", ExitRefused, 0, "was told", []string{"critical", "told", nobody}},
		{"", ExitDone, 1, "", []string{"critical", "list"}},
		{"", ExitDone, 1, "", []string{"critical", "list", film}},
		{"", ExitDone, 1, "", []string{"report", "print", film, "--out", at("pdf")}},
		{"", ExitUsage, 0, "--out", []string{"report", "print", film}},
		{"", ExitDone, 1, "", []string{"export", film, "--as", "fhir", "--out", dir}},
		{"", ExitUsage, 0, "cda|fhir|sr|row|pdf|seg|gsps|sc|dicom-pdf", []string{"export", film, "--as", "xml", "--out", dir}},
		{"", ExitDone, 3, "", []string{"export", film, "--as", "row", "--out", dir}},
		{"", ExitDone, 1, "", []string{"export", film, "--as", "row-csv", "--out", dir}},
		{"", ExitDone, 1, "", []string{"export", film, "--as", "dicom-pdf", "--out", dir}},
		{"", ExitDone, 1, "", []string{"export", film, "--as", "gsps", "--out", dir}},
		{"", ExitDone, 1, "", []string{"export", film, "--as", "sc", "--out", dir}},
		{"", ExitRefused, 0, "mask", []string{"export", film, "--as", "seg", "--out", dir}},
		{"", ExitDone, 1, "", []string{"deid", film, "--out", filepath.Join(dir, "deid"), "--dates", "--device"}},
		{"", ExitPart, 24, "left out", []string{"deid", filepath.Join(home, "samples", "ct"), "--out", filepath.Join(dir, "deid")}},
		{"", ExitFailed, 0, nobody, []string{"deid", nobody, "--out", dir}},
		{"", ExitUsage, 0, "--out", []string{"deid", film}},
		{"", ExitRefused, 0, "configure", []string{"codes", "import", "icd-10", codes}},
		{"", ExitDone, 0, "", []string{"codes", "list"}},
		{"", ExitDone, 6, "", []string{"outbox", "send"}},
		{"", ExitDone, 1, "", []string{"outbox", "automatic"}},
		{"", ExitRefused, 0, "configure", []string{"outbox", "automatic", "off"}},
		{"", ExitUsage, 0, "on or off", []string{"outbox", "automatic", "maybe"}},
		{"", ExitUsage, 0, "no arguments", []string{"outbox", "watch", "x"}},
		{"", ExitRefused, 0, "acknowledged", []string{"outbox", "retry", delivery}},
		{"", ExitFailed, 0, "nosuch", []string{"outbox", "retry", "nosuch"}},
		{"", ExitDone, 0, "", []string{"pacs", "list"}},
		{"", ExitDone, 1, "", []string{"pacs", "orthanc-config"}},
		{"", ExitRefused, 0, "no PACS is configured", []string{"pacs", "echo"}},
		{"", ExitRefused, 0, "no PACS is configured", []string{"pacs", "query", "--name", "刘"}},
		{"", ExitRefused, 0, "configure", []string{"pacs", "add", "x", "--url", "http://127.0.0.1:1"}},
		{"", ExitFailed, 0, "nosuch", []string{"consult", "decide", "nosuch", "--text", "x"}},
		{"", ExitRefused, 0, notes, []string{"consult", "open", notes, "--passphrase-file", password}},
		{"", ExitRefused, 0, "audit", []string{"audit", "verify"}},
		{"", ExitRefused, 0, "manage_users", []string{"users", "list"}},
		{"auditor", ExitDone, 1, "", []string{"audit", "verify"}},
		{"", ExitDone, 5, "", []string{"audit", "--limit", "5", "list"}},
		{"", ExitDone, 3, "", []string{"audit", "list", "--limit", "3", "--action", "login", "--outcome", "ok", "--from", "2026-01-01"}},
		{"", ExitDone, 1, "", []string{"audit", "export", "--format", "dicom", "--out", filepath.Join(t.TempDir(), "trail.zip")}},
		{"", ExitRefused, 0, "is there already", []string{"audit", "export", "--out", filepath.Join(home, "demo.env")}},
		{"", ExitUsage, 0, "--out", []string{"audit", "export"}},
		{"", ExitUsage, 0, "csv", []string{"audit", "export", "--format", "csv", "--out", "x"}},
		{"", ExitUsage, 0, "no day", []string{"audit", "list", "--from", "yesterday"}},
		{"", ExitRefused, 0, "view_patient", []string{"studies"}},
		{"", ExitRefused, 0, "export", []string{"outbox", "watch"}},
		{"admin", ExitDone, 5, "", []string{"users", "list"}},
		{"", ExitDone, 1, "", []string{"outbox", "automatic", "on"}},
		{"", ExitRefused, 0, "export", []string{"outbox", "watch"}},
		{"", ExitPart, 1, "line 3", []string{"codes", "import", "icd-10", codes}},
		{"", ExitFailed, 0, "nosuch", []string{"codes", "import", "nosuch", codes}},
		{"", ExitFailed, 0, notes, []string{"codes", "import", "icd-10", notes}},
		{"", ExitDone, 1, "", []string{"codes", "list"}},
		{"", ExitDone, 1, "", []string{"codes", "list", "icd-10"}},
		{"", ExitDone, 1, "", []string{"codes", "remove", "icd-10"}},
		{"", ExitDone, 1, "", []string{"users", "add", "tester", "--name", "测试·样本", "--role", "clinician", "--new-password-file", password}},
		{"", ExitFailed, 0, "tester", []string{"users", "add", "tester", "--name", "测试·样本", "--role", "clinician", "--new-password-file", password}},
		{"", ExitDone, 1, "", []string{"users", "lock", "tester"}},
		{"", ExitFailed, 0, "nosuch", []string{"models", "remove", "nosuch"}},
		{"", ExitFailed, 0, "https://host", []string{"pacs", "add", "closed", "--url", "127.0.0.1"}},
		{"", ExitFailed, 0, at("nosuch.pem"), []string{"pacs", "add", "closed", "--url", "https://127.0.0.1", "--ca", at("nosuch.pem")}},
		{"", ExitDone, 1, "", []string{"pacs", "add", "closed", "--url", "http://127.0.0.1:1"}},
		{"", ExitDone, 1, "", []string{"pacs", "list"}},
		{"", ExitFailed, 0, "cannot be reached", []string{"pacs", "echo"}},
		{"", ExitFailed, 0, "PACS nosuch", []string{"pacs", "echo", "--pacs", "nosuch"}},
		{"", ExitRefused, 0, "view_patient", []string{"pacs", "query"}},
		{"", ExitRefused, 0, "import", []string{"pacs", "retrieve", "1.2"}},
		{"", ExitRefused, 0, "export", []string{"pacs", "store", film}},
		{"radiologist", ExitFailed, 0, "cannot be reached", []string{"pacs", "query"}},
		{"", ExitFailed, 0, "cannot be reached", []string{"pacs", "retrieve", "1.2"}},
		{"", ExitFailed, 0, "cannot be reached", []string{"pacs", "store", film}},
		{"", ExitFailed, 0, nobody, []string{"pacs", "store", nobody}},
		{"admin", ExitDone, 1, "", []string{"pacs", "remove", "closed"}},
		{"", ExitFailed, 0, "PACS closed", []string{"pacs", "remove", "closed"}},
	})

	l.env["LONGYING_USER"], l.env["LONGYING_PASSWORD_FILE"] = "radiologist", filepath.Join(home, "secrets", "radiologist.password")
	stdout, _ = l.want(ExitDone, "consult", "create", patient, "--title", "会诊", "--question", "如何治疗", "--json")
	consult := l.rows(stdout)[0]["id"].(string)
	l.answers(home, []answer{
		{"", ExitUsage, 0, "--study", []string{"consult", "add", consult}},
		{"", ExitDone, 1, "", []string{"consult", "add", consult, "--study", slide}},
		{"", ExitFailed, 0, nobody, []string{"consult", "add", consult, "--finding", nobody}},
		{"", ExitRefused, 0, ct, []string{"consult", "add", consult, "--study", ct}}, // another's
		{"", ExitDone, 1, "", []string{"consult", "opinion", consult, "--name", "甲", "--text", "保守治疗"}},
		{"", ExitRefused, 0, "no decision", []string{"export", consult, "--as", "cda", "--out", dir}},
		{"", ExitPart, -1, "missing", []string{"consult", "checklist", consult}},
		{"", ExitRefused, 0, "tea", []string{"consult", "excuse", consult, "--item", "tea", "--text", "不需要"}},
		{"", ExitDone, 1, "", []string{"consult", "excuse", consult, "--item", "medication", "--text", "未用药"}},
		{"", ExitDone, 1, "", []string{"consult", "add", consult, "--medication", "未用药"}},
		{"", ExitUsage, 0, "--time", []string{"consult", "schedule", consult, "--place", "会诊室"}},
		{"", ExitUsage, 0, "--guest", []string{"consult", "schedule", consult, "--date", "29990101", "--time", "08:30", "--guest", "甲"}},
		{"", ExitRefused, 0, "schedule it first", []string{"consult", "begin", consult}},
		{"", ExitRefused, 0, "outcome", []string{"consult", "outcome", consult, "--done", "手术", "--happened", "好转"}},
		{"", ExitDone, 1, "", []string{"consult", "decide", consult, "--text", "保守治疗"}},
		{"", ExitDone, 1, "", []string{"export", consult, "--as", "cda", "--out", dir}},
		{"", ExitDone, 1, "", []string{"export", consult, "--as", "cda-discussion", "--out", dir}},
		{"", ExitUsage, 0, "cda-discussion", []string{"export", consult, "--as", "sr", "--out", dir}},
		{"", ExitFailed, 0, "MDT-nosuch", []string{"export", "MDT-nosuch", "--as", "cda", "--out", dir}},
		{"", ExitDone, 1, "", []string{"consult", "follow", consult, "--date", "20270101", "--task", "复查"}},
		{"", ExitDone, 1, "", []string{"consult", "pack", consult, "--out", at("pack"), "--passphrase-file", password}},
		{"", ExitDone, 1, "", []string{"consult", "open", at("pack"), "--passphrase-file", password}},
		{"", ExitRefused, 0, at("pack"), []string{"consult", "open", at("pack"), "--passphrase-file", notes}},
		{"", ExitRefused, 0, "not laid", []string{"consult", "correlate", consult, "--radiology", nobody, "--pathology", nobody}},
		{"", ExitFailed, 0, "FU-nosuch", []string{"consult", "done", consult, "--follow-up", "FU-nosuch", "--text", "好转"}},
		{"", ExitFailed, 0, "FU-nosuch", []string{"consult", "postpone", consult, "--follow-up", "FU-nosuch", "--date", "20270201", "--text", "外出"}},
		{"", ExitDone, -1, "", []string{"consult", "due"}},
		{"", ExitRefused, 0, "comment", []string{"consult", "outcome", consult, "--done", "手术", "--happened", "好转", "--discordant"}},
		{"", ExitDone, 1, "", []string{"consult", "outcome", consult, "--done", "手术", "--happened", "好转", "--discordant", "--text", "病情变化"}},
		{"", ExitRefused, 0, "open", []string{"consult", "close", consult}},
		{"", ExitRefused, 0, "open a new consult", []string{"consult", "withdraw", consult, "--text", "重复"}},
		{"", ExitUsage, 0, "--out", []string{"consult", "reply", at("pack"), "--passphrase-file", password, "--name", "乙", "--text", "手术"}},
		{"", ExitRefused, 0, "needs the member's name", []string{"consult", "reply", at("pack"), "--passphrase-file", password, "--out", at("reply")}},
		{"", ExitDone, 1, "", []string{"consult", "reply", at("pack"), "--passphrase-file", password, "--out", at("reply"), "--name", "乙", "--text", "手术"}},
		{"", ExitUsage, 0, "--passphrase-file", []string{"consult", "merge", at("reply")}},
		{"", ExitRefused, 0, at("reply"), []string{"consult", "merge", at("reply"), "--passphrase-file", notes}},
		{"", ExitRefused, 0, "no reply", []string{"consult", "merge", at("pack"), "--passphrase-file", password}},
		{"", ExitDone, 1, "", []string{"consult", "merge", at("reply"), "--passphrase-file", password}},
	})
}
