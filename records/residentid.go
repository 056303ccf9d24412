package records

import (
	"fmt"
	"strings"
	"time"
)

// NumberError says that an identifying number cannot be right. It never quotes
// the number: the message may end in a log.
type NumberError struct {
	Field  string // id_number, health_record_number
	Code   string // length, character, region, birth_date, check_digit
	Reason string
}

func (e *NumberError) Error() string { return e.Reason }

// The weights and check characters of GB 11643-1999 (ISO 7064 MOD 11-2).
var residentWeights = [17]int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}

const residentChecks = "10X98765432"

// residentProvinces are the first two digits in use: GB/T 2260 provinces, 71
// and 81 to 83 for Taiwan, Hong Kong, Macao and the residence permits of their
// people.
const residentProvinces = " 11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82 83 "

// CheckResidentID checks a resident ID number (GB 11643): 18 characters, a
// region, a birth date that exists in the calendar, and the check character,
// which may be x or X. The error is a *NumberError.
func CheckResidentID(number string) error {
	bad := func(code, format string, args ...any) error {
		return &NumberError{Field: "id_number", Code: code, Reason: fmt.Sprintf("the resident ID number "+format, args...)}
	}
	if len(number) != 18 {
		return bad("length", "has %d characters instead of 18", len([]rune(number)))
	}
	sum := 0
	for i := range 17 {
		d := number[i]
		if d < '0' || d > '9' {
			return bad("character", "has something other than a digit at position %d", i+1)
		}
		sum += int(d-'0') * residentWeights[i]
	}
	if !strings.Contains(residentProvinces, " "+number[:2]+" ") {
		return bad("region", "starts with a region that does not exist")
	}
	if _, err := time.Parse("20060102", number[6:14]); err != nil || number[6:8] < "18" {
		return bad("birth_date", "holds a birth date (positions 7 to 14) that is not in the calendar")
	}
	last := number[17]
	if last == 'x' {
		last = 'X'
	}
	if last != residentChecks[sum%11] {
		return bad("check_digit", "has a wrong check character (position 18), so at least one character is wrong")
	}
	return nil
}

// ResidentIDBirthDate is the birth date inside a valid resident ID number,
// YYYYMMDD.
func ResidentIDBirthDate(number string) (string, error) {
	if err := CheckResidentID(number); err != nil {
		return "", err
	}
	return number[6:14], nil
}

// ResidentIDSex is the sex inside a valid resident ID number: position 17 is
// odd for men, even for women.
func ResidentIDSex(number string) (Sex, error) {
	if err := CheckResidentID(number); err != nil {
		return SexUnknown, err
	}
	if (number[16]-'0')%2 == 1 {
		return SexMale, nil
	}
	return SexFemale, nil
}

// CheckHealthRecordNumber checks a resident health record number (健康档案编号):
// 17 digits. The error is a *NumberError.
func CheckHealthRecordNumber(number string) error {
	if len(number) != 17 {
		return &NumberError{Field: "health_record_number", Code: "length",
			Reason: fmt.Sprintf("the health record number has %d characters instead of 17", len([]rune(number)))}
	}
	for i := range len(number) {
		if number[i] < '0' || number[i] > '9' {
			return &NumberError{Field: "health_record_number", Code: "character",
				Reason: fmt.Sprintf("the health record number has something other than a digit at position %d", i+1)}
		}
	}
	return nil
}

// FoldNumber is the form in which identifying numbers are compared: full-width
// characters as ASCII, letters upper case, no white space. Nothing else is
// changed, and leading zeros stay.
func FoldNumber(number string) string {
	return strings.ToUpper(strings.Map(foldRune, number))
}
