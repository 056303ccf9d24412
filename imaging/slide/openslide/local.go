package openslide

import (
	"context"

	"longying/imaging/slide"
)

// Local opens slides in this process: slide.Opener. The library is looked for
// when a slide is.
type Local struct{}

var _ slide.Opener = Local{}

// Format is slide.Opener's; the error is a *NotInstalledError.
func (Local) Format(ctx context.Context, path string) (string, error) {
	l, err := Load()
	if err != nil {
		return "", err
	}
	return l.Vendor(path), ctx.Err()
}

// OpenSlide is slide.Opener's.
func (Local) OpenSlide(ctx context.Context, path string) (slide.Source, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	l, err := Load()
	if err != nil {
		return nil, err
	}
	s, err := l.Open(path)
	if err != nil {
		return nil, err
	}
	return s, nil
}
