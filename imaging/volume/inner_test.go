package volume

import (
	"math"
	"math/rand/v2"
	"testing"
)

func equalBits[T int16 | uint16](t *testing.T, random *rand.Rand, padded bool) {
	t.Helper()
	v := &Volume{}
	v.Columns, v.Rows, v.Depth, v.padded, v.paddingLow, v.paddingHigh = 17, 13, 11, padded, 100, 9000
	voxels := make([]T, v.Columns*v.Rows*v.Depth)
	for n := range voxels {
		voxels[n] = T(random.Uint32())
	}
	g := sampler[T]{v: v, voxels: voxels, columns: v.Columns, rows: v.Rows, depth: v.Depth, plane: v.Columns * v.Rows, linear: true}
	for range 2000 {
		n := 1 + random.IntN(40)
		at, step := [3]float64{}, [3]float64{}
		for axis, size := range [3]int{v.Columns, v.Rows, v.Depth} {
			from, to := random.Float64()*(float64(size-1)-1e-9), random.Float64()*(float64(size-1)-1e-9)
			if random.IntN(4) == 0 {
				from, to = math.Floor(from), math.Floor(from)
			}
			at[axis], step[axis] = from, (to-from)/float64(n)
		}
		want, got := make([]float64, n), make([]float64, n)
		g.inner(want, 0, at[0], at[1], at[2], step[0], step[1], step[2])
		done := innerFour(&g, got, at[0], at[1], at[2], step[0], step[1], step[2])
		if done != 0 && done != n&^3 {
			t.Fatalf("%d of %d points were mixed by fours", done, n)
		}
		g.inner(got, done, at[0], at[1], at[2], step[0], step[1], step[2])
		for x := range want {
			if math.Float64bits(want[x]) != math.Float64bits(got[x]) && !(want[x] != want[x] && got[x] != got[x]) {
				t.Fatalf("point %d of %d from %v in steps of %v is %v by fours, %v one by one", x, n, at, step, got[x], want[x])
			}
		}
	}
}

func TestVoxelsMixedByFoursHaveTheSameBitsAsOneByOne(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	equalBits[int16](t, random, false)
	equalBits[int16](t, random, true)
	equalBits[uint16](t, random, false)
	equalBits[uint16](t, random, true)
}

func TestARowThatLeavesTheVoxelsIsNotMixedByFours(t *testing.T) {
	v := &Volume{}
	v.Columns, v.Rows, v.Depth = 4, 4, 4
	g := sampler[int16]{v: v, voxels: make([]int16, 64), columns: 4, rows: 4, depth: 4, plane: 16, linear: true}
	out := make([]float64, 8)
	for _, i := range []float64{-1, 3, math.NaN(), math.Inf(1), 1e300} {
		if n := innerFour(&g, out, i, 1, 1, 0, 0, 0); n != 0 {
			t.Errorf("from %g on %d points were mixed", i, n)
		}
	}
	if n := innerFour(&g, out, 0, 1, 1, 0.5, 0, 0); n != 0 {
		t.Errorf("a row whose end lies outside: %d points were mixed", n)
	}
}
