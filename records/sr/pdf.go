package sr

import (
	"fmt"
	"io"

	"longying/imaging"
	"longying/imaging/dicomfile"
	"longying/records"
)

const encapsulatedPDF = "1.2.840.10008.5.1.4.1.1.104.1"

// Attributes of the Encapsulated Document module, PS3.3 C.24.2.
const (
	tagConversionType     dicomfile.Tag = 0x00080064
	tagBurnedIn           dicomfile.Tag = 0x00280301
	tagDocumentTitle      dicomfile.Tag = 0x00420010
	tagDocument           dicomfile.Tag = 0x00420011
	tagDocumentMIMEType   dicomfile.Tag = 0x00420012
	tagDocumentLength     dicomfile.Tag = 0x00420015
	tagAcquisitionInstant dicomfile.Tag = 0x0008002A
)

// EncodePDF writes the printed report of a document as an Encapsulated PDF
// object (PS3.3 A.45.1), for a PACS whose viewers show no structured report. It
// belongs to the study and names the patient as Encode does; its UIDs depend on
// the document and its version alone.
func EncodePDF(doc *records.Document, cfg Config, pdf []byte, w io.Writer) error {
	if err := doc.Check(); err != nil {
		return fmt.Errorf("encapsulated PDF: %w", err)
	}
	if len(pdf) == 0 {
		return fmt.Errorf("encapsulated PDF: document %s has no printed form", doc.ID)
	}
	if cfg.Zone == nil {
		cfg.Zone = imaging.Zone()
	}
	e := &encoder{doc: doc, cfg: cfg}
	ds := dicomfile.NewDataset()
	e.patientAndStudy(ds)
	e.seriesAndEquipment(ds)
	ds.Delete(dicomfile.TagReferencedPPSSequence)
	size := len(pdf)
	padded := append([]byte(nil), pdf...)
	if size%2 == 1 {
		padded = append(padded, 0)
	}
	ds.String(dicomfile.TagModality, "CS", "DOC").
		String(dicomfile.TagSeriesInstanceUID, "UI", deriveUID("pdf series", doc.DocumentID, 0)).
		Int(dicomfile.TagSeriesNumber, "IS", 9002).
		String(tagConversionType, "CS", "WSD").
		String(dicomfile.TagSOPClassUID, "UI", encapsulatedPDF).
		String(dicomfile.TagSOPInstanceUID, "UI", e.uid("pdf instance")).
		String(dicomfile.TagInstanceCreationDate, "DA", e.date(doc.SignedAt)).
		String(dicomfile.TagInstanceCreationTime, "TM", e.clock(doc.SignedAt)).
		String(dicomfile.TagTimezoneOffset, "SH", doc.SignedAt.In(cfg.Zone).Format("-0700")).
		Int(dicomfile.TagInstanceNumber, "IS", doc.Version).
		String(dicomfile.TagContentDate, "DA", e.date(doc.SignedAt)).
		String(dicomfile.TagContentTime, "TM", e.clock(doc.SignedAt)).
		String(tagAcquisitionInstant, "DT", "").
		String(tagBurnedIn, "CS", "YES").
		String(tagDocumentTitle, "ST", "检查报告 Imaging report").
		Sequence(dicomfile.TagConceptName, coded(dcm("126000", "Imaging Measurement Report"))).
		String(tagDocumentMIMEType, "LO", "application/pdf").
		Bytes(tagDocument, "OB", padded).
		Int(tagDocumentLength, "UL", size)
	if err := dicomfile.Write(w, ds); err != nil {
		return fmt.Errorf("encapsulated PDF: %w", err)
	}
	return nil
}
