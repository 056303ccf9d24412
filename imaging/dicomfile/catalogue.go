package dicomfile

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"longying/imaging"
)

// catalogue orders what was read into studies and series.
func catalogue(items []scanned) Catalogue {
	var c Catalogue
	taken := map[string]*imaging.Instance{}
	studies := map[string]map[string][]*imaging.Instance{}
	elsewhere := map[int]string{} // skipped references of a DICOMDIR: the object they name
	var add func(items []scanned)
	add = func(items []scanned) {
		for i := range items {
			s := &items[i]
			add(s.members)
			if s.skipped != nil {
				if s.object != "" {
					elsewhere[len(c.Skipped)] = s.object
				}
				c.Skipped = append(c.Skipped, *s.skipped)
			}
			inst := s.instance
			if inst == nil {
				continue
			}
			if first := taken[inst.SOPInstanceUID]; first != nil {
				code, detail := imaging.SkipDuplicate, "the same object as "+first.Source
				if !sameObject(first, inst) {
					code, detail = imaging.SkipConflict, "the SOP Instance UID of "+first.Source+", but another object"
				}
				c.Skipped = append(c.Skipped, imaging.Skipped{Path: s.path, Code: code, Detail: detail, Header: inst})
				continue
			}
			taken[inst.SOPInstanceUID] = inst
			series := studies[inst.StudyUID]
			if series == nil {
				series = map[string][]*imaging.Instance{}
				studies[inst.StudyUID] = series
			}
			series[inst.SeriesUID] = append(series[inst.SeriesUID], inst)
		}
	}
	add(items)
	kept := c.Skipped[:0]
	for i, s := range c.Skipped { // a listed file that lies elsewhere is not missing
		if taken[elsewhere[i]] == nil {
			kept = append(kept, s)
		}
	}
	c.Skipped = kept
	for uid, series := range studies {
		c.Studies = append(c.Studies, assemble(uid, series))
	}
	slices.SortFunc(c.Studies, func(a, b imaging.Study) int {
		return cmp.Or(a.Date.Compare(b.Date), cmp.Compare(a.UID, b.UID))
	})
	return c
}

// sameObject compares what the headers say of two files with one UID; the
// pixels are not read. A file that was recompressed is the same object.
func sameObject(a, b *imaging.Instance) bool {
	if a.TransferSyntaxUID == b.TransferSyntaxUID && a.Pixels.Photometric != b.Pixels.Photometric {
		return false
	}
	return a.StudyUID == b.StudyUID && a.SeriesUID == b.SeriesUID && a.SOPClassUID == b.SOPClassUID &&
		a.Number == b.Number && a.Patient.Name == b.Patient.Name && a.Patient.ID == b.Patient.ID &&
		a.Pixels.Rows == b.Pixels.Rows && a.Pixels.Columns == b.Pixels.Columns && a.Pixels.Frames == b.Pixels.Frames
}

func assemble(uid string, bySeries map[string][]*imaging.Instance) imaging.Study {
	study := imaging.Study{UID: uid}
	for suid, instances := range bySeries {
		first := instances[0]
		s := imaging.Series{UID: suid, Number: first.Study.SeriesNumber, Modality: first.Modality,
			Description: first.SeriesDescription, BodyPart: first.BodyPart}
		s.Instances = make([]imaging.Instance, len(instances))
		for i, in := range instances {
			s.Instances[i] = *in
		}
		order(s.Instances)
		study.Series = append(study.Series, s)
	}
	slices.SortFunc(study.Series, func(a, b imaging.Series) int {
		return cmp.Or(cmp.Compare(a.Number, b.Number), cmp.Compare(a.UID, b.UID))
	})
	first := &study.Series[0].Instances[0]
	h := first.Study
	study.ID, study.AccessionNumber, study.Date, study.Description = h.ID, h.AccessionNumber, h.Date, h.Description
	study.InstitutionName, study.ReferringName, study.Patient = h.InstitutionName, h.ReferringName, first.Patient
	differences := map[string]bool{}
	for i := range study.Series {
		for j := range study.Series[i].Instances {
			for _, d := range differ(study.Patient, study.Series[i].Instances[j].Patient) {
				differences[d] = true
			}
		}
	}
	if len(differences) > 0 {
		study.HeadersDisagree = true
		var all []string
		for d := range differences {
			all = append(all, d)
		}
		slices.Sort(all)
		study.HeaderDifference = strings.Join(all, "; ")
	}
	return study
}

// differ compares two patient headers: name and patient ID always, the rest
// where both state it, because derived objects leave attributes out.
func differ(a, b imaging.PatientHeader) []string {
	var out []string
	check := func(t Tag, x, y string, always bool) {
		if x != y && (always || x != "" && y != "") {
			out = append(out, t.label()+": "+quote(x)+" and "+quote(y))
		}
	}
	check(TagPatientName, a.Name.String(), b.Name.String(), true)
	check(TagPatientID, a.ID, b.ID, true)
	check(TagIssuerOfPatientID, a.Issuer, b.Issuer, false)
	check(TagPatientBirthDate, a.BirthDate, b.BirthDate, false)
	check(TagPatientSex, a.Sex, b.Sex, false)
	check(TagPatientAge, a.Age, b.Age, false)
	return out
}

func quote(s string) string { return `"` + s + `"` }

// order sorts the instances of a series: along the normal where all have one
// orientation in one frame of reference, else by instance number. What ties is
// sorted by instance number, then UID.
func order(instances []imaging.Instance) {
	byPosition := len(instances) > 1
	for i := range instances {
		byPosition = byPosition && sameOrientation(instances[0].Plane, instances[i].Plane)
	}
	slices.SortFunc(instances, func(a, b imaging.Instance) int {
		if byPosition {
			if n := comparePosition(a.Plane, b.Plane); n != 0 {
				return n
			}
		}
		return cmp.Or(cmp.Compare(a.Number, b.Number), cmp.Compare(a.SOPInstanceUID, b.SOPInstanceUID))
	})
}

func sameOrientation(a, b *imaging.Plane) bool {
	if a == nil || b == nil || a.Frame != b.Frame {
		return false
	}
	const slack = 1e-3
	for i := range 3 {
		if math.Abs(a.Row[i]-b.Row[i]) > slack || math.Abs(a.Column[i]-b.Column[i]) > slack {
			return false
		}
	}
	return true
}

// comparePosition compares depths to a thousandth of a millimetre. Depths are
// rounded, not subtracted, so that the order is transitive.
func comparePosition(a, b *imaging.Plane) int {
	return cmp.Compare(math.Round(a.Depth()*1000), math.Round(b.Depth()*1000))
}
