package inference

import (
	"encoding/json"
	"math"
	"slices"
	"testing"
)

// shapes is testdata/shapes.json, written by make_shapes.py with SciPy and
// OpenCV.
type shapes struct {
	Masks []struct {
		Shape                 [3]int
		Mask, Largest, Filled string
		Parts                 int
	}
	Diameters []struct {
		Shape                               [3]int
		Mask                                string
		Column, Row, Longest, Perpendicular float64
		Slice                               int
	}
	NMS struct {
		Boxes   [][4]float64
		Scores  []float64
		Classes []int
		Most    float64
		Kept    []int
	}
	Gaussian struct {
		Size    [3]int
		Weights []float64
	}
}

func readShapes(t *testing.T) shapes {
	t.Helper()
	var s shapes
	if err := json.Unmarshal(testdata(t, "shapes.json"), &s); err != nil {
		t.Fatal(err)
	}
	return s
}

func maskOf(shape [3]int, text string) *Mask {
	m := &Mask{Slices: shape[0], Rows: shape[1], Columns: shape[2]}
	for _, c := range text {
		m.In = append(m.In, c == '1')
	}
	return m
}

func TestPartsAndHolesAreThoseOfSciPy(t *testing.T) {
	for i, c := range readShapes(t).Masks {
		m := maskOf(c.Shape, c.Mask)
		_, sizes := m.components()
		if len(sizes)-1 != c.Parts {
			t.Errorf("mask %d: %d parts, SciPy has %d", i, len(sizes)-1, c.Parts)
		}
		filled := maskOf(c.Shape, c.Mask)
		filled.FillHoles()
		if !slices.Equal(filled.In, maskOf(c.Shape, c.Filled).In) {
			t.Errorf("mask %d: holes are filled otherwise", i)
		}
		m.LargestComponent()
		if !slices.Equal(m.In, maskOf(c.Shape, c.Largest).In) {
			t.Errorf("mask %d: another part is the largest", i)
		}
		n := m.Count()
		m.DropSmall(n + 1)
		if m.Count() != 0 {
			t.Errorf("mask %d: a part of %d voxels is not below %d", i, n, n+1)
		}
	}
}

func TestDiametersAreThoseOfEveryPairOfCorners(t *testing.T) {
	for i, c := range readShapes(t).Diameters {
		d, ok := maskOf(c.Shape, c.Mask).Diameters(c.Column, c.Row)
		if !ok || d.Slice != c.Slice || math.Abs(d.Longest-c.Longest) > 1e-9 {
			t.Errorf("mask %d: %+v, wanted %g mm in slice %d", i, d, c.Longest, c.Slice)
		}
		// The reference looks at 20,001 lines, so it may miss a corner by a hair.
		if d.Perpendicular < c.Perpendicular-1e-9 || d.Perpendicular > c.Perpendicular+2e-3 {
			t.Errorf("mask %d: %g mm across, wanted %g", i, d.Perpendicular, c.Perpendicular)
		}
		if ends := math.Hypot((d.Ends[0][0]-d.Ends[1][0])*c.Column, (d.Ends[0][1]-d.Ends[1][1])*c.Row); math.Abs(ends-d.Longest) > 1e-9 {
			t.Errorf("mask %d: the ends lie %g mm apart", i, ends)
		}
	}
	one := &Mask{Slices: 1, Rows: 1, Columns: 3, In: []bool{false, true, false}}
	if d, ok := one.Diameters(2, 2); !ok || math.Abs(d.Longest-2*math.Sqrt2) > 1e-12 {
		t.Errorf("one pixel of 2 mm: %+v, %v", d, ok)
	}
	if _, ok := (&Mask{Slices: 1, Rows: 2, Columns: 2, In: make([]bool, 4)}).Diameters(1, 1); ok {
		t.Error("an empty mask has a diameter")
	}
}

func TestOverlappingBoxesAreSuppressedAsOpenCVDoes(t *testing.T) {
	c := readShapes(t).NMS
	var boxes []Box
	for i, b := range c.Boxes {
		boxes = append(boxes, Box{X0: b[0], Y0: b[1], X1: b[0] + b[2], Y1: b[1] + b[3], Class: c.Classes[i], Score: c.Scores[i]})
	}
	kept := suppress(boxes, c.Most, len(boxes))
	var index []int
	for i, k := range kept {
		index = append(index, slices.Index(boxes, k))
		if i > 0 && k.Score > kept[i-1].Score {
			t.Error("the kept boxes are not by falling score")
		}
	}
	slices.Sort(index)
	if !slices.Equal(index, c.Kept) || len(index) == len(boxes) {
		t.Errorf("kept %v, OpenCV keeps %v", index, c.Kept)
	}
}

func TestWindowsCoverAnAxisAndWeighAsMONAIsDo(t *testing.T) {
	c := readShapes(t).Gaussian
	for i, w := range importance(c.Size, true) {
		if math.Abs(float64(w)-c.Weights[i]) > 1e-6 {
			t.Fatalf("weight %d is %g, wanted %g", i, w, c.Weights[i])
		}
	}
	if w := importance([3]int{2, 2, 2}, false); !slices.Equal(w, []float32{1, 1, 1, 1, 1, 1, 1, 1}) {
		t.Errorf("plain weights %v", w)
	}
	for _, c := range []struct {
		n, size int
		overlap float64
		want    []int
	}{{10, 4, .5, []int{0, 2, 4, 6}}, {11, 4, .5, []int{0, 2, 4, 6, 7}}, {4, 4, .5, []int{0}}, {3, 4, 0, []int{0}}, {9, 4, 0, []int{0, 4, 5}}, {6, 4, .9, []int{0, 1, 2}}} {
		if got := starts(c.n, c.size, c.overlap); !slices.Equal(got, c.want) {
			t.Errorf("%d samples, windows of %d: %v, wanted %v", c.n, c.size, got, c.want)
		}
	}
}
