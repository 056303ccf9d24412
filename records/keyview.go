package records

import "longying/imaging"

// KeyView is how somebody wants a picture to be seen: a softcopy presentation
// (PS3.3 A.33.1) of one frame. The zero value is the picture as it comes.
type KeyView struct {
	Window *imaging.VOILUT `json:"window,omitempty"` // nil: the file's own
	Invert bool            `json:"invert,omitempty"`
	Rotate int             `json:"rotate,omitempty"` // clockwise: 0, 90, 180, 270
	Flip   bool            `json:"flip,omitempty"`   // left and right exchanged, before the rotation
	Area   *imaging.Region `json:"area,omitempty"`   // what is seen, in pixels; nil: all
}
