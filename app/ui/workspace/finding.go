package workspace

import (
	"longying/app/ui/lang"
	"longying/records"
)

// FindingName is a finding's label with its side, as the list, the image and
// the slide all say it.
func FindingName(l *lang.Strings, f records.Finding) string {
	name := f.Label.In(l.Short())
	if f.Laterality == "" {
		return name
	}
	return l.T("findings.sided", l.T(SideKey(f.Laterality)), name)
}

// SideKey is the word of a side: "L", "R", "B" (both) or empty.
func SideKey(side string) lang.Key {
	switch side {
	case "L":
		return "findings.side_left"
	case "R":
		return "findings.side_right"
	case "B":
		return "findings.side_both"
	}
	return "findings.side_none"
}
