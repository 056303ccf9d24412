package volume

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"

	"longying/imaging"
)

// grown is a volume of a formula, on a grid of these places.
func grown(columns, rows int, plane imaging.Plane, space imaging.Spacing, positions []imaging.Vec, value func(i, j, k int) float64) *Volume {
	v := &Volume{Columns: columns, Rows: rows, Depth: len(positions), Plane: plane, Space: space, Positions: positions, Slope: 1, Padding: math.NaN()}
	v.Float32 = make([]float32, columns*rows*v.Depth)
	for n := range v.Float32 {
		v.Float32[n] = float32(value(n%columns, n/columns%rows, n/columns/rows))
	}
	v.grid = newGrid(plane, space, positions)
	v.Geometry.Spacing = v.grid.depths[1]
	return v
}

// native is the same volume in 16 bits.
func native(v *Volume, signed bool) *Volume {
	out := *v
	out.Float32, out.Padding = nil, -2000
	if signed {
		out.Int16 = make([]int16, len(v.Float32))
		for n, x := range v.Float32 {
			out.Int16[n] = int16(math.Round(float64(x)))
		}
		return &out
	}
	out.Padding = 3
	out.Uint16 = make([]uint16, len(v.Float32))
	for n, x := range v.Float32 {
		out.Uint16[n] = uint16(math.Round(float64(x)))
	}
	return &out
}

func rowOf(n int, origin, step imaging.Vec) []imaging.Vec {
	out := make([]imaging.Vec, n)
	for k := range out {
		out[k] = plus(origin, scaled(step, float64(k)))
	}
	return out
}

// resliceCase is a cut by SimpleITK 2.5.7: testdata/reslice.py.
type resliceCase struct {
	Grid, Cut                 string
	Origin, Row, Column, Step imaging.Vec
	Position                  imaging.Vec
	CutRow, CutColumn         imaging.Vec
	DX, DY                    float64
	Linear, Nearest           []float64
}

func (c resliceCase) volume() *Volume {
	p := imaging.Plane{Position: c.Origin, Row: c.Row, Column: c.Column}
	return grown(9, 8, p, imaging.Spacing{RowMM: 0.9, ColumnMM: 0.7}, rowOf(6, c.Origin, c.Step), func(i, j, k int) float64 {
		return float64((i*37+j*91+k*53+i*j*17+j*k*29)%251 - 100)
	})
}

func (c resliceCase) cut() Cut {
	return Cut{Plane: imaging.Plane{Position: c.Position, Row: c.CutRow, Column: c.CutColumn}, Space: imaging.Spacing{RowMM: c.DY, ColumnMM: c.DX}, Columns: 14, Rows: 12}
}

func resliceCases(t *testing.T) []resliceCase {
	t.Helper()
	raw, err := os.ReadFile("testdata/reslice.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []resliceCase
	if err := json.Unmarshal(raw, &cases); err != nil {
		t.Fatal(err)
	}
	return cases
}

func TestCutsOfStraightTiltedAndObliqueGridsEqualSimpleITKs(t *testing.T) {
	const outside = -5000
	for _, c := range resliceCases(t) {
		t.Run(c.Grid+"/"+c.Cut, func(t *testing.T) {
			v := c.volume()
			inside := 0
			for how, want := range map[Interpolation][]float64{Linear: c.Linear, Nearest: c.Nearest} {
				cut := c.cut()
				cut.Interpolation = how
				whole, err := native(v, true).Reslice(t.Context(), cut)
				if err != nil {
					t.Fatal(err)
				}
				s, err := v.Reslice(t.Context(), cut)
				if err != nil {
					t.Fatal(err)
				}
				for n, w := range want {
					out := s.Outside != nil && s.Outside[n]
					if out != (w == outside) || out != whole.Outside[n] {
						t.Fatalf("pixel %d: outside %v, SimpleITK %g", n, out, w)
					}
					if out {
						if !math.IsNaN(float64(s.Frame.Float32[n])) || whole.Frame.Int16[n] != -2000 {
							t.Fatalf("pixel %d is outside and %g, %d", n, s.Frame.Float32[n], whole.Frame.Int16[n])
						}
						continue
					}
					inside++
					if math.Abs(float64(s.Frame.Float32[n])-w) > 1e-4 {
						t.Fatalf("%d: pixel %d is %g, SimpleITK %g", how, n, s.Frame.Float32[n], w)
					}
					if math.Abs(float64(whole.Frame.Int16[n])-w) > 0.5+1e-6 {
						t.Fatalf("%d: pixel %d is %d, SimpleITK %g", how, n, whole.Frame.Int16[n], w)
					}
				}
			}
			if inside < 60 {
				t.Errorf("only %d pixels were compared", inside)
			}
		})
	}
}

// ramp is linear in the patient, so that linear interpolation is exact on every
// grid, straight or sheared, even or not.
func ramp(p imaging.Vec) float64 { return 300 + 3*p[0] - 2*p[1] + 5*p[2] }

func rampOn(plane imaging.Plane, positions []imaging.Vec) *Volume {
	space := imaging.Spacing{RowMM: 0.5, ColumnMM: 0.75}
	return grown(21, 17, plane, space, positions, func(i, j, k int) float64 {
		return ramp(plus(positions[k], plus(scaled(plane.Row, float64(i)*space.ColumnMM), scaled(plane.Column, float64(j)*space.RowMM))))
	})
}

func rampGrids() map[string]*Volume {
	straight := imaging.Plane{Position: imaging.Vec{-7, -4, 10}, Row: imaging.Vec{1, 0, 0}, Column: imaging.Vec{0, 1, 0}}
	leaning := straight
	leaning.Column = imaging.Vec{0, math.Cos(0.288), -math.Sin(0.288)}
	uneven := rowOf(9, straight.Position, imaging.Vec{0, 0, 2})
	for k := 4; k < 9; k++ {
		uneven[k][2] += 3.1
	}
	aside := slices.Clone(uneven)
	for k := range aside {
		aside[k][1] += 0.3 * float64(k*k)
	}
	return map[string]*Volume{
		"straight":         rampOn(straight, rowOf(9, straight.Position, imaging.Vec{0, 0, 2})),
		"tilted":           rampOn(leaning, rowOf(9, straight.Position, imaging.Vec{0, 0, 2})),
		"with a hole":      rampOn(straight, uneven),
		"uneven and aside": rampOn(straight, aside),
		"tilted, hole":     rampOn(leaning, uneven),
	}
}

func TestALinearRampIsExactOnEveryGridAndInEveryPlane(t *testing.T) {
	for name, v := range rampGrids() {
		t.Run(name, func(t *testing.T) {
			middle := v.Point(10, 8, 4.25)
			cuts := []Cut{v.Cut(Axial, middle[2]), v.Cut(Coronal, middle[1]), v.Cut(Sagittal, middle[0])}
			row := unit(imaging.Vec{0.7, 0.6, -0.4})
			column := unit(row.Cross(imaging.Vec{0.2, -0.3, 0.9}))
			cuts = append(cuts, Cut{Plane: imaging.Plane{Position: minus(middle, plus(scaled(row, 6), scaled(column, 5))), Row: row, Column: column},
				Space: imaging.Spacing{RowMM: 0.37, ColumnMM: 0.41}, Columns: 30, Rows: 27})
			for n, c := range cuts {
				for _, slab := range []Slab{Thin, Mean} {
					c.Slab, c.Thickness = slab, 1.5
					s, err := v.Reslice(t.Context(), c)
					if err != nil {
						t.Fatal(err)
					}
					compared := 0
					for px, got := range s.Frame.Float32 {
						p := plus(c.Plane.Position, plus(scaled(c.Plane.Row, float64(px%c.Columns)*c.Space.ColumnMM), scaled(c.Plane.Column, float64(px/c.Columns)*c.Space.RowMM)))
						// Half a voxel around the outermost ones their value holds, and no ramp;
						// a slab takes its layers there too.
						normal := unit(c.Plane.Normal())
						if within := func(p imaging.Vec) bool {
							i, j, k := v.Index(p)
							return i >= 0 && j >= 0 && k >= 0 && i <= 20 && j <= 16 && k <= 8
						}; !within(p) || slab == Mean && (!within(plus(p, scaled(normal, 0.75))) || !within(minus(p, scaled(normal, 0.75)))) {
							continue
						}
						compared++
						if math.Abs(float64(got)-ramp(p)) > 2e-3 {
							t.Fatalf("cut %d, slab %d: pixel %d is %g, want %g", n, slab, px, got, ramp(p))
						}
					}
					if compared < 100 {
						t.Errorf("cut %d, slab %d: only %d pixels compared", n, slab, compared)
					}
				}
			}
		})
	}
}

func TestIndexAndPointAreInverse(t *testing.T) {
	for name, v := range rampGrids() {
		for _, at := range [][3]float64{{0, 0, 0}, {3.5, 7.25, 1.5}, {20, 16, 8}, {-2, 19, 4.75}, {4, 4, 9.5}, {4, 4, -1.5}} {
			i, j, k := v.Index(v.Point(at[0], at[1], at[2]))
			if math.Abs(i-at[0]) > 1e-9 || math.Abs(j-at[1]) > 1e-9 || math.Abs(k-at[2]) > 1e-9 {
				t.Errorf("%s: %v became %g %g %g", name, at, i, j, k)
			}
		}
	}
}

// A slice of its own plane is the slice: no value is smoothed.
func TestTheCutThroughASliceIsThatSlice(t *testing.T) {
	c := resliceCases(t)[0]
	for _, v := range []*Volume{native(c.volume(), true), c.volume()} {
		for k := range v.Depth {
			s, err := v.Reslice(t.Context(), Cut{Plane: imaging.Plane{Position: v.Positions[k], Row: v.Plane.Row, Column: v.Plane.Column}, Space: v.Space, Columns: v.Columns, Rows: v.Rows})
			if err != nil || s.Outside != nil {
				t.Fatal(err, s.Outside)
			}
			for n := range v.Columns * v.Rows {
				if got, want := s.Frame.At(n), v.At(n%v.Columns, n/v.Columns, k); math.Abs(got-want) > 1e-9 {
					t.Fatalf("slice %d, pixel %d: %g, want %g", k, n, got, want)
				}
			}
		}
	}
}

// One bright and one dark voxel in a column of mean 10: their projections are
// known.
func TestSlabsProjectAcrossTheirThicknessInMillimetres(t *testing.T) {
	plane := imaging.Plane{Row: imaging.Vec{1, 0, 0}, Column: imaging.Vec{0, 1, 0}}
	v := grown(5, 5, plane, imaging.Spacing{RowMM: 1, ColumnMM: 1}, rowOf(11, imaging.Vec{}, imaging.Vec{0, 0, 2}), func(i, j, k int) float64 {
		switch {
		case i == 2 && j == 2 && k == 7:
			return 500
		case i == 2 && j == 2 && k == 3:
			return -300
		}
		return 10
	})
	for _, c := range []struct {
		slab      Slab
		at, thick float64
		want      float64
	}{
		{Maximum, 10, 8, 500}, {Maximum, 10, 7, 377.5}, {Maximum, 10, 4, 10}, {Maximum, 10, 30, 500}, // 7 mm end half a mm before the voxel
		{Minimum, 10, 8, -300}, {Minimum, 10, 4, 10},
		{Mean, 10, 8, (-150 + 10*3 + 250) / 4.0}, {Mean, 14, 0, 500}, {Thin, 14, 100, 500},
		{Mean, 20, 8, 10}, // half of it outside, which takes no part
	} {
		cut := v.Cut(Axial, c.at)
		cut.Slab, cut.Thickness = c.slab, c.thick
		for _, v := range []*Volume{v, native(v, true)} {
			s, err := v.Reslice(t.Context(), cut)
			if err != nil {
				t.Fatal(err)
			}
			tolerance := 1e-4
			if v.Int16 != nil {
				tolerance = 0.5
			}
			if got := s.Frame.At(2*5 + 2); math.Abs(got-c.want) > tolerance {
				t.Errorf("%+v: %g", c, got)
			}
			if got := s.Frame.At(0); got != 10 {
				t.Errorf("%+v: beside it %g", c, got)
			}
		}
	}
}

func TestPaddingIsMarkedAndTakesNoPartInWhatLiesBesideIt(t *testing.T) {
	plane := imaging.Plane{Row: imaging.Vec{1, 0, 0}, Column: imaging.Vec{0, 1, 0}}
	f := grown(4, 1, plane, imaging.Spacing{RowMM: 1, ColumnMM: 1}, rowOf(2, imaging.Vec{}, imaging.Vec{0, 0, 1}), func(i, j, k int) float64 {
		return []float64{-2000, 40, 60, 80}[i]
	})
	v := native(f, true)
	v.padded, v.paddingLow, v.paddingHigh = true, -2000, -2000
	for n, x := range f.Float32 {
		if x == -2000 {
			f.Float32[n] = float32(math.NaN())
		}
	}
	for name, v := range map[string]*Volume{"int16": v, "float32": f} {
		c := Cut{Plane: plane, Space: imaging.Spacing{RowMM: 1, ColumnMM: 0.25}, Columns: 13, Rows: 1}
		c.Plane.Position[2] = 0.5
		s, err := v.Reslice(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		for x, want := range []float64{-2000, -2000, 40, 40, 40, 45, 50, 55, 60, 65, 70, 75, 80} {
			if out := s.Outside[x]; out != (want == -2000) {
				t.Errorf("%s: pixel %d: outside %v", name, x, out)
			}
			if got := s.Frame.At(x); want != -2000 && got != want {
				t.Errorf("%s: pixel %d is %g, want %g", name, x, got, want)
			}
		}
		c.Slab, c.Thickness = Minimum, 1
		if s, err = v.Reslice(t.Context(), c); err != nil || s.Frame.At(6) != 50 || !s.Outside[0] {
			t.Errorf("%s: %v %v", name, s.Frame, err)
		}
	}
}

func TestACutThatIsNoneIsRefused(t *testing.T) {
	v := rampGrids()["straight"]
	good := v.Cut(Axial, 12)
	for name, change := range map[string]func(*Cut){
		"no pixels":       func(c *Cut) { c.Columns = 0 },
		"too many":        func(c *Cut) { c.Rows = 1 << 20 },
		"no size":         func(c *Cut) { c.Space.RowMM = 0 },
		"not a direction": func(c *Cut) { c.Plane.Row = imaging.Vec{2, 0, 0} },
		"no right angle":  func(c *Cut) { c.Plane.Column = unit(imaging.Vec{1, 1, 0}) },
		"nowhere":         func(c *Cut) { c.Plane.Position[1] = math.NaN() },
		"endless slab":    func(c *Cut) { c.Slab, c.Thickness = Mean, math.Inf(1) },
	} {
		c := good
		change(&c)
		if _, err := v.Reslice(t.Context(), c); err == nil {
			t.Errorf("%s: a cut was made", name)
		}
	}
	far := good
	far.Plane.Position[2] = 1e6
	s, err := v.Reslice(t.Context(), far)
	if err != nil || slices.Contains(s.Outside, false) {
		t.Errorf("far away: %v", err)
	}
}

func TestCoronalAndSagittalCutsShowTheHeadAtTheTop(t *testing.T) {
	v := rampGrids()["tilted"]
	low, high := v.Extent(Axial)
	for o, want := range map[Orientation][4]string{Axial: {"R", "L", "A", "P"}, Coronal: {"R", "L", "H", "F"}, Sagittal: {"A", "P", "H", "F"}} {
		a, b := v.Extent(o)
		c := v.Cut(o, (a+b)/2)
		l, r, top, bottom := c.Plane.EdgeLetters()
		if [4]string{l, r, top, bottom} != want {
			t.Errorf("%d: %s %s %s %s", o, l, r, top, bottom)
		}
		if o != Axial && math.Abs(c.Plane.Position[2]-high) > 1e-9 {
			t.Errorf("%d begins at %g; the volume reaches from %g to %g", o, c.Plane.Position[2], low, high)
		}
		if c.Space.RowMM != 0.5 || c.Space.ColumnMM != 0.5 {
			t.Errorf("%+v", c.Space)
		}
	}
}
