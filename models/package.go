package models

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
)

// The files of a package, besides LICENSE, README.md and test/.
const (
	CardFile  = "card.json"
	ModelFile = "model.onnx"
	HeadFile  = "head.onnx" // only where the card has a Head
)

const (
	cardLimit  = 1 << 20 // bytes of card.json
	modelLimit = 2 << 30 // bytes of model.onnx: protobuf allows no more
)

// Package is one model package whose card and hash have been checked.
type Package struct {
	Card  *Card
	Files fs.FS // the package's folder as root: card.json, model.onnx, test/...

	CardSHA256 string // lower-case hex, of card.json as it was loaded
}

// Key tells packages apart to the byte: another card with the same ONNX file is
// another model.
func (p *Package) Key() string { return p.Card.ID + "@" + p.Card.File.SHA256 + "@" + p.CardSHA256 }

// HashError says that an ONNX file is not the one that the card was written for.
type HashError struct {
	ID       string // of the package
	File     string // ModelFile or HeadFile
	Expected string // lower-case hex, from card.json
	Found    string // lower-case hex, of the file
}

// Error names both hashes and what to do.
func (e *HashError) Error() string {
	return fmt.Sprintf("model package %s: %s has SHA-256 %s but %s says %s; the file was changed or damaged, the model is not run: install the package again",
		e.ID, e.File, e.Found, CardFile, e.Expected)
}

// ErrNotPackage is wrapped when a folder holds no card.json.
var ErrNotPackage = errors.New("this folder is not a model package")

// Load reads the package in folder dir of fsys ("." is allowed only where the
// folder's own name does not matter, e.g. for an unpacked ZIP). The card must
// parse, the folder must be named after the card's id, and model.onnx, and
// head.onnx where the card has one, must have the card's SHA-256, else the error
// is a *HashError.
func Load(fsys fs.FS, dir string) (*Package, error) {
	files, err := fs.Sub(fsys, dir)
	if err != nil {
		return nil, fmt.Errorf("model package %s: %w", dir, err)
	}
	data, err := readLimited(files, CardFile, cardLimit)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("model package %s: no %s: %w", dir, CardFile, ErrNotPackage)
	}
	if err != nil {
		return nil, fmt.Errorf("model package %s: %w", dir, err)
	}
	card, err := Parse(data)
	if err != nil {
		return nil, fmt.Errorf("model package %s: %w", dir, err)
	}
	if name := path.Base(dir); name != "." && name != card.ID {
		return nil, fmt.Errorf("model package %s: key \"id\" says %q; rename the folder to the id", dir, card.ID)
	}
	sum := sha256.Sum256(data)
	p := &Package{Card: card, Files: files, CardSHA256: hex.EncodeToString(sum[:])}
	if err := p.checkHash(ModelFile, card.File.SHA256); err != nil {
		return nil, err
	}
	if h := card.Head(); h != nil {
		if err := p.checkHash(HeadFile, h.SHA256); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// Model returns the bytes of model.onnx, whose hash is compared once more: what
// runs is what the card describes. The error is a *HashError when it is not.
func (p *Package) Model() ([]byte, error) { return p.graph(ModelFile, p.Card.File.SHA256) }

// Head returns the bytes of head.onnx as Model does, and nil where the card has
// none.
func (p *Package) Head() ([]byte, error) {
	h := p.Card.Head()
	if h == nil {
		return nil, nil
	}
	return p.graph(HeadFile, h.SHA256)
}

func (p *Package) graph(file, hash string) ([]byte, error) {
	data, err := readLimited(p.Files, file, modelLimit)
	if err != nil {
		return nil, fmt.Errorf("model package %s: %w", p.Card.ID, err)
	}
	sum := sha256.Sum256(data)
	return data, p.compareHash(file, hash, sum[:])
}

func (p *Package) checkHash(file, hash string) error {
	f, err := p.Files.Open(file)
	if err != nil {
		return fmt.Errorf("model package %s: %w; install the package again", p.Card.ID, err)
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return fmt.Errorf("model package %s: reading %s: %w", p.Card.ID, file, err)
	}
	return p.compareHash(file, hash, h.Sum(nil))
}

func (p *Package) compareHash(file, hash string, sum []byte) error {
	if found := hex.EncodeToString(sum); found != hash {
		return &HashError{ID: p.Card.ID, File: file, Expected: hash, Found: found}
	}
	return nil
}

// ReadFile reads one file of the package, of at most limit bytes.
func (p *Package) ReadFile(name string, limit int64) ([]byte, error) {
	data, err := readLimited(p.Files, name, limit)
	if err != nil {
		return nil, fmt.Errorf("model package %s: %w", p.Card.ID, err)
	}
	return data, nil
}

func readLimited(files fs.FS, name string, limit int64) ([]byte, error) {
	f, err := files.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("%s is larger than %d bytes", name, limit)
	}
	return data, nil
}
