package volume

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// onePosition is how far apart, in mm along the normal, pictures of one position
// may lie: devices write positions with few digits.
const onePosition = 0.01

// positions groups items that are sorted by depth: those of one position each.
func positions(items []*item) [][]*item {
	var out [][]*item
	start := 0
	for k := 1; k <= len(items); k++ {
		if k == len(items) || items[k].depth-items[k-1].depth > onePosition {
			out = append(out, items[start:k])
			start = k
		}
	}
	return out
}

// separate tells apart the pictures that lie at one position.
func (g group) separate() []group {
	if !g.oneOrientation() {
		return []group{g}
	}
	at, most := g.positions()
	if most < 2 {
		return []group{g}
	}
	for _, c := range []struct {
		by Criterion
		of func(*item) (key, value string)
	}{{ByDirection, direction}, {ByPhase, phase}, {ByAcquisition, acquisitionNumber}, {ByFlavour, flavour}} {
		class := byValue(c.of)(g.items)
		if tells(g, at, class) {
			return each(g.split(c.by, class), group.separate)
		}
	}
	for _, c := range []struct {
		by      Criterion
		compare func(a, b *item) int
	}{{ByTrigger, byTrigger}, {ByTime, byTime}, {ByRepeat, byRepeat}} {
		if class, ok := ranks(g, at, most, c.compare); ok {
			return g.split(c.by, class)
		}
	}
	return []group{g}
}

// positions are the items of the group by position, and the most at one.
func (g group) positions() (at [][]*item, most int) {
	sorted := slices.Clone(g.items)
	slices.SortStableFunc(sorted, func(a, b *item) int { return cmp.Compare(a.depth, b.depth) })
	at = positions(sorted)
	for _, p := range at {
		most = max(most, len(p))
	}
	return at, most
}

// tells reports that classes separate pictures of one position, and that no more
// than half of the classes share no position with another: an attribute that
// counts slices is not one that separates stacks.
func tells(g group, at [][]*item, c classes) bool {
	if len(c.values) < 2 {
		return false
	}
	of := map[*item]int{}
	for k, i := range g.items {
		of[i] = c.of[k]
	}
	shared := make([]bool, len(c.values))
	for _, p := range at {
		for _, i := range p[1:] {
			if of[i] != of[p[0]] {
				shared[of[i]], shared[of[p[0]]] = true, true
			}
		}
	}
	n := 0
	for _, s := range shared {
		if s {
			n++
		}
	}
	return n > 0 && 2*n >= len(shared)
}

// ranks are classes by the place of each picture in an order at its position.
// They hold only where the order tells all pictures of every position apart,
// and at least half of the positions have as many pictures as any: one slice
// taken twice is a duplicate, not a second stack.
func ranks(g group, at [][]*item, most int, compare func(a, b *item) int) (classes, bool) {
	full := 0
	rank := map[*item]int{}
	for _, p := range at {
		p = slices.Clone(p)
		slices.SortStableFunc(p, compare)
		for k, i := range p {
			if k > 0 && compare(p[k-1], i) == 0 {
				return classes{}, false
			}
			rank[i] = k
		}
		if len(p) == most {
			full++
		}
	}
	c := classes{of: make([]int, len(g.items)), values: make([]string, most)}
	for k, i := range g.items {
		c.of[k] = rank[i]
	}
	return c, 2*full >= len(at)
}

func direction(i *item) (key, value string) {
	d := i.head.Acquisition.Diffusion
	if d == nil {
		return "", ""
	}
	v := d.Direction
	value = fmt.Sprintf("%.2f %.2f %.2f", v[0]+0, v[1]+0, v[2]+0)
	return fmt.Sprintf("%.3f %.3f %.3f", v[0]+0, v[1]+0, v[2]+0), value
}

func phase(i *item) (key, value string) {
	n := i.head.Acquisition.Phase
	return fmt.Sprintf("%010d", n), strconv.Itoa(n)
}

func acquisitionNumber(i *item) (key, value string) {
	n := i.head.Acquisition.Number
	return fmt.Sprintf("%010d", n), strconv.Itoa(n)
}

func flavour(i *item) (key, value string) {
	t := i.head.ImageType
	v := strings.Join(t[min(4, len(t)):], `\`)
	return v, v
}

// byTrigger ties, and so does not tell, where there is no trigger time.
func byTrigger(a, b *item) int {
	x, y := a.head.Acquisition.Trigger, b.head.Acquisition.Trigger
	if x == nil || y == nil {
		return 0
	}
	return cmp.Compare(*x, *y)
}

func byTime(a, b *item) int { return a.head.Acquisition.Time.Compare(b.head.Acquisition.Time) }

func byRepeat(a, b *item) int {
	return cmp.Or(cmp.Compare(a.Instance.Number, b.Instance.Number), slices.Compare(a.head.DimensionIndex, b.head.DimensionIndex))
}
