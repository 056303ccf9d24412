package help

import (
	"archive/zip"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"time"

	"longying/app/screen"
	"longying/app/ui/workspace"
)

// Part is a file of a problem report.
type Part struct{ Name, Text string }

// Facts are what a problem report is made of; nothing here is of a patient.
type Facts struct {
	Version  string
	Runtime  string   // of the models
	Models   []string // identifier and version
	Screen   screen.State
	CacheMiB int64
	Profile  string // of keys
	Moved    int    // actions with keys of their own
	Journal  []workspace.Noted
	Crash    string // what the program wrote when it crashed; is masked here
}

// Report words a problem report: what the program is, its settings without
// secrets, what happened in this window, the last problem, and the last crash.
func Report(f Facts, now time.Time) []Part {
	about := fmt.Sprintf("Longying %s\n%s %s/%s, %d CPU\nONNX Runtime: %s\n%s\n", f.Version, runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), f.Runtime, now.UTC().Format(time.RFC3339))
	for _, m := range f.Models {
		about += "model " + m + "\n"
	}
	settings := fmt.Sprintf("language %s\ncolours %s\nsize %d %%\nwindow %.0f x %.0f\nimage cache %d MiB\nkeys %s, %d moved\n",
		f.Screen.Language, f.Screen.Scheme, f.Screen.Size, f.Screen.Width, f.Screen.Height, f.CacheMiB, f.Profile, f.Moved)
	var log strings.Builder
	last := ""
	for _, e := range f.Journal {
		line := e.At.UTC().Format(time.RFC3339) + "  " + e.Text + "\n"
		log.WriteString(line)
		if e.Problem {
			last = line
		}
	}
	out := []Part{{"about.txt", about}, {"the-settings.txt", settings}, {"log.txt", log.String()}}
	if last != "" {
		out = append(out, Part{"last-problem.txt", last})
	}
	if crash := MaskTrace(f.Crash); crash != "" {
		out = append(out, Part{"crash.txt", crash})
	}
	return out
}

var (
	traceCall  = regexp.MustCompile(`^(?:created by )?([\w./*()\[\]…-]+)\(.*\)$`)
	traceBy    = regexp.MustCompile(`^created by ([\w./*()\[\]…-]+)(?: in goroutine \d+)?$`)
	tracePlace = regexp.MustCompile(`^\t(?:.*/)?([\w.@-]+/[\w.-]+\.(?:go|s|c)):(\d+)(?: \+0x[0-9a-f]+)?$`)
	traceHead  = regexp.MustCompile(`^goroutine \d+ (?:gp=0x[0-9a-f]+ m=\S+ (?:mp=0x[0-9a-f]+ )?)?\[[a-z ,0-9]+\]:$`)
	tracePanic = regexp.MustCompile(`^(panic|fatal error|runtime error|SIG[A-Z]+)\b`)
	traceKnown = regexp.MustCompile(`runtime error: [a-z ]+(?:\[[-\d:]+\])?(?: with (?:length|capacity) \d+)?`)
)

// MaskTrace keeps of a crash's text the functions, the files by their last
// folder with their lines, and the kind of the panic: never a value.
func MaskTrace(text string) string {
	var out []string
	for _, line := range strings.Split(text, "\n") {
		line = strings.TrimRight(line, "\r ")
		switch {
		case traceHead.MatchString(line):
			out = append(out, "", line)
		case traceBy.MatchString(line):
			out = append(out, "created by "+traceBy.FindStringSubmatch(line)[1])
		case tracePanic.MatchString(line):
			kind := tracePanic.FindString(line)
			if known := traceKnown.FindString(line); known != "" {
				kind += ": " + known
			}
			out = append(out, kind)
		case traceCall.MatchString(line):
			out = append(out, traceCall.FindStringSubmatch(line)[1]+"(…)")
		case tracePlace.MatchString(line):
			m := tracePlace.FindStringSubmatch(line)
			out = append(out, "\t"+m[1]+":"+m[2])
		}
	}
	return strings.TrimSpace(strings.Join(out, "\n"))
}

// Zip packs a report.
func Zip(parts []Part) ([]byte, error) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, p := range parts {
		w, err := z.Create(p.Name)
		if err != nil {
			return nil, err
		}
		if _, err := w.Write([]byte(p.Text)); err != nil {
			return nil, err
		}
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// save writes a report into a folder, under a name that is not taken.
func save(folder string, parts []Part, now time.Time) (string, error) {
	raw, err := Zip(parts)
	if err != nil {
		return "", err
	}
	path := filepath.Join(folder, "longying-problem-"+now.Format("20060102-150405")+".zip")
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", err
	}
	if _, err := f.Write(raw); err != nil {
		f.Close()
		return "", err
	}
	return path, f.Close()
}
