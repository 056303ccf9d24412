package volume

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"longying/imaging"
)

// shared finds a path of the reference data beside the repository; the test is
// skipped where the data is not there.
func shared(t testing.TB, name string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		p := filepath.Join(dir, "shared", "data", filepath.FromSlash(name))
		if _, err := os.Stat(p); err == nil {
			return p
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Skipf("no shared/data/%s here", name)
		}
		dir = up
	}
}

// axial is slice n of a made series: 5 mm thick, z mm along the body.
func axial(n int, z float64, change ...func(*imaging.Instance)) imaging.Instance {
	in := imaging.Instance{
		SOPInstanceUID: fmt.Sprintf("2.25.%06d", n), Number: n, Modality: "CT", ImageType: []string{"ORIGINAL", "PRIMARY", "AXIAL"},
		Pixels: imaging.PixelDescription{Rows: 4, Columns: 5, Frames: 1, Samples: 1, BitsAllocated: 16, BitsStored: 16, HighBit: 15, Signed: true, Photometric: "MONOCHROME2"},
		Plane:  &imaging.Plane{Position: imaging.Vec{-10, -20, z}, Row: imaging.Vec{1, 0, 0}, Column: imaging.Vec{0, 1, 0}, Frame: "2.25.1"},
		Space:  imaging.Spacing{RowMM: 0.5, ColumnMM: 0.5, Source: imaging.SpacingPatient}, SliceThickness: 5,
	}
	for _, f := range change {
		f(&in)
	}
	return in
}

// row is a series of axial slices at these places.
func row(zs ...float64) []imaging.Instance {
	var out []imaging.Instance
	for i, z := range zs {
		out = append(out, axial(i+1, z))
	}
	return out
}

// numbers are the instance numbers of a stack in its order.
func numbers(s Stack) string {
	out := ""
	for _, sl := range s.Slices {
		out += fmt.Sprintf(" %d", sl.Instance.Number)
		if sl.Instance.Pixels.Frames > 1 {
			out += fmt.Sprintf(".%d", sl.Frame)
		}
	}
	return out
}

// described are the stacks of a series: what sets each apart, and its pictures.
func described(stacks []Stack) string {
	out := ""
	for _, s := range stacks {
		for _, p := range s.Parts {
			out += fmt.Sprintf("%s=%s(%d/%d) ", p.By, p.Value, p.Index, p.Count)
		}
		out += ":" + numbers(s) + "\n"
	}
	return out
}
