package archive

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"longying/imaging"
	"longying/imaging/slide"
	"longying/imaging/slide/openslide"
	"longying/records"
	"longying/records/sqlite"
)

// Slides that are no DICOM objects are kept as they come, sealed like the
// others; their objects have no SOP class. OpenSlide reads files by their path,
// so one that is opened lies decrypted in memory, under a name that no folder
// has, until it is closed.

// largestSlide is the largest file that is kept and opened so, in bytes.
const largestSlide = 2 << 30

// NotKeptError says why something can be shown where it lies but not be kept.
type NotKeptError struct{ Path, Reason string }

// Error says it for people.
func (e *NotKeptError) Error() string { return e.Path + ": " + e.Reason }

func isForeign(in *imaging.Instance) bool { return in.Slide != nil && in.Slide.Format != "" }

// putSlide seals a slide's file, and opens the sealed copy before it says that
// the slide is kept: a format of several files, or one that is known by its
// name alone, does not survive that.
func (a *Archive) putSlide(ctx context.Context, in *imaging.Instance) (obj records.Object, err error) {
	f, err := os.Open(in.Source)
	if err != nil {
		return obj, err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return obj, err
	}
	if st.Size() > largestSlide {
		return obj, &NotKeptError{in.Source, fmt.Sprintf("the slide has %d MiB; one of more than %d MiB cannot be opened out of the data folder", st.Size()>>20, int64(largestSlide)>>20)}
	}
	h := sha256.New()
	size, err := io.Copy(h, f)
	if err != nil {
		return obj, fmt.Errorf("%s cannot be read: %w", in.Source, err)
	}
	sum := hex.EncodeToString(h.Sum(nil))
	obj = records.Object{SOPUID: in.SOPInstanceUID, StudyUID: in.StudyUID, SeriesUID: in.SeriesUID, Modality: in.Modality,
		SHA256: sum, Size: size, File: a.key.ObjectName(sum)}
	path := filepath.Join(a.folder, obj.File)
	if _, err := os.Stat(path); err == nil {
		return obj, a.sameSlide(ctx, &obj, in)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return obj, err
	}
	if err := a.key.WriteSealed(path, f); err != nil {
		return obj, err
	}
	if err := a.sameSlide(ctx, &obj, in); err != nil {
		return obj, errors.Join(err, os.Remove(path))
	}
	return obj, nil
}

// sameSlide opens a sealed copy and compares it with what was found outside.
func (a *Archive) sameSlide(ctx context.Context, obj *records.Object, in *imaging.Instance) error {
	again, err := a.slideInstance(ctx, obj)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return &NotKeptError{in.Source, fmt.Sprintf("a slide of the format %s cannot be opened out of the data folder (of one made of several files only the first would be kept): %v", in.Slide.Format, err)}
	case again.SOPInstanceUID != in.SOPInstanceUID || again.Slide.TotalColumns != in.Slide.TotalColumns || again.Slide.TotalRows != in.Slide.TotalRows:
		return &NotKeptError{in.Source, fmt.Sprintf("a slide of the format %s is another one when it is opened out of the data folder", in.Slide.Format)}
	}
	return nil
}

// openSlide opens a kept slide; closing it lets go of the memory.
func (a *Archive) openSlide(ctx context.Context, obj *records.Object) (slide.Source, error) {
	source, _, err := a.unsealed(ctx, obj)
	return source, err
}

func (a *Archive) unsealed(ctx context.Context, obj *records.Object) (slide.Source, string, error) {
	sealed, err := a.key.OpenSealed(filepath.Join(a.folder, obj.File))
	if err != nil {
		return nil, "", fmt.Errorf("slide %s: %w", obj.SOPUID, err)
	}
	defer sealed.Close()
	memory, path, err := inMemory(ctx, sealed, sealed.Size())
	if err != nil {
		return nil, "", fmt.Errorf("slide %s: %w", obj.SOPUID, err)
	}
	source, err := a.slides.OpenSlide(ctx, path)
	if err != nil {
		memory.Close()
		return nil, "", fmt.Errorf("slide %s: %w", obj.SOPUID, err)
	}
	return &unsealedSlide{source, memory}, path, nil
}

type unsealedSlide struct {
	slide.Source
	memory io.Closer
}

// Close is slide.Source's.
func (s *unsealedSlide) Close() error { return errors.Join(s.Source.Close(), s.memory.Close()) }

// slideInstance describes a kept slide by its own bytes.
func (a *Archive) slideInstance(ctx context.Context, obj *records.Object) (*imaging.Instance, error) {
	source, path, err := a.unsealed(ctx, obj)
	if err != nil {
		return nil, err
	}
	defer source.Close()
	return openslide.Instance(ctx, path, source.Description())
}

// slideHeader describes a kept slide as it stands in the record: its UIDs stay
// what they were at import, whatever OpenSlide makes of it today.
func (a *Archive) slideHeader(ctx context.Context, obj *records.Object) (*imaging.Instance, error) {
	in, err := a.slideInstance(ctx, obj)
	if err != nil {
		return nil, err
	}
	in.Source, in.SOPInstanceUID, in.SeriesUID, in.StudyUID, in.Study.Description = obj.SOPUID, obj.SOPUID, obj.SeriesUID, obj.StudyUID, ""
	err = a.store.View(ctx, func(tx *sqlite.Tx) error {
		ex, err := tx.Examination(obj.StudyUID)
		if err == nil {
			in.Study.Description = ex.Description
		}
		return err
	})
	return in, err
}

func (a *Archive) object(ctx context.Context, sopUID string) (obj *records.Object, err error) {
	err = a.store.View(ctx, func(tx *sqlite.Tx) (err error) {
		obj, err = tx.Object(sopUID)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("object %s: %w", sopUID, err)
	}
	return obj, nil
}
