package inference

import (
	"fmt"
	"math"

	"longying/imaging"
	"longying/models"
)

// cropAt is the top left pixel of a card's crop about the middle of a marked
// region, in an image of columns x rows. It is refused where it leaves the image,
// since nobody knows what lies there, and where the region is larger: the model
// would not see all that the doctor marked.
func cropAt(crop *models.RegionCrop, region *imaging.Region, columns, rows int) (x, y int, reason *Reason) {
	if region == nil {
		return 0, 0, because(ReasonRegionMissing)
	}
	if err := region.Valid(columns, rows); err != nil {
		return 0, 0, because(ReasonRegionInvalid, err.Error())
	}
	if w, h := region.X1-region.X0, region.Y1-region.Y0; w > float64(crop.Width) || h > float64(crop.Height) {
		return 0, 0, because(ReasonRegionCrop, fmt.Sprintf("%g x %g", w, h), size(crop.Width, crop.Height))
	}
	x = int(math.Floor((region.X0+region.X1)/2 - float64(crop.Width)/2 + 0.5))
	y = int(math.Floor((region.Y0+region.Y1)/2 - float64(crop.Height)/2 + 0.5))
	if x < 0 || y < 0 || x+crop.Width > columns || y+crop.Height > rows {
		return 0, 0, because(ReasonRegionEdge, size(crop.Width, crop.Height), size(columns, rows))
	}
	return x, y, nil
}

// cropped copies a part of a frame; it lies inside.
func cropped(f *imaging.Frame, x, y, w, h int) *imaging.Frame {
	out := *f
	out.Columns, out.Rows = w, h
	out.Uint8, out.Int8 = part(f, f.Uint8, x, y, w, h), part(f, f.Int8, x, y, w, h)
	out.Uint16, out.Int16 = part(f, f.Uint16, x, y, w, h), part(f, f.Int16, x, y, w, h)
	out.Uint32, out.Int32 = part(f, f.Uint32, x, y, w, h), part(f, f.Int32, x, y, w, h)
	out.Float32, out.Float64 = part(f, f.Float32, x, y, w, h), part(f, f.Float64, x, y, w, h)
	return &out
}

func part[T any](f *imaging.Frame, values []T, x, y, w, h int) []T {
	if values == nil {
		return nil
	}
	out := make([]T, 0, w*h*f.Samples)
	for row := y; row < y+h; row++ {
		at := (row*f.Columns + x) * f.Samples
		out = append(out, values[at:at+w*f.Samples]...)
	}
	return out
}
