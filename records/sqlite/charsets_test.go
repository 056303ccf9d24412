package sqlite

import (
	"errors"
	"strings"
	"testing"
	"time"

	"longying/imaging"
	"longying/records"
)

func TestTheCharacterSetOfADeviceIsKeptForThatDeviceAlone(t *testing.T) {
	folder := t.TempDir()
	s := openStore(t, folder)
	ct := imaging.Device{Manufacturer: "\xb6\xab\xc8\xed", StationName: "CT01", AETitle: "CT1"}
	choice := records.CharacterSetChoice{Used: "GB18030", Declared: "ISO_IR 100", Manufacturer: "东软", StationName: "CT01", UserID: "u", At: time.Unix(1, 0)}
	update(t, s, func(tx *Tx) error { return tx.PutCharacterSet(tx.DeviceKey(ct, "ISO_IR 100"), choice) })
	choice.Used = "ISO_IR 192"
	update(t, s, func(tx *Tx) error { return tx.PutCharacterSet(tx.DeviceKey(ct, "ISO_IR 100"), choice) })
	if err := s.Update(t.Context(), func(tx *Tx) error { return tx.PutCharacterSet(tx.DeviceKey(imaging.Device{}, ""), choice) }); err == nil {
		t.Error("a choice was remembered for a device without a name")
	}
	view(t, s, func(tx *Tx) error {
		got, err := tx.CharacterSet(tx.DeviceKey(ct, "ISO_IR 100"))
		if err != nil || got.Used != "ISO_IR 192" || got.Manufacturer != "东软" {
			t.Errorf("%+v, %v", got, err)
		}
		for _, other := range []string{
			tx.DeviceKey(ct, ""),
			tx.DeviceKey(imaging.Device{Manufacturer: ct.Manufacturer, StationName: "CT02", AETitle: "CT1"}, "ISO_IR 100"),
			tx.DeviceKey(imaging.Device{Manufacturer: ct.Manufacturer + "\x00CT01", AETitle: "CT1"}, "ISO_IR 100"),
		} {
			if _, err := tx.CharacterSet(other); !errors.Is(err, records.ErrNotFound) {
				t.Errorf("another device: %v", err)
			}
		}
		if key := tx.DeviceKey(ct, "ISO_IR 100"); strings.Contains(key, "CT01") {
			t.Errorf("the key names the device: %s", key)
		}
		return nil
	})
}
