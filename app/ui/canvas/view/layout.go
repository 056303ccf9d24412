package view

import "fmt"

// Layout is how many viewports stand beside and under one another.
type Layout struct{ Columns, Rows int }

// Count is how many there are.
func (l Layout) Count() int { return l.Columns * l.Rows }

// String is "2×1".
func (l Layout) String() string { return fmt.Sprintf("%d×%d", l.Columns, l.Rows) }

// Layouts are those that a key goes through, the smallest first.
func Layouts() []Layout {
	return []Layout{{1, 1}, {2, 1}, {2, 2}, {3, 2}, {3, 3}, {4, 3}, {4, 4}}
}

// MostViewports is the count of the largest.
const MostViewports = 16

// Next is the layout a number of steps on, stopping at the ends.
func (l Layout) Next(by int) Layout {
	all := Layouts()
	at := 0
	for k, x := range all {
		if x == l {
			at = k
		}
	}
	return all[min(max(at+by, 0), len(all)-1)]
}
