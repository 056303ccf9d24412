package record

import (
	"testing"
	"time"

	"longying/app/registry"
	"longying/app/ui/lang"
	"longying/records"
)

func TestATimelineHasEverythingOnceTheNewestFirstAndTheUndatedLast(t *testing.T) {
	l, err := lang.New(lang.English)
	if err != nil {
		t.Fatal(err)
	}
	rec := registry.PatientRecord{
		Visits:    []records.Visit{{Date: "20260102", Class: records.VisitOutpatient, Department: "内科", Number: "V1", Diagnoses: []records.Diagnosis{{Code: "J18.900", Name: "肺炎"}}}},
		Diagnoses: []records.DiagnosisEntry{{VisitNumber: "V1", Code: "J18.900", Name: "肺炎", Date: "20260102"}, {Code: "I10", Name: "高血压"}},
		Labs: []records.LabValue{{Panel: "血常规", Name: "白细胞", Value: "12.1", Range: "3.5-9.5", Time: "202601020830"}, {Panel: "血常规", Name: "血红蛋白", Value: "140", Time: "202601020830"},
			{Panel: "肝功", Name: "ALT", Value: "20", Time: "20251231"}},
		Reports:      []records.PastReport{{Date: "20240506", Title: "胸片", Impression: "肺纹理增多"}},
		Examinations: []records.Examination{{StudyUID: "1.2.3", Modalities: []string{"CT"}, Date: time.Date(2026, 1, 3, 1, 0, 0, 0, time.UTC)}},
	}
	got := Timeline(l, rec)
	want := []struct{ at, kind string }{{"202601030900", KindExamination}, {"202601020830", records.EntryLab}, {"20260102", records.EntryVisit}, {"20251231", records.EntryLab},
		{"20240506", records.EntryReport}, {"", records.EntryDiagnosis}}
	if len(got) != len(want) {
		t.Fatalf("%d entries: %+v", len(got), got)
	}
	for i, w := range want {
		if got[i].At != w.at || got[i].Kind != w.kind {
			t.Errorf("entry %d is %+v, want %v", i, got[i], w)
		}
	}
	if !got[1].Abnormal || got[3].Abnormal || got[0].StudyUID != "1.2.3" {
		t.Errorf("%+v", got)
	}
}
