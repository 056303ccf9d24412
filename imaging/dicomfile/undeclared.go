package dicomfile

import (
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// undeclaredChinese looks at text with bytes over 0x7F in an object that
// declares the default repertoire or Latin-1, as many devices sold in China
// do, and returns the character set it is really in: nil when the declaration
// stands. The note says so for people.
//
// UTF-8 that is valid and has a multi-byte character is taken as UTF-8: Latin
// text is almost never so by chance. GB 2312 characters come as pairs of two
// high bytes with a leading byte of 0xB0 to 0xF7; where Latin-1 is declared,
// every high byte must belong to such a pair, because accented letters stand
// alone among plain ones. Where nothing is declared, GBK pairs with a low
// second byte are taken too, if most pairs are of GB 2312.
func undeclaredChinese(declared []string, texts [][]byte) (*charset, string) {
	latin := false
	for _, t := range declared {
		switch t {
		case "", "ISO_IR 6", "ISO 2022 IR 6":
		case "ISO_IR 100":
			latin = true
		default:
			return nil, ""
		}
	}
	if len(declared) > 1 {
		return nil, ""
	}
	var all []byte
	for _, t := range texts {
		if !isASCII(t) {
			all = append(append(all, t...), ' ')
		}
	}
	if len(all) == 0 {
		return nil, ""
	}
	as := "no character set"
	if latin {
		as = "ISO_IR 100 (Latin-1)"
	}
	if utf8.Valid(all) {
		return &charset{declared: declared, utf8: true}, "the header declares " + as + "; its text is UTF-8 and was read so"
	}
	common, rare, single := gbPairs(all)
	if common == 0 || single > 0 || latin && rare > 0 || rare > common {
		return nil, ""
	}
	return &charset{declared: declared, whole: simplifiedchinese.GB18030}, "the header declares " + as + "; its text is Chinese in GB18030 and was read so"
}

// gbPairs counts two-byte characters: those of GB 2312, those only GBK has,
// and bytes that belong to neither.
func gbPairs(b []byte) (common, rare, single int) {
	for i := 0; i < len(b); i++ {
		if b[i] < 0x80 {
			continue
		}
		if i+1 >= len(b) || b[i] == 0x80 || b[i] == 0xff {
			single++
			continue
		}
		lead, trail := b[i], b[i+1]
		switch {
		case lead >= 0xb0 && lead <= 0xf7 && trail >= 0xa1 && trail != 0xff:
			common++
		case lead >= 0xa1 && lead <= 0xa9 && trail >= 0xa1 && trail != 0xff: // punctuation
		case trail >= 0x40 && trail != 0x7f && trail != 0xff:
			rare++
		default:
			single++
			continue
		}
		i++
	}
	return common, rare, single
}
