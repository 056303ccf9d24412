package keyimage

import (
	"fmt"
	"image"
	"io"

	"longying/imaging"
	"longying/imaging/dicomfile"
	"longying/records"
	"longying/records/composite"
)

const secondaryCapture = "1.2.840.10008.5.1.4.1.1.7"

// Attributes that dicomfile does not name.
const (
	tagSourceImage        dicomfile.Tag = 0x00082112
	tagPurposeOfReference dicomfile.Tag = 0x0040A170
	tagBurnedIn           dicomfile.Tag = 0x00280301
)

// Source is what a capture has to say of the image that it is made of.
type Source struct {
	// Identified: the image itself may have a name burned in, because its header
	// says so, or does not say and its kind often has.
	Identified       bool
	LossyCompression bool
	LossyRatio       float64 // 0 when unknown
	Orientation      [2]string
}

// Capture writes a picture, with the findings burned in by whoever rendered it,
// as a Secondary Capture object. It refuses what State refuses.
func Capture(doc *records.Document, im Image, picture image.Image, number int, cfg composite.Equipment, w io.Writer) error {
	if err := check(doc, &im); err != nil {
		return fmt.Errorf("secondary capture: %w", err)
	}
	size := picture.Bounds()
	if size.Dx() < 1 || size.Dy() < 1 || size.Dx() > 65535 || size.Dy() > 65535 {
		return fmt.Errorf("secondary capture: document %s: a picture of %d x %d cannot be written", doc.ID, size.Dx(), size.Dy())
	}
	cfg = cfg.In()
	ds := dicomfile.NewDataset()
	cfg.PatientAndStudy(ds, doc)
	cfg.Describe(ds, doc)
	cfg.Instance(ds, doc, secondaryCapture, uid(doc, "capture", &im))
	description := "Key images 关键图像"
	if doc.Sample {
		description += " SAMPLE 样本"
	}
	burned := "NO" // what is burned in here is findings, no identity: C.7.6.1.1
	if im.Source.Identified {
		burned = "YES"
	}
	source := im.reference().Sequence(tagPurposeOfReference,
		composite.Coded(records.Code{Value: "121322", Scheme: "DCM", Meaning: "Source image for image processing operation"}))
	ds.String(dicomfile.TagModality, "CS", "OT").
		String(dicomfile.TagLaterality, "CS", ""). // type 2C
		String(dicomfile.TagSeriesInstanceUID, "UI", composite.UID("capture series", doc.DocumentID, 0)).
		Int(dicomfile.TagSeriesNumber, "IS", 9005).
		String(dicomfile.TagSeriesDescription, "LO", description).
		String(dicomfile.TagConversionType, "CS", "WSD").
		Int(dicomfile.TagInstanceNumber, "IS", (doc.Version-1)*1000+number).
		String(dicomfile.TagImageType, "CS", "DERIVED", "SECONDARY").
		String(dicomfile.TagPatientOrientation, "CS", orientation(im.Source.Orientation)...).
		String(dicomfile.TagDerivationDescription, "ST", "Windowed to 8 bits, findings burned in (所见标注已叠加): "+provenance(im.Findings, 900)).
		Sequence(tagSourceImage, source).
		String(tagBurnedIn, "CS", burned)
	if im.Source.LossyCompression {
		ds.String(dicomfile.TagLossyCompression, "CS", "01")
		if r := im.Source.LossyRatio; r > 0 {
			ds.Float(dicomfile.TagLossyRatio, "DS", r)
		}
	}
	pix := make([]byte, 0, 3*size.Dx()*size.Dy())
	for y := size.Min.Y; y < size.Max.Y; y++ {
		for x := size.Min.X; x < size.Max.X; x++ {
			r, g, b, _ := picture.At(x, y).RGBA()
			pix = append(pix, byte(r>>8), byte(g>>8), byte(b>>8))
		}
	}
	ds.SetPixels(imaging.PixelDescription{Rows: size.Dy(), Columns: size.Dx(), Samples: 3, Photometric: "RGB", BitsAllocated: 8, BitsStored: 8}, pix)
	if err := dicomfile.Write(w, ds); err != nil {
		return fmt.Errorf("secondary capture: %w", err)
	}
	return nil
}

func orientation(o [2]string) []string {
	if o[0] == "" || o[1] == "" {
		return []string{""}
	}
	return o[:]
}
