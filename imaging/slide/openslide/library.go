// Package openslide reads the slides of scanners' own formats (SVS, NDPI, MRXS,
// SCN, BIF, tiled TIFF and others) through OpenSlide, which is loaded where it
// is installed: the program starts and works without it. Nothing else of this
// program knows OpenSlide.
//
// A few lines of C call it through cgo, which the program needs anyway (SQLite,
// OpenJPEG); they also turn its premultiplied pixels into RGB in place, which a
// loader without cgo could not.
package openslide

/*
#cgo linux LDFLAGS: -ldl
#include "openslide.h"
#include <stdlib.h>
*/
import "C"

import (
	"fmt"
	"unsafe"
)

// Library is OpenSlide as it is installed here. Its methods may be called from
// several goroutines.
type Library struct{ api C.openslide_api }

// NotInstalledError says that OpenSlide cannot be loaded.
type NotInstalledError struct{ Reason string }

// Error says what to do.
func (e *NotInstalledError) Error() string {
	return "slides of this kind are read with OpenSlide, which is not there (" + e.Reason + "); install it: on Debian and its kin the package libopenslide0"
}

// names are the library's, newest interface first.
var names = []string{"libopenslide.so.1", "libopenslide.so.0", "libopenslide.1.dylib", "libopenslide.0.dylib"}

// Load finds the library by the system's rules (the loader's path). A
// NotInstalledError says that it is not there. It stays loaded until the
// program ends.
func Load() (*Library, error) { return load(names) }

func load(names []string) (*Library, error) {
	list := (*[1 << 10]*C.char)(C.calloc(C.size_t(len(names)+1), C.size_t(unsafe.Sizeof(uintptr(0)))))
	defer C.free(unsafe.Pointer(list))
	for i, n := range names {
		list[i] = C.CString(n)
		defer C.free(unsafe.Pointer(list[i]))
	}
	l := &Library{}
	var why [256]C.char
	if C.longying_openslide_load(&l.api, &list[0], &why[0], C.size_t(len(why))) != 0 {
		return nil, &NotInstalledError{C.GoString(&why[0])}
	}
	return l, nil
}

// Version is OpenSlide's, e.g. 3.4.1.
func (l *Library) Version() string { return C.GoString(C.longying_openslide_version(&l.api)) }

// Vendor names the format of a file as OpenSlide does, e.g. aperio, hamamatsu,
// generic-tiff; empty where it knows none. The pixels are not looked at.
func (l *Library) Vendor(path string) string {
	p := C.CString(path)
	defer C.free(unsafe.Pointer(p))
	if v := C.longying_openslide_vendor(&l.api, p); v != nil {
		return C.GoString(v)
	}
	return ""
}

// handle is one open slide of the library. An error of OpenSlide stays with the
// handle: nothing can be read through it any more.
type handle struct {
	api *C.openslide_api
	osr *C.openslide_t
}

func (l *Library) open(path string) (handle, error) {
	p := C.CString(path)
	defer C.free(unsafe.Pointer(p))
	h := handle{&l.api, C.longying_openslide_open(&l.api, p)}
	if h.osr == nil {
		return h, fmt.Errorf("%s: OpenSlide %s knows no slide of this kind", path, l.Version())
	}
	if err := h.err(); err != nil {
		h.close()
		return handle{}, fmt.Errorf("%s: %w", path, err)
	}
	return h, nil
}

func (h handle) close() { C.longying_openslide_close(h.api, h.osr) }

// err is the error that the handle is stuck with.
func (h handle) err() error {
	if text := C.longying_openslide_error(h.api, h.osr); text != nil {
		return fmt.Errorf("OpenSlide says: %s", C.GoString(text))
	}
	return nil
}

func (h handle) levels() int { return int(C.longying_openslide_levels(h.api, h.osr)) }

func (h handle) size(level int) (w, hh int64) {
	var cw, ch C.int64_t
	C.longying_openslide_size(h.api, h.osr, C.int32_t(level), &cw, &ch)
	return int64(cw), int64(ch)
}

func (h handle) downsample(level int) float64 {
	return float64(C.longying_openslide_downsample(h.api, h.osr, C.int32_t(level)))
}

// mostProperties and longestProperty bound what is kept of a slide's text.
const (
	mostProperties  = 4096
	longestProperty = 64 << 10
)

func (h handle) properties() map[string]string {
	out := map[string]string{}
	for i := range C.int32_t(mostProperties) {
		name := C.longying_openslide_property_name(h.api, h.osr, i)
		if name == nil {
			break
		}
		value := C.longying_openslide_property(h.api, h.osr, name)
		if value == nil {
			continue
		}
		if text := C.GoString(value); len(text) <= longestProperty {
			out[C.GoString(name)] = text
		}
	}
	return out
}

// mostAssociated bounds the pictures beside a slide.
const mostAssociated = 64

func (h handle) associated() []string {
	var out []string
	for i := range C.int32_t(mostAssociated) {
		name := C.longying_openslide_associated_name(h.api, h.osr, i)
		if name == nil {
			break
		}
		out = append(out, C.GoString(name))
	}
	return out
}

func (h handle) associatedSize(name string) (w, hh int64) {
	n := C.CString(name)
	defer C.free(unsafe.Pointer(n))
	var cw, ch C.int64_t
	C.longying_openslide_associated_size(h.api, h.osr, n, &cw, &ch)
	return int64(cw), int64(ch)
}

// readAssociated fills pix, 4 bytes a pixel.
func (h handle) readAssociated(name string, background [3]uint8, pix []byte) error {
	n := C.CString(name)
	defer C.free(unsafe.Pointer(n))
	return h.result(int64(C.longying_openslide_associated(h.api, h.osr, n, C.int64_t(len(pix)/4), packed(background), (*C.uint8_t)(&pix[0]))))
}

// icc is the colour profile; known is false where this OpenSlide does not tell.
func (h handle) icc() (profile []byte, known bool, err error) {
	n := int64(C.longying_openslide_icc_size(h.api, h.osr))
	switch {
	case n == -2:
		return nil, false, nil
	case n < 0:
		return nil, true, h.err()
	case n == 0:
		return nil, true, nil
	case n > largestProfile:
		return nil, true, fmt.Errorf("it has %d bytes; the limit is %d", n, largestProfile)
	}
	profile = make([]byte, n)
	C.longying_openslide_icc(h.api, h.osr, unsafe.Pointer(&profile[0]))
	return profile, true, h.err()
}

// tile reads a rectangle whose top left pixel is at (x, y) of level 0. Of its
// w x hh pixels insideW x insideH lie on the level.
func (h handle) tile(level int, x, y int64, w, hh, insideW, insideH int, background [3]uint8) (rgb []byte, absent int, err error) {
	rgb = make([]byte, 3*w*hh)
	n := int64(C.longying_openslide_tile(h.api, h.osr, C.int32_t(level), C.int64_t(x), C.int64_t(y), C.int32_t(w), C.int32_t(hh),
		C.int32_t(insideW), C.int32_t(insideH), packed(background), (*C.uint8_t)(&rgb[0])))
	return rgb, int(n), h.result(n)
}

func (h handle) result(n int64) error {
	switch n {
	case -1:
		if err := h.err(); err != nil {
			return err
		}
		return fmt.Errorf("OpenSlide gave no pixels")
	case -2:
		return fmt.Errorf("there is not enough memory for the pixels")
	}
	return nil
}

func packed(c [3]uint8) C.uint32_t {
	return C.uint32_t(c[0])<<16 | C.uint32_t(c[1])<<8 | C.uint32_t(c[2])
}
