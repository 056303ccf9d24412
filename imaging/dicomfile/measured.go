package dicomfile

import (
	"strings"

	"longying/imaging"
)

// Attributes that say what can be measured.
const (
	tagMagnification     Tag = 0x00181114
	tagPatientWeight     Tag = 0x00101030
	tagCorrectedImage    Tag = 0x00280051
	tagPETUnits          Tag = 0x00541001
	tagSUVType           Tag = 0x00541006
	tagDecayCorrection   Tag = 0x00541102
	tagRadiopharm        Tag = 0x00540016
	tagRadiopharmTime    Tag = 0x00181072
	tagRadionuclideDose  Tag = 0x00181074
	tagRadionuclideHalf  Tag = 0x00181075
	tagRadiopharmInstant Tag = 0x00181078
)

// mostRegions bounds what a header may make of regions; scanners write a
// handful.
const mostRegions = 64

// ultrasoundRegions are the regions of PS3.3 C.8.5.5, as written. One without
// its place holds no point.
func ultrasoundRegions(ds *Dataset) []imaging.UltrasoundRegion {
	var out []imaging.UltrasoundRegion
	for _, item := range ds.Items(TagUltrasoundRegions) {
		var u imaging.UltrasoundRegion
		whole := true
		for t, to := range map[Tag]*int{0x00186012: &u.Format, 0x00186018: &u.X0, 0x0018601A: &u.Y0, 0x0018601C: &u.X1, 0x0018601E: &u.Y1,
			0x00186024: &u.UnitX, 0x00186026: &u.UnitY} {
			v, ok := item.IntValue(t)
			*to = v
			whole = whole && (ok || t == 0x00186024 || t == 0x00186026)
		}
		u.DeltaX, _ = item.FloatValue(0x0018602C)
		u.DeltaY, _ = item.FloatValue(0x0018602E)
		if whole && len(out) < mostRegions {
			out = append(out, u)
		}
	}
	return out
}

// pet is what a PET object says of its tracer; nil for other objects.
func pet(ds *Dataset) *imaging.PET {
	if ds.Text(TagModality) != "PT" {
		return nil
	}
	zone, ok := imaging.ParseTimezoneOffset(ds.Text(TagTimezoneOffset))
	if !ok {
		zone = imaging.Zone()
	}
	real := func(d *Dataset, t Tag) float64 {
		v, _ := d.FloatValue(t)
		return v
	}
	clock := func(d *Dataset, t Tag) string { return strings.ReplaceAll(d.Text(t), ":", "") }
	day := strings.ReplaceAll(ds.Text(TagSeriesDate), ".", "")
	p := &imaging.PET{Units: ds.Text(tagPETUnits), SUVType: ds.Text(tagSUVType), DecayCorrection: ds.Text(tagDecayCorrection),
		Corrected: ds.Texts(tagCorrectedImage), Weight: real(ds, tagPatientWeight)}
	p.Series, _ = dateTime(day+clock(ds, TagSeriesTime), zone)
	// Of several tracers the doses do not add up: nothing is taken.
	if items := ds.Items(tagRadiopharm); len(items) == 1 {
		item := items[0]
		p.Dose, p.HalfLife = real(item, tagRadionuclideDose), real(item, tagRadionuclideHalf)
		if p.Injected, ok = dateTime(item.Text(tagRadiopharmInstant), zone); !ok {
			p.Injected, _ = dateTime(day+clock(item, tagRadiopharmTime), zone)
		}
	}
	return p
}
