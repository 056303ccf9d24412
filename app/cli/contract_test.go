package cli

import (
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// decode and render hold the contract for every object of the reference data,
// and for what is none: what `info` calls decodable gives values and a picture
// of its size, whole or in part; all else gives one error that names the file,
// nothing on standard output, and leaves no file.
func TestDecodeAndRenderHoldTheContractForEveryFileOfTheReferenceData(t *testing.T) {
	root := shared(t, "data")
	l := newLine(t)
	stdout, _ := l.want(ExitPart, "info", root, "--json")
	out := t.TempDir()
	codes, cut := map[int]int{}, 0
	pictures := map[string]int{} // that are no DICOM: a few of each kind will do
	for _, row := range l.rows(stdout) {
		path, _ := row["path"].(string)
		if _, header := row["rows"]; !header {
			if kind := strings.ToLower(filepath.Ext(path)); pictures[kind] >= 3 {
				continue
			} else {
				pictures[kind]++
			}
		}
		raw, picture := filepath.Join(out, "raw"), filepath.Join(out, "png")
		code, stdout, stderr := l.run("decode", path, "--out", raw, "--json")
		codes[code]++
		rendered, shown, said := l.run("render", path, "--out", picture)
		// Only of data that is damaged the header cannot tell.
		if damaged := code == ExitFailed && strings.Contains(path, "malformed"); row["decodable"] == true != (code == ExitDone || code == ExitPart) && !damaged {
			t.Errorf("%s: decodable %v, decode gives %d: %s", path, row["decodable"], code, stderr)
		}
		if strings.Contains(said, "3 samples cannot be shown") { // MONOCHROME2 with three: values there are, a picture not
			continue
		}
		if code != rendered {
			t.Errorf("%s: decode gives %d, render %d: %s", path, code, rendered, said)
		}
		if shown != "" {
			t.Errorf("%s: render prints %q", path, shown)
		}
		if strings.HasSuffix(path, filepath.Join("dx", "966.dcm")) { // its stream breaks off
			cut++
			if code != ExitPart {
				t.Errorf("%s: exit code %d", path, code)
			}
		}
		switch code {
		case ExitDone, ExitPart:
			l.decoded(path, row, stdout, raw, picture)
			if code == ExitPart && (!strings.Contains(stderr, path+": ") || !strings.Contains(said, path+": ")) || code == ExitDone && stderr+said != "" {
				t.Errorf("%s: exit code %d with %q and %q", path, code, stderr, said)
			}
		case ExitFailed, ExitLater:
			if stdout != "" || strings.Count(stderr, "\n") != 1 || strings.Count(stderr, path) != 1 {
				t.Errorf("%s: exit code %d with %q, %q", path, code, stdout, stderr)
			}
			for _, p := range []string{raw, picture} {
				if _, err := os.Stat(p); err == nil {
					t.Errorf("%s: exit code %d, but %s was written", path, code, filepath.Base(p))
				}
			}
		default:
			t.Errorf("%s: exit code %d", path, code)
		}
		os.Remove(raw)
		os.Remove(picture)
	}
	if cut != 1 {
		t.Errorf("dx/966.dcm was met %d times", cut)
	}
	t.Log("exit codes of decode:", codes)
}

// decoded looks at what decode and render wrote of a frame.
func (l *line) decoded(path string, info map[string]any, stdout, raw, picture string) {
	l.t.Helper()
	rows := l.rows(stdout)
	if len(rows) != 1 {
		l.t.Errorf("%s: %d lines on standard output", path, len(rows))
		return
	}
	row := rows[0]
	for _, k := range []string{"rows", "columns", "samples", "bits_allocated", "bits_stored", "signed", "photometric"} {
		if _, ok := row[k]; !ok {
			l.t.Errorf("%s: decode does not print %s", path, k)
		}
	}
	number := func(k string) int { v, _ := row[k].(float64); return int(v) }
	if row["rows"] != info["rows"] || row["columns"] != info["columns"] {
		l.t.Errorf("%s: decode has %v x %v, info %v x %v", path, row["rows"], row["columns"], info["rows"], info["columns"])
	}
	size := int64(number("rows") * number("columns") * number("samples") * number("bits_allocated") / 8)
	if st, err := os.Stat(raw); err != nil || st.Size() != size {
		l.t.Errorf("%s: %d bytes of values are wanted: %v", path, size, err)
	}
	f, err := os.Open(picture)
	if err != nil {
		l.t.Error(err)
		return
	}
	defer f.Close()
	if c, err := png.DecodeConfig(f); err != nil || c.Width != number("columns") || c.Height != number("rows") {
		l.t.Errorf("%s: a picture of %d x %d: %v", path, c.Width, c.Height, err)
	}
}
