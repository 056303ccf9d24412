package dicomfile

import (
	"context"
	"testing"

	"longying/imaging/codec"
)

// BenchmarkDecode is one frame of each syntax that is decoded in Go, on one
// thread, without reading the file.
func BenchmarkDecode(b *testing.B) {
	for _, name := range []string{
		"dicom/wg04/REF/XA1_UNC", "dicom/wg04/RLE/XA1_RLE", "dicom/wg04/RLE/VL1_RLE", "dicom/wg04/RLE/CT1_RLE",
		"dicom/wg04/JPLL/XA1_JPLL", "dicom/wg04/JPLL/CT1_JPLL", "dicom/wg04/JPLL/MR1_JPLL", "dicom/fo-dicom/GH133.dcm",
		"dicom/wg04/JPLY/XA1_JPLY", "dicom/wg04/JPLY/MR1_JPLY", "dicom/cr/Fake_MONOHR1.dcm",
	} {
		b.Run(name, func(b *testing.B) {
			f, err := Open(shared(b, name))
			if err != nil {
				b.Fatal(err)
			}
			defer f.Close()
			raw, err := f.RawFrame(1)
			if err != nil {
				b.Fatal(err)
			}
			in := codec.Encoded{TransferSyntaxUID: f.transferSyntax, Pixels: f.instance.Pixels, Data: raw}
			p := f.instance.Pixels
			b.SetBytes(int64(p.Rows * p.Columns * p.Samples * p.BitsAllocated / 8))
			for b.Loop() {
				if _, err := (codec.Local{}).Decode(context.Background(), in); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
