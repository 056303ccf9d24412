package dicomfile

import (
	"fmt"

	"longying/imaging"
)

// FormatError is a file that cannot be taken, or an attribute of it that
// cannot be used: which file, why, and where.
type FormatError struct {
	Name   string           // the file, as given to Open
	Code   imaging.SkipCode // the reason, translatable
	Offset int64            // byte position in the data set, -1 when it has none
	Detail string           // for people: the attribute, its value, what is wrong
}

// Error names the file, the position and the reason.
func (e *FormatError) Error() string {
	s := e.Detail
	if e.Offset >= 0 {
		s = fmt.Sprintf("%s (at byte %d)", s, e.Offset)
	}
	if e.Name != "" {
		s = e.Name + ": " + s
	}
	return s
}

func malformed(at int64, format string, args ...any) error {
	return &FormatError{Code: imaging.SkipMalformed, Offset: at, Detail: fmt.Sprintf(format, args...)}
}

func truncated(at int64, format string, args ...any) error {
	return &FormatError{Code: imaging.SkipTruncated, Offset: at, Detail: fmt.Sprintf(format, args...)}
}
