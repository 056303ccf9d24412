package ort

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// RuntimeVersion is the version of ONNX Runtime that `make setup` brings.
const RuntimeVersion = "1.32.0"

// MissingError says that the ONNX Runtime library was not found.
type MissingError struct {
	Looked []string // where
}

// Error names every place and what to do.
func (e *MissingError) Error() string {
	return fmt.Sprintf("the ONNX Runtime library was not found; looked at %s: run `make setup`, or name the file", strings.Join(e.Looked, ", "))
}

// Is makes errors.Is(err, fs.ErrNotExist) true.
func (e *MissingError) Is(target error) bool { return target == fs.ErrNotExist }

// LibraryPaths lists where the library may lie, the first that exists is meant.
// A path that a person named is the only one: another file in its stead would
// be a surprise. Else: beside the executable, in ../lib, and in the user's cache
// folder (os.UserCacheDir), where `make setup` puts it. Empty arguments are left
// out.
func LibraryPaths(named, executable, cacheDir string) []string {
	if named != "" {
		return []string{named}
	}
	var paths []string
	if executable != "" {
		dir := filepath.Dir(executable)
		paths = append(paths, filepath.Join(dir, libraryName()), filepath.Join(dir, "..", "lib", libraryName()))
	}
	if cacheDir != "" {
		paths = append(paths, filepath.Join(cacheDir, "longying", "onnxruntime-"+RuntimeVersion, libraryName()))
	}
	return paths
}

// FindLibrary is the first of the paths that is a file; none is a *MissingError.
func FindLibrary(paths ...string) (string, error) {
	for _, p := range paths {
		if info, err := os.Stat(p); err == nil && info.Mode().IsRegular() {
			return p, nil
		}
	}
	return "", &MissingError{Looked: paths}
}

func libraryName() string {
	switch runtime.GOOS {
	case "windows":
		return "onnxruntime.dll"
	case "darwin":
		return "libonnxruntime.dylib"
	}
	return "libonnxruntime.so"
}
