package dicomfile

import (
	"bytes"
	"io"
	"path/filepath"
	"strings"
	"testing"
)

func TestACopyIsWhatRewriteMakesWithoutHoldingThePixels(t *testing.T) {
	for _, name := range []string{"dicom/wg04/JPLL/CT1_JPLL", "dicom/fo-dicom/HasFragmentSequence.dcm", "dicom/charset/pydicom/chrH31.dcm",
		"dicom/pydicom-data/emri_small_big_endian.dcm", "dicom/pydicom-data/liver_deflate.dcm", "series/mr-united-imaging-17/00000009.dcm"} {
		t.Run(filepath.Base(name), func(t *testing.T) {
			src, err := Open(shared(t, name))
			if err != nil {
				t.Fatal(err)
			}
			defer src.Close()
			var want, got bytes.Buffer
			if err := Rewrite(src, &want, nil); err != nil {
				t.Fatal(err)
			}
			ds, err := src.Attributes()
			if err != nil {
				t.Fatal(err)
			}
			if ds.Has(TagPixelData) {
				t.Error("the attributes hold the pixel data")
			}
			if err := Copy(src, ds, &got); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got.Bytes(), want.Bytes()) {
				t.Errorf("%d bytes, Rewrite makes %d", got.Len(), want.Len())
			}
		})
	}
}

func TestACopyOfPixelDataThatIsCutShortIsRefused(t *testing.T) {
	whole := written(t, sample(1, nil))
	for _, cut := range []int{1, 7} {
		b := whole[:len(whole)-cut]
		f, err := OpenReader(bytes.NewReader(b), int64(len(b)), "cut")
		if err != nil {
			t.Fatal(err)
		}
		ds, err := f.Attributes()
		if err != nil {
			t.Fatal(err)
		}
		if err := Copy(f, ds, io.Discard); err == nil || !strings.Contains(err.Error(), "cut") {
			t.Errorf("%d bytes short: %v", cut, err)
		}
	}
}
