package dicomfile

import (
	"strings"
	"time"

	"longying/imaging"
)

// describe makes the Instance of a header: text first, because its character
// set may have to be found out, then the modules one by one.
func (rd Reader) describe(f *File, s *scratch) *imaging.Instance {
	ds := f.head
	inst := &imaging.Instance{Source: f.name, TransferSyntaxUID: f.transferSyntax}
	inst.Device = imaging.Device{Manufacturer: ds.bare(TagManufacturer), StationName: ds.bare(TagStationName), AETitle: f.sourceAE}
	ds.setCharset(rd.charset(inst, ds, s))

	number := func(t Tag) int { v, _ := ds.IntValue(t); return v }
	real := func(t Tag) float64 { v, _ := ds.FloatValue(t); return v }
	inst.SOPClassUID = ds.Text(TagSOPClassUID)
	inst.SOPInstanceUID = ds.Text(TagSOPInstanceUID)
	inst.StudyUID = ds.Text(TagStudyInstanceUID)
	inst.SeriesUID = ds.Text(TagSeriesInstanceUID)
	inst.Number = number(TagInstanceNumber)
	inst.Modality = ds.Text(TagModality)
	inst.BodyPart = strings.ToUpper(ds.Text(TagBodyPartExamined))
	inst.ContrastAgent = ds.Text(TagContrastBolusAgent)
	inst.ViewPosition = projection(ds)
	if inst.Laterality = ds.Text(TagImageLaterality); inst.Laterality == "" {
		inst.Laterality = ds.Text(TagLaterality)
	}
	inst.PatientPosition = ds.Text(TagPatientPosition)
	copy(inst.PatientOrient[:], ds.Texts(TagPatientOrientation))
	inst.ImageType = ds.Texts(TagImageType)
	inst.Manufacturer = ds.Text(TagManufacturer)
	inst.ModelName = ds.Text(TagModelName)
	inst.StationName = ds.Text(TagStationName)
	inst.ContentDate = when(ds, TagContentDate, TagContentTime)
	inst.SeriesDescription = ds.Text(TagSeriesDescription)
	inst.ImageComments = ds.Text(TagImageComments)
	inst.Derivation = ds.Text(TagDerivationDescription)
	inst.LossyCompression = ds.Text(TagLossyCompression) == "01"
	inst.LossyRatio = real(TagLossyRatio)
	inst.PresentationShape = ds.Text(TagPresentationLUTShape)
	if item := ds.Item(TagPresentationLUT); item.Has(TagLUTDescriptor) {
		inst.PresentationLUT = lookupTable(item, TagLUTDescriptor, TagLUTData, false)
	}
	inst.Shutter, _ = shutter(ds) // one that contradicts itself hides nothing
	inst.Overlays = overlays(ds)

	inst.Pixels = describePixels(f)
	g := groups{shared: ds.Item(TagSharedFunctional), frames: ds.Items(TagPerFrameFunctional)}
	inst.SliceThickness = real(TagSliceThickness)
	inst.FrameRate = frameRate(real(TagRecommendedDisplayFrameRate), real(TagCineRate), real(TagFrameTime))
	if v, ok := g.first(TagPixelMeasures).FloatValue(TagSliceThickness); ok {
		inst.SliceThickness = v
	}
	inst.Plane = plane(ds, g)
	inst.Space = spacing(ds, g, inst.Modality)
	inst.Magnification, inst.Regions, inst.PET = real(tagMagnification), ultrasoundRegions(ds), pet(ds)
	inst.Slide = slide(ds, g, inst)
	inst.Acquisition = acquisition(ds, g.frame(0))
	inst.Mosaic = mosaic(ds, inst)
	inst.ModalityLUT = modalityLUT(ds, g, inst)
	voiFrom := ds
	if !ds.Has(TagWindowCenter) && !ds.Has(TagVOILUTSequence) {
		voiFrom = g.first(TagFrameVOILUT)
	}
	inst.VOI, inst.Windows = voiLUTs(voiFrom, negative(inst.ModalityLUT, inst.Pixels))
	inst.RealWorld = realWorldValues(ds, inst.Pixels.Signed)
	if len(inst.RealWorld) == 0 {
		inst.RealWorld = realWorldValues(g.firstHaving(TagRealWorldValueMapping), inst.Pixels.Signed)
	}
	if inst.Slide == nil {
		inst.PerFrame = perFrame(ds, g, inst)
	}
	if inst.Pixels.Photometric == "PALETTE COLOR" {
		inst.Palette = palette(ds)
	}
	inst.Patient = patientHeader(ds)
	inst.Study = imaging.StudyHeader{
		ID:              ds.Text(TagStudyID),
		AccessionNumber: ds.Text(TagAccessionNumber),
		Date:            when(ds, TagStudyDate, TagStudyTime),
		Description:     ds.Text(TagStudyDescription),
		InstitutionName: ds.Text(TagInstitutionName),
		ReferringName:   imaging.ParsePersonName(ds.Text(TagReferringPhysician)),
		SeriesNumber:    number(TagSeriesNumber),
	}
	return inst
}

// charset finds how the text of a header is to be read, and notes it.
func (rd Reader) charset(inst *imaging.Instance, ds *Dataset, s *scratch) *charset {
	terms := ds.Texts(TagSpecificCharacterSet)
	cs, known := newCharset(terms)
	inst.CharacterSet = cs.term
	if !known {
		inst.CharacterSetNote = "the header declares the unknown character set " + inst.CharacterSet
	}
	inst.TextCharacterSet = cs.term
	t := textOf(ds, terms)
	if t.name == nil && len(t.others) == 0 {
		return cs
	}
	v := s.judge(t)
	if rd.CharacterSet != nil {
		if term := rd.CharacterSet(inst.Device, cs.term); term != "" {
			v, _ = v.chosen(t, term)
		}
	}
	if note := v.note(cs.term); note != "" {
		inst.CharacterSetNote = note
	}
	inst.TextCharacterSet, inst.TextReadings, inst.TextDoubtful = v.term, v.readings, v.doubtful
	if v.term != cs.term {
		cs, _ = newCharset(strings.Split(v.term, `\`))
	}
	return cs
}

func patientHeader(ds *Dataset) imaging.PatientHeader {
	p := imaging.PatientHeader{
		Name:      imaging.ParsePersonName(ds.Text(TagPatientName)),
		ID:        ds.Text(TagPatientID),
		Issuer:    ds.Text(TagIssuerOfPatientID),
		OtherIDs:  ds.Texts(TagOtherPatientIDs),
		BirthDate: ds.Text(TagPatientBirthDate),
		Sex:       ds.Text(TagPatientSex),
		Age:       ds.Text(TagPatientAge),
		Comments:  ds.Text(TagPatientComments),
	}
	for _, item := range ds.Items(TagOtherPatientIDsSeq) {
		if id := item.Text(TagPatientID); id != "" {
			p.OtherIDs = append(p.OtherIDs, id)
		}
	}
	return p
}

// when joins a date and a time (PS3.5 DA, TM), in the zone that the header
// states (PS3.3 C.12.1.1.8), else in that of China; zero when there is no date.
func when(ds *Dataset, date, clock Tag) time.Time {
	day, err := imaging.ParseDate(ds.Text(date))
	if err != nil {
		return time.Time{}
	}
	digits := strings.ReplaceAll(ds.Text(clock), ":", "")
	digits, _, _ = strings.Cut(digits, ".")
	layout := "150405"
	var at time.Time
	if len(digits) >= 2 && len(digits) <= 6 && len(digits)%2 == 0 {
		at, _ = time.Parse(layout[:len(digits)], digits)
	}
	zone, ok := imaging.ParseTimezoneOffset(ds.Text(TagTimezoneOffset))
	if !ok {
		zone = imaging.Zone()
	}
	return time.Date(day.Year(), day.Month(), day.Day(), at.Hour(), at.Minute(), at.Second(), 0, zone)
}

// describePixels is the Image Pixel module. Values that contradict one another
// are left as they are: the decoder refuses them by name.
func describePixels(f *File) imaging.PixelDescription {
	ds := f.head
	number := func(t Tag, otherwise int) int {
		if v, ok := ds.IntValue(t); ok {
			return v
		}
		return otherwise
	}
	if f.pixels.tag == 0 {
		return imaging.PixelDescription{}
	}
	p := imaging.PixelDescription{
		Rows:          number(TagRows, 0),
		Columns:       number(TagColumns, 0),
		Frames:        max(1, number(TagNumberOfFrames, 1)),
		Samples:       number(TagSamplesPerPixel, 1),
		Planar:        number(TagPlanarConfiguration, 0),
		BitsAllocated: number(TagBitsAllocated, 0),
		Signed:        number(TagPixelRepresentation, 0) == 1,
		Photometric:   strings.ToUpper(ds.Text(TagPhotometric)),
		Compressed:    f.pixels.length < 0,
	}
	p.BitsStored = number(TagBitsStored, p.BitsAllocated)
	p.HighBit = number(TagHighBit, p.BitsStored-1)
	switch f.pixels.tag {
	case TagFloatPixelData:
		p.Float, p.BitsAllocated, p.BitsStored, p.HighBit = true, 32, 32, 31
	case TagDoublePixelData:
		p.Float, p.BitsAllocated, p.BitsStored, p.HighBit = true, 64, 64, 63
	}
	for t, to := range map[Tag]**int{TagPixelPaddingValue: &p.PaddingValue, TagPixelPaddingRange: &p.PaddingRange} {
		if v, ok := ds.IntValue(t); ok {
			if p.Signed && v > 0x7fff && ds.VR(t) == "US" {
				v -= 0x10000
			}
			*to = &v
		}
	}
	if a := ds.Floats(TagPixelAspectRatio); finite(a, 2) && a[0] > 0 && a[1] > 0 {
		p.AspectRatio = a[0] / a[1]
	}
	values := int64(p.Rows) * int64(p.Columns) * int64(max(0, p.Samples))
	if p.Rows < 0 || p.Columns < 0 || p.Rows > 65535 || p.Columns > 65535 || p.Samples > 4 || p.BitsAllocated < 0 || p.BitsAllocated > 64 {
		return p // FrameSizeNative 0: no decoder takes it
	}
	p.FrameSizeNative = int((values*int64(p.BitsAllocated) + 7) / 8)
	if p.Photometric == "YBR_FULL_422" && p.Samples == 3 && !p.Compressed {
		p.FrameSizeNative = int(values / 3 * 2 * int64(p.BitsAllocated) / 8) // PS3.3 C.7.6.3.1.2
	}
	return p
}

// headerSequence reports the sequences that Instance is made from; others of a
// known length are stepped over.
func headerSequence(t Tag) bool {
	switch t {
	case TagOtherPatientIDsSeq, TagPrimaryAnatomy, TagUltrasoundRegions, TagModalityLUTSequence, TagVOILUTSequence,
		TagSpecimenDescription, TagSharedFunctional, TagPerFrameFunctional, TagOpticalPaths, TagTotalPixelMatrixOrigin,
		TagRealWorldValueMapping, TagPresentationLUT, TagMRDiffusion, tagUnitedImagingTiles, tagRadiopharm:
		return true
	}
	return false
}

// frameRate is at how many pictures a second an object wants to be played: what
// it recommends, else the rate at which it was made, else from the milliseconds
// between frames (PS3.3 C.7.6.5.1). 0: it does not say.
func frameRate(recommended, made, milliseconds float64) float64 {
	for _, r := range []float64{recommended, made} {
		if r > 0 && r <= 1000 {
			return r
		}
	}
	if milliseconds >= 1 {
		return 1000 / milliseconds
	}
	return 0
}
