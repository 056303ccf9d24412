package findings

import (
	"regexp"
	"strconv"
	"strings"

	"longying/inference"
)

// templates are the English wordings by code, with {0}, {1} for their values,
// of the reasons that can make a result amber.
func templates() map[string]string {
	out := map[string]string{}
	for _, c := range []inference.ReasonCode{inference.ReasonModelScale, inference.ReasonScaleUnknown, inference.ReasonScale,
		inference.ReasonAlwaysAmber, inference.ReasonNotAccepted, inference.ReasonReviewDue, inference.ReasonOrganMissing,
		inference.ReasonStatistics, inference.ReasonSizeUnknown, inference.ReasonDetectorScale} {
		out[string(c)] = inference.Reason{Code: c}.String()
	}
	return out
}

// Amber gives the sentence of an amber reason in the reader's language. The
// record keeps the English sentence with its values filled in; english holds
// the templates of all reasons by key, and the one that fits gives back the key
// and the values. ok is false when none fits: the sentence is then shown as it
// is kept.
func Amber(sentence string, english map[string]string) (key string, args []string, ok bool) {
	for k, template := range english {
		re, order := pattern(template)
		m := re.FindStringSubmatch(sentence)
		if m == nil || len(k) < len(key) {
			continue
		}
		args = make([]string, len(order))
		for i, n := range order {
			if n < len(args) {
				args[n] = m[i+1]
			}
		}
		key, ok = k, true
	}
	return key, args, ok
}

// pattern turns a template with {0}, {1} into an expression that finds their
// values, and says which value each group holds.
func pattern(template string) (*regexp.Regexp, []int) {
	var order []int
	expr := "^"
	for {
		i := strings.IndexByte(template, '{')
		if i < 0 || i+2 >= len(template) || template[i+2] != '}' {
			break
		}
		n, err := strconv.Atoi(template[i+1 : i+2])
		if err != nil {
			break
		}
		expr += regexp.QuoteMeta(template[:i]) + "(.+?)"
		order = append(order, n)
		template = template[i+3:]
	}
	return regexp.MustCompile("(?s)" + expr + regexp.QuoteMeta(template) + "$"), order
}
