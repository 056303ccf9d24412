package seal

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// A backup is one file: the keyring of the data folder, whose data key is
// wrapped by the passphrase, and behind it a sealed file (see fileMagic) under
// that data key. The sealed part is bound to the bytes before it, not to a file
// name, because people rename backups.
//
// Header: magic "LONGYBAK" | format 1 | 3 bytes zero | length of the keyring,
// 4 bytes big-endian | keyring.
const (
	backupMagic  = "LONGYBAK"
	backupFormat = 1
	backupPrefix = 16
	maxKeyring   = 1 << 20
)

// UnfinishedBackup is how the name of a backup begins until it is whole; the
// file of a killed program keeps it.
const UnfinishedBackup = ".longying-backup-"

// backupName is what the sealed part is bound to. No file has such a base name.
func backupName(before []byte) string {
	sum := sha256.Sum256(before)
	return "longying/backup/" + hex.EncodeToString(sum[:])
}

// WriteBackup writes everything that content gives into a backup at path, and
// reads it back by check before the file takes its name: when WriteBackup
// returns without error the backup is whole and survives a power cut, otherwise
// path is as it was. A file that is there is refused with fs.ErrExist unless
// replace says so.
func (k *Key) WriteBackup(path string, keyring []byte, content io.Reader, check func(*SealedFile) error, replace bool) error {
	if len(keyring) == 0 || len(keyring) > maxKeyring {
		return fmt.Errorf("a keyring of %d bytes cannot be put into a backup", len(keyring))
	}
	before := make([]byte, backupPrefix, backupPrefix+len(keyring))
	copy(before, backupMagic)
	before[8] = backupFormat
	binary.BigEndian.PutUint32(before[12:], uint32(len(keyring)))
	before = append(before, keyring...)
	s, err := k.fileSeal(path, backupName(before), newHeader())
	if err != nil {
		return err
	}
	free := func() error {
		if _, err := os.Lstat(path); !replace && !errors.Is(err, fs.ErrNotExist) {
			return errors.Join(&fs.PathError{Op: "backup", Path: path, Err: fs.ErrExist}, err)
		}
		return nil
	}
	if err := free(); err != nil {
		return err
	}
	err = writeAtomicAs(path, UnfinishedBackup, func(f *os.File) error {
		if _, err := f.Write(before); err != nil {
			return err
		}
		at := int64(len(before))
		if err := s.writeAll(io.NewOffsetWriter(f, at), content); err != nil {
			return err
		}
		info, err := f.Stat()
		if err != nil {
			return err
		}
		length := info.Size() - at
		written, err := k.openSealed(io.NewSectionReader(f, at, length), length, path, backupName(before))
		if err == nil {
			err = check(written)
		}
		return errors.Join(err, free())
	})
	if err != nil {
		return fmt.Errorf("the backup %s cannot be written: %w", path, err)
	}
	return nil
}

// Backup is an open backup file whose content is still sealed.
type Backup struct {
	path   string
	file   *os.File
	before []byte
	length int64 // of the sealed part
}

// OpenBackup opens a backup and reads its keyring. A file that is no backup, or
// a cut one, is a *DamagedBackupError.
func OpenBackup(path string) (*Backup, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("the backup cannot be opened: %w", err)
	}
	b, err := openBackup(f, path)
	if err != nil {
		f.Close()
		return nil, err
	}
	return b, nil
}

func openBackup(f *os.File, path string) (*Backup, error) {
	damaged := func(reason string) error { return &DamagedBackupError{Path: path, Reason: reason} }
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("the backup cannot be read: %w", err)
	}
	before := make([]byte, backupPrefix)
	if n, err := io.ReadFull(f, before); err != nil || string(before[:8]) != backupMagic {
		if string(before[:min(n, 8)]) != backupMagic {
			return nil, damaged("it is not a backup of Longying")
		}
		return nil, damaged("it is cut within its header")
	}
	if before[8] != backupFormat {
		return nil, fmt.Errorf("the backup %s has format %d, this program knows %d; use the program version that made it, or a newer one", path, before[8], backupFormat)
	}
	n := binary.BigEndian.Uint32(before[12:])
	if n == 0 || n > maxKeyring || !bytes.Equal(before[9:12], []byte{0, 0, 0}) {
		return nil, damaged("its header was changed")
	}
	before = append(before, make([]byte, n)...)
	if _, err := io.ReadFull(f, before[backupPrefix:]); err != nil {
		return nil, damaged("it is cut within its keyring")
	}
	return &Backup{path: path, file: f, before: before, length: info.Size() - int64(len(before))}, nil
}

// Keyring is the content of the keyring.json of the data folder.
func (b *Backup) Keyring() []byte { return bytes.Clone(b.before[backupPrefix:]) }

// Unlock opens the data key by the passphrase that the data folder had when the
// backup was made. A wrong one is a *PassphraseError.
func (b *Backup) Unlock(passphrase string) (*Key, error) {
	data, err := unwrapRing(b.before[backupPrefix:], b.path, passphrase)
	var wrong *PassphraseError
	if errors.As(err, &wrong) {
		wrong.Reason = fmt.Sprintf("the passphrase does not open the backup %s; it wants the one that its data folder had when it was made", b.path)
		return nil, wrong
	}
	if err != nil {
		return nil, &DamagedBackupError{Path: b.path, Reason: "its keyring was changed: " + err.Error()}
	}
	return NewKey(data)
}

// Content is the sealed part under the data key. A cut or changed backup is a
// *DamagedBackupError, here or where the content is read.
func (b *Backup) Content(k *Key) (*SealedFile, error) {
	at := int64(len(b.before))
	s, err := k.openSealed(io.NewSectionReader(b.file, at, b.length), b.length, b.path, backupName(b.before))
	return s, BackupDamage(b.path, err)
}

// Close closes the file.
func (b *Backup) Close() error { return b.file.Close() }

// DamagedBackupError says that a backup is cut, reordered or changed. It wraps
// ErrDamaged.
type DamagedBackupError struct{ Path, Reason string }

func (e *DamagedBackupError) Error() string {
	return fmt.Sprintf("the backup %s cannot be used: %s; take another copy of it, or an older backup. Nothing was changed", filepath.Clean(e.Path), e.Reason)
}

// Unwrap makes errors.Is(err, ErrDamaged) hold.
func (e *DamagedBackupError) Unwrap() error { return ErrDamaged }

// BackupDamage words the damage of a sealed file as that of the backup it is.
func BackupDamage(path string, err error) error {
	var d *DamagedError
	if errors.As(err, &d) {
		return &DamagedBackupError{Path: path, Reason: d.Reason}
	}
	return err
}
