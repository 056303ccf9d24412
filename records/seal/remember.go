package seal

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// Keyring keeps small secrets for a person, e.g. that of the operating system.
type Keyring interface {
	Get(id string) (secret string, err error)
	Set(id, secret string) error
	Delete(id string) error
}

// slotKeyring is a slot whose data key is wrapped by a random key that the
// keyring keeps under the slot's ID.
const slotKeyring = "keyring"

// ErrNotRemembered says that no keyring has the key of a folder.
var ErrNotRemembered = errors.New("the data folder is not remembered in a keyring; its passphrase opens it")

// KeyringError says why a keyring did not give or take a secret. The passphrase
// still opens the folder.
type KeyringError struct {
	Reason string
	Err    error
}

func (e *KeyringError) Error() string {
	return fmt.Sprintf("the keyring of the operating system %s (%v); the passphrase still opens the data folder", e.Reason, e.Err)
}

func (e *KeyringError) Unwrap() error { return e.Err }

// Remember lets a keyring open a folder besides its passphrase, which stays:
// backups open by it, and so does the folder on another computer. A folder that
// is remembered already is remembered anew.
func Remember(folder, passphrase string, k Keyring) error {
	data, err := unwrap(folder, passphrase)
	if err != nil {
		return err
	}
	secret, id := make([]byte, DataKeySize), make([]byte, 16)
	rand.Read(secret)
	rand.Read(id)
	s := slot{Kind: slotKeyring, ID: hex.EncodeToString(id)}
	aead, err := gcm(secret)
	if err != nil {
		return err
	}
	nonce := make([]byte, aead.NonceSize())
	rand.Read(nonce)
	s.Wrapped = aead.Seal(nonce, nonce, data, s.remembered())
	text := base64.StdEncoding.EncodeToString(secret)
	if err := k.Set(s.ID, text); err != nil {
		return &KeyringError{"did not take the key", err}
	}
	if back, err := k.Get(s.ID); err != nil || back != text {
		return errors.Join(&KeyringError{"did not give the key back", err}, k.Delete(s.ID))
	}
	old, err := editSlots(folder, func(slots []slot) []slot {
		return append(slices.DeleteFunc(slots, func(s slot) bool { return s.Kind == slotKeyring }), s)
	})
	if err != nil {
		return errors.Join(err, k.Delete(s.ID))
	}
	return forget(k, old)
}

// Forget takes a folder out of the keyring; its passphrase opens it from then on.
func Forget(folder string, k Keyring) error {
	old, err := editSlots(folder, func(slots []slot) []slot {
		return slices.DeleteFunc(slots, func(s slot) bool { return s.Kind == slotKeyring })
	})
	if err != nil {
		return err
	}
	return forget(k, old)
}

// forget deletes the secrets of slots that were there before.
func forget(k Keyring, old []slot) error {
	for _, s := range old {
		if s.Kind != slotKeyring {
			continue
		}
		if err := k.Delete(s.ID); err != nil {
			return &KeyringError{"did not forget the old key, which opens nothing any more", err}
		}
	}
	return nil
}

// Remembered reports whether a keyring may open a folder.
func Remembered(folder string) bool {
	ring, err := readRing(filepath.Join(folder, KeyringFile))
	return err == nil && slices.ContainsFunc(ring.Slots, func(s slot) bool { return s.Kind == slotKeyring })
}

// Recall opens a folder by a keyring: ErrNotRemembered, or a *KeyringError that
// says why the keyring does not.
func Recall(folder string, k Keyring) (*Key, error) {
	ring, err := readRing(filepath.Join(folder, KeyringFile))
	if err != nil {
		return nil, err
	}
	for _, s := range ring.Slots {
		if s.Kind != slotKeyring {
			continue
		}
		text, err := k.Get(s.ID)
		if err != nil {
			return nil, &KeyringError{"does not give the key", err}
		}
		secret, err := base64.StdEncoding.DecodeString(text)
		if err != nil || len(secret) != DataKeySize {
			return nil, &KeyringError{"gives something that is no key", errors.Join(ErrDamaged, err)}
		}
		aead, err := gcm(secret)
		if err != nil {
			return nil, err
		}
		n := aead.NonceSize()
		if len(s.Wrapped) < n {
			return nil, &KeyringError{"does not fit this folder", ErrDamaged}
		}
		data, err := aead.Open(nil, s.Wrapped[:n], s.Wrapped[n:], s.remembered())
		if err != nil {
			return nil, &KeyringError{"has another folder's key", ErrDamaged}
		}
		return NewKey(data)
	}
	return nil, ErrNotRemembered
}

// remembered is what the wrapping authenticates besides the key.
func (s *slot) remembered() []byte {
	return fmt.Appendf(nil, "longying/keyring/%d/%s/%s", keyringFormat, s.Kind, s.ID)
}

func readRing(path string) (*keyring, error) {
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w", filepath.Dir(path), ErrNoKeyring)
	}
	if err != nil {
		return nil, fmt.Errorf("the keyring cannot be read: %w", err)
	}
	var ring keyring
	if err := json.Unmarshal(raw, &ring); err != nil {
		return nil, fmt.Errorf("%s is damaged; take it from a backup: %w", path, err)
	}
	if ring.Format != keyringFormat {
		return nil, fmt.Errorf("%s has format %d, this program knows %d; use the program version that made it, or a newer one", path, ring.Format, keyringFormat)
	}
	return &ring, nil
}

// editSlots replaces the slots of a folder's keyring file, and returns those that
// were there.
func editSlots(folder string, edit func([]slot) []slot) (old []slot, err error) {
	path := filepath.Join(folder, KeyringFile)
	ring, err := readRing(path)
	if err != nil {
		return nil, err
	}
	old = slices.Clone(ring.Slots)
	ring.Slots = edit(ring.Slots)
	out, err := json.MarshalIndent(ring, "", "  ")
	if err != nil {
		return nil, err
	}
	if err := writeAtomic(path, func(f *os.File) error { _, err := f.Write(append(out, '\n')); return err }); err != nil {
		return nil, fmt.Errorf("%s cannot be replaced; it is as it was: %w", path, err)
	}
	return old, nil
}
