package models

import (
	"cmp"
	"strconv"
	"strings"
)

// CompareVersions orders two versions of three numbers: negative when a is the
// older. What is no number counts as 0.
func CompareVersions(a, b string) int {
	x, y := strings.Split(a, "."), strings.Split(b, ".")
	for i := range 3 {
		if c := cmp.Compare(part(x, i), part(y, i)); c != 0 {
			return c
		}
	}
	return 0
}

func part(parts []string, i int) uint64 {
	if i >= len(parts) {
		return 0
	}
	n, err := strconv.ParseUint(parts[i], 10, 64)
	if err != nil {
		return 0
	}
	return n
}
