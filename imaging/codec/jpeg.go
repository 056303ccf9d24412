package codec

import (
	"bytes"
	"errors"
	"image"
	"image/jpeg"

	"longying/imaging"
)

// decodeJPEG is JPEG baseline, extended and progressive of 8 bits: PS3.5
// A.4.1 and A.4.2. Components are given as the stream holds them; where the
// stream marks its colour space otherwise than the header, Photometric of the
// frame follows the stream.
func decodeJPEG(in Encoded) (*imaging.Frame, error) {
	p := in.Pixels
	if p.BitsAllocated != 8 && p.BitsAllocated != 16 || p.Float {
		return nil, damaged("JPEG cannot hold %d bits allocated", p.BitsAllocated)
	}
	info, err := readJPEGHeader(in.Data)
	if err != nil {
		return nil, err
	}
	if err := info.matches(p); err != nil {
		return nil, err
	}
	if info.precision != 8 {
		return nil, &UnsupportedError{UID: in.TransferSyntaxUID, Name: Name(in.TransferSyntaxUID), Why: "12 bits"}
	}
	if info.lossless {
		return decodeLossless(in)
	}
	// A block of 64 samples takes at least two bits, or a share of an
	// end-of-band run in progressive streams.
	if n := values(p); n > sparse/8 && len(in.Data) < n/2048 {
		return nil, damaged("the JPEG stream of %d bytes cannot hold %d x %d pixels", len(in.Data), p.Rows, p.Columns)
	}
	img, err := jpeg.Decode(bytes.NewReader(in.Data))
	if err != nil {
		var u jpeg.UnsupportedError
		if errors.As(err, &u) {
			return nil, &UnsupportedError{UID: in.TransferSyntaxUID, Name: Name(in.TransferSyntaxUID), Why: string(u)}
		}
		return nil, damaged("the JPEG stream is damaged: %v", err)
	}
	f := newFrame(p)
	b := img.Bounds()
	if b.Dx() != p.Columns || b.Dy() != p.Rows {
		return nil, damaged("the JPEG stream holds %d x %d pixels, the header says %d x %d", b.Dy(), b.Dx(), p.Rows, p.Columns)
	}
	out := f.Uint8
	if out == nil {
		out = make([]uint8, values(p))
	}
	switch m := img.(type) {
	case *image.Gray:
		for y := range p.Rows {
			copy(out[y*p.Columns:(y+1)*p.Columns], m.Pix[y*m.Stride:])
		}
	case *image.YCbCr:
		spreadPlanes(out, m, p)
	case *image.RGBA:
		for y := range p.Rows {
			row := m.Pix[y*m.Stride:]
			for x := range p.Columns {
				copy(out[(y*p.Columns+x)*3:], row[4*x:4*x+3])
			}
		}
	default:
		return nil, &UnsupportedError{UID: in.TransferSyntaxUID, Name: Name(in.TransferSyntaxUID), Why: "four components"}
	}
	if p.Samples == 3 {
		f.Photometric = info.colour(p.Photometric)
	}
	for i := range f.Int8 {
		f.Int8[i] = int8(out[i])
	}
	for i := range f.Uint16 {
		f.Uint16[i] = uint16(out[i])
	}
	for i := range f.Int16 {
		f.Int16[i] = int16(out[i])
	}
	return f, nil
}

// spreadPlanes interleaves three planes, repeating subsampled ones.
func spreadPlanes(out []uint8, m *image.YCbCr, p imaging.PixelDescription) {
	sx, sy := 1, 1
	switch m.SubsampleRatio {
	case image.YCbCrSubsampleRatio422:
		sx = 2
	case image.YCbCrSubsampleRatio420:
		sx, sy = 2, 2
	case image.YCbCrSubsampleRatio440:
		sy = 2
	case image.YCbCrSubsampleRatio411:
		sx = 4
	case image.YCbCrSubsampleRatio410:
		sx, sy = 4, 2
	}
	o := 0
	for y := range p.Rows {
		luma := m.Y[y*m.YStride:]
		cb, cr := m.Cb[y/sy*m.CStride:], m.Cr[y/sy*m.CStride:]
		for x := range p.Columns {
			out[o], out[o+1], out[o+2] = luma[x], cb[x/sx], cr[x/sx]
			o += 3
		}
	}
}

// jpegInfo is what the markers in front of the scans say: ISO/IEC 10918-1 B.
type jpegInfo struct {
	precision, rows, columns, components int
	lossless                             bool
	ids                                  [4]byte
	jfif, adobe                          bool
	transform                            byte
}

// readJPEGHeader walks the markers up to the frame header.
func readJPEGHeader(b []byte) (jpegInfo, error) {
	var info jpegInfo
	if len(b) < 4 || b[0] != 0xff || b[1] != 0xd8 {
		return info, damaged("the frame does not begin as a JPEG stream")
	}
	for at := 2; at+4 <= len(b); {
		if b[at] != 0xff {
			return info, damaged("the JPEG stream has no marker at byte %d", at)
		}
		marker := b[at+1]
		if marker == 0xff {
			at++
			continue
		}
		n := int(b[at+2])<<8 | int(b[at+3])
		if n < 2 || at+2+n > len(b) {
			return info, damaged("the JPEG stream ends inside marker %02X", marker)
		}
		body := b[at+4 : at+2+n]
		switch {
		case marker == 0xe0 && bytes.HasPrefix(body, []byte("JFIF\x00")):
			info.jfif = true
		case marker == 0xee && len(body) >= 12 && bytes.HasPrefix(body, []byte("Adobe")):
			info.adobe, info.transform = true, body[11]
		case marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc:
			if len(body) < 6 || len(body) < 6+3*int(body[5]) {
				return info, damaged("the JPEG frame header is cut short")
			}
			info.precision = int(body[0])
			info.rows, info.columns = int(body[1])<<8|int(body[2]), int(body[3])<<8|int(body[4])
			info.components = int(body[5])
			info.lossless = marker == 0xc3
			for i := range min(4, info.components) {
				info.ids[i] = body[6+3*i]
			}
			return info, nil
		case marker == 0xda || marker == 0xd9:
			return info, damaged("the JPEG stream has no frame header")
		}
		at += 2 + n
	}
	return info, damaged("the JPEG stream has no frame header")
}

func (i jpegInfo) matches(p imaging.PixelDescription) error {
	if i.rows != p.Rows || i.columns != p.Columns || i.components != p.Samples {
		return damaged("the JPEG stream holds %d x %d pixels of %d components, the header says %d x %d of %d",
			i.rows, i.columns, i.components, p.Rows, p.Columns, p.Samples)
	}
	return nil
}

// colour is the photometric interpretation of three components: the Adobe
// marker first, then component letters, then JFIF, then the header.
func (i jpegInfo) colour(header string) string {
	switch {
	case i.adobe && i.transform == 0, i.ids == [4]byte{'R', 'G', 'B'}:
		return "RGB"
	case header == "RGB" && (i.adobe || i.jfif):
		return "YBR_FULL"
	}
	return header
}
