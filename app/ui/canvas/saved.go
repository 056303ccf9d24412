package canvas

import "longying/records"

// Saved is how the picture in front is seen now.
func (i *Image) Saved() records.KeyView {
	w, h := i.pixels()
	return i.state.Saved(w, h)
}
