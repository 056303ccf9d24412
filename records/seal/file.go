package seal

import (
	"bytes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
)

// A sealed file is a header and chunks of chunkSize bytes of content, each
// sealed by AES-256-GCM under a key of the file's own (HKDF of the objects key
// with the salt in the header). The nonce of a chunk is the random prefix in
// the header, the chunk's number and a flag for the last (the STREAM
// construction), and its additional data is the file's base name with the
// header; so a chunk that is changed, dropped, doubled, moved within the file
// or to another file does not open, and neither does a file under another name
// or cut at a chunk. Every chunk but the last is full, and an empty file is one
// empty last chunk.
//
// Header: magic "LONGYING" | format 1 | cipher 1 | 2 bytes zero | chunk size,
// 4 bytes | salt, 32 bytes | nonce prefix, 7 bytes | 1 byte zero | content
// size, 8 bytes. Numbers are big-endian.
const (
	fileMagic      = "LONGYING"
	fileFormat     = 1
	cipherAES256   = 1
	chunkSize      = 64 << 10
	headerSize     = 64
	sizeOffset     = 56
	saltOffset     = 16
	prefixOffset   = 48
	prefixSize     = 7
	chunkOverhead  = 16
	maxSealedChunk = 1 << 32
)

// DamagedError says which sealed file does not open and where. It wraps
// ErrDamaged.
type DamagedError struct {
	Path   string
	Reason string
}

func (e *DamagedError) Error() string {
	return fmt.Sprintf("the sealed file %s does not open: %s; take it from a backup or import it again", e.Path, e.Reason)
}

// Unwrap makes errors.Is(err, ErrDamaged) hold.
func (e *DamagedError) Unwrap() error { return ErrDamaged }

type fileSeal struct {
	aead   cipher.AEAD
	header [headerSize]byte
	name   string
}

// fileSeal is the seal of the content of path under a name that it is bound to.
func (k *Key) fileSeal(path, name string, header [headerSize]byte) (*fileSeal, error) {
	key, err := hkdf.Key(sha256.New, k.objects, header[saltOffset:saltOffset+32], "longying/file/1", 32)
	if err != nil {
		return nil, fmt.Errorf("the key of %s cannot be derived: %w", path, err)
	}
	aead, err := gcm(key)
	return &fileSeal{aead: aead, header: header, name: name}, err
}

// newHeader is the header of a file that is to be written, its size still 0.
func newHeader() (header [headerSize]byte) {
	copy(header[:], fileMagic)
	header[8], header[9] = fileFormat, cipherAES256
	binary.BigEndian.PutUint32(header[12:], chunkSize)
	rand.Read(header[saltOffset : prefixOffset+prefixSize])
	return header
}

func (s *fileSeal) nonce(chunk int64, last bool) []byte {
	n := append(make([]byte, 0, 12), s.header[prefixOffset:prefixOffset+prefixSize]...)
	n = binary.BigEndian.AppendUint32(n, uint32(chunk))
	if last {
		return append(n, 1)
	}
	return append(n, 0)
}

// aad of the last chunk covers the content size; the size is not known before.
func (s *fileSeal) aad(last bool) []byte {
	end := sizeOffset
	if last {
		end = headerSize
	}
	return append(bytes.Clone(s.header[:end]), s.name...)
}

// WriteSealed seals everything that r gives into a file, whole or not at all:
// when it returns without error the file survives a power cut. The file opens
// only under its base name; the folder may be moved.
func (k *Key) WriteSealed(path string, r io.Reader) error {
	s, err := k.fileSeal(path, filepath.Base(path), newHeader())
	if err != nil {
		return err
	}
	err = writeAtomic(path, func(f *os.File) error { return s.writeAll(f, r) })
	if err != nil {
		return fmt.Errorf("%s cannot be written: %w", path, err)
	}
	return nil
}

// output is a file, or the part of one behind what stands before.
type output interface {
	io.Writer
	io.WriterAt
}

func (s *fileSeal) writeAll(f output, r io.Reader) error {
	if _, err := f.Write(s.header[:]); err != nil {
		return err
	}
	// One chunk is read ahead, because the last is sealed differently.
	this, next := make([]byte, chunkSize), make([]byte, chunkSize)
	sealed := make([]byte, 0, chunkSize+chunkOverhead)
	n, err := readChunk(r, this)
	if err != nil {
		return err
	}
	size := int64(0)
	for chunk := int64(0); ; chunk++ {
		if chunk == maxSealedChunk {
			return fmt.Errorf("more than %d chunks", int64(maxSealedChunk))
		}
		size += int64(n)
		ahead := 0
		if n == chunkSize {
			if ahead, err = readChunk(r, next); err != nil {
				return err
			}
		}
		last := ahead == 0
		if last {
			binary.BigEndian.PutUint64(s.header[sizeOffset:], uint64(size))
		}
		sealed = s.aead.Seal(sealed[:0], s.nonce(chunk, last), this[:n], s.aad(last))
		if _, err := f.Write(sealed); err != nil {
			return err
		}
		if last {
			_, err := f.WriteAt(s.header[sizeOffset:], sizeOffset)
			return err
		}
		this, next, n = next, this, ahead
	}
}

// readChunk fills p as far as r goes; an error that is not the end is an error.
func readChunk(r io.Reader, p []byte) (int, error) {
	n, err := io.ReadFull(r, p)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return n, nil
	}
	return n, err
}

// SealedFile reads a sealed file at any position. It is an io.ReaderAt, safe
// for concurrent use. A byte is given out only after its chunk was
// authenticated.
type SealedFile struct {
	seal   *fileSeal
	path   string
	file   io.ReaderAt
	closer io.Closer // nil: the file is somebody else's
	size   int64
	chunks int64

	buffers sync.Pool // of []byte, sealed chunks

	mu     sync.Mutex
	cached int64 // number of the chunk in cache, -1: none
	cache  []byte
}

// OpenSealed opens a sealed file. The header, the length and the last chunk are
// checked at once, so that a cut file is refused here; the other chunks as they
// are read. Damage is a *DamagedError, which wraps ErrDamaged.
func (k *Key) OpenSealed(path string) (*SealedFile, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("the sealed file cannot be opened: %w", err)
	}
	s, err := k.openSealedFile(f, path)
	if err != nil {
		f.Close()
		return nil, err
	}
	s.closer = f
	return s, nil
}

func (k *Key) openSealedFile(f *os.File, path string) (*SealedFile, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("the sealed file cannot be read: %w", err)
	}
	return k.openSealed(f, info.Size(), path, filepath.Base(path))
}

// CheckSealed reads a sealed file through to its end: damage anywhere in it is a
// *DamagedError.
func (k *Key) CheckSealed(path string) error {
	f, err := k.OpenSealed(path)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, f.Content())
	return errors.Join(err, f.Close())
}

// openSealed opens the length bytes of f, which were sealed under name; path is
// for errors.
func (k *Key) openSealed(f io.ReaderAt, length int64, path, name string) (*SealedFile, error) {
	damaged := func(format string, args ...any) error {
		return &DamagedError{Path: path, Reason: fmt.Sprintf(format, args...)}
	}
	var header [headerSize]byte
	if n, err := f.ReadAt(header[:], 0); n < headerSize {
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("the sealed file %s cannot be read: %w", path, err)
		}
		return nil, damaged("it is shorter than its header")
	}
	if string(header[:8]) != fileMagic {
		return nil, damaged("it is not a sealed file")
	}
	if header[8] != fileFormat || header[9] != cipherAES256 {
		return nil, fmt.Errorf("the sealed file %s has format %d with cipher %d, which this version does not know; use the program version that made it, or a newer one", path, header[8], header[9])
	}
	if c := binary.BigEndian.Uint32(header[12:]); c != chunkSize {
		return nil, damaged("chunks of %d bytes instead of %d", c, chunkSize)
	}
	size := binary.BigEndian.Uint64(header[sizeOffset:])
	if size > uint64(length) {
		return nil, damaged("it is cut: %d bytes of content in %d bytes", size, length)
	}
	chunks := max(1, (int64(size)+chunkSize-1)/chunkSize)
	if want := headerSize + int64(size) + chunks*chunkOverhead; length != want {
		return nil, damaged("it has %d bytes instead of %d", length, want)
	}
	fs, err := k.fileSeal(path, name, header)
	if err != nil {
		return nil, err
	}
	s := &SealedFile{seal: fs, path: path, file: f, size: int64(size), chunks: chunks, cached: -1}
	if err := s.load(chunks - 1); err != nil {
		return nil, err
	}
	return s, nil
}

// Size is the length of the content.
func (s *SealedFile) Size() int64 { return s.size }

// Content reads the content from its beginning to its end.
func (s *SealedFile) Content() io.Reader { return io.NewSectionReader(s, 0, s.size) }

// Close closes the file.
func (s *SealedFile) Close() error {
	if s.closer == nil {
		return nil
	}
	return s.closer.Close()
}

// ReadAt implements io.ReaderAt.
func (s *SealedFile) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, fmt.Errorf("%s: position %d is negative", s.path, off)
	}
	done := 0
	for done < len(p) {
		at := off + int64(done)
		if at >= s.size {
			return done, io.EOF
		}
		chunk, inside := at/chunkSize, int(at%chunkSize)
		length := s.length(chunk)
		if rest := p[done:]; inside == 0 && len(rest) >= length {
			if err := s.open(rest[:length], chunk); err != nil { // straight into the caller's buffer
				return done, err
			}
			done += length
			continue
		}
		n, err := s.copyCached(p[done:], chunk, inside)
		if err != nil {
			return done, err
		}
		done += n
	}
	return done, nil
}

func (s *SealedFile) length(chunk int64) int {
	return int(min(chunkSize, s.size-chunk*chunkSize))
}

func (s *SealedFile) copyCached(p []byte, chunk int64, inside int) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cached != chunk {
		if err := s.load(chunk); err != nil {
			return 0, err
		}
	}
	return copy(p, s.cache[inside:]), nil
}

// load opens a chunk into the cache; the caller holds mu or is the only one.
func (s *SealedFile) load(chunk int64) error {
	n := s.length(chunk)
	if cap(s.cache) < n {
		s.cache = make([]byte, n)
	}
	s.cached = -1
	if err := s.open(s.cache[:n], chunk); err != nil {
		return err
	}
	s.cached, s.cache = chunk, s.cache[:n]
	return nil
}

// open reads and opens one chunk into p, which is exactly as long.
func (s *SealedFile) open(p []byte, chunk int64) error {
	buffer, _ := s.buffers.Get().(*[]byte)
	if buffer == nil {
		b := make([]byte, chunkSize+chunkOverhead)
		buffer = &b
	}
	defer s.buffers.Put(buffer)
	sealed := (*buffer)[:len(p)+chunkOverhead]
	if _, err := s.file.ReadAt(sealed, headerSize+chunk*(chunkSize+chunkOverhead)); err != nil {
		return fmt.Errorf("the sealed file %s cannot be read at chunk %d: %w", s.path, chunk, err)
	}
	last := chunk == s.chunks-1
	if _, err := s.seal.aead.Open(p[:0:len(p)], s.seal.nonce(chunk, last), sealed, s.seal.aad(last)); err != nil {
		return &DamagedError{Path: s.path, Reason: fmt.Sprintf("chunk %d of %d was changed or moved, or it was sealed under another key or name", chunk, s.chunks)}
	}
	return nil
}
