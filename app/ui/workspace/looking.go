package workspace

import (
	"longying/imaging"
	"longying/records"
)

// Look is the picture in front as it is seen now.
type Look struct {
	Title string // for people: date, modality, series, number of the slice
	Ref   imaging.Ref
	View  records.KeyView
}

// OnLook gives the room that knows what is in front; there is one.
func (ws *Workspace) OnLook(f func() (Look, bool)) { ws.look = f }

// Looking is the picture in front, false where there is none to which a record
// may refer.
func (ws *Workspace) Looking() (Look, bool) {
	if ws.look == nil || ws.current == nil {
		return Look{}, false
	}
	return ws.look()
}
