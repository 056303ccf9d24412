package bounded

import (
	"runtime"
	"testing"
)

type counting struct {
	testing.TB
	errors int
}

func (c *counting) Helper()               {}
func (c *counting) Name() string          { return "counting" }
func (c *counting) Errorf(string, ...any) { c.errors++ }

func TestMemoryOverTheBoundIsFound(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the memory of a process is read on Linux alone")
	}
	c := &counting{TB: t}
	take := func() {
		b := make([]byte, int(peak())+64<<20)
		for i := range b {
			b[i] = byte(i)
		}
		runtime.KeepAlive(b)
	}
	Run(c, 1<<20, take)
	if c.errors != 1 {
		t.Error("64 MiB more than ever before were not found")
	}
	Run(c, 1<<20, func() {})
	if c.errors != 1 {
		t.Error("an input that takes nothing was refused")
	}
}
