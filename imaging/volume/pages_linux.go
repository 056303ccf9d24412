package volume

import (
	"os"
	"syscall"
	"unsafe"
)

// inLargePages asks for the memory of voxels, not touched yet, in pages of 2 MiB
// (madvise(2), MADV_HUGEPAGE): filling a volume then takes one fault where it
// took 512, and a cut across it does not miss the TLB at every row. A kernel that
// does not know it goes on as before.
func inLargePages[T int16 | uint16 | float32](voxels []T) {
	const advice = 14 // MADV_HUGEPAGE, which package syscall does not name
	if len(voxels) == 0 {
		return
	}
	memory := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(voxels))), uintptr(len(voxels))*unsafe.Sizeof(voxels[0]))
	page := os.Getpagesize()
	skip := -int(uintptr(unsafe.Pointer(unsafe.SliceData(memory)))) & (page - 1)
	if whole := (len(memory) - skip) &^ (page - 1); skip < len(memory) && whole > 0 {
		_ = syscall.Madvise(memory[skip:skip+whole], advice)
	}
}
