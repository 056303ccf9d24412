package fhir

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"longying/records"
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
	b, err := Encode(d, Config{})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func variants(t *testing.T) map[string]*records.Document {
	amended := document(t)
	amended.Version, amended.Replaces, amended.Amends = 2, amended.ID, "测量更正 <8 mm> & 复核"
	amended.ID = amended.DocumentID + "-2"
	bare := document(t)
	bare.Findings, bare.FindingText, bare.Visit, bare.Technician, bare.Abnormal = nil, nil, nil, nil, false
	bare.Impression = []records.Sentence{{Text: "请结合临床。"}}
	bare.Patient.IDNumber, bare.Patient.HealthRecordNumber, bare.Patient.BirthDate, bare.Patient.Phone = "", "", "", ""
	bare.Patient.Sex, bare.Examination.AccessionNumber, bare.Organization.Code = "", "", ""
	bare.Reviewer, bare.Sample, bare.Patient.Sample = bare.Author, false, false
	slide := document(t)
	slide.Examination.Modality, slide.Series[0].Modality = "SM", "SM"
	slide.Findings[1].Topography = &records.Code{Value: "C34.1", Scheme: "ICDO3", Meaning: "Upper lobe, lung"}
	slide.Findings[1].Morphology = &records.Code{Value: "8140/3", Scheme: "ICDO3", Meaning: "Adenocarcinoma, NOS"}
	slide.Findings[1].Grade = &records.Code{Value: "2", Scheme: "ICDO3", Meaning: "Moderately differentiated"}
	slide.Findings[0].Value = &records.Measurement{Concept: records.Code{Value: "118565006", Scheme: "SCT", Meaning: "Volume"}, Value: 12.3456, Unit: "mL"}
	slide.Findings[0].Sizes = []records.Measurement{
		{Concept: records.Code{Value: "103339001", Scheme: "SCT", Meaning: "Long Axis"}, Value: 34.2, Unit: "mm"},
		{Concept: records.Code{Value: "103340004", Scheme: "SCT", Meaning: "Short Axis"}, Value: 21, Unit: "mm"}}
	slide.Findings[1].Amber = []string{"切片比例未知"}
	return map[string]*records.Document{"first": document(t), "amended": amended, "bare": bare, "slide": slide}
}

// The offline HAPI validator of shared/data/standards/fhir. Build it once:
//
//	mkdir -p V/src/main/java && cp shared/data/standards/fhir/pom.xml V
//	cp shared/data/standards/fhir/Validate.java V/src/main/java/V.java
//	cd V && mvn -q compile dependency:build-classpath -Dmdep.outputFile=cp.txt
//	export LONGYING_FHIR_VALIDATOR=$PWD/target/classes:$(cat cp.txt)
//
// The test runs it when the variable names that class path.
func TestTheOfflineValidatorAccepts(t *testing.T) {
	classes := os.Getenv("LONGYING_FHIR_VALIDATOR")
	if classes == "" {
		t.Skip("LONGYING_FHIR_VALIDATOR does not name the class path of the HAPI validator")
	}
	dir := t.TempDir()
	args := []string{"-cp", classes, "V"}
	for name, d := range variants(t) {
		f := filepath.Join(dir, name+".json")
		if err := os.WriteFile(f, encode(t, d), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, f)
	}
	out, err := exec.Command("java", args...).CombinedOutput()
	if err != nil || bytes.Count(out, []byte("ok=true")) != len(variants(t)) {
		t.Fatalf("the validator refused: %v\n%s", err, out)
	}
	t.Logf("%s", out)
}

// find returns the resources of a type, as decoded JSON.
func find(t *testing.T, b []byte, kind string) (resources, requests []map[string]any) {
	t.Helper()
	var out struct {
		ResourceType, Type string
		Entry              []struct {
			FullURL           string
			Resource, Request map[string]any
		}
	}
	if err := json.Unmarshal(b, &out); err != nil || out.ResourceType != "Bundle" || out.Type != "transaction" {
		t.Fatalf("not a transaction Bundle: %v", err)
	}
	for _, e := range out.Entry {
		if e.Resource["resourceType"] == kind {
			e.Resource["fullUrl"] = e.FullURL
			resources, requests = append(resources, e.Resource), append(requests, e.Request)
		}
	}
	return resources, requests
}

// at follows keys and indices, "identifier.0.value".
func at(t *testing.T, v any, path string) any {
	t.Helper()
	for _, k := range strings.Split(path, ".") {
		switch x := v.(type) {
		case map[string]any:
			v = x[k]
		case []any:
			i := int(k[0] - '0')
			if i >= len(x) {
				return nil
			}
			v = x[i]
		default:
			return nil
		}
	}
	return v
}

func TestEachResourceSaysWhatTheDocumentSays(t *testing.T) {
	b := encode(t, document(t))
	tests := []struct {
		kind  string
		index int
		path  string
		want  any
	}{
		{"Patient", 0, "identifier.0.system", "urn:oid:2.16.156.10011.1.3"},
		{"Patient", 0, "identifier.0.value", "11010519491231002X"},
		{"Patient", 0, "name.0.text", "欧阳·𬭸㛃"},
		{"Patient", 0, "gender", "female"},
		{"Patient", 0, "birthDate", "1949-12-31"},
		{"Patient", 0, "meta.security.0.code", "HTEST"},
		{"Device", 0, "deviceName.0.name", "lung-nodule"},
		{"Device", 0, "version.0.value", "1.0.0"},
		{"Device", 0, "property.0.valueCode.0.text", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"},
		{"Device", 1, "", nil}, // one model, one device
		{"ImagingStudy", 0, "identifier.0.system", "urn:dicom:uid"},
		{"ImagingStudy", 0, "identifier.0.value", "urn:oid:1.2.826.0.1.3680043.8.498.100"},
		{"ImagingStudy", 0, "numberOfInstances", 2.0},
		{"ImagingStudy", 0, "started", "2026-11-24T10:00:00+08:00"},
		{"Observation", 0, "identifier.0.system", "urn:ietf:rfc:3986"},
		{"Observation", 0, "identifier.0.value", "urn:oid:2.25.100000000000000000000000000000000001"},
		{"Observation", 0, "status", "final"},
		{"Observation", 0, "code.coding.0.code", "427359005"},
		{"Observation", 0, "code.text", "肺结节"},
		{"Observation", 0, "performer.0.display", "张医生"},
		{"Observation", 0, "bodySite.text", "右侧 Upper lobe of lung"},
		{"Observation", 0, "component.0.valueQuantity.value", 8.2},
		{"Observation", 0, "component.0.valueQuantity.code", "mm"},
		{"Observation", 0, "component.1.valueQuantity.value", 0.93},
		{"Observation", 1, "device", nil}, // by hand
		{"DiagnosticReport", 0, "identifier.0.value", "RPT-7c1f0a52-5d6e-4b7a-9c8f-000000000001"},
		{"DiagnosticReport", 0, "identifier.1.value", "RPT-7c1f0a52-5d6e-4b7a-9c8f-000000000001-1"},
		{"DiagnosticReport", 0, "status", "final"},
		{"DiagnosticReport", 0, "issued", "2026-11-24T10:20:00+08:00"},
		{"DiagnosticReport", 0, "conclusion", "右肺上叶结节,建议随访。左侧胸腔积液。"},
		{"DiagnosticReport", 0, "resultsInterpreter.1.display", "李医生"},
		{"Provenance", 0, "agent.0.type.coding.0.code", "assembler"},
		{"Provenance", 0, "agent.1.type.coding.0.code", "verifier"},
		{"Provenance", 0, "agent.1.who.display", "张医生"},
		{"Provenance", 0, "recorded", "2026-11-24T10:10:00+08:00"}, // when it was confirmed
		{"Provenance", 1, "agent.0.type.coding.0.code", "author"},  // no model behind it
		{"Provenance", 2, "agent.1.who.display", "李医生"},
	}
	for _, x := range tests {
		res, _ := find(t, b, x.kind)
		var got any
		if x.index < len(res) {
			got = at(t, res[x.index], x.path)
		}
		if got != x.want {
			t.Errorf("%s[%d].%s = %v, want %v", x.kind, x.index, x.path, got, x.want)
		}
	}
}

// Every reference leads to an entry of the bundle, and the findings that are in
// the report are those of the document.
func TestEveryReferenceResolves(t *testing.T) {
	for name, d := range variants(t) {
		b := string(encode(t, d))
		full := map[string]bool{}
		for _, m := range regexp.MustCompile(`"fullUrl": "([^"]+)"`).FindAllStringSubmatch(b, -1) {
			if full[m[1]] {
				t.Errorf("%s: fullUrl %s twice", name, m[1])
			}
			full[m[1]] = true
		}
		refs := regexp.MustCompile(`"reference": "([^"]+)"`).FindAllStringSubmatch(b, -1)
		if len(refs) < 3 {
			t.Errorf("%s: only %d references", name, len(refs))
		}
		for _, m := range refs {
			if !full[m[1]] {
				t.Errorf("%s: reference %s leads nowhere", name, m[1])
			}
		}
		reports, _ := find(t, []byte(b), "DiagnosticReport")
		results, _ := reports[0]["result"].([]any)
		if len(results) != len(d.Findings) {
			t.Errorf("%s: %d results for %d findings", name, len(results), len(d.Findings))
		}
	}
}

// Sending again must change nothing: no plain POST may be among the requests.
func TestEveryRequestIsIdempotent(t *testing.T) {
	for name, d := range variants(t) {
		b := encode(t, d)
		for _, kind := range []string{"Patient", "Device", "ImagingStudy", "Observation", "DiagnosticReport", "Provenance"} {
			_, reqs := find(t, b, kind)
			for _, r := range reqs {
				u, cond := r["url"].(string), r["ifNoneExist"]
				ok := r["method"] == "PUT" && (strings.HasPrefix(u, kind+"?identifier=") || strings.HasPrefix(u, kind+"/")) ||
					r["method"] == "POST" && cond != nil && strings.HasPrefix(cond.(string), "identifier=")
				if !ok {
					t.Errorf("%s: %s request %v is not idempotent", name, kind, r)
				}
			}
		}
	}
}

func TestACorrectionUpdatesTheSameReport(t *testing.T) {
	_, first := find(t, encode(t, document(t)), "DiagnosticReport")
	res, second := find(t, encode(t, variants(t)["amended"]), "DiagnosticReport")
	if first[0]["url"] != second[0]["url"] || res[0]["status"] != "amended" {
		t.Errorf("version 2 goes to %v with status %v, version 1 went to %v", second[0]["url"], res[0]["status"], first[0]["url"])
	}
	if div := at(t, res[0], "text.div").(string); !strings.Contains(div, "测量更正 &lt;8 mm&gt; &amp; 复核") {
		t.Errorf("the reason of the correction is not in %s", div)
	}
}

func TestAPersonWithoutNumbersIsKnownByOurID(t *testing.T) {
	res, req := find(t, encode(t, variants(t)["bare"]), "Patient")
	if v := at(t, res[0], "identifier.0.value"); v != "urn:uuid:5b0a9f3e-0000-4000-8000-000000000001" {
		t.Errorf("identifier %v in %v", v, req)
	}
	if res[0]["gender"] != "unknown" || res[0]["meta"] != nil {
		t.Errorf("gender %v, meta %v", res[0]["gender"], res[0]["meta"])
	}
}

func TestRefusals(t *testing.T) {
	for _, x := range []struct {
		field  string
		break_ func(*records.Document)
	}{
		{"patient.name", func(d *records.Document) { d.Patient.Name = " " }},
		{"patient.birth_date", func(d *records.Document) { d.Patient.BirthDate = "1949" }},
		{"impression", func(d *records.Document) { d.Impression[0].Text = "\x02" }},
		{"findings[0].model.version", func(d *records.Document) { d.Findings[0].Model.Version = "" }},
		{"series[0].instances[1]", func(d *records.Document) { d.Series[0].Instances[1].SOPClass = "" }},
	} {
		d := document(t)
		x.break_(d)
		_, err := Encode(d, Config{})
		var inc *records.Problems
		if !errors.As(err, &inc) || len(inc.List) != 1 || inc.List[0].Field != x.field {
			t.Errorf("%s: %v", x.field, err)
		}
	}
	for _, s := range []records.FindingState{records.FindingProposed, records.FindingRejected, records.FindingWithdrawn, ""} {
		d := document(t)
		d.Findings[1].State = s
		_, err := Encode(d, Config{})
		var r *records.RefusedError
		if !errors.As(err, &r) || r.Code != "not_factual" {
			t.Errorf("state %q: %v, want a refusal", s, err)
		}
	}
}

func TestSameDocumentSameBytes(t *testing.T) {
	again := document(t)
	again.SignedAt = again.SignedAt.UTC()
	if !bytes.Equal(encode(t, document(t)), encode(t, again)) {
		t.Error("the same instant in another zone gave other bytes")
	}
}
