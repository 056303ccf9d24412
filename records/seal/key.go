package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/emmansun/gmsm/sm3"
)

// DataKeySize is the length of a data key in bytes.
const DataKeySize = 32

// ErrDamaged is returned when sealed content does not open: it was changed, it
// belongs to another place, or it was sealed under another key.
var ErrDamaged = errors.New("sealed content does not open: it was changed, moved, or sealed under another key")

// Key is an unlocked data key with the keys derived from it. It is safe for
// concurrent use.
type Key struct {
	columns cipher.AEAD
	lookups []byte
	audit   []byte
	objects []byte
	names   []byte
}

// NewKey derives the keys of a data key that is kept elsewhere than in the
// keyring of the folder, e.g. by the operating system. It must be DataKeySize
// random bytes.
func NewKey(data []byte) (*Key, error) {
	if len(data) != DataKeySize {
		return nil, fmt.Errorf("a data key has %d bytes, this one has %d", DataKeySize, len(data))
	}
	derived := map[string][]byte{}
	for _, use := range []string{"columns", "lookups", "audit", "objects", "names"} {
		k, err := hkdf.Key(sha256.New, data, nil, "longying/"+use+"/1", 32)
		if err != nil {
			return nil, fmt.Errorf("the key for %s cannot be derived: %w", use, err)
		}
		derived[use] = k
	}
	columns, err := gcm(derived["columns"])
	if err != nil {
		return nil, err
	}
	return &Key{columns: columns, lookups: derived["lookups"], audit: derived["audit"], objects: derived["objects"], names: derived["names"]}, nil
}

func gcm(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("AES-256 cannot be set up: %w", err)
	}
	return cipher.NewGCM(block)
}

// sealedColumn marks the format of a sealed column: AES-256-GCM, a random
// 96-bit nonce in front.
const sealedColumn = 1

// Seal seals one column value. aad names the place, table/column/row, and must
// be given again to Open, so that a value moved to another row does not open.
func (k *Key) Seal(aad string, plain []byte) []byte {
	out := make([]byte, 1+k.columns.NonceSize(), 1+k.columns.NonceSize()+len(plain)+k.columns.Overhead())
	out[0] = sealedColumn
	rand.Read(out[1:]) // never fails (crypto/rand): a program without randomness is ended
	return k.columns.Seal(out, out[1:], plain, []byte(aad))
}

// Open opens what Seal made for the same place, or returns ErrDamaged.
func (k *Key) Open(aad string, sealed []byte) ([]byte, error) {
	n := 1 + k.columns.NonceSize()
	if len(sealed) < n+k.columns.Overhead() || sealed[0] != sealedColumn {
		return nil, fmt.Errorf("%s: %w", aad, ErrDamaged)
	}
	plain, err := k.columns.Open(nil, sealed[1:n], sealed[n:], []byte(aad))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", aad, ErrDamaged)
	}
	return plain, nil
}

// Lookup is the keyed hash (HMAC-SHA256) by which an exact value of one kind is
// found without storing it. The caller brings value into the form in which it
// is compared.
func (k *Key) Lookup(kind, value string) []byte {
	return hmacOf(k.lookups, []byte(kind), []byte(value))
}

// ObjectName is the file name of a stored object: a keyed hash of the SHA-256
// of its content, so that a stolen folder does not tell who holds a known file.
func (k *Key) ObjectName(sha256Hex string) string {
	return hex.EncodeToString(hmacOf(k.names, []byte("object"), []byte(sha256Hex))[:20]) + ".sealed"
}

func hmacOf(key []byte, parts ...[]byte) []byte {
	h := hmac.New(sha256.New, key)
	for _, p := range parts {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(p))))
		h.Write(p)
	}
	return h.Sum(nil)
}

// AuditMAC is the HMAC-SM3 (GB/T 32905) of one event, chained over the MAC of
// the event before it, which is empty for the first.
func (k *Key) AuditMAC(prev, event []byte) []byte {
	h := hmac.New(sm3.New, k.audit)
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(prev))))
	h.Write(prev)
	h.Write(event)
	return h.Sum(nil)
}
