package codec

// Coding is what the bytes of a frame are, whatever the data set around them
// is: several transfer syntaxes share one.
type Coding int

// The codings. None is that of a transfer syntax which this version does not
// decode.
const (
	None          Coding = iota
	NativeLittle         // uncompressed, little endian
	NativeBig            // uncompressed, big endian
	DeflatedFrame        // uncompressed, each frame deflated on its own
	RLE                  // PS3.5 annex G
	JPEG                 // ISO/IEC 10918-1: baseline, extended, progressive, lossless
	JPEGLS               // ISO/IEC 14495-1
	JPEG2000             // ISO/IEC 15444-1, 15444-2 and 15444-15 (HTJ2K)
)

// CodingOf is the coding of a transfer syntax.
func CodingOf(uid string) Coding {
	_, c := syntax(uid)
	return c
}

// Name is the name of a transfer syntax in PS3.6 table A-1, shortened; empty
// when it is not a standard one.
func Name(uid string) string {
	name, _ := syntax(uid)
	return name
}

// Supported is nil for a transfer syntax that this version decodes, else an
// *UnsupportedError that names it.
func Supported(uid string) error {
	name, c := syntax(uid)
	if c != None {
		return nil
	}
	return &UnsupportedError{UID: uid, Name: name}
}

// syntax is the one list of transfer syntaxes: PS3.6 table A-1.
func syntax(uid string) (name string, c Coding) {
	switch uid {
	case "1.2.840.10008.1.2":
		return "Implicit VR Little Endian", NativeLittle
	case "1.2.840.10008.1.2.1":
		return "Explicit VR Little Endian", NativeLittle
	case "1.2.840.10008.1.2.1.98":
		return "Encapsulated Uncompressed Explicit VR Little Endian", NativeLittle
	case "1.2.840.10008.1.2.1.99":
		return "Deflated Explicit VR Little Endian", NativeLittle
	case "1.2.840.10008.1.2.2":
		return "Explicit VR Big Endian", NativeBig
	case "1.2.840.10008.1.2.8.1":
		return "Deflated Image Frame Compression", DeflatedFrame
	case "1.2.840.10008.1.2.5":
		return "RLE Lossless", RLE
	case "1.2.840.10008.1.2.4.50":
		return "JPEG Baseline", JPEG
	case "1.2.840.10008.1.2.4.51":
		return "JPEG Extended", JPEG
	case "1.2.840.10008.1.2.4.53":
		return "JPEG Spectral Selection (retired)", JPEG
	case "1.2.840.10008.1.2.4.55":
		return "JPEG Full Progression (retired)", JPEG
	case "1.2.840.10008.1.2.4.52", "1.2.840.10008.1.2.4.54", "1.2.840.10008.1.2.4.56", "1.2.840.10008.1.2.4.58":
		return "JPEG with arithmetic coding (retired)", None
	case "1.2.840.10008.1.2.4.59", "1.2.840.10008.1.2.4.60", "1.2.840.10008.1.2.4.61", "1.2.840.10008.1.2.4.62", "1.2.840.10008.1.2.4.63",
		"1.2.840.10008.1.2.4.64", "1.2.840.10008.1.2.4.65", "1.2.840.10008.1.2.4.66":
		return "Hierarchical JPEG (retired)", None
	case "1.2.840.10008.1.2.4.57", "1.2.840.10008.1.2.4.70":
		return "JPEG Lossless", JPEG
	case "1.2.840.10008.1.2.4.80":
		return "JPEG-LS Lossless", JPEGLS
	case "1.2.840.10008.1.2.4.81":
		return "JPEG-LS Near-Lossless", JPEGLS
	case "1.2.840.10008.1.2.4.90":
		return "JPEG 2000 Lossless", JPEG2000
	case "1.2.840.10008.1.2.4.91":
		return "JPEG 2000", JPEG2000
	case "1.2.840.10008.1.2.4.92":
		return "JPEG 2000 Multi-component Lossless", JPEG2000
	case "1.2.840.10008.1.2.4.93":
		return "JPEG 2000 Multi-component", JPEG2000
	case "1.2.840.10008.1.2.4.94", "1.2.840.10008.1.2.4.95", "1.2.840.10008.1.2.4.204", "1.2.840.10008.1.2.4.205":
		return "JPIP Referenced", None
	case "1.2.840.10008.1.2.4.100", "1.2.840.10008.1.2.4.100.1", "1.2.840.10008.1.2.4.101", "1.2.840.10008.1.2.4.101.1":
		return "MPEG-2 video", None
	case "1.2.840.10008.1.2.4.102", "1.2.840.10008.1.2.4.102.1", "1.2.840.10008.1.2.4.103", "1.2.840.10008.1.2.4.103.1",
		"1.2.840.10008.1.2.4.104", "1.2.840.10008.1.2.4.104.1", "1.2.840.10008.1.2.4.105", "1.2.840.10008.1.2.4.105.1",
		"1.2.840.10008.1.2.4.106", "1.2.840.10008.1.2.4.106.1":
		return "MPEG-4 AVC/H.264 video", None
	case "1.2.840.10008.1.2.4.107", "1.2.840.10008.1.2.4.108":
		return "HEVC/H.265 video", None
	case "1.2.840.10008.1.2.4.110", "1.2.840.10008.1.2.4.111", "1.2.840.10008.1.2.4.112":
		return "JPEG XL", None
	case "1.2.840.10008.1.2.4.201":
		return "High-Throughput JPEG 2000 Lossless", JPEG2000
	case "1.2.840.10008.1.2.4.202":
		return "High-Throughput JPEG 2000 Lossless with RPCL", JPEG2000
	case "1.2.840.10008.1.2.4.203":
		return "High-Throughput JPEG 2000", JPEG2000
	case "1.2.840.10008.1.2.7.1", "1.2.840.10008.1.2.7.2", "1.2.840.10008.1.2.7.3":
		return "SMPTE ST 2110 real-time video", None
	}
	return "", None
}
