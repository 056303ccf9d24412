package archive

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// inMemory copies size bytes into memory that has a path and no folder
// (memfd_create(2)): it ends with the file, or with this process, and is never
// written to a disk but for the system's own swapping. The path can be opened by
// a process of the same user as long as the file is open here.
func inMemory(ctx context.Context, r io.ReaderAt, size int64) (*os.File, string, error) {
	if size > largestSlide {
		return nil, "", fmt.Errorf("it has %d MiB; at most %d MiB can be opened", size>>20, int64(largestSlide)>>20)
	}
	if free := availableMemory(); free > 0 && size > free/2 {
		return nil, "", fmt.Errorf("opening it needs %d MiB of memory, and only %d MiB are free; close other programs", size>>20, free>>20)
	}
	fd, err := unix.MemfdCreate("slide", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, "", fmt.Errorf("no memory for the decrypted slide: %w", err)
	}
	f := os.NewFile(uintptr(fd), "slide")
	buf := make([]byte, 1<<20)
	for at := int64(0); at < size; {
		if err := ctx.Err(); err != nil {
			f.Close()
			return nil, "", err
		}
		n, err := r.ReadAt(buf[:min(int64(len(buf)), size-at)], at)
		if n > 0 {
			_, werr := f.Write(buf[:n])
			if werr != nil {
				f.Close()
				return nil, "", fmt.Errorf("no memory for the decrypted slide: %w", werr)
			}
		}
		at += int64(n)
		if err != nil && at < size {
			f.Close()
			return nil, "", err
		}
	}
	return f, fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), fd), nil
}

// availableMemory is what the system can give without swapping, in bytes; 0:
// unknown.
func availableMemory() int64 {
	f, err := os.Open("/proc/meminfo")
	if err != nil {
		return 0
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), "MemAvailable:"); ok {
			kib, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
			if err != nil {
				return 0
			}
			return kib << 10
		}
	}
	return 0
}
