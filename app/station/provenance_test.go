package station

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"longying/app/delivery"
	"longying/app/reading"
	"longying/records"
)

// Model, version and hash of what proposed a finding, and who confirmed it, stand
// in every form in which a report leaves: CDA alone has no element for it, and
// says it in the remarks, with the beginning of the hash.
func TestProvenanceOfAModelsFindingStandsInEveryFormat(t *testing.T) {
	b := newBench(t)
	doc, _, _ := b.segmented()
	f := doc.Document.Findings[0]
	if f.Model == nil || len(f.Model.SHA256) != 64 || f.ByName == "" {
		t.Fatalf("the finding is of no model: %+v", f)
	}
	whole := []string{f.Model.ID, f.Model.Version, f.Model.SHA256, f.ByName}
	says := func(format string, raw []byte, want []string) {
		t.Helper()
		for _, w := range want {
			if !bytes.Contains(raw, []byte(w)) {
				t.Errorf("%s does not say %q", format, w)
			}
		}
	}
	forms := delivery.DefaultForms()
	for _, format := range []string{"cda", "fhir", "sr", "row-csv", "row-json", "row-xml"} {
		d := doc
		if format == "cda" || strings.HasPrefix(format, "row-") {
			d.Document = withNumbers(d.Document)
		}
		raw, err := forms.Encode(&d, format)
		b.must(err)
		if format == "cda" {
			says(format, raw, []string{"DE06.00.179.00", f.Model.ID, f.Model.Version, f.Model.SHA256[:16], f.ByName})
			continue
		}
		says(format, raw, whole)
	}
	folder := t.TempDir()
	for _, as := range delivery.ObjectFormats() {
		paths, left, err := b.ExportObjects(b.ctx, b.radiologist, b.ct.StudyUID, as, folder)
		if err != nil || len(paths) == 0 || len(left) > 0 {
			t.Fatalf("%s: %v %v %v", as, paths, left, err)
		}
		valid(t, paths...)
		for _, p := range paths {
			raw, err := os.ReadFile(p)
			b.must(err)
			says(as, raw, whole)
		}
	}
	bin, err := exec.LookPath("pdftotext")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("pdftotext is missing: install poppler-utils")
		}
		return
	}
	raw, err := b.PrintReport(b.ctx, b.radiologist, b.ct.StudyUID)
	b.must(err)
	path := filepath.Join(folder, "report.pdf")
	b.must(os.WriteFile(path, raw, 0o600))
	out, err := exec.Command(bin, "-raw", path, "-").Output()
	b.must(err)
	says("pdf", []byte(strings.NewReplacer("\n", "", " ", "").Replace(string(out))), whole)
}

// withNumbers fills what the sample CT's patient lacks for a national document.
func withNumbers(d records.Document) records.Document {
	d.Patient.IDType, d.Patient.IDNumber = records.IDTypeResident, "620102196903089976"
	return d
}

func TestTheRefusalOfAFormSaysTheOneReasonThatHoldsForAllFindings(t *testing.T) {
	slide, colour := reading.Left{Code: "slide"}, reading.Left{Code: "colour"}
	for want, left := range map[string][]reading.Left{
		"no_key_images": {slide, colour}, "no_key_images_slide": {slide, slide}, "no_key_images_colour": {colour}, "no_key_images_no_dicom": {{Code: "no_dicom"}},
	} {
		if got := noKeyImages(left); got != want {
			t.Errorf("%v: %s", left, got)
		}
	}
	if got := noKeyImages(nil); got != "no_key_images" {
		t.Errorf("without findings: %s", got)
	}
}
