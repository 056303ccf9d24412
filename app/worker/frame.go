package worker

import (
	"errors"
	"unsafe"

	"longying/imaging"
	"longying/imaging/codec"
)

// frameQuestion asks for one frame, whose encoded bytes lie at 0.
type frameQuestion struct {
	TransferSyntaxUID string                   `json:"syntax"`
	Pixels            imaging.PixelDescription `json:"pixels"`
}

// frameAnswer is a frame, whose values lie where the message says, or an error.
type frameAnswer struct {
	Rows        int       `json:"rows,omitempty"`
	Columns     int       `json:"columns,omitempty"`
	Samples     int       `json:"samples,omitempty"`
	Bits        int       `json:"bits,omitempty"` // of one value
	Signed      bool      `json:"signed,omitempty"`
	BitsStored  int       `json:"stored,omitempty"`
	Photometric *string   `json:"photometric,omitempty"` // where not the question's
	Missing     int       `json:"missing,omitempty"`
	Damaged     bool      `json:"damaged,omitempty"`
	Note        string    `json:"note,omitempty"`
	Error       *mistaken `json:"error,omitempty"`
}

// mistaken is an error of a decoder on its way.
type mistaken struct {
	Unsupported *codec.UnsupportedError `json:"unsupported,omitempty"`
	Data        *codec.DataError        `json:"data,omitempty"`
	Other       string                  `json:"other,omitempty"`
}

func mistakenOf(err error) *mistaken {
	var m mistaken
	if !errors.As(err, &m.Unsupported) && !errors.As(err, &m.Data) {
		m.Other = err.Error()
	}
	return &m
}

func (m *mistaken) err() error {
	switch {
	case m == nil:
		return nil
	case m.Unsupported != nil:
		return m.Unsupported
	case m.Data != nil:
		return m.Data
	}
	return errors.New(m.Other)
}

// pageSize is what the frame behind the encoded bytes is aligned to.
const pageSize = 4096

// behind is the first aligned place that n bytes leave free.
func behind(n int64) int64 { return (n + pageSize - 1) &^ (pageSize - 1) }

// frameOf makes the frame of an answer whose values lie in b. The frame must be
// the one that the header of the question promises, in size and type.
func frameOf(in codec.Encoded, a *frameAnswer, b []byte) (*imaging.Frame, error) {
	f := imaging.NewFrame(in.Pixels)
	to := valueBytes(f)
	switch {
	case a.Rows != f.Rows || a.Columns != f.Columns || a.Samples != f.Samples || a.Bits != f.BitsAllocated() || a.Signed != f.Signed():
		return nil, answerf("a frame of %d x %d x %d values of %d bits for one of %d x %d x %d of %d", a.Columns, a.Rows, a.Samples, a.Bits, f.Columns, f.Rows, f.Samples, f.BitsAllocated())
	case len(b) != len(to):
		return nil, answerf("%d bytes for a frame of %d", len(b), len(to))
	case a.BitsStored < 1 || a.BitsStored > f.BitsAllocated():
		return nil, answerf("%d bits stored of %d", a.BitsStored, f.BitsAllocated())
	case a.Missing < 0 || a.Missing > f.Rows*f.Columns:
		return nil, answerf("%d of %d pixels missing", a.Missing, f.Rows*f.Columns)
	}
	copy(to, b)
	f.BitsStored, f.Missing, f.Damaged, f.Note = a.BitsStored, a.Missing, a.Damaged, a.Note
	if a.Photometric != nil {
		f.Photometric = *a.Photometric
	}
	return f, nil
}

// answerOf describes a frame, without its values.
func answerOf(in codec.Encoded, f *imaging.Frame) frameAnswer {
	a := frameAnswer{Rows: f.Rows, Columns: f.Columns, Samples: f.Samples, Bits: f.BitsAllocated(), Signed: f.Signed(),
		BitsStored: f.BitsStored, Missing: f.Missing, Damaged: f.Damaged, Note: f.Note}
	if f.Photometric != in.Pixels.Photometric {
		a.Photometric = &f.Photometric
	}
	return a
}

// valueBytes is the memory of a frame's values, in the machine's order of
// bytes: the same in both processes.
func valueBytes(f *imaging.Frame) []byte {
	switch {
	case f.Uint8 != nil:
		return f.Uint8
	case f.Int8 != nil:
		return bytesOf(f.Int8)
	case f.Uint16 != nil:
		return bytesOf(f.Uint16)
	case f.Int16 != nil:
		return bytesOf(f.Int16)
	case f.Uint32 != nil:
		return bytesOf(f.Uint32)
	case f.Int32 != nil:
		return bytesOf(f.Int32)
	case f.Float32 != nil:
		return bytesOf(f.Float32)
	}
	return bytesOf(f.Float64)
}

func bytesOf[T any](v []T) []byte {
	if len(v) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(v))), uintptr(len(v))*unsafe.Sizeof(v[0]))
}
