package dicomfile

import (
	"crypto/rand"
	"fmt"
	"math/big"
)

// Transfer syntaxes this package can write or whose encoding it must know.
const (
	ImplicitLittle         = "1.2.840.10008.1.2"
	ExplicitLittle         = "1.2.840.10008.1.2.1"
	DeflatedExplicitLittle = "1.2.840.10008.1.2.1.99"
	ExplicitBig            = "1.2.840.10008.1.2.2"
)

// implementationClassUID and implementationVersion name this program in the
// file meta group, PS3.10 7.1. The UID is a constant 2.25 UUID.
const (
	implementationClassUID = "2.25.214236513877260531744118291823946570497"
	implementationVersion  = "LONGYING_1"
)

// NewUID makes a UID from a random version 4 UUID: PS3.5 B.2, "2.25." and the
// UUID as one decimal number without leading zeros, at most 44 characters.
func NewUID() string {
	var u [16]byte
	rand.Read(u[:]) // never fails, see crypto/rand
	u[6] = u[6]&0x0f | 0x40
	u[8] = u[8]&0x3f | 0x80
	return "2.25." + new(big.Int).SetBytes(u[:]).String()
}

// CheckUID reports a UID that breaks PS3.5 9.1: 1 to 64 characters, digits
// and dots, no empty component, no leading zero in a component.
func CheckUID(uid string) error {
	if uid == "" || len(uid) > 64 {
		return fmt.Errorf("UID %q has %d characters, 1 to 64 are allowed", uid, len(uid))
	}
	start := 0
	for i := 0; i <= len(uid); i++ {
		if i < len(uid) && uid[i] != '.' {
			if uid[i] < '0' || uid[i] > '9' {
				return fmt.Errorf("UID %q holds %q, only digits and dots are allowed", uid, uid[i])
			}
			continue
		}
		if n := i - start; n == 0 || n > 1 && uid[start] == '0' {
			return fmt.Errorf("UID %q has an empty component or a leading zero", uid)
		}
		start = i + 1
	}
	return nil
}
