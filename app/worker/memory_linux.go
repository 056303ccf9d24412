package worker

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// memorySize is the size of the memory that two processes share, in bytes. It
// is address space: what was never written takes no memory. Twice the largest
// frame that is decoded (1 GiB) and more than the largest model (2 GiB).
const memorySize = 3 << 30

// memoryKept is how much of the shared memory stays after a frame or a run.
const memoryKept = 64 << 20

// shareMemory makes the memory: an unnamed file that goes with the last process
// that has it open. It can neither shrink nor grow, so that no process can take
// it away under the other, which would end that with SIGBUS.
func shareMemory() (*os.File, []byte, error) {
	fd, err := unix.MemfdCreate("longying-worker", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return nil, nil, fmt.Errorf("shared memory: %w", err)
	}
	f := os.NewFile(uintptr(fd), "longying-worker")
	if err := f.Truncate(memorySize); err != nil {
		f.Close()
		return nil, nil, fmt.Errorf("shared memory: %w", err)
	}
	if _, err := unix.FcntlInt(f.Fd(), unix.F_ADD_SEALS, unix.F_SEAL_SHRINK|unix.F_SEAL_GROW|unix.F_SEAL_SEAL); err != nil {
		f.Close()
		return nil, nil, fmt.Errorf("shared memory: %w", err)
	}
	b, err := mapMemory(f)
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return f, b, nil
}

func mapMemory(f *os.File) ([]byte, error) {
	b, err := unix.Mmap(int(f.Fd()), 0, memorySize, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_NORESERVE)
	if err != nil {
		return nil, fmt.Errorf("shared memory: %w", err)
	}
	return b, nil
}

// shrink gives the memory behind memoryKept back to the system.
func shrink(memory *os.File) {
	// Where it fails the memory stays until the process ends.
	_ = unix.Fallocate(int(memory.Fd()), unix.FALLOC_FL_PUNCH_HOLE|unix.FALLOC_FL_KEEP_SIZE, memoryKept, memorySize-memoryKept)
}

func unmap(b []byte) {
	// It fails only for what is no mapping.
	_ = unix.Munmap(b)
}
