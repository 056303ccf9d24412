package worker

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// thisProgram is the program that runs, also when its file was replaced by an
// update meanwhile: both ends then still speak the same.
const thisProgram = "/proc/self/exe"

// connect makes the connection to a process that is about to be started: a
// pair of sockets and, unless piped, shared memory, which the child finds as
// descriptors 3 and 4.
func connect(cmd *exec.Cmd, piped bool) (*connection, error) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("connection: %w", err)
	}
	// Without blocking, so that the runtime waits for it and can be interrupted.
	if err := unix.SetNonblock(pair[0], true); err != nil {
		return nil, errors.Join(err, unix.Close(pair[0]), unix.Close(pair[1]))
	}
	own, theirs := os.NewFile(uintptr(pair[0]), "worker"), os.NewFile(uintptr(pair[1]), "worker")
	c := &connection{control: []*os.File{own}, theirs: []*os.File{theirs}, deadline: own}
	cmd.ExtraFiles = []*os.File{theirs}
	var shared []byte
	if !piped {
		if c.memory, shared, err = shareMemory(); err != nil {
			c.close()
			return nil, err
		}
		cmd.ExtraFiles = append(cmd.ExtraFiles, c.memory)
		cmd.Args = append(cmd.Args, "shared")
	}
	c.wire = newWire(own, own, shared)
	// A group of its own: Ctrl-C in a terminal is this process's to handle. The
	// kernel kills the child when the thread that started it ends: see launcher.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	return c, nil
}

// accept is connect's other end.
func accept(shared bool) (*wire, error) {
	control := os.NewFile(3, "worker")
	if st, err := control.Stat(); err != nil || st.Mode()&os.ModeSocket == 0 {
		return nil, errors.New("there is no connection")
	}
	if !shared {
		return newWire(control, control, nil), nil
	}
	file := os.NewFile(4, "memory")
	if st, err := file.Stat(); err != nil || st.Size() != memorySize {
		return nil, errors.New("there is no shared memory")
	}
	memory, err := mapMemory(file)
	if err != nil {
		return nil, err
	}
	return newWire(control, control, memory), file.Close()
}

// confine limits what a worker may take: limit bytes of memory of its own
// (RLIMIT_DATA: heap, anonymous memory and thread stacks; address space that is
// only reserved, which the Go runtime and the C library do by the gigabyte, does
// not count, and neither does shared memory), no core dump (it would hold a
// patient's pixels), and the first place among those that the kernel ends when
// memory runs out.
func confine(limit int64) error {
	if err := unix.Setrlimit(unix.RLIMIT_DATA, &unix.Rlimit{Cur: uint64(limit), Max: uint64(limit)}); err != nil {
		return fmt.Errorf("the memory limit of %d bytes cannot be set: %w", limit, err)
	}
	if err := unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}); err != nil {
		return fmt.Errorf("core dumps cannot be switched off: %w", err)
	}
	// Where /proc is not there the kernel chooses by itself.
	_ = os.WriteFile("/proc/self/oom_score_adj", []byte("1000"), 0)
	return nil
}

// machineMemory is the memory of this machine, in bytes.
func machineMemory() int64 {
	var info unix.Sysinfo_t
	if err := unix.Sysinfo(&info); err != nil {
		return assumedMemory
	}
	return int64(info.Totalram) * int64(info.Unit)
}

// peakMemory is the most that a process that has ended had in memory, in bytes.
func peakMemory(state *os.ProcessState) int64 {
	usage, ok := state.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	return usage.Maxrss << 10
}

// peakOf is the most that a process that runs has had in memory, in bytes. What
// wait4 tells counts the parent's memory in, where the child was made by vfork.
func peakOf(pid int) int64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for _, line := range strings.Split(string(status), "\n") {
		if text, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			n, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(text), " kB"), 10, 64)
			if err != nil {
				return 0
			}
			return n << 10
		}
	}
	return 0
}
