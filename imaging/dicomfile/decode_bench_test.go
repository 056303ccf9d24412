package dicomfile

import (
	"context"
	"testing"

	"longying/imaging/codec"
	"longying/imaging/codec/native"
	"longying/imaging/peer"
)

// BenchmarkDecode is one frame of each transfer syntax, its bytes in memory, on
// one thread, against every peer that has a decoder for it. The budget is
// x-fastest 1.0 or more.
func BenchmarkDecode(b *testing.B) {
	none, jpeg, ls, j2k, rle := []string{"pydicom_native"}, []string{"pylibjpeg"}, []string{"pylibjpeg", "charls"}, []string{"openjpeg"}, []string{"pylibjpeg"}
	p := peer.Start(b, "testdata/peers.py")
	for _, c := range []struct {
		name   string
		file   string
		others []string // beside GDCM and DCMTK
	}{
		{"native/16-bits", "dicom/wg04/REF/XA1_UNC", none},
		{"native/colour", "dicom/wg04/REF/VL1_UNC", none},
		{"native/big-endian", "dicom/pydicom-data/emri_small_big_endian.dcm", none},
		{"RLE/16-bits", "dicom/wg04/RLE/XA1_RLE", rle},
		{"RLE/16-bits-CT", "dicom/wg04/RLE/CT1_RLE", rle},
		{"RLE/colour", "dicom/wg04/RLE/VL1_RLE", rle},
		{"JPEG-50/8-bits", "dicom/cr/Fake_MONOHR1.dcm", jpeg},
		{"JPEG-50/colour", "dicom/fo-dicom/HasFragmentSequence.dcm", jpeg},
		{"JPEG-50/tile", "slides/multi_frame_jpeg_camelyon_challenge_image.dcm", jpeg},
		{"JPEG-51/12-bits", "dicom/wg04/JPLY/XA1_JPLY", jpeg},
		{"JPEG-51/12-bits-MR", "dicom/wg04/JPLY/MR1_JPLY", jpeg},
		{"JPEG-57/16-bits", "dicom/fo-dicom/GH133.dcm", jpeg},
		{"JPEG-70/16-bits", "dicom/wg04/JPLL/XA1_JPLL", jpeg},
		{"JPEG-70/16-bits-CT", "dicom/wg04/JPLL/CT1_JPLL", jpeg},
		{"JPEG-70/16-bits-MR", "dicom/wg04/JPLL/MR1_JPLL", jpeg},
		{"JPEG-LS-80/16-bits", "dicom/wg04/JLSL/XA1_JLSL", ls},
		{"JPEG-LS-80/16-bits-CT", "dicom/wg04/JLSL/CT1_JLSL", ls},
		{"JPEG-LS-80/tile", "dicom/highdicom/test_files/sm_image_jpegls.dcm", ls},
		{"JPEG-LS-81/16-bits", "dicom/wg04/JLSN/XA1_JLSN", ls},
		{"JPEG-2000-90/16-bits", "dicom/wg04/J2KR/XA1_J2KR", j2k},
		{"JPEG-2000-90/colour", "dicom/wg04/J2KR/VL1_J2KR", j2k},
		{"JPEG-2000-91/16-bits", "dicom/wg04/J2KI/XA1_J2KI", j2k},
		{"JPEG-2000-91/colour", "dicom/wg04/J2KI/VL1_J2KI", j2k},
		{"HTJ2K-201/colour", "dicom/pydicom-data/HTJ2KLossless_08_RGB.dcm", j2k},
		{"HTJ2K-203/colour", "dicom/pydicom-data/HTJ2K_08_RGB.dcm", j2k},
	} {
		b.Run(c.name, func(b *testing.B) {
			path := shared(b, c.file)
			f, err := Open(path)
			if err != nil {
				b.Fatal(err)
			}
			defer f.Close()
			raw, err := f.RawFrame(1)
			if err != nil {
				b.Fatal(err)
			}
			in := codec.Encoded{TransferSyntaxUID: f.transferSyntax, Pixels: f.instance.Pixels, Data: raw}
			var calls []peer.Call
			for _, name := range append([]string{"gdcm", "dcmtk"}, c.others...) {
				if f.instance.Pixels.Frames > 1 && name == "gdcm" {
					continue // it decodes all frames at once
				}
				calls = append(calls, peer.Call{Function: name, Args: []any{path}})
			}
			peer.Compare(b, p, func() {
				if _, err := (native.Decoder{}).Decode(context.Background(), in); err != nil {
					b.Fatal(err)
				}
			}, calls...)
		})
	}
}
