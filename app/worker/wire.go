package worker

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
)

// wire is one end of the connection between this program and a worker. A
// message is the length of its text (uint32), the place of its bytes in memory
// (from and to, uint64; all little-endian), and the text, a JSON object. Where
// the memory is not shared the bytes follow.
type wire struct {
	r      *bufio.Reader
	w      io.Writer
	memory []byte // shared: of both processes; else of this one
	shared bool

	out     []byte // the message being sent
	partial bool   // a part of a message has been read
}

const (
	wireHead    = 4 + 8 + 8
	longestText = 1 << 20 // bytes of one message's text
)

func newWire(r io.Reader, w io.Writer, shared []byte) *wire {
	return &wire{r: bufio.NewReaderSize(r, 4<<10), w: w, memory: shared, shared: shared != nil}
}

// most is the largest number of bytes that pass in one message.
func (w *wire) most() int64 {
	if w.shared {
		return int64(len(w.memory))
	}
	return memorySize
}

// reserve gives bytes from..to of the memory.
func (w *wire) reserve(from, to int64) ([]byte, error) {
	if from < 0 || to < from || to > w.most() {
		return nil, fmt.Errorf("%d bytes are more than can pass between two processes (%d)", to-from, w.most())
	}
	if int64(len(w.memory)) < to {
		grown := make([]byte, to)
		copy(grown, w.memory)
		w.memory = grown
	}
	return w.memory[from:to:to], nil
}

// send sends a message that says something of bytes from..to of the memory.
func (w *wire) send(message any, from, to int64) error {
	text, err := json.Marshal(message)
	if err != nil {
		return fmt.Errorf("message to another process: %w", err)
	}
	if len(text) > longestText {
		return fmt.Errorf("a message of %d bytes to another process is too long", len(text))
	}
	w.out = binary.LittleEndian.AppendUint32(w.out[:0], uint32(len(text)))
	w.out = binary.LittleEndian.AppendUint64(w.out, uint64(from))
	w.out = binary.LittleEndian.AppendUint64(w.out, uint64(to))
	w.out = append(w.out, text...)
	if _, err := w.w.Write(w.out); err != nil || w.shared {
		return err
	}
	_, err = w.w.Write(w.memory[from:to])
	return err
}

// receive reads a message about bytes of memory that end at top or before. What
// it says of itself is checked; an *answerError says that it cannot be.
func (w *wire) receive(message any, top int64) (from, to int64, err error) {
	head, err := w.r.Peek(wireHead) // so that an interrupted wait loses nothing
	if err != nil {
		return 0, 0, err
	}
	length := binary.LittleEndian.Uint32(head)
	a, b := binary.LittleEndian.Uint64(head[4:]), binary.LittleEndian.Uint64(head[12:])
	if length > longestText || a > b || b > uint64(min(top, w.most())) {
		return 0, 0, answerf("a message of %d bytes about bytes %d to %d of %d", length, a, b, top)
	}
	w.partial = true
	from, to = int64(a), int64(b)
	text := make([]byte, wireHead+int(length))
	if _, err := io.ReadFull(w.r, text); err != nil {
		return 0, 0, unexpected(err)
	}
	if err := json.Unmarshal(text[wireHead:], message); err != nil {
		return 0, 0, answerf("a message that cannot be read: %v", err)
	}
	if w.shared {
		w.partial = false
		return from, to, nil
	}
	into, err := w.reserve(from, to)
	if err != nil {
		return 0, 0, err
	}
	if _, err := io.ReadFull(w.r, into); err != nil {
		return 0, 0, unexpected(err)
	}
	w.partial = false
	return from, to, nil
}

// midway reports that a part of a message has been read, and the rest was not.
func (w *wire) midway() bool { return w.partial || w.r.Buffered() > 0 }

func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
