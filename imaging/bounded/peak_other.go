//go:build !linux

package bounded

// peak is not known here: only the time is bounded.
func peak() int64 { return 0 }
