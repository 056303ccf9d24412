package worklist

import (
	"testing"

	"longying/app/ui/lang"
	"longying/records"
)

func TestARowBesideTheRegisterMarksWhatBothStateAndStateDifferently(t *testing.T) {
	l, err := lang.New(lang.English)
	if err != nil {
		t.Fatal(err)
	}
	row := records.Patient{Name: "刘小曼", Sex: records.SexFemale, BirthDate: "20220514", IDNumber: "620102202205149984"}
	known := records.Patient{Name: "刘小满", Sex: records.SexFemale, IDNumber: "620102202205149984", HealthRecordNumber: "62010200100100001"}
	want := map[string]bool{"name": true, "sex": false, "birth date": false, "ID number": false, "health record no.": false}
	facts := factsOf(l, []records.Patient{row, known})
	if len(facts) != len(want) {
		t.Fatalf("%d facts: %+v", len(facts), facts)
	}
	for _, f := range facts {
		if differs, ok := want[f.name]; !ok || differs != f.differs || len(f.values) != 2 {
			t.Errorf("%+v", f)
		}
	}
}
