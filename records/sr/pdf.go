package sr

import (
	"fmt"
	"io"

	"longying/imaging/dicomfile"
	"longying/records"
	"longying/records/composite"
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
	cfg = cfg.In()
	e := &encoder{doc: doc, cfg: cfg}
	ds := dicomfile.NewDataset()
	cfg.PatientAndStudy(ds, doc)
	e.seriesAndEquipment(ds)
	ds.Delete(dicomfile.TagReferencedPPSSequence)
	cfg.Instance(ds, doc, encapsulatedPDF, e.uid("pdf instance"))
	size := len(pdf)
	padded := append([]byte(nil), pdf...)
	if size%2 == 1 {
		padded = append(padded, 0)
	}
	ds.String(dicomfile.TagModality, "CS", "DOC").
		String(dicomfile.TagSeriesInstanceUID, "UI", composite.UID("pdf series", doc.DocumentID, 0)).
		Int(dicomfile.TagSeriesNumber, "IS", 9002).
		String(tagConversionType, "CS", "WSD").
		Int(dicomfile.TagInstanceNumber, "IS", doc.Version).
		String(tagAcquisitionInstant, "DT", "").
		String(tagBurnedIn, "CS", "YES").
		String(tagDocumentTitle, "ST", "检查报告 Imaging report").
		Sequence(dicomfile.TagConceptName, composite.Coded(dcm("126000", "Imaging Measurement Report"))).
		String(tagDocumentMIMEType, "LO", "application/pdf").
		Bytes(tagDocument, "OB", padded).
		Int(tagDocumentLength, "UL", size)
	if err := dicomfile.Write(w, ds); err != nil {
		return fmt.Errorf("encapsulated PDF: %w", err)
	}
	return nil
}
