package volume

import (
	"context"
	"fmt"
	"runtime"
	"testing"

	"longying/imaging"
	"longying/imaging/codec"
	"longying/imaging/dicomfile"
	"longying/imaging/peer"
)

// ctFolder is a folder of slices of 512 x 512 pixels, 1 mm apart.
func ctFolder(b *testing.B, n int) string {
	b.Helper()
	return writeSeries(b, 512, 512, places(n, 1))
}

// open300 is what a reader waits for: from a folder to voxels.
func open300(b *testing.B, folder string) *Volume {
	c, err := dicomfile.Scan(context.Background(), []string{folder}, nil)
	if err != nil || len(c.Studies) != 1 {
		b.Fatal(len(c.Studies), err)
	}
	stacks := Split(&c.Studies[0].Series[0])
	v, err := Build(context.Background(), stacks[0], OpenSource, codec.Local{}, Options{})
	if err != nil || v.Depth != 300 {
		b.Fatal(err)
	}
	return v
}

// BenchmarkOpenVolume300 opens a folder of 300 CT slices into a ready volume,
// on all cores as SimpleITK does; pydicom has one.
func BenchmarkOpenVolume300(b *testing.B) {
	folder := ctFolder(b, 300)
	p := peer.Start(b, "testdata/peers.py")
	peer.Compare(b, p, func() { open300(b, folder) },
		peer.Call{Function: "simpleitk", Args: []any{folder, runtime.GOMAXPROCS(0)}}, peer.Call{Function: "pydicom_numpy", Args: []any{folder}})
}

// BenchmarkReslice is an oblique cut of 512 x 512 pixels out of 512 x 512 x 300
// voxels, linear, on all cores and on one, of us and of SimpleITK.
func BenchmarkReslice(b *testing.B) {
	folder := ctFolder(b, 300)
	v := open300(b, folder)
	p := peer.Start(b, "testdata/peers.py")
	row := unit(imaging.Vec{0.8, 0.5, 0.33})
	column := unit(row.Cross(imaging.Vec{-0.5, 0.3, 0.7}))
	const mm = 0.6
	origin := minus(v.Point(255.5, 255.5, 149.5), scaled(plus(row, column), mm*511/2))
	cut := Cut{Plane: imaging.Plane{Position: origin, Row: row, Column: column}, Space: imaging.Spacing{RowMM: mm, ColumnMM: mm}, Columns: 512, Rows: 512}
	for _, threads := range []int{runtime.GOMAXPROCS(0), 1} {
		b.Run(fmt.Sprintf("threads=%d", threads), func(b *testing.B) {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(threads))
			peer.Compare(b, p, func() {
				if _, err := v.Reslice(context.Background(), cut); err != nil {
					b.Fatal(err)
				}
			}, peer.Call{Function: "simpleitk_resample", Args: []any{folder, threads, origin, row, column, mm, 512}})
		})
	}
}
