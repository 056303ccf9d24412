package seal

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
)

// KeyringFile is the name of the keyring inside a data folder.
const KeyringFile = "keyring.json"

// MinPassphrase is the least number of characters of a passphrase.
const MinPassphrase = 10

// ErrNoKeyring is returned for a folder without a keyring.
var ErrNoKeyring = errors.New("the data folder has no keyring")

// PassphraseError says what is wrong with a passphrase. It never quotes it.
type PassphraseError struct {
	Code   string // PassphraseWrong or PassphraseShort
	Reason string
}

// What can be wrong with a passphrase.
const (
	PassphraseWrong = "wrong"
	PassphraseShort = "short"
)

func (e *PassphraseError) Error() string { return e.Reason }

// keyringFormat is the newest format of the keyring that this program writes.
const keyringFormat = 1

type keyring struct {
	Format int    `json:"format"`
	Slots  []slot `json:"slots"` // each holds the same data key, wrapped in its own way
}

type slot struct {
	Kind    string `json:"kind"`         // slotPassphrase or slotKeyring
	ID      string `json:"id,omitempty"` // of the secret in a keyring
	KDF     kdf    `json:"kdf,omitzero"`
	Wrapped []byte `json:"wrapped"` // nonce and AES-256-GCM of the data key
}

const slotPassphrase = "passphrase"

type kdf struct {
	Name    string `json:"name"` // argon2id
	Time    uint32 `json:"time"`
	Memory  uint32 `json:"memory_kib"`
	Threads uint8  `json:"threads"`
	Salt    []byte `json:"salt"`
}

// cost is what argon2id spends. standardCost is RFC 9106's recommendation for
// machines without 2 GiB to spare.
type cost struct {
	time, memory uint32
	threads      uint8
}

func standardCost() cost { return cost{time: 3, memory: 64 << 10, threads: 4} }

// Exists reports a keyring in the folder.
func Exists(folder string) bool {
	_, err := os.Stat(filepath.Join(folder, KeyringFile))
	return err == nil
}

// Create makes a random data key for a folder and wraps it by the passphrase.
// A folder that has a keyring is refused with fs.ErrExist: a new key would make
// everything in it unreadable.
func Create(folder, passphrase string) (*Key, error) {
	return create(folder, passphrase, standardCost())
}

func create(folder, passphrase string, c cost) (*Key, error) {
	if err := checkPassphrase(passphrase); err != nil {
		return nil, err
	}
	data := make([]byte, DataKeySize)
	rand.Read(data)
	ring, err := wrap(data, passphrase, c)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("the data folder cannot be made: %w", err)
	}
	if err := placeNew(filepath.Join(folder, KeyringFile), ring); err != nil {
		return nil, fmt.Errorf("the keyring cannot be made in %s: %w", folder, err)
	}
	return NewKey(data)
}

// Unlock opens the data key of a folder. A folder without a keyring is
// ErrNoKeyring, a wrong passphrase a *PassphraseError.
func Unlock(folder, passphrase string) (*Key, error) {
	data, err := unwrap(folder, passphrase)
	if err != nil {
		return nil, err
	}
	return NewKey(data)
}

// ChangePassphrase wraps the data key by another passphrase. Nothing else is
// written: what is sealed stays as it is.
func ChangePassphrase(folder, old, passphrase string) error {
	return changePassphrase(folder, old, passphrase, standardCost())
}

func changePassphrase(folder, old, passphrase string, c cost) error {
	if err := checkPassphrase(passphrase); err != nil {
		return err
	}
	data, err := unwrap(folder, old)
	if err != nil {
		return err
	}
	s, err := wrapped(data, passphrase, c)
	if err != nil {
		return err
	}
	// A keyring that remembers the folder goes on to open it.
	_, err = editSlots(folder, func(slots []slot) []slot {
		return append([]slot{s}, slices.DeleteFunc(slots, func(s slot) bool { return s.Kind == slotPassphrase })...)
	})
	return err
}

func checkPassphrase(p string) error {
	if utf8.RuneCountInString(p) < MinPassphrase {
		return &PassphraseError{PassphraseShort, fmt.Sprintf("the passphrase is too short: it needs %d characters or more", MinPassphrase)}
	}
	return nil
}

func wrap(data []byte, passphrase string, c cost) ([]byte, error) {
	s, err := wrapped(data, passphrase, c)
	if err != nil {
		return nil, err
	}
	out, err := json.MarshalIndent(keyring{Format: keyringFormat, Slots: []slot{s}}, "", "  ")
	return append(out, '\n'), err
}

func wrapped(data []byte, passphrase string, c cost) (slot, error) {
	s := slot{Kind: slotPassphrase, KDF: kdf{Name: "argon2id", Time: c.time, Memory: c.memory, Threads: c.threads, Salt: make([]byte, 16)}}
	rand.Read(s.KDF.Salt)
	aead, err := gcm(s.KDF.derive(passphrase))
	if err != nil {
		return slot{}, err
	}
	nonce := make([]byte, aead.NonceSize())
	rand.Read(nonce)
	s.Wrapped = aead.Seal(nonce, nonce, data, s.KDF.bound())
	return s, nil
}

func unwrap(folder, passphrase string) ([]byte, error) {
	path := filepath.Join(folder, KeyringFile)
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w", folder, ErrNoKeyring)
	}
	if err != nil {
		return nil, fmt.Errorf("the keyring cannot be read: %w", err)
	}
	data, err := unwrapRing(raw, path, passphrase)
	var wrong *PassphraseError
	if errors.As(err, &wrong) {
		wrong.Reason = "the passphrase does not open the data folder " + folder
	}
	return data, err
}

// unwrapRing opens the data key of a keyring that was read from path.
func unwrapRing(raw []byte, path, passphrase string) ([]byte, error) {
	var ring keyring
	if err := json.Unmarshal(raw, &ring); err != nil {
		return nil, fmt.Errorf("%s is damaged; take it from a backup: %w", path, err)
	}
	if ring.Format != keyringFormat {
		return nil, fmt.Errorf("%s has format %d, this program knows %d; use the program version that made it, or a newer one", path, ring.Format, keyringFormat)
	}
	for i := range ring.Slots {
		s := &ring.Slots[i]
		if s.Kind != slotPassphrase {
			continue
		}
		if err := s.KDF.check(); err != nil {
			return nil, fmt.Errorf("%s is damaged; take it from a backup: %w", path, err)
		}
		aead, err := gcm(s.KDF.derive(passphrase))
		if err != nil {
			return nil, err
		}
		n := aead.NonceSize()
		if len(s.Wrapped) != n+DataKeySize+aead.Overhead() {
			return nil, fmt.Errorf("%s is damaged; take it from a backup: the wrapped key has %d bytes", path, len(s.Wrapped))
		}
		if data, err := aead.Open(nil, s.Wrapped[:n], s.Wrapped[n:], s.KDF.bound()); err == nil {
			return data, nil
		}
	}
	return nil, &PassphraseError{PassphraseWrong, "the passphrase does not open " + path}
}

func (k kdf) derive(passphrase string) []byte {
	return argon2.IDKey([]byte(passphrase), k.Salt, k.Time, k.Memory, k.Threads, DataKeySize)
}

// bound is what the wrapping authenticates besides the key: the parameters, so
// that nobody weakens them unnoticed.
func (k kdf) bound() []byte {
	return fmt.Appendf(nil, "longying/keyring/%d/%s/%d/%d/%d/%x", keyringFormat, k.Name, k.Time, k.Memory, k.Threads, k.Salt)
}

// check bounds what a changed keyring could make this program spend.
func (k kdf) check() error {
	if k.Name != "argon2id" || k.Time < 1 || k.Time > 64 || k.Memory < 8 || k.Memory > 4<<20 || k.Threads < 1 || len(k.Salt) < 16 || len(k.Salt) > 64 {
		return fmt.Errorf("the key derivation %s with time %d, memory %d KiB, %d threads is not one that this program writes", k.Name, k.Time, k.Memory, k.Threads)
	}
	return nil
}

// placeNew writes a file that must not be there yet, whole or not at all.
func placeNew(path string, content []byte) error {
	temp, err := writeTemp(filepath.Dir(path), Unfinished, func(f *os.File) error {
		_, err := bytes.NewReader(content).WriteTo(f)
		return err
	})
	if err != nil {
		return err
	}
	defer os.Remove(temp)
	if err := os.Link(temp, path); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return err
		}
		// A file system without links: the exclusive creation still lets one
		// program win, though a crash may leave a short file.
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return err
		}
		if _, err := f.Write(content); err != nil {
			f.Close()
			return err
		}
		if err := errors.Join(f.Sync(), f.Close()); err != nil {
			return err
		}
	}
	return syncFolder(filepath.Dir(path))
}
