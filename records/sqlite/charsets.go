package sqlite

import (
	"encoding/hex"
	"errors"

	"longying/imaging"
	"longying/records"
)

const kindDevice = "device/character_set"

// DeviceKey names a device that declares a character set, without telling which
// it is; empty for a device that the header does not name.
func (t *Tx) DeviceKey(d imaging.Device, declared string) string {
	if d.IsZero() {
		return ""
	}
	return hex.EncodeToString(t.lookup(kindDevice, d.Manufacturer+"\x00"+d.StationName+"\x00"+d.AETitle+"\x00"+declared))
}

// PutCharacterSet remembers a choice for a device; a later one replaces it.
func (t *Tx) PutCharacterSet(deviceKey string, c records.CharacterSetChoice) error {
	if deviceKey == "" {
		return errors.New("the header names no device, so nothing can be remembered for it")
	}
	sealed, err := t.seal("character_sets", deviceKey, c)
	if err != nil {
		return err
	}
	return t.exec(`INSERT INTO character_sets (device_key, at, sealed) VALUES (?, ?, ?)
		ON CONFLICT (device_key) DO UPDATE SET at = excluded.at, sealed = excluded.sealed`, deviceKey, nanos(c.At), sealed)
}

// CharacterSet is what was chosen for a device, or records.ErrNotFound.
func (t *Tx) CharacterSet(deviceKey string) (*records.CharacterSetChoice, error) {
	return one[records.CharacterSetChoice](t, "character_sets", `SELECT device_key, sealed FROM character_sets WHERE device_key = ?`, deviceKey)
}
