package consult

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"image/png"
	"io"
	"path"
	"path/filepath"
	"strings"

	"filippo.io/age"

	"longying/records"
)

// SealedFile is a sealed file on a disk or in memory.
type SealedFile interface {
	io.Seeker
	io.ReaderAt
}

// OpenPack opens a pack with its passphrase, anywhere, and checks the hash of each
// picture, each object and each signed document. Nothing of it is written to a disk:
// Pack.Object reads the objects out of r, which stays open as long as they are
// wanted. What is wrong with a file is said; none makes it read or keep more than
// the bounds of a pack.
func OpenPack(ctx context.Context, r SealedFile, passphrase string, progress func(done, total int)) (*Pack, error) {
	plain, size, err := unsealAt(r, passphrase)
	if err != nil {
		return nil, err
	}
	zr, files, err := packFiles(plain, size)
	if err != nil {
		return nil, err
	}
	if files[manifestFile] == nil && files[replyFile] != nil {
		return nil, &records.RefusedError{Code: "pack_reply", Reason: "this file is a reply with opinions, not a consult pack; merge it where the consult is kept"}
	}
	raw, err := contents(files, manifestFile, maxManifest)
	if err != nil {
		return nil, err
	}
	var p Pack
	if err := json.Unmarshal(raw, &p); err != nil {
		return nil, damaged(manifestFile, "it is no valid JSON: "+err.Error())
	}
	if p.Version != PackVersion && p.Version != packVersionOne {
		return nil, &records.RefusedError{Code: "pack_version", Args: []string{p.Version, PackVersion},
			Reason: fmt.Sprintf("the pack has format %q; this version reads %q and %q", p.Version, packVersionOne, PackVersion)}
	}
	p.sealed = zr
	if err := p.pictures(files); err != nil {
		return nil, err
	}
	if err := p.documents(); err != nil {
		return nil, err
	}
	if len(p.Objects) > maxFiles {
		return nil, tooMany(len(p.Objects))
	}
	for i, o := range p.Objects {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if progress != nil {
			progress(i, len(p.Objects))
		}
		if err := o.same(ctx, files[o.File]); err != nil {
			return nil, err
		}
	}
	return &p, nil
}

// unsealAt is the plain text of a sealed file, to be read anywhere; a changed byte
// is an error where it is read.
func unsealAt(r SealedFile, passphrase string) (io.ReaderAt, int64, error) {
	identity, err := age.NewScryptIdentity(passphrase)
	if err != nil {
		return nil, 0, err
	}
	size, err := r.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, 0, err
	}
	plain, n, err := age.DecryptReaderAt(r, size, identity)
	if err != nil {
		var wrong *age.NoIdentityMatchError
		if errors.As(err, &wrong) {
			return nil, 0, &records.RefusedError{Code: "pack_passphrase", Reason: "the passphrase does not open this pack"}
		}
		return nil, 0, &records.RefusedError{Code: "pack_damaged", Args: []string{"", err.Error()}, Reason: "this is not a consult pack, or it is damaged: " + err.Error()}
	}
	return plain, n, nil
}

// packFiles are the files of a pack by name. One that claims to be larger than a
// pack may be, that has more files, two of one name, or a name that leaves its
// folder is refused as a whole: no pack of ours is so.
func packFiles(plain io.ReaderAt, size int64) (*zip.Reader, map[string]*zip.File, error) {
	zr, err := zip.NewReader(plain, size)
	if err != nil {
		return nil, nil, damaged("", err.Error())
	}
	if len(zr.File) > maxFiles {
		return nil, nil, tooMany(len(zr.File))
	}
	files := map[string]*zip.File{}
	left := uint64(maxPack)
	for _, f := range zr.File {
		switch {
		case !filepath.IsLocal(f.Name), strings.ContainsAny(f.Name, "\\:\x00"), path.Clean(f.Name) != f.Name, !f.Mode().IsRegular():
			return nil, nil, &records.RefusedError{Code: "pack_path", Args: []string{fmt.Sprintf("%q", f.Name)},
				Reason: fmt.Sprintf("the pack holds a file named %q, which no pack has; it was not opened", f.Name)}
		case files[f.Name] != nil:
			return nil, nil, damaged(f.Name, "it is in the pack twice")
		case f.UncompressedSize64 > left:
			return nil, nil, tooLarge()
		}
		left -= f.UncompressedSize64
		files[f.Name] = f
	}
	return zr, files, nil
}

func tooLarge() error {
	return &records.RefusedError{Code: "pack_bomb", Args: []string{fmt.Sprint(maxPack >> 20)}, Reason: fmt.Sprintf("the pack unpacks to more than %d MiB, which no pack does; it was not opened", maxPack>>20)}
}

func tooMany(n int) error {
	return &records.RefusedError{Code: "pack_files", Args: []string{fmt.Sprint(n), fmt.Sprint(maxFiles)}, Reason: fmt.Sprintf("the pack holds %d files; at most %d are opened", n, maxFiles)}
}

func damaged(name, reason string) error {
	return &records.RefusedError{Code: "pack_damaged", Args: []string{name, reason}, Reason: strings.TrimSpace("the pack is damaged: "+name) + ": " + reason}
}

func changed(name string) error {
	return &records.RefusedError{Code: "pack_hash", Args: []string{name}, Reason: name + " inside the pack is not what was packed"}
}

// contents reads one file of at most so many bytes.
func contents(files map[string]*zip.File, name string, most int64) ([]byte, error) {
	f := files[name]
	if f == nil {
		return nil, damaged(name, "it is missing")
	}
	rc, err := f.Open()
	if err != nil {
		return nil, damaged(name, err.Error())
	}
	defer rc.Close()
	data, err := io.ReadAll(io.LimitReader(rc, most+1))
	if err != nil {
		return nil, damaged(name, err.Error())
	}
	if int64(len(data)) > most {
		return nil, damaged(name, fmt.Sprintf("it has more than %d MiB", most>>20))
	}
	return data, nil
}

// pictures reads the pictures; together they are bounded, also in pixels.
func (p *Pack) pictures(files map[string]*zip.File) error {
	left := int64(maxPictures)
	for i := range p.Images {
		img := &p.Images[i]
		var err error
		if img.PNG, err = contents(files, img.File, min(maxPicture, left)); err != nil {
			return err
		}
		left -= int64(len(img.PNG))
		if sum := sha256.Sum256(img.PNG); hex.EncodeToString(sum[:]) != img.SHA256 {
			return changed(img.File)
		}
		size, err := png.DecodeConfig(bytes.NewReader(img.PNG))
		if err != nil {
			return damaged(img.File, err.Error())
		}
		if size.Width > maxPixels/max(1, size.Height) {
			return damaged(img.File, fmt.Sprintf("it is a picture of %d x %d", size.Width, size.Height))
		}
	}
	return nil
}

func (p *Pack) documents() error {
	for i := range p.Documents {
		d := &p.Documents[i]
		canonical, err := d.Document.Canonical()
		if err != nil {
			return err
		}
		if sum := sha256.Sum256(canonical); hex.EncodeToString(sum[:]) != d.SHA256 {
			return &records.RefusedError{Code: "pack_report", Args: []string{d.Document.ID}, Reason: "the signed report " + d.Document.ID + " inside the pack is not what was signed"}
		}
		d.Canonical = canonical
	}
	return nil
}

// same compares an object with its hash, without keeping it.
func (o *PackedObject) same(ctx context.Context, f *zip.File) error {
	if f == nil {
		return damaged(o.File, "it is missing")
	}
	if o.Size < 0 || f.UncompressedSize64 != uint64(o.Size) {
		return damaged(o.File, fmt.Sprintf("it has %d bytes, and %d were packed", f.UncompressedSize64, o.Size))
	}
	rc, err := f.Open()
	if err != nil {
		return damaged(o.File, err.Error())
	}
	defer rc.Close()
	h := sha256.New()
	if _, err := io.Copy(&counted{ctx, h, o.Size}, io.LimitReader(rc, o.Size)); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return damaged(o.File, err.Error())
	}
	if hex.EncodeToString(h.Sum(nil)) != o.SHA256 {
		return changed(o.File)
	}
	return nil
}
