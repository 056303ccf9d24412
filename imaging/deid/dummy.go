package deid

import "longying/imaging/dicomfile"

// The dummies of action D. A date that is plainly none of this century's.
const (
	dummyText = "REMOVED"
	dummyDate = "19000101"
	dummyTime = "000000"
	dummyAge  = "000Y"
)

// setVR is the VR in which a new value of an attribute is written: that of
// the dictionary, and where it gives several the one that the file has.
func setVR(ds *dicomfile.Dataset, t dicomfile.Tag) string {
	vrs := t.VRs()
	had := ds.VR(t)
	for _, v := range vrs {
		if v == had {
			return v
		}
	}
	if len(vrs) > 0 {
		return vrs[0]
	}
	return had
}

// setEmpty is action Z.
func setEmpty(ds *dicomfile.Dataset, t dicomfile.Tag) {
	switch vr := setVR(ds, t); vr {
	case "SQ":
		ds.Sequence(t)
	case "AT":
		ds.Attributes(t)
	case "US", "SS", "UL", "SL", "UV", "SV":
		ds.Int(t, vr)
	case "FL", "FD":
		ds.Float(t, vr)
	case "OB", "OW", "OL", "OV", "OF", "OD", "UN":
		ds.Bytes(t, vr, nil)
	default:
		ds.String(t, vr)
	}
}

// setDummy is action D.
func (w *walk) setDummy(ds *dicomfile.Dataset, t dicomfile.Tag) {
	switch vr := setVR(ds, t); vr {
	case "SQ":
		w.dummyItem(ds, t)
	case "DA":
		ds.String(t, vr, dummyDate)
	case "TM":
		ds.String(t, vr, dummyTime)
	case "DT":
		ds.String(t, vr, dummyDate+dummyTime)
	case "AS":
		ds.String(t, vr, dummyAge)
	case "IS", "DS":
		ds.String(t, vr, "0")
	case "UI":
		w.mapUIDs(ds, t)
	case "AT":
		ds.Attributes(t, 0)
	case "US", "SS", "UL", "SL", "UV", "SV":
		ds.Int(t, vr, 0)
	case "FL", "FD":
		ds.Float(t, vr, 0)
	case "OB", "OW", "UN":
		ds.Bytes(t, vr, make([]byte, 2))
	case "OL", "OF":
		ds.Bytes(t, vr, make([]byte, 4))
	case "OV", "OD":
		ds.Bytes(t, vr, make([]byte, 8))
	default:
		ds.String(t, vr, dummyText)
	}
}

// dummyItem leaves one item of a sequence, with a dummy for every attribute
// whose value could tell anything: text, dates and numbers. UIDs are mapped.
func (w *walk) dummyItem(ds *dicomfile.Dataset, t dicomfile.Tag) {
	items := ds.Items(t)
	if len(items) == 0 {
		setEmpty(ds, t)
		return
	}
	item := items[0]
	for _, a := range item.Tags() {
		if a.Private() || len(a.VRs()) == 0 || item.VR(a) == "UN" {
			item.Delete(a)
			continue
		}
		if r, ok := w.table.lookup(a); ok && resolve(r.basic, w.table.kind(a, t, w.class)) == remove {
			item.Delete(a)
			continue
		}
		w.setDummy(item, a)
	}
	ds.Sequence(t, item)
}
