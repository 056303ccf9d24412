package inference

import (
	"fmt"
	"math"

	"longying/imaging"
)

// mostPatches bounds what one run may look at, and its map.
const mostPatches = 1 << 22

// grid is the patches inside a region: whole ones only, starting at its first
// whole pixel.
type grid struct {
	x0, y0        int     // top left of the first patch, slide pixels
	side          int     // of a patch, in its own pixels
	step          float64 // of a patch, in slide pixels
	columns, rows int     // patches
}

// newGrid lays the grid into a region of a matrix of columns x rows pixels; a
// nil region is the whole matrix. A pixel of a patch is downsample pixels of the
// matrix wide.
func newGrid(region *imaging.Region, columns, rows, side int, downsample float64) (grid, *Reason) {
	g, x1, y1 := grid{side: side, step: float64(side) * downsample}, columns, rows
	if region != nil {
		if err := region.Valid(columns, rows); err != nil {
			return grid{}, because(ReasonRegionInvalid, err.Error())
		}
		g.x0, g.y0 = int(math.Ceil(region.X0)), int(math.Ceil(region.Y0))
		x1, y1 = int(math.Floor(region.X1)), int(math.Floor(region.Y1))
	}
	g.columns, g.rows = int(float64(x1-g.x0)/g.step), int(float64(y1-g.y0)/g.step)
	if g.columns < 1 || g.rows < 1 {
		least := int(math.Ceil(g.step))
		return grid{}, because(ReasonRegionSmall, fmt.Sprintf("%d x %d", max(x1-g.x0, 0), max(y1-g.y0, 0)), fmt.Sprintf("%d x %d", least, least))
	}
	if g.columns > mostPatches/g.rows {
		return grid{}, because(ReasonRegionLarge, fmt.Sprintf("%d x %d", g.columns, g.rows), fmt.Sprint(mostPatches))
	}
	return g, nil
}

// len is the number of patches.
func (g grid) len() int { return g.columns * g.rows }

// at is the top left corner of patch i, row-major, in slide pixels.
func (g grid) at(i int) (x, y float64) {
	return float64(g.x0) + float64(i%g.columns)*g.step, float64(g.y0) + float64(i/g.columns)*g.step
}

// tissueMask tells tissue from glass by the HSV saturation of a pixel,
// (max-min)/max of its three samples, 0 for black.
type tissueMask struct{ least [256]int } // per maximum: the smallest max-min that is tissue

func newTissueMask(saturation float64) tissueMask {
	var m tissueMask
	m.least[0] = 1 // black has no saturation and is not tissue
	if saturation <= 0 {
		m.least[0] = 0
	}
	for most := 1; most < 256; most++ {
		spread := 0
		for spread <= most && float64(spread)/float64(most) < saturation {
			spread++
		}
		m.least[most] = spread
	}
	return m
}

// share is the share of tissue pixels in RGB samples, 0..1.
func (m *tissueMask) share(rgb []byte) float64 {
	n := 0
	for i := 0; i+2 < len(rgb); i += 3 {
		r, g, b := rgb[i], rgb[i+1], rgb[i+2]
		most := max(r, g, b)
		if int(most-min(r, g, b)) >= m.least[most] {
			n++
		}
	}
	if len(rgb) < 3 {
		return 0
	}
	return float64(n) / float64(len(rgb)/3)
}
