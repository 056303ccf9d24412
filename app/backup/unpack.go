package backup

import (
	"archive/tar"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"longying/records/seal"
)

// maxListing bounds the JSON entries of a backup.
const maxListing = 256 << 20

// unpacked is what a backup said of itself, from its first and last entry.
type unpacked struct {
	Manifest Manifest
	Contents contents
}

// unpack reads a backup to its end and hands out its files in their order.
func unpack(r io.Reader, each func(h *tar.Header, content io.Reader) error) (unpacked, error) {
	var u unpacked
	t := tar.NewReader(r)
	h, err := t.Next()
	if err != nil {
		return u, listing(err)
	}
	if h.Name != manifestEntry {
		return u, errors.New("its first entry is not its manifest")
	}
	if u.Manifest, err = readManifest(t); err != nil {
		return u, err
	}
	var files, bytes int64
	seen := map[string]bool{}
	for {
		h, err := t.Next()
		if err != nil {
			return u, listing(err)
		}
		if h.Name == contentsEntry {
			break
		}
		if h.Typeflag != tar.TypeReg || !fs.ValidPath(h.Name) || seen[h.Name] {
			return u, fmt.Errorf("its entry %q is not a file of a data folder", h.Name)
		}
		seen[h.Name] = true
		if err := each(h, t); err != nil {
			return u, err
		}
		files++
		bytes += h.Size
	}
	if err := json.NewDecoder(io.LimitReader(t, maxListing)).Decode(&u.Contents); err != nil {
		return u, fmt.Errorf("its list of contents cannot be read: %w", err)
	}
	if u.Contents.Files != files || u.Contents.Bytes != bytes {
		return u, fmt.Errorf("it lists %d files with %d bytes, but holds %d with %d", u.Contents.Files, u.Contents.Bytes, files, bytes)
	}
	if _, err := t.Next(); err == nil {
		return u, errors.New("there is something behind its list of contents")
	} else if !errors.Is(err, io.EOF) {
		return u, err
	}
	_, err = io.Copy(io.Discard, r)
	return u, err
}

func listing(err error) error {
	if errors.Is(err, io.EOF) {
		return errors.New("it ends before its list of contents")
	}
	return err
}

func readManifest(r io.Reader) (Manifest, error) {
	var m Manifest
	if err := json.NewDecoder(io.LimitReader(r, maxListing)).Decode(&m); err != nil {
		return m, fmt.Errorf("its manifest cannot be read: %w", err)
	}
	if m.Format != manifestFormat {
		return m, fmt.Errorf("its contents have format %d, this program knows %d; use the program version that made it, or a newer one", m.Format, manifestFormat)
	}
	return m, nil
}

// Known reads the manifest of a backup of this data folder, whatever its
// passphrase was then.
func (b *Backup) Known(ctx context.Context, path string) (Manifest, error) {
	f, err := seal.OpenBackup(path)
	if err != nil {
		return Manifest{}, err
	}
	defer f.Close()
	s, err := f.Content(b.key)
	if err != nil {
		return Manifest{}, err
	}
	t := tar.NewReader(&counted{ctx: ctx, r: s.Content(), step: func(int64) {}})
	h, err := t.Next()
	if err == nil && h.Name != manifestEntry {
		err = errors.New("its first entry is not its manifest")
	}
	if err != nil {
		return Manifest{}, &seal.DamagedBackupError{Path: path, Reason: err.Error()}
	}
	return readManifest(t)
}

// newID is a random UUID (RFC 9562, version 4).
func newID() (string, error) {
	var b [16]byte
	if _, err := rand.Read(b[:]); err != nil {
		return "", err
	}
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:]), nil
}
