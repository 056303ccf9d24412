package dicomfile

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// vrKind groups the value representations of PS3.5 6.2 by how a value is
// stored.
type vrKind uint8

const (
	vrText     vrKind = iota + 1 // bytes in the specific character set: LO LT PN SH ST UC UT
	vrASCII                      // bytes in the default repertoire: AE AS CS DA DS DT IS TM UI UR
	vrBinary                     // numbers of a fixed size
	vrBytes                      // OB UN
	vrSequence                   // SQ
)

// vrInfo is one row of PS3.5 table 6.2-1.
type vrInfo struct {
	kind  vrKind
	size  int  // bytes of one binary value, the unit of byte swapping; 1 for bytes
	long  bool // explicit VR with a 32-bit length, PS3.5 7.1.2
	max   int  // characters of one value, 0 unlimited
	multi bool // a backslash separates values
	pad   byte
}

// vrOf looks a VR up; ok is false for a VR that PS3.5 does not have.
func vrOf(vr string) (vrInfo, bool) {
	switch vr {
	case "AE":
		return vrInfo{kind: vrASCII, max: 16, multi: true, pad: ' '}, true
	case "AS":
		return vrInfo{kind: vrASCII, max: 4, multi: true, pad: ' '}, true
	case "CS":
		return vrInfo{kind: vrASCII, max: 16, multi: true, pad: ' '}, true
	case "DA":
		return vrInfo{kind: vrASCII, max: 8, multi: true, pad: ' '}, true
	case "DS":
		return vrInfo{kind: vrASCII, max: 16, multi: true, pad: ' '}, true
	case "DT":
		return vrInfo{kind: vrASCII, max: 26, multi: true, pad: ' '}, true
	case "IS":
		return vrInfo{kind: vrASCII, max: 12, multi: true, pad: ' '}, true
	case "TM":
		return vrInfo{kind: vrASCII, max: 14, multi: true, pad: ' '}, true
	case "UI":
		return vrInfo{kind: vrASCII, max: 64, multi: true}, true
	case "UR":
		return vrInfo{kind: vrASCII, long: true, pad: ' '}, true
	case "LO":
		return vrInfo{kind: vrText, max: 64, multi: true, pad: ' '}, true
	case "SH":
		return vrInfo{kind: vrText, max: 16, multi: true, pad: ' '}, true
	case "PN":
		return vrInfo{kind: vrText, multi: true, pad: ' '}, true
	case "LT":
		return vrInfo{kind: vrText, max: 10240, pad: ' '}, true
	case "ST":
		return vrInfo{kind: vrText, max: 1024, pad: ' '}, true
	case "UC":
		return vrInfo{kind: vrText, long: true, multi: true, pad: ' '}, true
	case "UT":
		return vrInfo{kind: vrText, long: true, pad: ' '}, true
	case "US", "SS", "AT":
		return vrInfo{kind: vrBinary, size: 2}, true
	case "UL", "SL", "FL":
		return vrInfo{kind: vrBinary, size: 4}, true
	case "FD":
		return vrInfo{kind: vrBinary, size: 8}, true
	case "SV", "UV", "OD", "OV":
		return vrInfo{kind: vrBinary, size: 8, long: true}, true
	case "OL", "OF":
		return vrInfo{kind: vrBinary, size: 4, long: true}, true
	case "OW":
		return vrInfo{kind: vrBinary, size: 2, long: true}, true
	case "OB", "UN":
		return vrInfo{kind: vrBytes, size: 1, long: true}, true
	case "SQ":
		return vrInfo{kind: vrSequence, long: true}, true
	}
	return vrInfo{}, false
}

// checkString reports a value that its VR does not allow: PS3.5 table 6.2-1.
func checkString(vr, v string) error {
	info, _ := vrOf(vr)
	if info.multi && strings.Contains(v, `\`) {
		return fmt.Errorf("a single %s value cannot hold a backslash", vr)
	}
	if !utf8.ValidString(v) {
		return fmt.Errorf("the value is not UTF-8")
	}
	for _, r := range v {
		text := vr == "LT" || vr == "ST" || vr == "UT"
		if r < 0x20 && !(text && (r == '\n' || r == '\r' || r == '\t' || r == '\f')) || r == 0x7f {
			return fmt.Errorf("control character %q is not allowed", r)
		}
		if info.kind == vrASCII && r > 0x7e {
			return fmt.Errorf("%q is outside the default repertoire", r)
		}
	}
	if n := utf8.RuneCountInString(v); info.max > 0 && n > info.max {
		return fmt.Errorf("%d characters, %s allows %d", n, vr, info.max)
	}
	if v == "" {
		return nil
	}
	switch vr {
	case "UI":
		return CheckUID(v)
	case "PN":
		return checkName(v)
	case "CS":
		return only(v, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_ ", "upper case letters, digits, space and underscore")
	case "DA":
		if len(v) != 8 {
			return fmt.Errorf("a date is YYYYMMDD")
		}
		return only(v, "0123456789", "digits")
	case "TM":
		return only(v, "0123456789.", "digits and a point, HHMMSS.FFFFFF")
	case "DT":
		return only(v, "0123456789.+-", "digits, a point and an offset")
	case "IS":
		return only(v, "0123456789+-", "digits and a sign")
	case "DS":
		return only(v, "0123456789+-.eE", "a decimal number")
	case "AS":
		if len(v) != 4 || only(v[:3], "0123456789", "") != nil || only(v[3:], "DWMY", "") != nil {
			return fmt.Errorf("an age is three digits and one of D, W, M, Y, such as 004Y")
		}
	}
	return nil
}

func only(v, set, what string) error {
	for _, r := range v {
		if !strings.ContainsRune(set, r) {
			return fmt.Errorf("%q holds %q; allowed are %s", v, r, what)
		}
	}
	return nil
}

// checkName holds PS3.5 6.2.1: at most three groups of 64 characters.
func checkName(v string) error {
	groups := strings.Split(v, "=")
	if len(groups) > 3 {
		return fmt.Errorf("a name has %d groups, 3 are allowed", len(groups))
	}
	for _, g := range groups {
		if n := utf8.RuneCountInString(g); n > 64 {
			return fmt.Errorf("a name group has %d characters, 64 are allowed", n)
		}
		if strings.Count(g, "^") > 4 {
			return fmt.Errorf("a name group has more than five components")
		}
	}
	return nil
}
