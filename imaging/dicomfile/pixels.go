package dicomfile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"longying/imaging"
)

// SetPixels sets the Image Pixel module (PS3.3 C.7.6.3) and native pixel data
// from frames of little-endian values, pixel-interleaved, BitsAllocated 8, 16
// or 32. Each frame must be Rows*Columns*Samples*BitsAllocated/8 bytes long.
// BitsStored, HighBit and Frames are filled in where they are 0.
func (d *Dataset) SetPixels(p imaging.PixelDescription, frames ...[]byte) *Dataset {
	if p.BitsAllocated != 8 && p.BitsAllocated != 16 && p.BitsAllocated != 32 {
		return d.fail(TagPixelData, fmt.Errorf("%d bits allocated; 8, 16 or 32 can be written", p.BitsAllocated))
	}
	size := p.Rows * p.Columns * p.Samples * p.BitsAllocated / 8
	var all []byte
	for i, f := range frames {
		if len(f) != size {
			return d.fail(TagPixelData, fmt.Errorf("frame %d has %d bytes, %d x %d x %d needs %d", i+1, len(f), p.Rows, p.Columns, p.Samples, size))
		}
		all = append(all, f...)
	}
	d.transferSyntax = ""
	vr := "OW"
	if p.BitsAllocated == 8 {
		vr = "OB"
	}
	return d.describePixels(p, len(frames)).Bytes(TagPixelData, vr, all)
}

// SetEncapsulatedPixels sets the Image Pixel module and compressed pixel data,
// one fragment a frame, with a basic offset table (PS3.5 A.4). transferSyntax
// names the encoding of the frames, which is not looked into.
func (d *Dataset) SetEncapsulatedPixels(transferSyntax string, p imaging.PixelDescription, frames ...[]byte) *Dataset {
	if err := CheckUID(transferSyntax); err != nil {
		return d.fail(TagPixelData, err)
	}
	e := &element{tag: TagPixelData, vr: "OB", encaps: true}
	at := 0
	for _, f := range frames {
		if at > math.MaxUint32-8-len(f) {
			return d.fail(TagPixelData, errors.New("the frames are over 4 GiB, which needs an extended offset table"))
		}
		e.offsets = binary.LittleEndian.AppendUint32(e.offsets, uint32(at))
		e.fragments = append(e.fragments, f)
		at += 8 + len(f) + len(f)%2
	}
	d.transferSyntax = transferSyntax
	return d.describePixels(p, len(frames)).put(e)
}

func (d *Dataset) describePixels(p imaging.PixelDescription, frames int) *Dataset {
	if frames == 0 || p.Rows < 1 || p.Columns < 1 || p.Rows > 65535 || p.Columns > 65535 {
		return d.fail(TagPixelData, fmt.Errorf("%d frames of %d x %d pixels cannot be written", frames, p.Rows, p.Columns))
	}
	if p.BitsStored == 0 {
		p.BitsStored = p.BitsAllocated
	}
	if p.HighBit == 0 {
		p.HighBit = p.BitsStored - 1
	}
	signed := 0
	if p.Signed {
		signed = 1
	}
	d.Int(TagSamplesPerPixel, "US", p.Samples).
		String(TagPhotometric, "CS", p.Photometric).
		Int(TagRows, "US", p.Rows).
		Int(TagColumns, "US", p.Columns).
		Int(TagBitsAllocated, "US", p.BitsAllocated).
		Int(TagBitsStored, "US", p.BitsStored).
		Int(TagHighBit, "US", p.HighBit).
		Int(TagPixelRepresentation, "US", signed)
	if p.Samples > 1 {
		d.Int(TagPlanarConfiguration, "US", 0)
	}
	if frames > 1 || p.Frames > 0 {
		d.Int(TagNumberOfFrames, "IS", frames)
	}
	return d
}
