// Package icc converts 8-bit RGB pixels under an ICC profile (ISO 15076-1) to
// sRGB (IEC 61966-2-1), for the screen. It is the only user of Little CMS,
// through which matrix and table profiles of versions 2 and 4 are read.
package icc

/*
#cgo pkg-config: lcms2
#include <lcms2.h>
#include <stdlib.h>

static cmsHTRANSFORM to_srgb(const void *profile, cmsUInt32Number size, cmsUInt32Number intent, char *name, cmsUInt32Number room) {
	cmsHPROFILE in = cmsOpenProfileFromMem(profile, size);
	if (!in) return NULL;
	name[0] = 0;
	cmsGetProfileInfoASCII(in, cmsInfoDescription, "en", "US", name, room);
	cmsHPROFILE out = cmsCreate_sRGBProfile();
	cmsHTRANSFORM t = NULL;
	if (out) {
		// Without the cache of one pixel a transform may be used by several threads.
		t = cmsCreateTransform(in, TYPE_RGB_8, out, TYPE_RGB_8, intent, cmsFLAGS_NOCACHE);
		cmsCloseProfile(out);
	}
	cmsCloseProfile(in);
	return t;
}
*/
import "C"

import (
	"encoding/binary"
	"fmt"
	"strings"
	"sync"
	"unsafe"
)

// LargestProfile bounds a profile, in bytes; a scanner's has 3 to 600 KiB.
const LargestProfile = 16 << 20

// Transform converts pixels of one profile. Its methods may be called from
// several goroutines.
type Transform struct {
	name string

	mu     sync.RWMutex
	handle C.cmsHTRANSFORM // nil once closed
}

// New reads a profile of the colour space RGB. Close releases the transform.
func New(profile []byte) (*Transform, error) {
	if err := check(profile); err != nil {
		return nil, err
	}
	intent := binary.BigEndian.Uint32(profile[64:]) & 0xffff
	if intent > 3 {
		intent = 0 // perceptual
	}
	var name [128]C.char
	h := C.to_srgb(unsafe.Pointer(&profile[0]), C.cmsUInt32Number(len(profile)), C.cmsUInt32Number(intent), &name[0], C.cmsUInt32Number(len(name)))
	if h == nil {
		return nil, fmt.Errorf("the ICC profile of %d bytes is damaged or of a kind that gives no colours", len(profile))
	}
	return &Transform{handle: h, name: strings.TrimSpace(C.GoString(&name[0]))}, nil
}

// check looks at the header (ISO 15076-1, 7.2) before native code does.
func check(p []byte) error {
	const header = 128
	switch {
	case len(p) < header+4:
		return fmt.Errorf("the ICC profile is only %d bytes long", len(p))
	case len(p) > LargestProfile:
		return fmt.Errorf("the ICC profile is %d bytes long; the limit is %d", len(p), LargestProfile)
	case string(p[36:40]) != "acsp":
		return fmt.Errorf("the %d bytes that should be an ICC profile are none: the mark acsp is missing", len(p))
	case int64(binary.BigEndian.Uint32(p)) > int64(len(p)):
		return fmt.Errorf("the ICC profile is cut short: %d of %d bytes", len(p), binary.BigEndian.Uint32(p))
	case string(p[16:20]) != "RGB ":
		return fmt.Errorf("the ICC profile is for the colour space %q; wanted RGB", strings.TrimSpace(string(p[16:20])))
	}
	return nil
}

// Name is the profile's description, as it gives it.
func (t *Transform) Name() string { return t.name }

// Apply converts pixels of 3 bytes: len(src) bytes into dst, which may be src.
// dst must be as long as src, and their length a multiple of 3. After Close the
// pixels are copied unconverted.
func (t *Transform) Apply(dst, src []byte) {
	if len(src) < 3 || len(dst) < len(src) {
		return
	}
	t.mu.RLock()
	defer t.mu.RUnlock()
	if t.handle == nil {
		copy(dst, src)
		return
	}
	C.cmsDoTransform(t.handle, unsafe.Pointer(&src[0]), unsafe.Pointer(&dst[0]), C.cmsUInt32Number(len(src)/3))
}

// Close releases the transform; closing twice does nothing.
func (t *Transform) Close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.handle != nil {
		C.cmsDeleteTransform(t.handle)
		t.handle = nil
	}
}
