package outbox

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"sync"
	"time"
)

// StubPlatform is a stand-in for a provincial platform, for the demo on the
// loopback and for tests. It registers each document, version and format once,
// gives the same answer to a repeat, and can be told to fail. It judges no
// content and keeps none.
type StubPlatform struct {
	// AfterAccept is called after a document was registered for the first time
	// and before the answer, with the number accepted since the start. It may
	// end the process.
	AfterAccept func(count int)
	// Fault says how the request, counted from 1, is to fail; nil: never.
	Fault func(request int) Fault
	// Now is the platform's clock; nil is the system's.
	Now func() time.Time

	mu       sync.Mutex
	file     *os.File
	list     []*Registration
	byKey    map[string]*Registration
	posts    int
	asks     int
	accepted int
}

// Fault is a way to fail.
type Fault int

// The ways to fail.
const (
	FaultNone         Fault = iota
	FaultCloseBefore        // closes the connection without accepting
	FaultCloseAfter         // accepts, then closes the connection without an answer
	FaultGarbageAfter       // accepts, then answers something else
	FaultUnavailable        // answers 503
	FaultRefuse             // answers AE
)

// Registration is what the platform has registered.
type Registration struct {
	DocumentID string    `json:"document_id"`
	Version    int       `json:"version"`
	Format     string    `json:"format"`
	SHA256     string    `json:"sha256"`
	Size       int       `json:"size"`
	Receipt    string    `json:"receipt"`
	Registered time.Time `json:"registered"`
}

func (r Registration) key() string {
	return fmt.Sprintf("%s\x00%d\x00%s", r.DocumentID, r.Version, r.Format)
}

// NewStubPlatform starts with what the file says was registered, one JSON
// object a line; the file is made where it is missing. Without a name nothing
// is kept. A line that a killed process left unfinished was never answered and
// is dropped.
func NewStubPlatform(file string) (*StubPlatform, error) {
	s := &StubPlatform{byKey: map[string]*Registration{}}
	if file == "" {
		return s, nil
	}
	f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("registry of the stub platform: %w", err)
	}
	s.file = f
	if err := s.load(); err != nil {
		f.Close()
		return nil, fmt.Errorf("registry of the stub platform %s: %w", file, err)
	}
	return s, nil
}

func (s *StubPlatform) load() error {
	in := bufio.NewReader(s.file)
	whole := int64(0)
	for {
		line, err := in.ReadBytes('\n')
		if err == io.EOF {
			if err := s.file.Truncate(whole); err != nil {
				return err
			}
			_, err := s.file.Seek(whole, io.SeekStart)
			return err
		}
		if err != nil {
			return err
		}
		r := &Registration{}
		if err := json.Unmarshal(line, r); err != nil {
			return fmt.Errorf("line %d: %w", len(s.list)+1, err)
		}
		s.list, s.byKey[r.key()] = append(s.list, r), r
		whole += int64(len(line))
	}
}

// Close closes the registry's file.
func (s *StubPlatform) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file == nil {
		return nil
	}
	return s.file.Close()
}

// Registered lists what is registered, in order.
func (s *StubPlatform) Registered() []Registration {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Registration, len(s.list))
	for i, r := range s.list {
		out[i] = *r
	}
	return out
}

// Requests counts what came in since the start: documents sent, and questions.
func (s *StubPlatform) Requests() (sent, asked int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.posts, s.asks
}

// ServeHTTP answers POST /documents, GET /documents (the whole list) and GET
// /documents/{id}/{version}.
func (s *StubPlatform) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /documents", s.post)
	mux.HandleFunc("GET /documents", func(w http.ResponseWriter, _ *http.Request) { answerJSON(w, http.StatusOK, s.Registered()) })
	mux.HandleFunc("GET /documents/{id}/{version}", s.get)
	mux.ServeHTTP(w, r)
}

func (s *StubPlatform) get(w http.ResponseWriter, r *http.Request) {
	version, _ := strconv.Atoi(r.PathValue("version")) // 0 is never registered
	key := Registration{DocumentID: r.PathValue("id"), Version: version, Format: r.URL.Query().Get("format")}.key()
	s.mu.Lock()
	s.asks++
	known := s.byKey[key]
	s.mu.Unlock()
	if known == nil {
		answerJSON(w, http.StatusNotFound, reply{Status: "AE", Reason: "not registered"})
		return
	}
	answerJSON(w, http.StatusOK, known.reply())
}

func (r *Registration) reply() reply {
	return reply{Status: "AA", Receipt: r.Receipt, Registered: r.Registered, SHA256: r.SHA256}
}

func (s *StubPlatform) post(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.posts++
	request := s.posts
	s.mu.Unlock()
	fault := FaultNone
	if s.Fault != nil {
		fault = s.Fault(request)
	}
	switch fault {
	case FaultCloseBefore:
		closeSilently(w)
		return
	case FaultUnavailable:
		http.Error(w, "maintenance", http.StatusServiceUnavailable)
		return
	case FaultRefuse:
		answerJSON(w, http.StatusOK, reply{Status: "AE", Reason: "the stub was told to refuse"})
		return
	}
	reg, status, err := s.accept(r)
	switch {
	case err != nil:
		answerJSON(w, status, reply{Status: "AE", Reason: err.Error()})
	case fault == FaultCloseAfter:
		closeSilently(w)
	case fault == FaultGarbageAfter:
		w.Write([]byte("<html>Welcome to nginx!</html>"))
	default:
		answerJSON(w, http.StatusOK, reg.reply())
	}
}

// accept registers a document, or finds it registered.
func (s *StubPlatform) accept(r *http.Request) (*Registration, int, error) {
	body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, 256<<20))
	if err != nil {
		return nil, http.StatusBadRequest, err
	}
	sum := sha256.Sum256(body)
	reg := &Registration{Format: r.Header.Get(headerFormat), SHA256: hex.EncodeToString(sum[:]), Size: len(body)}
	reg.DocumentID, err = url.PathUnescape(r.Header.Get(headerID))
	version, err2 := strconv.Atoi(r.Header.Get(headerVersion))
	reg.Version = version
	switch {
	case err != nil || err2 != nil || reg.DocumentID == "" || version < 1 || reg.Format == "":
		return nil, http.StatusBadRequest, errors.New("the envelope lacks document id, version or format")
	case r.Header.Get(headerSHA256) != reg.SHA256:
		return nil, http.StatusBadRequest, errors.New("the body is not what its SHA-256 says")
	case len(bytes.TrimSpace(body)) == 0:
		return nil, http.StatusBadRequest, errors.New("the document is empty")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if known := s.byKey[reg.key()]; known != nil {
		if known.SHA256 != reg.SHA256 {
			return nil, http.StatusConflict, errors.New("this version is registered with other content; a correction needs a new version")
		}
		return known, http.StatusOK, nil
	}
	reg.Receipt, reg.Registered = fmt.Sprintf("STUB-%06d", len(s.list)+1), s.clock()
	if err := s.keep(reg); err != nil {
		return nil, http.StatusInternalServerError, err
	}
	s.list, s.byKey[reg.key()] = append(s.list, reg), reg
	s.accepted++
	if s.AfterAccept != nil {
		s.AfterAccept(s.accepted)
	}
	return reg, http.StatusOK, nil
}

func (s *StubPlatform) clock() time.Time {
	if s.Now != nil {
		return s.Now()
	}
	return time.Now().UTC().Truncate(time.Second)
}

// keep appends a registration to the file, on the disk before it is answered.
func (s *StubPlatform) keep(r *Registration) error {
	if s.file == nil {
		return nil
	}
	line, err := json.Marshal(r)
	if err != nil {
		return err
	}
	if _, err := s.file.Write(append(line, '\n')); err != nil {
		return err
	}
	return s.file.Sync()
}

func answerJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v) // a client that has gone away needs no answer
}

// closeSilently breaks the connection without an answer.
func closeSilently(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, "this server cannot break a connection", http.StatusServiceUnavailable)
		return
	}
	conn.Close()
}
