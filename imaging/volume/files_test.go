package volume

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"longying/imaging"
	"longying/imaging/codec"
	"longying/imaging/dicomfile"
)

// ct is slice n of a written CT series, z mm along the body. change may alter
// its data set.
func ct(n, columns, rows int, z float64, value func(i, j int) int, change ...func(*dicomfile.Dataset)) *dicomfile.Dataset {
	px := make([]byte, 0, 2*columns*rows)
	for k := range columns * rows {
		px = binary.LittleEndian.AppendUint16(px, uint16(value(k%columns, k/columns)))
	}
	ds := dicomfile.NewDataset().
		String(dicomfile.TagSOPClassUID, "UI", "1.2.840.10008.5.1.4.1.1.2").
		String(dicomfile.TagSOPInstanceUID, "UI", fmt.Sprintf("2.25.9%06d", n)).
		String(dicomfile.TagStudyInstanceUID, "UI", "2.25.71").
		String(dicomfile.TagSeriesInstanceUID, "UI", "2.25.72").
		String(dicomfile.TagImageType, "CS", "ORIGINAL", "PRIMARY", "AXIAL").
		String(dicomfile.TagModality, "CS", "CT").
		String(dicomfile.TagPatientName, "PN", "Made^Up").
		String(dicomfile.TagPatientID, "LO", "M1").
		Int(dicomfile.TagInstanceNumber, "IS", n).
		Float(dicomfile.TagSliceThickness, "DS", 2).
		String(dicomfile.TagFrameOfReference, "UI", "2.25.73").
		Float(dicomfile.TagImagePosition, "DS", -180, -170.5, z).
		Float(dicomfile.TagImageOrientation, "DS", 1, 0, 0, 0, 1, 0).
		Float(dicomfile.TagPixelSpacing, "DS", 0.7, 0.6).
		Float(dicomfile.TagRescaleIntercept, "DS", -1024).
		Float(dicomfile.TagRescaleSlope, "DS", 1).
		String(dicomfile.TagRescaleType, "LO", "HU").
		SetPixels(imaging.PixelDescription{Rows: rows, Columns: columns, Samples: 1, BitsAllocated: 16, BitsStored: 16, Signed: true, Photometric: "MONOCHROME2"}, px)
	for _, f := range change {
		f(ds)
	}
	return ds
}

func write(t testing.TB, path string, ds *dicomfile.Dataset) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := dicomfile.Write(f, ds); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// wave is a value that no neighbour and no other slice has.
func wave(k int) func(i, j int) int {
	return func(i, j int) int { return (i*7+j*13+k*101)%3000 - 200 }
}

// writeSeries writes slices at these places; the files' names and instance
// numbers are not in their order.
func writeSeries(t testing.TB, columns, rows int, zs []float64, change ...func(*dicomfile.Dataset)) string {
	t.Helper()
	dir := t.TempDir()
	for k, z := range zs {
		n := len(zs) - k
		write(t, filepath.Join(dir, fmt.Sprintf("IM%04d", n)), ct(n, columns, rows, z, wave(k), change...))
	}
	return dir
}

// places are those of n slices, step mm apart.
func places(n int, step float64) []float64 {
	out := make([]float64, n)
	for k := range out {
		out[k] = 10 + step*float64(k)
	}
	return out
}

// stackAt scans a folder that holds one stack.
func stackAt(t testing.TB, path string) Stack {
	t.Helper()
	c, err := dicomfile.Scan(t.Context(), []string{path}, nil)
	if err != nil || len(c.Studies) != 1 || len(c.Studies[0].Series) != 1 {
		t.Fatal(len(c.Studies), c.Skipped, err)
	}
	stacks := Split(&c.Studies[0].Series[0])
	if len(stacks) != 1 {
		t.Fatal(described(stacks))
	}
	return stacks[0]
}

func built(t testing.TB, s Stack, accept ...Kind) *Volume {
	t.Helper()
	v, err := Build(t.Context(), s, OpenSource, codec.Local{}, Options{Accept: accept})
	if err != nil {
		t.Fatal(err)
	}
	return v
}
