package dicomfile

import (
	"context"
	"fmt"
	"io"

	"longying/imaging"
	"longying/imaging/codec"
)

// The attributes of an overlay plane by their element number; the group is one
// of 6000, 6002 ... 60FE.
const (
	overlayRows          = 0x0010
	overlayColumns       = 0x0011
	overlayFrames        = 0x0015
	overlayDescription   = 0x0022
	overlayType          = 0x0040
	overlaySubtype       = 0x0045
	overlayOrigin        = 0x0050
	overlayFirstFrame    = 0x0051
	overlayBitsAllocated = 0x0100
	overlayBitPosition   = 0x0102
	overlayLayer         = 0x1001
	overlayLabel         = 0x1500
	overlayData          = 0x3000
)

// overlayGroups are the repeating groups of a data set, ascending.
func overlayGroups(ds *Dataset) []uint16 {
	var out []uint16
	for i, _ := ds.find(NewTag(0x6000, 0)); i < len(ds.elements); i++ {
		g := ds.elements[i].tag.Group()
		if g > 0x60FE {
			break
		}
		if g&1 == 0 && (len(out) == 0 || out[len(out)-1] != g) {
			out = append(out, g)
		}
	}
	return out
}

// overlays are the Overlay Plane modules of a data set, PS3.3 C.9.2 and C.9.3,
// without their bits. One that contradicts itself has a note.
func overlays(ds *Dataset) []imaging.Overlay {
	var out []imaging.Overlay
	for _, g := range overlayGroups(ds) {
		tag := func(element uint16) Tag { return NewTag(g, element) }
		if !ds.Has(tag(overlayRows)) && !ds.Has(tag(overlayData)) {
			continue // no plane: activation in a presentation state, or a leftover
		}
		number := func(element uint16) int { v, _ := ds.IntValue(tag(element)); return v }
		o := imaging.Overlay{Group: g, Rows: number(overlayRows), Columns: number(overlayColumns), Row: 1, Column: 1,
			ROI: ds.Text(tag(overlayType)) == "R", Subtype: ds.Text(tag(overlaySubtype)), Label: ds.Text(tag(overlayLabel)),
			Description: ds.Text(tag(overlayDescription)), Layer: ds.Text(tag(overlayLayer)),
			Frames: number(overlayFrames), FirstFrame: max(1, number(overlayFirstFrame)),
			Embedded: !ds.Has(tag(overlayData)), BitPosition: number(overlayBitPosition)}
		if origin := ds.Floats(tag(overlayOrigin)); finite(origin, 2) {
			o.Row, o.Column = int(origin[0]), int(origin[1])
		}
		switch {
		case o.Rows < 1 || o.Columns < 1 || o.Rows > 65535 || o.Columns > 65535 || o.Frames < 0:
			o.Note = fmt.Sprintf("overlay %04X of %d x %d pixels is none", g, o.Columns, o.Rows)
		case !o.Embedded && number(overlayBitsAllocated) > 1:
			o.Note = fmt.Sprintf("overlay %04X has data of its own of %d bits a pixel; 1 is allowed", g, number(overlayBitsAllocated))
		}
		out = append(out, o)
	}
	return out
}

// bitsOf are the n bits of frame k of 1-bit data without padding, moved to
// begin at a byte; fewer where the data is cut short.
func bitsOf(data []byte, k, n int) []byte {
	from := k * n
	if from/8 >= len(data) {
		return nil
	}
	size, shift := (n+7)/8, from%8
	in := data[from/8:]
	out := make([]byte, min(size, len(in)))
	for i := range out {
		out[i] = in[i] >> shift
		if shift > 0 && i+1 < len(in) {
			out[i] |= in[i+1] << (8 - shift)
		}
	}
	return out
}

// overlays are the planes over frame n, counted from 1, with their bits. in is
// what the frame was decoded from. What cannot be had is said in a plane's
// note: an overlay never keeps a picture from being shown.
func (f *File) overlays(ctx context.Context, d codec.Decoder, in codec.Encoded, n int) []imaging.Overlay {
	var words *imaging.Frame // the pixels with all their bits
	var out []imaging.Overlay
	for _, o := range f.instance.Overlays {
		k, over := o.Frame(n)
		if !over {
			continue
		}
		switch {
		case o.Note != "":
		case !o.Embedded:
			data, err := f.value(NewTag(o.Group, overlayData))
			o.Bits = bitsOf(data, k, o.Rows*o.Columns)
			switch {
			case err != nil:
				o.Note = fmt.Sprintf("overlay %04X: %v", o.Group, err)
			case 8*len(o.Bits) < o.Rows*o.Columns:
				o.Note = fmt.Sprintf("overlay %04X is cut short: it holds %d of %d bits", o.Group, 8*len(o.Bits), o.Rows*o.Columns)
			}
		default:
			if words == nil {
				words = wholeWords(ctx, d, in)
			}
			o.Bits, o.Note = embeddedBits(o, words, in.Pixels)
		}
		out = append(out, o)
	}
	return out
}

// wholeWords decodes a frame with the bits that are no part of its values; nil
// where that cannot be done.
func wholeWords(ctx context.Context, d codec.Decoder, in codec.Encoded) *imaging.Frame {
	in.Pixels.BitsStored, in.Pixels.HighBit, in.Pixels.Signed = in.Pixels.BitsAllocated, in.Pixels.BitsAllocated-1, false
	words, err := d.Decode(ctx, in)
	if err != nil {
		return nil
	}
	return words
}

// embeddedBits takes an overlay out of unused bits of the pixel data, PS3.3
// C.9.2.1.1 of 2004.
func embeddedBits(o imaging.Overlay, words *imaging.Frame, p imaging.PixelDescription) (bits []byte, note string) {
	low, high := p.HighBit+1-p.BitsStored, p.HighBit
	switch {
	case words == nil || words.Samples != 1 || words.Uint8 == nil && words.Uint16 == nil:
		return nil, fmt.Sprintf("overlay %04X has no data: neither of its own nor in the pixels", o.Group)
	case o.BitPosition >= words.BitsAllocated() || o.BitPosition >= low && o.BitPosition <= high:
		return nil, fmt.Sprintf("overlay %04X has no data: bit %d is not an unused bit of the pixels", o.Group, o.BitPosition)
	case o.Rows != words.Rows || o.Columns != words.Columns:
		return nil, fmt.Sprintf("overlay %04X of %d x %d pixels does not lie in pixel data of %d x %d", o.Group, o.Columns, o.Rows, words.Columns, words.Rows)
	}
	bits = make([]byte, (o.Rows*o.Columns+7)/8)
	for i := range o.Rows * o.Columns {
		v := uint16(0)
		if words.Uint16 != nil {
			v = words.Uint16[i]
		} else {
			v = uint16(words.Uint8[i])
		}
		bits[i/8] |= byte(v>>o.BitPosition&1) << (i % 8)
	}
	return bits, ""
}

// value is an attribute of the top level, read now where the header did not
// keep it.
func (f *File) value(t Tag) ([]byte, error) {
	e := f.head.get(t)
	if e == nil {
		return nil, nil
	}
	if e.value != nil || e.length == 0 {
		return e.value, nil
	}
	v := make([]byte, min(e.length, max(0, f.size-e.at)))
	if n, err := f.src.ReadAt(v, e.at); err != nil && err != io.EOF {
		return v[:n], err
	}
	if f.bigEndian() {
		v = swapped(v, e.vr)
	}
	return v, nil
}
