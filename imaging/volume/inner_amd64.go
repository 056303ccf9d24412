package volume

import (
	"math"
	"unsafe"

	"golang.org/x/sys/cpu"
)

// innerAVX2 mixes the eight 16-bit voxels around each of n points, a multiple
// of four, from (i, j, k) on in steps of (di, dj, dk): all eight must exist.
// Where one of them lies from low to high and padded is not 0, the value is
// not a number.
//
//go:noescape
func innerAVX2(out *float64, n int, voxels unsafe.Pointer, signed, columns, plane int, i, j, k, di, dj, dk float64, padded int, low, high float64)

// innerFour mixes as many points as go by fours and says how many: none where
// the processor or the type of voxels is another. The bits are those of inner.
func innerFour[T int16 | uint16 | float32](g *sampler[T], out []float64, i, j, k, di, dj, dk float64) int {
	n := len(out) &^ 3
	var zero T
	_, float := any(zero).(float32)
	if n == 0 || float || !cpu.X86.HasAVX2 || len(g.voxels) > math.MaxInt32 || len(g.voxels) < g.plane*g.depth {
		return 0
	}
	// The kernel checks nothing: of a straight row both ends say where it lies.
	f := float64(n - 1)
	for _, p := range [...]struct {
		at, end float64
		size    int
	}{{i, i + f*di, g.columns}, {j, j + f*dj, g.rows}, {k, k + f*dk, g.depth}} {
		if most := float64(p.size - 1); !(p.at > -1 && p.end > -1 && p.at < most && p.end < most) {
			return 0
		}
	}
	_, signed := any(zero).(int16)
	innerAVX2(&out[0], n, unsafe.Pointer(&g.voxels[0]), flag(signed), g.columns, g.plane, i, j, k, di, dj, dk, flag(g.v.padded), g.v.paddingLow, g.v.paddingHigh)
	if g.v.padded {
		for x, value := range out[:n] {
			if value != value {
				f := float64(x)
				out[x] = g.at(i+f*di, j+f*dj, k+f*dk)
			}
		}
	}
	return n
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}
