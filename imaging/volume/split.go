package volume

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"longying/imaging"
)

// Stack is a part of a series whose pictures belong one behind the other.
type Stack struct {
	Slices    []Slice
	Parts     []Part // what sets this stack apart from the others of its series; none where there is one stack
	Placed    bool   // in the order of position; otherwise of dimension indices or instance numbers
	Localizer bool
	Geometry  Geometry // of a placed stack
}

// Part is one attribute by which a series was split, and its value here.
type Part struct {
	By    Criterion
	Value string // of the attribute, as people write it; empty where only Index tells
	Index int    // of this value among Count, from 1
	Count int
}

// Criterion is what a series is split by.
type Criterion string

// The criteria, in the order in which they are applied. Those up to ByBValue
// always separate. Those behind it separate pictures only where several lie at
// one position: a scanner that counts an acquisition for each slice, or a
// trigger time that grows from slice to slice, does not tear a stack apart.
const (
	ByLocalizer        Criterion = "localizer"
	ByPosition         Criterion = "position" // with a position in the patient or without
	ByMatrix           Criterion = "matrix"   // rows, columns, samples, pixel spacing
	ByFrameOfReference Criterion = "frame_of_reference"
	ByOrientation      Criterion = "orientation"
	ByStackID          Criterion = "stack"
	ByImageType        Criterion = "image_type" // values 1 to 4 of Image Type or Frame Type
	ByEcho             Criterion = "echo"
	ByBValue           Criterion = "b_value"

	ByDirection   Criterion = "direction" // of the diffusion gradient
	ByPhase       Criterion = "phase"     // temporal position
	ByAcquisition Criterion = "acquisition"
	ByFlavour     Criterion = "flavour" // further values of Image Type
	ByTrigger     Criterion = "trigger" // rank of the trigger time at each position
	ByTime        Criterion = "time"    // rank of the acquisition time at each position
	ByRepeat      Criterion = "repeat"  // rank of the instance number at each position
)

// Split sorts the pictures of a series into stacks. Their order is that of the
// criteria, values ascending, localizers last; within a stack that of position
// along the normal (Row x Column), else of dimension indices (PS3.3 C.7.6.17),
// else of instance numbers. It depends on no order of the instances.
//
// Pictures at one position that nothing tells apart stay in one stack, where
// Geometry names them.
func Split(s *imaging.Series) []Stack {
	var all []*item
	for _, sl := range Slices(s) {
		all = append(all, newItem(sl))
	}
	if len(all) == 0 {
		return nil
	}
	slices.SortFunc(all, byNumber)
	groups := []group{{items: all}}
	for _, c := range []struct {
		by    Criterion
		class func([]*item) classes
	}{
		{ByLocalizer, byValue(localizer)},
		{ByPosition, byValue(placed)},
		{ByMatrix, byValue(matrix)},
		{ByFrameOfReference, byValue(frameOfReference)},
		{ByOrientation, orientations},
		{ByStackID, byValue(func(i *item) (string, string) { return i.head.StackID, i.head.StackID })},
		{ByImageType, byValue(imageType)},
		{ByEcho, byValue(echo)},
		{ByBValue, bValues},
	} {
		groups = each(groups, func(g group) []group { return g.split(c.by, c.class(g.items)) })
	}
	groups = each(groups, group.separate)
	out := make([]Stack, len(groups))
	for i, g := range groups {
		out[i] = g.stack()
	}
	return out
}

// item is a picture with what is looked at to place it.
type item struct {
	Slice
	head  imaging.FunctionalGroups
	plane *imaging.Plane
	depth float64
}

func newItem(s Slice) *item {
	i := &item{Slice: s, head: s.Instance.Frame(s.Frame), plane: s.Plane()}
	if i.plane != nil {
		i.depth = i.plane.Depth()
	}
	return i
}

// byNumber orders what has no position: by instance number, then UID and frame.
func byNumber(a, b *item) int {
	return cmp.Or(cmp.Compare(a.Instance.Number, b.Instance.Number),
		cmp.Compare(a.Instance.SOPInstanceUID, b.Instance.SOPInstanceUID), cmp.Compare(a.Frame, b.Frame), cmp.Compare(a.Tile, b.Tile))
}

// group is a set of pictures on the way to a stack, in the order of byNumber.
type group struct {
	items []*item
	parts []Part
}

func each(groups []group, f func(group) []group) []group {
	var out []group
	for _, g := range groups {
		out = append(out, f(g)...)
	}
	return out
}

// classes sort the items of a group: the class of each item, and the classes'
// values in ascending order.
type classes struct {
	of     []int
	values []string
}

func (g group) split(by Criterion, c classes) []group {
	if len(c.values) < 2 {
		return []group{g}
	}
	out := make([]group, len(c.values))
	for k, v := range c.values {
		out[k].parts = append(slices.Clone(g.parts), Part{By: by, Value: v, Index: k + 1, Count: len(c.values)})
	}
	for i, k := range c.of {
		out[k].items = append(out[k].items, g.items[i])
	}
	return out
}

// byValue sorts by a key, ascending; value is the key for people.
func byValue(of func(*item) (key, value string)) func([]*item) classes {
	return func(items []*item) classes {
		keys, values := make([]string, len(items)), map[string]string{}
		for i, it := range items {
			var v string
			keys[i], v = of(it)
			if _, ok := values[keys[i]]; !ok {
				values[keys[i]] = v
			}
		}
		return ranked(keys, func(k string) string { return values[k] })
	}
}

// ranked makes classes of keys, in their order.
func ranked[K cmp.Ordered](keys []K, value func(K) string) classes {
	distinct := slices.Compact(slices.Sorted(slices.Values(keys)))
	c := classes{of: make([]int, len(keys))}
	for _, k := range distinct {
		c.values = append(c.values, value(k))
	}
	for i, k := range keys {
		c.of[i], _ = slices.BinarySearch(distinct, k)
	}
	return c
}

// localizer is value 3 of Image Type: PS3.3 C.8.2.1.1.1, C.8.16.1.3.
func localizer(i *item) (key, value string) {
	if t := i.head.ImageType; len(t) > 2 && (t[2] == "LOCALIZER" || t[2] == "SCOUT") {
		return "1", ""
	}
	return "0", ""
}

func placed(i *item) (key, value string) {
	if i.plane == nil {
		return "1", ""
	}
	return "0", ""
}

func matrix(i *item) (key, value string) {
	p, s := &i.Instance.Pixels, i.head.Space
	return fmt.Sprintf("%08d %08d %d %.4f %.4f", p.Columns, p.Rows, p.Samples, s.RowMM, s.ColumnMM), fmt.Sprintf("%d × %d", p.Columns, p.Rows)
}

func frameOfReference(i *item) (key, value string) {
	if i.plane == nil {
		return "", ""
	}
	return i.plane.Frame, ""
}

func imageType(i *item) (key, value string) {
	t := i.head.ImageType
	v := strings.Join(t[:min(4, len(t))], `\`)
	return v, v
}

func echo(i *item) (key, value string) {
	a := &i.head.Acquisition
	if a.EchoNumber == 0 && a.EchoTime == 0 {
		return "", ""
	}
	value = strconv.Itoa(a.EchoNumber)
	if a.EchoTime != 0 {
		value = strconv.FormatFloat(math.Round(a.EchoTime*10)/10, 'f', -1, 64) + " ms"
	}
	return fmt.Sprintf("%06d %09.1f", a.EchoNumber, a.EchoTime), value
}

// sameDirection is how far the direction cosines of one stack may differ; 0.002
// is about a tenth of a degree.
const sameDirection = 0.002

// orientations are classes of equal direction cosines, in the order of their
// first pictures. Pictures that turn around an axis, each its own way, stay
// together: there are then more orientations than two, and hardly two pictures
// of one.
func orientations(items []*item) classes {
	var of []int
	var found []*imaging.Plane
	for _, i := range items {
		k := -1
		if i.plane != nil {
			k = slices.IndexFunc(found, func(p *imaging.Plane) bool { return aligned(p, i.plane) })
		}
		if k < 0 && i.plane != nil {
			k = len(found)
			found = append(found, i.plane)
		}
		of = append(of, max(k, 0))
	}
	if len(found) > 2 && 2*len(found) > len(items) {
		return classes{}
	}
	c := classes{of: of}
	for _, p := range found {
		c.values = append(c.values, imaging.Letters(p.Row)+`\`+imaging.Letters(p.Column))
	}
	return c
}

func aligned(a, b *imaging.Plane) bool {
	for k := range 3 {
		if math.Abs(a.Row[k]-b.Row[k]) > sameDirection || math.Abs(a.Column[k]-b.Column[k]) > sameDirection {
			return false
		}
	}
	return true
}

// bValues are classes of b-values. The value that a scanner writes may follow
// its gradients, so neighbours closer than 0.5 s/mm² + 2 % are one.
func bValues(items []*item) classes {
	var known []float64
	for _, i := range items {
		if d := i.head.Acquisition.Diffusion; d != nil {
			known = append(known, d.BValue)
		}
	}
	slices.Sort(known)
	var starts []float64
	for k, b := range known {
		if k == 0 || b-known[k-1] > 0.5+0.02*b {
			starts = append(starts, b)
		}
	}
	keys := make([]int, len(items)) // 0: none
	for k, i := range items {
		if d := i.head.Acquisition.Diffusion; d != nil {
			keys[k], _ = slices.BinarySearchFunc(starts, d.BValue, func(s, b float64) int {
				if s <= b {
					return -1
				}
				return 1
			})
		}
	}
	return ranked(keys, func(k int) string {
		if k == 0 {
			return ""
		}
		return strconv.FormatFloat(math.Round(starts[k-1]*10)/10, 'f', -1, 64)
	})
}

// stack orders the items of a group.
func (g group) stack() Stack {
	st := Stack{Parts: g.parts, Placed: g.oneOrientation()}
	key, _ := localizer(g.items[0])
	st.Localizer = key == "1"
	switch {
	case st.Placed:
		slices.SortStableFunc(g.items, func(a, b *item) int { return cmp.Compare(a.depth, b.depth) })
		g.settle()
	case g.indexed():
		slices.SortStableFunc(g.items, func(a, b *item) int { return slices.Compare(a.head.DimensionIndex, b.head.DimensionIndex) })
	}
	for _, i := range g.items {
		st.Slices = append(st.Slices, i.Slice)
	}
	st.Geometry = Check(st.Slices)
	return st
}

// settle puts pictures whose depths differ by digits alone into the order of
// their numbers.
func (g group) settle() {
	for _, at := range positions(g.items) {
		slices.SortFunc(at, byNumber)
	}
}

func (g group) oneOrientation() bool {
	for _, i := range g.items {
		if i.plane == nil || !aligned(g.items[0].plane, i.plane) {
			return false
		}
	}
	return true
}

// indexed reports that dimension indices order the pictures.
func (g group) indexed() bool {
	n := len(g.items[0].head.DimensionIndex)
	return n > 0 && !slices.ContainsFunc(g.items, func(i *item) bool { return len(i.head.DimensionIndex) != n })
}
