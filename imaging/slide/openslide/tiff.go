package openslide

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

// tagICCProfile is InterColorProfile: TIFF/EP, ISO 12234-2, and ICC.1 annex B.4.
const tagICCProfile = 34675

// errNotTIFF says that a file is no TIFF.
var errNotTIFF = errors.New("no TIFF")

// tiffProfile reads the colour profile of a TIFF's first picture, level 0 of
// the formats made of TIFF, for an OpenSlide that does not give it (before
// 4.0). nil: there is none, or the file is no TIFF.
func tiffProfile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	profile, err := readTIFFProfile(f)
	if errors.Is(err, errNotTIFF) {
		return nil, nil
	}
	return profile, err
}

// readTIFFProfile reads TIFF 6.0 and BigTIFF, of either byte order.
func readTIFFProfile(r io.ReaderAt) ([]byte, error) {
	var head [16]byte
	if n, err := r.ReadAt(head[:], 0); n < 8 {
		return nil, fmt.Errorf("%w: %w", errNotTIFF, err)
	}
	order, big, ok := tiffKind(head[:])
	if !ok {
		return nil, errNotTIFF
	}
	// Sizes of a count, an entry and an offset.
	counts, size, at := int64(2), int64(12), int64(order.Uint32(head[4:]))
	if big {
		counts, size, at = 8, 20, int64(order.Uint64(head[8:]))
	}
	read := func(n, at int64) ([]byte, error) {
		b := make([]byte, n)
		if _, err := r.ReadAt(b, at); err != nil {
			return nil, fmt.Errorf("the colour profile cannot be read: %w", err)
		}
		return b, nil
	}
	b, err := read(counts, at)
	if err != nil {
		return nil, err
	}
	entries := int64(order.Uint16(b))
	if big {
		if entries = int64(order.Uint64(b)); entries < 0 || entries > 1<<16 {
			return nil, fmt.Errorf("the file says that its first picture has %d fields", uint64(entries))
		}
	}
	if b, err = read(entries*size, at+counts); err != nil {
		return nil, err
	}
	for ; len(b) > 0; b = b[size:] {
		if order.Uint16(b) != tagICCProfile {
			continue
		}
		length, place := int64(order.Uint32(b[4:])), int64(order.Uint32(b[8:]))
		if big {
			length, place = int64(order.Uint64(b[4:])), int64(order.Uint64(b[12:]))
		}
		if length < 128 || length > largestProfile || place < 0 {
			return nil, fmt.Errorf("a profile of %d bytes is not possible", uint64(length))
		}
		return read(length, place)
	}
	return nil, nil
}

// tiffKind tells byte order and whether 64-bit offsets are used; ok is false
// where the first bytes are no TIFF's.
func tiffKind(head []byte) (order binary.ByteOrder, big, ok bool) {
	if len(head) < 4 {
		return nil, false, false
	}
	switch string(head[:2]) {
	case "II":
		order = binary.LittleEndian
	case "MM":
		order = binary.BigEndian
	default:
		return nil, false, false
	}
	v := order.Uint16(head[2:])
	return order, v == 43, v == 42 || v == 43
}
