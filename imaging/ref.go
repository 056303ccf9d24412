package imaging

import (
	"fmt"
	"math"
)

// Ref points at a place: a study, narrowed as far as the fields are filled.
type Ref struct {
	StudyUID  string  `json:"study_uid"`
	SeriesUID string  `json:"series_uid,omitempty"`
	SOPUID    string  `json:"sop_uid,omitempty"`
	SOPClass  string  `json:"sop_class,omitempty"`
	Frame     int     `json:"frame,omitempty"` // counted from 1; 0 means the whole instance
	Region    *Region `json:"region,omitempty"`
}

// RegionKind says how a region was made.
type RegionKind string

// How a region came to be. An activation map is where a model looked, not the
// outline of a lesion, and is always labelled so.
const (
	RegionDrawn      RegionKind = "drawn"
	RegionActivation RegionKind = "activation-map"
	RegionOcclusion  RegionKind = "occlusion-map" // where the answer changes most when it is covered; labelled as such
	RegionDetected   RegionKind = "detected-box"
	RegionTaken      RegionKind = "taken-over" // the box around what another maker's object outlines, as a doctor took it over
	RegionMask       RegionKind = "mask"       // the box around the mask of a segmentation, in one slice
)

// Region is a rectangle in the pixels of one frame (or, for a slide, of the
// total pixel matrix): the image-relative space of PS3.3 C.18.6, in which the
// top left corner of the top left pixel is (0,0) and x runs along a row.
type Region struct {
	X0   float64    `json:"x0"`
	Y0   float64    `json:"y0"`
	X1   float64    `json:"x1"`
	Y1   float64    `json:"y1"`
	Kind RegionKind `json:"kind,omitempty"`
}

// Valid reports whether the region has a positive area and lies inside an
// image of the given size.
func (r Region) Valid(columns, rows int) error {
	for _, v := range []float64{r.X0, r.Y0, r.X1, r.Y1} {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("region has a coordinate that is not a number")
		}
	}
	if r.X1 <= r.X0 || r.Y1 <= r.Y0 {
		return fmt.Errorf("region (%g,%g)-(%g,%g) is empty or turned around", r.X0, r.Y0, r.X1, r.Y1)
	}
	if r.X0 < 0 || r.Y0 < 0 || r.X1 > float64(columns) || r.Y1 > float64(rows) {
		return fmt.Errorf("region (%g,%g)-(%g,%g) leaves the image of %d x %d pixels", r.X0, r.Y0, r.X1, r.Y1, columns, rows)
	}
	return nil
}
