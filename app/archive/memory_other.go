//go:build !linux

package archive

import (
	"context"
	"errors"
	"io"
	"os"
)

// inMemory needs memory that has a path, which only Linux gives.
func inMemory(context.Context, io.ReaderAt, int64) (*os.File, string, error) {
	return nil, "", errors.New("slides of scanners' own formats cannot be opened out of the data folder on this system; this version does so on Linux only")
}
