package main

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// The import rules of the design: data flows down, imports point one way.

type goPackage struct {
	ImportPath string
	Imports    []string
}

const module = "longying/"

func listPackages(t *testing.T) map[string]goPackage {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "longying/...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	pkgs := map[string]goPackage{}
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return pkgs
		} else if err != nil {
			t.Fatal(err)
		}
		pkgs[strings.TrimPrefix(p.ImportPath, module)] = p
	}
}

// ours gives the imports of this module, and those of others, without the
// standard library's.
func ours(p goPackage) (own, foreign []string) {
	for _, i := range p.Imports {
		switch {
		case strings.HasPrefix(i, module):
			own = append(own, strings.TrimPrefix(i, module))
		case i == "C", strings.Contains(strings.SplitN(i, "/", 2)[0], "."):
			foreign = append(foreign, i)
		}
	}
	return own, foreign
}

// mayImport lists, for each package below app, the packages of this module that
// it may import.
func mayImport() map[string][]string {
	return map[string][]string{
		"imaging":           {},
		"models":            {},
		"imaging/codec":     {"imaging"},
		"imaging/dicomfile": {"imaging", "imaging/codec"},
		"imaging/render":    {"imaging", "imaging/dicomfile", "imaging/codec"},
		"imaging/icc":       {"imaging"},
		// The function a monitor is checked against, and the pattern that is looked at.
		"imaging/gsdf": {},
		// How HTTP services are configured: of a PACS and of destinations alike.
		"imaging/endpoint": {},
		"imaging/pacs":     {"imaging", "imaging/dicomfile", "imaging/codec", "imaging/endpoint"},
		// A configuration file, and a real Orthanc for tests.
		"imaging/pacs/orthanc": {},
		"imaging/deid":         {"imaging", "imaging/dicomfile", "imaging/codec"},
		"imaging/volume":       {"imaging", "imaging/dicomfile", "imaging/codec"},
		// Little CMS has a package of its own; a slide applies its colour profile.
		"imaging/slide": {"imaging", "imaging/dicomfile", "imaging/codec", "imaging/icc"},
		// Scanners' own formats, through a library that may be absent.
		"imaging/slide/openslide": {"imaging", "imaging/slide"},
		"inference":               {"imaging", "models"},
		"inference/ort":           {"imaging", "models", "inference"},
		"records":                 {"imaging"},
		"records/seal":            {"records"},
		// The keyring of the operating system, which may be absent.
		"records/seal/oskeyring": {"records/seal"},
		"records/sqlite":         {"records", "imaging", "records/seal"},
		"records/report":         {"records", "imaging", "imaging/render"},
		// Report templates: vocabulary over records, with the shipped files.
		"records/template": {"records"},
		"records/cda":      {"records", "imaging"},
		"records/fhir":     {"records", "imaging"},
		"records/row":      {"records", "imaging"},
		// What the DICOM objects of a report share: patient, study, equipment, UIDs.
		"records/composite": {"records", "imaging", "imaging/dicomfile"},
		"records/sr":        {"records", "imaging", "imaging/dicomfile", "records/composite"},
		"records/seg":       {"records", "imaging", "imaging/dicomfile", "records/composite"},
		"records/keyimage":  {"records", "imaging", "imaging/dicomfile", "records/composite"},
		// A PACS is one of its destinations, and DICOMweb is known to imaging/pacs.
		"records/foreign": {"records", "imaging", "imaging/dicomfile"}, // other makers' reports and segmentations
		"records/outbox":  {"records", "imaging", "imaging/endpoint", "imaging/pacs", "imaging/dicomfile"},
		// The audit trail as DICOM audit messages.
		"records/auditmessage": {"records"},
		// Files of people that others make: tables, and HL7 v2 messages.
		"records/sheet": {"records"},
		"records/hl7":   {"records", "records/sheet"},
		// An index of people in memory; the store knows nothing of it.
		"records/search": {"records"},
		// Measures against other programs; only tests and benchmarks import it.
		"imaging/peer": {},
		// The property of fuzz targets; only tests import it.
		"imaging/bounded": {},
		// The decoders of native libraries fall back on those in Go.
		"imaging/codec/native": {"imaging", "imaging/codec"},
	}
}

func TestEveryPackageBelowAppImportsOnlyWhatTheDesignAllows(t *testing.T) {
	rules := mayImport()
	for name, p := range listPackages(t) {
		if name == "app" || strings.HasPrefix(name, "app/") {
			continue
		}
		allowed, known := rules[name]
		if !known {
			t.Errorf("package %s has no rule; say in this test what it may import, and why", name)
			continue
		}
		own, foreign := ours(p)
		for _, i := range own {
			if !slices.Contains(allowed, i) {
				t.Errorf("%s imports %s, which the design does not allow", name, i)
			}
		}
		// Which instructions the processor has is what the standard library knows
		// and keeps to itself (internal/cpu); this is the same, made importable.
		foreign = slices.DeleteFunc(foreign, func(i string) bool { return i == "golang.org/x/sys/cpu" })
		if vocabulary := name == "imaging" || name == "models" || name == "inference" || name == "records"; vocabulary && len(foreign) > 0 {
			t.Errorf("%s imports %v; vocabulary imports the standard library only", name, foreign)
		}
	}
}

func TestOnlyOnePackageImportsEachFixedLibrary(t *testing.T) {
	only := map[string]string{
		"github.com/suyashkumar/dicom":    "imaging/dicomfile",
		"github.com/yalue/onnxruntime_go": "inference/ort",
		"github.com/mattn/go-sqlite3":     "records/sqlite",
		"github.com/mozillazg/go-pinyin":  "records/search",
	}
	for name, p := range listPackages(t) {
		_, foreign := ours(p)
		for _, i := range foreign {
			for library, owner := range only {
				if (i == library || strings.HasPrefix(i, library+"/")) && name != owner {
					t.Errorf("%s imports %s; only %s may", name, i, owner)
				}
			}
			if strings.HasPrefix(i, "fyne.io/") && name != "app" && name != "app/ui" && !strings.HasPrefix(name, "app/ui/") {
				t.Errorf("%s imports Fyne; only app and app/ui may", name)
			}
		}
	}
}

func TestUseCasesNeverImportTheDesktopOrTheCommandLine(t *testing.T) {
	for name, p := range listPackages(t) {
		if !strings.HasPrefix(name, "app/") || strings.HasPrefix(name, "app/ui") {
			continue
		}
		own, _ := ours(p)
		for _, i := range own {
			if i == "app/ui" || strings.HasPrefix(i, "app/ui/") || i == "app/cli" {
				t.Errorf("%s imports %s", name, i)
			}
		}
	}
}

func TestUseCasesDoNotImportOneAnother(t *testing.T) {
	useCases := []string{"app/registry", "app/reading", "app/consult", "app/delivery", "app/admin", "app/catalogue", "app/backup", "app/transfer"}
	pkgs := listPackages(t)
	for _, name := range useCases {
		own, _ := ours(pkgs[name])
		for _, i := range own {
			if slices.Contains(useCases, i) {
				t.Errorf("%s imports %s; what a use case needs of another is handed in by app/station", name, i)
			}
		}
	}
}

func TestRoomsNeverImportOneAnother(t *testing.T) {
	shared := []string{"app/ui/canvas", "app/ui/canvas/view", "app/ui/canvas/hanging", "app/ui/theme", "app/ui/lang", "app/ui/workspace"}
	for name, p := range listPackages(t) {
		if !strings.HasPrefix(name, "app/ui/") {
			continue
		}
		own, _ := ours(p)
		for _, i := range own {
			if strings.HasPrefix(i, "app/ui/") && !slices.Contains(shared, i) {
				t.Errorf("room %s imports %s; rooms share only canvas, theme, lang and workspace", name, i)
			}
			if i == "app/ui" {
				t.Errorf("room %s imports the shell", name)
			}
		}
	}
}
