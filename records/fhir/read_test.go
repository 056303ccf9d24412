package fhir

import (
	"os"
	"path/filepath"
	"testing"

	"longying/imaging/bounded"
	"longying/records"
)

const sent = `{"resourceType":"Bundle","type":"collection","entry":[
{"fullUrl":"http://his/Observation/o1","resource":{"resourceType":"Observation","id":"o1","status":"final","subject":{"reference":"Patient/p1"},"encounter":{"reference":"Encounter/e1"},
 "code":{"coding":[{"system":"http://loinc.org","code":"6690-2","display":"WBC"}],"text":"白细胞"},"effectiveDateTime":"2026-01-02T08:40:00+08:00",
 "valueQuantity":{"value":12.10,"unit":"10*9/L"},"interpretation":[{"coding":[{"code":"H"}]}],"referenceRange":[{"low":{"value":3.5},"high":{"value":9.5}}]}},
{"fullUrl":"http://his/Observation/o2","resource":{"resourceType":"Observation","id":"o2","status":"final","subject":{"reference":"http://his/Patient/p1"},"code":{"text":"血压"},
 "component":[{"code":{"text":"收缩压"},"valueQuantity":{"value":150,"unit":"mmHg"}},{"code":{"text":"舒张压"},"valueQuantity":{"value":90,"comparator":"<","unit":"mmHg"}}]}},
{"fullUrl":"http://his/Patient/p1","resource":{"resourceType":"Patient","id":"p1","identifier":[{"system":"urn:oid:2.16.156.10011.1.3","value":"11010519491231002x"},{"system":"urn:his","value":"77"}],
 "name":[{"family":"欧阳","given":["娜娜"]}],"gender":"female","birthDate":"1949-12-31","telecom":[{"system":"phone","value":"139"}],"address":[{"text":"甘肃省榆中县"}]}},
{"resource":{"resourceType":"Encounter","id":"e1","identifier":[{"value":"V-9"}],"class":{"code":"IMP"},"subject":{"reference":"Patient/p1"},"period":{"start":"2026-01-02"},"serviceType":{"text":"内科"}}},
{"resource":{"resourceType":"Condition","id":"c1","subject":{"reference":"Patient/p1"},"encounter":{"reference":"Encounter/e1"},"clinicalStatus":{"coding":[{"code":"active"}]},
 "code":{"coding":[{"system":"http://snomed.info/sct","code":"233604007","display":"Pneumonia"},{"system":"http://hl7.org/fhir/sid/icd-10","code":"J18.900","display":"肺炎"}]}}},
{"resource":{"resourceType":"AllergyIntolerance","id":"a1","patient":{"reference":"Patient/p1"},"category":["medication"],"code":{"text":"青霉素"},"verificationStatus":{"coding":[{"code":"refuted"}]},
 "clinicalStatus":{"coding":[{"code":"active"}]},"reaction":[{"manifestation":[{"text":"皮疹"}],"severity":"severe"}]}},
{"resource":{"resourceType":"DiagnosticReport","id":"d1","status":"final","subject":{"reference":"Patient/p1"},"code":{"text":"胸部CT"},"conclusion":"建议随访","presentedForm":[{"contentType":"text/plain","data":"5Y+z6IK657uT6IqC"}]}},
{"resource":{"resourceType":"Medication","id":"m1"}},
{"resource":{"resourceType":"Observation","id":"o3","status":"final","subject":{"reference":"Patient/other"},"code":{"text":"x"},"valueString":"y"}}
]}`

func TestABundleIsReadResourceByResourceEachOfItsPatient(t *testing.T) {
	in, bad, err := Read([]byte(sent))
	if err != nil || len(in) != 7 || len(bad) != 2 || bad[0].Row != 8 || bad[1].Row != 9 || bad[1].Code != "fhir_subject" {
		t.Fatalf("%d, %+v, %v", len(in), bad, err)
	}
	var all records.Intake
	for _, i := range in {
		if i.Patient.Name != "欧阳娜娜" || i.Patient.IDNumber != "11010519491231002X" || i.Patient.Sex != records.SexFemale || i.Patient.BirthDate != "19491231" || i.Row < 1 {
			t.Errorf("%+v", i)
		}
		all.Labs, all.Visits = append(all.Labs, i.Labs...), append(all.Visits, i.Visits...)
		all.Diagnoses, all.Allergies, all.Reports = append(all.Diagnoses, i.Diagnoses...), append(all.Allergies, i.Allergies...), append(all.Reports, i.Reports...)
	}
	if w := all.Labs[0]; w.Name != "白细胞" || w.Value != "12.10" || w.Unit != "10*9/L" || w.Range != "3.5-9.5" || w.Flag != "H" || w.Time != "202601020840" || w.VisitNumber != "V-9" || w.Code != "6690-2" {
		t.Errorf("%+v", w)
	}
	if len(all.Labs) != 3 || all.Labs[1].Name != "收缩压" || all.Labs[2].Value != "<90" || all.Labs[1].Source == all.Labs[2].Source || all.Labs[1].Panel != "血压" {
		t.Errorf("%+v", all.Labs)
	}
	if len(all.Visits) != 1 || all.Visits[0].Class != records.VisitInpatient || all.Visits[0].Date != "20260102" {
		t.Errorf("%+v", all.Visits)
	}
	if d := all.Diagnoses[0]; d.Code != "J18.900" || d.Name != "肺炎" || d.VisitNumber != "V-9" {
		t.Errorf("the ICD-10 code was not chosen: %+v", d)
	}
	if a := all.Allergies[0]; a.Substance != "青霉素" || a.Stands() || a.Reaction != "皮疹" {
		t.Errorf("a refuted allergy: %+v", a)
	}
	if r := all.Reports[0]; r.Findings != "右肺结节" || r.Impression != "建议随访" {
		t.Errorf("%+v", r)
	}
}

func TestTheSampleBundleOfTheStandardsIsReadAndItsImageObservationIsNot(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "data", "standards", "fhir", "transaction.sample.json"))
	if err != nil {
		t.Skip("the reference is not beside this checkout")
	}
	in, bad, err := Read(raw)
	if err != nil || len(in) != 2 || in[0].Patient.IDNumber != "11010519491231002X" || in[1].Reports[0].Impression != "提示" {
		t.Fatalf("%+v, %v", in, err)
	}
	codes := map[string]int{}
	for _, e := range bad {
		codes[e.Code]++
	}
	if codes["fhir_imaging"] != 1 || codes["fhir_kind"] != 3 {
		t.Error(codes)
	}
}

func FuzzReadBundle(f *testing.F) {
	f.Add([]byte(sent))
	f.Add([]byte(`{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Patient","identifier":{"value":"1"},"name":[{"text":"x"}]}}]}`))
	f.Add([]byte(`{"resourceType":"Bundle","entry":[{"resource":null},{}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if len(raw) > 1<<16 {
			t.Skip()
		}
		bounded.Run(t, 256<<20, func() {
			in, bad, err := Read(raw)
			if err == nil && len(in)+len(bad) == 0 {
				t.Error("neither an error nor a resource")
			}
			for _, e := range bad {
				if e.Row < 1 || e.Reason == "" {
					t.Errorf("%+v", e)
				}
			}
		})
	})
}
