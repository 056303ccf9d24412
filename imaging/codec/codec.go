// Package codec turns the bytes of one frame into stored values: one function
// for each family of transfer syntaxes (PS3.5 chapter 8, annexes A and G),
// behind the Decoder interface, so that a decoder in another process can take
// the place of the one here.
package codec

import (
	"context"
	"fmt"

	"longying/imaging"
)

// Decoder decodes one frame. Implementations are safe for use by several
// goroutines and return when ctx ends.
type Decoder interface {
	// Decode returns the stored values of one frame: pixel-interleaved, in the
	// native type of Bits Allocated and Pixel Representation. Bits above Bits
	// Stored are not part of the value (PS3.5 8.1.1): they are cleared for
	// unsigned and sign-extended for signed values. One-bit pixels become bytes
	// of 0 or 1. YBR and palette values stay unconverted, but subsampled
	// chrominance is brought to full resolution: that of native data by
	// repetition, that of JPEG as libjpeg does by default (triangle filter).
	//
	// Data that is cut short or damaged gives a frame with Missing > 0, zeros
	// where nothing could be decoded, and a Note, as long as there is anything
	// to show. An error is a *DataError or *UnsupportedError, or the context's.
	Decode(ctx context.Context, in Encoded) (*imaging.Frame, error)
}

// Encoded is one frame as it lies in the file.
type Encoded struct {
	TransferSyntaxUID string
	Pixels            imaging.PixelDescription
	Data              []byte
}

// UnsupportedError is a transfer syntax, or a form of one, that no decoder
// here has.
type UnsupportedError struct {
	UID  string
	Name string // of the transfer syntax, empty when it is not known either
	Why  string // the form that is not supported, empty for all
}

func (e *UnsupportedError) Error() string {
	s := "transfer syntax " + e.UID
	if e.Name != "" {
		s = e.Name + " (" + e.UID + ")"
	}
	if e.Why != "" {
		s += ", " + e.Why
	}
	return s + " cannot be decoded by this version"
}

// DataError is a frame whose bytes contradict its header or its syntax.
type DataError struct{ Detail string }

func (e *DataError) Error() string { return e.Detail }

func damaged(format string, args ...any) error {
	return &DataError{fmt.Sprintf(format, args...)}
}

// largestFrame bounds the memory of one decoded frame, in bytes.
const largestFrame = 1 << 30

// sparse is the size in bytes up to which a frame is allocated although its
// data is too short to fill it, so that a cut film is shown as far as it goes.
const sparse = 64 << 20

// Local decodes in this process, in Go alone. The zero value is ready. The
// codings that only the native libraries have are an *UnsupportedError here:
// codec/native decodes them, and hands all others to Local.
type Local struct {
	// DCT, where it is not nil, decodes what it can of baseline, extended and
	// progressive JPEG of 8 bits, faster than the decoder here and to the same
	// values. It writes rows * columns * components samples to out, interleaved,
	// their colour unchanged, and reports whether the stream was whole and
	// without a fault: else the decoder here takes it.
	DCT func(stream []byte, out []uint8, rows, columns, components int) bool
}

// Decode is Decoder's.
func (l Local) Decode(ctx context.Context, in Encoded) (*imaging.Frame, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	note := MendBits(&in.Pixels)
	if err := CheckPixels(in.Pixels); err != nil {
		return nil, err
	}
	f, err := l.decode(in)
	if err == nil {
		f.Note = join(note, f.Note)
	}
	return f, err
}

func (l Local) decode(in Encoded) (*imaging.Frame, error) {
	switch CodingOf(in.TransferSyntaxUID) {
	case NativeLittle:
		return decodeLittle(in)
	case NativeBig:
		return decodeBig(in)
	case DeflatedFrame:
		return decodeDeflated(in)
	case RLE:
		return decodeRLE(in)
	case JPEG:
		return l.jpeg(in)
	case JPEGLS:
		return decodeJPEGLS(in)
	case JPEG2000:
		return nil, &UnsupportedError{UID: in.TransferSyntaxUID, Name: Name(in.TransferSyntaxUID), Why: "without the native libraries"}
	}
	return nil, Supported(in.TransferSyntaxUID)
}

// Check is nil where a header describes an image that this version decodes,
// whatever becomes of its data. The error is Decode's.
func Check(uid string, p imaging.PixelDescription) error {
	if p.Compressed {
		if err := Supported(uid); err != nil {
			return err
		}
	}
	MendBits(&p)
	return CheckPixels(p)
}

// CheckPixels refuses a header that describes no image, before anything is
// allocated: PS3.3 C.7.6.3. The error is a *DataError.
func CheckPixels(p imaging.PixelDescription) error {
	if p.Rows < 1 || p.Columns < 1 || p.Rows > 65535 || p.Columns > 65535 {
		return damaged("%d rows of %d columns (0028,0010), (0028,0011) are not an image", p.Rows, p.Columns)
	}
	if p.Samples != 1 && p.Samples != 3 && p.Samples != 4 {
		return damaged("%d samples per pixel (0028,0002); 1, 3 or 4 are allowed", p.Samples)
	}
	switch p.BitsAllocated {
	case 1, 8, 16, 32:
	case 64:
		if !p.Float {
			return damaged("64 bits allocated (0028,0100) are for Double Float Pixel Data alone")
		}
	default:
		return damaged("%d bits allocated (0028,0100); 1, 8, 16 or 32 are allowed", p.BitsAllocated)
	}
	if p.Float && p.BitsAllocated != 32 && p.BitsAllocated != 64 {
		return damaged("%d bits allocated (0028,0100) are no floating point value; 32 or 64 are", p.BitsAllocated)
	}
	if p.BitsStored < 1 || p.BitsStored > p.BitsAllocated {
		return damaged("%d bits stored (0028,0101) do not fit %d bits allocated", p.BitsStored, p.BitsAllocated)
	}
	bytes := int64(p.Rows) * int64(p.Columns) * int64(p.Samples) * int64((p.BitsAllocated+7)/8)
	if bytes > largestFrame {
		return damaged("a frame of %d x %d pixels takes %d MiB, over the limit of %d", p.Rows, p.Columns, bytes>>20, largestFrame>>20)
	}
	return nil
}

// MendBits replaces Bits Stored and High Bit that cannot be by the usual ones,
// as GDCM does, and says so for people; the note is empty where nothing was to
// be mended.
func MendBits(p *imaging.PixelDescription) (note string) {
	if p.BitsStored < 1 || p.BitsStored > p.BitsAllocated {
		note = fmt.Sprintf("%d bits stored (0028,0101) of %d allocated cannot be and were taken as %d", p.BitsStored, p.BitsAllocated, p.BitsAllocated)
		p.BitsStored = p.BitsAllocated
	}
	if p.HighBit >= p.BitsStored-1 && p.HighBit < p.BitsAllocated {
		return note
	}
	was := p.HighBit
	p.HighBit = p.BitsStored - 1
	return join(note, fmt.Sprintf("high bit %d (0028,0102) contradicts %d bits stored of %d and was taken as %d", was, p.BitsStored, p.BitsAllocated, p.HighBit))
}
