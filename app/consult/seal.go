package consult

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"

	"filippo.io/age"

	"longying/records"
)

// longEnough refuses a passphrase too short for a file that leaves the house.
func longEnough(passphrase string) error {
	if len([]rune(passphrase)) < 10 {
		return &records.RefusedError{Code: "passphrase", Reason: "the passphrase of a pack needs at least 10 characters: it protects a patient's record outside the hospital"}
	}
	return nil
}

// seal writes what write gives, sealed with a passphrase (age, scrypt recipient).
func seal(w io.Writer, passphrase string, write func(io.Writer) error) error {
	recipient, err := age.NewScryptRecipient(passphrase)
	if err != nil {
		return err
	}
	sealed, err := age.Encrypt(w, recipient)
	if err != nil {
		return err
	}
	if err := write(sealed); err != nil {
		return err
	}
	return sealed.Close()
}

// maxReplyFile bounds a reply, in bytes.
const maxReplyFile = 16 << 20

// unseal is the plain text of a sealed reply; a changed byte is an error.
func unseal(r io.Reader, passphrase string) ([]byte, error) {
	identity, err := age.NewScryptIdentity(passphrase)
	if err != nil {
		return nil, err
	}
	plain, err := age.Decrypt(r, identity)
	if err != nil {
		var wrong *age.NoIdentityMatchError
		if errors.As(err, &wrong) {
			return nil, &records.RefusedError{Code: "pack_passphrase", Reason: "the passphrase does not open this pack"}
		}
		return nil, fmt.Errorf("this is not a consult pack, or it is damaged: %w", err)
	}
	raw, err := io.ReadAll(io.LimitReader(plain, maxReplyFile+1))
	if err != nil {
		return nil, fmt.Errorf("the pack is damaged: %w", err)
	}
	if len(raw) > maxReplyFile {
		return nil, fmt.Errorf("the file is larger than a reply may be, %d MiB", maxReplyFile>>20)
	}
	return raw, nil
}

// unzip is the files of a reply by name, bounded by maxReplyFile bytes in all.
func unzip(raw []byte) (map[string][]byte, error) {
	zr, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return nil, fmt.Errorf("the pack is damaged: %w", err)
	}
	files := map[string][]byte{}
	left := int64(maxReplyFile)
	for _, f := range zr.File {
		rc, err := f.Open()
		if err != nil {
			return nil, fmt.Errorf("the pack is damaged: %w", err)
		}
		data, err := io.ReadAll(io.LimitReader(rc, left+1))
		rc.Close()
		if left -= int64(len(data)); err != nil || left < 0 {
			return nil, fmt.Errorf("%s inside the pack is damaged or too large", f.Name)
		}
		files[f.Name] = data
	}
	return files, nil
}
