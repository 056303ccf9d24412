package ui

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"os"
	"path/filepath"
	"testing"

	"longying/imaging"
	"longying/imaging/dicomfile"
)

// save writes an object under a name.
func save(path string, ds *dicomfile.Dataset) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := dicomfile.Write(f, ds); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

// made is what all made objects say.
func made(class, study, series, object, modality string) *dicomfile.Dataset {
	return dicomfile.NewDataset().
		String(dicomfile.TagSOPClassUID, "UI", class).
		String(dicomfile.TagSOPInstanceUID, "UI", object).
		String(dicomfile.TagStudyInstanceUID, "UI", study).
		String(dicomfile.TagSeriesInstanceUID, "UI", series).
		String(dicomfile.TagModality, "CS", modality).
		String(dicomfile.TagPatientName, "PN", "Made^Up").
		String(dicomfile.TagPatientID, "LO", "M1")
}

// makeSlices writes slices of a CT or an MR from one number up to another into a
// folder.
func makeSlices(dir, modality, study string, from, to, size int, besides ...func(*dicomfile.Dataset)) error {
	px := make([]byte, 2*size*size)
	class := map[string]string{"CT": "1.2.840.10008.5.1.4.1.1.2", "MR": "1.2.840.10008.5.1.4.1.1.4"}[modality]
	for k := from; k < to; k++ {
		for i := range size * size {
			binary.LittleEndian.PutUint16(px[2*i:], uint16((i*7+k*101)%2000))
		}
		ds := made(class, study, study+".1", fmt.Sprintf("%s.1.%d", study, k+1), modality).
			String(dicomfile.TagImageType, "CS", "ORIGINAL", "PRIMARY", "AXIAL").
			Int(dicomfile.TagInstanceNumber, "IS", 5000-k).
			String(dicomfile.TagFrameOfReference, "UI", study+".2").
			Float(dicomfile.TagImagePosition, "DS", -180, -170.5, 2*float64(k)).
			Float(dicomfile.TagImageOrientation, "DS", 1, 0, 0, 0, 1, 0).
			Float(dicomfile.TagPixelSpacing, "DS", 0.7, 0.7).
			SetPixels(imaging.PixelDescription{Rows: size, Columns: size, Samples: 1, BitsAllocated: 16, BitsStored: 16, Signed: true, Photometric: "MONOCHROME2"}, px)
		if modality == "CT" {
			ds.Float(dicomfile.TagRescaleIntercept, "DS", -1024).Float(dicomfile.TagRescaleSlope, "DS", 1)
		}
		for _, add := range besides {
			add(ds)
		}
		if err := save(filepath.Join(dir, fmt.Sprintf("%s-%d", study, k)), ds); err != nil {
			return err
		}
	}
	return nil
}

// ctSeries is makeSlices of a CT, for a test.
func ctSeries(t testing.TB, dir, study string, from, to, size int, besides ...func(*dicomfile.Dataset)) {
	t.Helper()
	if err := makeSlices(dir, "CT", study, from, to, size, besides...); err != nil {
		t.Fatal(err)
	}
}

// makeFilm writes a square chest film of 16 bits: its values change slowly, its
// noise fast.
func makeFilm(dir, study string, size int, besides ...func(*dicomfile.Dataset)) error {
	px := make([]byte, 2*size*size)
	for y := range size {
		for x := range size {
			binary.LittleEndian.PutUint16(px[2*(y*size+x):], uint16((x*13+y*7)%50000+(x*7919+y*104729)%257))
		}
	}
	ds := made("1.2.840.10008.5.1.4.1.1.1.1", study, study+".1", study+".1.1", "DX").
		String(dicomfile.TagImageType, "CS", "ORIGINAL", "PRIMARY").
		Float(dicomfile.TagPixelSpacing, "DS", 0.14, 0.14).
		SetPixels(imaging.PixelDescription{Rows: size, Columns: size, Samples: 1, BitsAllocated: 16, BitsStored: 16, Photometric: "MONOCHROME2"}, px)
	for _, add := range besides {
		add(ds)
	}
	return save(filepath.Join(dir, study), ds)
}

// tileSide is the width and height of a tile of a made slide.
const tileSide = 512

// makeSlide writes a slide of so many tiles at its finest level, and a fourth and
// a sixteenth of its width and height besides. Its tiles are JPEG, of which there
// are a few kinds.
func makeSlide(dir, study string, columns, rows int, besides ...func(*dicomfile.Dataset)) error {
	var kinds [][]byte
	for k := range 8 {
		img := image.NewRGBA(image.Rect(0, 0, tileSide, tileSide))
		for y := range tileSide {
			for x := range tileSide {
				v := uint8((x*x/37 + y*y/53 + (x*7919+y*104729)%23 + 29*k) % 120)
				img.SetRGBA(x, y, color.RGBA{230 - v/2, 150 - v, 200 - v/3, 255})
			}
		}
		var out bytes.Buffer
		if err := jpeg.Encode(&out, img, &jpeg.Options{Quality: 85}); err != nil {
			return err
		}
		kinds = append(kinds, out.Bytes())
	}
	for level, f := range []int{1, 4, 16} {
		across, down := (columns+f-1)/f, (rows+f-1)/f
		tiles := make([][]byte, across*down)
		for i := range tiles {
			tiles[i] = kinds[(i*5+i/across*3)%len(kinds)]
		}
		kind := "ORIGINAL"
		if level > 0 {
			kind = "DERIVED"
		}
		µm := 0.00025 * float64(f)
		ds := made("1.2.840.10008.5.1.4.1.1.77.1.6", study, study+".1", fmt.Sprintf("%s.1.%d", study, level+1), "SM").
			String(dicomfile.TagImageType, "CS", kind, "PRIMARY", "VOLUME", "NONE").
			Int(dicomfile.TagInstanceNumber, "IS", level+1).
			String(dicomfile.TagFrameOfReference, "UI", study+".2").
			String(dicomfile.TagContainerIdentifier, "LO", "M1").
			String(dicomfile.TagPyramidUID, "UI", study+".3").
			String(dicomfile.TagDimensionOrganization, "CS", "TILED_FULL").
			Int(dicomfile.TagTotalPixelColumns, "UL", columns*tileSide/f).
			Int(dicomfile.TagTotalPixelRows, "UL", rows*tileSide/f).
			Sequence(dicomfile.TagSharedFunctional, dicomfile.NewDataset().Sequence(dicomfile.TagPixelMeasures, dicomfile.NewDataset().Float(dicomfile.TagPixelSpacing, "DS", µm, µm))).
			Sequence(dicomfile.TagOpticalPaths, dicomfile.NewDataset().String(dicomfile.TagOpticalPathIdentifier, "SH", "1")).
			SetEncapsulatedPixels("1.2.840.10008.1.2.4.50", imaging.PixelDescription{Rows: tileSide, Columns: tileSide, Samples: 3, BitsAllocated: 8, Photometric: "YBR_FULL_422", Frames: len(tiles)}, tiles...)
		for _, add := range besides {
			add(ds)
		}
		if err := save(filepath.Join(dir, fmt.Sprintf("%s-%d", study, level)), ds); err != nil {
			return err
		}
	}
	return nil
}
