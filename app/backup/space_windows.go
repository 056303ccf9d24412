package backup

import "golang.org/x/sys/windows"

// freeSpace is what a user may still write to the file system of a folder, in
// bytes.
func freeSpace(folder string) (int64, error) {
	p, err := windows.UTF16PtrFromString(folder)
	if err != nil {
		return 0, err
	}
	var free uint64
	err = windows.GetDiskFreeSpaceEx(p, &free, nil, nil)
	return int64(free), err
}
