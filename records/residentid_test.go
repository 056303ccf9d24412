package records

import (
	"errors"
	"strings"
	"testing"
)

// withCheck completes 17 digits with their check character, by GB 11643's
// formula written out a second time.
func withCheck(first17 string) string {
	sum := 0
	weight := 1
	for i := 16; i >= 0; i-- {
		weight = weight * 2 % 11
		sum += int(first17[i]-'0') * weight
	}
	return first17 + string("10X98765432"[sum%11])
}

func TestAResidentIDNumberIsCheckedByGB11643(t *testing.T) {
	for name, c := range map[string]struct{ number, code string }{
		"the standard's example":             {"11010519491231002X", ""},
		"a small x":                          {"11010519491231002x", ""},
		"a digit as check character":         {withCheck("62010220220514998"), ""},
		"a residence permit of Hong Kong":    {withCheck("81000019900101001"), ""},
		"empty":                              {"", "length"},
		"one character short":                {"1101051949123100X", "length"},
		"old number of 15 digits":            {"110105491231002", "length"},
		"a letter inside":                    {"1101051949123I002X", "character"},
		"full-width digits":                  {"１１０１０５", "character"},
		"a region that does not exist":       {withCheck("00010519491231002"), "region"},
		"the 31st of February":               {withCheck("11010519490231002"), "birth_date"},
		"the 29th of February of a year off": {withCheck("11010519490229002"), "birth_date"},
		"month 13":                           {withCheck("11010519491331002"), "birth_date"},
		"one digit mistyped":                 {"11010519491231003X", "check_digit"},
		"two neighbours swapped":             {"11010519491213002X", "check_digit"},
		"X elsewhere than last":              {"1101051949123100XX", "character"},
	} {
		t.Run(name, func(t *testing.T) {
			err := CheckResidentID(c.number)
			var ne *NumberError
			switch {
			case c.code == "" && err != nil:
				t.Fatalf("refused: %v", err)
			case c.code != "" && (!errors.As(err, &ne) || ne.Code != c.code):
				t.Fatalf("got %v, want code %s", err, c.code)
			case err != nil && len(c.number) > 6 && strings.Contains(err.Error(), c.number[6:]):
				t.Fatalf("the message quotes the number: %v", err)
			}
		})
	}
}

func TestEveryChangedDigitOfAResidentIDNumberIsNoticed(t *testing.T) {
	const good = "11010519491231002X"
	for i := range 17 {
		for d := byte('0'); d <= '9'; d++ {
			if bad := good[:i] + string(d) + good[i+1:]; bad != good && CheckResidentID(bad) == nil {
				t.Errorf("%s passes", bad)
			}
		}
	}
}

func TestBirthDateAndSexAreReadFromAResidentIDNumber(t *testing.T) {
	if d, err := ResidentIDBirthDate("11010519491231002X"); err != nil || d != "19491231" {
		t.Errorf("birth date %q, %v", d, err)
	}
	if s, err := ResidentIDSex("11010519491231002X"); err != nil || s != SexFemale {
		t.Errorf("an even position 17 is %q, %v", s, err)
	}
	if s, err := ResidentIDSex(withCheck("11010519491231001")); err != nil || s != SexMale {
		t.Errorf("an odd position 17 is %q, %v", s, err)
	}
	if _, err := ResidentIDSex("110105194912310020"); err == nil {
		t.Error("a wrong number has a sex")
	}
}

func TestAHealthRecordNumberHas17Digits(t *testing.T) {
	for number, ok := range map[string]bool{"62010200100100001": true, "": false, "6201020010010000": false, "620102001001000011": false, "6201020010010000X": false} {
		if (CheckHealthRecordNumber(number) == nil) != ok {
			t.Errorf("%q: %v", number, CheckHealthRecordNumber(number))
		}
	}
}
