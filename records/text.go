package records

import (
	"time"

	"longying/imaging"
)

// HeaderText is how the text of a study's headers is read, where the character
// set that they declare does not stand beyond doubt. The zero value is text
// read as declared.
type HeaderText struct {
	Declared string                `json:"declared"` // (0008,0005), joined by a backslash
	Used     string                `json:"used"`     // the character set in which the text was read
	Doubtful bool                  `json:"doubtful,omitempty"`
	Readings []imaging.TextReading `json:"readings,omitempty"` // to choose from, the declared one first
	ByHand   bool                  `json:"by_hand,omitempty"`  // a person chose
	Device   string                `json:"device,omitempty"`   // keyed hash of the device and of what it declares; empty where the header names no device
}

// Choosable reports text that a person can choose a reading of.
func (t HeaderText) Choosable() bool { return len(t.Readings) > 1 }

// Offers reports a character set among the readings.
func (t HeaderText) Offers(characterSet string) bool {
	for _, r := range t.Readings {
		if r.CharacterSet == characterSet {
			return true
		}
	}
	return false
}

// TextOf is how the text of a study was read: the first instance whose text can
// be read in more than one way speaks for all, and one doubtful name makes the
// study doubtful.
func TextOf(study *imaging.Study) (t HeaderText, device imaging.Device) {
	for i := range study.Series {
		for j := range study.Series[i].Instances {
			in := &study.Series[i].Instances[j]
			if t.Readings == nil && len(in.TextReadings) > 0 {
				t.Declared, t.Used, t.Readings = in.CharacterSet, in.TextCharacterSet, in.TextReadings
				device = in.Device
			}
			t.Doubtful = t.Doubtful || in.TextDoubtful
		}
	}
	return t, device
}

// CharacterSetChoice is a person's decision in which character set a device
// writes the text of its headers, whatever it declares.
type CharacterSetChoice struct {
	Used         string    `json:"used"`     // a Defined Term of (0008,0005)
	Declared     string    `json:"declared"` // as the device writes it
	Manufacturer string    `json:"manufacturer,omitempty"`
	StationName  string    `json:"station_name,omitempty"`
	AETitle      string    `json:"ae_title,omitempty"`
	UserID       string    `json:"user_id"`
	At           time.Time `json:"at"`
}
