package deid

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"math/big"
	"strings"
)

// key derives everything that has to be the same from one object to the next.
type key []byte

func (k key) hash(use, value string) []byte {
	h := hmac.New(sha256.New, k)
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(use))))
	h.Write([]byte(use))
	h.Write([]byte(value))
	return h.Sum(nil)
}

// uid maps a UID to one of the form "2.25." and a UUID as a decimal number
// (PS3.5 B.2), of version 8: RFC 9562 5.8. At most 44 characters.
func (k key) uid(old string) string {
	u := k.hash("uid", old)[:16]
	u[6] = u[6]&0x0f | 0x80
	u[8] = u[8]&0x3f | 0x80
	return "2.25." + new(big.Int).SetBytes(u).String()
}

// standardUID reports a UID that the standard itself gives out: SOP classes,
// transfer syntaxes, coding schemes, well-known frames of reference.
func standardUID(uid string) bool { return strings.HasPrefix(uid, "1.2.840.10008.") }

// pseudonym is a short name for a value: 16 characters, 80 bits.
func (k key) pseudonym(use, value string) string {
	return base32.StdEncoding.EncodeToString(k.hash(use, value))[:16]
}

// shift is the number of days by which the dates of a patient move back: from
// 1 year up to 10, never 0.
func (k key) shift(patient string) int {
	const least, most = 365, 3650
	return -least - int(binary.BigEndian.Uint64(k.hash("dates", patient))%(most-least+1))
}
