//go:build !linux

package worker

import (
	"fmt"
	"os"
	"os/exec"
	"runtime/debug"
)

// thisProgram is empty where the running program has no lasting name; then
// Options.Executable is started.
const thisProgram = ""

// memorySize is the largest number of bytes that pass in one message.
const memorySize = 1 << 30

// memoryKept is how much of the buffer stays after a frame or a run.
const memoryKept = 64 << 20

// connect makes the connection to a process that is about to be started: its
// standard input and output, through which pixels and tensors pass too. The
// child ends when its input does.
func connect(cmd *exec.Cmd, _ bool) (*connection, error) {
	in, theirIn, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("connection: %w", err)
	}
	theirOut, out, err := os.Pipe()
	if err != nil {
		in.Close()
		theirIn.Close()
		return nil, fmt.Errorf("connection: %w", err)
	}
	cmd.Stdin, cmd.Stdout = theirOut, theirIn
	return &connection{wire: newWire(in, out, nil), control: []*os.File{in, out}, theirs: []*os.File{theirIn, theirOut}}, nil
}

// accept is connect's other end.
func accept(bool) (*wire, error) { return newWire(os.Stdin, os.Stdout, nil), nil }

// confine keeps the Go runtime within limit bytes; what native code takes is
// not limited on this system.
func confine(limit int64) error {
	debug.SetMemoryLimit(limit)
	return nil
}

// machineMemory is the memory that is assumed where it is not asked for.
func machineMemory() int64 { return assumedMemory }

func shrink(*os.File) {}

func unmap([]byte) {}

// peakMemory is 0 where it is not known.
func peakMemory(*os.ProcessState) int64 { return 0 }

func peakOf(int) int64 { return 0 }
