package notices

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// linked are the modules whose packages the program is built of, each with the
// folder that it lies in.
func linked(t *testing.T) [][3]string {
	t.Helper()
	cmd := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{.Path}}\t{{.Version}}\t{{.Dir}}{{end}}", "longying/app")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var all [][3]string
	for line := range strings.Lines(string(out)) {
		f := strings.Split(strings.TrimSpace(line), "\t")
		if len(f) == 3 && f[0] != "longying" && !slices.Contains(all, [3]string(f)) {
			all = append(all, [3]string(f))
		}
	}
	slices.SortFunc(all, func(a, b [3]string) int { return strings.Compare(a[0], b[0]) })
	return all
}

// written is the text that the linked modules ask for.
func written(t *testing.T) string {
	t.Helper()
	name := regexp.MustCompile(`(?i)^(licen[sc]e|copying|notice|patents)(\.|$)`)
	by := map[string][]string{} // the modules under one text
	var texts []string
	for _, m := range linked(t) {
		entries, err := os.ReadDir(m[2])
		if err != nil {
			t.Fatal(err)
		}
		var text strings.Builder
		for _, e := range entries {
			if !name.MatchString(e.Name()) || e.IsDir() {
				continue
			}
			raw, err := os.ReadFile(filepath.Join(m[2], e.Name()))
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&text, "%s\n\n", strings.TrimSpace(strings.ReplaceAll(string(raw), "\r\n", "\n")))
		}
		if text.Len() == 0 {
			t.Fatalf("%s comes without a licence", m[0])
		}
		if by[text.String()] == nil {
			texts = append(texts, text.String())
		}
		by[text.String()] = append(by[text.String()], m[0]+" "+m[1])
	}
	var out strings.Builder
	for _, text := range texts {
		fmt.Fprintf(&out, "==== %s\n\n%s", strings.Join(by[text], "\n==== "), text)
	}
	return out.String()
}

// LONGYING_UPDATE=1 writes the text anew after the modules changed.
func TestTheLicencesAreThoseOfTheModulesThatAreLinked(t *testing.T) {
	want := written(t)
	if os.Getenv("LONGYING_UPDATE") != "" {
		if err := os.WriteFile("licences.txt", []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if Licences() != want {
		t.Error("licences.txt is not that of the linked modules; LONGYING_UPDATE=1 go test ./app/notices writes it anew")
	}
}
