package search

import (
	"strings"
	"unicode"

	"github.com/mozillazg/go-pinyin"
)

// Initials are the first letters of a text's readings, the usual one of each
// character, in small letters; letters and digits stand for themselves, all else
// is left out.
func Initials(text string) string {
	var b strings.Builder
	for _, c := range text {
		switch {
		case c < unicode.MaxASCII && (unicode.IsLetter(c) || unicode.IsDigit(c)):
			b.WriteRune(unicode.ToLower(c))
		case unicode.Is(unicode.Han, c):
			first, _, _ := strings.Cut(pinyin.PinyinDict[int(c)], ",")
			if s := plain(first); s != "" {
				b.WriteByte(s[0])
			}
		}
	}
	return b.String()
}
