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
	term       string // the Defined Terms, joined by a backslash
	gb18030    bool   // or GBK, GB 2312: no code extensions
	utf8       bool
	twice      bool              // UTF-8 as if it had been Latin-1, in UTF-8
	latin      encoding.Encoding // G1 of a single-byte set at the start of a value; nil: none
	katakana   bool              // ISO_IR 13 at the start: JIS X 0201
	extensions bool
	unescaped  designation // the multi-byte set that a value without escape sequences is read in: asKorean, asChinese, else asPage
}

// newCharset reads the values of (0008,0005). Unknown terms count as the
// default repertoire, ok is then false.
func newCharset(terms []string) (cs *charset, ok bool) {
	cs, ok = &charset{term: strings.Join(terms, `\`)}, true
	if cs.term == UTF8Twice {
		cs.utf8, cs.twice = true, true
		return cs, true
	}
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
		case (t == "GB18030" || t == "GBK" || t == "GB2312") && i == 0:
			cs.gb18030 = true
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
		case i > 0 && number == "149":
			cs.unescaped = asKorean
		case i > 0 && number == "58":
			cs.unescaped = asChinese
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
	case cs == nil || cs.utf8 && !cs.twice:
		return string([]rune(string(b))) // one replacement for each wrong byte
	case cs.twice:
		return decodeTwice(b)
	case cs.gb18030:
		return decodeGB(b)
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
			for _, k := range run {
				if k >= 0xa1 && k <= 0xdf { // JIS X 0201
					out.WriteRune(rune(k) - 0xa1 + '｡')
				} else {
					out.WriteRune(utf8.RuneError)
				}
			}
		case g1 == asKorean || g1 == asPage && page == nil && cs.unescaped == asKorean:
			out.WriteString(decodeWith(korean.EUCKR, run))
		case g1 == asChinese || g1 == asPage && page == nil && cs.unescaped == asChinese:
			out.WriteString(decodeGB(run))
		case page != nil:
			out.WriteString(decodeWith(page, run))
		default:
			out.WriteString(strings.Repeat("�", len(run)))
		}
		i = j
	}
	return out.String()
}

// decodeTwice takes one layer of UTF-8 off: the characters are the bytes of
// UTF-8, by Latin-1 or by Windows-1252.
func decodeTwice(b []byte) string {
	inner := make([]byte, 0, len(b))
	for _, r := range string(b) {
		if r < 0x100 {
			inner = append(inner, byte(r))
		} else if c, ok := charmap.Windows1252.EncodeRune(r); ok {
			inner = append(inner, c)
		} else {
			inner = append(inner, 0xff) // in no UTF-8
		}
	}
	return string([]rune(string(inner)))
}

// decodeJIS reads seven-bit JIS X 0208 or 0212 pairs by way of EUC-JP, whose
// tables here are Microsoft's: signs that differ get the standard's.
func decodeJIS(run []byte, supplement bool) string {
	euc := make([]byte, 0, len(run)*3/2)
	for i := 0; i+1 < len(run); i += 2 {
		if supplement {
			euc = append(euc, 0x8f)
		}
		euc = append(euc, run[i]|0x80, run[i+1]|0x80)
	}
	s := strings.Map(func(r rune) rune {
		switch r {
		case '～':
			if supplement {
				return '~'
			}
			return '〜'
		case '∥':
			return '‖'
		case '－':
			return '−'
		case '￠':
			return '¢'
		case '￡':
			return '£'
		case '￢':
			return '¬'
		}
		return r
	}, decodeWith(japanese.EUCJP, euc))
	if len(run)%2 == 1 {
		s += "\uFFFD"
	}
	return s
}

// decodeGB reads GB18030, and with it GBK and GB 2312. Characters that a site
// defined itself, as the registers of rare names did, become private code
// points as GB18030 maps them, so that different ones stay different.
func decodeGB(b []byte) string {
	var out strings.Builder
	done := 0
	for i := 0; i < len(b); {
		n := gbLength(b[i:])
		if n == 2 {
			if r := userDefined(b[i], b[i+1]); r != 0 {
				out.WriteString(decodeWith(simplifiedchinese.GB18030, b[done:i]))
				out.WriteRune(r)
				done = i + 2
			}
		}
		i += n
	}
	if done == 0 {
		return decodeWith(simplifiedchinese.GB18030, b)
	}
	out.WriteString(decodeWith(simplifiedchinese.GB18030, b[done:]))
	return out.String()
}

// gbLength is the length of the first character: 1, 2 or 4 bytes.
func gbLength(b []byte) int {
	switch {
	case b[0] < 0x81 || b[0] == 0xff || len(b) < 2:
		return 1
	case b[1] >= 0x30 && b[1] <= 0x39 && len(b) >= 4:
		return 4
	case b[1] >= 0x40 && b[1] != 0x7f && b[1] != 0xff:
		return 2
	}
	return 1
}

// userDefined maps the three user-defined areas of GB18030, and the three Han
// characters of GB18030-2022 that the decoder does not have; 0 otherwise.
func userDefined(lead, trail byte) rune {
	l, t := rune(lead), rune(trail)
	switch {
	case l >= 0xaa && l <= 0xaf && t >= 0xa1:
		return 0xe000 + (l-0xaa)*94 + t - 0xa1
	case l >= 0xf8 && l <= 0xfe && t >= 0xa1:
		return 0xe234 + (l-0xf8)*94 + t - 0xa1
	case l >= 0xa1 && l <= 0xa7 && t <= 0xa0:
		if t > 0x7f {
			t--
		}
		return 0xe4c6 + (l-0xa1)*96 + t - 0x40
	case l == 0xfe && t == 0x90:
		return '\u9fba'
	case l == 0xfe && t == 0xa0:
		return '\u9fbb'
	case l == 0xfe && t == 0x91:
		return '\U000241fe'
	}
	return 0
}
