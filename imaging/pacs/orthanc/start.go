package orthanc

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"
)

// ErrMissing says that Orthanc or its DICOMweb plugin is not installed.
var ErrMissing = errors.New("no Orthanc with its DICOMweb plugin is installed; make setup brings both (Debian: orthanc, orthanc-dicomweb)")

// plugin is where the configuration expects it.
const plugin = "/usr/share/orthanc/plugins/libOrthancDicomWeb.so"

// Process is a running Orthanc.
type Process struct {
	URL       string // of its DICOMweb services
	Password  string // of the user longying
	DICOMPort int

	cmd *exec.Cmd
	log log
}

// log is what Orthanc says; it may be read while Orthanc writes.
type log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write is io.Writer's.
func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// String is all that was said.
func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// Log is what Orthanc has said so far.
func (p *Process) Log() string { return p.log.String() }

// Start starts Orthanc with the shipped configuration in a folder that holds
// nothing else, on free ports, and waits until it answers. The caller stops it.
func Start(ctx context.Context, folder string, s Settings) (*Process, error) {
	program, err := exec.LookPath("Orthanc")
	if err != nil {
		program = "/usr/sbin/Orthanc"
	}
	for _, path := range []string{program, plugin} {
		if _, err := os.Stat(path); err != nil {
			return nil, ErrMissing
		}
	}
	for attempt := 0; ; attempt++ { // another program may take a port that was free
		p, err := start(ctx, program, folder, s)
		if err == nil || attempt == 2 || ctx.Err() != nil {
			return p, err
		}
	}
}

func start(ctx context.Context, program, folder string, s Settings) (*Process, error) {
	for _, port := range []*int{&s.HTTPPort, &s.DICOMPort} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		if *port == 0 {
			*port = l.Addr().(*net.TCPAddr).Port
		}
		if err := l.Close(); err != nil {
			return nil, err
		}
	}
	if s.Password == "" {
		s.Password = "loopback"
	}
	text, err := Config(s)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(folder, "orthanc.json")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return nil, err
	}
	p := &Process{URL: fmt.Sprintf("http://127.0.0.1:%d/dicom-web", s.HTTPPort), Password: s.Password, DICOMPort: s.DICOMPort}
	p.cmd = exec.Command(program, path)
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = folder, &p.log, &p.log
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	ended := make(chan error, 1)
	go func() { ended <- p.cmd.Wait() }()
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	for !p.ready(ctx) {
		select {
		case <-poll.C:
		case <-ended:
			return nil, fmt.Errorf("the server ended at once: %s", p.log.String())
		case <-ctx.Done():
			p.Stop()
			<-ended
			return nil, fmt.Errorf("the server is not ready: %w: %s", ctx.Err(), p.log.String())
		}
	}
	return p, nil
}

func (p *Process) ready(ctx context.Context) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.URL+"/studies?limit=1", nil)
	if err != nil {
		return false
	}
	req.SetBasicAuth(User, p.Password)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	return resp.Body.Close() == nil && resp.StatusCode == http.StatusOK
}

// Stop ends it at once: what it has stored is of no more use.
func (p *Process) Stop() {
	_ = p.cmd.Process.Kill() // it may have ended already
}
