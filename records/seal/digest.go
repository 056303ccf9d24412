package seal

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/emmansun/gmsm/sm3"
)

// Digests are the SHA-256 and the SM3 (GB/T 32905) of content, in hex, as a
// signed document carries them.
func Digests(content []byte) (sha256Hex, sm3Hex string) {
	a, b := sha256.Sum256(content), sm3.Sum(content)
	return hex.EncodeToString(a[:]), hex.EncodeToString(b[:])
}
