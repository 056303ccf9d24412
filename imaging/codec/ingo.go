package codec

import "bytes"

// InGo reports a frame that Local decodes by itself and that a native library
// would not decode any faster: whoever keeps native code in another process need
// not send it there. Of the JPEG family these are the streams of JPEG Lossless
// and of 12 bits, as their own frame header says.
func InGo(in Encoded) bool {
	switch CodingOf(in.TransferSyntaxUID) {
	case JPEGLS, JPEG2000:
		return false
	case JPEG:
		h, err := readJPEGHeader(start(in.Data))
		return err == nil && (h.process == sofLossless || h.process <= sofProgressive && h.precision != 8)
	}
	return true
}

// start is a JPEG stream without the bytes that some writers leave in front of
// it.
func start(data []byte) []byte {
	if i := bytes.Index(data[:min(len(data), 256)], []byte{0xff, 0xd8, 0xff}); i > 0 {
		return data[i:]
	}
	return data
}
