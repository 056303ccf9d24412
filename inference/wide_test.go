package inference

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// rowsOneByOne is resizeRows and resizeColumns as their sums are written down.
func rowsOneByOne(in []float32, width, rows int, kernel []weights) []float32 {
	out := make([]float32, 0, rows*len(kernel))
	for y := range rows {
		for _, c := range kernel {
			sum := 0.0
			for k, w := range c.w {
				sum += float64(float64(in[y*width+c.first+k]) * w)
			}
			out = append(out, float32(sum))
		}
	}
	return out
}

func columnsOneByOne(in []float32, width int, kernel []weights) []float32 {
	out := make([]float32, 0, width*len(kernel))
	for _, c := range kernel {
		for x := range width {
			sum := 0.0
			for k, w := range c.w {
				sum += float64(float64(in[(c.first+k)*width+x]) * w)
			}
			out = append(out, float32(sum))
		}
	}
	return out
}

func randomKernel(random *rand.Rand, in, out, most int) []weights {
	kernel := make([]weights, out)
	for i := range kernel {
		c := weights{first: random.IntN(in)}
		for range 1 + random.IntN(min(most, in-c.first)) {
			c.w = append(c.w, random.NormFloat64())
		}
		kernel[i] = c
	}
	return kernel
}

func TestRowsAndColumnsMadeFourAtATimeHaveTheBitsOfTheirSumsWrittenDown(t *testing.T) {
	random, ctx := rand.New(rand.NewPCG(7, 8)), context.Background()
	for range 300 {
		width, rows := 1+random.IntN(40), 1+random.IntN(14)
		in := make([]float32, width*rows)
		for i := range in {
			in[i] = float32(random.NormFloat64() * 1000)
		}
		across := randomKernel(random, width, 1+random.IntN(20), 9)
		got, err := resizeRows(ctx, linesOf(in, width), rows, across)
		if want := rowsOneByOne(in, width, rows, across); err != nil || !slices.Equal(bits(want), bits(got)) {
			t.Fatalf("%d x %d to %d columns: %v", width, rows, len(across), err)
		}
		down := randomKernel(random, rows, 1+random.IntN(9), 9)
		got, err = resizeColumns(ctx, in, width, down)
		if want := columnsOneByOne(in, width, down); err != nil || !slices.Equal(bits(want), bits(got)) {
			t.Fatalf("%d x %d to %d rows: %v", width, rows, len(down), err)
		}
	}
}

func bits(values []float32) []uint32 {
	out := make([]uint32, len(values))
	for i, v := range values {
		out[i] = math.Float32bits(v + 0) // of zeroes either sign will do
	}
	return out
}

func lowHighAre[T uint8 | int8 | uint16 | int16](t *testing.T, random *rand.Rand) {
	t.Helper()
	for range 200 {
		values := make([]T, 1+random.IntN(100))
		for i := range values {
			values[i] = T(random.Uint32())
		}
		if low, high := lowHigh(values); low != slices.Min(values) || high != slices.Max(values) {
			t.Fatalf("%v: from %d to %d", values, low, high)
		}
	}
}

func TestTheSmallestAndTheLargestOfAnyTypeAreFound(t *testing.T) {
	random := rand.New(rand.NewPCG(9, 10))
	lowHighAre[uint8](t, random)
	lowHighAre[int8](t, random)
	lowHighAre[uint16](t, random)
	lowHighAre[int16](t, random)
}

func TestExtremesOfATableAreThoseOfThePixelsWhetherItRisesFallsOrNeither(t *testing.T) {
	stored := []uint16{7, 3, 3, 9, 5, 5}
	for name, value := range map[string]func(float64) float32{
		"rises":   func(v float64) float32 { return float32(2*v - 1) },
		"falls":   func(v float64) float32 { return float32(-v) },
		"neither": func(v float64) float32 { return float32(math.Abs(v - 6)) },
	} {
		table := newTabled(stored, 1, 0, 1<<16, value)
		want := []float32{}
		for _, v := range stored {
			want = append(want, value(float64(v)))
		}
		if low, high := table.extremes(); low != slices.Min(want) || high != slices.Max(want) {
			t.Errorf("%s: from %g to %g, pixels are %v", name, low, high, want)
		}
	}
}
