//go:build unix

package sqlite

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// wal is SQLite's write-ahead log as its file format describes it: a header of
// 32 bytes, then frames, each of 24 bytes and a page. A frame belongs to the log
// while its salts are those of the header and its checksum follows from all
// before it. (https://www.sqlite.org/fileformat2.html, section 4)
type wal struct {
	pageSize int
	commits  []int64          // ends of the frames that end a transaction, in order
	pages    map[uint32]int64 // last frame of each page
}

const (
	walHeader   = 32
	frameHeader = 24
)

func readWAL(t *testing.T, raw []byte) wal {
	t.Helper()
	w := wal{pages: map[uint32]int64{}}
	if len(raw) < walHeader {
		return w
	}
	be := binary.BigEndian
	var order binary.ByteOrder = binary.LittleEndian
	switch be.Uint32(raw) {
	case 0x377f0682:
	case 0x377f0683:
		order = be
	default:
		t.Fatalf("this is no write-ahead log: %x", raw[:4])
	}
	w.pageSize = int(be.Uint32(raw[8:]))
	sum := func(s [2]uint32, p []byte) [2]uint32 {
		for ; len(p) >= 8; p = p[8:] {
			s[0] += order.Uint32(p) + s[1]
			s[1] += order.Uint32(p[4:]) + s[0]
		}
		return s
	}
	s := sum([2]uint32{}, raw[:24])
	if s != [2]uint32{be.Uint32(raw[24:]), be.Uint32(raw[28:])} {
		return w
	}
	for at := walHeader; at+frameHeader+w.pageSize <= len(raw); at += frameHeader + w.pageSize {
		f := raw[at : at+frameHeader+w.pageSize]
		s = sum(sum(s, f[:8]), f[frameHeader:])
		if !bytes.Equal(f[8:16], raw[16:24]) || s != [2]uint32{be.Uint32(f[16:]), be.Uint32(f[20:])} {
			break
		}
		end := int64(at + len(f))
		w.pages[be.Uint32(f)] = end
		if be.Uint32(f[4:]) != 0 {
			w.commits = append(w.commits, end)
		}
	}
	return w
}

// plugged is the child under test: it decides until it is stopped, while what it
// acknowledged is collected.
type plugged struct {
	t     *testing.T
	child *exec.Cmd

	mu    sync.Mutex
	acked map[string]int
	n     int
}

func startPlugged(t *testing.T, folder string) *plugged {
	t.Helper()
	p := &plugged{t: t, acked: map[string]int{}}
	p.child = exec.Command(os.Args[0], "-test.run=^TestVerdictsUntilKilled$", "-test.timeout=10m")
	p.child.Env = append(os.Environ(), killedFolder+"="+folder)
	// A pipe of our own: what was written into it before the child stopped is
	// read to its end, see settle.
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p.child.Stdout, p.child.Stderr = w, os.Stderr
	if err := p.child.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	done := make(chan struct{})
	go func() {
		defer close(done)
		lines := bufio.NewReader(r)
		for {
			text, err := lines.ReadString('\n')
			if err != nil {
				return
			}
			var uid string
			var version int
			if _, err := fmt.Sscanf(text, "ack %s %d", &uid, &version); err == nil {
				p.mu.Lock()
				p.acked[uid] = max(p.acked[uid], version)
				p.n++
				p.mu.Unlock()
			}
		}
	}()
	t.Cleanup(func() {
		p.child.Process.Kill()
		_ = p.child.Wait()
		<-done
		r.Close()
	})
	return p
}

func (p *plugged) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.n
}

func (p *plugged) signal(s syscall.Signal) {
	p.t.Helper()
	if err := p.child.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

// stop stops the child at once and waits until it stands still and its lines
// are read.
func (p *plugged) stop() map[string]int {
	p.t.Helper()
	p.signal(syscall.SIGSTOP)
	stat := fmt.Sprintf("/proc/%d/stat", p.child.Process.Pid)
	for range 1000 {
		if raw, err := os.ReadFile(stat); err != nil || bytes.Contains(raw, []byte(") T ")) {
			break
		}
		time.Sleep(time.Millisecond)
	}
	for last := -1; last != p.count(); { // its lines, of which each is shorter than the pipe
		last = p.count()
		time.Sleep(5 * time.Millisecond)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	out := map[string]int{}
	for uid, v := range p.acked {
		out[uid] = v
	}
	return out
}

// await waits until the child has acknowledged more verdicts.
func (p *plugged) await(more int) {
	p.t.Helper()
	for from, tries := p.count(), 0; p.count() < from+more; tries++ {
		if tries > 60_000 {
			p.t.Fatal("the child does not go on")
		}
		time.Sleep(time.Millisecond)
	}
}

// TestAPulledPlugLosesNoAcknowledgedVerdict stops a process that decides on
// findings, copies its files as a power cut might have left them, and opens the
// copy. Until its commit is acknowledged the end of the log may not have reached
// the disk: it is cut at any byte there, and what stands behind is garbled in
// sectors. The shared memory is gone, or is garbage; pages of the database that
// a checkpoint was writing are torn, while the log still has them.
func TestAPulledPlugLosesNoAcknowledgedVerdict(t *testing.T) {
	if testing.Short() {
		t.Skip("runs processes for seconds")
	}
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Skip("no /proc here to see whether a process stands still")
	}
	folder := verdictsFolder(t)
	p := startPlugged(t, folder)
	p.await(1)
	stops, trials, unacknowledged, torn, frames := soak(6, 100), 0, 0, 0, 0
	for range stops {
		p.await(1 + rand.IntN(150)) // a checkpoint comes after some hundred
		acked := p.stop()
		read := func(name string) []byte {
			raw, err := os.ReadFile(filepath.Join(folder, name))
			if err != nil {
				t.Fatal(err)
			}
			return raw
		}
		database, log, shared := read(DatabaseFile), read(DatabaseFile+"-wal"), read(DatabaseFile+"-shm")
		p.signal(syscall.SIGCONT)
		w := readWAL(t, log)
		whole := plugTrial(t, acked, database, log, nil)
		total := 0
		for _, v := range acked {
			total += v - 1
		}
		// Where the log may not have been synced: behind the last acknowledged
		// commit. One more may be whole without having been acknowledged.
		safe := int64(walHeader)
		switch n := len(w.commits); {
		case whole == total && n > 0:
			safe = w.commits[n-1]
		case whole == total+1 && n > 1:
			safe = w.commits[n-2]
			unacknowledged++
		case whole != total && whole != total+1:
			t.Fatalf("%d verdicts, %d acknowledged: more than one was under way", whole, total)
		}
		if len(log) == 0 {
			safe = 0
		}
		frames += len(w.commits)
		for range soak(5, 20) {
			trials++
			cut := safe + rand.Int64N(int64(len(log))-safe+1)
			broken := bytes.Clone(log[:cut])
			if rand.IntN(2) == 0 { // sectors that were written in any order, or not
				broken = bytes.Clone(log)
				for at := safe; at < int64(len(broken)); at += 512 {
					if rand.IntN(2) == 0 {
						end := min(at+512, int64(len(broken)))
						for i := at; i < end; i++ {
							broken[i] = byte(rand.IntN(256))
						}
					}
				}
			}
			pages := database
			if rand.IntN(3) == 0 && len(w.commits) > 0 {
				pages = bytes.Clone(database)
				for page, frame := range w.pages {
					if frame > safe || rand.IntN(2) == 0 {
						continue
					}
					if at := int(page-1) * w.pageSize; page > 1 && at+w.pageSize <= len(pages) {
						torn++
						clear(pages[at : at+w.pageSize/2])
					}
				}
			}
			var shm []byte
			switch rand.IntN(3) {
			case 0:
				shm = shared
			case 1:
				shm = bytes.Repeat([]byte{0xa5}, len(shared))
			}
			plugTrial(t, acked, pages, broken, shm)
		}
	}
	if frames == 0 {
		t.Error("nothing was ever in the log: the test proves nothing")
	}
	t.Logf("%d trials at %d moments, %d acknowledged verdicts, %d times one more was whole, %d torn pages", trials, stops, p.count(), unacknowledged, torn)
}

// plugTrial opens a folder with such files and gives its number of verdicts.
func plugTrial(t *testing.T, acked map[string]int, database, log, shared []byte) int {
	t.Helper()
	folder, err := os.MkdirTemp(t.TempDir(), "copy")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(folder)
	for name, raw := range map[string][]byte{DatabaseFile: database, DatabaseFile + "-wal": log, DatabaseFile + "-shm": shared} {
		if raw == nil {
			continue
		}
		if err := os.WriteFile(filepath.Join(folder, name), raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	versions := checkSurvivors(t, folder, acked)
	if t.Failed() {
		var counts []string
		for uid, v := range acked {
			counts = append(counts, fmt.Sprintf("%s/%d", uid, v))
		}
		t.Fatalf("log of %d bytes, acknowledged %s", len(log), strings.Join(counts, " "))
	}
	return versions
}
