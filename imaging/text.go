package imaging

// Device is what a DICOM object says of the device that sent it, as far as
// devices are told apart by it. The values are the bytes of the header without
// their padding, whatever their character set: they are a key, not for people.
type Device struct {
	Manufacturer string // (0008,0070)
	StationName  string // (0008,1010)
	AETitle      string // Source Application Entity Title (0002,0016)
}

// IsZero reports a device that the object does not name at all.
func (d Device) IsZero() bool { return d == Device{} }

// TextReading is one way to read the text of a header.
type TextReading struct {
	CharacterSet string  `json:"character_set"`    // Defined Term of (0008,0005), or one of the terms beside them that dicomfile names
	Name         string  `json:"name"`             // Patient's Name (0010,0010) read so, as a PN value
	Sample       string  `json:"sample,omitempty"` // other text of the header read so, to judge by; may be empty
	Confidence   float64 `json:"confidence"`       // 0..1, that this is how the text was written; over all readings of a header they add up to 1
}
