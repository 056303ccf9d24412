package openslide

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"longying/imaging"
	"longying/imaging/slide"
)

// extensions are those of the formats that OpenSlide reads; a tiled TIFF may
// have any.
var extensions = []string{".svs", ".tif", ".tiff", ".ndpi", ".vms", ".vmu", ".scn", ".mrxs", ".svslide", ".bif", ".czi"}

// mayBeSlide keeps OpenSlide away from files that are none: by their name, and
// by the first bytes of a TIFF.
func mayBeSlide(path string) bool {
	if slices.Contains(extensions, strings.ToLower(filepath.Ext(path))) {
		return true
	}
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	var head [4]byte
	if _, err := io.ReadFull(f, head[:]); err != nil {
		return false
	}
	_, _, ok := tiffKind(head[:])
	return ok
}

// Take finds the slides among files that were skipped because they are not
// DICOM, and describes each as an instance. The others stay skipped; one that
// should be a slide keeps the reason for which it is none.
func Take(ctx context.Context, opener slide.Opener, skipped []imaging.Skipped) (slides []imaging.Instance, rest []imaging.Skipped, err error) {
	for _, s := range skipped {
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		if st, err := os.Stat(s.Path); s.Code != imaging.SkipNotDICOM || err != nil || !st.Mode().IsRegular() || !mayBeSlide(s.Path) {
			if s.Code == imaging.SkipNotDICOM && strings.Contains(s.Path, "!") && slices.Contains(extensions, strings.ToLower(filepath.Ext(s.Path))) {
				s.Detail = "neither a DICOM object nor, inside an archive, a slide that can be opened; unpack it first"
			}
			rest = append(rest, s)
			continue
		}
		in, reason, err := describe(ctx, opener, s.Path)
		switch {
		case err != nil && ctx.Err() != nil:
			return nil, nil, ctx.Err()
		case err != nil:
			s.Code, s.Detail = imaging.SkipMalformed, err.Error()
		case reason != "":
			s.Detail = reason
		default:
			slides = append(slides, *in)
			continue
		}
		rest = append(rest, s)
	}
	return slides, rest, nil
}

// describe gives the instance, or the reason for which the file is no slide.
func describe(ctx context.Context, opener slide.Opener, path string) (in *imaging.Instance, reason string, err error) {
	format, err := opener.Format(ctx, path)
	if err != nil {
		return nil, "not a DICOM file; " + err.Error(), nil
	}
	if format == "" {
		return nil, "neither a DICOM file nor a slide of a kind that OpenSlide knows", nil
	}
	source, err := opener.OpenSlide(ctx, path)
	if err != nil {
		return nil, "", err
	}
	defer source.Close()
	in, err = Instance(ctx, path, source.Description())
	return in, "", err
}

// Instance describes a slide that is no DICOM object in DICOM's terms. Its UIDs
// are derived (PS3.5 B.2) from OpenSlide's quickhash, else from the file's
// bytes, so that the same slide has them again; it names no patient, for such a
// file does not say whose it is.
func Instance(ctx context.Context, path string, d *slide.Description) (*imaging.Instance, error) {
	identity := d.Properties["openslide.quickhash-1"]
	if identity == "" {
		var err error
		if identity, err = contentHash(ctx, path); err != nil {
			return nil, err
		}
	}
	l := d.Levels[0]
	in := &imaging.Instance{
		Source: path, Modality: "SM", Manufacturer: d.Format, SeriesDescription: d.Format,
		StudyUID: deriveUID("study", identity), SeriesUID: deriveUID("series", identity), SOPInstanceUID: deriveUID("instance", identity),
		ImageType: []string{"ORIGINAL", "PRIMARY", string(imaging.SlideVolume), "NONE"},
		Study:     imaging.StudyHeader{Description: filepath.Base(path)},
		Pixels: imaging.PixelDescription{Rows: l.Rows, Columns: l.Columns, Frames: 1, Samples: 3, BitsAllocated: 8, BitsStored: 8, HighBit: 7,
			Photometric: "RGB", Compressed: true},
		Slide: &imaging.Slide{TotalColumns: l.Columns, TotalRows: l.Rows, TileColumns: l.TileColumns, TileRows: l.TileRows,
			MicrometresPerPixel: l.Micrometres(), MicrometresX: l.MicrometresX, MicrometresY: l.MicrometresY,
			TiledFull: true, Format: d.Format, Flavor: imaging.SlideVolume, FocalPlanes: 1},
	}
	// TIFF 6.0: local time of the scanner.
	if t, err := time.ParseInLocation("2006:01:02 15:04:05", d.Properties["tiff.DateTime"], imaging.Zone()); err == nil {
		in.ContentDate, in.Study.Date = t, t
	}
	return in, nil
}

func contentHash(ctx context.Context, path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, &reading{ctx, f}); err != nil {
		return "", fmt.Errorf("%s cannot be read: %w", path, err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// reading stops when its context does.
type reading struct {
	ctx context.Context
	r   io.Reader
}

func (r *reading) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}

// deriveUID makes a UID under 2.25 from a UUID of version 8 (RFC 9562, 5.8):
// the first bytes of a SHA-256.
func deriveUID(kind, identity string) string {
	h := sha256.Sum256([]byte("longying slide\x00" + kind + "\x00" + identity))
	u := h[:16]
	u[6] = u[6]&0x0f | 0x80
	u[8] = u[8]&0x3f | 0x80
	return "2.25." + new(big.Int).SetBytes(u).String()
}
