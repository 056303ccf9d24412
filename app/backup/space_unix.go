//go:build unix

package backup

import "golang.org/x/sys/unix"

// freeSpace is what a user may still write to the file system of a folder, in
// bytes.
func freeSpace(folder string) (int64, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(folder, &st); err != nil {
		return 0, err
	}
	return int64(st.Bavail) * int64(st.Bsize), nil
}
