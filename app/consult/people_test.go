package consult

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"longying/records"
)

// name fills every place of a value that holds the name of a person, whatever is
// added to consults later, and says which names it gave.
func name(v reflect.Value, field string, given *[]string) {
	switch v.Kind() {
	case reflect.Pointer:
		if v.Type().Elem().Kind() == reflect.Struct && v.CanSet() {
			v.Set(reflect.New(v.Type().Elem()))
			name(v.Elem(), field, given)
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 || v.Type() == reflect.TypeFor[[]uint16]() {
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range 2 {
			name(v.Index(i), field, given)
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for i := range v.NumField() {
			name(v.Field(i), v.Type().Field(i).Name, given)
		}
	case reflect.String:
		if field == "Name" || field == "Present" || strings.HasSuffix(field, "Name") {
			s := fmt.Sprintf("Person%dX", len(*given))
			*given = append(*given, s)
			v.SetString(s)
		}
	}
}

func TestEveryNameOfAPersonInAConsultIsKnownToTheMask(t *testing.T) {
	var m records.Consult
	var given []string
	name(reflect.ValueOf(&m).Elem(), "", &given)
	if len(given) < 30 {
		t.Fatalf("only %d names in a consult", len(given))
	}
	known, _ := people(&m)
	for _, n := range given {
		if !slices.Contains(known, n) {
			t.Errorf("%s of %+v is not known", n, m)
		}
	}
}

func TestTheMaskTakesOutDoctorsAlsoByTheirTitles(t *testing.T) {
	p := newMask(&records.Patient{ID: "p", Name: "刘小满"}, nil, nil, func(s string) (string, bool) { return "20010203", true })
	p.person("王建国")
	p.person("欧阳明月")
	p.place("兰州大学第一医院")
	for _, x := range [][2]string{
		{"王建国主持", "医师1主持"}, {"请王主任看", "请〔医师〕看"}, {"王副主任医师、欧阳教授同意", "〔医师〕、〔医师〕同意"}, {"欧阳明月：手术", "医师2：手术"},
		{"转兰州大学第一医院", "转〔机构〕"}, {"主任查房，国王", "主任查房，国王"},
	} {
		if got := p.text(x[0]); got != x[1] {
			t.Errorf("%s became %s, want %s", x[0], got, x[1])
		}
	}
}

func TestOrientationLettersTurnWithThePicture(t *testing.T) {
	edges := [4]string{"R", "L", "H", "F"} // left, right, top, bottom
	for _, x := range []struct {
		v    *records.KeyView
		want [4]string
	}{
		{nil, edges},
		{&records.KeyView{Flip: true}, [4]string{"L", "R", "H", "F"}},
		{&records.KeyView{Rotate: 90}, [4]string{"F", "H", "R", "L"}},
		{&records.KeyView{Rotate: 180}, [4]string{"L", "R", "F", "H"}},
		{&records.KeyView{Rotate: 270}, [4]string{"H", "F", "L", "R"}},
		{&records.KeyView{Flip: true, Rotate: 90}, [4]string{"F", "H", "L", "R"}},
	} {
		if got := turned(edges, x.v); got != x.want {
			t.Errorf("%+v: %v, want %v", x.v, got, x.want)
		}
	}
}
