package dicomfile

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// charset decodes text of one data set: Specific Character Set (0008,0005),
// PS3.3 C.12.1.1.2 and PS3.5 6.1. A nil charset is UTF-8.
type charset struct {
	declared   []string          // as written
	whole      encoding.Encoding // GB18030, GBK: no code extensions
	utf8       bool
	latin      encoding.Encoding // G1 of a single-byte set at the start of a value; nil: none
	katakana   bool              // ISO_IR 13 at the start: JIS X 0201
	extensions bool
}

// newCharset reads the values of (0008,0005). Unknown terms count as the
// default repertoire, ok is then false.
func newCharset(terms []string) (cs *charset, ok bool) {
	cs, ok = &charset{declared: terms}, true
	for i, t := range terms {
		t = strings.ToUpper(strings.TrimSpace(t))
		t = strings.ReplaceAll(strings.ReplaceAll(t, "ISO-IR", "ISO_IR"), "ISO IR", "ISO_IR")
		if strings.HasPrefix(t, "ISO_IR") && !strings.HasPrefix(t, "ISO_IR ") {
			t = "ISO_IR " + strings.TrimLeft(t[len("ISO_IR"):], "_ -")
		}
		t = strings.ReplaceAll(t, "ISO_2022_IR", "ISO 2022 IR")
		number := ""
		switch {
		case t == "":
			number = "6"
		case t == "GB18030" && i == 0:
			cs.whole = simplifiedchinese.GB18030
			continue
		case (t == "GBK" || t == "GB2312") && i == 0:
			cs.whole = simplifiedchinese.GBK
			continue
		case strings.HasPrefix(t, "ISO_IR "):
			number = t[len("ISO_IR "):]
		case strings.HasPrefix(t, "ISO 2022 IR "):
			number, cs.extensions = t[len("ISO 2022 IR "):], true
		default:
			ok = false
			continue
		}
		if number == "192" {
			cs.utf8 = true
			continue
		}
		page, known := singleByte(number)
		switch {
		case !known && number != "87" && number != "159" && number != "149" && number != "58":
			ok = false
		case i == 0:
			cs.latin, cs.katakana = page, number == "13"
			switch number { // a multi-byte set as the first value, against the rules but seen
			case "149":
				cs.latin = korean.EUCKR
			case "58":
				cs.latin = simplifiedchinese.GBK
			}
		default:
			cs.extensions = true
		}
	}
	return cs, ok
}

// singleByte maps the registration number of PS3.3 table C.12-2 to its page;
// the page is nil for the default repertoire and for JIS X 0201.
func singleByte(number string) (encoding.Encoding, bool) {
	switch number {
	case "6", "13":
		return nil, true
	case "100":
		return charmap.ISO8859_1, true
	case "101":
		return charmap.ISO8859_2, true
	case "109":
		return charmap.ISO8859_3, true
	case "110":
		return charmap.ISO8859_4, true
	case "144":
		return charmap.ISO8859_5, true
	case "127":
		return charmap.ISO8859_6, true
	case "126":
		return charmap.ISO8859_7, true
	case "138":
		return charmap.ISO8859_8, true
	case "148":
		return charmap.ISO8859_9, true
	case "203":
		return charmap.ISO8859_15, true
	case "166":
		return charmap.Windows874, true
	}
	return nil, false
}

// decode turns the bytes of a value, with all its backslashes, into UTF-8.
// Bytes that the character set does not have become U+FFFD; it never fails.
func (cs *charset) decode(b []byte, name bool) string {
	if isASCII(b) {
		return string(b)
	}
	switch {
	case cs == nil || cs.utf8:
		return strings.ToValidUTF8(string(b), "�")
	case cs.whole != nil:
		return decodeWith(cs.whole, b)
	}
	return cs.decode2022(b, name)
}

// isASCII reports bytes that every character set reads alike.
func isASCII(b []byte) bool {
	for _, c := range b {
		if c >= 0x80 || c == 0x1b {
			return false
		}
	}
	return true
}

func decodeWith(e encoding.Encoding, b []byte) string {
	s, err := e.NewDecoder().Bytes(b)
	if err != nil {
		return strings.ToValidUTF8(string(b), "�")
	}
	return string(s)
}

// The sets that an escape sequence may designate besides single-byte pages.
type designation uint8

const (
	asASCII designation = iota
	asRomaji
	asJIS0208
	asJIS0212
	asPage     // G1: a single-byte page
	asKatakana // G1: JIS X 0201
	asKorean   // G1: KS X 1001
	asChinese  // G1: GB 2312
)

// escapes are the escape sequences of PS3.3 tables C.12-3 and C.12-4, without
// the escape character.
var escapes = []struct {
	code string
	set  designation
	page string
}{
	{"$(D", asJIS0212, ""}, {"$)C", asKorean, ""}, {"$)A", asChinese, ""}, {"$B", asJIS0208, ""}, {"$@", asJIS0208, ""},
	{"(B", asASCII, ""}, {"(J", asRomaji, ""}, {")I", asKatakana, ""},
	{"-A", asPage, "100"}, {"-B", asPage, "101"}, {"-C", asPage, "109"}, {"-D", asPage, "110"}, {"-L", asPage, "144"},
	{"-G", asPage, "127"}, {"-F", asPage, "126"}, {"-H", asPage, "138"}, {"-M", asPage, "148"}, {"-T", asPage, "166"}, {"-b", asPage, "203"},
}

// decode2022 follows ISO 2022: G0 holds the bytes under 0x80, G1 those above.
// Both return to the initial sets at a delimiter: PS3.5 6.1.2.5.3.
func (cs *charset) decode2022(b []byte, name bool) string {
	var out strings.Builder
	g0, g1, page := asASCII, asPage, cs.latin
	reset := func() {
		g0, g1, page = asASCII, asPage, cs.latin
		if cs.katakana {
			g1 = asKatakana
		}
	}
	reset()
	for i := 0; i < len(b); {
		c := b[i]
		if c == 0x1b {
			found := false
			for _, e := range escapes {
				if strings.HasPrefix(string(b[i+1:min(len(b), i+4)]), e.code) {
					switch e.set {
					case asASCII, asRomaji, asJIS0208, asJIS0212:
						g0 = e.set
					case asPage:
						page, _ = singleByte(e.page)
						g1 = asPage
					default:
						g1 = e.set
					}
					i += 1 + len(e.code)
					found = true
					break
				}
			}
			if !found {
				out.WriteRune(utf8.RuneError)
				i++
			}
			continue
		}
		wide := g0 == asJIS0208 || g0 == asJIS0212
		if c < 0x80 && (!wide || c < 0x21) {
			out.WriteByte(c)
			if c == '\\' || c == '\r' || c == '\n' || c == '\f' || c == '\t' || name && (c == '^' || c == '=') {
				reset()
			}
			i++
			continue
		}
		// The longest run that one set decodes.
		j := i
		for j < len(b) && b[j] != 0x1b && (b[j] >= 0x80) == (c >= 0x80) && b[j] >= 0x21 {
			j++
		}
		run := b[i:j]
		switch {
		case c < 0x80:
			out.WriteString(decodeJIS(run, g0 == asJIS0212))
		case g1 == asKatakana:
			out.WriteString(decodeWith(japanese.ShiftJIS, run))
		case g1 == asKorean:
			out.WriteString(decodeWith(korean.EUCKR, run))
		case g1 == asChinese:
			out.WriteString(decodeWith(simplifiedchinese.GBK, run))
		case page != nil:
			out.WriteString(decodeWith(page, run))
		default:
			out.WriteString(strings.Repeat("�", len(run)))
		}
		i = j
	}
	return out.String()
}

// decodeJIS reads seven-bit JIS X 0208 or 0212 pairs by way of EUC-JP.
func decodeJIS(run []byte, supplement bool) string {
	euc := make([]byte, 0, len(run)*3/2)
	for i := 0; i+1 < len(run); i += 2 {
		if supplement {
			euc = append(euc, 0x8f)
		}
		euc = append(euc, run[i]|0x80, run[i+1]|0x80)
	}
	s := decodeWith(japanese.EUCJP, euc)
	if len(run)%2 == 1 {
		s += "�"
	}
	return s
}
