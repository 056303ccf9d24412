package sr

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"longying/imaging"
	"longying/imaging/dicomfile"
	"longying/records"
	"longying/records/composite"
)

// document is the fixture that all encoders share.
func document(t *testing.T) *records.Document {
	t.Helper()
	b, err := os.ReadFile("../report/testdata/document.json")
	if err != nil {
		t.Fatal(err)
	}
	var d records.Document
	if err := json.Unmarshal(b, &d); err != nil {
		t.Fatal(err)
	}
	return &d
}

func encode(t *testing.T, d *records.Document) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Encode(d, Default(), &b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// file writes the encoded document where a tool can read it.
func file(t *testing.T, d *records.Document) string {
	t.Helper()
	f := filepath.Join(t.TempDir(), "report.dcm")
	if err := os.WriteFile(f, encode(t, d), 0o600); err != nil {
		t.Fatal(err)
	}
	return f
}

// tool runs a checker of another project. Without it the test is skipped, and
// fails in CI.
func tool(t *testing.T, pkg, name string, args ...string) string {
	t.Helper()
	bin, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%s is missing: install %s", name, pkg)
		}
		t.Skipf("%s is missing: install %s", name, pkg)
	}
	out, err := exec.Command(bin, args...).CombinedOutput()
	if err != nil {
		t.Errorf("%s: %v\n%s", name, err, out)
	}
	return string(out)
}

// variants are documents whose encodings differ in structure.
func variants(t *testing.T) map[string]*records.Document {
	amended := document(t)
	amended.Version, amended.Replaces, amended.Amends = 2, amended.ID, "测量更正"
	amended.ID = amended.DocumentID + "-2"

	wordsOnly := document(t)
	wordsOnly.Findings, wordsOnly.FindingText, wordsOnly.Abnormal = nil, nil, false
	wordsOnly.Impression = []records.Sentence{{Text: "请结合临床。"}}
	wordsOnly.Examination.AccessionNumber = ""

	slide := document(t)
	slide.Examination.Modality = "SM"
	slide.Series[0].Modality = "SM"
	for i := range slide.Series[0].Instances {
		slide.Series[0].Instances[i].SOPClass = wholeSlide
	}
	for i := range slide.Findings {
		slide.Findings[i].Ref.SOPClass = wholeSlide
		slide.Findings[i].Ref.Region = &imaging.Region{X0: 20000.5, Y0: 31000, X1: 24000, Y1: 36000, Kind: imaging.RegionDrawn}
	}
	slide.Findings[0].Topography = &records.Code{Value: "C34.1", Scheme: "ICDO3", Meaning: "Upper lobe, lung"}
	slide.Findings[0].Morphology = &records.Code{Value: "8140/3", Scheme: "ICDO3", Meaning: "Adenocarcinoma, NOS"}

	slide.Findings[0].Grade = &records.Code{Value: "2", Scheme: "ICDO3", Meaning: "Moderately differentiated"}

	measured := document(t)
	measured.Findings[0].Value = &records.Measurement{Concept: records.Code{Value: "118565006", Scheme: "SCT", Meaning: "Volume"}, Value: 12.3456, Unit: "mL"}
	measured.Findings[0].Sizes = []records.Measurement{
		{Concept: records.Code{Value: "103339001", Scheme: "SCT", Meaning: "Long Axis"}, Value: 34.2, Unit: "mm"},
		{Concept: records.Code{Value: "103340004", Scheme: "SCT", Meaning: "Short Axis"}, Value: 21, Unit: "mm"}}

	whole := document(t)
	whole.Findings[0].Ref.Region, whole.Findings[1].Ref = nil, imaging.Ref{StudyUID: whole.Examination.StudyUID}
	whole.Findings[0].ByName, whole.Findings[1].Amber = "李医生", []string{"切片比例未知"}
	return map[string]*records.Document{"first": document(t), "amended": amended, "words only": wordsOnly, "slide": slide, "measured": measured, "whole image": whole}
}

// dciodvfy checks modules and attributes of the IOD, not the template.
func TestTheObjectIsValid(t *testing.T) {
	for name, d := range variants(t) {
		t.Run(name, func(t *testing.T) {
			out := tool(t, "dicom3tools", "dciodvfy", "-new", file(t, d))
			if strings.Contains(out, "Error") {
				t.Errorf("dciodvfy:\n%s", out)
			}
			t.Logf("%s", out)
		})
	}
}

func TestTheReportAsPDFIsAValidObjectOfTheStudy(t *testing.T) {
	d := document(t)
	for _, size := range []int{3001, 3002} {
		pdf := append([]byte("%PDF-1.7\n"), make([]byte, size-9)...)
		var b bytes.Buffer
		if err := EncodePDF(d, Default(), pdf, &b); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "pdf.dcm")
		if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		out := tool(t, "dicom3tools", "dciodvfy", "-new", path)
		if strings.Contains(out, "Error") || !strings.Contains(out, "EncapsulatedPDF") {
			t.Errorf("dciodvfy:\n%s", out)
		}
		f, err := dicomfile.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		ds, err := f.Dataset()
		if err != nil {
			t.Fatal(err)
		}
		if n, _ := ds.IntValue(tagDocumentLength); n != size || !bytes.Equal(ds.Raw(tagDocument)[:size], pdf) || ds.Text(dicomfile.TagStudyInstanceUID) != d.Examination.StudyUID ||
			ds.Text(dicomfile.TagPatientName) != "Ouyang^Boyu=欧阳^·𬭸㛃" {
			t.Errorf("of %d bytes %d came back, for %s", size, n, ds.Text(dicomfile.TagPatientName))
		}
		var again bytes.Buffer
		if err := EncodePDF(d, Default(), pdf, &again); err != nil || !bytes.Equal(again.Bytes(), b.Bytes()) {
			t.Errorf("the same document gives other bytes: %v", err)
		}
	}
}

func TestDcmtkReadsTheTree(t *testing.T) {
	out := tool(t, "dcmtk", "dsrdump", "+U8", "+Pl", file(t, document(t)))
	for _, want := range []string{
		"Ouyang^Boyu=欧阳^·𬭸㛃", `<CONTAINER:(,,"Imaging Measurement Report")=SEPARATE>`,
		"Completion Flag     : COMPLETE", "Verification Flag   : VERIFIED", "李医生, 示例县人民医院", `"张医生"`,
		"Solitary nodule of lung", "病灶 1", "2.25.200000000000000000000000000000000001",
		`(,,"Algorithm Name")="lung-nodule"`, `(,,"Algorithm Version")="1.0.0"`,
		`(,,"Long axis")="8.2" (mm,UCUM,"mm")`, `(,,"Certainty of Finding")="93"`,
		"=(POLYLINE,100.5/120,130/120,130/150.25,100.5/150.25,100.5/120)",
		`(,,"Laterality")=(24028007,SCT,"Right")`, `(,,"Laterality")=(7771000,SCT,"Left")`,
		"where the model looked, not the outline of a lesion", "CT值<40 HU & >20 HU",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("dsrdump does not show %s in\n%s", want, out)
		}
	}
}

// What dciodvfy is blind to, by XPath over dcmtk's XML: each group is of its
// template, has both tracking identifiers, a finding, and the FindingUID.
func TestTheTemplateHolds(t *testing.T) {
	for name, d := range variants(t) {
		t.Run(name, func(t *testing.T) {
			x := filepath.Join(t.TempDir(), "sr.xml")
			tool(t, "dcmtk", "dsr2xml", "+Xn", "+Ea", "+Wt", "+Wi", file(t, d), x)
			body, err := os.ReadFile(x)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(x, bytes.Replace(body, []byte(` xmlns="http://dicom.offis.de/dcmsr"`), nil, 1), 0o600); err != nil {
				t.Fatal(err)
			}
			has := func(path, want string) {
				t.Helper()
				got := strings.TrimSpace(tool(t, "libxml2-utils", "xmllint", "--xpath", "string("+path+")", x))
				if got != want {
					t.Errorf("%s = %q, want %q", path, got, want)
				}
			}
			has("/report/document/content/item/template/@tid", "1500")
			has("/report/document/content/item/concept/@codValue", "126000")
			has("count(//item[concept/@codValue='125007'])", strconv.Itoa(len(d.Findings)))
			if d.Replaces != "" {
				has("//predecessor//instance/@uid", composite.UID("instance", d.DocumentID, d.Version-1))
			}
			for i, f := range d.Findings {
				group := fmt.Sprintf("(//item[concept/@codValue='125007'])[%d]", i+1)
				child := func(code string) string { return group + "/item[concept/@codValue='" + code + "']" }
				want := "1501"
				if f.Ref.Region != nil {
					want = "1410"
					has(child("111030")+"/@type", "POLYLINE")
					has(child("111030")+"/item[@relType='SELECTED FROM'][@valType='IMAGE']//instance/@uid", f.Ref.SOPUID)
				}
				has(group+"/template/@tid", want)
				has(group+"/observation/@uid", f.UID)
				has(child("112039")+"[@relType='HAS OBS CONTEXT']/value", f.TrackingID)
				has(child("112040")+"[@relType='HAS OBS CONTEXT']/value", f.TrackingUID)
				has("count("+child("121071")+"[@relType='CONTAINS'][@valType='CODE'])", "1")
				if f.Site != nil {
					has(child("363698007")+"[@relType='HAS CONCEPT MOD']/value/@codValue", f.Site.Value)
				}
				if f.Model != nil {
					has(child("111001")+"[@relType='HAS CONCEPT MOD']/value", f.Model.ID)
					has(child("111003")+"[@relType='HAS CONCEPT MOD']/value", f.Model.Version)
					has(child("111002")+"[@relType='HAS CONCEPT MOD']/value", "model sha256="+f.Model.SHA256)
				}
				// Who confirmed it: an observer of its own, or the report's.
				has("(//item[concept/@codValue='121008'][@relType='HAS OBS CONTEXT'])[1]/value", d.Author.Name)
				if f.ByName != d.Author.Name {
					has(child("121008")+"[@relType='HAS OBS CONTEXT']/value", f.ByName)
				}
			}
		})
	}
}

// highdicom is a second reader, of the template itself.
func TestHighdicomReadsTheSameNumbers(t *testing.T) {
	python := os.Getenv("LONGYING_PEERS")
	if python == "" {
		t.Skip("LONGYING_PEERS does not name a Python with highdicom; make conformance does")
	}
	if exec.Command(python, "-c", "import highdicom").Run() != nil {
		t.Skip("the Python of LONGYING_PEERS has no highdicom; make peers makes one that has")
	}
	for name, d := range variants(t) {
		t.Run(name, func(t *testing.T) {
			out := tool(t, "highdicom", python, "testdata/read.py", file(t, d))
			var got []struct {
				Observation, Tracking, TrackingID, Algorithm string
				Measurements                                 map[string]float64
				Polygon                                      [][]float64
				Origin                                       string
			}
			if err := json.Unmarshal([]byte(out), &got); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			if len(got) != len(d.Findings) {
				t.Fatalf("highdicom found %d groups, the document has %d findings\n%s", len(got), len(d.Findings), out)
			}
			for i, f := range d.Findings {
				g := got[i]
				if g.Observation != f.UID || g.Tracking != f.TrackingUID || g.TrackingID != f.TrackingID {
					t.Errorf("group %d is %+v", i, g)
				}
				if f.Model != nil && g.Algorithm != f.Model.ID+" "+f.Model.Version {
					t.Errorf("group %d: algorithm %q", i, g.Algorithm)
				}
				for _, m := range f.Measurements() {
					if g.Measurements[m.Concept.Meaning] != m.Value {
						t.Errorf("group %d: measurements %v", i, g.Measurements)
					}
				}
				if f.Probability != nil && g.Measurements["Certainty of Finding"] != *f.Probability*100 {
					t.Errorf("group %d: certainty %v", i, g.Measurements)
				}
				if r := f.Ref.Region; r != nil {
					if len(g.Polygon) != 5 || g.Polygon[0][0] != r.X0 || g.Polygon[2][1] != r.Y1 {
						t.Errorf("group %d: polygon %v, region %+v", i, g.Polygon, *r)
					}
					if want := map[bool]string{true: "VOLUME"}[name == "slide"]; g.Origin != want {
						t.Errorf("group %d: pixel origin %q, want %q", i, g.Origin, want)
					}
				}
			}
		})
	}
}

func TestWhatIsNotConfirmedIsRefused(t *testing.T) {
	d := document(t)
	d.Findings[0].State = records.FindingProposed
	var b bytes.Buffer
	var r *records.RefusedError
	if err := Encode(d, Default(), &b); !errors.As(err, &r) || r.Code != "not_factual" || b.Len() > 0 {
		t.Errorf("Encode wrote %d bytes: %v", b.Len(), err)
	}
}

func TestNothingIsCutToFit(t *testing.T) {
	d := document(t)
	d.Examination.Description = strings.Repeat("检", 65) // LO holds 64
	var b bytes.Buffer
	if err := Encode(d, Default(), &b); err == nil || !strings.Contains(err.Error(), "Study Description") || b.Len() > 0 {
		t.Errorf("Encode wrote %d bytes: %v", b.Len(), err)
	}
}

func TestSameDocumentSameBytes(t *testing.T) {
	again := document(t)
	again.SignedAt = again.SignedAt.UTC()
	if !bytes.Equal(encode(t, document(t)), encode(t, again)) {
		t.Error("the same instant in another zone gave other bytes")
	}
	if bytes.Equal(encode(t, document(t)), encode(t, variants(t)["amended"])) {
		t.Error("another version gave the same bytes")
	}
}

func TestPatientNameFollowsTheStudyWhereItAgrees(t *testing.T) {
	for _, x := range []struct{ header, registered, want string }{
		{"Ouyang^Boyu=欧阳^·𬭸㛃", "欧阳·𬭸㛃", "Ouyang^Boyu=欧阳^·𬭸㛃"},
		{"ZHANG^SAN", "张三", "ZHANG^SAN=张三"},
		{"张三", "张三", "张三"},
		{"李四", "张三", "张三"}, // linked by hand: the register counts
		{"SMITH^JOHN", "John Smith", "John Smith"},
	} {
		d := document(t)
		d.Examination.Header.Name, d.Patient.Name = x.header, x.registered
		if got := composite.PatientName(d); got != x.want {
			t.Errorf("header %q, register %q: %q, want %q", x.header, x.registered, got, x.want)
		}
	}
}

// What Preflight names is what Encode refuses.
func TestPreflightNamesWhatAnAttributeCannotHold(t *testing.T) {
	if p := Preflight(document(t)); len(p) != 0 {
		t.Fatalf("the fixture has problems: %v", p)
	}
	for _, x := range []struct {
		break_ func(*records.Document)
		want   records.Problem
	}{
		{func(d *records.Document) { d.Examination.AccessionNumber = "20261124-00000001" }, records.Problem{Field: "examination.accession_number", What: records.ProblemTooLong, Limit: 16, Got: 17}},
		{func(d *records.Document) { d.Examination.Description = strings.Repeat("检", 65) }, records.Problem{Field: "examination.description", What: records.ProblemTooLong, Limit: 64, Got: 65}},
		{func(d *records.Document) { d.Organization.Name = `县\医院` }, records.Problem{Field: "organization.name", What: records.ProblemMalformed, Value: `县\医院`}},
		{func(d *records.Document) { d.Reviewer.Name = strings.Repeat("名", 65) }, records.Problem{Field: "reviewer.name", What: records.ProblemTooLong, Limit: 64, Got: 65}},
		{func(d *records.Document) { d.Findings[0].TrackingUID = "" }, records.Problem{Field: "findings[0].tracking_uid", What: records.ProblemMissing}},
		{func(d *records.Document) { d.Findings[0].Code.Meaning = strings.Repeat("x", 65) }, records.Problem{Field: "findings[0].code.meaning", What: records.ProblemTooLong, Limit: 64, Got: 65}},
	} {
		d := document(t)
		x.break_(d)
		if p := Preflight(d); len(p) != 1 || p[0] != x.want {
			t.Errorf("Preflight = %+v, want %+v", p, x.want)
		}
		var b bytes.Buffer
		if err := Encode(d, Default(), &b); err == nil || b.Len() > 0 {
			t.Errorf("%s: Encode wrote %d bytes", x.want.Field, b.Len())
		}
	}
}
