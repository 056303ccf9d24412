package records

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestALaboratoryFlagIsComputedOnlyWhereValueAndRangeAreNumbers(t *testing.T) {
	for _, c := range []struct{ value, interval, want string }{
		{"12.5", "3.5-9.5", "H"}, {"3.5", "3.5-9.5", "N"}, {"9.5", "3.5～9.5", "N"}, {"3.49", "3.5—9.5", "L"},
		{"５.０", "3.5-9.5", "N"}, {"5", "<5", "H"}, {"5", "≤5", "N"}, {"60", ">60", "L"}, {"60", "≥60", "N"},
		{"-3", "-2--1", "L"}, {"-1.5", "-2--1", "N"}, {"0", "-2-2", "N"}, {"3", "-2-2", "H"},
		{"<0.1", "0-0.5", ""}, {"<0.1", "0.1-0.5", "L"}, {"<0.1", "<0.5", "N"}, {"<0.1", "<0.05", ""}, {">100", "0-50", "H"}, {">40", "0-50", ""}, {">100", ">60", "N"}, {"<1", "2-5", "L"},
		{"阴性", "阴性", ""}, {"5", "阴性", ""}, {"5", "", ""}, {"", "1-2", ""}, {"NaN", "1-2", ""}, {"Inf", "1-2", ""}, {"1", "5-2", ""}, {"1", "-", ""}, {"1", "2", ""}, {"1", "1-2-3", ""},
	} {
		if got := RangeFlag(c.value, c.interval); got != c.want {
			t.Errorf("%q in %q: flag %q, want %q", c.value, c.interval, got, c.want)
		}
	}
	if flag, stated := (LabValue{Value: "12", Range: "1-5", Flag: "N"}).Abnormal(); flag != "N" || !stated {
		t.Errorf("what the source states was overruled: %q", flag)
	}
}

func TestEveryDataElementIsTheCodeOfAFieldThatThereIs(t *testing.T) {
	entries := map[string]any{"patients": Patient{}, "visits": Visit{}, "orders": Order{}, "diagnoses": DiagnosisEntry{}, "laboratory_values": LabValue{}, "past_reports": PastReport{}}
	seen := map[string]bool{}
	for _, e := range DataElements() {
		found := false
		typ := reflect.TypeOf(entries[e.Table])
		for i := range typ.NumField() {
			name, _, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
			found = found || name == e.Field
		}
		if !found || seen[e.Table+"."+e.Field] {
			t.Errorf("%s.%s is no field, or there twice", e.Table, e.Field)
		}
		seen[e.Table+"."+e.Field] = true
	}
	// formats.md writes DE02.01.030.00 and then .031.00 for short.
	text, err := os.ReadFile(filepath.Join("..", "..", "shared", "reference", "formats.md"))
	if err != nil {
		t.Skip("the reference is not beside this checkout")
	}
	for _, e := range DataElements() {
		if e.Code == "DE02.01.010.00" { // phone: from the schema before
			continue
		}
		tail := e.Code[len("DE02.01"):]
		if strings.HasSuffix(tail, "016.00") {
			tail = "/016.00" // written DE04.30.015/016.00
		}
		if !strings.Contains(string(text), e.Code) && !strings.Contains(string(text), strings.TrimSuffix(tail, ".00")) {
			t.Errorf("%s is not in the reference", e.Code)
		}
	}
}
