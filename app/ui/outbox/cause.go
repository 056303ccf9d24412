package outbox

import (
	"longying/app/ui/lang"
	"longying/records"
)

// Because is why an attempt ended so, or why a delivery waits, in the reader's
// language; what the other side said is quoted as theirs. Records of older
// versions have nothing but words: they stand as they are.
func Because(l *lang.Strings, c *records.Cause, words string) string {
	if c == nil {
		return words
	}
	args := make([]any, 0, 4)
	for _, a := range c.Args {
		args = append(args, a)
	}
	text := ""
	switch {
	case c.Code == "refusal" && len(c.Args) > 0:
		text = l.Or(lang.Key("refused."+c.Args[0]), words, args[1:]...)
	case c.Code == "stays" && len(c.Args) == 2:
		text = l.T("attempt.because.stays", c.Args[0], l.T(lang.Key("format."+c.Args[1])))
	case c.Code == "misfit" && len(c.Args) == 3:
		text = l.T("attempt.because.misfit", c.Args[0], l.T(lang.Key("settings.kind_"+c.Args[1])), l.T(lang.Key("format."+c.Args[2])))
	default:
		text = l.Or(lang.Key("attempt.because."+c.Code), words, args...)
	}
	if text == words {
		return words
	}
	if n := status(c); n != "" {
		text += l.T("attempt.status", n)
	}
	if c.Said != "" {
		text += l.T(saying(c.Code), c.Said)
	}
	return text
}

// saying is who said what is quoted: where no answer came, the system.
func saying(code string) lang.Key {
	switch code {
	case "unreachable", "untrusted", "certificate", "broken", "folder", "not_encoded", "misconfigured":
		return "attempt.said_here"
	}
	return "attempt.said"
}

// status is the HTTP status of the answer, where there was one.
func status(c *records.Cause) string {
	if len(c.Args) == 2 && c.Code != "stays" && c.Code != "other_file" && c.Code != "refusal" {
		return c.Args[1]
	}
	return ""
}
