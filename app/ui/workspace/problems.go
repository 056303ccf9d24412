package workspace

import (
	"regexp"
	"strings"

	"longying/app/ui/lang"
	"longying/records"
)

// Problems are what keeps a delivery from being sent, a line each, in the reader's
// language: what is wrong with which field, and where to mend it.
func Problems(l *lang.Strings, problems []records.Problem) string {
	index := regexp.MustCompile(`\[\d+\]`)
	var out []string
	for _, p := range problems {
		name := l.Or(lang.Key("problem.field."+index.ReplaceAllString(p.Field, "")), p.Field)
		if p.DE != "" {
			name += " (" + p.DE + ")"
		}
		line := ""
		switch p.What {
		case records.ProblemTooLong:
			line = l.T("problem.too_long", name, p.Got, p.Limit)
		case records.ProblemMalformed:
			line = l.T("problem.malformed", name, p.Value)
		case records.ProblemUnlisted:
			line = l.T("problem.unlisted", name, p.Value, l.Or(lang.Key("settings.codes."+p.Table), p.Table))
		default:
			line = l.T("problem.missing", name)
		}
		if at := p.Place(); at != "" {
			line += l.T("problem.mend", l.T(lang.Key("problem.at."+at)))
		}
		out = append(out, "· "+line)
	}
	return strings.Join(out, "\n")
}
